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

#include "cache.h"                 // a frozen backbone's features, made once
#include "instruments/ownership.h" // who owns what, for Param-3
#include "run/lesson.h"            // options, --seeds, figures, claims: what surrounds a run
#include "student.h"               // the targets, and what learns them

// --- the knobs -----------------------------------------------------------------------------------

enum { NEAR, FAR };
enum { FROZEN, FINE_TUNED, SCRATCH, RANDOM };
static const int label_counts[] = {1, 2, 5, 10, 50, 100}; // of each class
enum { COUNTS = sizeof label_counts / sizeof *label_counts };
static double lr = 0.003, lr_head = 0.03, lr_backbone = 0.001;
static int target = NEAR, way = FROZEN, far_data, steps = 200, batch_size = 32;
static const char *backbone_path = BACKBONE_PATH;
static const char *const far_names[] = {"digits", "mnist", "kmnist"};

static const Option knobs[] = {
    option_choice("target", &target, "what is learnt; both are, or the one given", "near", "far"),
    option_choice("way", &way, "what becomes of the backbone; all are run, or the one given",
                  "frozen", "fine-tuned", "scratch", "random"),
    option_choice("data", &far_data, "the far target", "digits", "mnist", "kmnist"),
    option_number("lr", &lr, "scratch: learning rate at first; a cosine takes all to 0",
                  .above = 0),
    option_number("lr-head", &lr_head, "the others: of the new head", .above = 0),
    option_number("lr-backbone", &lr_backbone, "fine-tuned: of the backbone", .min = 0),
    option_integer("steps", &steps, "steps of training", .min = 1, .max = 100000),
    option_integer("batch-size", &batch_size, "images a step, or all there are", .min = 2,
                   .max = 6000),
    option_text("backbone", &backbone_path, "its weights: a file that make backbone wrote"),
};

// --- the four ways: this is the lesson -----------------------------------------------------------

// Frozen, or random and frozen: what it makes of an image never changes. It is made once, and the head
// learns from that.
static void learn_head(Student *student, Module *backbone, Dataset images, Tape *tape,
                       Random *random) {
    student->few = features_of(backbone, tape, &images);
    student->network = head_new(images.classes, random);
    student->optimizer = adam(module_parameters(student->network), .lr = lr_head);
    dataset_free(&images);
}

// All learns: from scratch, or fine-tuned, from what was loaded, by smaller steps than the new head's.
static bool learn_all(Student *student, Dataset images, Random *random, Error *error) {
    Module *network = block_net_new(images.classes);
    module_initialise(network, random);
    const ParameterList all = module_parameters(network);
    const ParameterList head = module_parameters_under(network, "head");
    student->few = images;
    student->network = network;
    if (way == SCRATCH) {
        student->optimizer = adam(all, .lr = lr);
        return true;
    }
    student->optimizer = adam(parameter_list_without(all, head), .lr = lr_backbone);
    optimizer_name_group(student->optimizer, 0, "backbone");
    const int group = optimizer_add_group(student->optimizer, head, .lr = lr_head);
    optimizer_name_group(student->optimizer, group, "head");
    return backbone_load(backbone_path, network, error);
}

// --- one run: six students side by side, one for each number of labels ---------------------------

typedef struct Run {
    Loop loop;
    LessonData data;
    Module *backbone; // of the frozen ways; else NULL
    Student students[COUNTS];
} Run;

