// libFuzzer (make fuzz): a checkpoint with anything changed in it is loaded in full, and the run then
// trains on; or it is refused in one line, and the run is as it was. The changed file is a sound
// .safetensors file: other bytes than that are fuzz_safetensors's.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nn/layers.h"
#include "nn/loss.h"
#include "run/checkpoint.h"
#include "files/output.h"
#include "files/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void want(bool truth) {
    if (!truth)
        abort();
}

// --- a run ---------------------------------------------------------------------------------------

enum { STEPS = 8, ENTRIES_MAX = 64, BYTES_MAX = 512, NAME_MAX_BYTES = 78 };

static const unsigned char pixels[6 * 4] = {1, 0, 0, 2, 3, 0, 1, 1, 2, 2, 0, 3,
                                            0, 1, 3, 3, 1, 2, 0, 0, 3, 1, 2, 1};
static const int labels[6] = {0, 1, 2, 0, 1, 2};
static const Dataset images = {.name = "six",
                               .count = 6,
                               .classes = 3,
                               .channels = 1,
                               .height = 2,
                               .width = 2,
                               .pixels = pixels,
                               .labels = labels,
                               .pixel_max = 3,
                               .std = 1};

typedef struct Run {
    Tape *tape;
    Random random;
    Module *network;
    Optimizer *optimizer;
    Scheduler *scheduler;
    Batches *batches;
    long step;
    double loss;
} Run;

static void run_init(Run *run, uint64_t seed) {
    *run = (Run){.tape = tape_new(), .random = random_from_seed(seed)};
    run->network = sequential_new(batch_norm_new(1), flatten_new(), linear_new(4, 3));
    module_initialise(run->network, &run->random);
    run->optimizer = adam(module_parameters(module_find(run->network, "0")), .lr = 0.01);
    optimizer_add_group(run->optimizer, module_parameters(module_find(run->network, "2")));
    run->scheduler = scheduler_new(run->optimizer);
    scheduler_bind(run->scheduler, 0, "lr", schedule_cosine(0.01, STEPS));
    run->batches = batches_new(&images, .size = 4, .seed = 3);
}

static void run_free(Run *run) {
    batches_free(run->batches);
    scheduler_free(run->scheduler);
    optimizer_free(run->optimizer);
    module_free(run->network);
    tape_free(run->tape);
}

static void run_state(Checkpoint *checkpoint, void *object) {
    Run *run = object;
    checkpoint_module(checkpoint, "model", run->network);
    checkpoint_optimizer(checkpoint, "optimizer", run->optimizer);
    checkpoint_scheduler(checkpoint, "scheduler", run->scheduler);
    checkpoint_batches(checkpoint, "batches", run->batches);
    checkpoint_random(checkpoint, "random", &run->random);
    checkpoint_integer(checkpoint, "step", &run->step, 0, STEPS);
    checkpoint_number(checkpoint, "loss", &run->loss);
    checkpoint_text(checkpoint, "options.lr", "0.01");
}

static void run_train(Run *run, int steps) {
    for (Batch batch; steps > 0;) {
        if (!batches_next(run->batches, run->tape, &batch))
            continue;
        Tensor *loss = cross_entropy(module_forward(run->network, batch.images), batch.labels);
        run->loss = tensor_item(loss);
        optimizer_zero_grad(run->optimizer);
        backward(loss);
        optimizer_step(run->optimizer);
        scheduler_step(run->scheduler);
        tape_clear(run->tape);
        steps--;
    }
}

// --- its checkpoint, changed ---------------------------------------------------------------------

static SafetensorsEntry entries[ENTRIES_MAX];
static char names[ENTRIES_MAX][NAME_MAX_BYTES + 2], bytes[ENTRIES_MAX][BYTES_MAX];
static int count;

// The tensors of a good file, each in memory of its own.
static void copy_entries(const SafetensorsFile *file) {
    count = file->count;
    want(count <= ENTRIES_MAX);
    memset(bytes, 0, sizeof bytes);
    for (int i = 0; i < count; i++) {
        entries[i] = file->entries[i];
        want(strlen(entries[i].name) <= NAME_MAX_BYTES &&
             safetensors_bytes(&entries[i]) <= BYTES_MAX);
        memset(names[i], 0, sizeof names[i]);
        memcpy(names[i], entries[i].name, strlen(entries[i].name));
        memcpy(bytes[i], entries[i].data, safetensors_bytes(&entries[i]));
        entries[i].name = names[i];
        entries[i].data = bytes[i];
    }
}

// Four bytes of the input: which tensor, what of it, and how.
static void change(const uint8_t *how) {
    if (count == 0)
        return;
    const int i = how[0] % count, place = how[2];
    SafetensorsEntry changed = entries[i];
    char *name = (char *)changed.name;
    switch (how[1] % 6) {
    case 0:
        entries[i] = entries[--count];
        return;
    case 1:
        changed.dtype = (Dtype)(place % DTYPE_COUNT);
        break;
    case 2:
        changed.shape.rank = place % (SHAPE_MAX_RANK + 1);
        break;
    case 3:
        changed.shape.dims[place % SHAPE_MAX_RANK] = how[3];
        break;
    case 4:
        ((char *)changed.data)[place] = (char)how[3];
        break;
    default: // a longer, a shorter, or another one
        name[(size_t)place % (strlen(name) + (strlen(name) < NAME_MAX_BYTES))] = (char)how[3];
    }
    if (safetensors_bytes(&changed) <= BYTES_MAX)
        entries[i] = changed;
}

static bool names_differ(void) {
    for (int i = 0; i < count; i++)
        for (int j = 0; j < i; j++)
            if (strcmp(entries[i].name, entries[j].name) == 0)
                return false;
    return true;
}

// --- loading -------------------------------------------------------------------------------------

static char good_path[80], path[80], *fresh;
static size_t fresh_size;

static void read_saved(Run *run, char **text, size_t *size) {
    Error error;
    want(checkpoint_save(path, run_state, run, &error) &&
         file_read(path, 1 << 20, text, size, &error));
}

static void start(void) {
    const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"; // in memory
    snprintf(path, sizeof path, "%s/fuzz_checkpoint.%ld", folder, (long)getpid());
    snprintf(good_path, sizeof good_path, "%s.good", path);
    Run run;
    run_init(&run, 1);
    run_train(&run, 3);
    run.step = 3;
    Error error;
    want(checkpoint_save(good_path, run_state, &run, &error));
    run_free(&run);
    run_init(&run, 2);
    read_saved(&run, &fresh, &fresh_size);
    run_free(&run);
}

static void check_refused(Run *run, const Error *error) {
    want(strncmp(error->message, path, strlen(path)) == 0 && !strchr(error->message, '\n'));
    char *after;
    size_t size;
    read_saved(run, &after, &size);
    want(size == fresh_size && memcmp(after, fresh, size) == 0);
    free(after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static SafetensorsFile *good;
    static Run run; // a new one, as long as nothing was loaded
    Error error;
    if (!good) {
        start();
        run_init(&run, 2);
        good = safetensors_open(good_path, &error);
        unlink(good_path);
        want(good != NULL);
    }
    copy_entries(good);
    for (size_t i = 0; i + 4 <= size; i += 4)
        change(data + i);
    if (!names_differ() || !safetensors_save(path, entries, count, &error))
        return 0;
    if (checkpoint_load(path, run_state, &run, &error)) {
        want(run.step >= 0 && run.step <= STEPS);
        run_train(&run, 2);
        run_free(&run);
        run_init(&run, 2);
    } else
        check_refused(&run, &error);
    unlink(path);
    return 0;
}
