// A parameter: a named tensor that outlives the tape, that a module registers and an optimizer may
// own. This header needs no operation, so that optim can stand on it.
#ifndef KNOBS_TENSOR_PARAMETER_H
#define KNOBS_TENSOR_PARAMETER_H

#include <stdint.h>

#include "tensor/tensor.h"

struct Parameter {
    Tensor tensor; // its value and gradient; &p->tensor is what operations take
    char *name;    // dotted from the root module: "features.0.weight"
    // Counts the changes of the value. A backward through a parameter that changed since its
    // forward stops the program: the gradient would belong to a function that nobody computed.
    uint64_t version;
};

// A new parameter of zeros that requires a gradient; free it with parameter_free (a module does so
// for its own).
Parameter *parameter_new(const char *name, Shape shape);
void parameter_free(Parameter *parameter);

// "conv1" in front of "weight" makes "conv1.weight".
void parameter_prefix_name(Parameter *parameter, const char *prefix);

// Call this after writing to parameter->tensor.data by hand: it counts a change of the value.
void parameter_changed(Parameter *parameter);

void parameter_clear_grad(Parameter *parameter); // to none, as PyTorch ≥ 2's zero_grad does
void parameter_zero_grad(Parameter *parameter);  // to zeros

// A list of pointers to parameters, passed by value: it owns nothing and needs no free. This is all
// that an optimizer ever sees of a model.
enum { PARAMETER_LIST_CAPACITY = 256 };

typedef struct ParameterList {
    int count;
    Parameter *items[PARAMETER_LIST_CAPACITY];
} ParameterList;

void parameter_list_append(ParameterList *list, Parameter *parameter); // fatal beyond the capacity
ParameterList parameter_list_join(ParameterList a, ParameterList b);   // a's, then b's
size_t parameter_list_size(const ParameterList *list);                 // how many numbers in all
// What `list` has and `part` hasn't, in its order.
ParameterList parameter_list_without(ParameterList list, ParameterList part);
// The parameter's place in the list, or −1; and whether it is there.
int parameter_list_find(const ParameterList *list, const Parameter *parameter);
bool parameter_list_holds(const ParameterList *list, const Parameter *parameter);

// Freezes (false) or unfreezes (true) each. A frozen parameter gets no gradient, and backward
// spends nothing on it. A gradient that it has stays, as in PyTorch, and an optimizer that owns it
// goes on stepping it with that one: to stop it, clear the gradient too.
void parameter_list_require_grad(const ParameterList *list, bool requires_grad);
void parameter_list_clear_grad(const ParameterList *list); // each to none: an optimizer skips it

// Clamps every number to −limit … limit.
void parameter_list_clamp(const ParameterList *list, double limit);

// The Euclidean norm of all gradients together; a parameter whose gradient is none counts as zeros.
double parameter_list_grad_norm(const ParameterList *list);

#endif
