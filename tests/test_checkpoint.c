// Checkpoints: a run that was stopped anywhere goes on to the same bits, and a file that doesn't
// fit changes nothing.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "nn/layers.h"
#include "nn/loss.h"
#include "run/checkpoint.h"
#include "files/safetensors.h"
#include "scratch.h"

enum { STEPS = 24, IMAGES = 100, BATCH = 16, ADD_AT = 9, FREEZE_AT = 12, THAW_AT = 17 };

static Dataset digits, unused, few;
static Error error;

static int set_up(void **state) {
    if (scratch_make(state) != 0 || !dataset_load(&digits, &unused, "digits", &error))
        return 1;
    few = dataset_slice(&digits, 0, IMAGES);
    return 0;
}

static int tear_down(void **state) {
    dataset_free(&digits);
    dataset_free(&unused);
    return scratch_remove(state);
}

// --- a run with all that a checkpoint can hold
// -------------------------------------------------------

typedef struct Run {
    Random dropout;
    Module *network;
    Optimizer *optimizer;
    Scheduler *scheduler;
    Batches *batches;
    Tape *tape;
    long step;
    double loss; // of the last step; NaN: there was none
    double losses[STEPS];
} Run;

static ParameterList parameters_of(const Run *run, const char *child) {
    return module_parameters(module_find(run->network, child));
}

// A group for the last layer, with a rate that follows the cosine from here.
static void add_head(Run *run) {
    int group = optimizer_add_group(run->optimizer, parameters_of(run, "6"), .lr = 5e-3);
    scheduler_bind(run->scheduler, group, "lr", schedule_cosine(5e-3, STEPS));
}

static void run_init(Run *run, const Algorithm *algorithm, uint64_t seed) {
    Random random = random_from_seed(seed);
    *run = (Run){.dropout = random_split(&random, 1), .tape = tape_new(), .loss = NAN};
    run->network = sequential_new(conv2d_new(1, 4, 3, .padding = 1), batch_norm_new(4), relu_new(),
                                  max_pool2d_new(2), flatten_new(), dropout_new(0.3, &run->dropout),
                                  linear_new(64, 10));
    ParameterList body = parameter_list_join(parameters_of(run, "0"), parameters_of(run, "1"));
    Hyperparameters given = HYPERPARAMETERS_OF(.lr = 1e-3, .weight_decay = 1e-3);
    if (algorithm == &algorithm_sgd) {
        given.momentum = 0.9;
        given.nesterov = 1;
    }
    run->optimizer = optimizer_new(algorithm, body, given);
    run->scheduler = scheduler_new(run->optimizer);
    scheduler_bind(run->scheduler, 0, "lr", schedule_cosine(1e-2, STEPS));
    run->batches = batches_new(&few, .size = BATCH, .seed = 5);
}

static void run_state(Checkpoint *checkpoint, void *object) {
    Run *run = object;
    checkpoint_integer(checkpoint, "step", &run->step, 0, STEPS);
    checkpoint_number(checkpoint, "loss", &run->loss);
    checkpoint_text(checkpoint, "options.lr", "0.001");
    checkpoint_module(checkpoint, "model", run->network);
    checkpoint_optimizer(checkpoint, "optimizer", run->optimizer);
    checkpoint_random(checkpoint, "dropout", &run->dropout);
    checkpoint_scheduler(checkpoint, "scheduler", run->scheduler);
    checkpoint_batches(checkpoint, "batches", run->batches);
}

// The step alone, before there is a run to load into.
static void step_state(Checkpoint *checkpoint, void *object) {
    checkpoint_integer(checkpoint, "step", object, 0, STEPS);
}

static void run_free(Run *run) {
    batches_free(run->batches);
    scheduler_free(run->scheduler);
    optimizer_free(run->optimizer);
    module_free(run->network);
    tape_free(run->tape);
}

static void run_train(Run *run, long until) {
    ParameterList first = parameters_of(run, "0");
    while (run->step < until) {
        if (run->step == ADD_AT)
            add_head(run);
        if (run->step == FREEZE_AT || run->step == THAW_AT)
            parameter_list_require_grad(&first, run->step == THAW_AT);
        Batch batch;
        if (!batches_next(run->batches, run->tape, &batch))
            batches_next(run->batches, run->tape, &batch);
        Tensor *loss = cross_entropy(module_forward(run->network, batch.images), batch.labels);
        run->loss = run->losses[run->step] = tensor_item(loss);
        optimizer_zero_grad(run->optimizer);
        backward(loss);
        optimizer_step(run->optimizer);
        scheduler_step(run->scheduler);
        tape_clear(run->tape);
        run->step++;
    }
}

