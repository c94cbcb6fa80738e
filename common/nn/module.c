#include "nn/module.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

void *module_new(size_t bytes, const char *kind, ForwardFunction forward) {
    Module *module = memory_zeroed(1, bytes);
    module->kind = kind;
    module->forward = forward;
    module->training = true;
    return module;
}

void module_free(Module *module) {
    if (!module)
        return;
    for (int i = 0; i < module->parameter_count; i++)
        parameter_free(module->parameters[i]);
    for (int i = 0; i < module->buffer_count; i++)
        parameter_free(module->buffers[i]);
    for (int i = 0; i < module->child_count; i++)
        module_free(module->children[i]);
    free(module->parameters);
    free(module->buffers);
    free(module->children);
    free(module->name);
    free(module);
}

static void check_name(const Module *module, const char *name) {
    if (!*name || strchr(name, '.'))
        fatal("module %s: '%s' is no name: it must not be empty or hold a dot", module->kind, name);
    bool taken = false;
    for (int i = 0; i < module->parameter_count; i++)
        taken = taken || !strcmp(module->parameters[i]->name, name);
    for (int i = 0; i < module->buffer_count; i++)
        taken = taken || !strcmp(module->buffers[i]->name, name);
    for (int i = 0; i < module->child_count; i++)
        taken = taken || !strcmp(module->children[i]->name, name);
    if (taken)
        fatal("module %s: the name '%s' is taken", module->kind, name);
}

static Parameter *register_tensor(Module *module, const char *name, Shape shape, Parameter ***list,
                                  int *count) {
    if (module->name)
        fatal("module %s: register '%s' before the module becomes a child", module->kind, name);
    check_name(module, name);
    *list = memory_resize(*list, (size_t)(*count + 1) * sizeof **list);
    return (*list)[(*count)++] = parameter_new(name, shape);
}

Parameter *module_add_parameter(Module *module, const char *name, Shape shape) {
    return register_tensor(module, name, shape, &module->parameters, &module->parameter_count);
}

Tensor *module_add_buffer(Module *module, const char *name, Shape shape) {
    Parameter *buffer =
        register_tensor(module, name, shape, &module->buffers, &module->buffer_count);
    buffer->tensor.requires_grad = false;
    return &buffer->tensor;
}

// Every tensor below the child gets the child's name in front of its own.
static void prefix_names(Module *module, const char *prefix) {
    for (int i = 0; i < module->parameter_count; i++)
        parameter_prefix_name(module->parameters[i], prefix);
    for (int i = 0; i < module->buffer_count; i++)
        parameter_prefix_name(module->buffers[i], prefix);
    for (int i = 0; i < module->child_count; i++)
        prefix_names(module->children[i], prefix);
}

void module_add_child(Module *module, const char *name, Module *child) {
    if (module->name || child->name)
        fatal("module %s: '%s' can't be added: %s is a child already", module->kind, name,
              child->name ? "it" : "its parent");
    check_name(module, name);
    prefix_names(child, name);
    child->name = memory_string(name);
    module->children =
        memory_resize(module->children, (size_t)(module->child_count + 1) * sizeof(Module *));
    module->children[module->child_count++] = child;
}

void module_initialise(Module *module, Random *random) {
    if (module->initialise)
        module->initialise(module, random);
    for (int i = 0; i < module->parameter_count; i++)
        parameter_changed(module->parameters[i]);
    module->initialised = true;
    for (int i = 0; i < module->child_count; i++)
        module_initialise(module->children[i], random);
}

Tensor *module_forward(Module *module, Tensor *x) {
    if (module->parameter_count && !module->initialised)
        fatal("module_forward: the parameters of %s ('%s' …) have no values yet: call "
              "module_initialise, or load a checkpoint",
              module->kind, module->parameters[0]->name);
    return module->forward(module, x);
}

void module_train(Module *module, bool training) {
    module->training = training;
    for (int i = 0; i < module->child_count; i++)
        module_train(module->children[i], training);
}

static void collect_parameters(const Module *module, ParameterList *list) {
    for (int i = 0; i < module->parameter_count; i++)
        parameter_list_append(list, module->parameters[i]);
    for (int i = 0; i < module->child_count; i++)
        collect_parameters(module->children[i], list);
}

ParameterList module_parameters(const Module *module) {
    ParameterList list = {0};
    collect_parameters(module, &list);
    return list;
}

static void collect_buffers(const Module *module, ParameterList *list) {
    for (int i = 0; i < module->buffer_count; i++)
        parameter_list_append(list, module->buffers[i]);
    for (int i = 0; i < module->child_count; i++)
        collect_buffers(module->children[i], list);
}

ParameterList module_buffers(const Module *module) {
    ParameterList list = {0};
    collect_buffers(module, &list);
    return list;
}

Module *module_find(Module *module, const char *name) {
    size_t length = strcspn(name, ".");
    for (int i = 0; i < module->child_count; i++) {
        Module *child = module->children[i];
        if (strlen(child->name) == length && !strncmp(child->name, name, length))
            return name[length] ? module_find(child, name + length + 1) : child;
    }
    char names[256] = "none";
    int used = 0;
    for (int i = 0; i < module->child_count && used < (int)sizeof names; i++)
        used += snprintf(names + used, sizeof names - (size_t)used, "%s%s", i ? ", " : "",
                         module->children[i]->name);
    fatal("module_find: %s has no child '%s'; its children: %s", module->kind, name, names);
}

Parameter *module_find_parameter(const Module *module, const char *name) {
    ParameterList list = module_parameters(module);
    char names[512] = "none";
    int used = 0;
    for (int i = 0; i < list.count; i++) {
        if (!strcmp(list.items[i]->name, name))
            return list.items[i];
        if (used < (int)sizeof names)
            used += snprintf(names + used, sizeof names - (size_t)used, "%s%s", i ? ", " : "",
                             list.items[i]->name);
    }
    fatal("module_find_parameter: %s has no parameter '%s'; it has: %s", module->kind, name, names);
}
