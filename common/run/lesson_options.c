#include "run/lesson_options.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/threads.h"
#include "files/output.h"
#include "schedule/expression.h"

static bool check_values(const LessonOptions *lesson, Error *error) {
    Schedule schedule;
    const ScheduleName names[] = {{"lr", NAN}, {"steps", NAN}, {"epochs", NAN}}; // the run knows
    Error wrong;
    if (lesson->schedule && !schedule_parse(lesson->schedule, names, 3, &schedule, &wrong))
        return error_set(error, "--schedule: %s", wrong.message);
    return lesson->seed <= INT_MAX - lesson->seeds ||
           error_set(error, "--seed must be a whole number >= 0 and <= %d with --seeds %d",
                     INT_MAX - lesson->seeds, lesson->seeds);
}

static bool parse_with_common(LessonOptions *lesson, int argc, char **argv, Error *error) {
    const Option common[] = {
        option_integer("seed", &lesson->seed, "where the random numbers start", .min = 0),
        option_integer("seeds", &lesson->seeds, "repeat over so many seeds, from --seed on",
                       .min = 1, .max = SEEDS_MAX),
        option_integer("threads", &lesson->threads, "0: one a processor, or OMP_NUM_THREADS",
                       .min = 0, .max = 1024),
        option_integer("jobs", &lesson->jobs,
                       "runs side by side, where there are several; 0: one a processor", .min = 0,
                       .max = 10000),
        option_integer("save-every", &lesson->save_every,
                       "steps between two checkpoints; 0: ten in a run, or one an epoch", .min = 0),
        option_flag("quick", &lesson->quick, "the same in at most 5 seconds"),
        option_flag("resume", &lesson->resume, "go on from the last checkpoint"),
        option_flag("draw", &lesson->draw, "only draw the figures again, from the saved run"),
        option_text("out", &lesson->out, "the folder for results, out/lesson-NN unless told"),
        option_flag("child", &lesson->child, NULL),
        option_flag("tuning", &lesson->tuning, NULL),
        option_text(
            "schedule", &lesson->schedule,
            "the rate over time, as in \"cosine(lr, 0, steps)\"; lr is each group's own; not "
            "where the lesson itself turns it"),
        option_flag("held-out", &lesson->held_out,
                    "train on a part of the training images, test on the rest: to choose knobs"),
    };
    if (lesson->schedule && !lesson->data)
        fatal("%s: a default for --schedule, but no data set: it has no --schedule", lesson->name);
    const int own = lesson->own_count, count = own + OPTION_COUNT(common) - (lesson->data ? 0 : 2);
    Option *all = memory_alloc((size_t)count * sizeof *all);
    lesson->given = memory_zeroed((size_t)count, sizeof *lesson->given);
    for (int i = 0; i < count; i++)
        all[i] = i < own ? lesson->own[i] : common[i - own];
    const bool parsed = options_parse(all, count, argc, argv, lesson->given, error);
    free(all);
    return parsed && check_values(lesson, error);
}

bool lesson_options_parse(LessonOptions *lesson, int argc, char **argv, int *status) {
    static char standard[4096]; // lives as long as the program
    lesson->seed = 11;
    lesson->seeds = 1;
    Error error;
    bool good = parse_with_common(lesson, argc, argv, &error);
    lesson->article = lesson->out;
    if (!lesson->out) { // a test's run never takes the place of a real one
        snprintf(standard, sizeof standard, "%s/out/%s%s", KNOBS_ROOT,
                 lesson->quick ? "quick/" : "", lesson->name);
        lesson->out = standard;
        lesson->article = lesson->quick ? standard : KNOBS_ROOT "/out/figures/OptimizerOverview";
    }
    good = good && folder_create(lesson->out, &error);
    if (good)
        threads_set(lesson->threads);
    *status = !good && *error.message ? error_report(&error) : 0;
    return good;
}

void lesson_options_free(LessonOptions *lesson) {
    free(lesson->given);
}
