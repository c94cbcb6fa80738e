#include "instruments/plane.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>

#include "base/error.h"
#include "instruments/eigen.h"
#include "instruments/evaluate.h"
#include "instruments/weights.h"

// --- directions ----------------------------------------------------------------------------------

real *direction_new(const ParameterList *weights, Random *random) {
    const size_t size = parameter_list_size(weights);
    real *direction = memory_alloc(size * sizeof(real));
    random_fill_normal(random, size, 0, 1, direction);
    return direction;
}

void direction_normalise_filters(real *direction, const ParameterList *weights) {
    for (int p = 0; p < weights->count; p++) {
        const Tensor *tensor = &weights->items[p]->tensor;
        const size_t filters = (size_t)tensor->shape.dims[0], numbers = tensor->size / filters;
        for (size_t f = 0; f < filters; f++, direction += numbers) {
            const double own = euclidean_norm(numbers, direction);
            const double wanted =
                tensor->shape.rank > 1 ? euclidean_norm(numbers, tensor->data + f * numbers) : 0;
            for (size_t i = 0; i < numbers; i++)
                direction[i] = (real)(own > 0 ? (double)direction[i] * (wanted / own) : 0);
        }
    }
}

// The products of the points' distances from their mean, each with each.
static void products_of(const real *points, int count, size_t size, double *products) {
    double *column = memory_alloc((size_t)count * sizeof *column);
    for (int i = 0; i < count * count; i++)
        products[i] = 0;
    for (size_t k = 0; k < size; k++) {
        double mean = 0;
        for (int i = 0; i < count; i++)
            mean += (column[i] = (double)points[(size_t)i * size + k]) / count;
        for (int i = 0; i < count; i++)
            for (int j = 0; j <= i; j++)
                products[i * count + j] += (column[i] - mean) * (column[j] - mean);
    }
    for (int i = 0; i < count; i++)
        for (int j = i + 1; j < count; j++)
            products[i * count + j] = products[j * count + i];
    free(column);
}

// An eigenvector of the products says how much of each point the direction is made of. They add up to
// 0: the mean drops out.
static void direction_of(const real *points, int count, size_t size, const double *shares,
                         double value, real *direction) {
    const double sign = shares[count - 1] < shares[0] ? -1 : 1;
    for (size_t k = 0; k < size; k++) {
        double sum = 0;
        for (int i = 0; i < count; i++)
            sum += shares[i] * (double)points[(size_t)i * size + k];
        direction[k] = (real)(sign * sum / sqrt(value));
    }
}

void principal_directions(const real *points, int count, size_t size, real *across, real *up,
                          double share[2]) {
    if (count < 3)
        fatal("principal_directions: %d points span no plane", count);
    double *products = memory_alloc((size_t)(count * count) * sizeof *products);
    double *values = memory_alloc((size_t)count * sizeof *values), all = 0;
    products_of(points, count, size, products);
    symmetric_eigen(products, count, count, true, values);
    for (int i = 0; i < count; i++)
        all += values[i];
    for (int i = 0; i < 2; i++) {
        const int at = count - 1 - i;
        share[i] = values[at] / all;
        direction_of(points, count, size, products + (size_t)at * count, values[at],
                     i == 0 ? across : up);
    }
    free(values);
    free(products);
}

// --- the plane -----------------------------------------------------------------------------------

static void weights_place(const ParameterList *weights, const Plane *plane, PlanePoint point) {
    size_t at = 0;
    for (int p = 0; p < weights->count; p++) {
        Tensor *tensor = &weights->items[p]->tensor;
        for (size_t i = 0; i < tensor->size; i++, at++)
            tensor->data[i] =
                (real)((double)plane->middle[at] + point.x * (double)plane->across[at] +
                       (plane->up ? point.y * (double)plane->up[at] : 0));
        parameter_changed(weights->items[p]);
    }
}

// Called before the threads begin: a fatal error within one of them can't be caught by a test.
static void check_network(const Plane *plane) {
    Module *network = plane->network_new();
    const int buffers = module_buffers(network).count;
    module_free(network);
    if (buffers > 0)
        fatal("plane_losses: the network has buffers, which belong to other weights");
}

void plane_losses(const Plane *plane, const PlanePoint *points, int count, double *losses) {
    check_network(plane);
#pragma omp parallel
    {
        omp_set_num_threads(1); // of the kernels in here: the points are what is shared out
        Random random = random_from_seed(0);
        Module *network = plane->network_new();
        module_initialise(network, &random);
        const ParameterList weights = module_parameters(network);
        Tape *tape = tape_new();
#pragma omp for schedule(dynamic)
        for (int i = 0; i < count; i++) {
            weights_place(&weights, plane, points[i]);
            for (int part = 0; part < plane->part_count; part++)
                losses[i * plane->part_count + part] =
                    evaluate(network, tape, &plane->parts[part]).loss;
        }
        tape_free(tape);
        module_free(network);
    }
}

static double along(const real *direction, const real *from, const real *to, size_t size) {
    double sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += (double)direction[i] * ((double)to[i] - (double)from[i]);
    return sum;
}

PlanePoint plane_nearest(const Plane *plane, const real *weights, size_t size) {
    return (PlanePoint){along(plane->across, plane->middle, weights, size),
                        plane->up ? along(plane->up, plane->middle, weights, size) : 0};
}
