// Lesson 13 — four leaks of "frozen"
//
// Question   A frozen backbone gets no gradient. Does it stand still?
// Concepts   gradients none and gradients zero; weight decay, momentum, stale gradients and batch-norm
//            statistics, which move what is frozen; the cure
// Run        make lesson-13
//            with other knobs: make lesson-13 ARGS="--momentum 0.99"
// Time       about 10 seconds
// See        out/lesson-13/leaks.png    how far each leak carries the backbone
//            out/lesson-13/moved.png    what moves, and what doesn't

#include <stdio.h>

#include "files/table.h"   // leaks.csv
#include "frozen.h"        // the backbone, the head, and one optimizer of both
#include "matrix.h"        // what moves in each way to freeze
#include "run/interrupt.h" // Ctrl-C
#include "run/lesson.h"    // options, --seeds, figures, claims: what surrounds a run
#include "ways.h"          // how far the backbone is, and how far the formulas say

// --- the knobs -----------------------------------------------------------------------------------

static double lr = 0.1, weight_decay = 0.01, momentum = 0.9;
static int steps = 100, batch_size = 16;
static const char *backbone_path = BACKBONE_PATH;

static const Option knobs[] = {
    option_number("lr", &lr,
                  "learning rate; a tenth of it where a gradient is left or coasts, a "
                  "hundredth for Adam",
                  .above = 0, .max = 1),
    option_number("weight-decay", &weight_decay, "where it leaks", .above = 0, .max = 1),
    option_number("momentum", &momentum, "where it leaks", .above = 0, .max = 0.99),
    option_integer("steps", &steps, "steps with decay, and with a gradient that is left", .min = 1,
                   .max = 100000),
    option_integer("batch-size", &batch_size, "images a step", .min = 2, .max = 6000),
    option_text("backbone", &backbone_path, "its weights: a file that make backbone wrote"),
};

// --- the leaks -----------------------------------------------------------------------------------

enum { DECAY, DECAY_ADAMW, MOMENTUM, ADAM_1, ADAM_10, ADAM_100, ADAM_1000, STALE_GRADIENT, LOOKS };

static const struct Leak {
    const char *name, *words;
    real *(*direction)(Frozen *f);
    double (*formula)(const Frozen *f, double n, double steady);
    int steady, steps; // with one gradient before it is frozen; after that: 0 is --steps
} leaks[] = {
    [DECAY] = {"decay", "weight decay shrinks it to (1 − lr·wd)ⁿ: SGD", along_weights, shrunk, 0,
               0},
    [DECAY_ADAMW] = {"adamw", "… and AdamW", along_weights, shrunk, 0, 0},
    [MOMENTUM] = {"momentum", "momentum µ coasts on, in lr · v: by µ (1 − µⁿ) / (1 − µ)",
                  against_velocity, coasted, 5, 200},
    [ADAM_1] = {"adam_1", "Adam coasts on, in rates: after 1 gradient", against_sign, adam_coasted,
                1, 200},
    [ADAM_10] = {"adam_10", "… after 10 steady gradients", against_sign, adam_coasted, 10, 200},
    [ADAM_100] = {"adam_100", "… after 100", against_sign, adam_coasted, 100, 200},
    [ADAM_1000] = {"adam_1000", "… after 1000", against_sign, adam_coasted, 1000, 200},
    [STALE_GRADIENT] = {"stale", "a gradient that is left moves it, in lr · g: by n",
                        against_gradient, went_on, 1, 0},
    [LOOKS] = {"looks", "n looks at a batch take the statistics there: 1 − 0.9ⁿ of the way",
               towards_batch, followed, 0, 30},
};
enum { LEAKS = sizeof leaks / sizeof *leaks };

static Optimizer *optimizer_of(int leak, ParameterList list) {
    if (leak == DECAY)
        return sgd(list, .lr = lr, .weight_decay = weight_decay);
    if (leak == DECAY_ADAMW)
        return adamw(list, .lr = lr, .weight_decay = weight_decay);
    if (leak == MOMENTUM)
        return sgd(list, .lr = lr / 10, .momentum = momentum);
    if (leak == STALE_GRADIENT || leak == LOOKS)
        return sgd(list, .lr = lr / 10);
    return adam(list, .lr = lr / 100, .eps = 1e-30); // far below any gradient
}

// --- frozen: this is the lesson ------------------------------------------------------------------

