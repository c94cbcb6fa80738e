// The frame of a lesson and its tables: runs in this process and side by side, results over seeds
// and choices, claims, Ctrl-C, errors that are told once. This program is also the lesson.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <signal.h>
#include <sys/wait.h>

#include "caught.h"
#include "run/interrupt.h"
#include "run/lesson.h"
#include "files/table.h"
#include "scratch.h"

static Error error;
static const char *program;

// --- the lesson ----------------------------------------------------------------------------------

static int size = 100, choice = 0, manner = 0;
static const Option knobs[] = {
    option_choice("choice", &choice, NULL, "one", "two"),
    option_integer("size", &size, "how large", .min = 1),
    option_choice("manner", &manner, "how it goes", "fine", "fails", "stops", "nan"),
};

static bool once(const LessonOptions *options, Error *at) {
    Table *table = table_open(options->out, "once.csv", "size");
    table_row(table, "%d", size);
    return table_close(table, at);
}

static bool run(const LessonOptions *options, Results *results, Error *at) {
    if (manner == 1)
        return error_set(at, "it failed");
    if (manner == 2)
        raise(SIGINT);
    if (interrupt_signal())
        return true;
    result_add(results, "value", options->seed + 100 * choice);
    result_add(results, "broken", manner == 3 && options->seed == 12 ? NAN : (double)size);
    return true;
}

static int choices = 1;
static void check(Claims *claims, const LessonOptions *options, const Results *results) {
    const Sample value = results_of(results, choices - 1, "value");
    const Sample broken = results_of(results, 0, "broken");
    claims_check(claims, value.count == options->seeds, "values", "%g to %g", value.least,
                 value.most);
    claims_check(claims, broken.most < 1000, "sizes", "%g", broken.most);
    claims_check_seeds(claims, options->seeds, true, "many seeds", "%d", options->seeds);
}

static int lesson_of(int argc, char **argv) {
    const bool over = getenv("KNOBS_TEST_OVER") != NULL;
    choices = over ? 2 : 1;
    const Lesson lesson = {.name = "lesson-98",
                           .folder = "lessons/98-none",
                           .knobs = knobs,
                           .knob_count = OPTION_COUNT(knobs),
                           .quick = {{&size, 7}},
                           .resume_note = "begins anew",
                           .once = once,
                           .run = run,
                           .over = over ? &knobs[0] : NULL,
                           .claims = check};
    return lesson_main(&lesson, argc, argv);
}

// --- what it does --------------------------------------------------------------------------------

static int lesson(const char *arguments) {
    char command[1024];
    snprintf(command, sizeof command, "'%s' --seed 11 %s --out \"%s\" >\"%s\" 2>\"%s\"", program,
             arguments, scratch("out"), scratch("said"), scratch("words"));
    const int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_one_run(void **state) {
    (void)state;
    assert_int_equal(lesson(""), 0);
    assert_string_equal(scratch_read("said"), "PASS  values: 11 to 11\nPASS  sizes: 100\n"
                                              "SKIP  many seeds: needs --seeds 5 or more\n");
    assert_string_equal(scratch_read("out/once.csv"), "size\n100\n");
    assert_int_equal(lesson("--quick --resume"), 0);
    assert_contains(scratch_read("said"), "sizes: 7\n");
    assert_string_equal(scratch_read("words"), "lesson-98 begins anew\n");
    assert_int_equal(lesson("--quick --size 3"), 0);
    assert_contains(scratch_read("said"), "sizes: 3\n");
    assert_int_equal(lesson("--size 2000"), 1); // a claim that fails
    assert_contains(scratch_read("said"), "FAIL  sizes: 2000\n");
    assert_int_equal(lesson("--manner fails"), 1);
    assert_string_equal(scratch_read("words"), "error: it failed\n");
}

static void test_seeds(void **state) {
    (void)state;
    assert_int_equal(lesson("--seeds 5"), 0);
    assert_contains(scratch_read("said"), "values: 11 to 15\nPASS  sizes: 100\nPASS  many seeds");
    assert_contains(scratch_read("out/seeds.csv"), "run,value,broken\nseed-11,11,100\n");
    assert_int_equal(lesson("--seeds 3 --manner nan"), 1); // a NaN in the middle stays
    assert_contains(scratch_read("said"), "FAIL  sizes: nan\n");
    assert_int_equal(lesson("--seeds 2 --manner fails"), 1);
    assert_contains(scratch_read("words"), "ended with exit status 1");
}

static void test_over(void **state) {
    (void)state;
    setenv("KNOBS_TEST_OVER", "1", 1);
    assert_int_equal(lesson("--seeds 2"), 0);
    unsetenv("KNOBS_TEST_OVER");
    assert_contains(scratch_read("said"), "values: 111 to 112\n");
    assert_contains(scratch_read("out/runs.csv"),
                    "seed-11-one,11,100\nseed-11-two,111,100\nseed-12-one,12,100\n");
}

static void test_stopped(void **state) {
    (void)state;
    assert_int_equal(lesson("--manner stops"), 130);
    assert_string_equal(scratch_read("said"), ""); // no claims
    assert_string_equal(scratch_read("words"), "");
}

// --- tables --------------------------------------------------------------------------------------

static void test_table(void **state) {
    (void)state;
    Table *table = table_open(scratch_folder, "table.csv", "name,count,more");
    table_row(table, "%s,%d,%g", "1 → 8, 3×3", 8, 0.5);
    assert_string_equal(scratch_read("table.csv"), "(no such file)"); // whole or not there
    table_row(table, "two\nlines,%s,", "x");
    assert_fatal(table_row(table, "%s", "a,b,c"), "table.csv has 3 columns, and the row has 1");
    assert_true(table_close(table, &error));
    assert_string_equal(scratch_read("table.csv"),
                        "name,count,more\n1 → 8; 3×3,8,0.5\ntwo;lines,x,\n");
}

static void test_table_refused(void **state) {
    (void)state;
    Table *table = table_open(scratch("none"), "table.csv", "name");
    table_row(table, "%s", "lost");
    assert_false(table_close(table, &error));
    assert_contains(error.message, "none/table.csv: can't write: No such file");
}

int main(int argc, char **argv) {
    program = argv[0];
    if (argc > 1)
        return lesson_of(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_run), cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_over),    cmocka_unit_test(test_stopped),
        cmocka_unit_test(test_table),   cmocka_unit_test(test_table_refused),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