// What a program that is to go on from that step has done before it loads.
static void run_catch_up(Run *run, long step) {
    ParameterList first = parameters_of(run, "0");
    if (step > ADD_AT)
        add_head(run);
    parameter_list_require_grad(&first, step <= FREEZE_AT || step > THAW_AT);
}

static void run_save(Run *run, const char *name) {
    if (!checkpoint_save(scratch(name), run_state, run, &error))
        fail_msg("%s", error.message);
}

static bool files_equal(const char *a, const char *b) {
    char *texts[2];
    size_t lengths[2];
    assert_true(file_read(scratch(a), 1 << 24, &texts[0], &lengths[0], &error));
    assert_true(file_read(scratch(b), 1 << 24, &texts[1], &lengths[1], &error));
    bool equal = lengths[0] == lengths[1] && memcmp(texts[0], texts[1], lengths[0]) == 0;
    free(texts[0]);
    free(texts[1]);
    return equal;
}

static void assert_same_numbers(const Module *a, const Module *b) {
    ParameterList as = parameter_list_join(module_parameters(a), module_buffers(a));
    ParameterList bs = parameter_list_join(module_parameters(b), module_buffers(b));
    assert_int_equal(as.count, bs.count);
    for (int i = 0; i < as.count; i++) {
        const Tensor *x = &as.items[i]->tensor, *y = &bs.items[i]->tensor;
        assert_int_equal(x->requires_grad, y->requires_grad);
        assert_memory_equal(x->data, y->data, x->size * sizeof(real));
    }
}

// --- the same bits
// -----------------------------------------------------------------------------------

// Stops after `stop` steps; another run, which is as a program makes it, or has trained for itself
// before, goes on from the file.
static void stop_and_go_on(const Algorithm *algorithm, const Run *whole, long stop, bool used) {
    Run before, after;
    run_init(&before, algorithm, 11);
    Random random = random_from_seed(3);
    module_initialise(before.network, &random);
    run_train(&before, stop);
    run_save(&before, "stopped");
    run_free(&before);

    run_init(&after, algorithm, 12);
    if (used) {
        random = random_from_seed(4);
        module_initialise(after.network, &random);
        run_train(&after, 4);
    }
    long step = -1;
    assert_true(checkpoint_load_part(scratch("stopped"), step_state, &step, &error));
    assert_int_equal(step, stop);
    run_catch_up(&after, step);
    if (!checkpoint_load(scratch("stopped"), run_state, &after, &error))
        fail_msg("%s", error.message);
    assert_int_equal(after.step, stop);
    assert_true(stop ? after.loss == whole->losses[stop - 1] : isnan(after.loss));
    run_save(&after, "loaded");
    assert_true(files_equal("stopped", "loaded"));
    run_train(&after, STEPS);
    run_save(&after, "resumed");
    assert_same_numbers(whole->network, after.network);
    assert_true(files_equal("whole", "resumed"));
    assert_memory_equal(whole->losses + stop, after.losses + stop,
                        (size_t)(STEPS - stop) * sizeof(double));
    run_free(&after);
}

static void goes_on(const Algorithm *algorithm) {
    Run whole;
    run_init(&whole, algorithm, 11);
    Random random = random_from_seed(3);
    module_initialise(whole.network, &random);
    run_train(&whole, STEPS);
    run_save(&whole, "whole");
    // 7 batches an epoch, so these are also the middle and the end of one; the group comes at 9.
    static const long stops[] = {0, 1, 5, 7, 8, 9, 10, 12, 13, 14, 18, 21, STEPS};
    const size_t count = getenv("KNOBS_VALGRIND") ? 2 : sizeof stops / sizeof stops[0];
    for (size_t i = 0; i < count; i++) {
        stop_and_go_on(algorithm, &whole, stops[i], false);
        stop_and_go_on(algorithm, &whole, stops[i], true);
    }
    run_free(&whole);
}

static void test_adam_goes_on(void **state) {
    (void)state;
    goes_on(&algorithm_adam);
}

static void test_sgd_goes_on(void **state) {
    (void)state;
    goes_on(&algorithm_sgd);
}

