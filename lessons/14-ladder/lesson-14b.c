// Lesson 14b — the ladder on photos
//
// Question   The backbone has 14 layers, and learnt from a million photos. How fast may each of them learn
//            from a hundred?
// Concepts   those of lesson 14, where layers are many
// Run        scripts/download.sh mobilenet flowers && make lesson-14b
//            with other knobs: make lesson-14b ARGS="--photos 50 --augment all"
// Time       about 20 seconds on two cores
// See        out/lesson-14b/ladder-photos.png    what each rung is worth
//            out/lesson-14b/drift-photos.png     how far it carries each layer

#include "climb.h"                // augmentation; what a rung starts from, how far it goes
#include "data/photos.h"          // a folder of photos, split
#include "instruments/evaluate.h" // test accuracy
#include "nn/layers.h"            // the new head
#include "nn/loss.h"              // cross_entropy
#include "nn/mobilenet.h"         // to forget, for scratch
#include "run/interrupt.h"        // Ctrl-C
#include "run/lesson.h"           // options, --seeds, figures, claims: what surrounds a run
#include "run/loop.h"             // logs, checkpoints: what surrounds a step
#include "run/pretrained.h"       // MobileNet with what ImageNet taught
#include "rungs.h"                // the rungs: as in lesson 14

// --- the knobs -----------------------------------------------------------------------------------

// Chosen on held-out training photos (README).
static const struct Rates {
    double lr, ratio;
} own_rates[RUNGS] = {
    [SCRATCH] = {0.001, 1},         [LAST_LAYER] = {0.03, 1},  [FULL] = {0.0003, 1},
    [DIFFERENTIAL] = {0.03, 0.001}, [GRADUAL] = {0.03, 0.001}, [LAYER_WISE] = {0.03, 0.001},
};

static const char *data, *weights;
static double lr = NAN, ratio = NAN, decay = 0.8;
static int rung = SCRATCH, photos_each = 20, steps = 40, batch_size = 16, augment;

static const Option knobs[] = {
    option_choice("rung", &rung, "how it learns; all are run, or the one given", RUNG_NAMES),
    option_text("data", &data, "a folder that has a folder of photos for each class; else flowers"),
    option_text("weights", &weights, "MobileNet 0.25 for 128 × 128; else as downloaded"),
    option_number("lr", &lr, "the head's learning rate at first; else the rung's own", .above = 0),
    option_number("ratio", &ratio,
                  "from differential on: the backbone's rate, of the head's; else the rung's own",
                  .min = 0),
    option_number("decay", &decay, "layer-wise: a layer's rate, of the next one's", .above = 0),
    option_integer("photos", &photos_each, "of each class to learn from; 0: all there are",
                   .min = 0),
    option_integer("steps", &steps, "steps of training", .min = 8, .max = 100000),
    option_integer("batch-size", &batch_size, "photos a step", .min = 1, .max = 1000),
    option_choice("augment", &augment, "what is done to photos that are learnt from",
                  AUGMENT_NAMES),
};

// --- one run: one rung ---------------------------------------------------------------------------

static int stop_reading(int done, int count) {
    (void)done, (void)count;
    return interrupt_signal();
}

static bool read_photos(Photos *photos, const LessonOptions *options, Error *error) {
    const PhotosOptions wanted = {.side = mobilenets[MOBILENET_SMALL].side,
                                  .per_class = photos_each,
                                  .held_out = options->held_out,
                                  .seed = (uint64_t)options->seed,
                                  .stop = stop_reading};
    if (options->schedule)
        return error_set(error, "--schedule: the rungs turn the rates themselves; leave it out");
    return photos_or_flowers(photos, data, &wanted, error);
}

// The backbone with a new head, the same on every rung.
static Module *network_for(const LessonOptions *options, int classes, Error *error) {
    Module *network = mobilenet_pretrained(MOBILENET_SMALL, weights, false, error);
    if (!network)
        return NULL;
    Random random = random_from_seed((uint64_t)options->seed);
    Module *head = linear_new((int)(1024 * mobilenets[MOBILENET_SMALL].width), classes);
    module_initialise(head, &random);
    if (rung == SCRATCH)
        mobilenet_forget(network, &random);
    sequential_append(network, "classifier", head);
    return network;
}

static bool climb(Module *network, const Photos *photos, const LessonOptions *options,
                  Results *results, Error *error) {
    Loop loop;
    loop_init(&loop, options, steps, error);
    Rung own = {.kind = rung,
                .lr = isnan(lr) ? own_rates[rung].lr : lr,
                .ratio = isnan(ratio) ? own_rates[rung].ratio : ratio,
                .decay = decay,
                .steps = steps};
    Scheduler *scheduler;
    loop_module(&loop, "model", network);
    Optimizer *optimizer =
        loop_optimizer(&loop, "optimizer", rung_optimizer(&own, network, &scheduler));
    loop_scheduler(&loop, "scheduler", scheduler);
    Batches *batches = loop_batches(
        &loop, "batches",
        batches_new(&photos->train, .size = batch_size, .seed = (uint64_t)options->seed,
                    .augment = augment_of(augment, photos->train.width)));
    Log *log = loop_log(&loop, "steps.csv", "step,loss");
    Start start = start_of(&own, &photos->train);

    while (loop_next(&loop)) {
        rung_freeze(&own, network, loop.step - 1);
        Batch batch = batches_draw(batches, loop.tape);
        Tensor *loss = cross_entropy(module_forward(network, batch.images), batch.labels);
        optimizer_zero_grad(optimizer);
        backward(loss);
        optimizer_step(optimizer);
        scheduler_step(scheduler);
        log_row(log, (double)loop.step, tensor_item(loss));
        loop_show(&loop, tensor_item(loss), NAN);
    } // loop_next clears the tape: here the step's tensors die

    if (loop.good && loop.step == loop.steps) {
        const double accuracy = evaluate(network, loop.tape, &photos->test).accuracy;
        result_add(results, "accuracy", accuracy);
        loop_need(&loop, write_drift(&own, &start, options->out, results, error));
        loop_tell(&loop, "accuracy %.3f", accuracy);
    }
    start_free(&start);
    return loop_end(&loop);
}

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    Photos photos;
    if (!read_photos(&photos, options, error))
        return false;
    Module *network = network_for(options, photos.train.classes, error);
    const bool good = network && climb(network, &photos, options, results, error);
    photos_free(&photos);
    return good;
}

// --- claims --------------------------------------------------------------------------------------

static void check(Claims *claims, const Results *results) {
    claim_paired(claims, results);
    if (data)
        return; // the others are about flowers
    claim_drift(claims, results);
    claim_gain(claims, results, FULL, SCRATCH, "full beats scratch");
    claim_gain(claims, results, LAST_LAYER, FULL,
               "the last layer alone beats one rate at its best");
    claim_gain(claims, results, DIFFERENTIAL, FULL, "differential beats one rate at its best");
    claim_gain(claims, results, GRADUAL, FULL, "gradual beats one rate at its best");
    claim_gain(claims, results, LAYER_WISE, FULL, "layer-wise beats one rate at its best");
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-14b",
        .folder = "lessons/14-ladder",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&steps, 8}, {&photos_each, 2}, {&batch_size, 2}},
        .data = "flowers",
        .run = run_once,
        .over = {{.option = "rung"}},
        .figures = {"ladder-photos.gp", "drift-photos.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
