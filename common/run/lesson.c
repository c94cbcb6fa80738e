#include "run/lesson.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "files/output.h"
#include "files/table.h"
#include "run/experiment.h"
#include "run/figure.h"
#include "run/interrupt.h"
#include "run/process.h"

struct Results {
    Grid grid;
    Experiment experiment; // without runs where the one run is made in this process:
    Numbers numbers;
    Error *wrong; // what a result.csv lacks
};

// --- results -------------------------------------------------------------------------------------

void result_add(Results *results, const char *name, double value) {
    numbers_add(&results->numbers, name, value);
}

// NULL, if the run isn't finished.
static const Numbers *run_numbers(const Results *results, int run) {
    if (results->experiment.count == 0)
        return results->numbers.count ? &results->numbers : NULL;
    const ExperimentRun *made = &results->experiment.runs[run];
    return made->finished ? &made->numbers : NULL;
}

// The run's own numbers have it, or the program is wrong; those that were read needn't.
static double run_number(const Results *results, int run, const char *name) {
    const Numbers *numbers = run_numbers(results, run);
    if (results->experiment.count == 0 || numbers_has(numbers, name))
        return numbers_get(numbers, name);
    error_set(results->wrong, "%s/result.csv: there is no '%s'; remove it, and start again",
              results->experiment.runs[run].folder, name);
    return NAN;
}

Sample results_at(const Results *results, const char *name, const int *places) {
    double values[SAMPLE_MAX];
    for (int seed = 0; seed < results->grid.seeds; seed++)
        values[seed] = run_number(results, grid_index(&results->grid, places, seed), name);
    return sample_of(values, results->grid.seeds);
}

int results_count(const Results *results, int axis) {
    return results->grid.value_counts[axis];
}

double results_value(const Results *results, int axis, int place) {
    return strtod(results->grid.axes[axis].values[place], NULL);
}

static void results_row(Table *table, const Grid *grid, int run, const Numbers *numbers) {
    char *name = grid_name(grid, run), *values = grid_values(grid, run);
    char *start = path_format("%s,%s", name, values);
    table_numbers(table, start, numbers->values, numbers->count);
    free(start);
    free(values);
    free(name);
}

// A table of the runs that are finished.
static bool results_write(const Results *results, const LessonOptions *options, const char *file,
                          Error *error) {
    const Numbers *first = NULL;
    Table *table = NULL;
    bool agree = true;
    char *columns = path_format("run,%s", results->grid.columns);
    for (int run = 0; run < grid_count(&results->grid); run++) {
        const Numbers *numbers = run_numbers(results, run);
        if (!numbers)
            continue;
        if (!first) {
            first = numbers;
            for (int i = 0; i < first->count; i++)
                text_append(&columns, ",%s", first->names[i]);
            table = table_open(options->out, file, columns);
        }
        if (memcmp(numbers->names, first->names, sizeof first->names) == 0)
            results_row(table, &results->grid, run, numbers);
        else if (agree)
            agree = error_set(error,
                              "%s/result.csv: other numbers than those of the first run; "
                              "remove it, and start again",
                              results->experiment.runs[run].folder);
    }
    const bool written = table_close(table, agree ? error : &(Error){""});
    free(columns);
    return agree && written;
}

// --- runs ----------------------------------------------------------------------------------------

static bool run_here(const Lesson *lesson, const LessonOptions *options, Results *results,
                     Error *error) {
    if (!lesson->run(options, results, error))
        return false;
    if (options->follows)
        return true;
    if (interrupt_signal() || results->numbers.count == 0) {
        folder_remove_file(options->out, "results.csv"); // those of an earlier run
        return true;
    }
    return options->child ? numbers_write(&results->numbers, options->out, error)
                          : results_write(results, options, "results.csv", error);
}

