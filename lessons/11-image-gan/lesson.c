// Lesson 11 — an image GAN: smileys out of noise
//
// Question   Can two networks and two optimizers learn to draw? And what do their losses say of it?
// Concepts   the generator and the discriminator of a DCGAN; fixed noise; four losses; the moving
//            average of the generator's weights; samples beside the nearest real image
// Run        make lesson-11
//            with your own pictures: make lesson-11 ARGS="--data ~/Pictures/cats"
// Time       about 3 minutes
// See        out/lesson-11/samples.png      64 samples of the same noise, again and again while it trains
//            out/lesson-11/training.gif     all of these, one after the other
//            out/lesson-11/between.png      the way from one latent to another
//            out/lesson-11/nearest.png      samples, and the real image that is nearest to each
//            out/lesson-11/curves.png       the losses, and what the discriminator says

#include <math.h>

#include "frechet.h"         // how far generated garments are from real ones
#include "looks.h"           // real images, grids, ways between latents, nearest images
#include "networks.h"        // the generator and the discriminator
#include "nn/gan_loss.h"     // gan_discriminator_loss, gan_generator_loss
#include "optim/optimizer.h" // adam
#include "run/interrupt.h"   // Ctrl-C
#include "run/lesson.h"      // options, --seeds, figures, claims: what surrounds a run
#include "run/loop.h"        // logs, checkpoints: what surrounds a step

// --- the knobs -----------------------------------------------------------------------------------

static const char *data_name = "smileys";
static double lr_g = 0.0002, lr_d = 0.0002, beta1 = 0.5, label = 0.9, clip = 0.01, ema = 0.995;
static int loss_kind = GAN_NON_SATURATING, steps = 3000, steps_d = 1, batch_size = 32, latent = 64,
           look_steps = 100;
static bool spectral = false;

static const Option knobs[] = {
    option_text("data", &data_name, "smileys, fashion, or a folder of pictures"),
    option_choice("loss", &loss_kind, "what the two minimise", GAN_LOSS_NAMES),
    option_number("lr-g", &lr_g, "learning rate of the generator", .min = 0),
    option_number("lr-d", &lr_d, "learning rate of the discriminator", .min = 0),
    option_number("beta1", &beta1, "Adam's memory of the gradient, of both", .min = 0, .below = 1),
    option_number("label", &label, "what real images are called; 1 is plain", .above = 0, .max = 1),
    option_number("clip", &clip, "wasserstein: D's weights stay within ± this", .above = 0),
    option_number("ema", &ema, "memory of the average generator; 0: none", .min = 0, .below = 1),
    option_flag("spectral", &spectral, "spectral normalisation of D instead of batch norm"),
    option_integer("steps", &steps, "steps of training", .min = 1, .max = 1000000,
                   .may_change = true),
    option_integer("steps-d", &steps_d, "steps of D for one of G", .min = 1, .max = 100),
    option_integer("batch-size", &batch_size, "images a step", .min = 2, .max = 1024),
    option_integer("latent", &latent, "numbers of noise of an image", .min = 2, .max = 1000),
    option_integer("look", &look_steps, "steps between two looks", .min = 1, .may_change = true),
};

// --- one model: two networks, two optimizers, and an average to look at --------------------------

typedef struct Gan {
    Loop loop;
    Dataset data, test;
    Likeness reals;
    Judge judge; // of garments alone
    Module *generator, *discriminator, *average;
    Optimizer *optimizer_g, *optimizer_d;
    Batches *batches;
    Random random, shown; // noise; and that of the samples that are looked at: always the same
    long was_diverse;     // the samples have differed
    Log *curves, *looks;
} Gan;

