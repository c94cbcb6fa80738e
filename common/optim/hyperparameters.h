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

// X(name, low, high): the values allowed are low ≤ value < high.
#define HYPERPARAMETERS(X)                                                                         \
    X(lr, 0, INFINITY)                /* learning rate: how long a step is */                      \
    X(momentum, 0, INFINITY)          /* SGD: how much of the last step goes on */                 \
    X(dampening, -INFINITY, INFINITY) /* SGD: 1 − this is the new gradient's share */            \
    X(nesterov, 0, 2)                 /* SGD: 1 looks ahead along the momentum, 0 doesn't */       \
    X(weight_decay, 0, INFINITY)      /* pulls each weight towards 0 */                            \
    X(beta1, 0, 1)                    /* Adam: memory of the mean of the gradient */               \
    X(beta2, 0, 1)                    /* Adam: memory of the mean of its square */                 \
    X(eps, 0, INFINITY)               /* Adam: keeps the division away from 0 */

#define HYPERPARAMETER_FIELD(name, low, high) double name;
typedef struct Hyperparameters {
    HYPERPARAMETERS(HYPERPARAMETER_FIELD)
} Hyperparameters;

// Designated initialisers that leave every field unset; those that follow override them:
// (Hyperparameters){HYPERPARAMETERS_UNSET, .lr = 0.1}. (The second .lr only ends the list without a
// comma.)
#define HYPERPARAMETER_UNSET(name, low, high) .name = NAN,
#define HYPERPARAMETERS_UNSET HYPERPARAMETERS(HYPERPARAMETER_UNSET).lr = NAN

// Ids HYPERPARAMETER_lr, HYPERPARAMETER_momentum, … count from 0, so that a loop can visit all.
#define HYPERPARAMETER_ID(name, low, high) HYPERPARAMETER_##name,
enum { HYPERPARAMETERS(HYPERPARAMETER_ID) HYPERPARAMETER_COUNT };

int hyperparameter_find(const char *name); // its id, or −1
const char *hyperparameter_name(int id);

double hyperparameter_value(const Hyperparameters *hyperparameters, int id);
double *hyperparameter_at(Hyperparameters *hyperparameters, int id); // to be written, unchecked

// Is the value one that this hyperparameter may have? (NaN never is.)
bool hyperparameter_allows(int id, double value);

// For messages: "at least 0", and "lr, momentum, weight_decay": the names of those that are set.
typedef struct HyperparameterText {
    char text[256];
} HyperparameterText;
HyperparameterText hyperparameter_range_text(int id);
HyperparameterText hyperparameters_names_text(const Hyperparameters *hyperparameters);

#endif
