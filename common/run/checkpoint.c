#include "run/checkpoint.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "run/file.h"
#include "run/safetensors.h"

#define INTEGER_MAX ((int64_t)1 << 53)
#define INTEGER_MIN (-INTEGER_MAX)
#define ADVICE                                                                                     \
    "go on with the options that the run was started with, or start anew without --resume"

// --- what a checkpoint is made of ----------------------------------------------------------------

// Loading goes in this order. A scheduler sets the knobs that it has bound, so it comes before the
// optimizer, whose values are those of the file.
typedef enum PartKind {
    PART_SCHEDULER,
    PART_MODULE,
    PART_OPTIMIZER,
    PART_BATCHES,
    PART_RANDOM,
    PART_INTEGER,
    PART_KINDS,
} PartKind;

typedef struct Part {
    PartKind kind;
    char *name;
    void *object;
} Part;

struct Checkpoint {
    Part *parts;
    int count;
};

// One tensor of the file: where its bytes come from, and where they go.
typedef struct Slot Slot;
struct Slot {
    char *name;
    Dtype dtype;
    Shape shape;
    bool optional;       // an optimizer's state, which may be missing on either side
    const void *present; // the live bytes, `own`, or NULL: there is nothing to save
    union {              // the live value of a slot that is one number
        int64_t integer;
        double number;
        bool flag;
    } own;
    void *object; // what it is a part of, and which part of that
    int group, index, buffer;
    const Slot *partner; // another slot without which this one says nothing
    // What is wrong with the loaded value? NULL: any value will do.
    bool (*check)(const Slot *slot, Error *error);
    void (*apply)(const Slot *slot); // the loaded bytes become the live ones; NULL: done by another
    void *loaded;                    // NULL: not in the file
};

// A text that must be the same in the file and in the program.
typedef struct Fact {
    char *key, *text;
} Fact;

// All that is to be saved or loaded, as the live objects are now.
typedef struct Plan {
    const Checkpoint *checkpoint;
    Slot **slots; // each in memory of its own, so that `present` may point into it
    Fact *facts;
    int slot_count, fact_count;
} Plan;

Checkpoint *checkpoint_new(void) {
    return memory_zeroed(1, sizeof(Checkpoint));
}

void checkpoint_free(Checkpoint *checkpoint) {
    if (!checkpoint)
        return;
    for (int i = 0; i < checkpoint->count; i++)
        free(checkpoint->parts[i].name);
    free(checkpoint->parts);
    free(checkpoint);
}

static void add_part(Checkpoint *checkpoint, PartKind kind, const char *name, void *object) {
    if (!*name || strchr(name, '.'))
        fatal("checkpoint: '%s' is no name: it must not be empty or hold a dot", name);
    for (int i = 0; i < checkpoint->count; i++)
        if (strcmp(checkpoint->parts[i].name, name) == 0)
            fatal("checkpoint: the name '%s' is taken", name);
    size_t count = (size_t)checkpoint->count + 1;
    checkpoint->parts = memory_resize(checkpoint->parts, count * sizeof *checkpoint->parts);
    checkpoint->parts[checkpoint->count++] =
        (Part){.kind = kind, .name = memory_string(name), .object = object};
}

void checkpoint_add_module(Checkpoint *checkpoint, const char *name, Module *module) {
    add_part(checkpoint, PART_MODULE, name, module);
}

void checkpoint_add_optimizer(Checkpoint *checkpoint, const char *name, Optimizer *optimizer) {
    add_part(checkpoint, PART_OPTIMIZER, name, optimizer);
}

void checkpoint_add_scheduler(Checkpoint *checkpoint, const char *name, Scheduler *scheduler) {
    add_part(checkpoint, PART_SCHEDULER, name, scheduler);
}

void checkpoint_add_batches(Checkpoint *checkpoint, const char *name, Batches *batches) {
    add_part(checkpoint, PART_BATCHES, name, batches);
}

