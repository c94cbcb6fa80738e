// Lesson 18 — the real landscape
//
// Question   At a rate that stays a training never settles. Where is it then, where does a falling rate take it, and
//            can an average of its weights go there for nothing?
// Concepts   the loss on planes and lines through a network's weights; averages of weights: EMA, SWA; flat and sharp
// Run        make lesson-18
//            with another knob: make lesson-18 ARGS="--lr 0.1"
// Time       about a minute
// See        out/lesson-18/plane.png       two paths over the landscape that they walk in
//            out/lesson-18/batches.png     the same plane as eight mini-batches see it
//            out/lesson-18/lines.png       from the last weights to their average, and to the end of the falling rate
//            out/lesson-18/averages.png    the test accuracy on the way
//            out/lesson-18/flat.png        flat and sharp, and how far to trust it

#include "nn/loss.h"         // cross_entropy
#include "optim/optimizer.h" // sgd
#include "base/file.h"       // path_format
#include "run/lesson.h"      // options, --seeds, figures, claims: what surrounds a run
#include "run/trainer.h"     // data, logs, checkpoints: what surrounds a step
#include "slices.h"          // the landscape: planes, lines, slices

// --- the knobs -----------------------------------------------------------------------------------

static double lr = 0.05, momentum = 0.9, ema = 0.99;
static int trunk = 1407, branch = 1407, looks = 12, batch_size = 128, images = 1024, side = 25;

static const Option knobs[] = {
    option_number("lr", &lr, "learning rate; it stays, or falls to 0 from where the ways part",
                  .above = 0),
    option_number("momentum", &momentum, "of SGD", .min = 0, .below = 1),
    option_number("ema", &ema, "memory of the moving average, a step", .min = 0, .below = 1),
    option_integer("trunk", &trunk, "steps until the ways part; 1407 are three epochs", .min = 1,
                   .max = 1000000),
    option_integer("branch", &branch, "steps from there", .min = 2, .max = 1000000),
    option_integer("looks", &looks, "of them: tests, points of the paths, weights in the SWA",
                   .min = 2, .max = 100),
    option_integer("batch-size", &batch_size, "images a step", .min = 1, .max = 6000),
    option_integer("images", &images,
                   "whose loss the landscape is: training images, in eight batches", .min = 8,
                   .max = 10000),
    option_integer("side", &side, "points along a side of the plane", .min = 5, .max = 500),
};

// --- the ways ------------------------------------------------------------------------------------

typedef struct Ways {
    Trainer trainer;
    Module *models
        [MODELS]; // the one that keeps its rate, the one whose rate falls, and two averages of the first
    Optimizer *optimizers[2]; // of the first two
    Scheduler *fall;
    Module *path; // holds the weights at each look
    Log *looks;
} Ways;

static bool ways_init(Ways *ways, const LessonOptions *options, Error *error) {
    Trainer *trainer = &ways->trainer;
    if (!trainer_init(trainer, options, error))
        return false;
    Random random = random_from_seed((uint64_t)options->seed);
    for (int m = 0; m < MODELS; m++) {
        ways->models[m] = m == CONSTANT ? trainer_network(trainer, lenet_new())
                                        : loop_module(&trainer->loop, model_names[m], lenet_new());
        module_initialise(ways->models[m], &random);
    }
    const ParameterList weights = module_parameters(ways->models[CONSTANT]);
    const ParameterList falling = module_parameters(ways->models[FALLING]);
    ways->optimizers[CONSTANT] = trainer_optimizer(trainer, sgd(weights, .momentum = momentum));
    ways->optimizers[FALLING] =
        loop_optimizer(&trainer->loop, "falling optimizer", sgd(falling, .momentum = momentum));
    ways->fall = loop_scheduler(&trainer->loop, "fall", scheduler_new(ways->optimizers[FALLING]));
    trainer_batches(trainer, .size = batch_size);
    trainer->steps = trainer->test_every = trunk + branch;
    scheduler_bind(trainer->scheduler, 0, "lr", schedule_constant(lr));
    scheduler_bind(ways->fall, 0, "lr", schedule_cosine(lr, branch));
    ways->path =
        loop_module(&trainer->loop, "path", path_new(looks, parameter_list_size(&weights)));
    ways->looks = loop_log(&trainer->loop, "looks.csv", "step,epoch,model,loss,accuracy");
    return true;
}

static Tensor *train_step(Ways *ways, int way, Batch batch) {
    Tensor *loss = cross_entropy(module_forward(ways->models[way], batch.images), batch.labels);
    optimizer_zero_grad(ways->optimizers[way]);
    backward(loss);
    optimizer_step(ways->optimizers[way]);
    scheduler_step(way == FALLING ? ways->fall : ways->trainer.scheduler);
    return loss;
}

// Which of the looks is after this step: 0 is where the ways part, the others are evenly spread behind it. −1: none is.
static int look_after(long step) {
    const long done = step - trunk;
    if (done <= 0 || done * looks / branch == (done - 1) * looks / branch)
        return done == 0 ? 0 : -1;
    return (int)(done * looks / branch);
}

