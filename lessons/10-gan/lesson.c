// Lesson 10 — a GAN: one model, two optimizers
//
// Question   Two networks play against each other. Which of them may a step move, and with what rate?
// Concepts   two optimizers, each with its own network; detach, freeze, zero_grad; the classic mistakes
// Run        make lesson-10
//            with other knobs: make lesson-10 ARGS="--lr-d 0.0005"
// Time       about 15 seconds
// See        out/lesson-10/training.png    the generator learns eight modes, and what D thinks of the plane
//            out/lesson-10/mistakes.png    six recipes side by side, and what each mistake costs
//            out/lesson-10/moved.png       what each action moves: weights, gradients, states, statistics
//            out/lesson-10/quality.png     modes and good points over time
//            out/figures/OptimizerOverview/Optim-1-GAN.png    two optimizers, two sets of pointers

#include <math.h>
#include <stdio.h>

#include "matrix.h"          // what each action moves, bit for bit
#include "mixture.h"         // the data, and how good samples are
#include "nn/gan_loss.h"     // gan_discriminator_loss, gan_generator_loss
#include "nn/layers.h"       // Module: linear_new …
#include "optim/optimizer.h" // adam
#include "run/interrupt.h"   // Ctrl-C
#include "run/lesson.h"      // options, --seeds, figures, claims: what surrounds a run
#include "instruments/ownership.h"   // who owns what, for Optim-1
#include "run/progress.h"    // the line that says where it is
#include "files/table.h"       // CSV for a figure

// --- the knobs -----------------------------------------------------------------------------------

enum { RIGHT, NOT_FROZEN, NO_DETACH, NO_ZERO_GRAD, CLEARED_ONCE, ONE_OPTIMIZER, RECIPES };

static double lr_d = 0.002, lr_g = 0.001, beta1 = 0.5, label = 1, clip = 0.01;
static int recipe = RIGHT, data = RING, loss_kind = GAN_NON_SATURATING;
static int steps = 5000, steps_d = 1, batch_size = 256, hidden = 64, latent = 16;

static const Option knobs[] = {
    option_choice("recipe", &recipe, NULL, "right", "not-frozen", "no-detach", "no-zero-grad",
                  "cleared-once", "one-optimizer"),
    option_choice("data", &data, "eight modes on a ring, or 25 in a grid", "ring", "grid"),
    option_choice("loss", &loss_kind, "what the two minimise", GAN_LOSS_NAMES),
    option_number("lr-d", &lr_d, "learning rate of the discriminator", .min = 0),
    option_number("lr-g", &lr_g, "learning rate of the generator", .min = 0),
    option_number("beta1", &beta1, "Adam's memory of the gradient, of both", .min = 0, .below = 1),
    option_number("label", &label, "what real points are called; 0.9 smooths", .above = 0,
                  .max = 1),
    option_number("clip", &clip, "wasserstein: D's weights stay within ± this", .above = 0),
    option_integer("steps", &steps, "steps of training", .min = 1, .max = 1000000),
    option_integer("steps-d", &steps_d, "steps of D for one of G", .min = 1, .max = 100),
    option_integer("batch-size", &batch_size, "points a step", .min = 2, .max = 10000),
    option_integer("hidden", &hidden, "width of the two hidden layers", .min = 1, .max = 4096),
    option_integer("latent", &latent, "numbers of noise a point is made from", .min = 1,
                   .max = 1000),
};

// --- one model: two networks, two optimizers -----------------------------------------------------

typedef struct Gan {
    Tape *tape;
    Mixture mixture;
    Random random;
    Module *generator, *discriminator;
    ParameterList owned_g, owned_d;
    Optimizer *optimizer_g, *optimizer_d;
} Gan;