void checkpoint_add_random(Checkpoint *checkpoint, const char *name, Random *random) {
    add_part(checkpoint, PART_RANDOM, name, random);
}

void checkpoint_add_integer(Checkpoint *checkpoint, const char *name, long *integer) {
    add_part(checkpoint, PART_INTEGER, name, integer);
}

// --- slots and facts -----------------------------------------------------------------------------

// The plan owns `name` from here on.
static Slot *add_slot(Plan *plan, char *name, Dtype dtype, Shape shape) {
    plan->slots = memory_resize(plan->slots, (size_t)(plan->slot_count + 1) * sizeof(Slot *));
    Slot *slot = plan->slots[plan->slot_count++] = memory_zeroed(1, sizeof *slot);
    slot->name = name;
    slot->dtype = dtype;
    slot->shape = shape;
    return slot;
}

static Slot *add_integer(Plan *plan, char *name, int64_t value) {
    Slot *slot = add_slot(plan, name, DTYPE_I64, SHAPE_SCALAR);
    slot->own.integer = value;
    slot->present = &slot->own;
    return slot;
}

static void add_fact(Plan *plan, char *key, char *text) {
    plan->facts = memory_resize(plan->facts, (size_t)(plan->fact_count + 1) * sizeof(Fact));
    plan->facts[plan->fact_count++] = (Fact){key, text};
}

static int64_t loaded_integer(const Slot *slot) {
    return *(const int64_t *)slot->loaded;
}

static bool integer_within(const Slot *slot, int64_t low, Error *error) {
    int64_t value = loaded_integer(slot), high = INTEGER_MAX < LONG_MAX ? INTEGER_MAX : LONG_MAX;
    if (value < low || value > high)
        return error_set(error, "'%s' is %lld, expected %lld to %lld", slot->name, (long long)value,
                         (long long)low, (long long)high);
    return true;
}

static bool count_check(const Slot *slot, Error *error) {
    return integer_within(slot, 0, error);
}

// --- modules -------------------------------------------------------------------------------------

static void tensor_apply(const Slot *slot) {
    Parameter *parameter = slot->object;
    memcpy(parameter->tensor.data, slot->loaded, parameter->tensor.size * sizeof(real));
    parameter_clear_grad(parameter);
    parameter_changed(parameter);
}

static bool requires_grad_check(const Slot *slot, Error *error) {
    unsigned char value = *(const unsigned char *)slot->loaded;
    return value <= 1 || error_set(error, "'%s' is %d, expected 0 or 1", slot->name, value);
}

static void requires_grad_apply(const Slot *slot) {
    ParameterList list = {.count = 1, .items = {slot->object}};
    parameter_list_require_grad(&list, *(const bool *)slot->loaded);
}

static void plan_module(Plan *plan, const Part *part) {
    const ParameterList lists[] = {module_parameters(part->object), module_buffers(part->object)};
    for (int l = 0; l < 2; l++)
        for (int i = 0; i < lists[l].count; i++) {
            Parameter *parameter = lists[l].items[i];
            char *name = path_format("%s.%s", part->name, parameter->name);
            Slot *slot = add_slot(plan, name, DTYPE_REAL, parameter->tensor.shape);
            slot->present = parameter->tensor.data;
            slot->object = parameter;
            slot->apply = tensor_apply;
        }
    for (int i = 0; i < lists[0].count; i++) {
        Parameter *parameter = lists[0].items[i];
        char *name = path_format("%s.%s.requires_grad", part->name, parameter->name);
        Slot *slot = add_slot(plan, name, DTYPE_BOOL, SHAPE_SCALAR);
        slot->own.flag = parameter->tensor.requires_grad;
        slot->present = &slot->own;
        slot->object = parameter;
        slot->check = requires_grad_check;
        slot->apply = requires_grad_apply;
    }
}

static void mark_initialised(Module *module) {
    module->initialised = true;
    for (int i = 0; i < module->child_count; i++)
        mark_initialised(module->children[i]);
}