static void look(Ways *ways, int n) {
    const Loop *loop = &ways->trainer.loop;
    if (n > 0) // the mean of n looks
        module_average(ways->models[SWA], ways->models[CONSTANT], (n - 1.0) / n);
    for (int m = 0; m < MODELS; m++) {
        path_put(ways->path, path_row(looks, m, n), ways->models[m]);
        const Evaluation test = evaluate(ways->models[m], loop->tape, &ways->trainer.data.test);
        log_named_row(ways->looks, model_names[m], (double)loop->step,
                      (double)loop->step / (double)loop->epoch_steps, test.loss, test.accuracy);
    }
}

// --- the averages, and one run: this is the lesson -------------------------------------------------

static void part(Ways *ways) {
    for (int m = FALLING; m < MODELS; m++)
        module_average(ways->models[m], ways->models[CONSTANT], 0); // a copy
}

static void add_for_each_model(Results *results, const char *name, const double values[MODELS]) {
    for (int m = 0; m < MODELS; m++) {
        char *text = path_format("%s_%s", name, model_names[m]);
        result_add(results, text, values[m]);
        free(text);
    }
}

// What the models are worth, and the landscape that they stand in; of a training that diverged there is none.
static void look_around(Ways *ways, Results *results) {
    Trainer *trainer = &ways->trainer;
    const bool diverged = trainer->loop.step < trainer->steps;
    double accuracy[MODELS], test_loss[MODELS];
    for (int m = 0; m < MODELS; m++) {
        const Evaluation test = evaluate(ways->models[m], trainer->loop.tape, &trainer->data.test);
        accuracy[m] = diverged ? NAN : test.accuracy;
        test_loss[m] = diverged ? NAN : test.loss;
    }
    Landscape land;
    landscape_init(&land, &trainer->loop, ways->models, ways->path, &trainer->data.train, images,
                   side);
    if (!diverged)
        landscape_draw(&land);
    add_for_each_model(results, "accuracy", accuracy);
    add_for_each_model(results, "test_loss", test_loss);
    add_for_each_model(results, "loss", land.loss);
    add_for_each_model(results, "rise", land.rises);
    result_add(results, "off", land.off);
    result_add(results, "share_1", land.share[0]);
    result_add(results, "share_2", land.share[1]);
    result_add(results, "least_above", land.least_above);
    result_add(results, "ridge", land.ridge);
    result_add(results, "twins_apart", land.twins_apart[1]);
    result_add(results, "twins_apart_raw", land.twins_apart[0]);
    result_add(results, "sharper", land.sharper);
}

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    Ways ways = {0};
    if (!ways_init(&ways, options, error))
        return false;
    Trainer *trainer = &ways.trainer;

    for (Batch batch; trainer_next(trainer, &batch);) {
        const long step = trainer->loop.step;
        Tensor *loss = train_step(&ways, CONSTANT, batch);
        if (step > trunk) {
            train_step(&ways, FALLING, batch); // on the same batch
            module_average(ways.models[EMA], ways.models[CONSTANT], ema);
        }
        trainer_log(trainer, loss);
        if (step == trunk)
            part(&ways);
        const int n = look_after(step);
        if (n >= 0)
            look(&ways, n);
    }

    if (trainer->loop.good && trainer->loop.step > 0 && !interrupt_signal())
        look_around(&ways, results);
    return trainer_end(trainer);
}

// --- claims --------------------------------------------------------------------------------------

// Of a number of one model over that of another, seed by seed.
static Sample gain(const Results *results, const char *name, int of, int over) {
    char *ours = path_format("%s_%s", name, model_names[of]);
    char *theirs = path_format("%s_%s", name, model_names[over]);
    const Sample a = results_at(results, ours, (int[GRID_AXES_MAX]){0});
    const Sample b = results_at(results, theirs, (int[GRID_AXES_MAX]){0});
    free(theirs);
    free(ours);
    return sample_difference(&a, &b);
}

static void check(Claims *claims, const Results *results) {
    const Sample off = results_of(results, "off");
    claims_check(claims, off.most <= 1e-6, "a slice has at its models the loss that they have",
                 "off by %.1g at most", off.most);
    const Sample ema_gain = gain(results, "accuracy", EMA, CONSTANT);
    claims_check_seeds(claims, ema_gain.mean > 2 * ema_gain.error,
                       "at a constant rate the moving average beats the last weights",
                       "%+.2f ± %.2f points", 100 * ema_gain.mean, 100 * ema_gain.error);
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-18",
        .folder = "lessons/18-landscape",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&trunk, 20}, {&branch, 20}, {&looks, 4}, {&images, 64}, {&side, 9}},
        .data = "fashion",
        .run = run_once,
        .figures = {"plane.gp", "batches.gp", "lines.gp", "averages.gp", "flat.gp"},
        .seeds = {"averages.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
