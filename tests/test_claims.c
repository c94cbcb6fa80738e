// Claims, and the statistics under them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "run/claims.h"
#include "run/statistics.h"
#include "scratch.h"

static int report(Claims *claims, const char **text) {
    int before = capture_begin(1, "words.txt");
    int status = claims_report(claims, scratch_folder);
    *text = capture_end(1, before, "words.txt");
    return status;
}

static void test_pass(void **state) {
    (void)state;
    const char *text;
    Claims *claims = claims_new();
    claims_check(claims, true, "two and two are four", "measured %d", 2 + 2);
    assert_false(claims_need_seeds(claims, 4, "cosine wins"));
    assert_true(claims_need_seeds(claims, 5, "cosine wins"));
    assert_int_equal(report(claims, &text), 0);
    assert_string_equal(text, "PASS  two and two are four: measured 4\n"
                              "SKIP  cosine wins: needs at least 5 seeds: --seeds 5\n");
    assert_string_equal(scratch_read("claims.csv"),
                        "verdict,claim,measured\n"
                        "PASS,two and two are four,measured 4\n"
                        "SKIP,cosine wins,needs at least 5 seeds: --seeds 5\n");
}

static void test_fail(void **state) {
    (void)state;
    const char *text;
    Claims *claims = claims_new();
    claims_check(claims, false, "a \"wild\" claim", "%.2f", 0.5);
    claims_check(claims, true, "a tame one", "yes");
    assert_int_equal(report(claims, &text), 1);
    assert_contains(text, "FAIL  a \"wild\" claim: 0.50\n");
    assert_contains(scratch_read("claims.csv"), "FAIL,\"a \"\"wild\"\" claim\",0.50\n");
}

// A claim that can't be kept on disk is an error, whatever it says.
static void test_no_folder(void **state) {
    (void)state;
    int before = capture_begin(2, "words.txt"), out = capture_begin(1, "out.txt");
    int status = claims_report(claims_new(), scratch("none"));
    capture_end(1, out, "out.txt");
    const char *text = capture_end(2, before, "words.txt");
    assert_int_equal(status, 1);
    assert_contains(text, "none/claims.csv: can't write");
}

static void test_statistics(void **state) {
    (void)state;
    const double values[] = {2, 4, 4, 4, 5, 5, 7, 9};
    assert_true(statistics_mean(values, 8) == 5);
    assert_true(fabs(statistics_standard_error(values, 8) - sqrt(32.0 / 7 / 8)) < 1e-15);
    assert_true(isnan(statistics_mean(values, 0)));
    assert_true(isnan(statistics_standard_error(values, 1)));
    const double broken[] = {1, NAN, 3};
    assert_true(isnan(statistics_mean(broken, 3)) && isnan(statistics_standard_error(broken, 3)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pass),
        cmocka_unit_test(test_fail),
        cmocka_unit_test(test_no_folder),
        cmocka_unit_test(test_statistics),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
