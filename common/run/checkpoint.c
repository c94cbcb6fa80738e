#include "run/checkpoint.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/file.h"
#include "run/safetensors.h"

#define DTYPE_LONG (sizeof(long) == 8 ? DTYPE_I64 : DTYPE_I32)
#define COUNT_MAX (LONG_MAX / 2) // for what is counted on from the file's value

struct Checkpoint {
    // SAVE lists what there is. CHECK looks whether the file has the same. Then TAKE copies it.
    enum { SAVE, CHECK, TAKE } stage;
    SafetensorsFile list;  // names, and where the numbers are in memory
    SafetensorsFile *file; // that is loaded
    bool fits;             // until the first entry that doesn't,
    Error *error;          // which is told here
};

// --- the list ------------------------------------------------------------------------------------

// For messages: a text as it is, of all else the type.
static SafetensorsText entry_text(const SafetensorsEntry *entry) {
    SafetensorsText text = safetensors_type_text(entry);
    if (entry->dtype == DTYPE_U8 && entry->shape.rank == 1)
        snprintf(text.text, sizeof text.text, "%.*s", entry->shape.dims[0], (char *)entry->data);
    return text;
}

static bool entry_fits(const SafetensorsEntry *entry, const SafetensorsEntry *found, Error *error) {
    if (!found || found->dtype != entry->dtype || !shape_equal(found->shape, entry->shape) ||
        (entry->dtype == DTYPE_U8 && memcmp(found->data, entry->data, safetensors_bytes(entry))))
        return error_set(error, "'%s' is %s, expected %s", entry->name,
                         found ? entry_text(found).text : "missing", entry_text(entry).text);
    return entry->dtype != DTYPE_BOOL || *(unsigned char *)found->data <= 1 ||
           error_set(error, "'%s' is another number, expected 0 or 1", entry->name);
}

// Lists numbers in memory under a name, which the list owns from here on. Returns what they will be:
// those of the file that is loaded, at any address; themselves where none is, or it doesn't fit.
static const void *list_entry(Checkpoint *checkpoint, char *name, Dtype dtype, Shape shape,
                              void *data) {
    SafetensorsFile *list = &checkpoint->list;
    const SafetensorsEntry entry = {.name = name, .dtype = dtype, .shape = shape, .data = data};
    if (safetensors_find(list, name))
        fatal("checkpoint: the name '%s' is taken", name);
    list->entries = memory_resize(list->entries, (size_t)(list->count + 1) * sizeof entry);
    list->entries[list->count++] = entry;
    if (checkpoint->stage == SAVE || !checkpoint->fits)
        return data;
    const SafetensorsEntry *found = safetensors_find(checkpoint->file, name);
    if (checkpoint->stage == TAKE)
        memcpy(data, found->data, safetensors_bytes(found));
    else if (!entry_fits(&entry, found, checkpoint->error))
        checkpoint->fits = false;
    return checkpoint->fits ? found->data : data;
}

static void list_clear(Checkpoint *checkpoint) {
    for (int i = 0; i < checkpoint->list.count; i++) {
        if (checkpoint->list.entries[i].dtype == DTYPE_U8) // list_text's
            free(checkpoint->list.entries[i].data);
        free((char *)checkpoint->list.entries[i].name);
    }
    free(checkpoint->list.entries);
    checkpoint->list = (SafetensorsFile){0};
}

// A text that must be the same in the file; the list owns it too.
static void list_text(Checkpoint *checkpoint, const char *prefix, const char *name, char *text) {
    list_entry(checkpoint, path_format("%s.%s", prefix, name), DTYPE_U8, SHAPE((int)strlen(text)),
               text);
}

// One number; *value gets what it will be.
static void list_number(Checkpoint *checkpoint, const char *prefix, const char *name, Dtype dtype,
                        void *number, void *value) {
    const void *from =
        list_entry(checkpoint, path_format("%s.%s", prefix, name), dtype, SHAPE_SCALAR, number);
    memcpy(value, from, safetensors_bytes(&(SafetensorsEntry){.dtype = dtype}));
}

static long list_count(Checkpoint *checkpoint, const char *prefix, const char *name, long *count) {
    long value;
    list_number(checkpoint, prefix, name, DTYPE_LONG, count, &value);
    if (checkpoint->fits && (value < 0 || value > COUNT_MAX))
        checkpoint->fits = error_set(checkpoint->error, "'%s.%s' is %ld, expected 0 to %ld", prefix,
                                     name, value, COUNT_MAX);
    return value;
}

