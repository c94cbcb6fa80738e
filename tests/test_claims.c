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
    Claims *claims = claims_new(scratch_folder);
    claims_check(claims, true, "two and two are four", "measured %d", 2 + 2);
    const bool four = claims_need_seeds(claims, 4, "cosine wins");
    const bool five = claims_need_seeds(claims, 5, "cosine wins");
    const int status = claims_report(claims);
    const char *text = capture_end(1, before, "words.txt");
    assert_true(five && !four);
    assert_int_equal(status, 0);
    assert_string_equal(text, "PASS  two and two are four: measured 4\n"
                              "SKIP  cosine wins: needs --seeds 5 or more\n");
    assert_string_equal(scratch_read("claims.csv"), "verdict,claim,measured\n"
                                                    "PASS,two and two are four,measured 4\n"
                                                    "SKIP,cosine wins,needs --seeds 5 or more\n");
}

static void test_fail(void **state) {
    (void)state;
    const int before = capture_begin(1, "words.txt");
    Claims *claims = claims_new(scratch_folder);
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
    int status = claims_report(claims_new(scratch("none")));
    capture_end(1, out, "out.txt");
    const char *text = capture_end(2, before, "words.txt");
    assert_int_equal(status, 1);
    assert_contains(text, "none/claims.csv: can't write");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pass),
        cmocka_unit_test(test_fail),
        cmocka_unit_test(test_no_folder),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
