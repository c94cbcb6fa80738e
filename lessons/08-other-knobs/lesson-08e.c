// Lesson 08e — the other knobs: gradient clipping
//
// Question   A few batches are broken, and their gradients are far too long. Does the network still learn?
// Concepts   clipping by value and by the norm of all gradients together
// Run        make lesson-08e
// Time       about half a minute
// See        out/lesson-08e/clip.png    the loss of each step, and where each ends

#include "training.h" // one training, with all its knobs

enum { WHOLE, BROKEN }; // the places of --spikes

static Sample gain(const Results *results, int way, int with_spikes, int rate) { // over no clipping
    const Sample clipped = results_of(results, "accuracy", way, with_spikes, rate);
    const Sample none = results_of(results, "accuracy", NO_CLIP, with_spikes, rate);
    return sample_difference(&clipped, &none);
}

static void check(Claims *claims, const Results *results) {
    const Sample value = gain(results, CLIP_VALUE, BROKEN, 0);
    const Sample norm = gain(results, CLIP_NORM, BROKEN, 0);
    claims_check_seeds(claims, norm.mean > 2 * norm.error && value.mean > 2 * value.error,
                       "with broken batches, both ways to clip beat none",
                       "by norm %+.1f ± %.1f, by value %+.1f ± %.1f points", 100 * norm.mean,
                       100 * norm.error, 100 * value.mean, 100 * value.error);
    const Sample whole = gain(results, CLIP_NORM, WHOLE, 0);
    claims_check_seeds(claims, whole.mean > -0.02,
                       "without them, clipping by norm costs less than two points",
                       "%+.2f ± %.2f points", 100 * whole.mean, 100 * whole.error);
}

int main(int argc, char **argv) {
    algorithm = SGD;
    momentum = 0.9;
    log_steps = true;
    const Lesson lesson = {
        .name = "lesson-08e",
        .folder = "lessons/08-other-knobs",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&images, 1000}, {&epochs, 1}},
        .data = "fashion",
        .run = train,
        .over = {{"clip", {"none", "value", "norm"}},
                 {"spikes", {"0", "0.01"}},
                 {"lr", {"0.03", "0.01"}}},
        .quick_over = {{"clip", {"none", "value", "norm"}},
                       {"spikes", {"0", "0.1"}},
                       {"lr", {"0.03"}}},
        .figures = {"clip.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