// --- modules -------------------------------------------------------------------------------------

static void mark_initialised(Module *module) {
    module->initialised = true;
    for (int i = 0; i < module->child_count; i++)
        mark_initialised(module->children[i]);
}

void checkpoint_module(Checkpoint *checkpoint, const char *name, Module *module) {
    const ParameterList parameters = module_parameters(module),
                        all = parameter_list_join(parameters, module_buffers(module));
    for (int i = 0; i < all.count; i++) {
        Tensor *tensor = &all.items[i]->tensor;
        char *full = path_format("%s.%s", name, all.items[i]->name);
        list_entry(checkpoint, full, DTYPE_REAL, tensor->shape, tensor->data);
        if (i < parameters.count)
            list_entry(checkpoint, path_format("%s.requires_grad", full), DTYPE_BOOL, SHAPE_SCALAR,
                       &tensor->requires_grad);
        if (checkpoint->stage == TAKE) {
            parameter_clear_grad(all.items[i]); // it is of another value
            parameter_changed(all.items[i]);
        }
    }
    if (checkpoint->stage == TAKE)
        mark_initialised(module);
}

// --- optimizers ----------------------------------------------------------------------------------

// The name under which the numbers of a parameter are listed.
static const char *listed_name(const Checkpoint *checkpoint, const char *optimizer,
                               const Parameter *parameter) {
    for (int i = 0; i < checkpoint->list.count; i++)
        if (checkpoint->list.entries[i].data == parameter->tensor.data)
            return checkpoint->list.entries[i].name;
    fatal("checkpoint: '%s' owns '%s', which no module named before it holds", optimizer,
          parameter->name);
}

// A parameter without a state is saved like one that had no update: with step 0, scalars 0 and no
// buffers.
static void state_list(Checkpoint *checkpoint, const char *prefix, const Algorithm *algorithm,
                       Parameter *parameter, ParameterState **place) {
    static ParameterState never;
    if (checkpoint->stage == TAKE) {
        parameter_state_free(*place);
        *place = memory_zeroed(1, sizeof **place);
    }
    ParameterState *state = *place ? *place : &never;
    list_count(checkpoint, prefix, "step", &state->step);
    for (int s = 0; s < STATE_MAX_SCALARS && algorithm->scalar_names[s]; s++)
        list_entry(checkpoint, path_format("%s.%s", prefix, algorithm->scalar_names[s]), DTYPE_F64,
                   SHAPE_SCALAR, &state->scalars[s]);
    for (int b = 0; b < STATE_MAX_BUFFERS && algorithm->buffer_names[b]; b++) {
        char *name = path_format("%s.%s", prefix, algorithm->buffer_names[b]);
        real *buffer = state->buffers[b];
        const bool saved =
            checkpoint->file ? safetensors_find(checkpoint->file, name) != NULL : buffer != NULL;
        if (saved && checkpoint->stage == TAKE)
            buffer = parameter_state_buffer(state, parameter, b);
        if (saved)
            list_entry(checkpoint, name, DTYPE_REAL, parameter->tensor.shape, buffer);
        else
            free(name);
    }
}

static void knob_list(Checkpoint *checkpoint, const char *prefix, int id, double *knob) {
    double value;
    list_number(checkpoint, prefix, hyperparameter_name(id), DTYPE_F64, knob, &value);
    if (checkpoint->fits && !hyperparameter_allows(id, value))
        checkpoint->fits = error_set(checkpoint->error, "'%s.%s' is %g, expected %s", prefix,
                                     hyperparameter_name(id), value, hyperparameter_range(id));
}

void checkpoint_optimizer(Checkpoint *checkpoint, const char *name, Optimizer *optimizer) {
    const Algorithm *algorithm = optimizer->algorithm;
    list_text(checkpoint, name, "algorithm", memory_string(algorithm->name));
    for (int g = 0; g < optimizer->group_count; g++) {
        ParameterGroup *group = &optimizer->groups[g];
        char *prefix = path_format("%s.groups.%d", name, g);
        for (int id = 0; id < HYPERPARAMETER_COUNT; id++)
            if (algorithm_has(algorithm, id))
                knob_list(checkpoint, prefix, id, &group->hyperparameters.values[id]);
        for (int i = 0; i < group->parameters.count; i++) {
            Parameter *parameter = group->parameters.items[i];
            char *full = path_format("%s.%s", prefix, listed_name(checkpoint, name, parameter));
            state_list(checkpoint, full, algorithm, parameter, &group->states[i]);
            free(full);
        }
        free(prefix);
    }
}

