// Planes through a network's weights: directions as long as the filters, the directions in which points
// are spread the most, and the loss at many points, which must be the one that evaluate finds there,
// whatever the number of threads.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/threads.h"
#include "caught.h"
#include "digits.h"
#include "instruments/evaluate.h"
#include "instruments/plane.h"
#include "instruments/weights.h"
#include "nn/layers.h"

static Module *network_new(void) {
    return sequential_new(conv2d_new(1, 4, 3, .padding = 1), relu_new(), flatten_new(),
                          linear_new(4 * 8 * 8, 10));
}

static Module *normed_new(void) {
    return sequential_new(conv2d_new(1, 4, 3, .padding = 1), batch_norm_new(4), relu_new(),
                          flatten_new(), linear_new(4 * 8 * 8, 10));
}

static Module *of_seed(Module *network, uint64_t seed) {
    Random random = random_from_seed(seed);
    module_initialise(network, &random);
    return network;
}

// --- directions ----------------------------------------------------------------------------------

static double length_of(const real *numbers, size_t count) {
    double squares = 0;
    for (size_t i = 0; i < count; i++)
        squares += (double)numbers[i] * (double)numbers[i];
    return sqrt(squares);
}

// d ‖w‖ / ‖d‖ for each filter, by hand; 0 for biases and for all of the norm.
static void test_filters_have_the_weights_length(void **state) {
    (void)state;
    Module *network = of_seed(normed_new(), 1);
    const ParameterList weights = module_parameters(network);
    Random random = random_from_seed(2);
    real *drawn = direction_new(&weights, &random);
    real *direction = memory_alloc(parameter_list_size(&weights) * sizeof(real));
    memcpy(direction, drawn, parameter_list_size(&weights) * sizeof(real));
    direction_normalise_filters(direction, &weights);
    static const size_t filters[] = {4, 0, 0, 0, 10, 0}, sizes[] = {9, 4, 4, 4, 256, 10};
    assert_int_equal(weights.count, 6);
    size_t at = 0;
    for (int p = 0; p < 6; p++) {
        const real *w = weights.items[p]->tensor.data;
        for (size_t f = 0; f < filters[p]; f++, at += sizes[p]) {
            const double ratio =
                length_of(w + f * sizes[p], sizes[p]) / length_of(drawn + at, sizes[p]);
            for (size_t i = 0; i < sizes[p]; i++)
                assert_true(fabs((double)direction[at + i] - ratio * (double)drawn[at + i]) < 1e-6);
        }
        for (size_t i = 0; filters[p] == 0 && i < sizes[p]; i++, at++)
            assert_true(direction[at] == 0);
    }
    assert_int_equal(at, parameter_list_size(&weights));
    drawn[0] = direction[0];
    memset(direction, 0, 9 * sizeof(real)); // a filter without a direction has none afterwards
    direction_normalise_filters(direction, &weights);
    assert_true(direction[0] == 0);
    free(direction);
    free(drawn);
    module_free(network);
}

// Points m + a·u + b·v + c·t with u, v, t at right angles, and a, b, c that add up to 0 and have
// nothing in common.
static void test_principal_directions(void **state) {
    (void)state;
    enum { COUNT = 8, SIZE = 40 };
    real points[COUNT][SIZE], across[SIZE], up[SIZE];
    for (int i = 0; i < COUNT; i++)
        for (int k = 0; k < SIZE; k++) {
            const double a = i < 4 ? 3 : -3, b = i % 4 < 2 ? -2 : 2, c = i % 2 ? 1 : -1;
            points[i][k] = (real)(0.25 * k);
            if (k == 5 || k == 6) // u = (0.6, 0.8) of these two
                points[i][k] += (real)(a * (k == 5 ? 0.6 : 0.8));
            if (k == 9)
                points[i][k] += (real)b;
            if (k == 30)
                points[i][k] += (real)c;
        }
    double share[2];
    principal_directions(&points[0][0], COUNT, SIZE, across, up, share);
    assert_true(fabs(share[0] - 9.0 / 14) < 1e-6 && fabs(share[1] - 4.0 / 14) < 1e-6);
    for (int k = 0; k < SIZE; k++) { // the last point is at a = −3, b = 2
        const double u = k == 5 ? -0.6 : k == 6 ? -0.8 : 0, v = k == 9 ? 1 : 0;
        assert_true(fabs((double)across[k] - u) < 1e-5 && fabs((double)up[k] - v) < 1e-5);
    }
    const Plane plane = {.middle = points[0], .across = across, .up = up};
    const PlanePoint at = plane_nearest(&plane, points[COUNT - 1], SIZE); // c isn't on the plane
    assert_true(fabs(at.x - 6) < 1e-5 && fabs(at.y - 4) < 1e-5);
    assert_fatal(principal_directions(&points[0][0], 2, SIZE, across, up, share), "span no plane");
}

// --- losses ----------------------------------------------------------------------------------------

static void test_losses_are_evaluate_s(void **state) {
    (void)state;
    enum { COUNT = 5, PARTS = 2 };
    Tape *tape = tape_new();
    Module *network = of_seed(network_new(), 3);
    const ParameterList weights = module_parameters(network);
    Random random = random_from_seed(4);
    real *middle = weights_copy(&weights), *across = direction_new(&weights, &random),
         *up = direction_new(&weights, &random);
    const Dataset parts[PARTS] = {dataset_slice(&digits, 0, 90), dataset_slice(&digits, 90, 50)};
    const Plane plane = {network_new, middle, across, up, parts, PARTS};
    PlanePoint points[COUNT];
    for (int i = 0; i < COUNT; i++)
        points[i] = (PlanePoint){0.01 * i, -0.02 * i};
    double losses[COUNT][PARTS], again[COUNT][PARTS];
    threads_set(1);
    plane_losses(&plane, points, COUNT, &losses[0][0]);
    for (int i = 0; i < COUNT; i++) {
        size_t at = 0;
        for (int p = 0; p < weights.count; p++)
            for (size_t k = 0; k < weights.items[p]->tensor.size; k++, at++)
                weights.items[p]->tensor.data[k] =
                    (real)((double)middle[at] + points[i].x * (double)across[at] +
                           points[i].y * (double)up[at]);
        for (int part = 0; part < PARTS; part++)
            assert_true(fabs(losses[i][part] - evaluate(network, tape, &parts[part]).loss) < 1e-6);
    }
    for (int threads = 2; threads <= 3; threads++) {
        threads_set(threads);
        plane_losses(&plane, points, COUNT, &again[0][0]);
        assert_memory_equal(again, losses, sizeof losses);
        assert_int_equal(threads_count(), threads); // those of kernels are as they were
    }
    const Plane line = {network_new, middle, across, NULL, parts, PARTS};
    plane_losses(&line, &(PlanePoint){0, 1}, 1, &again[0][0]); // a line has no y
    assert_memory_equal(again[0], losses[0], sizeof losses[0]);
    threads_set(0);
    const Plane normed = {normed_new, middle, across, up, parts, PARTS};
    assert_fatal(plane_losses(&normed, points, 1, &again[0][0]), "has buffers");
    free(up);
    free(across);
    free(middle);
    module_free(network);
    tape_free(tape);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filters_have_the_weights_length),
        cmocka_unit_test(test_principal_directions),
        cmocka_unit_test(test_losses_are_evaluate_s),
    };
    return cmocka_run_group_tests(tests, digits_load, digits_free);
}