// --- optimizers ----------------------------------------------------------------------------------

static double loaded_number(const Slot *slot) {
    return *(const double *)slot->loaded;
}

static bool hyperparameter_check(const Slot *slot, Error *error) {
    double value = loaded_number(slot);
    return hyperparameter_allows(slot->index, value) ||
           error_set(error, "'%s' is %g, expected %s", slot->name, value,
                     hyperparameter_range_text(slot->index).text);
}

static void hyperparameter_apply(const Slot *slot) {
    optimizer_set_by_id(slot->object, slot->group, slot->index, loaded_number(slot));
}

static void plan_hyperparameters(Plan *plan, const Part *part, int group) {
    Optimizer *optimizer = part->object;
    for (int id = 0; id < HYPERPARAMETER_COUNT; id++) {
        if (isnan(hyperparameter_value(&optimizer->algorithm->defaults, id)))
            continue; // the algorithm has no such knob
        char *name = path_format("%s.groups.%d.%s", part->name, group, hyperparameter_name(id));
        Slot *slot = add_slot(plan, name, DTYPE_F64, SHAPE_SCALAR);
        slot->own.number = hyperparameter_value(&optimizer->groups[group].hyperparameters, id);
        slot->present = &slot->own;
        slot->object = optimizer;
        slot->group = group;
        slot->index = id;
        slot->check = hyperparameter_check;
        slot->apply = hyperparameter_apply;
    }
}

// A state is there from a parameter's first update on. Its step decides, so it is applied even
// where the file has none, and before the buffers.
static void state_step_apply(const Slot *slot) {
    Optimizer *optimizer = slot->object;
    ParameterGroup *group = &optimizer->groups[slot->group];
    ParameterState **state = &group->states[slot->index];
    for (int b = 0; *state && b < STATE_MAX_BUFFERS; b++)
        free((*state)->buffers[b]);
    free(*state);
    *state = NULL;
    if (slot->loaded)
        optimizer_state_create(optimizer, group->parameters.items[slot->index])->step =
            (long)loaded_integer(slot);
}

static bool state_buffer_check(const Slot *slot, Error *error) {
    return slot->partner->loaded ||
           error_set(error, "'%s' is there without '%s'", slot->name, slot->partner->name);
}

static void state_buffer_apply(const Slot *slot) {
    if (!slot->loaded)
        return;
    const ParameterGroup *group = &((Optimizer *)slot->object)->groups[slot->group];
    const Parameter *parameter = group->parameters.items[slot->index];
    real *buffer = parameter_state_buffer(group->states[slot->index], parameter, slot->buffer);
    memcpy(buffer, slot->loaded, parameter->tensor.size * sizeof(real));
}

// Where a parameter stands in the file: the module that holds it, or NULL.
static const Part *parameter_owner(const Checkpoint *checkpoint, const Parameter *parameter) {
    for (int p = 0; p < checkpoint->count; p++) {
        if (checkpoint->parts[p].kind != PART_MODULE)
            continue;
        const ParameterList list = module_parameters(checkpoint->parts[p].object);
        for (int i = 0; i < list.count; i++)
            if (list.items[i] == parameter)
                return &checkpoint->parts[p];
    }
    return NULL;
}

