// Lesson 18 — the real landscape
//
// Question   At a rate that stays a training never settles. Where is it then, where does a falling rate
//            take it, and can an average of its weights go there for nothing?
// Concepts   the loss on planes and lines through a network's weights; averages of weights (EMA, SWA);
//            flat and sharp
// Run        make lesson-18
// Time       about a minute and a half
// See        out/lesson-18/plane.png       two paths over the landscape that they walk in
//            out/lesson-18/batches.png     the same plane as eight mini-batches see it
//            out/lesson-18/lines.png       from the average to where the weights have been
//            out/lesson-18/averages.png    the test accuracy on the way
//            out/lesson-18/flat.png        flat and sharp, and how far to trust it

#include "nn/loss.h"    // cross_entropy
#include "run/lesson.h" // options, --seeds, figures, claims: what surrounds a run
#include "slices.h"     // the landscape: planes, lines, slices
#include "ways.h"       // the network, twice, their optimizers, and the averages

// --- the knobs -----------------------------------------------------------------------------------

static Ways ways = {.lr = 0.05,
                    .momentum = 0.9,
                    .ema = 0.995,
                    .trunk = 1407,
                    .branch = 1407,
                    .looks = 12,
                    .batch_size = 128};
static int images = 1024, side = 25;

static const Option knobs[] = {
    option_number("lr", &ways.lr, "learning rate; it stays, or falls to 0 from where the ways part",
                  .above = 0),
    option_number("momentum", &ways.momentum, "of SGD", .min = 0, .below = 1),
    option_number("ema", &ways.ema, "memory of the moving average, a step", .min = 0, .below = 1),
    option_integer("trunk", &ways.trunk, "steps until the ways part; 1407 are three epochs",
                   .min = 1, .max = 1000000),
    option_integer("branch", &ways.branch, "steps from there", .min = 2, .max = 1000000),
    option_integer("looks", &ways.looks, "of them: tests, points of the paths, weights in the SWA",
                   .min = 2, .max = 100),
    option_integer("batch-size", &ways.batch_size, "images a step", .min = 1, .max = 6000),
    option_integer("images", &images,
                   "whose loss the landscape is: training images, in eight batches", .min = 8,
                   .max = 10000),
    option_integer("side", &side, "points along a side of the plane", .min = 5, .max = 500),
};

static bool check_knobs(const LessonOptions *options, Error *error) {
    (void)options;
    return ways.looks <= ways.branch ||
           error_set(error, "--looks is %d; it must be at most --branch, %d", ways.looks,
                     ways.branch);
}

// --- the averages, and one run: this is the lesson -----------------------------------------------

static Tensor *train_step(int way, Batch batch) {
    Tensor *loss = cross_entropy(module_forward(ways.models[way], batch.images), batch.labels);
    optimizer_zero_grad(ways.optimizers[way]);
    backward(loss);
    optimizer_step(ways.optimizers[way]);
    scheduler_step(way == FALLING ? ways.fall : ways.trainer.scheduler);
    return loss;
}

// Which of the looks is after this step: 0 is where the ways part, the others are evenly spread behind
// it. −1: none is.
static int look_after(long step) {
    const long done = step - ways.trunk;
    if (done <= 0 || done * ways.looks / ways.branch == (done - 1) * ways.looks / ways.branch)
        return done == 0 ? 0 : -1;
    return (int)(done * ways.looks / ways.branch);
}

static void look(int n) {
    const Loop *loop = &ways.trainer.loop;
    for (int m = FALLING; m < MODELS && n == 0; m++)
        module_average(ways.models[m], ways.models[CONSTANT], 0); // the ways part: copies
    if (n > 0)
        module_average(ways.models[SWA], ways.models[CONSTANT], (n - 1.0) / n); // of n looks
    for (int m = 0; m < MODELS; m++) {
        path_put(ways.path, path_row(ways.looks, m, n), ways.models[m]);
        const Evaluation test = evaluate(ways.models[m], loop->tape, &ways.trainer.data.test);
        log_named_row(ways.log, model_names[m], (double)loop->step,
                      (double)loop->step / (double)loop->epoch_steps, test.loss, test.accuracy);
    }
}

