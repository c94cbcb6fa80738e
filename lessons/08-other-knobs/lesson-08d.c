// Lesson 08d — the other knobs: batch size
//
// Question   Larger batches, fewer steps. Which rate makes up for it?
// Concepts   the noise of a batch's gradient; the linear rule and the rule of the root
// Run        make lesson-08d
// Time       about half a minute
// See        out/lesson-08d/batch.png    accuracy over the rate, for each batch size

#include "map.h"      // the best value of a row, and how it moves
#include "training.h" // one training, with all its knobs

static void check(Claims *claims, const Results *results) {
    const Map map = {.results = results, .measured = "accuracy", .row = 0, .column = 1};
    const Sample slope = map_slopes(&map);
    claims_check_seeds(claims, slope.mean > 2 * slope.error, "the best rate grows with the batch",
                       "as its size to the power %.2f ± %.2f", slope.mean, slope.error);
}

int main(int argc, char **argv) {
    algorithm = SGD;
    momentum = 0.9;
    const Lesson lesson = {
        .name = "lesson-08d",
        .folder = "lessons/08-other-knobs",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&images, 1000}, {&epochs, 1}},
        .data = "fashion",
        .run = train,
        .over = {{"batch-size", {"16", "64", "256"}}, {"lr", {"0.003", "0.01", "0.03", "0.1"}}},
        .quick_over = {{"batch-size", {"16", "256"}}, {"lr", {"0.01", "0.03", "0.1"}}},
        .figures = {"batch.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