static void plan_state(Plan *plan, const Part *part, int group, int index) {
    Optimizer *optimizer = part->object;
    const Parameter *parameter = optimizer->groups[group].parameters.items[index];
    const ParameterState *state = optimizer->groups[group].states[index];
    char *prefix = path_format("%s.state.%s.%s", part->name,
                               parameter_owner(plan->checkpoint, parameter)->name, parameter->name);
    Slot *step = add_integer(plan, path_format("%s.step", prefix), state ? state->step : 0);
    if (!state)
        step->present = NULL;
    step->check = count_check;
    step->apply = state_step_apply;
    step->optional = true;
    step->object = optimizer;
    step->group = group;
    step->index = index;
    for (int b = 0; b < STATE_MAX_BUFFERS && optimizer->algorithm->buffer_names[b]; b++) {
        char *name = path_format("%s.%s", prefix, optimizer->algorithm->buffer_names[b]);
        Slot *slot = add_slot(plan, name, DTYPE_REAL, parameter->tensor.shape);
        slot->present = state ? state->buffers[b] : NULL;
        slot->check = state_buffer_check;
        slot->apply = state_buffer_apply;
        slot->partner = step;
        slot->optional = true;
        slot->object = optimizer;
        slot->group = group;
        slot->index = index;
        slot->buffer = b;
    }
    free(prefix);
}

// "model.0.weight model.0.bias"
static char *parameter_names(const Plan *plan, const ParameterList *list) {
    char *names = memory_string("");
    for (int i = 0; i < list->count; i++) {
        const char *owner = parameter_owner(plan->checkpoint, list->items[i])->name;
        char *longer = path_format("%s%s%s.%s", names, i ? " " : "", owner, list->items[i]->name);
        free(names);
        names = longer;
    }
    return names;
}

static void plan_optimizer(Plan *plan, const Part *part) {
    Optimizer *optimizer = part->object;
    add_fact(plan, path_format("%s.algorithm", part->name),
             memory_string(optimizer->algorithm->name));
    add_fact(plan, path_format("%s.groups", part->name), path_format("%d", optimizer->group_count));
    for (int g = 0; g < optimizer->group_count; g++) {
        const ParameterList *list = &optimizer->groups[g].parameters;
        add_fact(plan, path_format("%s.groups.%d", part->name, g), parameter_names(plan, list));
        plan_hyperparameters(plan, part, g);
        for (int i = 0; i < list->count; i++)
            plan_state(plan, part, g, i);
    }
}

// --- schedulers, batches, random streams, integers -----------------------------------------------

static bool scheduler_check(const Slot *slot, Error *error) {
    const Scheduler *scheduler = slot->object;
    if (!count_check(slot, error))
        return false;
    for (int i = 0; i < scheduler->binding_count; i++) {
        const Binding *binding = &scheduler->bindings[i];
        double value = schedule_at(binding->schedule, (long)loaded_integer(slot));
        if (!hyperparameter_allows(binding->hyperparameter, value))
            return error_set(error,
                             "'%s' is %lld, and there the %s schedule of %s is %g, expected %s",
                             slot->name, (long long)loaded_integer(slot), binding->schedule.name,
                             hyperparameter_name(binding->hyperparameter), value,
                             hyperparameter_range_text(binding->hyperparameter).text);
    }
    return true;
}

static void scheduler_apply(const Slot *slot) {
    scheduler_seek(slot->object, (long)loaded_integer(slot));
}

static void plan_scheduler(Plan *plan, const Part *part) {
    Scheduler *scheduler = part->object;
    Slot *slot = add_integer(plan, path_format("%s.step", part->name), scheduler->step);
    slot->object = scheduler;
    slot->check = scheduler_check;
    slot->apply = scheduler_apply;
}

static bool batches_check(const Slot *slot, Error *error) {
    Batches copy = *(const Batches *)slot->object; // batches_seek changes nothing but its position
    if (!count_check(slot->partner, error))
        return false;
    if (loaded_integer(slot) < 0 || loaded_integer(slot) > INT_MAX)
        return error_set(error, "'%s' is %lld, expected 0 to %d", slot->name,
                         (long long)loaded_integer(slot), copy.data->count);
    return batches_seek(&copy, (long)loaded_integer(slot->partner), (int)loaded_integer(slot),
                        error);
}

static void batches_apply(const Slot *slot) {
    Error checked_before;
    batches_seek(slot->object, (long)loaded_integer(slot->partner), (int)loaded_integer(slot),
                 &checked_before);
}

