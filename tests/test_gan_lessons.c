// The numbers by which lessons 10 and 11 judge their samples, on samples whose numbers are known.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#pragma GCC diagnostic ignored "-Wunused-function" // the lessons use the rest
#include "../lessons/10-gan/mixture.h"
#include "../lessons/11-image-gan/frechet.h"
#include "../lessons/11-image-gan/looks.h"

#define assert_near(found, wanted, tolerance) assert_true(fabs((found) - (wanted)) <= (tolerance))

// Two points for each number: the mean, and that number √variance more or less. So the covariance is
// diagonal, and 2 variance / (2 n − 1) · (number + 1).
static Cloud cloud_of(int n, double mean, double variance) {
    Cloud cloud = {.size = n};
    real point[CLOUD_MAX];
    for (int i = 0; i < 2 * n; i++) {
        for (int j = 0; j < n; j++)
            point[j] = (real)mean;
        point[i / 2] += (real)((i % 2 ? 1 : -1) * sqrt(variance * (i / 2 + 1)));
        cloud_add(&cloud, point, 1);
    }
    return cloud;
}

static void test_frechet(void **state) {
    (void)state;
    const double scale = 2.0 / (2 * FEATURES - 1),
                 near = sizeof(real) == sizeof(float) ? 1e-4 : 1e-9;
    const Cloud a = cloud_of(FEATURES, 1, 4), moved = cloud_of(FEATURES, 1.5, 4);
    const Cloud wide = cloud_of(FEATURES, 1, 9);
    assert_near(cloud_distance(&a, &a), 0, near);
    assert_near(cloud_distance(&a, &moved), 0.25 * FEATURES, near);
    // Σ (√(9 (i + 1)) − √(4 (i + 1)))² = Σ (i + 1)
    assert_near(cloud_distance(&a, &wide), scale * FEATURES * (FEATURES + 1) / 2.0, near);
    assert_near(cloud_distance(&wide, &a), cloud_distance(&a, &wide), near);
    // Covariances [4 0; 0 4] / 3 and [2 1; 1 2] / 3, of eigenvalues 3 / 3 and 1 / 3: Σ (√λ − √4)² / 3.
    const real square[] = {-1, -1, -1, 1, 1, -1, 1, 1}, turned[] = {-1, -1, 0, 1, 1, 0, 0, 0};
    Cloud first = {.size = 2}, second = {.size = 2}, point = {.size = 2}, none = {.size = 2};
    cloud_add(&first, square, 4);
    cloud_add(&second, turned, 4);
    assert_near(cloud_distance(&first, &second), (pow(sqrt(3) - 2, 2) + pow(sqrt(1) - 2, 2)) / 3,
                1e-9);
    cloud_add(&point, square, 1);
    assert_true(isnan(cloud_distance(&first, &point)));
    cloud_add(&none, (const real[]){1, NAN, 2, 3}, 2);
    assert_true(isnan(cloud_distance(&first, &none)));
}

// Three grey images of 1 × 2 pixels: (0, 0), (255, 255), (255, 0); from −1 to 1.
static void test_looks(void **state) {
    (void)state;
    const unsigned char pixels[] = {0, 0, 255, 255, 255, 0};
    const Dataset data = {.count = 3,
                          .channels = 1,
                          .height = 1,
                          .width = 2,
                          .pixels = pixels,
                          .pixel_max = 255,
                          .mean = 0.5,
                          .std = 0.5};
    real image[2];
    real_image(&data, 2, image);
    assert_true(image[0] == 1 && image[1] == -1);
    double distance;
    assert_int_equal(nearest_of(&data, 1, -1, image, &distance), 2);
    assert_near(distance, 0, 0);
    assert_int_equal(nearest_of(&data, 1, 2, image, &distance), 0);
    assert_near(distance, sqrt(2), 1e-6); // one of two pixels, by 2
    assert_int_equal(nearest_of(&data, 2, 2, image, &distance), 0);
    Likeness reals;
    Error error;
    assert_true(reals_compare(&data, "three", &reals, &error));
    assert_near(reals.nearest, sqrt(2), 1e-6);
    assert_near(reals.diversity, (2 + 2 * sqrt(2)) / 3, 1e-6);
    Dataset alike = data;
    alike.count = 1;
    assert_false(reals_compare(&alike, "one", &reals, &error));
    assert_string_equal(error.message,
                        "one: expected pictures that differ, found no two among 1 compared");

    Tape *tape = tape_new();
    const real samples[] = {-1, -0.5, 1, 0.5};
    const Tensor *two = tape_copy(tape, SHAPE(2, 1, 1, 2), samples);
    const Likeness likeness = likeness_of(&data, two->data, 2, 0);
    assert_near(likeness.nearest, 0.5 / sqrt(2), 1e-6);
    assert_near(likeness.diversity, sqrt((4 + 1) / 2.0), 1e-6);
    assert_near(diversity_of(two->data, 1, 2), 0, 0);
    tape_free(tape);
}

// Samples of a generator with batch norm: nothing moves or is recorded, and afterwards it trains on.
static void test_samples(void **state) {
    (void)state;
    Tape *tape = tape_new();
    Random random = random_from_seed(1), again = random_from_seed(1);
    Module *norm = batch_norm_new(1);
    module_initialise(norm, &random);
    again = random;
    Tensor *noise = tape_normal(tape, SHAPE(3, 1, 1, 1), &random);
    for (int i = 0; i < 3; i++)
        assert_true(noise->data[i] == (real)random_normal(&again));
    const Tensor *samples = evaluate_batch(norm, noise);
    for (int i = 0; i < 3; i++) // with the statistics 0 and 1 that it has at first
        assert_near((double)(samples->data[i] - noise->data[i]), 0, 1e-4);
    assert_null(samples->node);
    assert_true(norm->training && tape->recording);
    assert_true(module_forward(norm, noise)->node != NULL);
    module_free(norm);
    tape_free(tape);
}

// On the ring, the first mode lies at (1, 0); a point counts within 3 σ = 0.06 of its mode.
static void test_quality(void **state) {
    (void)state;
    const Mixture ring = mixture_of(RING);
    assert_int_equal(ring.modes, 8);
    assert_int_equal(mixture_of(GRID).modes, 25);
    Tape *tape = tape_new();
    Random random = random_from_seed(1);
    const Quality of_data = quality_of(&ring, mixture_draw(&ring, tape, 4000, &random));
    assert_int_equal(of_data.covered, 8);
    // In two dimensions 1 − exp(−4.5) of a Gaussian lie within 3 σ.
    assert_near(of_data.good, 1 - exp(-4.5), 0.006);
    real points[2 * 100];
    for (int i = 0; i < 100; i++) {
        points[2 * i] = i < 50 ? 1 : 0; // half of them at a mode, half in the middle
        points[2 * i + 1] = 0;
    }
    const Quality half = quality_of(&ring, tape_copy(tape, SHAPE(100, 2), points));
    assert_int_equal(half.covered, 1);
    assert_near(half.good, 0.5, 1e-9);
    tape_free(tape);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frechet),
        cmocka_unit_test(test_looks),
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_quality),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
