#include "nn/module.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"

void *module_new(size_t bytes, const char *kind, ForwardFunction forward) {
    Module *module = memory_zeroed(1, bytes);
    module->kind = kind;
    module->forward = forward;
    module->training = true;
    return module;
}

static void free_parameters(ParameterList list) {
    for (int i = 0; i < list.count; i++)
        parameter_free(list.items[i]);
}

void module_free(Module *module) {
    if (!module)
        return;
    free_parameters(module->parameters);
    free_parameters(module->buffers);
    for (int i = 0; i < module->child_count; i++)
        module_free(module->children[i]);
    free(module->children);
    free(module->name);
    free(module);
}

static Parameter *parameter_named(const ParameterList *list, const char *name) {
    for (int i = 0; i < list->count; i++)
        if (!strcmp(list->items[i]->name, name))
            return list->items[i];
    return NULL;
}

// The child whose name is the first `length` bytes of this one.
static Module *child_named(const Module *module, const char *name, size_t length) {
    for (int i = 0; i < module->child_count; i++) {
        Module *child = module->children[i];
        if (strlen(child->name) == length && !strncmp(child->name, name, length))
            return child;
    }
    return NULL;
}

static void check_name(const Module *module, const char *name) {
    if (!*name || strchr(name, '.'))
        fatal("module %s: '%s' is no name: it must not be empty or hold a dot", module->kind, name);
    if (parameter_named(&module->parameters, name) || parameter_named(&module->buffers, name) ||
        child_named(module, name, strlen(name)))
        fatal("module %s: the name '%s' is taken", module->kind, name);
}

static Parameter *register_parameter(Module *module, const char *name, Shape shape,
                                     ParameterList *list) {
    if (module->name)
        fatal("module %s: register '%s' before the module becomes a child", module->kind, name);
    check_name(module, name);
    Parameter *parameter = parameter_new(name, shape);
    parameter_list_append(list, parameter);
    return parameter;
}

Parameter *module_add_parameter(Module *module, const char *name, Shape shape) {
    return register_parameter(module, name, shape, &module->parameters);
}

Tensor *module_add_buffer(Module *module, const char *name, Shape shape) {
    Parameter *buffer = register_parameter(module, name, shape, &module->buffers);
    buffer->tensor.requires_grad = false;
    return &buffer->tensor;
}

static void prefix_names(ParameterList list, const char *prefix) {
    for (int i = 0; i < list.count; i++)
        parameter_prefix_name(list.items[i], prefix);
}

void module_add_child(Module *module, const char *name, Module *child) {
    if (module->name || child->name)
        fatal("module %s: '%s' can't be added: %s is a child already", module->kind, name,
              child->name ? "it" : "its parent");
    check_name(module, name);
    prefix_names(module_parameters(child), name);
    prefix_names(module_buffers(child), name);
    child->name = memory_string(name);
    module->children =
        memory_resize(module->children, (size_t)(module->child_count + 1) * sizeof(Module *));
    module->children[module->child_count++] = child;
}

void module_initialise(Module *module, Random *random) {
    if (module->initialise)
        module->initialise(module, random);
    module->initialised = true;
    for (int i = 0; i < module->child_count; i++)
        module_initialise(module->children[i], random);
}

Tensor *module_forward(Module *module, Tensor *x) {
    if (module->parameters.count && !module->initialised)
        fatal("module_forward: the parameters of %s ('%s' …) have no values yet: call "
              "module_initialise, or load a checkpoint",
              module->kind, module->parameters.items[0]->name);
    return module->forward(module, x);
}

// --- modes ---------------------------------------------------------------------------------------

void module_train(Module *module, bool training) {
    if (!module->pinned)
        module->training = training;
    for (int i = 0; i < module->child_count; i++)
        module_train(module->children[i], training);
}

void module_pin_mode(Module *module, bool training) {
    module->pinned = true;
    module->training = training;
    for (int i = 0; i < module->child_count; i++)
        module_pin_mode(module->children[i], training);
}

void module_unpin_mode(Module *module) {
    module->pinned = false;
    for (int i = 0; i < module->child_count; i++)
        module_unpin_mode(module->children[i]);
}

void module_begin_evaluation(Module *module) {
    module->outer_modes = module->outer_modes << 1 | module->training;
    module->training = false;
    for (int i = 0; i < module->child_count; i++)
        module_begin_evaluation(module->children[i]);
}

