#include "run/lesson.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/threads.h"
#include "run/experiment.h"
#include "run/figure.h"
#include "files/output.h"
#include "run/interrupt.h"

struct Results {
    int seeds, choices;
    Experiment experiment; // without runs where the one run is made in this process:
    Numbers numbers;
};

// --- results -------------------------------------------------------------------------------------

void result_add(Results *results, const char *name, double value) {
    numbers_add(&results->numbers, name, value);
}

static double result_of_run(const Results *results, int run, const char *name) {
    if (results->experiment.count == 0)
        return numbers_get(&results->numbers, name);
    return numbers_get(experiment_numbers(&results->experiment, run), name);
}

Sample results_of(const Results *results, int choice, const char *name) {
    Sample sample = {.count = results->seeds, .least = INFINITY, .most = -INFINITY};
    for (int i = 0; i < sample.count; i++) {
        const double value = result_of_run(results, i * results->choices + choice, name);
        sample.values[i] = value;
        if (isnan(value) || value < sample.least) // no number is less than a NaN: it stays
            sample.least = value;
        if (isnan(value) || value > sample.most)
            sample.most = value;
    }
    return sample;
}

// --- runs ----------------------------------------------------------------------------------------

static bool run_here(const Lesson *lesson, const LessonOptions *options, Results *results,
                     Error *error) {
    return lesson->run(options, results, error) &&
           (!options->child || interrupt_signal() ||
            numbers_write(&results->numbers, options->out, error));
}

static bool run_side_by_side(const Lesson *lesson, const LessonOptions *options, Results *results,
                             Error *error) {
    static const Option none = {.choices = {""}};
    const Option *over = lesson->over ? lesson->over : &none;
    if (lesson->over && *over->integer != 0)
        return error_set(error, "option --%s: leave it out, all its choices are run", over->name);
    results->experiment = (Experiment){.lesson = options, .name = lesson->over ? "runs" : "seeds"};
    for (int seed = options->seed; seed < options->seed + options->seeds; seed++)
        for (int i = 0; over->choices[i]; i++) {
            char name[80], option[80] = "";
            snprintf(name, sizeof name, "seed-%d%s%s", seed, lesson->over ? "-" : "",
                     over->choices[i]);
            if (lesson->over)
                snprintf(option, sizeof option, " --%s %s", over->name, over->choices[i]);
            experiment_add(&results->experiment, name, "--seed %d%s", seed, option);
            results->choices = i + 1;
        }
    if (experiment_run(&results->experiment, error))
        return true;
    if (interrupt_signal()) // told to stop, it stopped
        fprintf(stderr, "%s  %s\n", lesson->name, error->message);
    return interrupt_signal();
}

static bool run_all(const Lesson *lesson, const LessonOptions *options, Results *results,
                    Error *error) {
    if (lesson->once && !options->child && !lesson->once(options, error))
        return false;
    if (!lesson->run)
        return true;
    const bool here = options->child || (options->seeds == 1 && !lesson->over);
    return (here ? run_here : run_side_by_side)(lesson, options, results, error);
}

// --- figures, and all together -------------------------------------------------------------------

static bool draw_list(const Lesson *lesson, const char *const *scripts,
                      const LessonOptions *options, const char *folder, Error *error) {
    for (int i = 0; i < LESSON_LIST_MAX && scripts[i]; i++) {
        char *script = path_format(KNOBS_ROOT "/%s/%s", lesson->folder, scripts[i]);
        const bool drawn = figure_draw(script, options->out, folder, error);
        free(script);
        if (!drawn)
            return false;
    }
    return true;
}

static bool draw(const Lesson *lesson, const LessonOptions *options, Error *error) {
    if (options->seeds > 1 && !lesson->over)
        return draw_list(lesson, lesson->seeds, options, options->out, error);
    return draw_list(lesson, lesson->article, options, options->article, error) &&
           draw_list(lesson, lesson->figures, options, options->out, error);
}

static int finish(const Lesson *lesson, const LessonOptions *options, Results *results) {
    Error error;
    const bool stopped = interrupt_signal();
    if (options->child || (stopped && !results->numbers.count))
        return 0;
    if (!draw(lesson, options, &error))
        return error_report(&error);
    if (stopped || interrupt_signal())
        return 0;
    Claims *claims = claims_new(options->out);
    lesson->claims(claims, options, results);
    return claims_report(claims);
}

int lesson_main(const Lesson *lesson, int argc, char **argv) {
    threads_prepare(argv);
    LessonOptions options;
    int status;
    if (!lesson_options_parse(&options, lesson->name, lesson->knobs, lesson->knob_count, argc, argv,
                              &status))
        return status;
    interrupt_install();
    Error error;
    if (options.draw)
        return draw(lesson, &options, &error) ? 0 : error_report(&error);
    if (options.resume && lesson->resume_note)
        fprintf(stderr, "%s %s\n", lesson->name, lesson->resume_note);
    for (int i = 0; options.quick && i < LESSON_LIST_MAX && lesson->quick[i].knob; i++)
        if (*lesson->quick[i].knob > lesson->quick[i].most)
            *lesson->quick[i].knob = lesson->quick[i].most;
    Results results = {.seeds = options.seeds, .choices = 1};
    status = run_all(lesson, &options, &results, &error) ? finish(lesson, &options, &results)
                                                         : error_report(&error);
    experiment_free(&results.experiment);
    return interrupt_status(status);
}

// --- data ----------------------------------------------------------------------------------------

bool lesson_data_load(LessonData *data, const LessonOptions *options, const char *name,
                      bool held_out, Error *error) {
    if (!dataset_load(&data->whole_train, &data->whole_test, name, error))
        return false;
    const int all = data->whole_train.count, left = held_out ? all - all / 12 : all;
    const int part = options->quick ? 10 : 1;
    data->train = dataset_slice(&data->whole_train, 0, left / part);
    data->test = held_out ? dataset_slice(&data->whole_train, left, (all - left) / part)
                          : dataset_slice(&data->whole_test, 0, data->whole_test.count / part);
    return true;
}

void lesson_data_free(LessonData *data) {
    dataset_free(&data->whole_train);
    dataset_free(&data->whole_test);
}