// --- what the file looks like
// ------------------------------------------------------------------------

#define BATCHES_DATA(SEED) "100 images of digits, size 16, shuffle 1, seed " SEED ", drop_last 0"

static void test_names(void **state) {
    (void)state;
    Run run;
    run_init(&run, &algorithm_adam, 11);
    Random random = random_from_seed(3);
    module_initialise(run.network, &random);
    run_train(&run, 3);
    run_save(&run, "file");
    SafetensorsFile *file = safetensors_open(scratch("file"), &error);
    assert_non_null(file);
    const Module *norm = module_find(run.network, "1");
    const struct {
        const char *name;
        Dtype dtype;
        int rank;
        const void *bytes;
    } expected[] = {
        {"model.0.weight", DTYPE_REAL, 4, parameters_of(&run, "0").items[0]->tensor.data},
        {"model.1.running_var", DTYPE_REAL, 1, norm->buffers.items[1]->tensor.data},
        {"model.6.weight", DTYPE_REAL, 2, parameters_of(&run, "6").items[0]->tensor.data},
        {"model.1.bias.requires_grad", DTYPE_BOOL, 0, &(bool){true}},
        {"optimizer.groups.0.lr", DTYPE_F64, 0,
         &(double){schedule_at(schedule_cosine(1e-2, STEPS), 3)}},
        {"optimizer.groups.0.beta2", DTYPE_F64, 0, &(double){0.999}},
        {"optimizer.groups.0.model.1.bias.step", DTYPE_I64, 0, &(int64_t){3}},
        {"optimizer.groups.0.model.1.bias.exp_avg_sq", DTYPE_REAL, 1,
         optimizer_state(run.optimizer, norm->parameters.items[1])->buffers[1]},
        {"scheduler.step", DTYPE_I64, 0, &(int64_t){3}},
        {"scheduler.bindings.0.start", DTYPE_I64, 0, &(int64_t){0}},
        {"batches.epoch", DTYPE_I64, 0, &(int64_t){0}},
        {"batches.next", DTYPE_I32, 0, &(int32_t){48}},
        {"batches.data", DTYPE_U8, 1, BATCHES_DATA("5")},
        {"optimizer.algorithm", DTYPE_U8, 1, "adam"},
        {"dropout", DTYPE_U64, 1, (uint64_t[]){run.dropout.key, run.dropout.counter}},
        {"step", DTYPE_I64, 0, &(int64_t){3}},
        {"loss", DTYPE_F64, 0, &run.losses[2]},
        {"options.lr", DTYPE_U8, 1, "0.001"},
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const SafetensorsEntry *entry = safetensors_find(file, expected[i].name);
        if (!entry)
            fail_msg("no '%s'", expected[i].name);
        assert_int_equal(entry->dtype, expected[i].dtype);
        assert_int_equal(entry->shape.rank, expected[i].rank);
        assert_memory_equal(entry->data, expected[i].bytes, safetensors_bytes(entry));
    }
    // 6 parameters and 2 buffers; 6 flags; lr, betas, eps, amsgrad, decay; 4 states; the ten below.
    assert_int_equal(file->count, 8 + 6 + 6 + 4 * 3 + 10);
    safetensors_close(file);
    run_free(&run);
}

// Two networks, each with parameters of the same names, in one optimizer.
typedef struct Pair {
    Module *nets[2];
    Optimizer *optimizer;
} Pair;

static void pair_state(Checkpoint *checkpoint, void *object) {
    Pair *pair = object;
    checkpoint_module(checkpoint, "generator", pair->nets[0]);
    checkpoint_module(checkpoint, "critic", pair->nets[1]);
    checkpoint_optimizer(checkpoint, "optimizer", pair->optimizer);
}

static void test_same_names(void **state) {
    (void)state;
    Pair pair = {.nets = {linear_new(2, 1), linear_new(2, 1)}};
    Random random = random_from_seed(1);
    for (int i = 0; i < 2; i++)
        module_initialise(pair.nets[i], &random);
    pair.optimizer =
        sgd(parameter_list_join(module_parameters(pair.nets[0]), module_parameters(pair.nets[1])));
    assert_true(checkpoint_save(scratch("pair"), pair_state, &pair, &error));
    Parameter *critic = pair.nets[1]->parameters.items[0];
    real weight = critic->tensor.data[0];
    uint64_t version = critic->version;
    critic->tensor.data[0] = 99;
    assert_true(checkpoint_load(scratch("pair"), pair_state, &pair, &error));
    assert_true(critic->tensor.data[0] == weight);
    assert_true(critic->version > version);
    optimizer_free(pair.optimizer);
    module_free(pair.nets[0]);
    module_free(pair.nets[1]);
}

