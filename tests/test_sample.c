// Means, standard errors and paired differences, against numbers computed by hand.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "caught.h"
#include "instruments/sample.h"

static void assert_near(double found, double expected) {
    if (!(fabs(found - expected) <= 1e-15 * fabs(expected)))
        fail_msg("%.17g, expected %.17g", found, expected);
}

// 2, 4, 4, 4, 5, 5, 7, 9: mean 5, squares 32, so the error of the mean is √(32 / (8 · 7)).
static void test_by_hand(void **state) {
    (void)state;
    const Sample sample = sample_of((const double[]){2, 4, 4, 4, 5, 5, 7, 9}, 8);
    assert_int_equal(sample.count, 8);
    assert_true(sample.least == 2 && sample.most == 9);
    assert_near(sample.mean, 5);
    assert_near(sample.error, 0.7559289460184544);
    assert_true(sample.values[0] == 2 && sample.values[7] == 9);
}

static void test_one(void **state) {
    (void)state;
    const Sample sample = sample_of((const double[]){-3}, 1);
    assert_true(sample.mean == -3 && sample.least == -3 && sample.most == -3);
    assert_true(isnan(sample.error)); // no claim holds because of it
    const Sample two = sample_of((const double[]){1, 2}, 2);
    assert_near(two.error, 0.5);
}

// Seeds differ much, and yet a is better by 1 or 2 with each: differences 1, 2, 1, 2, 1.
static void test_difference(void **state) {
    (void)state;
    const Sample a = sample_of((const double[]){11, 22, 31, 42, 51}, 5);
    const Sample b = sample_of((const double[]){10, 20, 30, 40, 50}, 5);
    const Sample gain = sample_difference(&a, &b), loss = sample_difference(&b, &a);
    assert_near(gain.mean, 1.4);
    assert_near(gain.error, 0.2449489742783178); // √(1.2 / 20)
    assert_true(gain.least == 1 && gain.most == 2);
    assert_near(loss.mean, -1.4);
    assert_true(gain.mean > 2 * gain.error && gain.mean < 2 * (a.error + b.error));
}

// A run whose number is NaN decides nothing in anybody's favour.
static void test_nan(void **state) {
    (void)state;
    for (int at = 0; at < 3; at++) {
        double values[] = {1, 2, 3};
        values[at] = NAN;
        const Sample sample = sample_of(values, 3);
        assert_true(isnan(sample.least) && isnan(sample.most) && isnan(sample.mean) &&
                    isnan(sample.error));
    }
    const Sample infinite = sample_of((const double[]){1, -INFINITY}, 2);
    assert_true(infinite.least == -INFINITY && infinite.most == 1);
}

// 1 − 6 Σd² / (n (n² − 1)) where no two are equal: d = 0, 1, −1, 1, −1.
static void test_rank_correlation(void **state) {
    (void)state;
    const double a[] = {10, 20, 30, 40, 50}, b[] = {-1, 300, 2, 5000, 4000}, c[] = {9, 8, 5, 3, 2};
    assert_near(rank_correlation(a, a, 5), 1);
    assert_near(rank_correlation(a, c, 5), -1);
    assert_near(rank_correlation(a, b, 5), 0.8);
    const double d[] = {1, 2, 2, 3}; // places 0, 1.5, 1.5, 3 against 0, 1, 2, 3
    assert_near(rank_correlation(a, d, 4), 0.9486832980505138); // 4.5 / √(5 · 4.5)
    assert_true(isnan(rank_correlation(a, (const double[]){7, 7, 7}, 3)));
}

static void test_mistakes(void **state) {
    (void)state;
    static double many[SAMPLE_MAX + 1];
    assert_true(sample_of(many, SAMPLE_MAX).error == 0);
    assert_fatal(sample_of(many, SAMPLE_MAX + 1), "1001 values");
    assert_fatal(sample_of(many, 0), "0 values");
    const Sample two = sample_of(many, 2), three = sample_of(many, 3);
    assert_fatal(sample_difference(&two, &three), "2 values against 3");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),          cmocka_unit_test(test_one),
        cmocka_unit_test(test_difference),       cmocka_unit_test(test_nan),
        cmocka_unit_test(test_rank_correlation), cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