static void gan_make(Gan *gan) {
    Loop *loop = &gan->loop;
    Random *random = &gan->random;
    const int count = gan->data.count, channels = gan->data.channels, side = gan->data.height;
    gan->generator = loop_module(loop, "generator", generator_new(latent, channels, side, random));
    gan->discriminator =
        loop_module(loop, "discriminator", discriminator_new(channels, side, spectral, random));
    gan->average = loop_module(loop, "average", generator_new(latent, channels, side, random));
    module_average(gan->average, gan->generator, 0); // a copy
    const ParameterList of_g = module_parameters(gan->generator);
    const ParameterList of_d = module_parameters(gan->discriminator);
    gan->optimizer_g = loop_optimizer(loop, "optimizer_g", adam(of_g, .lr = lr_g, .beta1 = beta1));
    gan->optimizer_d = loop_optimizer(loop, "optimizer_d", adam(of_d, .lr = lr_d, .beta1 = beta1));
    Batches *batches = batches_new(&gan->data, .size = batch_size < count ? batch_size : count,
                                   .seed = (uint64_t)loop->options->seed, .drop_last = true);
    gan->batches = loop_batches(loop, "batches", batches);
    gan->shown = random_split(random, 0);
    loop_random(loop, "random", random);
    loop_integer(loop, "was_diverse", &gan->was_diverse);
    gan->curves = loop_log(loop, "curves.csv", "step,loss_d,loss_g,real,fake");
    gan->looks = loop_log(loop, "looks.csv", "step,nearest,variety,frechet");
    loop->save_every = look_steps;
}

// --- looking -------------------------------------------------------------------------------------

static Tensor *noise_shown(const Gan *gan) {
    Random random = gan->shown;
    return tape_normal(gan->loop.tape, SHAPE(SHOWN, latent, 1, 1), &random);
}

// Of the generator itself: its average may only be late. At first samples hardly differ: by less than
// a grey level.
static void look_for_collapse(Gan *gan) {
    const Tensor *samples = evaluate_batch(gan->generator, noise_shown(gan));
    const double variety =
        diversity_of(samples->data, SHOWN, dataset_pixels(&gan->data)) / gan->reals.diversity;
    const double early = gan->loop.step < 1000 ? 0.0001 : 0.01;
    if (gan->loop.step > 0 && variety < (gan->was_diverse ? 0.05 : early))
        loop_stop(&gan->loop, "collapsed: all samples are alike");
    gan->was_diverse |= variety > 0.2;
}

// The samples as they are now: a picture, a frame of the GIF, three numbers. May clear the tape.
static void look(Gan *gan) {
    Loop *loop = &gan->loop;
    const Tensor *samples = evaluate_batch(gan->average, noise_shown(gan));
    loop_need(loop, write_samples(samples, loop->step, loop->options->out, loop->error));
    const Likeness likeness = likeness_of(&gan->data, samples->data, SHOWN, 0);
    look_for_collapse(gan);
    log_row(gan->looks, (double)loop->step, likeness.nearest,
            likeness.diversity / gan->reals.diversity,
            judge_distance(&gan->judge, loop->tape, gan->average, latent));
}

// --- the loop: this is the lesson ----------------------------------------------------------------

static void train(Gan *gan) {
    Loop *loop = &gan->loop;
    const ParameterList *of_d = &gan->optimizer_d->groups[0].parameters;
    while (loop_next(loop)) {
        Tensor *fakes = NULL, *says_real = NULL, *says_fake = NULL, *loss_d = NULL;
        for (int i = 0; i < steps_d; i++) { // D learns to tell real images from fakes
            tape_clear(loop->tape);         // the tensors of D's step before die here
            const Batch batch = batches_draw(gan->batches, loop->tape);
            const Shape shape = SHAPE(batch.count, latent, 1, 1);
            fakes = module_forward(gan->generator, tape_normal(loop->tape, shape, &gan->random));
            says_real = module_forward(gan->discriminator, batch.images);
            says_fake = module_forward(gan->discriminator, detach(fakes)); // G stays
            loss_d = gan_discriminator_loss(loss_kind, says_real, says_fake, label);
            optimizer_zero_grad(gan->optimizer_d);
            backward(loss_d);
            optimizer_step(gan->optimizer_d);
            if (loss_kind == GAN_WASSERSTEIN)
                parameter_list_clamp(of_d, clip);
        }

        // G answers the D that has just moved, with the same fakes.
        parameter_list_require_grad(of_d, false); // no gradient of D's weights, nor its cost
        Tensor *loss_g = gan_generator_loss(loss_kind, module_forward(gan->discriminator, fakes));
        optimizer_zero_grad(gan->optimizer_g);
        backward(loss_g);
        parameter_list_require_grad(of_d, true);
        optimizer_step(gan->optimizer_g);
        module_average(gan->average, gan->generator, ema);

        const double d = tensor_item(loss_d), g = tensor_item(loss_g);
        log_row(gan->curves, (double)loop->step, d, g, tensor_item(mean(sigmoid(says_real))),
                tensor_item(mean(sigmoid(says_fake))));
        loop_show(loop, g, lr_g);
        if (!isfinite(d))
            loop_stop(loop, "diverged: the discriminator's loss is no number");
        else if (!isfinite(g))
            loop_stop(loop, "diverged: the generator's loss is no number");
        else if (loop->step % look_steps == 0 || loop->step == loop->steps)
            look(gan);
    } // loop_next clears the tape: all tensors of the step die here
}

