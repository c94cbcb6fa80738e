// Exercise 06's check: steps by hand, then the lesson's counts down the ravine ½ (x² + 100 y²) from (1, 1), as it is and
// turned by 45°.

// The Hessian is [a b; b a] where it is turned, [a 0; 0 d] where it isn't.
static int ravine_steps(double x, double y, double a, double b, double d) {
    double w[] = {x, y}, sum[] = {0, 0};
    int steps = 0;
    for (; sqrt(w[0] * w[0] + w[1] * w[1]) > 1e-6 && steps < 10000; steps++) {
        const double gradient[] = {a * w[0] + b * w[1], b * w[0] + d * w[1]};
        adagrad_step(2, w, gradient, sum, 0.5, 1e-10);
    }
    return steps;
}

int main(void) {
    double w[] = {1, 1, 1}, sum[] = {0, 0, 0};
    const double first[] = {3, -300, 0}, second[] = {4, 0, 0};
    adagrad_step(3, w, first, sum, 0.5, 1e-10);
    exercise_expect("1 with gradient 3 after the first step at lr 0.5", w[0], 0.5, 1e-9);
    exercise_expect("1 with gradient -300", w[1], 1.5, 1e-9);
    exercise_expect("1 with gradient 0", w[2], 1, 0);
    adagrad_step(3, w, second, sum, 0.5, 1e-10);
    exercise_expect("the first one after gradient 4", w[0], 0.1, 1e-9);
    exercise_expect("its sum", sum[0], 25, 1e-9);
    exercise_expect("steps down the ravine", ravine_steps(1, 1, 1, 0, 100), 25, 0);
    exercise_expect("steps down the one that is turned by 45°",
                    ravine_steps(0, sqrt(2), 50.5, -49.5, 50.5), 2047, 0);
    return exercise_solved(
        "make lesson-06 ARGS=\"--optimizer adagrad --lr 0.5 --rotate 12\"; lesson 07");
}