// A value set by hand in a knob that a schedule turns lasts until the next step, loaded or not.
static void test_knob_set_by_hand(void **state) {
    (void)state;
    Run run;
    run_init(&run, &algorithm_adam, 11);
    optimizer_set(run.optimizer, 0, "lr", 0.123);
    run_save(&run, "by hand");
    optimizer_set(run.optimizer, 0, "lr", 0.5);
    Parameter *bias = parameters_of(&run, "0").items[1];
    parameter_zero_grad(bias);
    assert_true(checkpoint_load(scratch("by hand"), run_state, &run, &error));
    assert_int_equal(bias->tensor.grad_state, GRAD_NONE); // of a value that it hasn't any more
    assert_true(optimizer_get(run.optimizer, 0, "lr") == 0.123);
    run_free(&run);
}

// --- files that don't fit
// ----------------------------------------------------------------------------

// What is changed in a good file on its way to a bad one; the fields left out stay.
typedef struct Change {
    const char *name; // of a tensor
    const char *renamed;
    bool dropped;
    const void *bytes;
    int dtype, rank; // dtype + 1, rank + 1: 0 leaves them
    int dims[4];
    const char *text;
    const char *says;
} Change;

static void write_changed(const char *from, const char *to, Change change) {
    SafetensorsFile *file = safetensors_open(scratch(from), &error);
    assert_non_null(file);
    SafetensorsEntry *entries = calloc((size_t)file->count, sizeof *entries);
    int count = 0;
    bool found = false;
    char *zeros = calloc(1, 4096); // what is larger than it was
    for (int i = 0; i < file->count; i++) {
        SafetensorsEntry entry = file->entries[i];
        if (strcmp(entry.name, change.name) == 0) {
            found = true;
            if (change.dropped)
                continue;
            if (change.bytes)
                memcpy(entry.data, change.bytes, safetensors_bytes(&entry));
            entry.name = change.renamed ? change.renamed : entry.name;
            entry.dtype = change.dtype ? (Dtype)(change.dtype - 1) : entry.dtype;
            if (change.rank)
                entry.shape = shape_of(change.rank - 1, change.dims);
            if (change.rank || change.dtype)
                entry.data = zeros;
            if (change.text) {
                entry.shape = SHAPE((int)strlen(change.text));
                entry.data = (char *)change.text;
            }
            assert_true(safetensors_bytes(&entry) <= 4096);
        }
        entries[count++] = entry;
    }
    if (!found)
        fail_msg("there is no '%s' to change", change.name);
    assert_true(safetensors_save(scratch(to), entries, count, &error));
    free(zeros);
    free(entries);
    safetensors_close(file);
}

// A run that has trained for itself, whose bits are in the file "untouched".
static void victim_init(Run *run) {
    run_init(run, &algorithm_adam, 12);
    Random random = random_from_seed(4);
    module_initialise(run->network, &random);
    run_train(run, 5);
    add_head(run);
    run_save(run, "untouched");
}

// The line names the file, says this, and the run is as it was.
static void assert_refused(Run *victim, const char *name, const char *says) {
    error.message[0] = '\0';
    if (checkpoint_load(scratch(name), run_state, victim, &error))
        fail_msg("taken, wanted \"%s\"", says);
    assert_contains(error.message, says);
    assert_int_equal(strncmp(error.message, scratch(name), strlen(scratch(name))), 0);
    assert_null(strchr(error.message, '\n'));
    run_save(victim, "after");
    assert_true(files_equal("untouched", "after"));
}

