// Lesson 12b — transfer from ImageNet to photos
//
// Question   How few photos does a new task need, if the network has seen a million others?
// Concepts   a pretrained backbone, frozen: a function from photos to features; features made once; many heads, one
//            optimizer; the same backbone with random weights as the control
// Run        scripts/download.sh mobilenet flowers && make lesson-12b
//            with your own photos, a folder for each class: make lesson-12b ARGS="--data ~/Pictures/birds"
// Time       about 8 seconds on two cores
// See        out/lesson-12b/learning.png    accuracy against photos to learn from
//            out/lesson-12b/mistakes.png    the photos that it got wrong

#include <math.h>

#include "data/photos.h"          // a folder of photos, split
#include "heads.h"                // a head for each number of photos; the random backbone
#include "instruments/features.h" // what a backbone makes of all photos
#include "instruments/weights.h"  // have its weights moved?
#include "mistakes.h"             // which photos were named wrong
#include "nn/loss.h"              // cross_entropy
#include "optim/optimizer.h"      // adamw
#include "run/interrupt.h"        // Ctrl-C
#include "run/lesson.h"           // options, --seeds, figures, claims: what surrounds a run
#include "run/loop.h"             // logs, checkpoints: what surrounds a step
#include "run/pretrained.h"       // the backbone that ImageNet taught

// --- the knobs -----------------------------------------------------------------------------------

static const char *data, *weights;
static int size = MOBILENET_LARGE, photos_each = 0, steps = 300;
static double lr = 0.01, weight_decay = 1;

static const Option knobs[] = {
    option_text("data", &data, "a folder that has a folder of photos for each class; else flowers"),
    option_choice("network", &size, "MobileNet 0.25 on 128 × 128 pixels, or 0.5 on 160 × 160",
                  MOBILENET_NAMES),
    option_text("weights", &weights, "a file of its weights; else those that were downloaded"),
    option_integer("photos", &photos_each, "of each class to train on; 0: all there are", .min = 0),
    option_number("lr", &lr, "learning rate of the heads", .min = 0),
    option_number("weight-decay", &weight_decay, "of the heads", .min = 0),
    option_integer("steps", &steps, "steps of training, each on all photos", .min = 1),
};

// --- photos become features, once ----------------------------------------------------------------

static Progress progress; // of the photos

static int show(int done, int count) {
    progress.total = count;
    progress_step(&progress, done, "photo %d/%d", done, count);
    return interrupt_signal();
}

static bool read_photos(Photos *photos, const LessonOptions *options, Error *error) {
    const int quick = options->quick && !data ? 20 : 0;
    const PhotosOptions wanted = {.side = mobilenets[size].side,
                                  .per_class = photos_each ? photos_each : quick,
                                  .held_out = options->held_out,
                                  .seed = (uint64_t)options->seed,
                                  .stop = show};
    progress_start(&progress, "lesson-12b  reading", 0, 0, 100);
    return photos_or_flowers(photos, data, &wanted, error);
}

// From here on a photo is 512 numbers (of the small network 256). They are scaled, so that the mean of the squares of
// those to train on is 1: heads learn from both backbones at one rate.
static bool make_features(Dataset *features, Module *backbone, const Photos *photos, Loop *loop) {
    progress_start(&progress, "lesson-12b  features", 0, 0, 100);
    *features = features_of(backbone, loop->tape, &photos->whole, .stop = show);
    if (features->count == 0)
        return error_set(loop->error, "stopped before all features were made");
    const size_t all = dataset_pixels(features) * (size_t)features->count;
    const size_t train = dataset_pixels(features) * (size_t)photos->train.count;
    double squares = 0;
    for (size_t i = 0; i < train; i++)
        squares += pow((double)features->numbers[i], 2);
    for (size_t i = 0; i < all && squares > 0; i++)
        features->owned_numbers[i] /= (real)sqrt(squares / (double)train);
    return true;
}

// --- heads learn from them: one optimizer owns all heads, and no two share a parameter -----------