static void gan_start(Gan *gan, int seed) {
    *gan = (Gan){.tape = tape_new(),
                 .mixture = mixture_of(data),
                 .random = random_from_seed((uint64_t)seed)};
    gan->generator = sequential_new(linear_new(latent, hidden), relu_new(),
                                    linear_new(hidden, hidden), relu_new(), linear_new(hidden, 2));
    gan->discriminator =
        sequential_new(linear_new(2, hidden), leaky_relu_new(0.2), linear_new(hidden, hidden),
                       leaky_relu_new(0.2), linear_new(hidden, 1));
    module_initialise(gan->generator, &gan->random);
    module_initialise(gan->discriminator, &gan->random);
    gan->owned_g = module_parameters(gan->generator);
    gan->owned_d = module_parameters(gan->discriminator);
    if (recipe == ONE_OPTIMIZER) { // a mistake: whoever steps moves both
        gan->optimizer_g = gan->optimizer_d =
            adam(parameter_list_join(gan->owned_g, gan->owned_d), .lr = lr_g, .beta1 = beta1);
    } else {
        gan->optimizer_g = adam(gan->owned_g, .lr = lr_g, .beta1 = beta1);
        gan->optimizer_d = adam(gan->owned_d, .lr = lr_d, .beta1 = beta1);
    }
}

static void gan_end(Gan *gan) {
    if (gan->optimizer_d != gan->optimizer_g)
        optimizer_free(gan->optimizer_d);
    optimizer_free(gan->optimizer_g);
    module_free(gan->generator);
    module_free(gan->discriminator);
    tape_free(gan->tape);
}

static Tensor *generate(Gan *gan, int n) {
    Tensor *noise = tape_tensor(gan->tape, SHAPE(n, latent));
    random_fill_normal(&gan->random, noise->size, 0, 1, noise->data);
    return module_forward(gan->generator, noise);
}

// --- the two steps: this is the lesson -----------------------------------------------------------

// D learns to tell real points from generated ones. The generator is not asked.
static double discriminator_step(Gan *gan) {
    Tensor *truth = mixture_draw(&gan->mixture, gan->tape, batch_size, &gan->random);
    Tensor *fake = generate(gan, batch_size);
    if (recipe != NO_DETACH && recipe != CLEARED_ONCE)
        fake = detach(fake); // or backward goes on into the generator
    Tensor *loss = gan_discriminator_loss(loss_kind, module_forward(gan->discriminator, truth),
                                          module_forward(gan->discriminator, fake), label);
    if (recipe != NO_ZERO_GRAD)
        optimizer_zero_grad(gan->optimizer_d); // or what G's step left is added
    if (recipe == CLEARED_ONCE)
        optimizer_zero_grad(gan->optimizer_g); // at the top of the loop, and no more
    backward(loss);
    optimizer_step(gan->optimizer_d); // moves D: it owns nothing else
    if (loss_kind == GAN_WASSERSTEIN)
        parameter_list_clamp(&gan->owned_d, clip);
    const double value = tensor_item(loss);
    tape_clear(gan->tape);
    return value;
}

// G learns to make points that D calls real. The gradient passes through D, and D stays as it is.
static double generator_step(Gan *gan) {
    const bool freeze = recipe == RIGHT || recipe == NO_DETACH || recipe == CLEARED_ONCE;
    if (freeze)
        parameter_list_require_grad(&gan->owned_d, false); // or D's gradients are computed too
    Tensor *fake = generate(gan, batch_size);
    Tensor *loss = gan_generator_loss(loss_kind, module_forward(gan->discriminator, fake));
    if (recipe != CLEARED_ONCE)
        optimizer_zero_grad(gan->optimizer_g);
    backward(loss);
    optimizer_step(gan->optimizer_g); // moves G: it owns nothing else
    if (freeze)
        parameter_list_require_grad(&gan->owned_d, true);
    const double value = tensor_item(loss);
    tape_clear(gan->tape);
    return value;
}

// --- looking at it -------------------------------------------------------------------------------

enum { LOOK_POINTS = 2500, SHOWN_POINTS = 600, SHADES = 72, LOOKS = 50, SNAPSHOTS = 6 };
static const double snapshot_at[SNAPSHOTS] = {0, 0.03, 0.1, 0.25, 0.5, 1}; // of all steps

typedef struct Views {
    Log *quality;
    Table *points, *shades; // at the snapshots
    int snapshots;
    Quality last;
} Views;

static void look_at_quality(Gan *gan, Views *views, int step, double loss_d, double loss_g) {
    Random kept = gan->random; // looking changes nothing
    tape_set_recording(gan->tape, false);
    views->last = quality_of(&gan->mixture, generate(gan, LOOK_POINTS));
    tape_set_recording(gan->tape, true);
    tape_clear(gan->tape);
    gan->random = kept;
    log_row(views->quality, step, views->last.covered, views->last.good, loss_d, loss_g);
}

