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
    return id >= 0 && id < HYPERPARAMETER_COUNT &&
           !isnan(hyperparameter_value(&algorithm->defaults, id));
}

static _Noreturn void fatal_no_such(const Algorithm *algorithm, const char *hyperparameter) {
    fatal("%s has no hyperparameter '%s'; it has %s", algorithm->name, hyperparameter,
          hyperparameters_names_text(&algorithm->defaults).text);
}

static void value_check(const Algorithm *algorithm, const char *group, int id, double value) {
    if (!hyperparameter_allows(id, value))
        fatal("%s: %s of '%s' is %g; it must be %s", algorithm->name, hyperparameter_name(id),
              group, value, hyperparameter_range_text(id).text);
}

static void hyperparameters_check(const Algorithm *algorithm, const char *group,
                                  const Hyperparameters *h) {
    for (int id = 0; id < HYPERPARAMETER_COUNT; id++)
        if (algorithm_has(algorithm, id))
            value_check(algorithm, group, id, hyperparameter_value(h, id));
    if (h->nesterov == 1 && !(h->momentum > 0 && h->dampening == 0))
        fatal("%s: nesterov of '%s' needs momentum > 0 and dampening 0; they are %g and %g",
              algorithm->name, group, h->momentum, h->dampening);
}

// `given` over `inherited`, where given says something.
static Hyperparameters hyperparameters_over(const Algorithm *algorithm, Hyperparameters inherited,
                                            const Hyperparameters *given) {
    for (int id = 0; id < HYPERPARAMETER_COUNT; id++) {
        double value = hyperparameter_value(given, id);
        if (isnan(value))
            continue;
        if (!algorithm_has(algorithm, id))
            fatal_no_such(algorithm, hyperparameter_name(id));
        *hyperparameter_at(&inherited, id) = value;
    }
    return inherited;
}

// --- groups --------------------------------------------------------------------------------------

// Finds the place of an owned parameter, or returns false.
static bool parameter_find(const Optimizer *optimizer, const Parameter *parameter, int *group,
                           int *index) {
    for (int g = 0; g < optimizer->group_count; g++)
        for (int i = 0; i < optimizer->groups[g].parameters.count; i++)
            if (optimizer->groups[g].parameters.items[i] == parameter) {
                *group = g;
                *index = i;
                return true;
            }
    return false;
}

static void parameters_check(const Optimizer *optimizer, const char *group,
                             const ParameterList *parameters) {
    for (int i = 0; i < parameters->count; i++) {
        const Parameter *parameter = parameters->items[i];
        int other, index;
        if (parameter_find(optimizer, parameter, &other, &index))
            fatal("%s: parameter '%s' would be in two groups, '%s' and '%s'",
                  optimizer->algorithm->name, parameter->name, optimizer->groups[other].name,
                  group);
        for (int j = 0; j < i; j++)
            if (parameters->items[j] == parameter)
                fatal("%s: parameter '%s' stands twice in '%s'", optimizer->algorithm->name,
                      parameter->name, group);
    }
}

int optimizer_add_group_of(Optimizer *optimizer, ParameterList parameters, Hyperparameters given) {
    int group = optimizer->group_count;
    char name[32];
    snprintf(name, sizeof name, "group %d", group);
    Hyperparameters hyperparameters =
        hyperparameters_over(optimizer->algorithm, optimizer->defaults, &given);
    hyperparameters_check(optimizer->algorithm, name, &hyperparameters);
    parameters_check(optimizer, name, &parameters);
    optimizer->groups =
        memory_resize(optimizer->groups, (size_t)(group + 1) * sizeof *optimizer->groups);
    optimizer->groups[group] = (ParameterGroup){
        .name = memory_string(name), .hyperparameters = hyperparameters, .parameters = parameters};
    optimizer->group_count = group + 1;
    return group;
}

void optimizer_name_group(Optimizer *optimizer, int group, const char *name) {
    ParameterGroup *named = group_at(optimizer, group);
    char *copy = memory_string(name);
    free(named->name);
    named->name = copy;
}

Optimizer *optimizer_new(const Algorithm *algorithm, ParameterList parameters,
                         Hyperparameters given) {
    if (parameters.count == 0)
        fatal("%s: the list of parameters is empty", algorithm->name);
    // Checked before anything is allocated: a test that catches the error leaks nothing.
    Optimizer checked = {.algorithm = algorithm,
                         .defaults = hyperparameters_over(algorithm, algorithm->defaults, &given)};
    hyperparameters_check(algorithm, "group 0", &checked.defaults);
    parameters_check(&checked, "group 0", &parameters);
    Optimizer *optimizer = memory_zeroed(1, sizeof *optimizer);
    *optimizer = checked;
    optimizer_add_group(optimizer, parameters);
    return optimizer;
}

void optimizer_free(Optimizer *optimizer) {
    if (!optimizer)
        return;
    for (int g = 0; g < optimizer->group_count; g++) {
        ParameterGroup *group = &optimizer->groups[g];
        for (int i = 0; i < group->parameters.count; i++)
            parameter_state_free(group->states[i]);
        free(group->name);
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

int optimizer_find(const Optimizer *optimizer, int group, const char *hyperparameter) {
    group_at(optimizer, group);
    int id = hyperparameter_find(hyperparameter);
    if (!algorithm_has(optimizer->algorithm, id))
        fatal_no_such(optimizer->algorithm, hyperparameter);
    return id;
}

double optimizer_get(const Optimizer *optimizer, int group, const char *hyperparameter) {
    int id = optimizer_find(optimizer, group, hyperparameter);
    return hyperparameter_value(&optimizer->groups[group].hyperparameters, id);
}

void optimizer_set(Optimizer *optimizer, int group, const char *hyperparameter, double value) {
    optimizer_set_by_id(optimizer, group, optimizer_find(optimizer, group, hyperparameter), value);
}

void optimizer_set_by_id(Optimizer *optimizer, int group, int id, double value) {
    ParameterGroup *changed = group_at(optimizer, group);
    if (!algorithm_has(optimizer->algorithm, id))
        fatal("%s has no hyperparameter of the id %d; ask optimizer_find for one",
              optimizer->algorithm->name, id);
    value_check(optimizer->algorithm, changed->name, id, value);
    *hyperparameter_at(&changed->hyperparameters, id) = value;
}

const ParameterState *optimizer_state(const Optimizer *optimizer, const Parameter *parameter) {
    int group, index;
    if (!parameter_find(optimizer, parameter, &group, &index))
        fatal("%s: parameter '%s' isn't in any of its groups", optimizer->algorithm->name,
              parameter->name);
    return optimizer->groups[group].states[index];
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
