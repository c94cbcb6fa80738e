// Lesson 08 — the other knobs: weight decay
//
// Question   A good rate is found. What do the other knobs do, and does a good value of one stay good when another
//            is turned? Here: weight decay, as a part of the gradient (L2) or beside it (decoupled).
// Concepts   weight decay in Adam and in AdamW; a map of two knobs; the best value and its slope
// Run        make lesson-08                      one seed a cell
//            make lesson-08 ARGS="--seeds 5"     as in the claims
//            the other maps: make lesson-08b (momentum), 08c (Adam's betas), 08d (batch size), 08e (clipping)
// Time       about a minute
// See        out/lesson-08/decay.png    four maps: rate against decay
//            out/lesson-08/alone.png    what decay does to a weight without a gradient

#include "map.h"      // the best value of a row, and how it moves
#include "training.h" // one training, with all its knobs

// --- decay alone: a weight whose gradient is zero ------------------------------------------------

static const double ALONE_LR = 0.01;
enum { ALONE_STEPS = 100, ALONE_WEIGHTS = 4 };
static const double alone_start[ALONE_WEIGHTS] = {1, 0.3, -0.1, 0.03};

typedef struct Alone {
    Parameter *weights;
    Optimizer *optimizer;
} Alone;

static Alone alone_new(int rule, double decay) {
    Alone alone = {.weights = parameter_new("alone", SHAPE(ALONE_WEIGHTS))};
    for (int i = 0; i < ALONE_WEIGHTS; i++)
        alone.weights->tensor.data[i] = (real)alone_start[i];
    parameter_changed(alone.weights);
    const ParameterList list = {.count = 1, .items = {alone.weights}};
    alone.optimizer = rule == ADAM ? adam(list, .lr = ALONE_LR, .weight_decay = decay)
                                   : adamw(list, .lr = ALONE_LR, .weight_decay = decay);
    return alone;
}

static void alone_step(Alone *alone) {
    parameter_zero_grad(alone->weights);
    optimizer_step(alone->optimizer);
}

static void alone_free(Alone *alone) {
    optimizer_free(alone->optimizer);
    parameter_free(alone->weights);
}

static bool write_alone(const LessonOptions *options, Error *error) {
    Table *table = table_open(options->out, "alone.csv",
                              "step,adam_weak,adam_strong,adamw_weak,"
                              "adamw_strong");
    Alone all[] = {alone_new(ADAM, 0.1), alone_new(ADAM, 1), alone_new(ADAMW, 0.1),
                   alone_new(ADAMW, 1)};
    for (int step = 0; step <= ALONE_STEPS; step++) {
        table_row(table, "%d,%.9g,%.9g,%.9g,%.9g", step, (double)all[0].weights->tensor.data[0],
                  (double)all[1].weights->tensor.data[0], (double)all[2].weights->tensor.data[0],
                  (double)all[3].weights->tensor.data[0]);
        for (int i = 0; i < 4; i++)
            alone_step(&all[i]);
    }
    for (int i = 0; i < 4; i++)
        alone_free(&all[i]);
    return table_close(table, error);
}

// AdamW: the largest relative error of (1 − lr · weight_decay)ⁿ.
static double shrink_error(double decay) {
    Alone alone = alone_new(ADAMW, decay);
    double error = 0;
    for (int step = 0; step < ALONE_STEPS; step++)
        alone_step(&alone);
    for (int i = 0; i < ALONE_WEIGHTS; i++) {
        const double wanted = alone_start[i] * pow(1 - ALONE_LR * decay, ALONE_STEPS);
        error = worst_of(error, fabs((double)alone.weights->tensor.data[i] / wanted - 1));
    }
    alone_free(&alone);
    return error;
}

// Adam + L2: how far the first step of any weight is from one rate towards 0, as a share of it.
static double first_step_error(double decay) {
    Alone alone = alone_new(ADAM, decay);
    double error = 0;
    alone_step(&alone);
    for (int i = 0; i < ALONE_WEIGHTS; i++) {
        const double moved = fabs(alone_start[i]) - fabs((double)alone.weights->tensor.data[i]);
        error = worst_of(error, fabs(moved / ALONE_LR - 1));
    }
    alone_free(&alone);
    return error;
}

// --- claims --------------------------------------------------------------------------------------

// AdamW's strongest decay: the lengths of all weights together at the highest and at the lowest rate.
static void check_rest(Claims *claims, const Results *results) {
    const int rates = results_count(results, 1), decays = results_count(results, 2);
    const Sample slow = results_of(results, "length", 1, 0, decays - 1);
    const Sample fast = results_of(results, "length", 1, rates - 1, decays - 1);
    claims_check_seeds(claims, fabs(fast.mean / slow.mean - 1) < 0.1,
                       "where decay had time, the length of the weights doesn't tell the rate",
                       "%.2f at the lowest rate, %.2f at %g times that; with decay %g", slow.mean,
                       fast.mean,
                       results_value(results, 1, rates - 1) / results_value(results, 1, 0),
                       results_value(results, 2, decays - 1));
}

static void check(Claims *claims, const Results *results) {
    const bool is_double = sizeof(real) == sizeof(double);
    const double shrink = worst_of(shrink_error(0.1), shrink_error(1));
    claims_check(claims, shrink < (is_double ? 1e-12 : 1e-4),
                 "AdamW at zero gradient: every weight shrinks to (1 − lr·wd)ⁿ of itself",
                 "off by %.1e after %d steps", shrink, ALONE_STEPS);
    const double first = worst_of(first_step_error(0.1), first_step_error(1));
    claims_check(claims, first < 0.001,
                 "Adam + L2 at zero gradient: every weight's first step is lr, whatever the decay",
                 "off by %.2g %%", 100 * first);

    Map map = {
        .results = results, .measured = "loss", .least_is_best = true, .row = 1, .column = 2};
    const Sample l2 = map_slopes(&map);
    map.first = 1;
    const Sample decoupled = map_slopes(&map);
    claims_check_seeds(claims, l2.mean - 2 * l2.error > -0.5,
                       "under Adam + L2 the best decay doesn't fall as 1 / lr",
                       "it goes as lr to the power %+.2f ± %.2f", l2.mean, l2.error);
    claims_check_seeds(claims, decoupled.mean - 2 * decoupled.error > -0.5,
                       "under AdamW it doesn't either: lr·wd isn't what stays",
                       "it goes as lr to the power %+.2f ± %.2f", decoupled.mean, decoupled.error);
    check_rest(claims, results);
}

int main(int argc, char **argv) {
    images = 1000; // few images and many passes: it overfits, or there is nothing for decay to do
    epochs = 30;
    batch_size = 32;
    const Lesson lesson = {
        .name = "lesson-08",
        .folder = "lessons/08-other-knobs",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&images, 300}, {&epochs, 1}},
        .data = "fashion",
        .once = write_alone,
        .run = train,
        .over = {{"algorithm", {"adam", "adamw"}},
                 {"lr", {"0.0005", "0.001", "0.002", "0.004"}},
                 {"weight-decay", {"0.002", "0.01", "0.05", "0.25", "1.25", "6.25"}}},
        .quick_over = {{"algorithm", {"adam", "adamw"}},
                       {"lr", {"0.001", "0.004"}},
                       {"weight-decay", {"0.01", "1.25"}}},
        .figures = {"decay.gp", "alone.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