static const Change changes[] = {
    {"model.0.bias", .dropped = true, .says = "'model.0.bias' is missing, expected"},
    {"model.1.running_mean", .dropped = true, .says = "'model.1.running_mean' is missing"},
    {"model.6.bias.requires_grad", .dropped = true,
     .says = "'model.6.bias.requires_grad' is missing"},
    {"optimizer.groups.1.eps", .dropped = true, .says = "'optimizer.groups.1.eps' is missing"},
    {"scheduler.step", .dropped = true, .says = "'scheduler.step' is missing"},
    {"scheduler.bindings.0.start", .dropped = true, .says = "bindings.0.start' is missing"},
    {"batches.next", .dropped = true, .says = "'batches.next' is missing"},
    {"dropout", .dropped = true, .says = "'dropout' is missing, expected U64 [2]"},
    {"step", .dropped = true, .says = "'step' is missing"},
    {"optimizer.groups.0.model.0.bias.exp_avg", .renamed = "optimizer.groups.0.model.0.bias.exp\n",
     .says =
         "'optimizer.groups.0.model.0.bias.exp?' is in the file, expected nothing of that name"},
    {"step", .renamed = "stepp", .says = "'step' is missing"},
    {"optimizer.groups.0.model.0.bias.step", .dropped = true,
     .says = "'optimizer.groups.0.model.0.bias.step' is missing, expected I64 []"},
    // Types and shapes.
    {"model.0.bias", .rank = 3, .dims = {2, 2}, .says = "[2, 2], expected F"},
    {"model.0.bias", .rank = 2, .dims = {3}, .says = "[3], expected"},
    {"model.0.bias", .rank = 2, .dims = {8}, .says = "[8], expected"},
    {"optimizer.groups.0.model.0.bias.exp_avg", .rank = 2, .dims = {0}, .says = "exp_avg' is F"},
    {"step", .rank = 2, .dims = {1}, .says = "'step' is I64 [1], expected I64 []"},
    {"step", .dtype = DTYPE_U64 + 1, .says = "'step' is U64 [], expected I64 []"},
    {"model.6.bias.requires_grad", .dtype = DTYPE_U8 + 1, .says = "is U8 [], expected 1"},
    {"model.6.bias.requires_grad", .rank = 2, .dims = {0}, .says = "is BOOL [0], expected 1"},
    {"loss", .dtype = DTYPE_I64 + 1, .says = "'loss' is I64 [], expected F64 []"},
    {"model.0.weight", .dtype = DTYPE_I32 + 1,
     .says = "'model.0.weight' is I32 [4, 1, 3, 3], expected F"},
    // Values.
    {"optimizer.groups.0.lr", .bytes = &(double){-1},
     .says = "'optimizer.groups.0.lr' is -1, expected"},
    {"optimizer.groups.0.lr", .bytes = &(double){NAN}, .says = "lr' is nan, expected finite"},
    {"optimizer.groups.1.beta1", .bytes = &(double){1}, .says = "beta1' is 1, expected at least 0"},
    {"model.0.bias.requires_grad", .bytes = "\0",
     .says = "'model.0.bias.requires_grad' is 0, expected 1; go on with the options"},
    {"model.0.bias.requires_grad", .bytes = "\2", .says = "requires_grad' is 2, expected 1"},
    {"step", .bytes = &(int64_t){-1}, .says = "'step' is -1, expected 0 to 24"},
    {"step", .bytes = &(int64_t){STEPS + 1}, .says = "'step' is 25, expected 0 to 24"},
    {"step", .bytes = &(int64_t){INT64_MAX},
     .says = "'step' is 9223372036854775807, expected 0 to"},
    {"optimizer.groups.0.model.0.bias.step", .bytes = &(int64_t){-1},
     .says = "is -1, expected 0 to"},
    {"optimizer.groups.0.model.0.bias.step", .bytes = &(int64_t){INT64_MAX},
     .says = "is 9223372036854775807, expected 0 to"},
    {"scheduler.step", .bytes = &(int64_t){-1}, .says = "'scheduler.step' is -1"},
    {"scheduler.step", .bytes = &(int64_t){INT64_MAX}, .says = "'scheduler.step' is 92233"},
    {"scheduler.bindings.0.start", .bytes = &(int64_t){-1}, .says = "bindings.0.start' is -1"},
    {"batches.epoch", .bytes = &(int64_t){-1}, .says = "'batches.epoch' is -1"},
    {"batches.epoch", .bytes = &(int64_t){INT64_MIN}, .says = "'batches.epoch' is -92233"},
    {"batches.next", .bytes = &(int32_t){3}, .says = "can't go on from image 3"},
    {"batches.next", .bytes = &(int32_t){112}, .says = "can't go on from image 112"},
    {"batches.next", .dtype = DTYPE_I64 + 1, .says = "'batches.next' is I64 [], expected I32 []"},
    {"batches.next", .bytes = &(int32_t){-16}, .says = "can't go on from image -16"},
    // Options.
    {"options.lr", .text = "0.01", .says = "'options.lr' is 0.01, expected 0.001; go on with"},
    {"options.lr", .text = "", .says = "'options.lr' is , expected 0.001"},
    {"options.lr", .dropped = true, .says = "'options.lr' is missing, expected 0.001"},
    {"optimizer.algorithm", .text = "sgd",
     .says = "'optimizer.algorithm' is sgd, expected adam; go on with the options (and the VARIANT "
             "of make) that the run was started with, or start anew without --resume"},
    {"optimizer.algorithm", .text = "adam\n",
     .says = "'optimizer.algorithm' is adam?, expected adam"},
    {"optimizer.algorithm", .dtype = DTYPE_BOOL + 1, .says = "is BOOL [4], expected adam"},
    {"optimizer.algorithm", .dropped = true,
     .says = "'optimizer.algorithm' is missing, expected adam"},
    {"optimizer.groups.1.eps", .renamed = "optimizer.groups.2.eps",
     .says = "'optimizer.groups.1.eps' is missing"},
    {"optimizer.groups.1.model.6.bias.step", .renamed = "optimizer.groups.0.model.6.bias.step",
     .says = "'optimizer.groups.1.model.6.bias.step' is missing"},
    {"batches.data", .text = BATCHES_DATA("6"),
     .says = "seed 6, drop_last 0, expected " BATCHES_DATA("5")},
};