static void plan_batches(Plan *plan, const Part *part) {
    Batches *batches = part->object;
    const BatchOptions *options = &batches->options;
    char *order = options->shuffle
                      ? path_format("shuffled from seed %llu", (unsigned long long)options->seed)
                      : memory_string("in the set's own order");
    add_fact(plan, memory_string(part->name),
             path_format("%d images of %s in batches of %d, the last %s, %s", batches->data->count,
                         batches->data->name ? batches->data->name : "a nameless set",
                         options->size, options->drop_last ? "whole or dropped" : "kept", order));
    free(order);
    Slot *epoch = add_integer(plan, path_format("%s.epoch", part->name), batches->epoch);
    Slot *next = add_integer(plan, path_format("%s.next", part->name), batches->next);
    next->object = batches;
    next->partner = epoch;
    next->check = batches_check;
    next->apply = batches_apply;
}

static void bits_apply(const Slot *slot) {
    memcpy(slot->object, slot->loaded, sizeof(uint64_t));
}

static void plan_random(Plan *plan, const Part *part) {
    Random *random = part->object;
    const struct {
        const char *name;
        uint64_t *bits;
    } halves[] = {{"key", &random->key}, {"counter", &random->counter}};
    for (int i = 0; i < 2; i++) {
        char *name = path_format("%s.%s", part->name, halves[i].name);
        Slot *slot = add_slot(plan, name, DTYPE_U64, SHAPE_SCALAR);
        slot->present = slot->object = halves[i].bits;
        slot->apply = bits_apply;
    }
}

static bool integer_check(const Slot *slot, Error *error) {
    return integer_within(slot, INTEGER_MIN > LONG_MIN ? INTEGER_MIN : LONG_MIN, error);
}

static void integer_apply(const Slot *slot) {
    *(long *)slot->object = (long)loaded_integer(slot);
}

static void plan_integer(Plan *plan, const Part *part) {
    Slot *slot = add_integer(plan, memory_string(part->name), *(const long *)part->object);
    slot->object = part->object;
    slot->check = integer_check;
    slot->apply = integer_apply;
}

// --- the plan ------------------------------------------------------------------------------------

// The programmer's mistakes, before there is a plan: a fatal error doesn't leave one behind.
static void check_optimizer(const Checkpoint *checkpoint, const Part *part) {
    const Optimizer *optimizer = part->object;
    for (int g = 0; g < optimizer->group_count; g++)
        for (int i = 0; i < optimizer->groups[g].parameters.count; i++) {
            const Parameter *parameter = optimizer->groups[g].parameters.items[i];
            if (!parameter_owner(checkpoint, parameter))
                fatal("checkpoint: '%s' owns '%s', which no module of this checkpoint holds: its "
                      "value would not be saved",
                      part->name, parameter->name);
        }
}

static void check_parts(const Checkpoint *checkpoint) {
    for (int p = 0; p < checkpoint->count; p++) {
        const Part *part = &checkpoint->parts[p];
        if (part->kind == PART_OPTIMIZER)
            check_optimizer(checkpoint, part);
        if (part->kind == PART_INTEGER && (*(const long *)part->object < INTEGER_MIN ||
                                           *(const long *)part->object > INTEGER_MAX))
            fatal("checkpoint: '%s' is %ld, beyond 2^53", part->name, *(const long *)part->object);
    }
}

static Plan plan_make(const Checkpoint *checkpoint) {
    static void (*const planners[PART_KINDS])(Plan *, const Part *) = {
        [PART_SCHEDULER] = plan_scheduler, [PART_MODULE] = plan_module,
        [PART_OPTIMIZER] = plan_optimizer, [PART_BATCHES] = plan_batches,
        [PART_RANDOM] = plan_random,       [PART_INTEGER] = plan_integer,
    };
    check_parts(checkpoint);
    Plan plan = {.checkpoint = checkpoint};
    for (int kind = 0; kind < PART_KINDS; kind++)
        for (int p = 0; p < checkpoint->count; p++)
            if (checkpoint->parts[p].kind == (PartKind)kind)
                planners[kind](&plan, &checkpoint->parts[p]);
    return plan;
}

