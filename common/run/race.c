#include "run/race.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files/output.h"
#include "files/table.h"
#include "instruments/walk.h"
#include "optim/optimizer.h"
#include "run/interrupt.h"
#include "schedule/scheduler.h"

// --- walking -------------------------------------------------------------------------------------

static void race_walk(const Race *race, const Runner *runner, Walk *walk) {
    walk_init(walk, &race->surface, race->start, race->steps);
    Optimizer *optimizer = optimizer_new(runner->algorithm, walk->parameters, runner->given);
    Scheduler *scheduler = scheduler_new(optimizer);
    if (runner->scheduled)
        scheduler_bind(scheduler, 0, "lr", runner->schedule);
    while (!interrupt_signal() && walk_next(walk)) {
        Tensor *loss = surface_loss(&walk->surface, walk->w);
        optimizer_zero_grad(optimizer);
        backward(loss);
        optimizer_step(optimizer);
        scheduler_step(scheduler);
    }
    scheduler_free(scheduler);
    optimizer_free(optimizer);
}

// --- rows ----------------------------------------------------------------------------------------

// False with errno: they couldn't all be written.
static bool write_path(FILE *stream, const char *label, const Walk *walk) {
    bool good = true;
    for (long step = 0; step <= walk->step && good; step++) {
        const WalkPoint *point = &walk->path[step];
        good = fprintf(stream, "%s,%ld,%.17g,%.17g,%.17g\n", label, step, point->x, point->y,
                       point->loss) > 0;
    }
    return good;
}

// Widens the view to hold the start of a walk, and its path as far as that adds no more than the view's
// own width to a side. A path that diverges, or falls for ever, doesn't count.
static void widen_view(double view[2][2], const Surface *surface, const Walk *walk) {
    const bool leaves = walk->diverged || surface->minimum_count == 0;
    for (long step = 0; step <= (leaves ? 0 : walk->step); step++)
        for (int axis = 0; axis < surface->dimensions; axis++) {
            const double *own = surface->view[axis], width = own[1] - own[0];
            const double at = axis == 0 ? walk->path[step].x : walk->path[step].y;
            const double least = step ? fmax(at, own[0] - width) : at - width / 20;
            const double most = step ? fmin(at, own[1] + width) : at + width / 20;
            view[axis][0] = fmin(view[axis][0], least);
            view[axis][1] = fmax(view[axis][1], most);
        }
}

// What a race produces besides its rows.
typedef struct Ends {
    char *words;  // how each ended, a line each
    Table *table; // and its numbers; NULL: they aren't wanted
    double view[2][2];
} Ends;

// Walks them all, one after the other, and writes their rows. False with errno: not all of them.
static bool write_race(const Race *race, FILE *rows, Ends *ends) {
    const Surface *surface = &race->surface;
    text_append(&ends->words, "%s, %s", surface->name, surface->formula);
    if (surface->condition > 0)
        text_append(&ends->words, " with κ = %g", surface->condition);
    if (surface->degrees != 0)
        text_append(&ends->words, ", turned by %g°", surface->degrees);
    text_append(&ends->words, ", from (%g, %g):\n", race->start[0], race->start[1]);
    bool good = fprintf(rows, "optimizer,step,x,y,loss\n") > 0;
    for (int i = 0; i < race->count && good; i++) {
        const char *label = race->runners[i].label;
        Walk walk;
        race_walk(race, &race->runners[i], &walk);
        good = write_path(rows, label, &walk);
        const WalkPoint end = walk_end(&walk);
        if (ends->table)
            table_row(ends->table, "%s,%ld,%.17g,%.17g,%.17g,%ld,%d,%s", label, walk.step, end.x,
                      end.y, end.loss, walk.arrived, walk.diverged, walk_words(&walk).text);
        text_append(&ends->words, "  %s: %s\n", label, walk_words(&walk).text);
        widen_view(ends->view, &race->surface, &walk);
        walk_free(&walk);
    }
    return good;
}

static bool print_rows(const Race *race, Ends *ends, Error *error) {
    signal(SIGPIPE, SIG_IGN); // a reader who has seen enough is an error like another
    errno = 0;
    const int copy = dup(STDOUT_FILENO);
    FILE *rows = copy < 0 ? NULL : fdopen(copy, "w");
    const bool good = rows && write_race(race, rows, ends);
    const int reason = errno;
    if (rows && fclose(rows) == 0 && good)
        return true;
    return error_set(error, "--csv: can't write to the standard output: %s",
                     strerror(good || !reason ? errno : reason));
}

// The file is written whole or not at all.
static bool write_rows(const Race *race, const char *path, Ends *ends, Error *error) {
    char *text;
    size_t length;
    FILE *rows = open_memstream(&text, &length);
    if (!rows || !write_race(race, rows, ends) || fclose(rows) != 0)
        fatal("race: out of memory");
    const bool written = interrupt_signal() ? error_set(error, "stopped; %s is as it was", path)
                                            : file_write(path, text, length, error);
    free(text);
    return written;
}

// The rows and nothing else: what is to be said goes to stderr, where all went well.
static bool write_csv(const Race *race, Error *error) {
    Ends ends = {.words = memory_string("")};
    const bool good = strcmp(race->csv, "-") == 0 ? print_rows(race, &ends, error)
                                                  : write_rows(race, race->csv, &ends, error);
    if (good)
        fputs(ends.words, stderr);
    free(ends.words);
    return good;
}

// --- with a figure -------------------------------------------------------------------------------

static bool run_race(const LessonOptions *options, Results *results, Error *error) {
    (void)results;
    Race race;
    if (!race_read(&race, error))
        return false;
    Ends ends = {.words = memory_string("")};
    ends.table = table_open(options->out, "race-ends.csv",
                            "optimizer,steps,x,y,loss,arrived,diverged,words");
    memcpy(ends.view, race.surface.view, sizeof ends.view);
    char *path = path_format("%s/race.csv", options->out);
    bool good = write_rows(&race, path, &ends, error);
    good = table_close(ends.table, good ? error : &(Error){""}) && good;
    memcpy(race.surface.view, ends.view, sizeof ends.view);
    good =
        good && surface_write(&race.surface, SURFACE_SIDE, options->out, "race-surface.csv", error);
    if (good)
        fputs(ends.words, stdout);
    free(path);
    free(ends.words);
    return good;
}

static bool was_asked(const LessonOptions *options) {
    for (int i = 0; i < RACE_OPTION_COUNT; i++)
        if (options->given[i])
            return !options->child; // which is given all options, as they stand
    return false;
}

const Lesson *race_choose(const Lesson *lesson, const LessonOptions *options, int *status) {
    static const Lesson race_lesson = {
        .folder = "common/run", .run = run_race, .figures = {"race.gp"}};
    Race race;
    Error error;
    if (options->resume && !options->child) {
        error_set(&error, "--resume: %s takes seconds and has no checkpoint", options->name);
        *status = error_report(&error);
        return NULL;
    }
    if (!was_asked(options))
        return lesson;
    bool good = race_read(&race, &error);
    if (good && options->seeds > 1)
        good = error_set(&error, "--seeds: a race has no random numbers");
    if (good && !race.csv)
        return &race_lesson;
    good = good && write_csv(&race, &error);
    *status = good ? 0 : error_report(&error);
    return NULL;
}