// --- schedulers, batches, random streams, integers -----------------------------------------------

void checkpoint_scheduler(Checkpoint *checkpoint, const char *name, Scheduler *scheduler) {
    const long step = list_count(checkpoint, name, "step", &scheduler->step);
    for (int i = 0; checkpoint->fits && i < scheduler->binding_count; i++) {
        const Binding *binding = &scheduler->bindings[i];
        const double value = schedule_at(binding->schedule, step);
        if (!hyperparameter_allows(binding->hyperparameter, value))
            checkpoint->fits = error_set(
                checkpoint->error, "'%s.step' is %ld, and there the %s schedule of %s is %g", name,
                step, binding->schedule.name, hyperparameter_name(binding->hyperparameter), value);
    }
}

void checkpoint_batches(Checkpoint *checkpoint, const char *name, Batches *batches) {
    const BatchOptions *options = &batches->options;
    list_text(checkpoint, name, "data",
              path_format("%d images of %s, size %d, shuffle %d, seed %llu, drop_last %d",
                          batches->data->count,
                          batches->data->name ? batches->data->name : "a nameless set",
                          options->size, options->shuffle, (unsigned long long)options->seed,
                          options->drop_last));
    Batches moved = *batches; // to try the file's place on
    moved.epoch = list_count(checkpoint, name, "epoch", &batches->epoch);
    list_number(checkpoint, name, "next", DTYPE_I32, &batches->next, &moved.next);
    if (checkpoint->fits)
        checkpoint->fits = batches_seek(&moved, moved.epoch, moved.next, checkpoint->error);
}

void checkpoint_random(Checkpoint *checkpoint, const char *name, Random *random) {
    list_entry(checkpoint, memory_string(name), DTYPE_U64, SHAPE(2), random); // key and counter
}

void checkpoint_integer(Checkpoint *checkpoint, const char *name, long *integer) {
    list_entry(checkpoint, memory_string(name), DTYPE_LONG, SHAPE_SCALAR, integer);
}

// --- saving and loading --------------------------------------------------------------------------

bool checkpoint_save(const char *path, CheckpointState state, void *object, Error *error) {
    Checkpoint checkpoint = {.stage = SAVE, .fits = true, .error = error};
    state(&checkpoint, object);
    const bool saved =
        safetensors_save(path, checkpoint.list.entries, checkpoint.list.count, error);
    list_clear(&checkpoint);
    return saved;
}

// Whether the file has nothing but what is listed.
static bool list_is_all(const Checkpoint *checkpoint) {
    for (int i = 0; i < checkpoint->file->count; i++) {
        const char *name = checkpoint->file->entries[i].name;
        if (!safetensors_find(&checkpoint->list, name))
            return error_set(checkpoint->error,
                             "'%.100s' is in the file, expected nothing of that name", name);
    }
    return true;
}

// `exactly`: the file may have no more than is named.
static bool load(const char *path, CheckpointState state, void *object, bool exactly,
                 Error *error) {
    Error wrong;
    Checkpoint checkpoint = {.stage = CHECK, .fits = true, .error = &wrong};
    checkpoint.file = safetensors_open(path, error);
    if (!checkpoint.file)
        return false;
    state(&checkpoint, object);
    const bool fits = checkpoint.fits && (!exactly || list_is_all(&checkpoint));
    list_clear(&checkpoint);
    checkpoint.stage = TAKE;
    if (fits)
        state(&checkpoint, object);
    else
        error_set(error, "%s: %s", path, wrong.message);
    list_clear(&checkpoint);
    safetensors_close(checkpoint.file);
    return fits;
}

bool checkpoint_load(const char *path, CheckpointState state, void *object, Error *error) {
    Error wrong;
    return load(path, state, object, true, &wrong) ||
           error_set(error,
                     "%s; go on with the options (and the VARIANT of make) that the run was "
                     "started with, or start anew without --resume",
                     wrong.message);
}

bool checkpoint_load_part(const char *path, CheckpointState state, void *object, Error *error) {
    return load(path, state, object, false, error);
}
