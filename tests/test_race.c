// The options of a race: which algorithm gets which knob, the surface and the start, and options that
// are lists.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "run/race_options.h"

static Error error;

// The options keep what was given before: each text parses all that it needs.
static bool read_race(Race *race, int count, const char *const *texts) {
    char *arguments[24] = {(char *)"lesson"};
    for (int i = 0; i < count; i++)
        arguments[1 + i] = (char *)texts[i];
    OptionList *optimizers = race_options()[1].list;
    optimizers->count = 0;
    return options_parse(race_options(), RACE_OPTION_COUNT, 1 + count, arguments, NULL, &error) &&
           race_read(race, &error);
}
#define READ(RACE, ...)                                                                            \
    read_race(RACE, (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)),                 \
              (const char *[]){__VA_ARGS__})

static void test_options_of_all_knobs(void **state) {
    (void)state;
    for (int id = 0; id < HYPERPARAMETER_COUNT; id++) {
        const Option *option = &race_options()[RACE_OPTION_COUNT - HYPERPARAMETER_COUNT + id];
        assert_int_equal(strlen(option->name), strlen(hyperparameter_name(id)));
        assert_null(strchr(option->name, '_'));
    }
    assert_true(race_options() == race_options());
    int names = 0;
    for (; surfaces[names].name; names++)
        assert_string_equal(race_options()[0].choices[names], surfaces[names].name);
    assert_null(race_options()[0].choices[names]);
}

static void test_who_gets_which_knob(void **state) {
    (void)state;
    Race race;
    assert_true(READ(&race, "--optimizer=sgd", "--lr=0.25", "--optimizer",
                     "adam:beta1=0.5,lr=1,weight_decay=0.125", "--optimizer=lion",
                     "--weight-decay=0.5", "--beta2=0.75"));
    assert_int_equal(race.count, 3);
    const Hyperparameters *sgd_ = &race.runners[0].given, *adam_ = &race.runners[1].given,
                          *lion_ = &race.runners[2].given;
    assert_true(sgd_->lr == 0.25 && sgd_->weight_decay == 0.5 && isnan(sgd_->beta2));
    assert_true(adam_->lr == 1 && adam_->beta1 == 0.5 && adam_->beta2 == 0.75);
    assert_true(adam_->weight_decay == 0.125 && isnan(adam_->eps)); // its own beats everyone's
    assert_true(lion_->lr == 0.25 && lion_->weight_decay == 0.5 && isnan(lion_->beta1));
    assert_string_equal(race.runners[1].label, "adam beta1=0.5 lr=1 weight-decay=0.125");
    assert_ptr_equal(race.runners[2].algorithm, &algorithm_lion);
}

static void test_surface_and_start(void **state) {
    (void)state;
    Race race;
    assert_true(READ(&race, "--lr=1", "--weight-decay=0", "--beta2=0.5", "--optimizer=adam"));
    assert_true(race.start[0] == 1 && race.start[1] == 1 && race.surface.condition == 100);
    assert_true(READ(&race, "--optimizer=adam", "--start=3,-0.5", "--rotate=90", "--condition=7"));
    assert_true(race.start[0] == 0.5 && race.start[1] == 3); // it turns with the surface
    assert_true(race.surface.condition == 7 && race.surface.degrees == 90);
    assert_true(READ(&race, "--optimizer=adam", "--schedule=cosine(lr, 0, steps)", "--steps=50"));
    assert_true(race.steps == 50 && race.runners[0].scheduled);
    assert_true(schedule_at(race.runners[0].schedule, 0) == 1 &&
                fabs(schedule_at(race.runners[0].schedule, 50)) < 1e-15);
}

// What a child process is given is the same list.
static void test_lists(void **state) {
    (void)state;
    OptionList list = {0};
    double unset = NAN;
    const Option table[] = {option_list("who", &list, "names"),
                            option_number("lr", &unset, "rate")};
    char *none = options_text(table, 2);
    assert_string_equal(none, "");
    free(none);
    char *arguments[40] = {"p", "--who=a b", "--who", "c", "--who=a b"};
    assert_true(options_parse(table, 2, 5, arguments, NULL, &error));
    char *text = options_text(table, 2), *value = option_value(&table[0]);
    assert_string_equal(text, "--who=a b\n--who=c\n--who=a b\n");
    assert_string_equal(value, "a b c a b");
    free(text);
    free(value);
    for (int i = 1; i < 40; i++)
        arguments[i] = "--who=x";
    assert_false(options_parse(table, 2, 1 + OPTION_LIST_MAX, arguments, NULL, &error));
    assert_string_equal(error.message, "--who is given more than 16 times");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_of_all_knobs),
        cmocka_unit_test(test_who_gets_which_knob),
        cmocka_unit_test(test_surface_and_start),
        cmocka_unit_test(test_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
