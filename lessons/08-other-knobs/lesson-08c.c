// Lesson 08c — the other knobs: Adam's betas
//
// Question   Adam's β₁ is a momentum. Does the best rate fall with it, as it does under SGD?
// Concepts   an average instead of a sum: m = β₁ m + (1 − β₁) g has the size of a gradient, whatever β₁ is
// Run        make lesson-08c
//            the other beta: make lesson-08c ARGS="--beta2 0.9"
// Time       about half a minute
// See        out/lesson-08c/betas.png    the map, beside the line that momentum would follow

#include "map.h"      // the best value of a row, and how it moves
#include "training.h" // one training, with all its knobs

// What a sum in place of the average would make of a gradient.
static double gain(double beta) {
    return 1 / (1 - beta);
}

static void check(Claims *claims, const Results *results) {
    const Map map = {
        .results = results, .measured = "accuracy", .row = 0, .column = 1, .counts = gain};
    const Sample slope = map_slopes(&map);
    claims_check_seeds(claims, slope.mean - 2 * slope.error > -0.5,
                       "Adam's best rate doesn't fall as 1 − β₁, as SGD's does with the momentum",
                       "as 1 / (1 − β₁) to the power %.2f ± %.2f", slope.mean, slope.error);
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-08c",
        .folder = "lessons/08-other-knobs",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&images, 1000}, {&epochs, 1}},
        .data = "fashion",
        .run = train,
        .over = {{"beta1", {"0", "0.7", "0.9"}}, {"lr", {"0.0003", "0.001", "0.003", "0.01"}}},
        .quick_over = {{"beta1", {"0", "0.9"}}, {"lr", {"0.001", "0.003", "0.01"}}},
        .figures = {"betas.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
