#include "instruments/moved.h"

#include <stdlib.h>
#include <string.h>

#include "files/table.h"

enum { WEIGHTS, GRADIENTS, STATE, STATISTICS, PARTS };
static const char *const part_names[PARTS] = {"weights", "gradients", "optimizer state",
                                              "batch-norm statistics"};

// A copy of all that a column looks at.
typedef struct Numbers {
    size_t count;
    real *values;
} Numbers;

typedef struct Watched {
    const char *name;
    Module *module;
    const Optimizer *optimizer;
    Numbers before[PARTS];
} Watched;

struct Moved {
    Table *table;
    int count, unexpected;
    Watched watched[MOVED_NETWORKS_MAX];
};

Moved *moved_new(const char *folder) {
    Moved *moved = memory_zeroed(1, sizeof *moved);
    moved->table = table_open(folder, "moved.csv", "action,network,part,changed,total,as_expected");
    return moved;
}

void moved_watch(Moved *moved, int network, const char *name, Module *module,
                 const Optimizer *optimizer) {
    if (network < 0 || network > moved->count || network == MOVED_NETWORKS_MAX)
        fatal("moved_watch: '%s' is network %d of %d", name, network, moved->count);
    moved->count += network == moved->count;
    moved->watched[network].name = name;
    moved->watched[network].module = module;
    moved->watched[network].optimizer = optimizer;
}

// What isn't there (a gradient that is none, a state before the first step) is as many NaNs.
static void numbers_add(Numbers *numbers, const real *values, size_t count) {
    numbers->values = memory_resize(numbers->values, (numbers->count + count) * sizeof(real));
    for (size_t i = 0; i < count; i++)
        numbers->values[numbers->count++] = values ? values[i] : (real)NAN;
}

// The state of those parameters of the list that the optimizer owns.
static void add_states(Numbers *numbers, const Optimizer *optimizer, const ParameterList *list) {
    for (int g = 0; optimizer && g < optimizer->group_count; g++) {
        const ParameterGroup *group = &optimizer->groups[g];
        for (int i = 0; i < group->parameters.count; i++) {
            const ParameterState *state = group->states[i];
            const real step = state ? (real)state->step : 0;
            if (!parameter_list_holds(list, group->parameters.items[i]))
                continue;
            numbers_add(numbers, &step, 1);
            for (int b = 0; b < STATE_MAX_BUFFERS; b++)
                if (algorithm_keeps(optimizer->algorithm, b, &group->hyperparameters))
                    numbers_add(numbers, state ? state->buffers[b] : NULL,
                                group->parameters.items[i]->tensor.size);
        }
    }
}

static Numbers numbers_of(const Watched *watched, int part) {
    Numbers numbers = {0};
    const ParameterList list =
        part == STATISTICS ? module_buffers(watched->module) : module_parameters(watched->module);
    if (part == STATE)
        add_states(&numbers, watched->optimizer, &list);
    for (int i = 0; i < list.count && part != STATE; i++) {
        const Tensor *tensor = &list.items[i]->tensor;
        const real *grad = tensor->grad_state == GRAD_NONE ? NULL : tensor->grad;
        numbers_add(&numbers, part == GRADIENTS ? grad : tensor->data, tensor->size);
    }
    return numbers;
}

static void forget(Moved *moved) {
    for (int w = 0; w < moved->count; w++)
        for (int part = 0; part < PARTS; part++)
            free(moved->watched[w].before[part].values);
}

void moved_before(Moved *moved) {
    forget(moved);
    for (int w = 0; w < moved->count; w++)
        for (int part = 0; part < PARTS; part++)
            moved->watched[w].before[part] = numbers_of(&moved->watched[w], part);
}

static size_t count_changed(const Numbers *before, const Numbers *after) {
    size_t changed = before->count > after->count ? before->count - after->count : 0;
    for (size_t i = 0; i < after->count; i++)
        changed +=
            i >= before->count || memcmp(&before->values[i], &after->values[i], sizeof(real)) != 0;
    return changed;
}

void moved_after(Moved *moved, const char *action, const char *expected) {
    for (int w = 0; w < moved->count; w++)
        for (int part = 0; part < PARTS; part++, expected++) {
            expected += strspn(expected, " ");
            if (!*expected || !strchr(".#+", *expected))
                fatal("moved_after: '%s' wants a '.', '#' or '+' for each of %d columns", action,
                      PARTS * moved->count);
            Numbers after = numbers_of(&moved->watched[w], part);
            const size_t changed = count_changed(&moved->watched[w].before[part], &after);
            const bool all = changed >= after.count;
            const bool right = (changed > 0) == (*expected != '.') && !(all && *expected == '+');
            moved->unexpected += !right;
            table_row(moved->table, "%s,%s,%s,%zu,%zu,%d", action, moved->watched[w].name,
                      part_names[part], changed, after.count, right);
            free(after.values);
        }
}

bool moved_close(Moved *moved, int *unexpected, Error *error) {
    *unexpected = moved->unexpected;
    forget(moved);
    const bool whole = table_close(moved->table, error);
    free(moved);
    return whole;
}
