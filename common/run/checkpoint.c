#include "run/checkpoint.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "files/safetensors.h"

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

// For messages: a text or a flag by its value, anything else by its type.
static SafetensorsText entry_text(const SafetensorsEntry *entry) {
    SafetensorsText text = safetensors_type_text(entry);
    if (entry->dtype == DTYPE_U8 && entry->shape.rank == 1)
        snprintf(text.text, sizeof text.text, "%.*s", entry->shape.dims[0], (char *)entry->data);
    if (entry->dtype == DTYPE_BOOL && entry->shape.rank == 0)
        snprintf(text.text, sizeof text.text, "%d", *(unsigned char *)entry->data);
    return text;
}

// Texts and flags tell how the program is built. They aren't loaded: the file's must be the same.
static bool is_compared(Dtype dtype) {
    return dtype == DTYPE_U8 || dtype == DTYPE_BOOL;
}

static bool entry_fits(const SafetensorsEntry *entry, const SafetensorsEntry *found, Error *error) {
    if (!found || found->dtype != entry->dtype || !shape_equal(found->shape, entry->shape) ||
        (is_compared(entry->dtype) && memcmp(found->data, entry->data, safetensors_bytes(entry))))
        return error_set(error, "'%s' is %s, expected %s", entry->name,
                         found ? entry_text(found).text : "missing", entry_text(entry).text);
    return true;
}

// Lists numbers in memory under a name, which the list owns from here on. Returns the values that they
// will have: those of the file that is loaded, at any address; themselves if none is, or it doesn't fit.
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

// A text; the list owns it and its name.
static void list_text(Checkpoint *checkpoint, char *name, char *text) {
    list_entry(checkpoint, name, DTYPE_U8, SHAPE((int)strlen(text)), text);
}

// One number; *value gets the value that it will have.
static void list_number(Checkpoint *checkpoint, const char *prefix, const char *name, Dtype dtype,
                        void *number, void *value) {
    const void *from =
        list_entry(checkpoint, path_format("%s.%s", prefix, name), dtype, SHAPE_SCALAR, number);
    memcpy(value, from, safetensors_bytes(&(SafetensorsEntry){.dtype = dtype}));
}

// A whole number, which must be in the range; the list owns its name. Returns the value that it
// will have.
static long list_integer(Checkpoint *checkpoint, char *name, long *integer, long least, long most) {
    long value;
    memcpy(&value, list_entry(checkpoint, name, DTYPE_LONG, SHAPE_SCALAR, integer), sizeof value);
    const bool inside = value >= least && value <= most;
    if (checkpoint->stage == SAVE && !inside)
        fatal("checkpoint: '%s' is %ld, which no load would take: expected %ld to %ld", name, value,
              least, most);
    if (checkpoint->fits && !inside)
        checkpoint->fits = error_set(checkpoint->error, "'%s' is %ld, expected %ld to %ld", name,
                                     value, least, most);
    return value;
}

static long list_count(Checkpoint *checkpoint, const char *prefix, const char *name, long *count) {
    return list_integer(checkpoint, path_format("%s.%s", prefix, name), count, 0, COUNT_MAX);
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
            parameter_clear_grad(all.items[i]); // it belonged to the old value
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
    list_text(checkpoint, path_format("%s.algorithm", name), memory_string(algorithm->name));
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

// --- schedulers, batches, random streams, numbers ------------------------------------------------

void checkpoint_scheduler(Checkpoint *checkpoint, const char *name, Scheduler *scheduler) {
    const long step = list_count(checkpoint, name, "step", &scheduler->step);
    for (int i = 0; checkpoint->fits && i < scheduler->binding_count; i++) {
        Binding *binding = &scheduler->bindings[i], saved = *binding;
        char *prefix = path_format("%s.bindings.%d", name, i);
        saved.start = list_count(checkpoint, prefix, "start", &binding->start);
        free(prefix);
        const double value = binding_at(&saved, step);
        if (checkpoint->fits && !hyperparameter_allows(saved.hyperparameter, value))
            checkpoint->fits = error_set(checkpoint->error,
                                         "'%s.step' is %ld, and there the %s schedule of %s is %g",
                                         name, step, schedule_name(saved.schedule),
                                         hyperparameter_name(saved.hyperparameter), value);
    }
}

void checkpoint_plateau(Checkpoint *checkpoint, const char *name, Plateau *plateau) {
    double best;
    list_number(checkpoint, name, "best", DTYPE_F64, &plateau->state.best, &best);
    list_count(checkpoint, name, "bad_epochs", &plateau->state.bad_epochs);
    list_count(checkpoint, name, "cooldown_left", &plateau->state.cooldown_left);
    if (checkpoint->fits && isnan(best))
        checkpoint->fits =
            error_set(checkpoint->error, "'%s.best' is nan, expected a number", name);
}

void checkpoint_batches(Checkpoint *checkpoint, const char *name, Batches *batches) {
    const BatchOptions *options = &batches->options;
    list_text(checkpoint, path_format("%s.data", name),
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

void checkpoint_gradients(Checkpoint *checkpoint, const char *name, const ParameterList *list) {
    for (int i = 0; i < list->count; i++) {
        Parameter *parameter = list->items[i];
        Tensor *tensor = &parameter->tensor;
        char *full = path_format("%s.%s", name, parameter->name);
        const bool saved = checkpoint->file ? safetensors_find(checkpoint->file, full) != NULL
                                            : tensor->grad_state != GRAD_NONE;
        if (saved && checkpoint->stage == TAKE) {
            parameter_zero_grad(parameter); // makes room
            tensor->grad_state = GRAD_VALUE;
        }
        if (saved)
            list_entry(checkpoint, full, DTYPE_REAL, tensor->shape, tensor->grad);
        else
            free(full);
    }
}

void checkpoint_integer(Checkpoint *checkpoint, const char *name, long *integer, long least,
                        long most) {
    list_integer(checkpoint, memory_string(name), integer, least, most);
}

void checkpoint_number(Checkpoint *checkpoint, const char *name, double *number) {
    list_entry(checkpoint, memory_string(name), DTYPE_F64, SHAPE_SCALAR, number);
}

void checkpoint_text(Checkpoint *checkpoint, const char *name, const char *text) {
    list_text(checkpoint, memory_string(name), memory_string(text));
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

// `exactly`: the file may have no more than is named; what goes on with it is a run.
static bool load(const char *path, CheckpointState state, void *object, bool exactly,
                 Error *error) {
    Error wrong;
    Checkpoint checkpoint = {.stage = CHECK, .fits = true, .error = &wrong};
    checkpoint.file = safetensors_open(path, &wrong);
    if (!checkpoint.file)
        return error_set(error, "%s%s", wrong.message,
                         exactly ? "; start anew without --resume" : "");
    state(&checkpoint, object);
    const bool fits = checkpoint.fits && (!exactly || list_is_all(&checkpoint));
    list_clear(&checkpoint);
    checkpoint.stage = TAKE;
    if (fits)
        state(&checkpoint, object);
    else
        error_set(error, "%s: %s%s", path, wrong.message,
                  exactly ? "; go on with the options (and the VARIANT of make) that the run was "
                            "started with, or start anew without --resume"
                          : "");
    list_clear(&checkpoint);
    safetensors_close(checkpoint.file);
    return fits;
}

bool checkpoint_load(const char *path, CheckpointState state, void *object, Error *error) {
    return load(path, state, object, true, error);
}

bool checkpoint_load_part(const char *path, CheckpointState state, void *object, Error *error) {
    return load(path, state, object, false, error);
}
