// An algorithm: how one parameter moves by its gradient. Each stands in a file of its own, with its
// formula and its paper; README.md shows how to add one.
#ifndef KNOBS_OPTIM_ALGORITHM_H
#define KNOBS_OPTIM_ALGORITHM_H

#include "base/error.h"
#include "kernels/update.h"
#include "optim/hyperparameters.h"
#include "tensor/parameter.h"

// --- all of them ---------------------------------------------------------------------------------
// Constructors: each takes the parameters of group 0, then keyword arguments, and returns an Optimizer,
// which the caller ends with optimizer_free (include optim/optimizer.h to use them):
//     sgd(parameters)      sgd(parameters, .lr = 0.05, .momentum = 0.9, .nesterov = 1)
// The comment at each gives the defaults, that of lr first; where none is given it is 0. Names and
// defaults are PyTorch's.
// Fatal: an empty list; a hyperparameter that the algorithm doesn't have; a value out of range, or
// that doesn't fit the others; a parameter that is twice in the list; for muon, one that isn't a matrix.

#define ALGORITHMS(X)                                                                              \
    X(sgd)                                                                                         \
    X(adagrad)                                                                                     \
    X(adadelta)                                                                                    \
    X(rmsprop)                                                                                     \
    X(adam)                                                                                        \
    X(adamw)                                                                                       \
    X(adamax)                                                                                      \
    X(nadam)                                                                                       \
    X(radam)                                                                                       \
    X(rprop)                                                                                       \
    X(lion)                                                                                        \
    X(muon)                                                                                        \
    X(lars)