static bool run_side_by_side(const LessonOptions *options, const char *label, bool tuned,
                             const char *file, Results *results, Error *error) {
    results->experiment = (Experiment){.lesson = options, .name = label, .tuned = tuned};
    for (int run = 0; run < grid_count(&results->grid); run++) {
        char *name = grid_name(&results->grid, run);
        char *arguments = grid_arguments(&results->grid, run);
        experiment_add(&results->experiment, name, arguments);
        free(arguments);
        free(name);
    }
    if (!experiment_run(&results->experiment, error) && *error->message)
        return false;
    return results_write(results, options, file, error);
}

// For each value of the first axis the knob's value that did best; one that gave no number can't.
static void choose_best(const Lesson *lesson, const Results *tuning, Grid *grid) {
    const Axis *knob = &tuning->grid.axes[1];
    for (int value = 0; value < grid->value_counts[0]; value++) {
        double highest = -INFINITY;
        for (int i = 0; i < tuning->grid.value_counts[1]; i++) {
            const double mean = results_of(tuning, lesson->tuning.by, value, i).mean;
            if (i > 0 && !(mean > highest))
                continue;
            highest = isnan(mean) ? -INFINITY : mean;
            grid_choose(grid, value, knob->option, knob->values[i]);
        }
    }
}

static bool tune(const Lesson *lesson, const LessonOptions *options, Grid *grid, Error *error) {
    LessonOptions held_out = *options;
    held_out.held_out = held_out.tuning = true;
    held_out.seed = 1;
    held_out.seeds = options->seeds < TUNING_SEEDS ? options->seeds : TUNING_SEEDS;
    const Axis over[GRID_AXES_MAX] = {lesson->over[0], lesson->tuning.knob};
    Results tuning = {.wrong = error};
    grid_init(&tuning.grid, over, &held_out);
    char *label = path_format("%s tunes", options->name);
    bool good = run_side_by_side(&held_out, label, false, "tuning.csv", &tuning, error);
    if (good && !interrupt_signal()) {
        choose_best(lesson, &tuning, grid);
        good = !*error->message;
    }
    free(label);
    grid_free(&tuning.grid);
    experiment_free(&tuning.experiment);
    return good;
}

static bool run_all(const Lesson *lesson, const LessonOptions *options, Results *results,
                    Error *error) {
    if (lesson->once && !options->child && !lesson->once(options, error))
        return false;
    if (!lesson->run)
        return !options->resume || error_set(error, "there is no run to --resume");
    if (options->child || (options->seeds == 1 && !lesson->over[0].option))
        return run_here(lesson, options, results, error);
    if (lesson->tuning.by && !tune(lesson, options, &results->grid, error))
        return false;
    return interrupt_signal() || run_side_by_side(options, options->name, lesson->tuning.by,
                                                  "results.csv", results, error);
}

// --- figures, and all together -------------------------------------------------------------------

static bool draw_list(const Lesson *lesson, const char *const *scripts,
                      const LessonOptions *options, const char *folder, Error *error) {
    for (int i = 0; i < LESSON_LIST_MAX && scripts[i]; i++) {
        char *script = path_format("%s/%s/%s", KNOBS_ROOT, lesson->folder, scripts[i]);
        const bool drawn = figure_draw(script, options->out, folder, error);
        free(script);
        if (!drawn)
            return false;
    }
    return true;
}

static bool draw(const Lesson *lesson, const LessonOptions *options, Error *error) {
    if (options->seeds > 1 && !lesson->over[0].option)
        return draw_list(lesson, lesson->seeds, options, options->out, error);
    return draw_list(lesson, lesson->article, options, options->article, error) &&
           draw_list(lesson, lesson->figures, options, options->out, error);
}

static bool anything_found(const Results *results) {
    for (int run = 0; run < grid_count(&results->grid); run++)
        if (run_numbers(results, run))
            return true;
    return false;
}

// For who has chosen some of the runs, about which nothing is claimed.
static void print_runs(const Results *results) {
    for (int run = 0; run < grid_count(&results->grid); run++) {
        const Numbers *numbers = run_numbers(results, run);
        char *name = grid_name(&results->grid, run);
        printf("%s:", name);
        for (int i = 0; numbers && i < numbers->count; i++)
            printf("%s %s %.4g", i ? "," : "", numbers->names[i], numbers->values[i]);
        puts(numbers ? "" : " not finished");
        free(name);
    }
}

