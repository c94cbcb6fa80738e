// Options: right ones are set exactly, wrong ones are refused with one line that says what would be
// right.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/threads.h"
#include "caught.h"
#include "run/options.h"
#include "scratch.h"

static double lr, momentum;
static int epochs, schedule;
static bool nesterov;
static const char *data;

static const Option table[] = {
    option_number("lr", &lr, "learning rate", .above = 0),
    option_number("momentum", &momentum, "how much is kept", .min = 0, .below = 1),
    option_integer("epochs", &epochs, "passes over the data", .min = 1, .max = 1000),
    option_choice("schedule", &schedule, "the rate over time", "constant", "step", "cosine"),
    option_flag("nesterov", &nesterov, "look ahead"),
    option_text("data", &data, "the data set"),
};

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
    return options_parse(table, OPTION_COUNT(table), count, arguments, &error);
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
    assert_true(parse("--lr", "0.25", "--epochs=7", "--schedule", "cosine", "--nesterov",
                      "--data=a b", NULL));
    assert_true(lr == 0.25 && epochs == 7 && schedule == 2 && nesterov);
    assert_string_equal(data, "a b");
    assert_true(parse("--lr=1e-3", "--lr", "+.5", "--momentum=0", NULL));
    assert_true(lr == 0.5 && momentum == 0); // the last one counts
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
    const char *no_numbers[] = {"nan", "inf", "-inf", "1e999", " 1", "1 ", "--epochs", "", "0,1"};
    for (size_t i = 0; i < sizeof no_numbers / sizeof *no_numbers; i++)
        assert_refused(*no_numbers[i] ? "--lr must be a number > 0"
                                      : "--lr wants a value: a number > 0",
                       parse("--lr", no_numbers[i], NULL));
    assert_refused("--epochs must be a whole number", parse("--epochs", "2.5", NULL));
    assert_refused("--epochs must be a whole number", parse("--epochs", "1e2", NULL));
    assert_refused("--schedule must be one of constant, step, cosine, not \"cosin\"",
                   parse("--schedule=cosin", NULL));
    assert_refused("--data wants a value: a text", parse("--data", NULL));
    assert_refused("--nesterov takes no value", parse("--nesterov=1", NULL));
}

static void test_unknown(void **state) {
    (void)state;
    assert_refused("unknown option --lt; the options are --lr --momentum --epochs --schedule "
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
    assert_true(parse("--lr=0.1", "--nesterov", "--schedule=step", "--data=it's \"a\" b", NULL));
    lr = 0.1 + 0.2;
    char *text = options_text(table, OPTION_COUNT(table));
    assert_string_equal(text, "--lr=0.30000000000000004\n--momentum=0.9\n--epochs=3\n"
                              "--schedule=step\n--nesterov\n--data=it's \"a\" b\n");
    free(text);
    assert_true(parse("--lr=0.30000000000000004", NULL));
    assert_true(lr == 0.1 + 0.2);
    assert_refused("--data wants a value", parse("--data=two\nlines", NULL));
    data = NULL;
    text = options_text(table, OPTION_COUNT(table));
    assert_string_equal(text, "--lr=0.1\n--momentum=0.9\n--epochs=3\n--schedule=constant\n");
    free(text);
}

static bool parse_lesson(LessonOptions *lesson, int *status, const char *one, const char *two,
                         const char *three) {
    char *arguments[] = {(char *)"lesson-99", (char *)one, (char *)two, (char *)three};
    int count = 1 + (one != NULL) + (two != NULL) + (three != NULL);
    return lesson_options_parse(lesson, "lesson-99", table, OPTION_COUNT(table), count, arguments,
                                status);
}

static void test_lesson(void **state) {
    (void)state;
    LessonOptions lesson;
    int status = -1;
    char out[256];
    snprintf(out, sizeof out, "--out=%s", scratch("deep/er"));
    assert_true(parse_lesson(&lesson, &status, out, "--threads=1", "--lr=2"));
    assert_int_equal(status, 0);
    assert_true(lesson.seed == 11 && lesson.seeds == 1 && !lesson.quick && !lesson.resume &&
                lr == 2);
    assert_string_equal(lesson.out, scratch("deep/er"));
    assert_true(file_exists(scratch("deep/er")));
    assert_int_equal(threads_count(), 1);

    int before = capture_begin(2, "words.txt");
    bool going_on = parse_lesson(&lesson, &status, out, "--seeds=0", NULL);
    const char *text = capture_end(2, before, "words.txt");
    assert_false(going_on);
    assert_int_equal(status, 1);
    assert_string_equal(text,
                        "error: --seeds must be a whole number >= 1 and <= 1000, not \"0\"\n");

    before = capture_begin(1, "words.txt");
    going_on = parse_lesson(&lesson, &status, "--help", NULL, NULL);
    text = capture_end(1, before, "words.txt");
    assert_false(going_on);
    assert_int_equal(status, 0);
    assert_contains(text, "--resume");
    assert_null(strstr(text, "--child"));
}

static void test_unwritable_out(void **state) {
    (void)state;
    scratch_write("file", "");
    LessonOptions lesson;
    int status = 0;
    char out[256];
    snprintf(out, sizeof out, "--out=%s", scratch("file/below"));
    int before = capture_begin(2, "words.txt");
    bool going_on = parse_lesson(&lesson, &status, out, NULL, NULL);
    const char *text = capture_end(2, before, "words.txt");
    assert_false(going_on);
    assert_int_equal(status, 1);
    assert_contains(text, "/file/below: can't make or write this folder: Not a directory");
}

static void test_programmers_mistake(void **state) {
    (void)state;
    const Option twice[] = {option_flag("seed", &nesterov, "mine"),
                            option_flag("seed", &nesterov, "another")};
    char *arguments[] = {(char *)"program"};
    assert_fatal(options_parse(twice, 2, 1, arguments, &error), "--seed is in the table twice");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),         cmocka_unit_test(test_wrong_values),
        cmocka_unit_test(test_unknown),        cmocka_unit_test(test_help),
        cmocka_unit_test(test_arguments),      cmocka_unit_test(test_lesson),
        cmocka_unit_test(test_unwritable_out), cmocka_unit_test(test_programmers_mistake),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
