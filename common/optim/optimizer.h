// An optimizer is three things: an algorithm, hyperparameters, and the parameters that it owns.
//
//     Optimizer *optimizer = adam(backbone, .lr = 1e-4, .beta1 = 0.5);
//     int head_group = optimizer_add_group(optimizer, head, .lr = 1e-2, .weight_decay = 0);
//     for each step:
//         optimizer_zero_grad(optimizer);
//         backward(loss);
//         optimizer_step(optimizer);
//     optimizer_free(optimizer);
//
// It sees a model as lists of pointers to parameters and knows nothing of layers or operations. The
// parameters come in groups, and each group has its own value of every hyperparameter. Whatever no
// group holds, the optimizer never touches.
//
// What happens to one parameter in a step depends on its gradient alone, as in PyTorch:
//     none     skipped: neither its value nor its state changes
//     zero     stepped: weight decay and momentum move it although the gradient doesn't
//     a value  stepped
// requires_grad plays no part here. It decides whether backward writes a gradient; a frozen
// parameter that still has one from before is stepped with that stale gradient.
//
// Mistakes in the calls below are the programmer's: they are fatal, with one line that names the
// algorithm, the group and the value.
#ifndef KNOBS_OPTIM_OPTIMIZER_H
#define KNOBS_OPTIM_OPTIMIZER_H

#include "optim/algorithm.h"

typedef struct ParameterGroup {
    char name[64]; // "group 0" until optimizer_name_group
    Hyperparameters hyperparameters;
    bool scheduled[HYPERPARAMETER_COUNT]; // a scheduler turns this knob; a second one is refused
    ParameterList parameters;
    // Of each parameter; NULL before its first update. A checkpoint puts others in their places.
    ParameterState *states[PARAMETER_LIST_CAPACITY];
} ParameterGroup;

// Public to be read (figures, logs, checkpoints); change it through the functions below.
typedef struct Optimizer {
    const Algorithm *algorithm;
    Hyperparameters defaults; // as given to the constructor: what an added group inherits
    int group_count;
    ParameterGroup *groups; // moves when a group is added: keep the index, not the pointer
} Optimizer;

// What the constructors call (sgd, adam, …: algorithm.h); also for a program that chooses its
// algorithm when it runs, by algorithm_find.
Optimizer *optimizer_new(const Algorithm *algorithm, ParameterList parameters,
                         Hyperparameters hyperparameters);
void optimizer_free(Optimizer *optimizer); // its state, not the parameters

// int optimizer_add_group(Optimizer *, ParameterList, keyword arguments): the new group's index.
//     optimizer_add_group(optimizer, biases, .weight_decay = 0)
// What isn't said is inherited from the constructor's arguments, not from what group 0 has become.
// It may be called between any two steps. An empty list is allowed here, as in PyTorch.
// Fatal: as in the constructors; a parameter that this optimizer owns already.
#define optimizer_add_group(optimizer, parameters, ...)                                            \
    optimizer_add_group_of(optimizer, parameters, HYPERPARAMETERS_OF(__VA_ARGS__))
int optimizer_add_group_of(Optimizer *optimizer, ParameterList parameters,
                           Hyperparameters hyperparameters);

// Names a group for messages and figures, in at most 63 bytes: "backbone".
void optimizer_name_group(Optimizer *optimizer, int group, const char *name);

// Sets the gradients of all owned parameters to none, as PyTorch ≥ 2 does.
void optimizer_zero_grad(Optimizer *optimizer);
// Sets them to zeros instead, as older PyTorch did; a gradient that is none stays none.
void optimizer_zero_grad_to_zero(Optimizer *optimizer);

// Moves each owned parameter that has a gradient. Fatal if none has one.
void optimizer_step(Optimizer *optimizer);

// A group's value of a hyperparameter by its name ("lr"). Fatal: no such group; a name that the
// algorithm doesn't have (the line lists those that it has); a value out of range. What nesterov
// needs of the others is asked where a group is made (PyTorch asks the defaults alone), not here: a
// schedule may turn the momentum down to 0, where SGD is plain.
double optimizer_get(const Optimizer *optimizer, int group, const char *hyperparameter);
void optimizer_set(Optimizer *optimizer, int group, const char *hyperparameter, double value);

// The state of an owned parameter; NULL if it had no update yet (at step 0 once a checkpoint was
// loaded, which is the same to the algorithm). Fatal if the optimizer doesn't own the parameter.
const ParameterState *optimizer_state(const Optimizer *optimizer, const Parameter *parameter);

#endif
