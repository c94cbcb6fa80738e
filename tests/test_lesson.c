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
#include "files/table.h"
#include "run/interrupt.h"
#include "run/lesson.h"
#include "scratch.h"

static Error error;
static const char *program;

// --- the lesson ----------------------------------------------------------------------------------

enum { FINE, FAILS, STOPS, IS_NAN, OTHER_NAMES };
static int size = 100, choice = 0, colour = 0, manner = FINE;
static const Option knobs[] = {
    option_choice("choice", &choice, "which", "one", "two"),
    option_choice("colour", &colour, "of it", "red", "green", "blue"),
    option_integer("size", &size, "how large", .min = 1),
    option_choice("manner", &manner, "how it goes", "fine", "fails", "stops", "nan", "other-names"),
};

static bool once(const LessonOptions *options, Error *at) {
    Table *table = table_open(options->out, "once.csv", "size");
    table_row(table, "%d", size);
    return table_close(table, at);
}

static bool run(const LessonOptions *options, Results *results, Error *at) {
    if (manner == FAILS)
        return error_set(at, "it failed");
    if (manner == STOPS)
        raise(SIGINT);
    if (interrupt_signal())
        return true;
    if (options->schedule)
        printf("schedule %s\n", options->schedule);
    const double value = options->seed + 100 * choice + 1000 * colour;
    const bool no_number = manner == IS_NAN && options->held_out && colour == (choice == 0 ? 2 : 0);
    result_add(results, "value",
               no_number                          ? NAN
               : options->held_out && choice == 1 ? -value
                                                  : value);
    result_add(results, manner == OTHER_NAMES ? "other" : "size",
               manner == IS_NAN && options->seed == 12 ? NAN : (double)size);
    return true;
}

static int axes; // how many options it goes over: 0, 1, 2; 3: one, of numbers

static void check_numbers(Claims *claims, const Results *results) {
    const int last = results_count(results, 0) - 1;
    const double wanted = results_value(results, 0, last);
    claims_check(claims, results_of(results, "size", last).least == wanted, "sizes",
                 "%d, the last is %g", last + 1, wanted);
}

static void check(Claims *claims, const Results *results) {
    const Sample value = axes == 0   ? results_of(results, "value")
                         : axes == 1 ? results_of(results, "value", 1)
                                     : results_of(results, "value", 1, 2);
    const Sample sizes = results_of(results, "size");
    claims_check(claims, value.count == sizes.count, "values", "%g to %g", value.least, value.most);
    claims_check(claims, sizes.most < 1000, "sizes", "%g", sizes.most);
    claims_check_seeds(claims, sizes.least > 1, "many seeds", "%d", sizes.count);
}

