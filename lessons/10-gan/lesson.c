// Lesson 10 — a GAN: one model, two optimizers
//
// Question   Two networks play against each other. Which of them may a step move, and with what rate?
// Concepts   two optimizers, each with its own network; detach, freeze, zero_grad; the classic mistakes
// Run        make lesson-10
//            with other knobs: make lesson-10 ARGS="--lr-d 0.0005"
// Time       about 30 seconds for all six recipes
// See        out/lesson-10/training.png    the generator learns eight modes, and what D thinks of the plane
//            out/lesson-10/mistakes.png    six recipes side by side, and what each mistake costs
//            out/lesson-10/moved.png       what each action moves: weights, gradients, states, statistics
//            out/lesson-10/quality.png     modes and good points over time
//            out/figures/OptimizerOverview/Optim-1-GAN.png    two optimizers, two sets of pointers

#include <math.h>
#include <stdio.h>

#include "gan.h"                 // the networks and their optimizers
#include "instruments/weights.h" // whether two recipes end with the same bits
#include "matrix.h"              // what each action moves, bit for bit
#include "run/lesson.h"          // options, --seeds, figures, claims: what surrounds a run
#include "views.h"               // quality, points, and what D thinks of the plane

// --- the knobs -----------------------------------------------------------------------------------

enum { RIGHT, NOT_FROZEN, NO_DETACH, NO_ZERO_GRAD, CLEARED_ONCE, ONE_OPTIMIZER, RECIPES };

static double label = 1, clip = 0.01;
static int recipe = RIGHT, loss_kind = GAN_NON_SATURATING, steps = 5000, steps_d = 1;

static const Option knobs[] = {
    option_choice("recipe", &recipe, "how they are trained", "right", "not-frozen", "no-detach",
                  "no-zero-grad", "cleared-once", "one-optimizer"),
    option_choice("loss", &loss_kind, "what the two minimise", GAN_LOSS_NAMES),
    option_choice("data", &gan_knobs.data, "eight modes on a ring, or 25 in a grid", "ring",
                  "grid"),
    option_number("lr-d", &gan_knobs.lr_d, "learning rate of the discriminator", .min = 0),
    option_number("lr-g", &gan_knobs.lr_g, "learning rate of the generator", .min = 0),
    option_number("beta1", &gan_knobs.beta1, "Adam's memory of the gradient, of both", .min = 0,
                  .below = 1),
    option_number("label", &label, "what real points are called; 0.9 smooths", .above = 0,
                  .max = 1),
    option_number("clip", &clip, "wasserstein: D's weights stay within ± this", .above = 0),
    option_integer("steps", &steps, "steps of training", .min = 1, .max = 1000000),
    option_integer("steps-d", &steps_d, "steps of D for one of G", .min = 1, .max = 100),
    option_integer("batch-size", &gan_knobs.batch_size, "points a step", .min = 2, .max = 10000),
    option_integer("hidden", &gan_knobs.hidden, "width of the two hidden layers", .min = 1,
                   .max = 4096),
    option_integer("latent", &gan_knobs.latent, "numbers of noise a point is made from", .min = 1,
                   .max = 1000),
};

// --- the two steps: this is the lesson -----------------------------------------------------------

// D learns to tell real points from generated ones. The generator stays as it is.
static double discriminator_step(Gan *gan) {
    Tensor *truth = gan_truth(gan);
    Tensor *fake = gan_generate(gan);
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
    return tensor_item(loss);
}

// G learns to make points that D calls real. The gradient passes through D, and D stays as it is.
static double generator_step(Gan *gan) {
    const bool freeze = recipe == RIGHT || recipe == NO_DETACH || recipe == CLEARED_ONCE;
    if (freeze)
        parameter_list_require_grad(&gan->owned_d, false); // or D's gradients are computed too
    Tensor *fake = gan_generate(gan);
    Tensor *loss = gan_generator_loss(loss_kind, module_forward(gan->discriminator, fake));
    if (recipe != CLEARED_ONCE)
        optimizer_zero_grad(gan->optimizer_g);
    backward(loss);
    optimizer_step(gan->optimizer_g); // moves G: it owns nothing else
    if (freeze)
        parameter_list_require_grad(&gan->owned_d, true);
    return tensor_item(loss);
}

