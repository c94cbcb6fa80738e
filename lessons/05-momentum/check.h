// Exercise 05's check: two steps by hand, then the lesson's counts down the ravine ½ (x² + 100 y²) from (1, 1).

static int ravine_steps(double lr, double momentum, bool nesterov) {
    double w[] = {1, 1}, velocity[] = {0, 0};
    int steps = 0;
    for (; sqrt(w[0] * w[0] + w[1] * w[1]) > 1e-6 && steps < 10000; steps++) {
        const double gradient[] = {w[0], 100 * w[1]};
        momentum_step(2, w, gradient, velocity, lr, momentum, nesterov);
    }
    return steps;
}

int main(void) {
    double w[] = {1, 1}, velocity[] = {0, 0};
    const double gradient[] = {2, -4};
    momentum_step(2, w, gradient, velocity, 0.1, 0.9, false);
    exercise_expect("1 with gradient 2 after the first step at lr 0.1", w[0], 0.8, 1e-9);
    exercise_expect("1 with gradient -4", w[1], 1.4, 1e-9);
    exercise_expect("the first one's velocity", velocity[0], 2, 1e-9);
    momentum_step(2, w, gradient, velocity, 0.1, 0.9, false);
    exercise_expect("the same after the second step", w[0], 0.42, 1e-9);
    exercise_expect("its velocity", velocity[0], 3.8, 1e-9);
    exercise_expect("steps down the ravine at lr .01, momentum 0.9", ravine_steps(.01, .9, false),
                    264, 0);
    exercise_expect("Nesterov's steps", ravine_steps(.01, .9, true), 207, 0);
    exercise_expect("steps at lr 2/101 without momentum", ravine_steps(2.0 / 101, 0, false), 709,
                    0);
    return exercise_solved(
        "make lesson-05 ARGS=\"--lr 0.01 --momentum 0.99 --steps 10000\"; lesson 06");
}