void module_end_evaluation(Module *module) {
    module->training = module->outer_modes & 1;
    module->outer_modes >>= 1;
    for (int i = 0; i < module->child_count; i++)
        module_end_evaluation(module->children[i]);
}

// --- all below -----------------------------------------------------------------------------------

ParameterList module_parameters(const Module *module) {
    ParameterList list = module->parameters;
    for (int i = 0; i < module->child_count; i++)
        list = parameter_list_join(list, module_parameters(module->children[i]));
    return list;
}

ParameterList module_buffers(const Module *module) {
    ParameterList list = module->buffers;
    for (int i = 0; i < module->child_count; i++)
        list = parameter_list_join(list, module_buffers(module->children[i]));
    return list;
}

enum { NAMES_BYTES = 512 };

// Adds to the list of names of a message.
static void names_add(char *names, const char *name) {
    buffer_append(names, NAMES_BYTES, "%s%s", *names ? ", " : "", name);
}

Module *module_find(Module *module, const char *name) {
    const size_t length = strcspn(name, ".");
    Module *child = child_named(module, name, length);
    if (child)
        return name[length] ? module_find(child, name + length + 1) : child;
    char names[NAMES_BYTES] = "";
    for (int i = 0; i < module->child_count; i++)
        names_add(names, module->children[i]->name);
    fatal("module_find: %s has no child '%s'; its children: %s", module->kind, name, names);
}

static _Noreturn void fatal_missing(const char *operation, const Module *module, const char *name,
                                    const ParameterList *there_are) {
    char names[NAMES_BYTES] = "";
    for (int i = 0; i < there_are->count; i++)
        names_add(names, there_are->items[i]->name);
    fatal("%s: %s has no parameter '%s'; it has: %s", operation, module->kind, name, names);
}

Parameter *module_find_parameter(const Module *module, const char *name) {
    const ParameterList list = module_parameters(module);
    Parameter *parameter = parameter_named(&list, name);
    if (!parameter)
        fatal_missing("module_find_parameter", module, name, &list);
    return parameter;
}

ParameterList module_parameters_under(const Module *module, const char *name) {
    const ParameterList all = module_parameters(module);
    const size_t length = strlen(name);
    ParameterList under = {0};
    for (int i = 0; i < all.count; i++) {
        const char *full = all.items[i]->name;
        if (!strncmp(full, name, length) && (full[length] == '.' || full[length] == '\0'))
            parameter_list_append(&under, all.items[i]);
    }
    if (under.count == 0)
        fatal_missing("module_parameters_under", module, name, &all);
    return under;
}

// --- freezing ------------------------------------------------------------------------------------

void module_freeze(Module *module) {
    const ParameterList all = module_parameters(module);
    parameter_list_require_grad(&all, false);
    parameter_list_clear_grad(&all); // or an optimizer would go on stepping with what is there
}

void module_unfreeze(Module *module) {
    const ParameterList all = module_parameters(module);
    parameter_list_require_grad(&all, true);
}

// --- the average ---------------------------------------------------------------------------------

static void average_tensor(Parameter *average, const Parameter *parameter, double decay) {
    real *to = average->tensor.data;
    const real *from = parameter->tensor.data;
    shape_check("module_average", average->name, average->tensor.shape, parameter->tensor.shape);
    if (decay == 0) // 0 · NaN would be NaN
        memcpy(to, from, average->tensor.size * sizeof(real));
    else
        for (size_t i = 0; i < average->tensor.size; i++)
            to[i] = (real)(decay * (double)to[i] + (1 - decay) * (double)from[i]);
    parameter_changed(average);
}

static void average_lists(const ParameterList *averages, const ParameterList *list, double decay) {
    if (averages->count != list->count)
        fatal("module_average: %d tensors against %d: the modules differ", averages->count,
              list->count);
    for (int i = 0; i < list->count; i++)
        average_tensor(averages->items[i], list->items[i], decay);
}

void module_average(Module *average, const Module *module, double decay) {
    if (average->child_count != module->child_count)
        fatal("module_average: %d children against %d: the modules differ", average->child_count,
              module->child_count);
    average_lists(&average->parameters, &module->parameters, decay);
    average_lists(&average->buffers, &module->buffers, module->copies_buffers ? 0 : decay);
    if (decay == 0)
        average->initialised = module->initialised;
    for (int i = 0; i < module->child_count; i++)
        module_average(average->children[i], module->children[i], decay);
}
