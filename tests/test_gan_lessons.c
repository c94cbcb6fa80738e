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

// A cloud of a given mean and a diagonal covariance.
static Cloud cloud_of(double mean, double variance) {
    Cloud cloud = {.count = 1000};
    for (int i = 0; i < FEATURES; i++) {
        cloud.mean[i] = mean;
        cloud.covariance[i][i] = variance * (i + 1);
    }
    return cloud;
}

static void test_frechet(void **state) {
    (void)state;
    Cloud a = cloud_of(1, 4), same = cloud_of(1, 4), moved = cloud_of(1.5, 4),
          wide = cloud_of(1, 9);
    assert_near(frechet_distance(&a, &same), 0, 1e-9);
    assert_near(frechet_distance(&a, &moved), 0.25 * FEATURES, 1e-9);
    // Σ (√(9 (i + 1)) − √(4 (i + 1)))² = Σ (i + 1)
    assert_near(frechet_distance(&a, &wide), FEATURES * (FEATURES + 1) / 2.0, 1e-8);
    assert_near(frechet_distance(&wide, &a), frechet_distance(&a, &wide), 1e-8);
    // [1 .6; .6 1] against the unit matrix: eigenvalues 1.6 and .4, so Σ (√λ − 1)².
    Cloud unit = {.count = 10}, turned;
    for (int i = 0; i < FEATURES; i++)
        unit.covariance[i][i] = 1;
    turned = unit;
    turned.covariance[3][7] = turned.covariance[7][3] = 0.6;
    assert_near(frechet_distance(&unit, &turned), pow(sqrt(1.6) - 1, 2) + pow(sqrt(0.4) - 1, 2),
                1e-9);
    unit.covariance[0][0] = NAN;
    assert_true(isnan(frechet_distance(&unit, &turned)));
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
    const Reals reals = reals_of(&data);
    assert_near(reals.nearest, sqrt(2), 1e-6);
    assert_near(reals.diversity, (2 + 2 * sqrt(2)) / 3, 1e-6);

    Tape *tape = tape_new();
    const real samples[] = {-1, -0.5, 1, 0.5};
    const Tensor *two = tape_copy(tape, SHAPE(2, 1, 1, 2), samples);
    assert_near(nearest_mean(two, &data), 0.5 / sqrt(2), 1e-6);
    assert_near(diversity_of(two->data, 2, 2), sqrt((4 + 1) / 2.0), 1e-6);
    assert_near(diversity_of(two->data, 1, 2), 0, 0);
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
        cmocka_unit_test(test_quality),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
