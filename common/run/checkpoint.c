#include "run/checkpoint.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/file.h"
#include "run/safetensors.h"

#define ADVICE                                                                                     \
    "go on with the options (and the VARIANT of make) that the run was started with, or start "    \
    "anew without --resume"
#define DTYPE_LONG (sizeof(long) == 8 ? DTYPE_I64 : DTYPE_I32)
#define COUNT_MAX (LONG_MAX / 2) // for what is counted on from the file's value

// What was added: a live object, and how to list what is to be saved of it.
typedef struct Part Part;
struct Part {
    char *name;
    void *object;
    void (*list)(Checkpoint *checkpoint, const Part *part);
    // Looks at the object once it has the file's values; NULL: any will do.
    bool (*check)(const Part *part, Error *error);
};

// A state made from the file, which takes the place of that of the optimizer.
typedef struct NewState {
    ParameterState **place, *state;
} NewState;

struct Checkpoint {
    Part *parts;
    int part_count;
    // While one is under way, all that is to be saved or loaded: where it is in memory, and what
    // must be the same text in the file and in the program.
    SafetensorsEntry *entries;
    SafetensorsFact *facts;
    NewState *states;
    int entry_count, fact_count, state_count;
    const SafetensorsFile *file; // that is loaded; NULL: it is being saved
    bool partial;                // the file may hold more
};

static void list_clear(Checkpoint *checkpoint) {
    for (int i = 0; i < checkpoint->entry_count; i++)
        free((char *)checkpoint->entries[i].name);
    for (int i = 0; i < checkpoint->fact_count; i++) {
        free((char *)checkpoint->facts[i].key);
        free((char *)checkpoint->facts[i].text);
    }
    for (int i = 0; i < checkpoint->state_count; i++)
        parameter_state_free(checkpoint->states[i].state);
    checkpoint->entry_count = checkpoint->fact_count = checkpoint->state_count = 0;
}

Checkpoint *checkpoint_new(void) {
    return memory_zeroed(1, sizeof(Checkpoint));
}

void checkpoint_free(Checkpoint *checkpoint) {
    if (!checkpoint)
        return;
    list_clear(checkpoint);
    for (int i = 0; i < checkpoint->part_count; i++)
        free(checkpoint->parts[i].name);
    free(checkpoint->parts);
    free(checkpoint->entries);
    free(checkpoint->facts);
    free(checkpoint->states);
    free(checkpoint);
}

// Makes room for one more, and is its place.
#define ONE_MORE(ARRAY, COUNT)                                                                     \
    (ARRAY = memory_resize(ARRAY, (size_t)(COUNT + 1) * sizeof *ARRAY), &ARRAY[COUNT++])

// The list owns `name`, `key` and `text` from here on.
static void list_entry(Checkpoint *checkpoint, char *name, Dtype dtype, Shape shape, void *data) {
    *ONE_MORE(checkpoint->entries, checkpoint->entry_count) =
        (SafetensorsEntry){.name = name, .dtype = dtype, .shape = shape, .data = data};
}

static void list_fact(Checkpoint *checkpoint, char *key, char *text) {
    *ONE_MORE(checkpoint->facts, checkpoint->fact_count) = (SafetensorsFact){key, text};
}

static bool count_check(const char *part, const char *name, long count, Error *error) {
    return (count >= 0 && count <= COUNT_MAX) ||
           error_set(error, "'%s.%s' is %ld, expected 0 to %ld", part, name, count, COUNT_MAX);
}

// --- modules -------------------------------------------------------------------------------------

static void module_list(Checkpoint *checkpoint, const Part *part) {
    const ParameterList parameters = module_parameters(part->object),
                        all = parameter_list_join(parameters, module_buffers(part->object));
    for (int i = 0; i < all.count; i++) {
        Tensor *tensor = &all.items[i]->tensor;
        char *name = path_format("%s.%s", part->name, all.items[i]->name);
        list_entry(checkpoint, name, DTYPE_REAL, tensor->shape, tensor->data);
        if (i < parameters.count)
            list_entry(checkpoint, path_format("%s.requires_grad", name), DTYPE_BOOL, SHAPE_SCALAR,
                       &tensor->requires_grad);
    }
}

