// Claims: the lines that are printed, the file, the exit status.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/claims.h"
#include "scratch.h"

static void test_pass(void **state) {
    (void)state;
    const int before = capture_begin(1, "words.txt");
    Claims *claims = claims_new(scratch_folder, CLAIMS_SEEDS);
    claims_check(claims, true, "two and two are four", "measured %d", 2 + 2);
    claims_check_seeds(claims, true, "cosine wins", "by %g", 0.5);
    const int status = claims_report(claims);
    const char *text = capture_end(1, before, "words.txt");
    assert_int_equal(status, 0);
    assert_string_equal(text, "PASS  two and two are four: measured 4\n"
                              "PASS  cosine wins: by 0.5\n");
    assert_string_equal(scratch_read("claims.csv"), "verdict,claim,measured\n"
                                                    "PASS,two and two are four,measured 4\n"
                                                    "PASS,cosine wins,by 0.5\n");
}

// A statistical claim is decided by five seeds: with fewer it is skipped, whether it holds or not, and
// says what was measured.
static void test_few_seeds(void **state) {
    (void)state;
    for (int holds = 0; holds <= 1; holds++) {
        const int before = capture_begin(1, "words.txt");
        Claims *one = claims_new(scratch_folder, 1);
        claims_check_seeds(one, holds, "cosine wins", "by %g", 0.5);
        int failed = claims_report(one);
        Claims *four = claims_new(scratch_folder, CLAIMS_SEEDS - 1);
        claims_check_seeds(four, holds, "cosine wins", "by %g", 0.5);
        failed += claims_report(four);
        Claims *five = claims_new(scratch_folder, CLAIMS_SEEDS);
        claims_check_seeds(five, holds, "cosine wins", "by %g", 0.5);
        const int status = claims_report(five);
        const char *text = capture_end(1, before, "words.txt");
        assert_int_equal(failed, 0);
        assert_int_equal(status, !holds);
        assert_contains(text,
                        "SKIP  cosine wins: by 0.5 (one run; five seeds decide: --seeds 5)\n"
                        "SKIP  cosine wins: by 0.5 (few runs; five seeds decide: --seeds 5)\n");
        assert_contains(text,
                        holds ? "PASS  cosine wins: by 0.5\n" : "FAIL  cosine wins: by 0.5\n");
    }
}

// The error of one value is no number, and isn't told, wherever it stands.
static void test_one_value_has_no_error(void **state) {
    (void)state;
    const int before = capture_begin(1, "words.txt");
    Claims *one = claims_new(scratch_folder, 1);
    claims_check_seeds(one, true, "cosine wins", "by 0.5 ± nan; twice 1 ± nan points");
    claims_report(one);
    assert_contains(capture_end(1, before, "words.txt"), "cosine wins: by 0.5; twice 1 points (");
}

static void test_fail(void **state) {
    (void)state;
    const int before = capture_begin(1, "words.txt");
    Claims *claims = claims_new(scratch_folder, 1);
    claims_check(claims, false, "a wild, wild claim", "%.2f", 0.5);
    claims_check(claims, true, "a tame one", "yes");
    const int status = claims_report(claims);
    const char *text = capture_end(1, before, "words.txt");
    assert_int_equal(status, 1);
    assert_contains(text, "FAIL  a wild, wild claim: 0.50\n");
    assert_contains(scratch_read("claims.csv"), "FAIL,a wild; wild claim,0.50\n");
}

// A claim that can't be kept on disk is an error, whatever it says.
static void test_no_folder(void **state) {
    (void)state;
    int before = capture_begin(2, "words.txt"), out = capture_begin(1, "out.txt");
    int status = claims_report(claims_new(scratch("none"), 1));
    capture_end(1, out, "out.txt");
    const char *text = capture_end(2, before, "words.txt");
    assert_int_equal(status, 1);
    assert_contains(text, "none/claims.csv: can't write");
}

static void test_worst(void **state) {
    (void)state;
    assert_true(worst_of(1, 2) == 2 && worst_of(2, 1) == 2);
    assert_true(isnan(worst_of(NAN, 1)) && isnan(worst_of(1, NAN)) && isnan(worst_of(NAN, NAN)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pass),      cmocka_unit_test(test_few_seeds),
        cmocka_unit_test(test_fail),      cmocka_unit_test(test_one_value_has_no_error),
        cmocka_unit_test(test_no_folder), cmocka_unit_test(test_worst),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
