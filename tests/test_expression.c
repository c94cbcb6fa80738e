// Expressions: what is reckoned in them, and what they are refused for. (That every kind is read, and
// read as its constructor would make it, is in test_schedule.c.)
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schedule/expression.h"

static Error error;

static Schedule schedule_read(const char *text) {
    const ScheduleName names[] = {{"steps", 100}, {"epochs", 5}, {"lr", 0.1}};
    Schedule schedule;
    if (!schedule_parse(text, names, 3, &schedule, &error))
        fail_msg("%s: %s", text, error.message);
    return schedule;
}

static void test_numbers_are_reckoned(void **state) {
    (void)state;
    const struct {
        const char *text;
        double value;
    } rows[] = {
        {"steps", 100},
        {"steps/3", 100.0 / 3},
        {"steps - epochs * 2", 90},
        {"-(2 + 3) * 4", -20},
        {"1e-3*lr", 1e-4},
        {"8/2/2", 2},
        {"10 - 3 - 2", 5},
        {"--3", 3},
        {" .5 ", 0.5},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[64];
        snprintf(text, sizeof text, "constant(%s)", rows[i].text);
        assert_true(fabs(schedule_at(schedule_read(text), 0) - rows[i].value) < 1e-15);
    }
    assert_true(schedule_length(schedule_read("cosine(1, 0, steps/3)")) == 33); // rounded
}

static const struct {
    const char *text, *says;
} mistakes[] = {
    {"", "column 1, at the end: a schedule must begin here, one of constant, step, multistep"},
    {"cosin(1, 2)",
     "column 1, at \"cosin(1, 2)\": there is no schedule 'cosin'; there are constant"},
    {"cosine",
     "column 7, at the end: a bracket must stand here: cosine(initial, eta_min = 0, t_max)"},
    {"cosine(0.1, 95)", "column 1, at \"cosine(0.1, 95)\": t_max is missing: cosine(initial, eta"},
    {"cosine(0.1, 0, 0)",
     "column 16, at \"0)\": t_max is 0; it must be a whole number of at least 1"},
    {"cosine(0.1, 0, 9.5)", "column 16, at \"9.5)\": t_max is 9.5; it must be a whole"},
    {"cosine(0.1, 0, 9, 7)", "column 19, at \"7)\": that is one too many: cosine("},
    {"cosine(0.1, t_max=9, 0)", "column 22, at \"0)\": here must stand the name of an argument"},
    {"cosine(0.1, gamma=9)", "column 13, at \"gamma=9)\": here must stand the name of an argument"},
    {"cosine(0.1, initial=9)", "column 13, at \"initial=9)\": initial is given twice"},
    {"cosine(0.1, 0, step)",
     "column 16, at \"step)\": 'step' is no number; known by name are steps, e"},
    {"cosine(0.1 0, 5)", "column 12, at \"0, 5)\": a comma or ) must stand here"},
    {"cosine(0.1, 0, 5", "column 17, at the end: a comma or ) must stand here"},
    {"cosine(0.1, 0, 5) 1", "column 19, at \"1\": nothing may follow the schedule"},
    {"cosine(0.1, 0, (5)", "column 19, at the end: a comma or ) must stand here"},
    {"cosine((0.1, 0, 5)", "column 12, at \", 0, 5)\": a bracket ) is missing"},
    {"constant(1/0)", "column 10, at \"1/0)\": value is inf; it must be a finite number"},
    {"constant(nan)", "column 10, at \"nan)\": 'nan' is no number"},
    {"constant(1e999)", "value is inf"},
    {"constant()", "column 1, at \"constant()\": value is missing"},
    {"constant(cosine(1, 0, 5))",
     "column 10, at \"cosine(1, 0, 5))\": constant is made of no other"},
    {"scale(0.5)", "column 1, at \"scale(0.5)\": it is made of 0 schedules; it must be exactly 1"},
    {"scale(constant(1), constant(2), 3)",
     "column 20, at \"constant(2), 3)\": scale is made of one"},
    {"cyclic(0, 1, mode=up)",
     "column 19, at \"up)\": mode must be one of triangular, triangular2, exp"},
    {"multistep(1, 30)", "column 14, at \"30)\": milestones is a list: [1, 2, 3]"},
    {"multistep(1, [30, -1])", "column 19, at \"-1])\": milestones is -1; it must be a whole"},
    {"multistep(1, [])", "milestones is missing"},
    {"multistep(1, [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17])", "more than 16 numbers"},
    {"piecewise([0, 1, 2])", "column 1, at \"piecewise([0, 1, 2])\": points are pairs"},
    {"piecewise([5, 1, 5, 2])", "the steps of the points must be whole and rise"},
    {"sequence(constant(1), constant(2))", "has no end of its own; it needs milestones"},
    {"sequence(constant(1), constant(2), milestones=[5, 6])", "one fewer than its schedules"},
    {"sequence(constant(1), constant(2), constant(3), milestones=[5, 5])", "milestones must rise"},
    {"sequence()", "it is made of 0 schedules; it must be at least 1"},
    {"clamp(constant(1), 2, 1)", "its min is above its max"},
    {"repeat(constant(1))", "it needs a period"},
    {"one_cycle(1, 10, pct_start=1.5)", "pct_start is 1.5; it must be a number from 0 to 1"},
    {"function()", "a function is given in C (schedule_function); here can stand constant"},
};