// Real and generated points, and how real D calls each place of the plane.
static void take_snapshot(Gan *gan, Views *views, int step) {
    Random kept = gan->random;
    tape_set_recording(gan->tape, false);
    const Tensor *fake = generate(gan, SHOWN_POINTS);
    const Tensor *truth = mixture_draw(&gan->mixture, gan->tape, SHOWN_POINTS, &gan->random);
    for (int i = 0; i < SHOWN_POINTS; i++)
        table_row(views->points, "%d,%d,%.4f,%.4f,%.4f,%.4f", views->snapshots, step,
                  (double)truth->data[2 * i], (double)truth->data[2 * i + 1],
                  (double)fake->data[2 * i], (double)fake->data[2 * i + 1]);
    Tensor *places = tape_tensor(gan->tape, SHAPE(SHADES * SHADES, 2));
    for (int i = 0; i < SHADES * SHADES; i++) {
        places->data[2 * i] = (real)(3.0 * (i % SHADES) / (SHADES - 1) - 1.5);
        places->data[2 * i + 1] = (real)(3.0 * (i / SHADES) / (SHADES - 1) - 1.5);
    }
    const Tensor *verdicts = sigmoid(module_forward(gan->discriminator, places));
    for (int i = 0; i < SHADES * SHADES; i++)
        table_row(views->shades, "%d,%.4f,%.4f,%.3f", views->snapshots, (double)places->data[2 * i],
                  (double)places->data[2 * i + 1], (double)verdicts->data[i]);
    tape_set_recording(gan->tape, true);
    tape_clear(gan->tape);
    gan->random = kept;
    views->snapshots++;
}

static bool look(Gan *gan, Views *views, int step, double loss_d, double loss_g) {
    const bool finite = isfinite(loss_d) && isfinite(loss_g);
    if (step % (steps / LOOKS > 0 ? steps / LOOKS : 1) == 0 || step == steps || !finite)
        look_at_quality(gan, views, step, loss_d, loss_g);
    while (views->snapshots < SNAPSHOTS && step >= (int)(snapshot_at[views->snapshots] * steps))
        take_snapshot(gan, views, step);
    return finite;
}

// --- one run: one seed, one recipe ---------------------------------------------------------------

static bool train(Gan *gan, Views *views, Results *results) {
    double loss_d = 0, loss_g = 0;
    int step = 0;
    bool finite = look(gan, views, 0, 0, 0);
    Progress progress;
    progress_start(&progress, "lesson-10", 0, steps, steps);
    while (step < steps && finite && !interrupt_signal()) {
        for (int i = 0; i < steps_d; i++)
            loss_d = discriminator_step(gan);
        loss_g = generator_step(gan);
        step++;
        finite = look(gan, views, step, loss_d, loss_g);
        progress_step(&progress, step, loss_g, lr_g);
    }
    progress_finish(&progress, "%s: %d of %d modes, %.0f %% of the points good",
                    interrupt_signal() ? "stopped"
                    : finite           ? "trained"
                                       : "diverged: a loss is no number any more",
                    views->last.covered, gan->mixture.modes, 100 * views->last.good);
    if (interrupt_signal())
        return false;
    result_add(results, "steps", step);
    result_add(results, "finite", finite);
    result_add(results, "covered", views->last.covered);
    result_add(results, "good", views->last.good);
    result_add(results, "forward", (double)gan->tape->forward.multiply_adds / step / batch_size);
    result_add(results, "backward", (double)gan->tape->backward.multiply_adds / step / batch_size);
    return true;
}