static void test_changed_files(void **state) {
    (void)state;
    Run good, victim;
    run_init(&good, &algorithm_adam, 11);
    Random random = random_from_seed(3);
    module_initialise(good.network, &random);
    run_train(&good, FREEZE_AT); // before it freezes
    run_save(&good, "good");
    run_free(&good);
    victim_init(&victim);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        write_changed("good", "bad", changes[i]);
        assert_refused(&victim, "bad", changes[i].says);
    }
    // The way in which they are changed is not what is refused.
    write_changed("good", "rewritten", (Change){"step", .bytes = &(int64_t){13}});
    assert_true(checkpoint_load(scratch("rewritten"), run_state, &victim, &error));
    assert_int_equal(victim.step, 13);
    run_free(&victim);
}

static void test_other_precision(void **state) {
    (void)state;
    Run victim;
    victim_init(&victim);
    const Dtype other = sizeof(real) == 4 ? DTYPE_F64 : DTYPE_F32;
    write_changed("untouched", "bad", (Change){"model.0.bias", .dtype = (int)other + 1});
    assert_refused(&victim, "bad",
                   sizeof(real) == 4 ? "'model.0.bias' is F64 [4], expected F32 [4]; go on with"
                                     : "'model.0.bias' is F32 [4], expected F64 [4]; go on with");
    assert_contains(error.message, "the VARIANT of make");
    run_free(&victim);
}

static void test_broken_files(void **state) {
    (void)state;
    Run victim;
    victim_init(&victim);
    assert_refused(&victim, "missing",
                   "missing: can't open: No such file or directory; start anew");
    assert_refused(&victim, "missing/too", "start anew without --resume");
    assert_int_equal(mkdir(scratch("a folder"), 0777), 0);
    assert_refused(&victim, "a folder", "expected a file, found a folder");
    char *text;
    size_t length;
    assert_true(file_read(scratch("untouched"), 1 << 24, &text, &length, &error));
    for (size_t cut = 0; cut < length; cut += cut < 16 || length - cut < 16 ? 1 : 377) {
        assert_true(file_write(scratch("cut"), text, cut, &error));
        assert_refused(&victim, "cut", "; start anew without --resume"); // no option mends it
    }
    free(text);
    run_free(&victim);
}

static void module_state(Checkpoint *checkpoint, void *object) {
    checkpoint_module(checkpoint, "model", object);
}