static int finish(const Lesson *lesson, const LessonOptions *options, Results *results) {
    Error error = {""};
    const bool stopped = interrupt_signal();
    if (options->child || options->follows)
        return 0;
    folder_remove_file(options->out, "claims.csv"); // those of an earlier run
    if (stopped && !anything_found(results))
        return 0;
    if (!draw(lesson, options, &error))
        return error_report(&error);
    if (stopped || interrupt_signal())
        return 0;
    if (results->experiment.count && (results->grid.picked || !lesson->claims))
        print_runs(results);
    if (!lesson->claims)
        return 0;
    if (results->grid.picked) {
        printf("The claims are about all values of --%s: leave it out to check them.\n",
               results->grid.picked);
        return 0;
    }
    Claims *claims = claims_new(options->out, options->seeds);
    results->wrong = &error;
    lesson->claims(claims, results);
    const int status = claims_report(claims);
    return *error.message ? error_report(&error) : status;
}

static void make_quick(const Lesson *lesson) {
    for (int i = 0; i < LESSON_LIST_MAX && lesson->quick[i].knob; i++)
        if (*lesson->quick[i].knob > lesson->quick[i].most)
            *lesson->quick[i].knob = lesson->quick[i].most;
}

// A run locks its folder.
static bool has_run(const LessonOptions *options, Error *error) {
    return folder_has(options->out, "lock") ||
           error_set(error, "--draw: %s has no run; run it without --draw first", options->out);
}

static int run_and_finish(const Lesson *lesson, const LessonOptions *options, Results *results) {
    Error error;
    const bool good = options->draw ? has_run(options, &error) && draw(lesson, options, &error)
                                    : (options->follows || folder_lock(options->out, &error)) &&
                                          run_all(lesson, options, results, &error);
    if (!good)
        return error_report(&error);
    return options->draw ? 0 : finish(lesson, options, results);
}

// --help says of the options that are gone over that all their values are run.
static bool parse(const Lesson *lesson, LessonOptions *options, int argc, char **argv,
                  int *status) {
    Option *knobs = memory_alloc((size_t)lesson->knob_count * sizeof *knobs + 1);
    for (int i = 0; i < lesson->knob_count; i++) {
        knobs[i] = lesson->knobs[i];
        const char *own = knobs[i].standard;
        knobs[i].standard = own ? memory_string(own) : grid_standard(lesson->over, knobs[i].name);
    }
    options->own = knobs;
    const bool good = lesson_options_parse(options, argc, argv, status);
    options->own = lesson->knobs;
    for (int i = 0; i < lesson->knob_count; i++)
        free((char *)knobs[i].standard);
    free(knobs);
    return good;
}

int lesson_main(const Lesson *lesson, int argc, char **argv) {
    process_streams();
    threads_prepare(argv);
    LessonOptions options = {.name = lesson->name,
                             .data = lesson->data,
                             .schedule = lesson->schedule,
                             .own_count = lesson->knob_count};
    Results results = {0};
    Error error;
    int status;
    bool going_on = parse(lesson, &options, argc, argv, &status);
    if (going_on)
        interrupt_install(options.child);
    if (going_on && lesson->choose)
        going_on = (lesson = lesson->choose(lesson, &options, &status));
    if (going_on) {
        options.follows = lesson->follows;
        const bool fewer = options.quick && lesson->quick_over[0].option;
        grid_init(&results.grid, fewer ? lesson->quick_over : lesson->over, &options);
        if (options.quick)
            make_quick(lesson);
        status = run_and_finish(lesson, &options, &results);
        grid_free(&results.grid);
        experiment_free(&results.experiment);
    }
    lesson_options_free(&options);
    if (!process_said(&error))
        status = error_report(&error);
    return interrupt_status(status);
}