// The sum of all weights in one fixed order: other bits give, all but surely, another sum.
static double fingerprint(const ParameterList *list) {
    double sum = 0;
    for (int i = 0; i < list->count; i++)
        for (size_t j = 0; j < list->items[i]->tensor.size; j++)
            sum += (double)list->items[i]->tensor.data[j];
    return sum;
}

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    Gan gan;
    gan_start(&gan, options->seed);
    Views views = {.points = table_open(options->out, "points.csv",
                                        "snapshot,step,real_x,real_y,fake_x,fake_y"),
                   .shades = table_open(options->out, "shades.csv", "snapshot,x,y,verdict"),
                   .quality = log_open(options->out, "quality.csv",
                                       "step,covered,good,loss_d,loss_g", LOG_NEW, error)};
    int unexpected = 0;
    bool good = views.quality && matrix_measure(options->out, options->seed, &unexpected, error);
    if (good && train(&gan, &views, results)) {
        result_add(results, "unexpected", unexpected);
        result_add(results, "weights_g", fingerprint(&gan.owned_g));
        result_add(results, "weights_d", fingerprint(&gan.owned_d));
        good = ownership_write(options->out, "owned-d.csv", &gan.owned_d, gan.optimizer_d, error) &&
               ownership_write(options->out, "owned-g.csv", &gan.owned_g, gan.optimizer_g, error);
    }
    Error lost; // the first error is the one to report
    good = table_close(views.quality, good ? error : &lost) && good;
    good = table_close(views.points, good ? error : &lost) && good;
    good = table_close(views.shades, good ? error : &lost) && good;
    gan_end(&gan);
    return good;
}

// --- claims --------------------------------------------------------------------------------------

static int count_good_runs(const Results *results, int choice, int modes) {
    const Sample covered = results_of(results, choice, "covered"),
                 good = results_of(results, choice, "good");
    int count = 0;
    for (int i = 0; i < covered.count; i++)
        count += covered.values[i] >= modes && good.values[i] >= 0.8;
    return count;
}

static int count_same_weights(const Results *results, int a, int b) {
    int same = 0;
    for (int net = 0; net < 2; net++) {
        const Sample of_a = results_of(results, a, net ? "weights_d" : "weights_g");
        const Sample of_b = results_of(results, b, net ? "weights_d" : "weights_g");
        for (int i = 0; i < of_a.count; i++)
            same += of_a.values[i] == of_b.values[i] ||
                    (isnan(of_a.values[i]) && isnan(of_b.values[i])); // both have diverged
    }
    return same;
}

static void check(Claims *claims, const LessonOptions *options, const Results *results) {
    const int seeds = options->seeds, wanted = (4 * seeds + 4) / 5; // 8 of 10
    const int modes = data == RING ? 7 : 20;
    const double unexpected = results_of(results, RIGHT, "unexpected").most;
    const double cost = results_of(results, RIGHT, "backward").most;
    const double not_frozen = results_of(results, NOT_FROZEN, "backward").most;
    const double no_detach = results_of(results, NO_DETACH, "backward").most;
    claims_check(claims, unexpected == 0,
                 "a step of D moves D, one of G moves G, and nothing else but statistics",
                 "%g of 96 cells of the matrix are other than said", unexpected);
    claims_check(claims,
                 count_same_weights(results, RIGHT, NOT_FROZEN) == 2 * seeds && not_frozen > cost,
                 "not freezing D changes no bit, and costs", "backward + %.0f %%",
                 100 * (not_frozen / cost - 1));
    claims_check(claims,
                 count_same_weights(results, RIGHT, NO_DETACH) == 2 * seeds && no_detach > cost,
                 "no detach, but G's gradients cleared in time: no bit, and costs",
                 "backward + %.0f %%", 100 * (no_detach / cost - 1));
    const bool finite = results_of(results, RIGHT, "finite").least == 1;
    claims_check(claims, finite, "the right recipe doesn't diverge", "%s",
                 finite ? "each run came to its last step"
                        : "a loss of it is no number any more: see quality.csv of its run");
    const int right = count_good_runs(results, RIGHT, modes);
    claims_check_seeds(claims, seeds, right >= wanted,
                       "the right recipe finds the modes, and 80 of 100 points are good",
                       "in %d of %d runs", right, seeds);
    for (int i = NO_ZERO_GRAD; i < RECIPES; i++) {
        const int found = count_good_runs(results, i, modes);
        char words[80];
        snprintf(words, sizeof words, "%s doesn't", knobs[0].choices[i]);
        claims_check_seeds(claims, seeds, found <= seeds - wanted, words,
                           "it does in %d of %d runs", found, seeds);
    }
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-10",
        .folder = "lessons/10-gan",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&steps, 300}},
        .resume_note = "takes seconds and keeps no checkpoint: it starts anew",
        .run = run_once,
        .over = &knobs[0],
        .figures = {"training.gp", "mistakes.gp", "quality.gp", "moved.gp"},
        .article = {"Optim-1-GAN.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