// Of another program: another network under the same names, and none at all.
static void test_other_model(void **state) {
    (void)state;
    Run victim;
    victim_init(&victim);
    Module *other = sequential_new(linear_new(4, 3), batch_norm_new(4));
    assert_true(checkpoint_save(scratch("other"), module_state, other, &error));
    assert_refused(&victim, "other", "'step' is missing, expected I64 []");
    assert_false(checkpoint_load(scratch("untouched"), module_state, other, &error));
    assert_contains(error.message, "'model.0.weight' is F");
    assert_contains(error.message, " [4, 1, 3, 3], expected F");
    assert_false(other->initialised);
    module_free(other);

    long step = 7;
    assert_true(checkpoint_save(scratch("other"), step_state, &step, &error));
    assert_refused(&victim, "other", "'loss' is missing, expected F64 []");
    assert_false(checkpoint_load(scratch("untouched"), step_state, &step, &error));
    assert_contains(error.message, " is in the file, expected nothing of that name");
    assert_int_equal(step, 7);
    run_free(&victim);
}

static void scheduler_state(Checkpoint *checkpoint, void *object) {
    checkpoint_scheduler(checkpoint, "scheduler", object);
}

static void plateau_state(Checkpoint *checkpoint, void *object) {
    checkpoint_plateau(checkpoint, "plateau", object);
}

// What a reduction on plateau remembers, and when a late schedule began.
static void test_clocks_and_feedback(void **state) {
    (void)state;
    Run run;
    run_init(&run, &algorithm_adam, 12);
    Plateau plateau = plateau_on(run.optimizer, .patience = 3, .cooldown = 4);
    const PlateauState before = {.best = 0.5, .bad_epochs = 2, .cooldown_left = 1};
    plateau.state = before;
    assert_true(checkpoint_save(scratch("plateau"), plateau_state, &plateau, &error));
    plateau = plateau_on(run.optimizer, .patience = 3, .cooldown = 4);
    assert_true(checkpoint_load(scratch("plateau"), plateau_state, &plateau, &error));
    assert_true(plateau.state.best == before.best);
    assert_int_equal(plateau.state.bad_epochs, before.bad_epochs);
    assert_int_equal(plateau.state.cooldown_left, before.cooldown_left);
    write_changed("plateau", "plateau", (Change){"plateau.best", .bytes = &(double){NAN}});
    assert_false(checkpoint_load(scratch("plateau"), plateau_state, &plateau, &error));
    assert_non_null(strstr(error.message, "'plateau.best' is nan"));

    scheduler_seek(run.scheduler, 2);
    scheduler_bind(run.scheduler, 0, "weight_decay", schedule_linear(1, 0, 4));
    scheduler_step(run.scheduler);
    assert_true(checkpoint_save(scratch("late"), scheduler_state, run.scheduler, &error));
    run_free(&run);
    run_init(&run, &algorithm_adam, 12); // a new program binds it at its step 0
    scheduler_bind(run.scheduler, 0, "weight_decay", schedule_linear(1, 0, 4));
    assert_true(checkpoint_load(scratch("late"), scheduler_state, run.scheduler, &error));
    scheduler_step(run.scheduler);
    assert_true(optimizer_get(run.optimizer, 0, "weight_decay") == 0.5);
    run_free(&run);
}

// A step at which the schedule leaves the knob's range must be an error and not fatal.
static void test_schedule_out_of_range(void **state) {
    (void)state;
    Module *network = linear_new(2, 1);
    Optimizer *optimizer = sgd(module_parameters(network), .lr = 0.1);
    Scheduler *scheduler = scheduler_new(optimizer);
    scheduler_bind(scheduler, 0, "lr", schedule_step(0.1, 1, 2));
    assert_true(checkpoint_save(scratch("far"), scheduler_state, scheduler, &error));
    write_changed("far", "far", (Change){"scheduler.step", .bytes = &(int64_t){100000}});
    assert_false(checkpoint_load(scratch("far"), scheduler_state, scheduler, &error));
    assert_contains(error.message,
                    "'scheduler.step' is 100000, and there the step schedule of lr is inf");
    assert_int_equal(scheduler->step, 0);
    scheduler_free(scheduler);
    optimizer_free(optimizer);
    module_free(network);
}

// One layer of a network.
static void first_state(Checkpoint *checkpoint, void *object) {
    checkpoint_module(checkpoint, "model.0", object);
}

