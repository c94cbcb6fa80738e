#include "optim/optimizer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

// --- checks --------------------------------------------------------------------------------------

static ParameterGroup *group_at(const Optimizer *optimizer, int group) {
    if (group < 0 || group >= optimizer->group_count)
        fatal("%s: there is no group %d; it has %d (they count from 0)", optimizer->algorithm->name,
              group, optimizer->group_count);
    return &optimizer->groups[group];
}

static bool algorithm_has(const Algorithm *algorithm, int id) {
    return !isnan(algorithm->defaults.values[id]);
}

// The id of a hyperparameter that the algorithm has.
static int algorithm_find(const Algorithm *algorithm, const char *hyperparameter) {
    const int found = hyperparameter_find(hyperparameter);
    if (found >= 0 && algorithm_has(algorithm, found))
        return found;
    char names[256] = "";
    for (int id = 0; id < HYPERPARAMETER_COUNT; id++) {
        const size_t length = strlen(names);
        if (algorithm_has(algorithm, id))
            snprintf(names + length, sizeof names - length, "%s%s", length ? ", " : "",
                     hyperparameter_name(id));
    }
    fatal("%s has no hyperparameter '%s'; it has %s", algorithm->name, hyperparameter, names);
}

static void value_check(const Algorithm *algorithm, const char *group, int id, double value) {
    if (!hyperparameter_allows(id, value))
        fatal("%s: %s of '%s' is %g; it must be %s", algorithm->name, hyperparameter_name(id),
              group, value, hyperparameter_range(id));
}

static void hyperparameters_check(const Algorithm *algorithm, const ParameterGroup *group) {
    const Hyperparameters *h = &group->hyperparameters;
    for (int id = 0; id < HYPERPARAMETER_COUNT; id++)
        if (algorithm_has(algorithm, id))
            value_check(algorithm, group->name, id, h->values[id]);
    if (h->nesterov == 1 && !(h->momentum > 0 && h->dampening == 0))
        fatal("%s: nesterov of '%s' needs momentum > 0 and dampening 0; they are %g and %g",
              algorithm->name, group->name, h->momentum, h->dampening);
}

// The place of a parameter in a list, or −1.
static int list_find(const ParameterList *list, const Parameter *parameter) {
    for (int i = 0; i < list->count; i++)
        if (list->items[i] == parameter)
            return i;
    return -1;
}

static void parameters_check(const Optimizer *optimizer, const ParameterGroup *group) {
    for (int i = 0; i < group->parameters.count; i++) {
        const Parameter *parameter = group->parameters.items[i];
        if (list_find(&group->parameters, parameter) < i)
            fatal("%s: parameter '%s' stands twice in '%s'", optimizer->algorithm->name,
                  parameter->name, group->name);
        for (int g = 0; g < optimizer->group_count; g++)
            if (list_find(&optimizer->groups[g].parameters, parameter) >= 0)
                fatal("%s: parameter '%s' would be in two groups, '%s' and '%s'",
                      optimizer->algorithm->name, parameter->name, optimizer->groups[g].name,
                      group->name);
    }
}

// --- groups --------------------------------------------------------------------------------------

// `given` over `inherited`, where given says something.
static Hyperparameters hyperparameters_over(const Algorithm *algorithm, Hyperparameters inherited,
                                            const Hyperparameters *given) {
    for (int id = 0; id < HYPERPARAMETER_COUNT; id++)
        if (!isnan(given->values[id]))
            inherited.values[algorithm_find(algorithm, hyperparameter_name(id))] =
                given->values[id];
    return inherited;
}

// All checks come before anything is allocated: a test that catches the error leaks nothing.
int optimizer_add_group_of(Optimizer *optimizer, ParameterList parameters, Hyperparameters given) {
    const Algorithm *algorithm = optimizer->algorithm;
    const int index = optimizer->group_count;
    ParameterGroup group = {.parameters = parameters};
    snprintf(group.name, sizeof group.name, "group %d", index);
    group.hyperparameters = hyperparameters_over(algorithm, optimizer->defaults, &given);
    hyperparameters_check(algorithm, &group);
    parameters_check(optimizer, &group);
    optimizer->groups = memory_resize(optimizer->groups, (size_t)(index + 1) * sizeof group);
    optimizer->groups[index] = group;
    optimizer->group_count++;
    return index;
}

