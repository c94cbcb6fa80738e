// Lesson 08b — the other knobs: SGD's momentum
//
// Question   Momentum µ lets a step go on. Is the best rate the same with and without it?
// Concepts   the ridge: what counts is lr / (1 − µ), the length of all that one gradient moves
// Run        make lesson-08b
// Time       about half a minute
// See        out/lesson-08b/momentum.png    the map, with the ridge as a line

#include "map.h"      // the best value of a row, and how it moves
#include "training.h" // one training, with all its knobs

// A gradient moves the weights by lr, and then by µ, µ², … of that: by lr / (1 − µ) in all.
static double gain(double mu) {
    return 1 / (1 - mu);
}

static void check(Claims *claims, const Results *results) {
    const Map map = {
        .results = results, .measured = "accuracy", .row = 0, .column = 1, .counts = gain};
    const Sample slope = map_slopes(&map);
    claims_check_seeds(claims, fabs(slope.mean + 1) < 0.25,
                       "the best rate falls as 1 − µ: lr / (1 − µ) is what stays",
                       "as 1 / (1 − µ) to the power %.2f ± %.2f", slope.mean, slope.error);
}

int main(int argc, char **argv) {
    algorithm = SGD;
    const Lesson lesson = {
        .name = "lesson-08b",
        .folder = "lessons/08-other-knobs",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&images, 1000}, {&epochs, 1}},
        .data = "fashion",
        .run = train,
        .over = {{"momentum", {"0", "0.7", "0.9"}},
                 {"lr", {"0.012", "0.025", "0.05", "0.1", "0.2", "0.4"}}},
        .quick_over = {{"momentum", {"0", "0.9"}}, {"lr", {"0.01", "0.03", "0.1"}}},
        .figures = {"momentum.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