// Tells a module and all below that their numbers are others now.
static void module_changed(Module *module) {
    for (int i = 0; i < module->parameters.count; i++) {
        parameter_clear_grad(module->parameters.items[i]);
        parameter_changed(module->parameters.items[i]);
    }
    for (int i = 0; i < module->buffers.count; i++)
        parameter_changed(module->buffers.items[i]);
    module->initialised = true;
    for (int i = 0; i < module->child_count; i++)
        module_changed(module->children[i]);
}

// --- optimizers ----------------------------------------------------------------------------------

// Where a parameter stands in the file: the name of the module that holds it.
static const char *owner_name(const Checkpoint *checkpoint, const Part *part,
                              const Parameter *parameter) {
    for (int p = 0; p < checkpoint->part_count; p++) {
        if (checkpoint->parts[p].list != module_list)
            continue;
        const ParameterList list = module_parameters(checkpoint->parts[p].object);
        for (int i = 0; i < list.count; i++)
            if (list.items[i] == parameter)
                return checkpoint->parts[p].name;
    }
    fatal("checkpoint: '%s' owns '%s', which no module of this checkpoint holds: its value would "
          "not be saved",
          part->name, parameter->name);
}

// A parameter without a state is saved like one that had no update: with step 0 and no buffers.
static void state_list(Checkpoint *checkpoint, const Part *part, int group, int index) {
    static long never = 0;
    const Optimizer *optimizer = part->object;
    Parameter *parameter = optimizer->groups[group].parameters.items[index];
    ParameterState *state = optimizer->groups[group].states[index];
    const char *owner = owner_name(checkpoint, part, parameter);
    if (checkpoint->file) {
        state = memory_zeroed(1, sizeof *state);
        *ONE_MORE(checkpoint->states, checkpoint->state_count) =
            (NewState){&optimizer->groups[group].states[index], state};
    }
    list_entry(checkpoint,
               path_format("%s.groups.%d.%s.%s.step", part->name, group, owner, parameter->name),
               DTYPE_LONG, SHAPE_SCALAR, state ? &state->step : &never);
    for (int b = 0; state && b < STATE_MAX_BUFFERS && optimizer->algorithm->buffer_names[b]; b++) {
        char *name = path_format("%s.groups.%d.%s.%s.%s", part->name, group, owner, parameter->name,
                                 optimizer->algorithm->buffer_names[b]);
        if (checkpoint->file ? safetensors_find(checkpoint->file, name) != NULL
                             : state->buffers[b] != NULL)
            list_entry(checkpoint, name, DTYPE_REAL, parameter->tensor.shape,
                       parameter_state_buffer(state, parameter, b));
        else
            free(name);
    }
}

static void optimizer_list(Checkpoint *checkpoint, const Part *part) {
    const Optimizer *optimizer = part->object;
    list_fact(checkpoint, path_format("%s.algorithm", part->name),
              memory_string(optimizer->algorithm->name));
    for (int g = 0; g < optimizer->group_count; g++) {
        for (int id = 0; id < HYPERPARAMETER_COUNT; id++)
            if (!isnan(optimizer->algorithm->defaults.values[id]))
                list_entry(checkpoint,
                           path_format("%s.groups.%d.%s", part->name, g, hyperparameter_name(id)),
                           DTYPE_F64, SHAPE_SCALAR,
                           &optimizer->groups[g].hyperparameters.values[id]);
        for (int i = 0; i < optimizer->groups[g].parameters.count; i++)
            state_list(checkpoint, part, g, i);
    }
}

static bool optimizer_check(const Part *part, Error *error) {
    const Optimizer *optimizer = part->object;
    for (int g = 0; g < optimizer->group_count; g++) {
        const ParameterGroup *group = &optimizer->groups[g];
        for (int id = 0; id < HYPERPARAMETER_COUNT; id++) {
            const double value = group->hyperparameters.values[id];
            if (!isnan(optimizer->algorithm->defaults.values[id]) &&
                !hyperparameter_allows(id, value))
                return error_set(error, "'%s.groups.%d.%s' is %g, expected %s", part->name, g,
                                 hyperparameter_name(id), value, hyperparameter_range(id));
        }
        for (int i = 0; i < group->parameters.count; i++)
            if (!count_check(group->parameters.items[i]->name, "step", group->states[i]->step,
                             error))
                return false;
    }
    return true;
}

// --- schedulers, batches, random streams, integers -----------------------------------------------