static void train(Loop *loop, Gan *gan, Views *views) {
    double loss_d = 0, loss_g = 0;
    loop_begin(loop);
    if (!loop->resumed)
        views_look(views, gan, 0, steps, 0, 0, false);
    while (loop_next(loop)) {
        tape_reset_counts(loop->tape);
        for (int i = 0; i < steps_d; i++)
            loss_d = discriminator_step(gan);
        loss_g = generator_step(gan);
        views->forward += (long)loop->tape->forward.multiply_adds;
        views->backward += (long)loop->tape->backward.multiply_adds;

        const bool finite = isfinite(loss_d) && isfinite(loss_g);
        if (!finite)
            loop_stop(loop, "diverged: a loss is no number any more");
        views_look(views, gan, loop->step, steps, loss_d, loss_g, loop->step == steps || !finite);
        loop_show(loop, loss_g, gan_knobs.lr_g);
    } // loop_next clears the tape: here the step's tensors die
    loop_tell(loop, "%ld of %d modes, %.0f %% of the points good", views->covered,
              gan->mixture.modes, 100 * views->good);
}

// --- one run: one seed, one recipe ---------------------------------------------------------------

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    Loop loop;
    loop_init(&loop, options, steps, error);
    Gan gan;
    gan_start(&gan, &gan_knobs, recipe == ONE_OPTIMIZER, &loop);
    if (recipe == NO_ZERO_GRAD) // nobody clears what G's step leaves in D
        loop_gradients(&loop, "left", &gan.owned_d);
    Views views;
    views_start(&views, &loop);
    int unexpected = 0;
    loop_need(&loop, matrix_measure(options->out, options->seed, &unexpected, loop.error));

    train(&loop, &gan, &views);
    if (loop.good && (loop.step == steps || loop.ended)) {
        const ParameterList both = parameter_list_join(gan.owned_g, gan.owned_d);
        const double points = (double)loop.step * gan_knobs.batch_size;
        const long wanted = gan_knobs.data == RING ? 7 : 20; // modes, of 8 or 25
        result_add(results, "steps", (double)loop.step);
        result_add(results, "finite", !loop.ended);
        result_add(results, "covered", (double)views.covered);
        result_add(results, "good", views.good);
        result_add(results, "found", views.covered >= wanted && views.good >= 0.8);
        result_add(results, "forward", (double)views.forward / points);
        result_add(results, "backward", (double)views.backward / points);
        result_add(results, "unexpected", unexpected);
        result_add(results, "weights", weights_fingerprint(&both));
    }
    loop_need(&loop, write_owners(&gan, options->out, loop.error));
    return loop_end(&loop);
}

// --- claims --------------------------------------------------------------------------------------

// Whether two recipes end with the same bits, whatever the seed.
static bool same_weights(const Results *results, int a, int b) {
    const Sample of_a = results_of(results, "weights", a), of_b = results_of(results, "weights", b);
    const Sample difference = sample_difference(&of_a, &of_b);
    return difference.least == 0 && difference.most == 0;
}

static void check(Claims *claims, const Results *results) {
    const double unexpected = results_of(results, "unexpected", RIGHT).most;
    const double cost = results_of(results, "backward", RIGHT).most;
    const double not_frozen = results_of(results, "backward", NOT_FROZEN).most;
    const double no_detach = results_of(results, "backward", NO_DETACH).most;
    const Sample finite = results_of(results, "finite", RIGHT);
    const Sample found = results_of(results, "found", RIGHT);
    claims_check(claims, unexpected == 0,
                 "a step of D moves D, one of G moves G, and nothing else but statistics",
                 "%g of 96 cells of the matrix are other than said", unexpected);
    claims_check(claims, same_weights(results, RIGHT, NOT_FROZEN) && not_frozen > cost,
                 "not freezing D changes no bit, and costs", "backward + %.0f %%",
                 100 * (not_frozen / cost - 1));
    claims_check(claims, same_weights(results, RIGHT, NO_DETACH) && no_detach > cost,
                 "no detach, but G's gradients cleared in time: no bit, and costs",
                 "backward + %.0f %%", 100 * (no_detach / cost - 1));
    claims_check(claims, finite.least == 1, "the right recipe doesn't diverge",
                 "%.0f %% of the runs came to their last step", 100 * finite.mean);
    claims_check_seeds(claims, found.mean >= 0.8,
                       "the right recipe finds the modes, and 80 of 100 points are good",
                       "in %.0f of %d runs", found.mean * found.count, found.count);
    for (int i = NO_ZERO_GRAD; i < RECIPES; i++) {
        const Sample mistake = results_of(results, "found", i);
        char words[80];
        snprintf(words, sizeof words, "%s doesn't", knobs[0].choices[i]);
        claims_check_seeds(claims, mistake.mean <= 0.2, words, "it does in %.0f of %d runs",
                           mistake.mean * mistake.count, mistake.count);
    }
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-10",
        .folder = "lessons/10-gan",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&steps, 300}},
        .run = run_once,
        .over = {{.option = "recipe"}},
        .figures = {"training.gp", "mistakes.gp", "quality.gp", "moved.gp"},
        .article = {"Optim-1-GAN.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