static void test_wrong_expressions(void **state) {
    (void)state;
    const ScheduleName names[] = {{"steps", 100}, {"epochs", 5}};
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        Schedule schedule;
        if (schedule_parse(mistakes[i].text, names, 2, &schedule, &error))
            fail_msg("%s is read", mistakes[i].text);
        if (!strstr(error.message, mistakes[i].says))
            fail_msg("%s: wanted \"%s\", got \"%s\"", mistakes[i].text, mistakes[i].says,
                     error.message);
    }
}

// Before the run knows its numbers: what depends on them isn't judged, all else is.
static void test_unknown_names(void **state) {
    (void)state;
    const ScheduleName names[] = {{"steps", NAN}, {"lr", NAN}};
    const struct {
        const char *text, *says; // NULL: it is taken
    } rows[] = {
        {"clamp(cosine(lr, 0, steps), lr*0.1, 0.05)", NULL},
        {"linear(lr, 0, 100 - steps)", NULL},
        {"sequence(linear(0, lr, steps/5), constant(lr), constant(1), milestones=[steps/5, 300])",
         NULL},
        {"cosine(lr, 0, step)", "'step' is no number"},
        {"cosine(lr, 0, 0)", "t_max is 0"},
        {"cosine(lr, 0, steps", "a comma or )"},
        {"constant(0/0)", "value is "},
        {"clamp(constant(1), 2, 1)", "its min is above its max"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Schedule schedule;
        if (schedule_parse(rows[i].text, names, 2, &schedule, &error) != !rows[i].says)
            fail_msg("%s: %s", rows[i].text, rows[i].says ? "is read" : error.message);
        if (rows[i].says && !strstr(error.message, rows[i].says))
            fail_msg("%s: wanted \"%s\", got \"%s\"", rows[i].text, rows[i].says, error.message);
    }
}

// However deep or long, it is an error and no crash.
static void test_hostile_expressions(void **state) {
    (void)state;
    enum { LONG = 100000 };
    const char *const pieces[] = {
        "(", "-", "scale(", "product(constant(1),", "constant(1+", "x", "[", "constant(0.", "9"};
    char *text = memory_alloc(LONG + 32);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        for (int start = 0; start < 2; start++) {
            strcpy(text, start ? "constant(" : "");
            size_t length = strlen(text);
            for (; length < LONG; length += strlen(pieces[i]))
                strcpy(text + length, pieces[i]);
            Schedule schedule;
            assert_false(schedule_parse(text, NULL, 0, &schedule, &error));
            assert_non_null(strstr(error.message, "schedule, column "));
        }
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_reckoned),
        cmocka_unit_test(test_wrong_expressions),
        cmocka_unit_test(test_unknown_names),
        cmocka_unit_test(test_hostile_expressions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