static void scheduler_list(Checkpoint *checkpoint, const Part *part) {
    list_entry(checkpoint, path_format("%s.step", part->name), DTYPE_LONG, SHAPE_SCALAR,
               &((Scheduler *)part->object)->step);
}

static bool scheduler_check(const Part *part, Error *error) {
    const Scheduler *scheduler = part->object;
    if (!count_check(part->name, "step", scheduler->step, error))
        return false;
    for (int i = 0; i < scheduler->binding_count; i++) {
        const Binding *binding = &scheduler->bindings[i];
        const double value = schedule_at(binding->schedule, scheduler->step);
        if (!hyperparameter_allows(binding->hyperparameter, value))
            return error_set(error, "'%s.step' is %ld, and there the %s schedule of %s is %g",
                             part->name, scheduler->step, binding->schedule.name,
                             hyperparameter_name(binding->hyperparameter), value);
    }
    return true;
}

static void batches_list(Checkpoint *checkpoint, const Part *part) {
    Batches *batches = part->object;
    const BatchOptions *options = &batches->options;
    char seed[64];
    snprintf(seed, sizeof seed, "shuffled from seed %llu", (unsigned long long)options->seed);
    list_fact(checkpoint, memory_string(part->name),
              path_format("%d images of %s in batches of %d, the last %s, %s", batches->data->count,
                          batches->data->name ? batches->data->name : "a nameless set",
                          options->size, options->drop_last ? "whole or dropped" : "kept",
                          options->shuffle ? seed : "in the set's own order"));
    list_entry(checkpoint, path_format("%s.epoch", part->name), DTYPE_LONG, SHAPE_SCALAR,
               &batches->epoch);
    list_entry(checkpoint, path_format("%s.next", part->name), DTYPE_I32, SHAPE_SCALAR,
               &batches->next);
}

static bool batches_check(const Part *part, Error *error) {
    Batches *batches = part->object;
    return count_check(part->name, "epoch", batches->epoch, error) &&
           batches_seek(batches, batches->epoch, batches->next, error);
}

static void random_list(Checkpoint *checkpoint, const Part *part) {
    Random *random = part->object;
    list_entry(checkpoint, path_format("%s.key", part->name), DTYPE_U64, SHAPE_SCALAR,
               &random->key);
    list_entry(checkpoint, path_format("%s.counter", part->name), DTYPE_U64, SHAPE_SCALAR,
               &random->counter);
}

static void integer_list(Checkpoint *checkpoint, const Part *part) {
    list_entry(checkpoint, memory_string(part->name), DTYPE_LONG, SHAPE_SCALAR, part->object);
}

// --- the parts -----------------------------------------------------------------------------------

static void add_part(Checkpoint *checkpoint, Part part) {
    if (!*part.name || strchr(part.name, '.'))
        fatal("checkpoint: '%s' is no name: it must not be empty or hold a dot", part.name);
    for (int i = 0; i < checkpoint->part_count; i++)
        if (strcmp(checkpoint->parts[i].name, part.name) == 0)
            fatal("checkpoint: the name '%s' is taken", part.name);
    part.name = memory_string(part.name);
    *ONE_MORE(checkpoint->parts, checkpoint->part_count) = part;
}

