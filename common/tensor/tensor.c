#include "tensor/tensor.h"

#include <math.h>
#include <stdint.h>

#include "base/error.h"
#include "base/file.h"

Shape shape_of(int rank, const int *dims) {
    if (rank > SHAPE_MAX_RANK)
        fatal("shape: %d dimensions, at most %d are supported", rank, SHAPE_MAX_RANK);
    Shape shape = {.rank = rank};
    size_t size = 1;
    for (int i = 0; i < rank; i++) {
        if (dims[i] < 0)
            fatal("shape: dimension %d is %d, which is negative", i, dims[i]);
        if (dims[i] > 0 && size > SIZE_MAX / sizeof(double) / (size_t)dims[i])
            fatal("shape: the product of the dimensions is too large");
        size *= (size_t)dims[i];
        shape.dims[i] = dims[i];
    }
    return shape;
}

size_t shape_size(Shape shape) {
    size_t size = 1;
    for (int i = 0; i < shape.rank; i++)
        size *= (size_t)shape.dims[i];
    return size;
}

bool shape_equal(Shape a, Shape b) {
    if (a.rank != b.rank)
        return false;
    for (int i = 0; i < a.rank; i++)
        if (a.dims[i] != b.dims[i])
            return false;
    return true;
}

void shape_check(const char *operation, const char *what, Shape shape, Shape wanted) {
    if (!shape_equal(shape, wanted))
        fatal("%s: %s is %s, it must be %s", operation, what, shape_text(shape).text,
              shape_text(wanted).text);
}

static ShapeText shape_join(Shape shape, const char *open, const char *between, const char *close) {
    ShapeText result = {""};
    buffer_append(result.text, sizeof result.text, "%s", open);
    for (int i = 0; i < shape.rank; i++)
        buffer_append(result.text, sizeof result.text, "%s%d", i ? between : "", shape.dims[i]);
    buffer_append(result.text, sizeof result.text, "%s", close);
    return result;
}

ShapeText shape_text(Shape shape) {
    return shape_join(shape, "[", ", ", "]");
}

ShapeText shape_label(Shape shape) {
    return shape.rank ? shape_join(shape, "", "×", "") : (ShapeText){"scalar"};
}

double tensor_item(const Tensor *tensor) {
    if (tensor->size != 1)
        fatal("tensor_item: wants one number, the tensor has shape %s",
              shape_text(tensor->shape).text);
    return (double)tensor->data[0];
}

double euclidean_norm(size_t n, const real *x) {
    double squares = 0;
    for (size_t i = 0; i < n; i++)
        squares += (double)x[i] * (double)x[i];
    return sqrt(squares);
}

void divide_by_norm(size_t n, real *x, double least) {
    const double norm = fmax(euclidean_norm(n, x), least);
    for (size_t i = 0; i < n; i++)
        x[i] = (real)((double)x[i] / norm);
}
