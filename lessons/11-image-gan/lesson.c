// Lesson 11 — an image GAN: smileys out of noise
//
// Question   Can two networks and two optimizers learn to draw? And what do their losses say of it?
// Concepts   the generator and the discriminator of a DCGAN; fixed noise; four losses; the moving
//            average of the generator's weights; samples beside the nearest real image
// Run        make lesson-11
//            with your own pictures: make lesson-11 ARGS="--data ~/Pictures/cats"
// Time       about 40 seconds on two cores
// See        out/lesson-11/samples.png      64 samples of the same noise, again and again while it trains
//            out/lesson-11/training.gif     all of these, one after the other
//            out/lesson-11/between.png      the way from one latent to another
//            out/lesson-11/nearest.png      samples, and the real image that is nearest to each
//            out/lesson-11/curves.png       the losses, and what the discriminator says

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "data/batches.h"    // Batches: the data set, a batch at a time
#include "data/pictures.h"   // the reader's own pictures
#include "frechet.h"         // how far generated garments are from real ones
#include "looks.h"           // grids, ways between latents, nearest images
#include "networks.h"        // the generator and the discriminator
#include "nn/gan_loss.h"     // gan_discriminator_loss, gan_generator_loss
#include "optim/optimizer.h" // adam
#include "run/checkpoint.h"  // a run that stops and goes on
#include "files/output.h"        // paths
#include "run/interrupt.h"   // Ctrl-C
#include "run/lesson.h"      // options, --seeds, figures, claims: what surrounds a run
#include "run/progress.h"    // the line that says where it is
#include "files/table.h"       // CSV, for the figures

// --- the knobs -----------------------------------------------------------------------------------

static const char *data_name = "smileys";
static double lr_g = 0.0002, lr_d = 0.0002, beta1 = 0.5, label = 0.9, clip = 0.01, ema = 0.995;
static int loss_kind = GAN_NON_SATURATING, steps = 3000, steps_d = 1, batch_size = 32, latent = 64;
static int look_steps = 100;
static bool spectral = false;

static const Option knobs[] = {
    option_text("data", &data_name, "smileys, fashion, or a folder of pictures"),
    option_choice("loss", &loss_kind, "what the two minimise", GAN_LOSS_NAMES),
    option_number("lr-g", &lr_g, "learning rate of the generator", .min = 0),
    option_number("lr-d", &lr_d, "learning rate of the discriminator", .min = 0),
    option_number("beta1", &beta1, "Adam's memory of the gradient, of both", .min = 0, .below = 1),
    option_number("label", &label, "what real images are called; 1 doesn't smooth", .above = 0,
                  .max = 1),
    option_number("clip", &clip, "wasserstein: D's weights stay within ± this", .above = 0),
    option_number("ema", &ema, "memory of the average generator; 0: the generator itself", .min = 0,
                  .below = 1),
    option_flag("spectral", &spectral, "spectral normalisation of D instead of batch norm"),
    option_integer("steps", &steps, "steps of training", .min = 1, .max = 1000000),
    option_integer("steps-d", &steps_d, "steps of D for one of G", .min = 1, .max = 100),
    option_integer("batch-size", &batch_size, "images a step", .min = 2, .max = 1024),
    option_integer("latent", &latent, "numbers of noise an image is made from", .min = 2,
                   .max = 1000),
    option_integer("look", &look_steps, "steps from one look at the samples to the next", .min = 1),
};

// --- one model: two networks, two optimizers, and an average to look at --------------------------

typedef struct Judge { // of garments alone
    Module *classifier;
    Cloud real;
    double floor;     // the distance between real images and others
    double untrained; // and to those of a generator before its first step
} Judge;