#define PART_ADDER(TYPE, OBJECT, CHECK)                                                            \
    void checkpoint_add_##OBJECT(Checkpoint *checkpoint, const char *name, TYPE *OBJECT) {         \
        add_part(checkpoint, (Part){(char *)name, OBJECT, OBJECT##_list, CHECK});                  \
    }
PART_ADDER(Module, module, NULL)
PART_ADDER(Optimizer, optimizer, optimizer_check)
PART_ADDER(Scheduler, scheduler, scheduler_check)
PART_ADDER(Batches, batches, batches_check)
PART_ADDER(Random, random, NULL)
PART_ADDER(long, integer, NULL)

static void list_all(Checkpoint *checkpoint, const SafetensorsFile *file) {
    list_clear(checkpoint); // a fatal error may have left something
    checkpoint->file = file;
    for (int p = 0; p < checkpoint->part_count; p++)
        checkpoint->parts[p].list(checkpoint, &checkpoint->parts[p]);
}

bool checkpoint_save(Checkpoint *checkpoint, const char *path, Error *error) {
    list_all(checkpoint, NULL);
    bool saved = safetensors_save(path, checkpoint->entries, checkpoint->entry_count,
                                  checkpoint->facts, checkpoint->fact_count, error);
    list_clear(checkpoint);
    return saved;
}

// --- loading -------------------------------------------------------------------------------------

static bool differs(Error *error, const char *name, const char *found, const char *expected) {
    return error_set(error, "'%s' is %s, expected %s", safetensors_quoted(name).text,
                     safetensors_quoted(found).text, expected);
}

static bool entry_fits(const SafetensorsEntry *entry, const SafetensorsEntry *found, Error *error) {
    const SafetensorsText expected = safetensors_type_text(entry),
                          type =
                              found ? safetensors_type_text(found) : (SafetensorsText){"missing"};
    if (strcmp(type.text, expected.text) != 0)
        return differs(error, entry->name, type.text, expected.text);
    return entry->dtype != DTYPE_BOOL || *(unsigned char *)found->data <= 1 ||
           differs(error, entry->name, "another number", "0 or 1");
}

// The file has the same texts, every entry in its type and shape, and nothing else.
static bool file_fits(const Checkpoint *checkpoint, Error *error) {
    const SafetensorsFile *file = checkpoint->file;
    for (int i = 0; i < checkpoint->fact_count; i++) {
        const SafetensorsFact *fact = &checkpoint->facts[i];
        const char *text = safetensors_fact(file, fact->key);
        if (!text || strcmp(text, fact->text) != 0)
            return differs(error, fact->key, text ? text : "missing", fact->text);
    }
    for (int i = 0; i < checkpoint->entry_count; i++) {
        const SafetensorsEntry *entry = &checkpoint->entries[i];
        if (!entry_fits(entry, safetensors_find(file, entry->name), error))
            return false;
    }
    for (int f = 0; f < file->count && !checkpoint->partial; f++) {
        int i = 0;
        while (i < checkpoint->entry_count &&
               strcmp(checkpoint->entries[i].name, file->entries[f].name) != 0)
            i++;
        if (i == checkpoint->entry_count)
            return differs(error, file->entries[f].name, "in the file", "nothing of that name");
    }
    return true;
}

// Exchanges what is in memory and what was read. Done twice, it leaves all as it was.
static void exchange(Checkpoint *checkpoint) {
    for (int i = 0; i < checkpoint->entry_count; i++) {
        const SafetensorsEntry *entry = &checkpoint->entries[i];
        char *here = entry->data, *there = safetensors_find(checkpoint->file, entry->name)->data;
        for (size_t b = safetensors_bytes(entry); b-- > 0;) {
            const char byte = here[b];
            here[b] = there[b];
            there[b] = byte;
        }
    }
    for (int i = 0; i < checkpoint->state_count; i++) {
        NewState *new = &checkpoint->states[i];
        ParameterState *state = *new->place;
        *new->place = new->state;
        new->state = state;
    }
}

static bool take_over(Checkpoint *checkpoint, Error *error) {
    exchange(checkpoint);
    for (int p = 0; p < checkpoint->part_count; p++) {
        const Part *part = &checkpoint->parts[p];
        if (part->check && !part->check(part, error)) {
            exchange(checkpoint);
            return false;
        }
    }
    for (int p = 0; p < checkpoint->part_count; p++)
        if (checkpoint->parts[p].list == module_list)
            module_changed(checkpoint->parts[p].object);
    return true;
}

bool checkpoint_load(Checkpoint *checkpoint, const char *path, Error *error) {
    Error wrong;
    SafetensorsFile *file = safetensors_open(path, &wrong);
    if (!file)
        return error_set(error, "%s; " ADVICE, wrong.message);
    list_all(checkpoint, file);
    bool loaded = file_fits(checkpoint, &wrong) && take_over(checkpoint, &wrong);
    if (!loaded)
        error_set(error, "%s: %s; " ADVICE, path, wrong.message);
    list_clear(checkpoint);
    safetensors_close(file);
    return loaded;
}

bool checkpoint_read_integer(const char *path, const char *name, long *integer, Error *error) {
    Checkpoint *checkpoint = checkpoint_new();
    checkpoint->partial = true;
    checkpoint_add_integer(checkpoint, name, integer);
    bool read = checkpoint_load(checkpoint, path, error);
    checkpoint_free(checkpoint);
    return read;
}
