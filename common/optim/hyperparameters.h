// The knobs of every algorithm, in one struct of doubles.
//
// A NaN means "not set" in what a caller gives, and "this algorithm has no such knob" in what an
// algorithm or a group holds. So an explicit 0 is a 0: `.weight_decay = 0` turns the decay off.
//
// A new knob is one line of HYPERPARAMETERS.
#ifndef KNOBS_OPTIM_HYPERPARAMETERS_H
#define KNOBS_OPTIM_HYPERPARAMETERS_H

#include <float.h>
#include <math.h>
#include <stdbool.h>

// Ranges: whole numbers only? low ≤ value < high, and that in words.
#define RANGE_AT_LEAST_0 false, 0, INFINITY, "finite and at least 0"
#define RANGE_FRACTION false, 0, 1, "at least 0 and less than 1"
#define RANGE_SWITCH true, 0, 2, "0 or 1"

// X(name, range): PyTorch's names, but that (beta1, beta2) are its betas, (etaminus, etaplus) its
// etas, (step_size_min, step_size_max) its step_sizes.
#define HYPERPARAMETERS(X)                                                                         \
    X(lr, RANGE_AT_LEAST_0)                           /* learning rate: how long a step is */      \
    X(momentum, RANGE_AT_LEAST_0)                     /* how much of the last step goes on */      \
    X(dampening, false, -DBL_MAX, INFINITY, "finite") /* 1 − this is the new gradient's share */ \
    X(nesterov, RANGE_SWITCH)         /* 1 looks ahead along the momentum, 0 doesn't */            \
    X(weight_decay, RANGE_AT_LEAST_0) /* pulls each weight towards 0 */                            \
    X(beta1, RANGE_FRACTION)          /* memory of the mean of the gradient */                     \
    X(beta2, RANGE_FRACTION)          /* memory of the mean of its square */                       \
    X(eps, RANGE_AT_LEAST_0)          /* keeps the division away from 0 */                         \
    X(amsgrad, RANGE_SWITCH)          /* Adam: 1 divides by the largest mean so far */             \
    X(lr_decay, RANGE_AT_LEAST_0)     /* Adagrad: the rate is lr / (1 + lr_decay · steps) */      \
    X(initial_accumulator_value, RANGE_AT_LEAST_0) /* Adagrad: where the sum of squares begins */  \
    X(rho, RANGE_FRACTION)                         /* Adadelta: memory of the means of squares */  \
    X(alpha, RANGE_FRACTION)                       /* RMSprop: memory of the mean of the square */ \
    X(centered, RANGE_SWITCH)                      /* RMSprop: 1 divides by the deviation */       \
    X(momentum_decay, RANGE_AT_LEAST_0)            /* NAdam: how fast beta1 is warmed up */        \
    X(etaminus, false, DBL_MIN, 1, "more than 0 and less than 1") /* Rprop: after a turn */        \
    X(etaplus, false, 1 + DBL_EPSILON, INFINITY, "finite and more than 1") /* Rprop: after none */ \
    X(step_size_min, RANGE_AT_LEAST_0)                       /* Rprop: the shortest step */        \
    X(step_size_max, RANGE_AT_LEAST_0)                       /* Rprop: the longest */              \
    X(ns_steps, true, 0, 100, "a whole number from 0 to 99") /* Muon: of Newton and Schulz */      \
    X(trust_coefficient, RANGE_AT_LEAST_0) /* LARS: a step's share of the weights */

// Ids HYPERPARAMETER_lr, HYPERPARAMETER_momentum, … count from 0, so that a loop can visit all.
#define HYPERPARAMETER_ID(name, ...) HYPERPARAMETER_##name,
enum { HYPERPARAMETERS(HYPERPARAMETER_ID) HYPERPARAMETER_COUNT };

// By name, and by id.
#define HYPERPARAMETER_FIELD(name, ...) double name;
typedef union Hyperparameters {
    struct {
        HYPERPARAMETERS(HYPERPARAMETER_FIELD)
    };
    double values[HYPERPARAMETER_COUNT];
} Hyperparameters;

// Designated initialisers that leave every field unset; those that follow override them:
// (Hyperparameters){HYPERPARAMETERS_UNSET, .lr = 0.1}. (The second .lr only ends the list without a
// comma.)
#define HYPERPARAMETER_UNSET(name, ...) .name = NAN,
#define HYPERPARAMETERS_UNSET HYPERPARAMETERS(HYPERPARAMETER_UNSET).lr = NAN
#define HYPERPARAMETERS_OF(...) ((Hyperparameters){HYPERPARAMETERS_UNSET, __VA_ARGS__})

int hyperparameter_find(const char *name); // its id, or −1
const char *hyperparameter_name(int id);
const char *hyperparameter_range(int id); // the values allowed, in words

// Is the value one that this hyperparameter may have? (NaN never is.)
bool hyperparameter_allows(int id, double value);

#endif
