// Claims: the lines that are printed, the file, the exit status.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/claims.h"
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pass),
        cmocka_unit_test(test_fail),
        cmocka_unit_test(test_no_folder),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
