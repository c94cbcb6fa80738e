// A module: parameters, buffers and child modules under names, and a forward function. Networks are
// modules made of modules. The names are dotted from the root, as PyTorch's: "features.0.weight".
//
// A layer of your own is a struct that begins with a Module:
//
//     typedef struct Gain { Module module; Parameter *factor; } Gain;
//
//     static Tensor *gain_forward(Module *module, Tensor *x) {
//         return multiply(x, &((Gain *)module)->factor->tensor);
//     }
//     Gain *gain = module_new(sizeof(Gain), "Gain", gain_forward);
//     gain->factor = module_add_parameter(&gain->module, "factor", SHAPE(64, 10));
//
// and nothing else has to know about it: the registry, the optimizer and the checkpoints see its
// parameter.
#ifndef KNOBS_NN_MODULE_H
#define KNOBS_NN_MODULE_H

#include "base/random.h"
#include "tensor/parameter.h"
#include "tensor/tape.h"

typedef struct Module Module;
typedef Tensor *(*ForwardFunction)(Module *module, Tensor *x);
typedef void (*InitialiseFunction)(Module *module, Random *random);

struct Module {
    const char *kind;     // "Linear", for messages and figures
    char *name;           // in its parent: "0", "conv1"; NULL for a root
    bool training;        // true at first, as in PyTorch; batch norm and dropout ask for it
    bool pinned;          // module_train leaves its mode alone
    uint32_t outer_modes; // the modes before each evaluation under way, a bit each, the last lowest
    bool initialised;     // its parameters have values: module_initialise, or a checkpoint
    // Its input goes to one operation and nowhere else, which may then work in place.
    bool reads_once;
    // module_average copies its buffers: they are directions (spectral_normed), which have no mean.
    bool copies_buffers;
    ForwardFunction forward;
    InitialiseFunction initialise; // gives its own parameters values, not its children's; NULL:
                                   // they stay as they are
    // Its own, not its children's. Buffers move without an optimizer: running statistics.
    ParameterList parameters, buffers;
    int child_count;
    Module **children;
};

// `bytes` of zeros that begin with a Module. Free it with module_free.
void *module_new(size_t bytes, const char *kind, ForwardFunction forward);
void module_free(Module *module); // with all that it owns: parameters, buffers, children

// Registration. The module owns what is registered; names hold no dot and are unique within the
// module (else fatal).
Parameter *module_add_parameter(Module *module, const char *name, Shape shape);
Tensor *module_add_buffer(Module *module, const char *name, Shape shape);
void module_add_child(Module *module, const char *name, Module *child);

// Gives every parameter its initial value, module by module in the order of registration, from one
// stream.
void module_initialise(Module *module, Random *random);

Tensor *module_forward(Module *module, Tensor *x);

// Training (true) or evaluation (false) mode, for it and all below but for what is pinned.
void module_train(Module *module, bool training);

// Puts it and all below into a mode that module_train leaves alone, whatever their parents are told,
// until they are unpinned: the batch norm of a frozen backbone in evaluation mode, say.
void module_pin_mode(Module *module, bool training);
void module_unpin_mode(Module *module); // the mode stays as it is

// Between these two calls it and all below, pinned or not, are in evaluation mode; then the mode of
// each is what it was at the first. They nest, up to 32 deep.
void module_begin_evaluation(Module *module);
void module_end_evaluation(Module *module);

// Moves `average` towards a module of the same layers: each number becomes decay · its own + (1 −
// decay) · the module's; running statistics too, while the directions of spectral_normed are copied.
// With decay 0 it becomes a copy. After each step, with a decay near 1, it is the exponential moving
// average (EMA) of the module (Polyak, Juditsky, SIAM J. Control and Optimization 1992, for averages of weights).
void module_average(Module *average, const Module *module, double decay);

// Freezes it and all below: nothing in it requires a gradient, and the gradients that it has become
// none. So an optimizer that owns it skips it, and backward spends nothing on it; where all before it
// is frozen too, its activations aren't kept. Running statistics are no parameters and move in
// training mode all the same: module_pin_mode(module, false) stops these.
void module_freeze(Module *module);
// All of it requires gradients again. What an optimizer remembers of it is as it was left.
void module_unfreeze(Module *module);

// All parameters (buffers) of it and all below, in the order of registration: its own, then its
// children's.
ParameterList module_parameters(const Module *module);
ParameterList module_buffers(const Module *module);

// The descendant "features.0", or, by its name in the root, the parameter "features.0.weight"; fatal if
// there is none, with the names there are.
Module *module_find(Module *module, const char *name);
Parameter *module_find_parameter(const Module *module, const char *name);

// All parameters under a name of the root's: those of the module "features.0", or "features.0.weight"
// alone; fatal if there are none, with the names there are. For a group of an optimizer, or to freeze.
ParameterList module_parameters_under(const Module *module, const char *name);

#endif
