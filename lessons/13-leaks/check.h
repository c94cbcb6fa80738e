// Exercise 13's check: the first step by hand, then the lesson's own four ways.

int main(void) {
    exercise_expect("the way after 1 gradient, in no step,", adam_coasts(1, 0), 0, 0);
    exercise_expect("the way after 1 gradient, in one step,", adam_coasts(1, 1),
                    0.09 / 0.19 / sqrt(0.000999 / 0.001999), 1e-9);
    exercise_expect("the way after 1 gradient", adam_coasts(1, 400), 5.0055, 5e-4);
    exercise_expect("the way after 10", adam_coasts(10, 400), 9.6428, 5e-4);
    exercise_expect("the way after 100", adam_coasts(100, 400), 9.4560, 5e-4);
    exercise_expect("the way after 1000", adam_coasts(1000, 400), 9.0710, 5e-4);
    return exercise_solved("its curve in leaks.png; lesson 14");
}
