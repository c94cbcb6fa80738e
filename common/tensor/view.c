// Views: the numbers stay where they are, so that the gradient passes as it is too.
#include <limits.h>

#include "base/error.h"
#include "tensor/operations.h"

Tensor *reshape(Tensor *x, Shape shape) {
    if (shape_size(shape) != x->size)
        fatal("reshape: %s doesn't fit into %s", shape_text(x->shape).text, shape_text(shape).text);
    return tape_record_view("reshape", x, shape);
}

Tensor *flatten(Tensor *x) {
    double columns = 1; // exact, where it is a dimension
    for (int i = 1; i < x->shape.rank; i++)
        columns *= x->shape.dims[i];
    if (columns > INT_MAX)
        fatal("flatten: %s has too many numbers a row", shape_text(x->shape).text);
    return reshape(x, SHAPE(x->shape.rank > 0 ? x->shape.dims[0] : 1, (int)columns));
}
