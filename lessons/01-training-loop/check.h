// Exercise 01's check: three weights by hand; then the loss w² from 1, where a step makes 1 − 2 · lr of w.

int main(void) {
    const double gradient[] = {0.5, 0.25, -4, 5};
    double weight[] = {1, -2, 3, 7};
    sgd_step(3, weight, gradient, 0.1);
    exercise_expect("1 with gradient 0.5 after a step at lr 0.1", weight[0], 0.95, 1e-9);
    exercise_expect("-2 with gradient 0.25", weight[1], -2.025, 1e-9);
    exercise_expect("3 with gradient -4", weight[2], 3.4, 1e-9);
    exercise_expect("the weight behind the last of the count", weight[3], 7, 0);
    double w[] = {1, 1};
    for (int step = 0; step < 10; step++) {
        const double slope[] = {2 * w[0], 0};
        sgd_step(1, w, slope, 0.25);
    }
    exercise_expect("w after 10 steps down w² from 1 at lr 0.25", w[0], pow(0.5, 10), 1e-12);
    return exercise_solved("optimizer_step in lesson.c does this for all weights; lesson 02");
}