// What the models are worth, and the landscape that they stand in.
static void look_around(Results *results) {
    Trainer *trainer = &ways.trainer;
    Landscape land;
    landscape_init(&land, &trainer->loop, ways.models, ways.path, &trainer->data, images, side);
    landscape_draw(&land);
    if (!interrupt_signal()) // else --resume looks around again
        landscape_report(&land, results);
}

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    if (!ways_init(&ways, options, error))
        return false;
    Trainer *trainer = &ways.trainer;

    for (Batch batch; trainer_next(trainer, &batch);) {
        const long step = trainer->loop.step;
        Tensor *loss = train_step(CONSTANT, batch);
        if (step > ways.trunk) {
            train_step(FALLING, batch);                                        // on the same batch
            module_average(ways.models[EMA], ways.models[CONSTANT], ways.ema); // of all steps
        }
        trainer_log(trainer, loss);
        const int n = look_after(step);
        if (n >= 0)
            look(n);
    }

    if (trainer->loop.good && trainer->loop.step == trainer->steps && !interrupt_signal())
        look_around(results);
    return trainer_end_whole(trainer, "landscape to look at");
}

// --- claims --------------------------------------------------------------------------------------

static void check_exact(Claims *claims, const Results *results) {
    const double off = results_of(results, "off").most;
    claims_check(claims, off <= 1e-6,
                 "each slice has, where a model is, the loss that the model has",
                 "off by %.0e at most", off);
    const double apart = results_of(results, "twins_apart").most;
    const double sharper = results_of(results, "sharper").least;
    claims_check(claims, apart == 0 && sharper > 2,
                 "one function with other weights is sharper by the same steps, and by shares of "
                 "its filters it isn't",
                 "%.0f times as sharp or more; %g apart", sharper, apart);
}

static void check_tests(Claims *claims, const Results *results) {
    const Sample by_ema = model_gain(results, "accuracy", EMA, CONSTANT);
    const Sample by_swa = model_gain(results, "accuracy", SWA, CONSTANT);
    const Sample by_falling = model_gain(results, "accuracy", FALLING, CONSTANT);
    int wins = 0;
    for (int i = 0; i < by_ema.count; i++)
        wins += by_ema.values[i] > 0;
    claims_check_seeds(claims, wins >= 0.8 * by_ema.count,
                       "at a constant rate the EMA beats the last weights in four of five seeds",
                       "%d of %d, by %+.2f ± %.2f points", wins, by_ema.count, 100 * by_ema.mean,
                       100 * by_ema.error);
    claims_check_seeds(claims, fmin(by_ema.mean, by_swa.mean) > by_falling.mean / 2,
                       "each average gains more than half of what a falling rate gains",
                       "EMA %+.2f, SWA %+.2f of %+.2f ± %.2f points", 100 * by_ema.mean,
                       100 * by_swa.mean, 100 * by_falling.mean, 100 * by_falling.error);
}

static void check(Claims *claims, const Results *results) {
    check_exact(claims, results);
    check_tests(claims, results);
    const Sample above = results_of(results, "least_above"),
                 below = results_of(results, "least_below");
    const double ridge = results_of(results, "ridge").most;
    claims_check_seeds(claims, above.least > 0,
                       "each look at the constant rate lies higher than their average",
                       "the lowest by %.3f or more", above.least);
    claims_check_seeds(claims, below.least > 0 && ridge < 0.005,
                       "the falling rate ends below all of them, with no ridge before the average",
                       "by %.3f or more; a ridge of %.4f at most", below.least, ridge);
    const Sample flatter = model_gain(results, "rise", FALLING, SWA),
                 better = model_gain(results, "accuracy", SWA, FALLING);
    claims_check_seeds(claims, flatter.least > 0 && better.mean < 2 * better.error,
                       "the SWA lies flatter than the falling rate's end, and tests no better",
                       "it rises by %.2f ± %.2f less; %+.2f ± %.2f points", flatter.mean,
                       flatter.error, 100 * better.mean, 100 * better.error);
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-18",
        .folder = "lessons/18-landscape",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&ways.trunk, 20},
                  {&ways.branch, 20},
                  {&ways.looks, 3},
                  {&ways.batch_size, 64},
                  {&images, 32},
                  {&side, 7}},
        .data = "fashion",
        .once = check_knobs,
        .run = run_once,
        .figures = {"plane.gp", "batches.gp", "lines.gp", "averages.gp", "flat.gp"},
        .seeds = {"averages.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
