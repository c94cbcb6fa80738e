// A tensor: numbers in row-major order, a shape, and, where it is wanted, a gradient.
//
// Two lifetimes. What an operation returns belongs to the tape and dies with tape_clear (step
// life). A Parameter's tensor belongs to its module (model life). Nobody frees a Tensor by hand.
#ifndef KNOBS_TENSOR_TENSOR_H
#define KNOBS_TENSOR_TENSOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/real.h"

enum { SHAPE_MAX_RANK = 4 };

typedef struct Shape {
    int rank; // 0 is a scalar: one number
    int dims[SHAPE_MAX_RANK];
} Shape;

// SHAPE(64, 1, 28, 28)
#define SHAPE(...)                                                                                 \
    shape_of((int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)), (const int[]){__VA_ARGS__})
#define SHAPE_SCALAR ((Shape){0})

Shape shape_of(int rank, const int *dims); // fatal if a dimension is negative or the size overflows
size_t shape_size(Shape shape);            // the product of the dimensions; 1 for a scalar
bool shape_equal(Shape a, Shape b);
// Fatal if `what` ("the bias") of an operation hasn't the shape that it wants.
void shape_check(const char *operation, const char *what, Shape shape, Shape wanted);

typedef struct ShapeText {
    char text[64];
} ShapeText;
ShapeText shape_text(Shape shape);  // "[64, 1, 28, 28]", for messages
ShapeText shape_label(Shape shape); // "64×1×28×28", or "scalar", for figures: it holds no comma

// As in PyTorch, "no gradient" and "a gradient of zeros" are two things: an optimizer skips a
// parameter whose gradient is none, and steps one whose gradient is zero (weight decay and momentum
// then move it).
typedef enum GradState { GRAD_NONE, GRAD_ZERO, GRAD_VALUE } GradState;

typedef struct Tape Tape;
typedef struct Node Node;
typedef struct Parameter Parameter;

typedef struct Tensor Tensor;
struct Tensor {
    Shape shape;
    size_t size; // shape_size(shape)
    real *data;
    real *grad; // read it only if grad_state isn't GRAD_NONE
    GradState grad_state;
    bool requires_grad;   // a result requires a gradient if one of its inputs does
    bool retains_grad;    // keep the gradient of a result after backward (tensor_retain_grad)
    Tape *tape;           // NULL for a parameter or a buffer, which live outside of any tape
    Node *node;           // the recorded operation that made it; NULL for a leaf
    Parameter *parameter; // the parameter that this is the value of; NULL for others
    Tensor *base;         // a view shares the data of its base
    int holds;            // reference count of the data: the caller, views, recorded operations
    // Set this before handing the tensor to one operation, if nobody reads it afterwards and it is
    // released then: an operation that goes element by element may work in place.
    bool given;
};

// The only number of a tensor of size 1.
double tensor_item(const Tensor *tensor);

// The root of the sum of the squares of n numbers, in double.
double euclidean_norm(size_t n, const real *x);
// Divides the numbers by it, or by `least` where that is more.
void divide_by_norm(size_t n, real *x, double least);

#endif