typedef struct Run {
    Dataset data, test;
    Reals reals;
    Tape *tape;
    Random random;
    Module *generator, *discriminator, *average;
    ParameterList owned_d;
    Optimizer *optimizer_g, *optimizer_d;
    Batches *batches;
    real *noise; // of the samples that are looked at: always the same
    Judge judge;
    char *checkpoint_path;
    Log *curves, *looks;
    long step;
    long options;      // tells the options that a step depends on
    long was_diverse;  // the samples have differed
    const char *ended; // why the run ends early, in words; NULL: it doesn't
    double frechet;    // of the last look
} Run;

static Tensor *generate(Run *run, int n) {
    Tensor *noise = tape_tensor(run->tape, SHAPE(n, latent, 1, 1));
    random_fill_normal(&run->random, noise->size, 0, 1, noise->data);
    return module_forward(run->generator, noise);
}

// --- the two steps -------------------------------------------------------------------------------

typedef struct Verdicts {
    double loss_d, loss_g;
    double real, fake; // how real D calls real images, and generated ones
} Verdicts;

static void discriminator_step(Run *run, Tensor *images, Tensor *fakes, Verdicts *verdicts) {
    Tensor *of_real = module_forward(run->discriminator, images);
    Tensor *of_fake = module_forward(run->discriminator, detach(fakes));
    Tensor *loss = gan_discriminator_loss(loss_kind, of_real, of_fake, label);
    optimizer_zero_grad(run->optimizer_d);
    backward(loss);
    optimizer_step(run->optimizer_d);
    if (loss_kind == GAN_WASSERSTEIN)
        parameter_list_clamp(&run->owned_d, clip);
    verdicts->loss_d = tensor_item(loss);
    verdicts->real = tensor_item(mean(sigmoid(of_real)));
    verdicts->fake = tensor_item(mean(sigmoid(of_fake)));
}

static void generator_step(Run *run, Tensor *fakes, Verdicts *verdicts) {
    parameter_list_require_grad(&run->owned_d, false); // no gradient of D's weights, nor its cost
    Tensor *loss = gan_generator_loss(loss_kind, module_forward(run->discriminator, fakes));
    optimizer_zero_grad(run->optimizer_g);
    backward(loss);
    optimizer_step(run->optimizer_g);
    parameter_list_require_grad(&run->owned_d, true);
    module_average(run->average, run->generator, ema);
    verdicts->loss_g = tensor_item(loss);
}

static Verdicts train_step(Run *run) {
    Verdicts verdicts = {0};
    for (int i = 0; i < steps_d; i++) {
        Batch batch;
        tape_clear(run->tape);
        while (!batches_next(run->batches, run->tape, &batch))
            ; // the end of an epoch: the next call begins another, in a new order
        Tensor *fakes = generate(run, batch.count);
        discriminator_step(run, batch.images, fakes, &verdicts);
        if (i == steps_d - 1) // G answers the D that has just moved, with the same fakes
            generator_step(run, fakes, &verdicts);
    }
    tape_clear(run->tape);
    run->step++;
    return verdicts;
}

// All that the next step depends on.
static void run_state(Checkpoint *checkpoint, void *object) {
    Run *run = object;
    checkpoint_module(checkpoint, "generator", run->generator);
    checkpoint_module(checkpoint, "discriminator", run->discriminator);
    checkpoint_module(checkpoint, "average", run->average);
    checkpoint_optimizer(checkpoint, "optimizer_g", run->optimizer_g);
    checkpoint_optimizer(checkpoint, "optimizer_d", run->optimizer_d);
    checkpoint_batches(checkpoint, "batches", run->batches);
    checkpoint_random(checkpoint, "random", &run->random);
    checkpoint_integer(checkpoint, "step", &run->step, 0, steps);
    checkpoint_integer(checkpoint, "was_diverse", &run->was_diverse, 0, 1);
    checkpoint_integer(checkpoint, "options", &run->options, LONG_MIN, LONG_MAX);
}

// --- looking -------------------------------------------------------------------------------------

