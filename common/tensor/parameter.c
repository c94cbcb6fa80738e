#include "tensor/parameter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"

Parameter *parameter_new(const char *name, Shape shape) {
    Parameter *parameter = memory_zeroed(1, sizeof *parameter);
    size_t size = shape_size(shape);
    parameter->tensor = (Tensor){.shape = shape,
                                 .size = size,
                                 .data = memory_zeroed(size, sizeof(real)),
                                 .requires_grad = true,
                                 .parameter = parameter};
    parameter->name = memory_string(name);
    return parameter;
}

void parameter_free(Parameter *parameter) {
    if (!parameter)
        return;
    free(parameter->tensor.data);
    free(parameter->tensor.grad);
    free(parameter->name);
    free(parameter);
}

void parameter_prefix_name(Parameter *parameter, const char *prefix) {
    char *name = path_format("%s.%s", prefix, parameter->name);
    free(parameter->name);
    parameter->name = name;
}

void parameter_changed(Parameter *parameter) {
    parameter->version++;
}

void parameter_clear_grad(Parameter *parameter) {
    parameter->tensor.grad_state = GRAD_NONE;
}

void parameter_zero_grad(Parameter *parameter) {
    Tensor *tensor = &parameter->tensor;
    if (!tensor->grad)
        tensor->grad = memory_alloc(tensor->size * sizeof(real));
    memset(tensor->grad, 0, tensor->size * sizeof(real));
    tensor->grad_state = GRAD_ZERO;
}

void parameter_list_append(ParameterList *list, Parameter *parameter) {
    if (list->count == PARAMETER_LIST_CAPACITY)
        fatal("parameter list: '%s' would be number %d, a list holds at most %d", parameter->name,
              list->count + 1, PARAMETER_LIST_CAPACITY);
    list->items[list->count++] = parameter;
}

ParameterList parameter_list_join(ParameterList a, ParameterList b) {
    for (int i = 0; i < b.count; i++)
        parameter_list_append(&a, b.items[i]);
    return a;
}

int parameter_list_find(const ParameterList *list, const Parameter *parameter) {
    for (int i = 0; i < list->count; i++)
        if (list->items[i] == parameter)
            return i;
    return -1;
}

bool parameter_list_holds(const ParameterList *list, const Parameter *parameter) {
    return parameter_list_find(list, parameter) >= 0;
}

ParameterList parameter_list_without(ParameterList list, ParameterList part) {
    ParameterList rest = {0};
    for (int i = 0; i < list.count; i++)
        if (!parameter_list_holds(&part, list.items[i]))
            parameter_list_append(&rest, list.items[i]);
    return rest;
}

size_t parameter_list_size(const ParameterList *list) {
    size_t size = 0;
    for (int i = 0; i < list->count; i++)
        size += list->items[i]->tensor.size;
    return size;
}

void parameter_list_require_grad(const ParameterList *list, bool requires_grad) {
    for (int i = 0; i < list->count; i++) {
        Parameter *parameter = list->items[i];
        // A forward that ran while it was frozen has saved nothing for its gradient: refuse a backward.
        if (requires_grad && !parameter->tensor.requires_grad)
            parameter_changed(parameter);
        parameter->tensor.requires_grad = requires_grad;
    }
}

void parameter_list_clear_grad(const ParameterList *list) {
    for (int i = 0; i < list->count; i++)
        parameter_clear_grad(list->items[i]);
}

double parameter_list_grad_norm(const ParameterList *list) {
    double sum = 0;
    for (int i = 0; i < list->count; i++) {
        const Tensor *tensor = &list->items[i]->tensor;
        if (tensor->grad_state == GRAD_NONE)
            continue;
        for (size_t j = 0; j < tensor->size; j++)
            sum += (double)tensor->grad[j] * (double)tensor->grad[j];
    }
    return sqrt(sum);
}

void parameter_list_clamp(const ParameterList *list, double limit) {
    const real high = (real)limit;
    for (int i = 0; i < list->count; i++) {
        Tensor *tensor = &list->items[i]->tensor;
        for (size_t j = 0; j < tensor->size; j++)
            tensor->data[j] = tensor->data[j] > high    ? high
                              : tensor->data[j] < -high ? -high
                                                        : tensor->data[j];
        parameter_changed(list->items[i]);
    }
}