// --- before and after ----------------------------------------------------------------------------

static bool prepare(Gan *gan, Results *results, Error *error) {
    Loop *loop = &gan->loop;
    if (!reals_load(&gan->data, &gan->test, data_name, error) ||
        !reals_compare(&gan->data, data_name, &gan->reals, error))
        return false;
    gan->judge.floor = NAN;
    if (gan->test.count > 0)
        judge_init(&gan->judge, &gan->data, &gan->test, loop->tape, loop->options->quick);
    gan_make(gan);
    result_add(results, "nearest_real", gan->reals.nearest);
    result_add(results, "frechet_real", gan->judge.floor);
    result_add(results, "frechet_untrained",
               judge_distance(&gan->judge, loop->tape, gan->average, latent));
    return true;
}

// The ways between latents, the nearest real images, and what is claimed.
static void look_back(Gan *gan, Results *results) {
    Loop *loop = &gan->loop;
    const Tensor *samples = evaluate_batch(gan->average, noise_shown(gan));
    const Likeness likeness = likeness_of(&gan->data, samples->data, SHOWN, 0);
    loop_need(loop, write_nearest(samples, &gan->data, loop->options->out, loop->error));
    loop_need(loop, write_between(gan->average, noise_shown(gan), loop->options->out, loop->error));
    result_add(results, "finished", loop->ended == NULL);
    result_add(results, "nearest", likeness.nearest);
    result_add(results, "variety", likeness.diversity / gan->reals.diversity);
    result_add(results, "frechet", judge_distance(&gan->judge, loop->tape, gan->average, latent));
}

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    Gan gan = {.random = random_from_seed((uint64_t)options->seed)};
    Loop *loop = &gan.loop;
    loop_init(loop, options, steps, error);
    loop_need(loop, prepare(&gan, results, error));
    if (loop->good && !interrupt_signal()) { // after a signal the classifier isn't trained
        loop_begin(loop);
        if (loop->good && !loop->resumed)
            look(&gan);
        train(&gan);
        loop_tell(loop, "step %ld", loop->step);
        if (loop->good && loop->step > 0)
            look_back(&gan, results);
    }
    const bool good = loop_end(loop);
    module_free(gan.judge.classifier);
    dataset_free(&gan.data);
    dataset_free(&gan.test);
    return good;
}

static void check(Claims *claims, const Results *results) {
    const bool finished = results_of(results, "finished").least == 1;
    const double variety = results_of(results, "variety").least;
    const Sample nearest = results_of(results, "nearest"), frechet = results_of(results, "frechet");
    const double real_nearest = results_of(results, "nearest_real").most;
    const double real_frechet = results_of(results, "frechet_real").most;
    const double untrained = results_of(results, "frechet_untrained").least;
    claims_check(claims, finished, "no run collapsed or diverged", "%s",
                 finished ? "each came to its last step" : "one ended before its last step");
    claims_check_seeds(
        claims, variety > 0.7,
        "samples differ from each other at least 0.7 times as much as real images do",
        "at least %.2f times", variety);
    if (isnan(real_frechet)) { // pictures: too few for a distance between clouds
        claims_check_seeds(
            claims, nearest.most < 1.2 * real_nearest && nearest.least > 0.8 * real_nearest,
            "a sample is as far from the nearest picture as these are from each other, within a "
            "fifth",
            "%.3f to %.3f, against %.3f", nearest.least, nearest.most, real_nearest);
        return;
    }
    claims_check_seeds(claims, frechet.most < untrained / 10,
                       "the Fréchet distance falls to a tenth of the untrained generator's",
                       "%.1f to %.1f, from %.0f", frechet.least, frechet.most, untrained);
    claims_check_seeds(claims, frechet.least > 3 * real_frechet,
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
