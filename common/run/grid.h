// The runs of a lesson: each value of up to three options with each of the others, times the seeds.
#ifndef KNOBS_RUN_GRID_H
#define KNOBS_RUN_GRID_H

#include "run/lesson_options.h"

enum { GRID_AXES_MAX = 3, GRID_VALUES_MAX = 32 };

// An option, without the dashes, and the values that it takes, as on a command line. Without values: all
// its choices. If the option is given on the command line, it takes that value alone.
typedef struct Axis {
    const char *option, *values[GRID_VALUES_MAX];
} Axis;

typedef struct Grid {
    int axis_count, value_counts[GRID_AXES_MAX];
    Axis axes[GRID_AXES_MAX];
    int first_seed, seeds;
    const char *picked; // an axis that was given on the command line; NULL: the grid is whole
    char *columns;      // "lr-d,lr-g,seed"
    char *chosen[GRID_VALUES_MAX]; // for each value of the first axis; NULL: nothing (grid_choose)
} Grid;

// `over` ends with an axis without an option. Fatal: the lesson has no option of that name.
void grid_init(Grid *grid, const Axis over[GRID_AXES_MAX], const LessonOptions *options);
void grid_free(Grid *grid);

// What --help calls the default of an option that is an axis: "all", or its values. The caller frees it;
// NULL: the option is no axis.
char *grid_standard(const Axis over[GRID_AXES_MAX], const char *option);

int grid_count(const Grid *grid); // of the runs
// The run with these values, an index for each axis, and the n-th seed. Fatal: there is none.
int grid_index(const Grid *grid, const int *places, int seed);

// Every run with this value of the first axis, an index, is made with --OPTION=TEXT, too.
void grid_choose(Grid *grid, int value, const char *option, const char *text);

// Of one run; the caller frees them. Its name: "seed-11-0.001-0.002"; its values of the columns:
// "0.001,0.002,11"; the arguments that make it, one a line.
char *grid_name(const Grid *grid, int run);
char *grid_values(const Grid *grid, int run);
char *grid_arguments(const Grid *grid, int run);

#endif