static void plan_free(Plan *plan) {
    for (int i = 0; i < plan->slot_count; i++) {
        free(plan->slots[i]->name);
        free(plan->slots[i]->loaded);
        free(plan->slots[i]);
    }
    for (int i = 0; i < plan->fact_count; i++) {
        free(plan->facts[i].key);
        free(plan->facts[i].text);
    }
    free(plan->slots);
    free(plan->facts);
}

bool checkpoint_save(const Checkpoint *checkpoint, const char *path, Error *error) {
    Plan plan = plan_make(checkpoint);
    SafetensorsWriter *writer = safetensors_writer_new();
    for (int i = 0; i < plan.fact_count; i++)
        safetensors_add_metadata(writer, plan.facts[i].key, plan.facts[i].text);
    for (int i = 0; i < plan.slot_count; i++) {
        const Slot *slot = plan.slots[i];
        int64_t dims[SHAPE_MAX_RANK];
        for (int d = 0; d < slot->shape.rank; d++)
            dims[d] = slot->shape.dims[d];
        if (slot->present)
            safetensors_add(writer, slot->name, slot->dtype, slot->shape.rank, dims, slot->present);
    }
    bool saved = safetensors_save(writer, path, error);
    safetensors_writer_free(writer);
    plan_free(&plan);
    return saved;
}

// --- loading: every check comes before the first change ------------------------------------------

static bool check_facts(const Plan *plan, const SafetensorsFile *file, Error *error) {
    for (int i = 0; i < plan->fact_count; i++) {
        const Fact *fact = &plan->facts[i];
        const char *text = safetensors_metadata(file, fact->key);
        if (!text)
            return error_set(error, "no checkpoint of such a run: its __metadata__ has no '%s'",
                             fact->key);
        if (strcmp(text, fact->text) == 0)
            continue;
        size_t same = 0; // of a long list, what comes from the first difference on
        for (size_t c = 0; strlen(text) > 100 && text[c] && text[c] == fact->text[c]; c++)
            if (text[c] == ' ')
                same = c + 1;
        const char *cut = same ? "… " : "";
        return error_set(error, "'%s' is \"%s%s\" in the file, and \"%s%.100s\" in this program",
                         fact->key, cut, safetensors_quoted(text + same).text, cut,
                         fact->text + same);
    }
    return true;
}

static bool check_entry(const Slot *slot, const SafetensorsEntry *entry, Error *error) {
    if (entry->dtype != slot->dtype)
        return error_set(error, "'%s' is %s, expected %s%s", slot->name, dtype_name(entry->dtype),
                         dtype_name(slot->dtype),
                         slot->dtype != DTYPE_REAL   ? ""
                         : entry->dtype == DTYPE_F64 ? ": it is of the double build "
                                                       "(make VARIANT=double)"
                         : entry->dtype == DTYPE_F32 ? ": this is the double build, the file is of "
                                                       "another"
                                                     : "");
    bool same = entry->rank == slot->shape.rank;
    for (int d = 0; same && d < entry->rank; d++)
        same = entry->shape[d] == slot->shape.dims[d];
    return same || error_set(error, "'%s' is %s in the file, and %s in this program", slot->name,
                             safetensors_shape_text(entry).text, shape_text(slot->shape).text);
}

static bool check_shapes(const Plan *plan, const SafetensorsFile *file, Error *error) {
    for (int i = 0; i < plan->slot_count; i++) {
        const SafetensorsEntry *entry = safetensors_find(file, plan->slots[i]->name);
        if (entry && !check_entry(plan->slots[i], entry, error))
            return false;
    }
    return true;
}

