// Options: right ones are set exactly, wrong ones are refused with one line that says what would be
// right.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/threads.h"
#include "caught.h"
#include "run/lesson_options.h"
#include "scratch.h"

static double lr, momentum;
static int epochs, schedule;
static bool nesterov;
static const char *data;

static const Option table[] = {
    option_number("lr", &lr, "learning rate", .above = 0),
    option_number("momentum", &momentum, "how much is kept", .min = 0, .below = 1),
    option_integer("epochs", &epochs, "passes over the data", .min = 1, .max = 1000),
    option_choice("curve", &schedule, "the rate over time", "constant", "step", "cosine"),
    option_flag("nesterov", &nesterov, "look ahead"),
    option_text("data", &data, "the data set"),
};

static bool given[OPTION_COUNT(table)];
static Error error;

#define ARGUMENTS_MAX 12
static bool parse(const char *first, ...) {
    char *arguments[ARGUMENTS_MAX] = {(char *)"build/lesson-01"};
    int count = 1;
    va_list list;
    va_start(list, first);
    for (const char *text = first; text; text = va_arg(list, const char *))
        arguments[count++] = (char *)text;
    va_end(list);
    lr = 0.1, momentum = 0.9, epochs = 3, schedule = 0, nesterov = false, data = "fashion";
    memset(given, 0, sizeof given);
    return options_parse(table, OPTION_COUNT(table), count, arguments, given, &error);
}

static void assert_refused(const char *part, bool parsed) {
    assert_false(parsed);
    assert_contains(error.message, part);
    assert_null(strchr(error.message, '\n'));
}

static void test_values(void **state) {
    (void)state;
    assert_true(parse(NULL));
    assert_true(lr == 0.1 && epochs == 3 && !nesterov);
    assert_true(
        parse("--lr", "0.25", "--epochs=7", "--curve", "cosine", "--nesterov", "--data=a b", NULL));
    assert_true(lr == 0.25 && epochs == 7 && schedule == 2 && nesterov);
    assert_string_equal(data, "a b");
    assert_true(parse("--lr=1e-3", "--lr", "+.5", "--momentum=0", NULL));
    assert_true(lr == 0.5 && momentum == 0); // the last one counts
}

static void test_given(void **state) {
    (void)state;
    assert_true(parse("--momentum=0.9", "--nesterov", NULL)); // its default is a given value, too
    const bool expected[] = {false, true, false, false, true, false};
    assert_memory_equal(given, expected, sizeof given);
    char *arguments[] = {(char *)"program", (char *)"--lr=2"};
    assert_true(options_parse(table, OPTION_COUNT(table), 2, arguments, NULL, &error));
    assert_true(lr == 2);
}

static void assert_value(int option, const char *text) {
    char *value = option_value(&table[option]);
    if (text)
        assert_string_equal(value, text);
    else
        assert_null(value);
    free(value);
}

static void test_value(void **state) {
    (void)state;
    assert_true(parse("--lr", "1e-3", "--curve=cosine", NULL));
    assert_value(0, "0.001");
    assert_value(2, "3");
    assert_value(3, "cosine");
    assert_value(4, "no");
    assert_value(5, "fashion");
    nesterov = true;
    data = NULL;
    lr = 1 / 3.0;
    assert_value(0, "0.33333333333333331");
    assert_value(4, "yes");
    assert_value(5, NULL);
}

