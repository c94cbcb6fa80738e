// Lesson 12 — transfer: a frozen backbone
//
// Question   A network has learnt five garments. What is that worth to one that has to learn something
//            else, from a few labels?
// Concepts   backbone and head; frozen, fine-tuned, from scratch; near and far targets; features that are
//            made once
// Run        make lesson-12
//            with other knobs: make lesson-12 ARGS="--lr-backbone 0.01"
// Time       about a minute
// See        out/lesson-12/accuracy.png                     where transfer pays, and where it doesn't
//            out/figures/OptimizerOverview/Param-3.png      two groups: the backbone, the head

#include <stdio.h>

#include "instruments/ownership.h" // who owns what, for Param-3
#include "run/lesson.h"            // options, --seeds, figures, claims: what surrounds a run
#include "student.h"               // the targets, and what learns them

// --- the knobs -----------------------------------------------------------------------------------

enum { NEAR, FAR };
enum { FROZEN, FINE_TUNED, SCRATCH, RANDOM };
static const int label_counts[] = {1, 2, 5, 10, 50, 100}; // of each class
enum { COUNTS = sizeof label_counts / sizeof *label_counts };

static double lr = 0.003, lr_backbone = 0.001, wd = 0;
static int target = NEAR, way = FROZEN, far_data, steps = 200, batch_size = 50, pin = 0;
static const char *backbone_path = KNOBS_ROOT "/datasets/backbone/garments.safetensors";
static const char *const far_names[] = {"digits", "mnist", "kmnist"};

static const Option knobs[] = {
    option_choice("target", &target, "what is learnt; both are, or the one given", "near", "far"),
    option_choice("way", &way, "what becomes of the backbone; all are run, or the one given",
                  "frozen", "fine-tuned", "scratch", "random"),
    option_choice("data", &far_data, "the far target", "digits", "mnist", "kmnist"),
    option_number("lr", &lr, "learning rate (Adam)", .above = 0),
    option_number("wd", &wd, "learning rate (Adam)", .min = 0),
    option_integer("pin", &pin, "steps of training"),
    option_number("lr-backbone", &lr_backbone, "fine-tuned: the backbone's", .min = 0),
    option_integer("steps", &steps, "steps of training", .min = 1, .max = 100000),
    option_integer("batch-size", &batch_size, "images a step, or all there are", .min = 2,
                   .max = 6000),
    option_text("backbone", &backbone_path, "its weights: a file that make backbone wrote"),
};

// --- the four ways: this is the lesson -----------------------------------------------------------

// Frozen, or random and frozen: what it makes of an image never changes, so it is made once, and the
// head learns from that.
static void learn_head(Student *student, Module *backbone, Dataset images, Tape *tape,
                       Random *random) {
    student->few = features_of(backbone, tape, &images);
    student->network = head_new(images.classes, random);
    student->optimizer = adam(module_parameters(student->network), .lr = lr, .weight_decay = wd);
    dataset_free(&images);
}

// All learns: from what was loaded, the backbone by steps of its own; or from scratch.
static bool learn_all(Student *student, Dataset images, Random *random, Error *error) {
    student->few = images;
    student->network = block_net_new(images.classes);
    module_initialise(student->network, random);
    const ParameterList head = module_parameters_under(student->network, "head");
    const ParameterList rest = parameter_list_without(module_parameters(student->network), head);
    student->optimizer = adam(rest, .lr = way == FINE_TUNED ? lr_backbone : lr, .weight_decay = wd);
    optimizer_add_group(student->optimizer, head, .lr = lr);
    if (pin && way == FINE_TUNED)
        module_pin_mode(student->network, false);
    return way == SCRATCH || weights_load(backbone_path, student->network, "head", error);
}

// --- one run: six trainings side by side, one for each number of labels --------------------------

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    LessonData data;
    Loop loop;
    if (!target_load(&data, options, target == FAR ? far_names[far_data] : NULL, error))
        return false;
    loop_init(&loop, options, steps, error);
    const uint64_t seed = (uint64_t)options->seed;
    const bool cached = way == FROZEN || way == RANDOM;
    Random random = random_from_seed(seed);
    Module *backbone = block_net_new(0);
    module_initialise(backbone, &random);
    if (way == FROZEN)
        loop_need(&loop, weights_load(backbone_path, backbone, "head", error));
    Student students[COUNTS];
    for (int i = 0; i < COUNTS && loop.good; i++) {
        Dataset images;
        Student *s = &students[i];
        loop_need(&loop, dataset_few(&images, &data.train, label_counts[i], seed, error));
        if (!loop.good)
            break;
        Random own = random_split(&random, (uint64_t)i);
        if (cached)
            learn_head(s, backbone, images, loop.tape, &own);
        else
            loop_need(&loop, learn_all(s, images, &own, error));
        char name[32];
        snprintf(name, sizeof name, "%d", label_counts[i]);
        char a[64];
        snprintf(a, 64, "m%s", name);
        loop_module(&loop, a, s->network);
        snprintf(a, 64, "o%s", name);
        loop_optimizer(&loop, a, s->optimizer);
        snprintf(a, 64, "b%s", name);
        s->batches = loop_batches(&loop, a, batches_new(&s->few, .size = batch_size, .seed = seed));
    }
    while (loop_next(&loop))
        for (int i = 0; i < COUNTS; i++)
            student_step(&students[i], loop.tape);
    Dataset test = cached ? features_of(backbone, loop.tape, &data.test) : data.test;
    for (int i = 0; i < COUNTS && loop.good; i++) {
        char name[32];
        snprintf(name, sizeof name, "accuracy_%d", label_counts[i]);
        result_add(results, name, evaluate(students[i].network, loop.tape, &test).accuracy);
    }
    loop_tell(&loop, "that was all");
    lesson_data_free(&data);
    return loop_end(&loop);
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-12",
        .folder = "lessons/12-transfer",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&steps, 10}, {&batch_size, 10}},
        .data = "fashion",
        .run = run_once,
        .over = {{"target"}, {"way"}},
    };
    return lesson_main(&lesson, argc, argv);
}
