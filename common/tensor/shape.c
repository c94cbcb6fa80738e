// Views: the same numbers under another shape. The gradient passes through unchanged.
#include "tensor/operations.h"

Tensor *reshape(Tensor *x, Shape shape) {
    return tape_view("reshape", x, shape);
}

Tensor *flatten(Tensor *x) {
    int rows = x->shape.rank > 0 ? x->shape.dims[0] : 1;
    int columns = rows > 0 ? (int)(x->size / (size_t)rows) : 0;
    return tape_view("flatten", x, SHAPE(rows, columns));
}