static double frechet_of(Run *run) {
    Random random = random_from_seed(1); // the same noise at each look
    Cloud cloud = {0};
    while (cloud.count < FRECHET_SAMPLES) {
        enum { AT_ONCE = 250 };
        real *noise = memory_alloc((size_t)(AT_ONCE * latent) * sizeof(real));
        random_fill_normal(&random, (size_t)(AT_ONCE * latent), 0, 1, noise);
        Tensor *images = samples_of(run->average, run->tape, AT_ONCE, latent, noise);
        tape_set_recording(run->tape, false);
        cloud_add(&cloud, run->judge.classifier, images);
        tape_set_recording(run->tape, true);
        tape_clear(run->tape);
        free(noise);
    }
    cloud_finish(&cloud);
    return frechet_distance(&cloud, &run->judge.real);
}

// How much samples differ from each other, compared with real images.
static double variety_of(const Run *run, const Tensor *samples) {
    return diversity_of(samples->data, SHOWN, dataset_pixels(&run->data)) / run->reals.diversity;
}

// Of the generator itself: its average may only be late. At first samples hardly differ: by less than
// a grey level.
static void look_for_collapse(Run *run) {
    const double variety =
        variety_of(run, samples_of(run->generator, run->tape, SHOWN, latent, run->noise));
    tape_clear(run->tape);
    if (run->step > 0 && variety < (run->was_diverse ? 0.05 : run->step < 1000 ? 0.0001 : 0.01))
        run->ended = "collapsed: all samples are alike";
    run->was_diverse |= variety > 0.2;
}

// The samples as they are now: a picture, a frame of the GIF, three numbers. And all is saved.
static bool look(Run *run, const LessonOptions *options, Error *error) {
    char name[64];
    snprintf(name, sizeof name, "frames/%06ld.png", run->step);
    const Tensor *samples = samples_of(run->average, run->tape, SHOWN, latent, run->noise);
    const double variety = variety_of(run, samples);
    const double nearest = nearest_mean(samples, &run->data);
    bool good = image_grid_write(options->out, "samples.png", samples, SHOWN_COLUMNS, 2, error) &&
                image_grid_write(options->out, name, samples, SHOWN_COLUMNS, 1, error);
    tape_clear(run->tape);
    if (run->judge.classifier)
        run->frechet = frechet_of(run);
    log_row(run->looks, (double)run->step, nearest, variety, run->frechet);
    look_for_collapse(run);
    return good && checkpoint_save(run->checkpoint_path, run_state, run, error);
}

static bool train(Run *run, const LessonOptions *options, Error *error) {
    Progress progress;
    progress_start(&progress, "lesson-11", run->step, steps, batches_count(run->batches));
    bool good = options->resume || look(run, options, error);
    while (good && run->step < steps && !run->ended && !interrupt_signal()) {
        const Verdicts verdicts = train_step(run);
        log_row(run->curves, (double)run->step, verdicts.loss_d, verdicts.loss_g, verdicts.real,
                verdicts.fake);
        progress_step(&progress, run->step, verdicts.loss_g, lr_g);
        if (!isfinite(verdicts.loss_d) || !isfinite(verdicts.loss_g))
            run->ended = isfinite(verdicts.loss_d)
                             ? "diverged: the generator's loss is no number"
                             : "diverged: the discriminator's loss is no number";
        else if (run->step % look_steps == 0 || run->step == steps)
            good = look(run, options, error);
    }
    if (good && interrupt_signal())
        good = checkpoint_save(run->checkpoint_path, run_state, run, error);
    progress_finish(&progress, "%s at step %ld",
                    run->ended           ? run->ended
                    : interrupt_signal() ? "stopped (--resume goes on)"
                                         : "trained",
                    run->step);
    return good;
}

// --- before and after ----------------------------------------------------------------------------

static bool data_load(Run *run, Error *error) {
    if (strcmp(data_name, "fashion") == 0) {
        const bool loaded = dataset_load(&run->data, &run->test, "fashion", error);
        run->data.mean = run->data.std = run->test.mean = run->test.std = 0.5; // −1 … 1
        return loaded;
    }
    const bool smileys = strcmp(data_name, "smileys") == 0;
    int skipped = 0;
    if (!pictures_load(&run->data, smileys ? KNOBS_ROOT "/datasets/emoji/smileys" : data_name, 32,
                       interrupt_signal, &skipped, error))
        return false;
    if (!smileys)
        fprintf(stderr, "%s: %d pictures, %d skipped\n", data_name, run->data.count, skipped);
    return true;
}

