#include "run/grid.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"

static int option_index(const LessonOptions *options, const char *name) {
    for (int i = 0; i < options->own_count; i++)
        if (strcmp(options->own[i].name, name) == 0)
            return i;
    fatal("%s: there is no option --%s to go over", options->name, name);
}

static void axis_add(Grid *grid, const Axis *over, const LessonOptions *options) {
    Axis *axis = &grid->axes[grid->axis_count];
    int *count = &grid->value_counts[grid->axis_count++];
    const int index = option_index(options, over->option);
    const Option *option = &options->own[index];
    *axis = (Axis){.option = over->option};
    if (options->given[index]) {
        grid->picked = over->option;
        axis->values[0] = option_value(option);
        *count = 1;
        return;
    }
    const char *const *from = *over->values ? over->values : option->choices;
    const int room = *over->values ? GRID_VALUES_MAX : OPTION_CHOICES_MAX;
    for (*count = 0; *count < room && from[*count]; ++*count)
        axis->values[*count] = memory_string(from[*count]);
}

void grid_init(Grid *grid, const Axis over[GRID_AXES_MAX], const LessonOptions *options) {
    *grid = (Grid){.first_seed = options->seed, .seeds = options->seeds};
    grid->columns = memory_string("");
    for (int i = 0; i < GRID_AXES_MAX && over[i].option; i++) {
        axis_add(grid, &over[i], options);
        text_append(&grid->columns, "%s,", over[i].option);
    }
    text_append(&grid->columns, "seed");
}

void grid_free(Grid *grid) {
    for (int axis = 0; axis < grid->axis_count; axis++)
        for (int i = 0; i < grid->value_counts[axis]; i++)
            free((char *)grid->axes[axis].values[i]);
    for (int i = 0; i < GRID_VALUES_MAX; i++)
        free(grid->chosen[i]);
    free(grid->columns);
}

char *grid_standard(const Axis over[GRID_AXES_MAX], const char *option) {
    for (int i = 0; i < GRID_AXES_MAX && over[i].option; i++) {
        if (strcmp(over[i].option, option) != 0)
            continue;
        char *text = memory_string("all");
        for (int k = 0; k < GRID_VALUES_MAX && over[i].values[k]; k++)
            text_append(&text, "%s %s", k ? "," : " of", over[i].values[k]);
        return text;
    }
    return NULL;
}

int grid_count(const Grid *grid) {
    int count = grid->seeds;
    for (int axis = 0; axis < grid->axis_count; axis++)
        count *= grid->value_counts[axis];
    return count;
}

int grid_index(const Grid *grid, const int *places, int seed) {
    int index = seed;
    for (int axis = 0; axis < grid->axis_count; axis++) {
        if (places[axis] < 0 || places[axis] >= grid->value_counts[axis])
            fatal("grid: --%s has no value number %d", grid->axes[axis].option, places[axis]);
        index = index * grid->value_counts[axis] + places[axis];
    }
    return index;
}

void grid_choose(Grid *grid, int value, const char *option, const char *text) {
    free(grid->chosen[value]);
    grid->chosen[value] = path_format("--%s=%s\n", option, text);
}

// The places of a run's values, as grid_index has them, and its seed. The seed counts slowest, the last
// axis fastest.
static int run_places(const Grid *grid, int run, int places[GRID_AXES_MAX]) {
    for (int axis = grid->axis_count - 1; axis >= 0; axis--) {
        places[axis] = run % grid->value_counts[axis];
        run /= grid->value_counts[axis];
    }
    return grid->first_seed + run;
}

char *grid_name(const Grid *grid, int run) {
    int places[GRID_AXES_MAX];
    char *name = path_format("seed-%d", run_places(grid, run, places));
    for (int axis = 0; axis < grid->axis_count; axis++)
        text_append(&name, "-%s", grid->axes[axis].values[places[axis]]);
    return name;
}

char *grid_values(const Grid *grid, int run) {
    int places[GRID_AXES_MAX];
    const int seed = run_places(grid, run, places);
    char *text = memory_string("");
    for (int axis = 0; axis < grid->axis_count; axis++)
        text_append(&text, "%s,", grid->axes[axis].values[places[axis]]);
    text_append(&text, "%d", seed);
    return text;
}

char *grid_arguments(const Grid *grid, int run) {
    int places[GRID_AXES_MAX] = {0};
    char *text = path_format("--seed=%d\n", run_places(grid, run, places));
    for (int axis = 0; axis < grid->axis_count; axis++)
        text_append(&text, "--%s=%s\n", grid->axes[axis].option,
                    grid->axes[axis].values[places[axis]]);
    if (grid->chosen[places[0]])
        text_append(&text, "%s", grid->chosen[places[0]]);
    return text;
}
