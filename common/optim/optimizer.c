#include "optim/optimizer.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

// --- checks --------------------------------------------------------------------------------------

static ParameterGroup *group_at(const Optimizer *optimizer, int group) {
    if (group < 0 || group >= optimizer->group_count)
        fatal("%s: there is no group %d; it has %d (they count from 0)", optimizer->algorithm->name,
              group, optimizer->group_count);
    return &optimizer->groups[group];
}

// Overrides *values, those of the group, by what is given.
static void hyperparameters_give(const Algorithm *algorithm, const char *group,
                                 const Hyperparameters *given, Hyperparameters *values) {
    Error error;
    if (!algorithm_give(algorithm, given, values, &error))
        fatal("%s (in '%s')", error.message, group);
}

// The id of a hyperparameter that the algorithm has.
static int knob_find(const Algorithm *algorithm, const char *hyperparameter) {
    const int id = hyperparameter_find(hyperparameter);
    if (id < 0 || !algorithm_has(algorithm, id))
        fatal("%s has no hyperparameter '%s'; it has %s", algorithm->name, hyperparameter,
              algorithm_knobs(algorithm).text);
    return id;
}

static void parameters_check(const Optimizer *optimizer, const ParameterGroup *group) {
    for (int i = 0; i < group->parameters.count; i++) {
        const Parameter *parameter = group->parameters.items[i];
        if (optimizer->algorithm->of_matrices && parameter->tensor.shape.rank != 2)
            fatal("%s: parameter '%s' is %s; it moves matrices only, give the others to another "
                  "optimizer",
                  optimizer->algorithm->name, parameter->name,
                  shape_text(parameter->tensor.shape).text);
        if (parameter_list_find(&group->parameters, parameter) < i)
            fatal("%s: parameter '%s' stands twice in '%s'", optimizer->algorithm->name,
                  parameter->name, group->name);
        for (int g = 0; g < optimizer->group_count; g++)
            if (parameter_list_holds(&optimizer->groups[g].parameters, parameter))
                fatal("%s: parameter '%s' would be in two groups, '%s' and '%s'",
                      optimizer->algorithm->name, parameter->name, optimizer->groups[g].name,
                      group->name);
    }
}

// --- groups --------------------------------------------------------------------------------------

// All checks come before anything is allocated: a test that catches the error leaks nothing.
int optimizer_add_group_of(Optimizer *optimizer, ParameterList parameters, Hyperparameters given) {
    const Algorithm *algorithm = optimizer->algorithm;
    const int index = optimizer->group_count;
    ParameterGroup group = {.parameters = parameters};
    snprintf(group.name, sizeof group.name, "group %d", index);
    group.hyperparameters = optimizer->defaults;
    hyperparameters_give(algorithm, group.name, &given, &group.hyperparameters);
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
    Optimizer built = {.algorithm = algorithm, .defaults = algorithm->defaults};
    hyperparameters_give(algorithm, "group 0", &given, &built.defaults);
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
    const int id = knob_find(optimizer->algorithm, hyperparameter);
    return group_at(optimizer, group)->hyperparameters.values[id];
}

void optimizer_set(Optimizer *optimizer, int group, const char *hyperparameter, double value) {
    const int id = knob_find(optimizer->algorithm, hyperparameter);
    ParameterGroup *changed = group_at(optimizer, group);
    if (!hyperparameter_allows(id, value))
        fatal("%s: %s of '%s' is %g; it must be %s", optimizer->algorithm->name, hyperparameter,
              changed->name, value, hyperparameter_range(id));
    changed->hyperparameters.values[id] = value;
}

const ParameterState *optimizer_state(const Optimizer *optimizer, const Parameter *parameter) {
    for (int g = 0; g < optimizer->group_count; g++) {
        const int index = parameter_list_find(&optimizer->groups[g].parameters, parameter);
        if (index >= 0)
            return optimizer->groups[g].states[index];
    }
    fatal("%s: parameter '%s' isn't in any of its groups", optimizer->algorithm->name,
          parameter->name);
}