static void test_part(void **state) {
    (void)state;
    Run run;
    victim_init(&run);
    long step = 3;
    write_changed("untouched", "other", (Change){"step", .renamed = "Step"});
    assert_false(checkpoint_load_part(scratch("other"), step_state, &step, &error));
    assert_contains(error.message, "other: 'step' is missing, expected I64 []");
    write_changed("untouched", "other", (Change){"step", .dtype = DTYPE_U64 + 1});
    assert_false(checkpoint_load_part(scratch("other"), step_state, &step, &error));
    assert_contains(error.message, "'step' is U64 [], expected I64 []");
    assert_false(checkpoint_load_part(scratch("missing"), step_state, &step, &error));
    assert_contains(error.message, "missing: can't open");
    assert_int_equal(step, 3);
    assert_true(checkpoint_load_part(scratch("untouched"), step_state, &step, &error));
    assert_int_equal(step, run.step);

    Module *wider = conv2d_new(1, 5, 3), *first = conv2d_new(1, 4, 3);
    assert_false(checkpoint_load_part(scratch("untouched"), first_state, wider, &error));
    assert_contains(error.message, "'model.0.weight' is F");
    assert_false(wider->initialised);
    assert_true(checkpoint_load_part(scratch("untouched"), first_state, first, &error));
    assert_true(first->initialised);
    assert_same_numbers(first, module_find(run.network, "0"));
    module_free(first);
    module_free(wider);
    run_free(&run);
}

// --- writing
// -----------------------------------------------------------------------------------------

static void test_writing(void **state) {
    (void)state;
    Run run;
    run_init(&run, &algorithm_adam, 11);
    assert_false(checkpoint_save("/dev/full", run_state, &run, &error));
    assert_contains(error.message, "/dev/full: can't write");
    assert_false(checkpoint_save(scratch("nowhere/file"), run_state, &run, &error));
    assert_contains(error.message, "nowhere/file: can't write: No such file or directory");
    run_save(&run, "written");
    if (geteuid() != 0) { // root may write anywhere
        assert_int_equal(mkdir(scratch("closed"), 0555), 0);
        assert_false(checkpoint_save(scratch("closed/file"), run_state, &run, &error));
        assert_contains(error.message, "closed/file: can't write: Permission denied");
    }
    run_free(&run);
    DIR *folder = opendir(scratch_folder);
    assert_non_null(folder);
    bool written = false;
    for (const struct dirent *entry; (entry = readdir(folder));) {
        assert_null(strstr(entry->d_name, ".tmp"));
        written = written || strcmp(entry->d_name, "written") == 0;
    }
    closedir(folder);
    assert_true(written);
}

static void twice_state(Checkpoint *checkpoint, void *object) {
    checkpoint_integer(checkpoint, "step", object, 0, STEPS);
    checkpoint_integer(checkpoint, "step", object, 0, STEPS);
}

static void optimizer_state_alone(Checkpoint *checkpoint, void *object) {
    Pair *pair = object;
    checkpoint_module(checkpoint, "held", pair->nets[1]);
    checkpoint_optimizer(checkpoint, "optimizer", pair->optimizer);
}

// What a process of its own, which ends there, says.
static const char *fatal_words(CheckpointState wrong, void *object) {
    const int before = capture_begin(2, "words");
    const pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        checkpoint_save(scratch("x"), wrong, object, &error);
        _exit(0);
    }
    int status;
    assert_true(waitpid(child, &status, 0) == child);
    const char *words = capture_end(2, before, "words");
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    return words;
}

static void test_wrong_use(void **state) {
    (void)state;
    long step = 0;
    assert_contains(fatal_words(twice_state, &step), "the name 'step' is taken");
    step = STEPS + 1;
    assert_contains(fatal_words(step_state, &step),
                    "'step' is 25, which no load would take: expected 0 to 24");
    Pair pair = {.nets = {linear_new(2, 1), linear_new(2, 1)}};
    pair.optimizer = sgd(module_parameters(pair.nets[0]));
    assert_contains(fatal_words(optimizer_state_alone, &pair),
                    "'optimizer' owns 'weight', which no module named before it holds");
    optimizer_free(pair.optimizer);
    module_free(pair.nets[0]);
    module_free(pair.nets[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adam_goes_on),
        cmocka_unit_test(test_sgd_goes_on),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_same_names),
        cmocka_unit_test(test_knob_set_by_hand),
        cmocka_unit_test(test_changed_files),
        cmocka_unit_test(test_other_precision),
        cmocka_unit_test(test_broken_files),
        cmocka_unit_test(test_other_model),
        cmocka_unit_test(test_clocks_and_feedback),
        cmocka_unit_test(test_schedule_out_of_range),
        cmocka_unit_test(test_part),
        cmocka_unit_test(test_writing),
        cmocka_unit_test(test_wrong_use),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