// The file holds every slot, and nothing else.
static bool check_names(const Plan *plan, const SafetensorsFile *file, Error *error) {
    const int count = safetensors_count(file);
    bool *known = memory_zeroed((size_t)count, sizeof *known), right = true;
    for (int i = 0; right && i < plan->slot_count; i++) {
        const SafetensorsEntry *entry = safetensors_find(file, plan->slots[i]->name);
        if (entry)
            known[entry - safetensors_entry(file, 0)] = true;
        else if (!plan->slots[i]->optional)
            right = error_set(error, "the file has no '%s', which this program has",
                              plan->slots[i]->name);
    }
    for (int i = 0; right && i < count; i++)
        if (!known[i])
            right = error_set(error, "the file has '%s', which this program hasn't",
                              safetensors_quoted(safetensors_entry(file, i)->name).text);
    free(known);
    return right;
}

static bool check_values(const Plan *plan, Error *error) {
    for (int i = 0; i < plan->slot_count; i++) {
        const Slot *slot = plan->slots[i];
        if (slot->loaded && slot->check && !slot->check(slot, error))
            return false;
    }
    return true;
}

static bool read_slots(const Plan *plan, const SafetensorsFile *file, Error *error) {
    for (int i = 0; i < plan->slot_count; i++) {
        const SafetensorsEntry *entry = safetensors_find(file, plan->slots[i]->name);
        if (!entry)
            continue;
        plan->slots[i]->loaded = memory_alloc((size_t)entry->bytes);
        if (!safetensors_read(file, entry, plan->slots[i]->loaded, error))
            return false;
    }
    return true;
}

static void plan_apply(const Plan *plan) {
    for (int i = 0; i < plan->slot_count; i++)
        if (plan->slots[i]->apply)
            plan->slots[i]->apply(plan->slots[i]);
    for (int p = 0; p < plan->checkpoint->count; p++)
        if (plan->checkpoint->parts[p].kind == PART_MODULE)
            mark_initialised(plan->checkpoint->parts[p].object);
}

static SafetensorsFile *open_checkpoint(const char *path, Error *error) {
    if (!file_exists(path) && errno == ENOENT) {
        error_set(error, "%s: there is nothing to go on from: no such file; run without --resume",
                  path);
        return NULL;
    }
    return safetensors_open(path, error);
}

bool checkpoint_load(const Checkpoint *checkpoint, const char *path, Error *error) {
    SafetensorsFile *file = open_checkpoint(path, error);
    if (!file)
        return false;
    Plan plan = plan_make(checkpoint);
    Error wrong;
    bool fits = check_shapes(&plan, file, &wrong) && check_facts(&plan, file, &wrong) &&
                check_names(&plan, file, &wrong);
    bool read = fits && read_slots(&plan, file, error);
    fits = fits && (!read || check_values(&plan, &wrong));
    if (fits && read)
        plan_apply(&plan);
    else if (!fits)
        error_set(error, "%s: %s; " ADVICE, path, wrong.message);
    plan_free(&plan);
    safetensors_close(file);
    return fits && read;
}

bool checkpoint_read_integer(const char *path, const char *name, long *integer, Error *error) {
    SafetensorsFile *file = open_checkpoint(path, error);
    if (!file)
        return false;
    Slot slot = {.name = (char *)name, .dtype = DTYPE_I64, .shape = SHAPE_SCALAR};
    int64_t value = 0;
    const SafetensorsEntry *entry = safetensors_find(file, name);
    Error wrong;
    bool fits = entry ? check_entry(&slot, entry, &wrong)
                      : error_set(&wrong, "the file has no '%s', which this program has", name);
    bool read = fits && safetensors_read(file, entry, &value, error);
    slot.loaded = &value;
    fits = fits && (!read || integer_check(&slot, &wrong));
    if (fits && read)
        *integer = (long)value;
    else if (!fits)
        error_set(error, "%s: %s; " ADVICE, path, wrong.message);
    safetensors_close(file);
    return fits && read;
}