static void train(Heads *heads, Loop *loop) {
    const ParameterList list = module_parameters(heads->layers);
    Optimizer *optimizer =
        loop_optimizer(loop, "optimizer", adamw(list, .lr = lr, .weight_decay = weight_decay));
    Scheduler *scheduler = loop_scheduler(loop, "scheduler", scheduler_new(optimizer));
    loop_schedule(loop, scheduler, 0);
    Log *log = loop_log(loop, "steps.csv", "step,loss");
    while (loop_next(loop)) {
        Tensor *loss = NULL;
        for (int i = 0; i < heads->count; i++) {
            const Batch batch = batches_draw(heads->items[i].batches, loop->tape);
            Tensor *logits = module_forward(heads->items[i].layer, batch.images); // features
            Tensor *own = cross_entropy(logits, batch.labels);
            loss = loss ? add(loss, own) : own;
        }
        optimizer_zero_grad(optimizer);
        backward(loss); // the gradient of a head is of its own loss alone
        optimizer_step(optimizer);
        const double mean = tensor_item(loss) / heads->count;
        log_row(log, (double)loop->step, mean);
        loop_show(loop, mean, optimizer_get(optimizer, 0, "lr"));
        scheduler_step(scheduler);
        if (!isfinite(mean))
            loop_stop(loop, "diverged: the loss is no number");
    } // loop_next clears the tape: the tensors of the step die here
}

static void learn(Loop *loop, const Photos *photos, Module *backbone, Results *results) {
    const int count = photos->train.count, seed = loop->options->seed;
    Random random = random_from_seed((uint64_t)seed);
    Module *backbones[BACKBONES] = {backbone, random_backbone(mobilenets[size].width, &random)};
    Dataset features[BACKBONES] = {{0}}, tests[BACKBONES];
    Heads heads = {.layers = loop_module(loop, "heads", sequential_new(NULL))};
    for (int i = 0; i < BACKBONES && loop->good; i++) {
        loop_need(loop, make_features(&features[i], backbones[i], photos, loop));
        if (loop->good) {
            const Dataset part = dataset_slice(&features[i], 0, count);
            tests[i] = dataset_slice(&features[i], count, photos->test.count);
            loop_need(loop, add_heads(&heads, i, &part, (uint64_t)seed, loop->error));
        }
    }
    if (loop->good) {
        module_initialise(heads.layers, &random);
        train(&heads, loop);
    }
    if (loop->good && loop->step > 0) {
        loop_need(loop, test_heads(&heads, tests, loop, results));
        const struct Head *all = &heads.items[heads.count / 2 - 1];
        loop_need(loop, write_mistakes(photos, all->layer, &tests[IMAGENET], loop));
        loop_tell(loop, "accuracy %.3f", all->accuracy);
    }
    free_heads(&heads);
    for (int i = 0; i < BACKBONES; i++)
        dataset_free(&features[i]);
    module_free(backbones[RANDOM]);
}

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    Photos photos;
    Loop loop;
    Module *backbone = mobilenet_pretrained(size, weights, false, error);
    if (!backbone || !read_photos(&photos, options, error)) {
        module_free(backbone);
        return false;
    }
    const ParameterList list = module_parameters(backbone);
    real *before = weights_copy(&list);
    loop_init(&loop, options, steps, error);
    learn(&loop, &photos, backbone, results);
    result_add(results, "moved", (double)weights_differ(&list, before));
    free(before);
    module_free(backbone);
    photos_free(&photos);
    return loop_end(&loop);
}

// --- what is claimed -----------------------------------------------------------------------------

static void check(Claims *claims, const Results *results) {
    const Sample all = results_of(results, "accuracy"), one = results_of(results, "accuracy_one");
    const Sample random = results_of(results, "accuracy_random");
    const Sample gain = sample_difference(&one, &random);
    const Interval interval = interval_of(all.mean, results_of(results, "tested").mean);
    const double moved = results_of(results, "moved").most;
    claims_check(claims, moved == 0, "no weight of the backbone changes", "%.0f do", moved);
    if (data)
        return; // the others are about flowers
    claims_check_seeds(claims, all.mean >= 0.78,
                       "a linear head on ImageNet's features names 78 % of new photos right",
                       "%.1f %%; 95 %% interval %.1f to %.1f %%, over seeds %.1f to %.1f %%",
                       100 * all.mean, 100 * interval.low, 100 * interval.high, 100 * all.least,
                       100 * all.most);
    claims_check_seeds(claims, gain.mean > 2 * gain.error,
                       "one photo a class on ImageNet's features beats all photos on random ones",
                       "%.1f against %.1f %%: %+.1f ± %.1f points", 100 * one.mean,
                       100 * random.mean, 100 * gain.mean, 100 * gain.error);
}

int main(int argc, char **argv) {
    const Lesson lesson = {.name = "lesson-12b",
                           .folder = "lessons/12-transfer",
                           .knobs = knobs,
                           .knob_count = OPTION_COUNT(knobs),
                           .data = "flowers",
                           .quick = {{&size, MOBILENET_SMALL}, {&steps, 50}},
                           .run = run_once,
                           .figures = {"learning.gp", "mistakes.gp"},
                           .seeds = {"learning.gp", "mistakes.gp"},
                           .claims = check};
    return lesson_main(&lesson, argc, argv);
}