static void test_wrong_values(void **state) {
    (void)state;
    assert_refused("--lr must be a number > 0, not \"-1\"", parse("--lr", "-1", NULL));
    assert_refused("--lr must be a number > 0, not \"0\"", parse("--lr=0", NULL));
    assert_refused("--momentum must be a number >= 0 and < 1, not \"1\"",
                   parse("--momentum=1", NULL));
    assert_refused("--epochs must be a whole number >= 1 and <= 1000, not \"0\"",
                   parse("--epochs", "0", NULL));
    assert_refused("--epochs must be a whole number >= 1 and <= 1000, not \"99999999999\"",
                   parse("--epochs", "99999999999", NULL));
    assert_refused("--lr must be a number > 0, not \"0.1x\"", parse("--lr", "0.1x", NULL));
    const char *no_numbers[] = {"nan", "inf",      "-inf", "1e999", " 1", "1 ",
                                "",    "--epochs", "0,1",  "0x10",  "1f", "0x1p3"};
    for (size_t i = 0; i < sizeof no_numbers / sizeof *no_numbers; i++)
        assert_refused(*no_numbers[i] ? "--lr must be a number > 0"
                                      : "--lr wants a value: a number > 0",
                       parse("--lr", no_numbers[i], NULL));
    assert_refused("--epochs must be a whole number", parse("--epochs", "2.5", NULL));
    assert_refused("--epochs must be a whole number", parse("--epochs", "1e2", NULL));
    assert_refused("--epochs must be a whole number", parse("--epochs", "0x10", NULL));
    // So close to 0 that digits are lost, or all of them.
    assert_refused("--momentum must be a number", parse("--momentum", "1e-320", NULL));
    assert_refused("--momentum must be a number", parse("--momentum", "1e-999", NULL));
    assert_true(parse("--momentum", "2.3e-308", NULL));
    assert_refused("--curve must be one of constant, step, cosine, not \"cosin\"",
                   parse("--curve=cosin", NULL));
    assert_refused("--data wants a value: a text", parse("--data", NULL));
    assert_refused("--nesterov takes no value", parse("--nesterov=1", NULL));
}

static void test_unknown(void **state) {
    (void)state;
    assert_refused("unknown option --lt; the options are --lr --momentum --epochs --curve "
                   "--nesterov --data --help",
                   parse("--lt", "0.1", NULL));
    assert_refused("unknown option --epoch", parse("--epoch=3", NULL));
    assert_refused("unknown option --epochss", parse("--epochss", "3", NULL));
    assert_refused("\"-\" is no option", parse("-", NULL));
    assert_refused("\"0.1\" is no option", parse("0.1", NULL));
    assert_refused("\"-lr\" is no option", parse("-lr", "0.1", NULL));
    assert_refused("\"--\" is no option", parse("--", NULL));
    assert_refused(
        "unknown option --xxxxxxxxxx",
        parse("--xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
              NULL));
}

static void test_help(void **state) {
    (void)state;
    int before = capture_begin(1, "help.txt");
    bool parsed = parse("--lr", "7", "--help", NULL);
    const char *text = capture_end(1, before, "help.txt");
    assert_false(parsed);
    assert_string_equal(error.message, "");
    assert_true(lr == 0.1);
    assert_contains(text, "usage: build/lesson-01 [options]\n");
    assert_contains(text, "--lr               learning rate (a number > 0; default 0.1)\n");
    assert_contains(
        text,
        "--epochs           passes over the data (a whole number >= 1 and <= 1000; default 3)\n");
    assert_contains(text, "the rate over time (one of constant, step, cosine; default constant)\n");
    assert_contains(text, "--nesterov         look ahead\n");
    assert_contains(text, "the data set (a text; default fashion)\n");
}

// What a child process is given is parsed to the same values, to the last bit.
static void test_arguments(void **state) {
    (void)state;
    assert_true(parse("--lr=0.1", "--nesterov", "--curve=step", "--data=it's \"a\" b", NULL));
    lr = 0.1 + 0.2;
    char *text = options_text(table, OPTION_COUNT(table));
    assert_string_equal(text, "--lr=0.30000000000000004\n--momentum=0.9\n--epochs=3\n"
                              "--curve=step\n--nesterov\n--data=it's \"a\" b\n");
    free(text);
    assert_true(parse("--lr=0.30000000000000004", NULL));
    assert_true(lr == 0.1 + 0.2);
    assert_refused("--data wants a value", parse("--data=two\nlines", NULL));
    data = NULL;
    text = options_text(table, OPTION_COUNT(table));
    assert_string_equal(text, "--lr=0.1\n--momentum=0.9\n--epochs=3\n--curve=constant\n");
    free(text);
}

static LessonOptions lesson;

