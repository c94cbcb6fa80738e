// The tape records each operation as it runs; backward walks it from the loss to the start and adds
// up gradients.
//
//     Tape *tape = tape_new();
//     for each step:
//         Tensor *loss = …operations on tensors of this tape…
//         backward(loss);
//         tape_clear(tape);          // all of the step's tensors die here
//     tape_free(tape);
//
// The tape travels with the data: an operation finds it through its inputs. Several backward passes
// over one recording are allowed, and each starts anew for the results in between: only leaves
// (parameters, and tensors marked with tape_require_grad) add up.
#ifndef KNOBS_TENSOR_TAPE_H
#define KNOBS_TENSOR_TAPE_H

#include <stdint.h>

#include "base/random.h"
#include "tensor/arena.h"
#include "tensor/parameter.h"
#include "tensor/tensor.h"

// What was done since tape_new or tape_reset_counts, so that "costs none" is counted, not timed.
typedef struct TapeCounts {
    uint64_t operations;    // outputs computed, or in a backward: nodes whose gradients were
    uint64_t multiply_adds; // those of matrix products and convolutions
} TapeCounts;

// Public to be read; change it through the functions below.
struct Tape {
    Arena values;  // data and gradients; values.peak is the most that they were at once
    Arena records; // Tensor and Node structs, which live until tape_clear
    Node *last;    // the newest recorded operation; each knows the one before
    bool recording;
    bool in_backward;
    TapeCounts forward, backward;
    int passes;         // of backward since the last tape_clear
    size_t first_bytes; // that the tape held at the first of these
};

Tape *tape_new(void);
void tape_free(Tape *tape);
void tape_clear(Tape *tape);

// Evaluation: nothing is recorded while this is off, as under torch.no_grad(). On at the start.
void tape_set_recording(Tape *tape, bool recording);

// An uninitialised tensor for the caller to fill; it requires no gradient.
Tensor *tape_tensor(Tape *tape, Shape shape);
// The same with a copy of shape_size(shape) numbers.
Tensor *tape_copy(Tape *tape, Shape shape, const real *data);
// The same with numbers from N(0, 1): the noise that a generator starts from.
Tensor *tape_normal(Tape *tape, Shape shape, Random *random);
// A parameter as a tensor on this tape, for a loss that is a function of parameters alone.
Tensor *tape_use(Tape *tape, Parameter *parameter);
// Makes a tensor of tape_tensor or tape_copy a leaf whose gradient is wanted (the image's, say).
void tape_require_grad(Tensor *leaf);
// The same numbers, cut from the graph: no gradient flows through it.
Tensor *detach(Tensor *x);

// As PyTorch's retain_grad: after backward(loss), tensor->grad can be read although the tensor is
// no leaf.
void tensor_retain_grad(Tensor *tensor);

// The caller is done with a tensor that an operation returned: its memory goes back to the tape as
// soon as no recorded operation needs it. Optional (tape_clear frees everything); this is how a
// long evaluation or a frozen prefix runs in the memory of one layer. The caller must not read the
// tensor afterwards.
void tensor_release(Tensor *tensor);

// Computes d loss / d leaf for each leaf that requires it, and adds it to the leaf's gradient.
// Fatal: loss isn't a single number; nothing that it depends on requires a gradient; a parameter
// changed since the forward; tape_clear was forgotten: after 100 passes without one the tape holds
// more than 50 times what it held at the first.
void backward(Tensor *loss);

// Both counts start anew at 0, and the peak of the values at what they are now.
void tape_reset_counts(Tape *tape);

// --- for those who write operations --------------------------------------------------------------
// See sigmoid in activation.c for the pattern: check shapes, record, compute, say what the backward
// needs.

typedef void (*BackwardFunction)(Node *node);

enum { NODE_MAX_INPUTS = 3 };

// A recorded operation.
struct Node {
    const char *operation;
    BackwardFunction backward; // stores or adds into each input that wants a gradient
    Tensor *output;
    Tensor *inputs[NODE_MAX_INPUTS]; // NULL where there is none
    uint64_t versions[NODE_MAX_INPUTS];
    void *context; // what node_keep kept
    Node *before;  // recorded just before this one
};

// Begins an operation on the common tape of its inputs (NULL where there is none): counts it, and
// returns its output for the caller to fill. The output has a node if the tape is recording and an
// input requires a gradient; otherwise node_save and node_keep save and keep nothing. Fatal if no
// input is on a tape, or if two are on different ones.
Tensor *tape_record(const char *operation, BackwardFunction backward_function, Shape shape,
                    Tensor *a, Tensor *b, Tensor *c);

// The same for an operation that goes element by element over a and doesn't save it: if a is `given`
// and nobody else holds it, the output is written over a, in its memory.
Tensor *tape_record_over(const char *operation, BackwardFunction backward_function, Tensor *a,
                         Tensor *b, Tensor *c);

// The same for an operation that moves no number: the output shares x's data, and its gradient is
// passed on as it is.
Tensor *tape_record_view(const char *operation, Tensor *x, Shape shape);

// The backward needs this tensor's data, if `needed`: tensor_release leaves it alone.
void node_save(Node *node, Tensor *tensor, bool needed);

// The backward finds a copy of what is given here as node->context.
void node_keep(Node *node, const void *context, size_t bytes);

// Does this input want a gradient? (NULL doesn't.)
bool wants_grad(const Tensor *input);

// Where a backward function puts the gradient of an input: if `add` is false (there was none, or it
// was zero) it must store every number, since the memory is uninitialised; otherwise it adds. `grad`
// is NULL if the input is NULL or wants no gradient.
typedef struct GradTarget {
    real *grad;
    bool add;
} GradTarget;

// Marks the gradient as a value and makes room for it. For backward functions only.
GradTarget tensor_grad_target(Tensor *tensor);

// The same for x, the input of an operation that goes element by element, of which y is the output:
// where nobody else reads y's gradient any more, x's is written over it.
GradTarget tensor_grad_target_over(Tensor *x, Tensor *y);

// Work memory for a kernel, and its return.
real *tape_scratch(Tape *tape, size_t count);
void tape_release_scratch(Tape *tape, real *scratch);

// Counts multiply-adds, of a forward or, within a backward function, of the backward.
void tape_count(Tape *tape, uint64_t multiply_adds);

#endif