#define OPTIMIZER(name, parameters, ...)                                                           \
    optimizer_new(&algorithm_##name, parameters, HYPERPARAMETERS_OF(__VA_ARGS__))

// 1e-3; momentum, dampening, nesterov (needs momentum > 0 and dampening 0), weight_decay
#define sgd(parameters, ...) OPTIMIZER(sgd, parameters, __VA_ARGS__)
// 1e-2; eps 1e-10, lr_decay, initial_accumulator_value (a group's own; PyTorch takes that of the call
// for all groups), weight_decay
#define adagrad(parameters, ...) OPTIMIZER(adagrad, parameters, __VA_ARGS__)
// 1; rho 0.9, eps 1e-6, weight_decay
#define adadelta(parameters, ...) OPTIMIZER(adadelta, parameters, __VA_ARGS__)
// 1e-2; alpha 0.99, eps 1e-8, momentum, centered, weight_decay. Centered, rounding may bring the
// variance below 0: it is 0 then, where PyTorch's root is NaN.
#define rmsprop(parameters, ...) OPTIMIZER(rmsprop, parameters, __VA_ARGS__)
// 1e-3; beta1 0.9, beta2 0.999, eps 1e-8, amsgrad, weight_decay
#define adam(parameters, ...) OPTIMIZER(adam, parameters, __VA_ARGS__)
// 1e-3; the same, but weight_decay 0.01
#define adamw(parameters, ...) OPTIMIZER(adamw, parameters, __VA_ARGS__)
// 2e-3; beta1 0.9, beta2 0.999, eps 1e-8, weight_decay
#define adamax(parameters, ...) OPTIMIZER(adamax, parameters, __VA_ARGS__)
// 2e-3; beta1 0.9, beta2 0.999, eps 1e-8, momentum_decay 4e-3, weight_decay. The paper's formula, as
// in PyTorch from 2.0 on; before, the newest momentum was counted twice.
#define nadam(parameters, ...) OPTIMIZER(nadam, parameters, __VA_ARGS__)
// 1e-3; beta1 0.9, beta2 0.999, eps 1e-8, weight_decay
#define radam(parameters, ...) OPTIMIZER(radam, parameters, __VA_ARGS__)
// 1e-2; etaminus 0.5, etaplus 1.2, step_size_min 1e-6, step_size_max 50 (at least step_size_min). lr
// is the first step of each number and plays no part afterwards: a schedule of it moves nothing.
#define rprop(parameters, ...) OPTIMIZER(rprop, parameters, __VA_ARGS__)
// 1e-4; beta1 0.9, beta2 0.99, weight_decay. The paper's; PyTorch has none.
#define lion(parameters, ...) OPTIMIZER(lion, parameters, __VA_ARGS__)
// 1e-3; weight_decay 0.1, momentum 0.95, nesterov 1, eps 1e-7, ns_steps 5. For matrices only. As in
// PyTorch from 2.9 on, but with products of `real` numbers where PyTorch takes bfloat16.
#define muon(parameters, ...) OPTIMIZER(muon, parameters, __VA_ARGS__)
// 1; momentum 0.9, weight_decay, trust_coefficient 0.001, eps 1e-8. With trust_coefficient 0 it is SGD with
// momentum: for a group of biases and norms, which LARS's authors leave out. PyTorch has none.
#define lars(parameters, ...) OPTIMIZER(lars, parameters, __VA_ARGS__)

// --- what an algorithm is ------------------------------------------------------------------------

enum { STATE_MAX_BUFFERS = UPDATE_MAX_BUFFERS, STATE_MAX_SCALARS = 1 };

// What an algorithm remembers of one parameter. It begins at the parameter's first update, so one
// that was added in the middle of training starts fresh, with its own bias correction.
typedef struct ParameterState {
    long step;                         // updates so far, the one under way included
    double scalars[STATE_MAX_SCALARS]; // 0 before the first update
    real *buffers[STATE_MAX_BUFFERS];  // of the parameter's size; NULL until the algorithm needs it
} ParameterState;

// Changes parameter->tensor.data from parameter->tensor.grad.
typedef void UpdateRule(const Hyperparameters *hyperparameters, Parameter *parameter,
                        ParameterState *state);

typedef struct Algorithm {
    const char *name;
    UpdateRule *update;
    Hyperparameters defaults; // NaN where the algorithm has no such knob
    // Optional: what is wrong with hyperparameters that are in range, each by itself; NULL: nothing.
    const char *(*check)(const Hyperparameters *hyperparameters);
    bool of_matrices; // it moves a matrix as a whole, and so nothing but matrices
    // For checkpoints, PyTorch's; NULL where there are fewer.
    const char *buffer_names[STATE_MAX_BUFFERS], *scalar_names[STATE_MAX_SCALARS];
    // The id of the switch that a buffer is kept for; 0, which is lr's, where it is kept always.
    int buffer_switches[STATE_MAX_BUFFERS];
} Algorithm;

#define ALGORITHM_DECLARATION(name) extern const Algorithm algorithm_##name;
ALGORITHMS(ALGORITHM_DECLARATION)

extern const Algorithm *const algorithms[]; // all, in the order above, and NULL
#define ALGORITHM_CHOICE(name) #name,
#define ALGORITHM_CHOICES ALGORITHMS(ALGORITHM_CHOICE) // their names, for an option_choice

const Algorithm *algorithm_find(const char *name); // "adam"; NULL if there is none
const char *algorithm_names(void);                 // "sgd, adagrad, …", for messages

// Does the algorithm have this hyperparameter?
bool algorithm_has(const Algorithm *algorithm, int id);

// Does it keep this buffer, when it has these hyperparameters from the start?
bool algorithm_keeps(const Algorithm *algorithm, int buffer, const Hyperparameters *values);

typedef struct KnobsText {
    char text[256];
} KnobsText;
KnobsText algorithm_knobs(const Algorithm *algorithm); // "lr, momentum, …", for messages

// Puts what is given (all that isn't NaN) over *values, which begin as algorithm->defaults or as
// values that this function gave. False, with *values as they were, where the algorithm hasn't such
// a hyperparameter, a value is out of range, or they don't fit each other.
bool algorithm_give(const Algorithm *algorithm, const Hyperparameters *given,
                    Hyperparameters *values, Error *error);

// --- for the algorithms --------------------------------------------------------------------------

// Buffer number `index` of a state; when it is asked for the first time, each number is `start`.
real *parameter_state_buffer_from(ParameterState *state, const Parameter *parameter, int index,
                                  double start);
real *parameter_state_buffer(ParameterState *state, const Parameter *parameter, int index); // 0
void parameter_state_free(ParameterState *state); // NULL is allowed

#endif
