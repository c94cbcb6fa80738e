// The knobs of every algorithm, in one struct of doubles.
//
// A NaN means "not set" in what a caller gives, and "this algorithm has no such knob" in what an
// algorithm or a group holds. So an explicit 0 is a 0: `.weight_decay = 0` turns the decay off.
//
// A new knob is one line of HYPERPARAMETERS; a new algorithm is one more file that uses it.
#ifndef KNOBS_OPTIM_HYPERPARAMETERS_H
#define KNOBS_OPTIM_HYPERPARAMETERS_H

#include <math.h>
#include <stdbool.h>

// X(name, low, high, in words): the values allowed are low ≤ value < high.
#define HYPERPARAMETERS(X)                                                                         \
    X(lr, 0, INFINITY, "finite and at least 0")       /* learning rate: how long a step is */      \
    X(momentum, 0, INFINITY, "finite and at least 0") /* SGD: how much of the last step goes on */ \
    X(dampening, -INFINITY, INFINITY, "finite") /* SGD: 1 − this is the new gradient's share */  \
    X(nesterov, 0, 2, "0 or 1") /* SGD: 1 looks ahead along the momentum, 0 doesn't */             \
    X(weight_decay, 0, INFINITY, "finite and at least 0") /* pulls each weight towards 0 */        \
    X(beta1, 0, 1, "at least 0 and less than 1") /* Adam: memory of the mean of the gradient */    \
    X(beta2, 0, 1, "at least 0 and less than 1") /* Adam: memory of the mean of its square */      \
    X(eps, 0, INFINITY, "finite and at least 0") /* Adam: keeps the division away from 0 */

// Ids HYPERPARAMETER_lr, HYPERPARAMETER_momentum, … count from 0, so that a loop can visit all.
#define HYPERPARAMETER_ID(name, low, high, words) HYPERPARAMETER_##name,
enum { HYPERPARAMETERS(HYPERPARAMETER_ID) HYPERPARAMETER_COUNT };

// By name, and by id.
#define HYPERPARAMETER_FIELD(name, low, high, words) double name;
typedef union Hyperparameters {
    struct {
        HYPERPARAMETERS(HYPERPARAMETER_FIELD)
    };
    double values[HYPERPARAMETER_COUNT];
} Hyperparameters;

// Designated initialisers that leave every field unset; those that follow override them:
// (Hyperparameters){HYPERPARAMETERS_UNSET, .lr = 0.1}. (The second .lr only ends the list without a
// comma.)
#define HYPERPARAMETER_UNSET(name, low, high, words) .name = NAN,
#define HYPERPARAMETERS_UNSET HYPERPARAMETERS(HYPERPARAMETER_UNSET).lr = NAN

int hyperparameter_find(const char *name); // its id, or −1
const char *hyperparameter_name(int id);
const char *hyperparameter_range(int id); // the values allowed, in words

// Is the value one that this hyperparameter may have? (NaN never is.)
bool hyperparameter_allows(int id, double value);

#endif