// What the lesson says on stderr, or with --help on stdout.
static const char *parse_lesson(int descriptor, bool good, int wanted_status, const char *one,
                                const char *two, const char *three) {
    const char *given_arguments[] = {one, two, three};
    char *arguments[4] = {(char *)"lesson-99"};
    int count = 1, status = -1;
    while (count < 4 && given_arguments[count - 1]) {
        arguments[count] = (char *)given_arguments[count - 1];
        count++;
    }
    lesson = (LessonOptions){
        .name = "lesson-99", .data = "digits", .own = table, .own_count = OPTION_COUNT(table)};
    const int before = capture_begin(descriptor, "words.txt");
    const bool going_on = lesson_options_parse(&lesson, count, arguments, &status);
    const char *said = capture_end(descriptor, before, "words.txt");
    assert_int_equal(going_on, good);
    assert_int_equal(status, wanted_status);
    lesson_options_free(&lesson);
    return said;
}

static const char *out_option(const char *folder) {
    static char out[256];
    snprintf(out, sizeof out, "--out=%s", scratch(folder));
    return out;
}

static void test_lesson(void **state) {
    (void)state;
    parse_lesson(2, true, 0, out_option("deep/er"), "--threads=1", "--lr=2");
    assert_true(lesson.seed == 11 && lesson.seeds == 1 && !lesson.quick && !lesson.resume &&
                lr == 2);
    assert_string_equal(lesson.out, scratch("deep/er"));
    assert_string_equal(lesson.article, lesson.out);
    assert_true(file_exists(scratch("deep/er")));
    assert_int_equal(threads_count(), 1);
    assert_string_equal(parse_lesson(2, false, 1, out_option("deep/er"), "--seeds=0", NULL),
                        "error: --seeds must be a whole number >= 1 and <= 1000, not \"0\"\n");
    const char *help = parse_lesson(1, false, 0, "--help", NULL, NULL);
    assert_contains(help, "--resume");
    assert_contains(help, "--held-out");
    assert_null(strstr(help, "--child"));
    threads_set(0);
}

// A schedule that can't be one is refused before anything is trained.
static void test_schedule(void **state) {
    (void)state;
    parse_lesson(2, true, 0, out_option("deep"), "--schedule=cosine(lr, 0, steps)", NULL);
    assert_contains(parse_lesson(2, false, 1, out_option("deep"), "--schedule=cosin(lr)", NULL),
                    "error: --schedule: ");
}

// The last seed is a number that still can be counted on from.
static void test_seeds(void **state) {
    (void)state;
    const char *answer = "--seed must be a whole number >= 0 and <= 2147483645 with --seeds 2\n";
    assert_contains(parse_lesson(2, false, 1, out_option("deep"), "--seed=2147483647", "--seeds=2"),
                    answer);
    assert_contains(parse_lesson(2, false, 1, out_option("deep"), "--seed=2147483646", "--seeds=2"),
                    answer);
    parse_lesson(2, true, 0, out_option("deep"), "--seed=2147483645", "--seeds=2");
    assert_contains(parse_lesson(2, false, 1, out_option("deep"), "--seed=-1", NULL),
                    "--seed must be a whole number >= 0");
}

static void test_unwritable_out(void **state) {
    (void)state;
    scratch_write("file", "");
    assert_contains(parse_lesson(2, false, 1, out_option("file/below"), NULL, NULL),
                    "/file/below: can't make or write this folder: Not a directory");
}

static void test_programmers_mistake(void **state) {
    (void)state;
    const Option twice[] = {option_flag("seed", &nesterov, "mine"),
                            option_flag("seed", &nesterov, "another")};
    char *arguments[] = {(char *)"program"};
    assert_fatal(options_parse(twice, 2, 1, arguments, NULL, &error),
                 "--seed is in the table twice");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),         cmocka_unit_test(test_given),
        cmocka_unit_test(test_value),          cmocka_unit_test(test_wrong_values),
        cmocka_unit_test(test_unknown),        cmocka_unit_test(test_help),
        cmocka_unit_test(test_arguments),      cmocka_unit_test(test_lesson),
        cmocka_unit_test(test_schedule),       cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_unwritable_out), cmocka_unit_test(test_programmers_mistake),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