static bool student_new(Run *run, int which, uint64_t seed, Random *random) {
    Error *error = run->loop.error;
    Student *student = &run->students[which];
    Dataset images;
    if (!dataset_few(&images, &run->data.train, label_counts[which], seed, error))
        return false;
    bool good = true;
    if (run->backbone)
        learn_head(student, run->backbone, images, run->loop.tape, random);
    else
        good = learn_all(student, images, random, error);
    student->each = label_counts[which];
    student_prepare(student, batch_size, seed);
    student_give(student, &run->loop);
    return good;
}

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    Run run = {0};
    const uint64_t seed = (uint64_t)options->seed;
    Loop *loop = &run.loop;
    if (!target_load(&run.data, options, target == FAR ? far_names[far_data] : NULL, error))
        return false;
    loop_init(loop, options, steps, error);
    Random random = random_from_seed(seed);
    if (way == RANDOM)
        run.backbone = random_backbone(&run.data.train, loop->tape, &random);
    if (way == FROZEN)
        loop_need(loop, backbone_load(backbone_path, run.backbone = block_net_new(0), error));
    for (int i = 0; i < COUNTS && loop->good; i++)
        loop_need(loop, student_new(&run, i, seed, &random));
    if (loop->good)
        loop_need(loop, ownership_write(options->out, "groups.csv", run.students->network,
                                        run.students->optimizer, error));

    while (loop_next(loop)) {
        double loss = 0;
        for (int i = 0; i < COUNTS; i++)
            loss += student_step(&run.students[i], loop->tape) / COUNTS;
        loop_show(loop, loss, NAN);
    } // loop_next clears the tape: here the step's tensors die

    if (loop->good && loop->step == loop->steps) {
        FrozenTraining training = {&run.data, lr_head, options->quick ? 5 : 50, batch_size, seed};
        students_test(run.students, COUNTS, run.backbone, &run.data.test, loop->tape, results);
        loop_need(loop, compare_cache(&training, way == FROZEN ? run.backbone : NULL, results,
                                      loop->tape, error));
    }
    loop_tell(loop, "%d trainings", COUNTS);
    students_free(run.students, COUNTS);
    module_free(run.backbone);
    lesson_data_free(&run.data);
    return loop_end(loop);
}

// --- claims --------------------------------------------------------------------------------------

static const struct Duel {
    const char *words, *accuracy;
    int target, winner, other;
} duels[] = {
    {"near, 1 label a class: frozen beats scratch", "accuracy_1", NEAR, FROZEN, SCRATCH},
    {"… and frozen random features", "accuracy_1", NEAR, FROZEN, RANDOM},
    {"near, 100 labels: fine-tuned beats frozen", "accuracy_100", NEAR, FINE_TUNED, FROZEN},
    {"far, 5 labels: scratch beats frozen", "accuracy_5", FAR, SCRATCH, FROZEN},
    {"far, 50 labels: so do features with random weights", "accuracy_50", FAR, RANDOM, FROZEN},
};

static Sample gain(const Results *results, const char *accuracy, int where, int winner, int other) {
    const Sample a = results_of(results, accuracy, where, winner);
    const Sample b = results_of(results, accuracy, where, other);
    return sample_difference(&a, &b); // seed by seed
}

static void check(Claims *claims, const Results *results) {
    const double moved = results_of(results, "moved", NEAR, FROZEN).most;
    const Sample apart = results_of(results, "apart", NEAR, FROZEN);
    const Sample fewer = results_of(results, "fewer", NEAR, FROZEN);
    const Sample faster = results_of(results, "faster", NEAR, FROZEN);
    claims_check(claims, moved == 0,
                 "frozen, not one bit of the backbone moves, statistics included",
                 "%g numbers in %d epochs", moved, CACHE_EPOCHS);
    claims_check(claims, apart.most < 0.002 && fewer.least >= 10,
                 "features made once: the same accuracy for a tenth of the multiply-adds or less",
                 "%.2f %%, %.2f points apart, %.1f times fewer, %.0f times less processor time",
                 100 * results_of(results, "cached", NEAR, FROZEN).mean, 100 * apart.most,
                 fewer.least, faster.mean);
    for (size_t i = 0; i < sizeof duels / sizeof *duels; i++) {
        const struct Duel *d = &duels[i];
        const Sample by = gain(results, d->accuracy, d->target, d->winner, d->other);
        claims_check_seeds(claims, by.mean > 2 * by.error, d->words, "by %.1f ± %.1f points",
                           100 * by.mean, 100 * by.error);
    }
    const Sample one = gain(results, "accuracy_1", NEAR, FROZEN, SCRATCH);
    const Sample hundred = gain(results, "accuracy_100", NEAR, FROZEN, SCRATCH);
    const Sample more = sample_difference(&one, &hundred);
    claims_check_seeds(claims, more.mean > 2 * more.error,
                       "near, frozen gains more over scratch with 1 label than with 100",
                       "%+.1f points against %+.1f", 100 * one.mean, 100 * hundred.mean);
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-12",
        .folder = "lessons/12-transfer",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&steps, 5}, {&batch_size, 10}},
        .data = "fashion",
        .run = run_once,
        .over = {{.option = "target"}, {.option = "way"}},
        .figures = {"accuracy.gp"},
        .article = {"Param-3.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