// As many programs do it: no gradient is computed any more, but one is there.
static void freeze_leaking(Frozen *f, int leak) {
    parameter_list_require_grad(&f->weights, false);
    for (int i = 0; i < f->weights.count && leak < STALE_GRADIENT; i++)
        parameter_zero_grad(f->weights.items[i]); // what zero_grad left before PyTorch 2
    module_pin_mode(f->backbone, leak == LOOKS);  // true: it goes on training
}

// The cure: no gradient is there either, and batch norm looks at no batch.
static void freeze(Frozen *f) {
    module_freeze(f->backbone);
    module_pin_mode(f->backbone, false);
}

// --- one leak, with and without the cure ---------------------------------------------------------

static void measure(Frozen *f, int leak, bool cured, Table *table, Found *found) {
    const struct Leak *l = &leaks[leak];
    const ParameterList *list = leak == LOOKS ? &f->statistics : &f->weights;
    const ParameterList all = parameter_list_join(f->weights, f->statistics);
    f->optimizer = optimizer_of(leak, f->weights);
    optimizer_add_group(f->optimizer, module_parameters(f->head), .lr = 0.001, .weight_decay = 0);
    find_gradients(f, first_batch(f));
    tape_clear(f->tape);
    for (int i = 0; i < l->steady; i++)
        optimizer_step(f->optimizer); // with the same gradient
    real *direction = l->direction(f), *start = weights_copy(list), *bits = weights_copy(&all);
    if (leak <= DECAY_ADAMW) // a share of the weights, not a way from them
        memset(start, 0, parameter_list_size(list) * sizeof *start);
    if (cured)
        freeze(f);
    else
        freeze_leaking(f, leak);
    const Clearing clearing = cured ? TO_NONE : leak == STALE_GRADIENT ? HEAD_ALONE : TO_ZERO;
    Way way = {0};
    for (int n = 0; n <= (l->steps ? l->steps : steps); n++) {
        if (n > 0)
            take_step(f, leak == LOOKS ? first_batch(f) : batches_draw(f->batches, f->tape),
                      clearing);
        const double formula = l->formula(f, n, l->steady);
        way = way_of(list, start, direction, formula);
        table_row(table, "%s,%d,%d,%.9g,%.9g", l->name, cured, n, way.along, formula);
    }
    if (cured)
        found->moved = (double)weights_differ(&all, bits);
    else
        found->way = way;
    free(direction);
    free(start);
    free(bits);
}

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    const uint64_t seed = (uint64_t)options->seed;
    Dataset garments;
    Found found[LEAKS];
    if (!load_garments(&garments, error))
        return false;
    Table *table = table_open(options->out, "leaks.csv", "leak,cured,step,measured,formula");
    bool good = true;
    for (int i = 0; i < 2 * LEAKS && good && !interrupt_signal(); i++) {
        Frozen frozen;
        good = frozen_init(&frozen, &garments, backbone_path, batch_size, seed, error);
        if (good)
            measure(&frozen, i / 2, i % 2, table, &found[i / 2]);
        frozen_free(&frozen);
    }
    int unexpected;
    good = table_close(table, good ? error : &(Error){0}) && good;
    if (good && !interrupt_signal() &&
        (good = matrix_measure(options->out, &garments, backbone_path, seed, &unexpected, error))) {
        for (int i = 0; i < LEAKS; i++)
            found_add(results, leaks[i].name, &found[i]);
        result_add(results, "unexpected", unexpected);
    }
    dataset_free(&garments);
    return good;
}

// --- claims --------------------------------------------------------------------------------------

static double most(const Results *results, const char *leak, const char *what) {
    char name[64];
    snprintf(name, sizeof name, "%s%s", leak, what);
    return results_of(results, name).most;
}

static void check(Claims *claims, const Results *results) {
    const double bound = sizeof(real) == sizeof(double) ? 1e-5 : 1e-3;
    double moved = 0;
    for (int i = 0; i < LEAKS; i++) {
        const double error = most(results, leaks[i].name, "_error");
        claims_check(claims, error <= bound, leaks[i].words,
                     "%.6g, off by %.0e of it, at most %.0e", most(results, leaks[i].name, ""),
                     error, bound);
        moved += most(results, leaks[i].name, "_moved");
    }
    claims_check(claims, moved == 0,
                 "cured (gradients none, statistics in evaluation mode), not one bit moves",
                 "%g numbers moved in the same %d trainings", moved, LEAKS);
    claims_check(claims, most(results, "unexpected", "") == 0,
                 "what each way to freeze moves is what its row says", "%g of %d cells differ",
                 most(results, "unexpected", ""), 8 * ACTIONS);
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-13",
        .folder = "lessons/13-leaks",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&batch_size, 4}},
        .run = run_once,
        .figures = {"leaks.gp", "moved.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