static int lesson_of(int argc, char **argv) {
    const char *kind = getenv("KNOBS_TEST_LESSON");
    const bool tuned = kind && strcmp(kind, "tuned") == 0;
    axes = tuned || (kind && strcmp(kind, "one axis") == 0) ? 1
           : kind && strcmp(kind, "two axes") == 0          ? 2
           : kind && strcmp(kind, "numbers") == 0           ? 3
                                                            : 0;
    const bool claimless = kind && strcmp(kind, "no claims") == 0;
    const bool runless = kind && strcmp(kind, "no run") == 0;
    const bool scheduled = kind && strcmp(kind, "schedule") == 0;
    Lesson lesson = {.name = "lesson-98",
                     .folder = "lessons/98-none",
                     .knobs = knobs,
                     .knob_count = OPTION_COUNT(knobs),
                     .quick = {{&size, 7}},
                     .data = scheduled ? "digits" : NULL,
                     .schedule = scheduled ? "cosine(lr, 0, steps)" : NULL,
                     .once = once,
                     .run = runless ? NULL : run,
                     .claims = claimless || runless ? NULL : check};
    if (axes)
        lesson.over[0].option = "choice";
    if (axes == 3) {
        lesson.claims = check_numbers;
        lesson.over[0] = (Axis){"size", {"3", "5", "8"}};
        lesson.quick_over[0] = (Axis){"size", {"3", "6"}};
    }
    if (axes == 2)
        lesson.over[1] = (Axis){"colour", {"red", "green", "blue"}};
    if (tuned) {
        lesson.data = "digits"; // which nobody loads: but it may be held out
        lesson.tuning.knob = (Axis){"colour", {"red", "green", "blue"}};
        lesson.tuning.by = "value";
    }
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

static int lesson_kind(const char *kind, const char *arguments) {
    setenv("KNOBS_TEST_LESSON", kind, 1);
    const int status = lesson(arguments);
    unsetenv("KNOBS_TEST_LESSON");
    return status;
}

static void test_one_run(void **state) {
    (void)state;
    assert_int_equal(lesson(""), 0);
    assert_string_equal(scratch_read("said"),
                        "PASS  values: 11 to 11\nPASS  sizes: 100\n"
                        "SKIP  many seeds: 1 (one run; five seeds decide: --seeds 5)\n");
    assert_string_equal(scratch_read("out/once.csv"), "size\n100\n");
    assert_string_equal(scratch_read("out/results.csv"),
                        "run,seed,value,size\nseed-11,11,11,100\n");
    assert_int_equal(lesson("--quick"), 0);
    assert_contains(scratch_read("said"), "sizes: 7\n");
    assert_int_equal(lesson("--quick --size 3"), 0);
    assert_contains(scratch_read("said"), "sizes: 3\n");
    assert_int_equal(lesson("--size 2000"), 1); // a claim that fails
    assert_contains(scratch_read("said"), "FAIL  sizes: 2000\n");
    assert_int_equal(lesson("--manner fails"), 1);
    assert_string_equal(scratch_read("words"), "error: it failed\n");
    assert_string_equal(scratch_read("said"), "");
}

static void test_seeds(void **state) {
    (void)state;
    assert_int_equal(lesson("--seeds 5"), 0);
    assert_contains(scratch_read("said"),
                    "values: 11 to 15\nPASS  sizes: 100\nPASS  many seeds: 5");
    assert_string_equal(scratch_read("out/results.csv"),
                        "run,seed,value,size\nseed-11,11,11,100\nseed-12,12,12,100\n"
                        "seed-13,13,13,100\nseed-14,14,14,100\nseed-15,15,15,100\n");
    assert_string_equal(scratch_read("out/runs/seed-12/result.csv"),
                        "name,value\nvalue,12\nsize,100\n");
    assert_int_equal(lesson("--seeds 3 --manner nan"), 1); // a NaN in the middle stays
    assert_contains(scratch_read("said"), "FAIL  sizes: nan\n");
    assert_int_equal(lesson("--seeds 2 --manner fails"), 1);
    assert_contains(scratch_read("words"), "ended with exit status 1");
}

static void test_over(void **state) {
    (void)state;
    assert_int_equal(lesson_kind("one axis", "--seeds 2"), 0);
    assert_contains(scratch_read("said"), "values: 111 to 112\n");
    assert_string_equal(scratch_read("out/results.csv"),
                        "run,choice,seed,value,size\nseed-11-one,one,11,11,100\n"
                        "seed-11-two,two,11,111,100\nseed-12-one,one,12,12,100\n"
                        "seed-12-two,two,12,112,100\n");
    assert_int_equal(lesson_kind("two axes", ""), 0);
    assert_contains(scratch_read("said"), "values: 2111 to 2111\n");
    assert_string_equal(scratch_read("out/results.csv"), "run,choice,colour,seed,value,size\n"
                                                         "seed-11-one-red,one,red,11,11,100\n"
                                                         "seed-11-one-green,one,green,11,1011,100\n"
                                                         "seed-11-one-blue,one,blue,11,2011,100\n"
                                                         "seed-11-two-red,two,red,11,111,100\n"
                                                         "seed-11-two-green,two,green,11,1111,100\n"
                                                         "seed-11-two-blue,two,blue,11,2111,100\n");
}

// With --quick, maybe fewer values.
static void test_quick_over(void **state) {
    (void)state;
    assert_int_equal(lesson_kind("numbers", ""), 0);
    assert_string_equal(scratch_read("said"), "PASS  sizes: 3, the last is 8\n");
    assert_int_equal(lesson_kind("numbers", "--quick"), 0);
    assert_string_equal(scratch_read("said"), "PASS  sizes: 2, the last is 6\n");
    assert_int_equal(lesson_kind("one axis", "--quick"), 0);
    assert_contains(scratch_read("out/results.csv"), "seed-11-two,two,11,111,7\n");
}

// With one value by hand, its run is made alone, and the claims are left out.
static void test_picked(void **state) {
    (void)state;
    assert_int_equal(lesson_kind("one axis", "--choice two"), 0);
    assert_string_equal(scratch_read("said"),
                        "seed-11-two: value 111, size 100\n"
                        "The claims are about all values of --choice: leave it "
                        "out to check them.\n");
    assert_string_equal(scratch_read("out/results.csv"),
                        "run,choice,seed,value,size\nseed-11-two,two,11,111,100\n");
    assert_int_equal(lesson_kind("one axis", "--choice three"), 1);
}

// Each choice runs in the colour that did best for it on what was held out.
static void test_tuning(void **state) {
    (void)state;
    assert_int_equal(lesson_kind("tuned", ""), 0);
    assert_string_equal(scratch_read("out/tuning.csv"), "run,choice,colour,seed,value,size\n"
                                                        "seed-1-one-red,one,red,1,1,100\n"
                                                        "seed-1-one-green,one,green,1,1001,100\n"
                                                        "seed-1-one-blue,one,blue,1,2001,100\n"
                                                        "seed-1-two-red,two,red,1,-101,100\n"
                                                        "seed-1-two-green,two,green,1,-1101,100\n"
                                                        "seed-1-two-blue,two,blue,1,-2101,100\n");
    assert_string_equal(scratch_read("out/results.csv"),
                        "run,choice,seed,value,size\nseed-11-one,one,11,2011,100\n"
                        "seed-11-two,two,11,111,100\n");
    assert_int_equal(lesson_kind("tuned", "--manner nan"), 0); // blue gives no number, or red
    assert_contains(scratch_read("out/results.csv"), "seed-11-one,one,11,1011,100\n");
    assert_contains(scratch_read("out/results.csv"), "seed-11-two,two,11,1111,100\n");
    assert_int_equal(lesson_kind("tuned", "--colour green --seeds 4"), 0);
    assert_contains(scratch_read("out/tuning.csv"), "seed-3-two-green,two,green,3,-1103,100\n");
    assert_null(strstr(scratch_read("out/tuning.csv"), "seed-4"));
    assert_contains(scratch_read("out/results.csv"), "seed-14-two,two,14,1114,100\n");
    assert_int_equal(lesson_kind("tuned", "--manner fails"), 1);
}

// --help says what is run where an option isn't given, and what the rate does without --schedule.
static void test_defaults(void **state) {
    (void)state;
    assert_int_equal(lesson("--help"), 0);
    assert_contains(scratch_read("said"), "which (one of one, two; default one)\n");
    assert_int_equal(lesson_kind("two axes", "--help"), 0);
    assert_contains(scratch_read("said"), "which (one of one, two; default all)\n");
    assert_contains(scratch_read("said"),
                    "of it (one of red, green, blue; default all of red, green, blue)\n");
    assert_contains(scratch_read("said"), "; default 100)\n");

    assert_int_equal(lesson_kind("schedule", "--help"), 0);
    assert_contains(scratch_read("said"), "(a text; default cosine(lr, 0, steps))\n");
    assert_int_equal(lesson_kind("schedule", ""), 0);
    assert_contains(scratch_read("said"), "schedule cosine(lr, 0, steps)\n");
    // Of any length, and with what divides the steps: only the run knows how many it has.
    assert_int_equal(lesson_kind("schedule", "--schedule \"sequence(linear(0, lr, 1500), "
                                             "cosine(lr, 0, steps - 1500))\""),
                     0);
    assert_int_equal(lesson_kind("schedule", "--schedule \"step(lr, steps / 7)\""), 0);
    assert_int_equal(lesson_kind("schedule", "--schedule \"constant(lr)\""), 0);
    assert_contains(scratch_read("said"), "schedule constant(lr)\n");
    assert_int_equal(lesson_kind("schedule", "--seeds 2"), 0); // the runs have it too
    assert_contains(scratch_read("out/runs/seed-12/run.log"), "\nschedule cosine(lr, 0, steps)\n");
}

// Runs go on by themselves; with --resume, what they were made with counts, as for a single run.
static void test_resumed(void **state) {
    (void)state;
    assert_int_equal(lesson_kind("one axis", "--seed 40 --size 5"), 0);
    assert_int_equal(lesson_kind("one axis", "--seed 40 --size 5 --resume"), 0);
    assert_int_equal(lesson_kind("one axis", "--seed 40 --size 5 --seeds 2 --resume"),
                     0); // another run is none
    assert_int_equal(lesson_kind("one axis", "--seed 40 --size 6 --resume"), 1);
    assert_contains(scratch_read("words"),
                    "/runs/seed-40-one was made with --size=5; without --resume it is made anew\n");
    assert_int_equal(lesson_kind("one axis", "--seed 40 --size 5 --quick --resume"), 1);
    assert_contains(scratch_read("words"), "/runs/seed-40-one was made without --quick;");
    assert_int_equal(lesson_kind("one axis", "--seed 50 --size 5 --resume"), 1);
    assert_contains(scratch_read("words"),
                    "/runs: none of these runs is there, so there is nothing to go on with");
    assert_contains(scratch_read("out/runs/seed-40-one/result.csv"), "size,5\n");
    scratch_write("out/runs/seed-40-one/key", "program 00000000\n");
    assert_int_equal(lesson_kind("one axis", "--seed 40 --size 5 --resume"), 1);
    assert_contains(scratch_read("words"), "is of another build of this program;");
    assert_int_equal(lesson_kind("one axis", "--seed 40 --size 6"), 0);
    assert_contains(scratch_read("out/runs/seed-40-one/result.csv"), "size,6\n");
}

// A result that isn't ours, or was made by hand: one line, and no number of it is believed.
static void test_odd_results(void **state) {
    (void)state;
    assert_int_equal(lesson("--seeds 2"), 0);
    scratch_write("out/runs/seed-11/result.csv", "name,value\nvalue,11\n");
    scratch_write("out/runs/seed-12/result.csv", "name,value\nvalue,12\n");
    assert_int_equal(lesson("--seeds 2"), 1);
    assert_contains(scratch_read("words"), "seed-12/result.csv: there is no 'size'; remove it");
    assert_contains(scratch_read("said"), "FAIL  sizes: nan\n");
    assert_int_equal(unlink(scratch("out/runs/seed-12/result.csv")), 0);
    assert_int_equal(lesson("--seeds 2"), 1);
    assert_contains(scratch_read("words"),
                    "seed-12/result.csv: other numbers than those of the first");
    assert_string_equal(scratch_read("said"), "");
    scratch_write("out/runs/seed-11/result.csv", "name,value\nvalue\n");
    assert_int_equal(lesson("--seeds 2"), 1);
    assert_contains(scratch_read("words"),
                    "seed-11/result.csv: not a name and a number in each row");
    assert_int_equal(lesson("--seeds 2 --manner other-names"),
                     1); // the claims ask for another name
    assert_contains(scratch_read("words"), "seed-12/result.csv: there is no 'size'");
}

static void test_without(void **state) {
    (void)state;
    assert_int_equal(lesson_kind("no claims", ""), 0);
    assert_string_equal(scratch_read("said"), "");
    assert_int_equal(lesson_kind("no claims", "--seeds 2"), 0);
    assert_int_equal(lesson_kind("no run", ""), 0);
    assert_int_equal(lesson_kind("no run", "--resume"), 1);
    assert_contains(scratch_read("words"), "there is no run to --resume");
}

static void test_stopped(void **state) {
    (void)state;
    assert_int_equal(lesson(""), 0);
    assert_int_equal(lesson("--manner stops"), 130);
    assert_string_equal(scratch_read("said"), ""); // no claims, and none of the run before
    assert_string_equal(scratch_read("out/claims.csv"), "(no such file)");
    assert_string_equal(scratch_read("out/results.csv"), "(no such file)");
    remove(scratch("out/lock"));
    assert_int_equal(lesson("--draw"), 1);
    assert_contains(scratch_read("words"), "out has no run; run it without --draw first");
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
        cmocka_unit_test(test_one_run),       cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_over),          cmocka_unit_test(test_picked),
        cmocka_unit_test(test_defaults),      cmocka_unit_test(test_resumed),
        cmocka_unit_test(test_odd_results),   cmocka_unit_test(test_without),
        cmocka_unit_test(test_stopped),       cmocka_unit_test(test_table),
        cmocka_unit_test(test_table_refused), cmocka_unit_test(test_quick_over),
        cmocka_unit_test(test_tuning),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