void optimizer_name_group(Optimizer *optimizer, int group, const char *name) {
    ParameterGroup *named = group_at(optimizer, group);
    snprintf(named->name, sizeof named->name, "%s", name);
}

Optimizer *optimizer_new(const Algorithm *algorithm, ParameterList parameters,
                         Hyperparameters given) {
    if (parameters.count == 0)
        fatal("%s: the list of parameters is empty", algorithm->name);
    Optimizer built = {.algorithm = algorithm,
                       .defaults = hyperparameters_over(algorithm, algorithm->defaults, &given)};
    optimizer_add_group(&built, parameters);
    Optimizer *optimizer = memory_alloc(sizeof *optimizer);
    *optimizer = built;
    return optimizer;
}

void optimizer_free(Optimizer *optimizer) {
    if (!optimizer)
        return;
    for (int g = 0; g < optimizer->group_count; g++) {
        ParameterGroup *group = &optimizer->groups[g];
        for (int i = 0; i < group->parameters.count; i++)
            parameter_state_free(group->states[i]);
    }
    free(optimizer->groups);
    free(optimizer);
}

// --- a step --------------------------------------------------------------------------------------

void optimizer_zero_grad(Optimizer *optimizer) {
    for (int g = 0; g < optimizer->group_count; g++)
        for (int i = 0; i < optimizer->groups[g].parameters.count; i++)
            parameter_clear_grad(optimizer->groups[g].parameters.items[i]);
}

void optimizer_zero_grad_to_zero(Optimizer *optimizer) {
    for (int g = 0; g < optimizer->group_count; g++)
        for (int i = 0; i < optimizer->groups[g].parameters.count; i++) {
            Parameter *parameter = optimizer->groups[g].parameters.items[i];
            if (parameter->tensor.grad_state != GRAD_NONE)
                parameter_zero_grad(parameter);
        }
}

void optimizer_step(Optimizer *optimizer) {
    bool moved = false;
    for (int g = 0; g < optimizer->group_count; g++) {
        ParameterGroup *group = &optimizer->groups[g];
        for (int i = 0; i < group->parameters.count; i++) {
            Parameter *parameter = group->parameters.items[i];
            if (parameter->tensor.grad_state == GRAD_NONE)
                continue;
            if (!group->states[i])
                group->states[i] = memory_zeroed(1, sizeof *group->states[i]);
            group->states[i]->step++;
            optimizer->algorithm->update(&group->hyperparameters, parameter, group->states[i]);
            parameter_changed(parameter);
            moved = true;
        }
    }
    if (!moved)
        fatal("%s: a step without a gradient: none of its parameters has one (is backward called "
              "before it, on a loss that depends on an unfrozen parameter of this optimizer?)",
              optimizer->algorithm->name);
}

// --- knobs and state -----------------------------------------------------------------------------

double optimizer_get(const Optimizer *optimizer, int group, const char *hyperparameter) {
    const int id = algorithm_find(optimizer->algorithm, hyperparameter);
    return group_at(optimizer, group)->hyperparameters.values[id];
}

void optimizer_set(Optimizer *optimizer, int group, const char *hyperparameter, double value) {
    const int id = algorithm_find(optimizer->algorithm, hyperparameter);
    ParameterGroup *changed = group_at(optimizer, group);
    value_check(optimizer->algorithm, changed->name, id, value);
    changed->hyperparameters.values[id] = value;
}

const ParameterState *optimizer_state(const Optimizer *optimizer, const Parameter *parameter) {
    for (int g = 0; g < optimizer->group_count; g++) {
        const int index = list_find(&optimizer->groups[g].parameters, parameter);
        if (index >= 0)
            return optimizer->groups[g].states[index];
    }
    fatal("%s: parameter '%s' isn't in any of its groups", optimizer->algorithm->name,
          parameter->name);
}

void parameter_state_free(ParameterState *state) {
    for (int b = 0; state && b < STATE_MAX_BUFFERS; b++)
        free(state->buffers[b]);
    free(state);
}

real *parameter_state_buffer(ParameterState *state, const Parameter *parameter, int index) {
    if (!state->buffers[index])
        state->buffers[index] = memory_zeroed(parameter->tensor.size, sizeof(real));
    return state->buffers[index];
}