// Trains the classifier; its features of real images are what samples are compared with.
static void judge_start(Run *run, bool quick) {
    Random random = random_from_seed(1);
    Dataset part = dataset_slice(&run->data, 0, quick ? 6000 : run->data.count);
    run->judge.classifier = classifier_new(&random);
    classifier_train(run->judge.classifier, run->tape, &part, quick ? 1 : 3);
    run->judge.real = cloud_of_data(run->judge.classifier, run->tape, &run->test);
    Cloud others = cloud_of_data(run->judge.classifier, run->tape, &run->data);
    run->judge.floor = frechet_distance(&others, &run->judge.real);
}

// A number that tells the options that a step depends on.
static long options_sum(void) {
    char text[8192];
    snprintf(text, sizeof text, "%d %d %d %d %d %.17g %.17g %.17g %.17g %.17g %.17g %s", loss_kind,
             steps_d, batch_size, latent, spectral, lr_g, lr_d, beta1, label, clip, ema, data_name);
    return (long)crc32(0, (const unsigned char *)text, (unsigned)strlen(text));
}

static bool resume(Run *run, Error *error) {
    return checkpoint_load(run->checkpoint_path, run_state, run, error) &&
           (run->options == options_sum() ||
            error_set(error, "%s is of a run with other options: go on with the same ones",
                      run->checkpoint_path));
}

static bool run_start(Run *run, const LessonOptions *options, Error *error) {
    run->tape = tape_new();
    run->random = random_from_seed((uint64_t)options->seed);
    run->frechet = NAN;
    char *frames = path_format("%s/frames", options->out);
    const bool made = folder_create(frames, error);
    free(frames);
    if (!made || !data_load(run, error))
        return false;
    run->reals = reals_of(&run->data);
    if (run->reals.diversity == 0)
        return error_set(error, "%s: expected pictures that differ, all of the %d are alike",
                         data_name, run->data.count);
    run->judge.floor = run->judge.untrained = NAN;
    if (strcmp(data_name, "fashion") == 0)
        judge_start(run, options->quick);

    const int channels = run->data.channels, side = run->data.height;
    run->generator = generator_new(latent, channels, side, &run->random);
    run->discriminator = discriminator_new(channels, side, spectral, &run->random);
    run->average = generator_new(latent, channels, side, &run->random);
    module_average(run->average, run->generator, 0); // a copy
    run->owned_d = module_parameters(run->discriminator);
    run->optimizer_g = adam(module_parameters(run->generator), .lr = lr_g, .beta1 = beta1);
    run->optimizer_d = adam(run->owned_d, .lr = lr_d, .beta1 = beta1);
    run->batches =
        batches_new(&run->data, .size = batch_size < run->data.count ? batch_size : run->data.count,
                    .seed = (uint64_t)options->seed, .drop_last = true);
    run->noise = memory_alloc((size_t)(SHOWN * latent) * sizeof(real));
    Random shown = random_split(&run->random, 0);
    random_fill_normal(&shown, (size_t)(SHOWN * latent), 0, 1, run->noise);

    if (run->judge.classifier)
        run->judge.untrained = frechet_of(run);
    run->options = options_sum();
    run->checkpoint_path = path_format("%s/checkpoint.safetensors", options->out);
    if (options->resume && !resume(run, error))
        return false;
    const double resumed = options->resume ? (double)run->step : LOG_NEW;
    run->curves =
        log_open(options->out, "curves.csv", "step,loss_d,loss_g,real,fake", resumed, error);
    run->looks = run->curves ? log_open(options->out, "looks.csv", "step,nearest,variety,frechet",
                                        resumed, error)
                             : NULL;
    return run->looks != NULL;
}

