// The runs of a lesson over options and seeds: how many, in which order, under which names.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "caught.h"
#include "run/grid.h"

static double lr = 0.1;
static int recipe = 1, width = 8;
static const Option own[] = {
    option_number("lr", &lr, "learning rate", .above = 0),
    option_choice("recipe", &recipe, "the recipe", "right", "wrong", "none"),
    option_integer("width", &width, "of a layer", .min = 1),
};
static bool given[OPTION_COUNT(own)];

static LessonOptions options_of(int seeds) {
    return (LessonOptions){.name = "lesson-97",
                           .seed = 11,
                           .seeds = seeds,
                           .own = own,
                           .own_count = OPTION_COUNT(own),
                           .given = given};
}

typedef char *(*Text)(const Grid *grid, int run);

static void assert_text(Text text, const Grid *grid, int run, const char *expected) {
    char *found = text(grid, run);
    assert_string_equal(found, expected);
    free(found);
}

static void test_seeds(void **state) {
    (void)state;
    const LessonOptions options = options_of(3);
    Grid grid;
    grid_init(&grid, (const Axis[GRID_AXES_MAX]){{0}}, &options);
    assert_int_equal(grid_count(&grid), 3);
    assert_string_equal(grid.columns, "seed");
    assert_null(grid.picked);
    assert_text(grid_name, &grid, 2, "seed-13");
    assert_text(grid_values, &grid, 2, "13");
    assert_text(grid_arguments, &grid, 2, "--seed=13\n");
    assert_int_equal(grid_index(&grid, (const int[]){0, 0, 0}, 2), 2);
    grid_free(&grid);
}

// All choices of one option, the named values of another; each with each, and with each seed.
static const Axis two_axes[GRID_AXES_MAX] = {{"lr", {"0.1", "1e-3"}}, {"recipe", {0}}};

static void test_two_options(void **state) {
    (void)state;
    const LessonOptions options = options_of(2);
    Grid grid;
    grid_init(&grid, two_axes, &options);
    assert_int_equal(grid_count(&grid), 12);
    assert_string_equal(grid.columns, "lr,recipe,seed");
    assert_null(grid.picked);
    assert_text(grid_name, &grid, 0, "seed-11-0.1-right");
    assert_text(grid_name, &grid, 1, "seed-11-0.1-wrong"); // the last option first,
    assert_text(grid_name, &grid, 3, "seed-11-1e-3-right");
    assert_text(grid_name, &grid, 6, "seed-12-0.1-right"); // the seed last
    assert_text(grid_values, &grid, 11, "1e-3,none,12");
    assert_text(grid_arguments, &grid, 11, "--seed=12\n--lr=1e-3\n--recipe=none\n");
    for (int seed = 0, run = 0; seed < 2; seed++) // and back, from the places to the run
        for (int rate = 0; rate < 2; rate++)
            for (int kind = 0; kind < 3; kind++, run++)
                assert_int_equal(grid_index(&grid, (const int[]){rate, kind, 0}, seed), run);
    assert_fatal(grid_index(&grid, (const int[]){2, 0, 0}, 0), "--lr has no value number 2");
    assert_fatal(grid_index(&grid, (const int[]){0, -1, 0}, 0), "--recipe has no value number -1");
    grid_free(&grid);
}

// An option with a value by hand has that one alone.
static void test_picked(void **state) {
    (void)state;
    given[1] = true;
    const LessonOptions options = options_of(1);
    Grid grid;
    grid_init(&grid, two_axes, &options);
    assert_int_equal(grid_count(&grid), 2);
    assert_string_equal(grid.picked, "recipe");
    assert_text(grid_name, &grid, 1, "seed-11-1e-3-wrong");
    grid_free(&grid);
    given[1] = false;
    given[2] = true; // of another option: that is no picking
    grid_init(&grid, two_axes, &options);
    assert_int_equal(grid_count(&grid), 6);
    assert_null(grid.picked);
    grid_free(&grid);
    given[2] = false;
}

static void test_three_options(void **state) {
    (void)state;
    const LessonOptions options = options_of(1);
    Grid grid;
    grid_init(&grid,
              (const Axis[GRID_AXES_MAX]){
                  {"width", {"1", "2"}}, {"recipe", {"none"}}, {"lr", {"1", "2", "3"}}},
              &options);
    assert_int_equal(grid_count(&grid), 6);
    assert_text(grid_name, &grid, 5, "seed-11-2-none-3");
    grid_free(&grid);
}

// What was chosen for a value of the first option goes with all runs that have it.
static void test_chosen(void **state) {
    (void)state;
    const LessonOptions options = options_of(2);
    Grid grid;
    grid_init(&grid, two_axes, &options);
    grid_choose(&grid, 1, "width", "16");
    grid_choose(&grid, 1, "width", "32"); // the last one counts
    assert_text(grid_arguments, &grid, 2, "--seed=11\n--lr=0.1\n--recipe=none\n");
    assert_text(grid_arguments, &grid, 11, "--seed=12\n--lr=1e-3\n--recipe=none\n--width=32\n");
    assert_text(grid_name, &grid, 11, "seed-12-1e-3-none");
    grid_free(&grid);
}

static void test_mistake(void **state) {
    (void)state;
    const LessonOptions options = options_of(1);
    Grid grid;
    assert_fatal(grid_init(&grid, (const Axis[GRID_AXES_MAX]){{"rate", {"1"}}}, &options),
                 "lesson-97: there is no option --rate");
    grid_free(&grid);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seeds),  cmocka_unit_test(test_two_options),
        cmocka_unit_test(test_picked), cmocka_unit_test(test_three_options),
        cmocka_unit_test(test_chosen), cmocka_unit_test(test_mistake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