// After training: the ways between latents, the nearest real images, and what is claimed.
static bool look_back(Run *run, const LessonOptions *options, Results *results, Error *error) {
    if (run->judge.classifier)
        run->frechet = frechet_of(run);
    const Tensor *samples = samples_of(run->average, run->tape, SHOWN, latent, run->noise);
    result_add(results, "finished", run->ended == NULL);
    result_add(results, "nearest", nearest_mean(samples, &run->data));
    result_add(results, "nearest_real", run->reals.nearest);
    result_add(results, "variety", variety_of(run, samples));
    result_add(results, "frechet", run->frechet);
    result_add(results, "frechet_real", run->judge.floor);
    result_add(results, "frechet_untrained", run->judge.untrained);
    const bool good =
        write_nearest(samples, &run->data, run->tape, options->out, error) &&
        write_between(run->average, run->tape, latent, run->noise, 6, options->out, error);
    tape_clear(run->tape);
    return good;
}

static bool run_end(Run *run, Error *error) {
    const bool whole = table_close(run->curves, error);
    const bool both = table_close(run->looks, error) && whole;
    free(run->checkpoint_path);
    free(run->noise);
    batches_free(run->batches);
    optimizer_free(run->optimizer_g);
    optimizer_free(run->optimizer_d);
    module_free(run->generator);
    module_free(run->discriminator);
    module_free(run->average);
    module_free(run->judge.classifier);
    tape_free(run->tape);
    dataset_free(&run->data);
    dataset_free(&run->test);
    return both;
}

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    static Run run; // large: it holds clouds of features
    bool done = run_start(&run, options, error);
    if (done && !interrupt_signal()) // stopped before training: there is nothing to look at
        done = train(&run, options, error) &&
               (run.step == 0 || look_back(&run, options, results, error));
    Error lost; // the first error is the one to report
    return run_end(&run, done ? error : &lost) && done;
}

// --- claims --------------------------------------------------------------------------------------

static void check(Claims *claims, const LessonOptions *options, const Results *results) {
    const int seeds = options->seeds;
    const Sample nearest = results_of(results, 0, "nearest");
    const Sample nearest_real = results_of(results, 0, "nearest_real");
    const double finished = results_of(results, 0, "finished").least;
    const double variety = results_of(results, 0, "variety").least;
    const Sample frechet = results_of(results, 0, "frechet");
    const double real_frechet = results_of(results, 0, "frechet_real").most;
    const double untrained = results_of(results, 0, "frechet_untrained").least;
    claims_check(claims, finished == 1, "no run collapsed or diverged", "%s",
                 finished == 1 ? "each came to its last step" : "one ended before its last step");
    claims_check_seeds(
        claims, seeds, variety > 0.7,
        "samples differ from each other at least 0.7 times as much as real images do",
        "%.2f times, in the least of %d runs", variety, seeds);
    if (isnan(real_frechet)) { // pictures: too few for a distance between clouds
        claims_check_seeds(
            claims, seeds,
            nearest.most < 1.2 * nearest_real.most && nearest.least > 0.8 * nearest_real.most,
            "a sample is as far from the nearest picture as these are from each other, within a "
            "fifth",
            "%.3f to %.3f, against %.3f", nearest.least, nearest.most, nearest_real.most);
        return;
    }
    claims_check_seeds(claims, seeds, frechet.most < untrained / 10,
                       "the Fréchet distance falls to a tenth of the untrained generator's",
                       "%.1f to %.1f, from %.0f", frechet.least, frechet.most, untrained);
    claims_check_seeds(claims, seeds, frechet.least > 3 * real_frechet,
                       "and real images are still much nearer to real ones", "%.2f", real_frechet);
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-11",
        .folder = "lessons/11-image-gan",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&steps, 30}, {&look_steps, 15}},
        .run = run_once,
        .figures = {"training.gp", "curves.gp", "training.gif.gp"},
        .seeds = {"seeds.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
