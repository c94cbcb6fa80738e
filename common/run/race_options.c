#include "run/race_options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "instruments/walk.h"
#include "schedule/expression.h"

// --- the options ---------------------------------------------------------------------------------

static int function = 1, steps = 1000; // the ravine
static OptionList optimizers;
static const char *start = NULL, *schedule = NULL, *csv = NULL;
static double degrees = 0, condition = NAN, knobs[HYPERPARAMETER_COUNT];

// "of adam, adamw, lion: at least 0 and less than 1"
static const char *knob_help(int id) {
    char *help = memory_string("of");
    for (int i = 0; algorithms[i]; i++)
        if (algorithm_has(algorithms[i], id))
            text_append(&help, "%s %s", strlen(help) > 2 ? "," : "", algorithms[i]->name);
    text_append(&help, ": %s", hyperparameter_range(id));
    return help;
}

static Option knob_option(int id) {
    char *name = memory_string(hyperparameter_name(id));
    for (char *at = name; *at; at++)
        *at = *at == '_' ? '-' : *at;
    knobs[id] = NAN;
    return (Option)option_number(name, &knobs[id], knob_help(id));
}

const Option *race_options(void) {
    static Option table[RACE_OPTION_COUNT];
    if (table[0].name)
        return table;
    const Option own[] = {
        option_choice("function", &function, "the surface to walk on", NULL),
        option_list("optimizer", &optimizers,
                    "who walks: sgd unless told; again for another, adam:lr=0.1,beta1=0.5 for its "
                    "own knobs"),
        option_text("start", &start, "X,Y (of the parabola X); unless told each surface's own"),
        option_integer("steps", &steps, "how many", .min = 1, .max = 1000000),
        option_number("rotate", &degrees, "turn surface and start by so many degrees"),
        option_number("condition", &condition,
                      "how many times as steep the ravine is across as along; 100 unless told",
                      .min = 1),
        option_text("schedule", &schedule,
                    "the rate over time, as in \"cosine(lr, 0, steps)\"; lr is each one's own"),
        option_text("csv", &csv,
                    "write optimizer,step,x,y,loss there (-: to standard output), nothing else"),
    };
    memcpy(table, own, sizeof own);
    for (int i = 0; surfaces[i].name; i++)
        table[0].choices[i] = surfaces[i].name;
    for (int id = 0; id < HYPERPARAMETER_COUNT; id++)
        table[OPTION_COUNT(own) + id] = knob_option(id);
    return table;
}

// --- what they ask for ---------------------------------------------------------------------------

// "lr=0.1,beta1=0.5"
static bool read_own_knobs(Runner *runner, const char *text, Error *error) {
    do {
        const size_t length = strcspn(text, ",");
        char name[sizeof runner->label] = "";
        snprintf(name, sizeof name, "%.*s", (int)length, text);
        char *value = strchr(name, '=');
        if (value)
            *value++ = '\0';
        for (char *at = name; *at; at++)
            *at = *at == '-' ? '_' : *at;
        const int id = hyperparameter_find(name);
        if (!value || id < 0 || !algorithm_has(runner->algorithm, id))
            return error_set(error, "--optimizer %s: \"%.*s\" is no knob=value; %s has %s",
                             runner->algorithm->name, (int)length, text, runner->algorithm->name,
                             algorithm_knobs(runner->algorithm).text);
        if (!option_read_number(value, &runner->given.values[id]))
            return error_set(error, "--optimizer %s: %s must be a number, not \"%s\"",
                             runner->algorithm->name, name, value);
        text += length + (text[length] == ',');
    } while (*text);
    return true;
}

static bool read_runner(Runner *runner, const char *text, Error *error) {
    *runner = (Runner){.given = HYPERPARAMETERS_OF()};
    const size_t length = strcspn(text, ":");
    snprintf(runner->label, sizeof runner->label, "%s", text);
    runner->label[length < sizeof runner->label ? length : 0] = '\0';
    runner->algorithm = algorithm_find(runner->label);
    if (!runner->algorithm || strlen(text) >= sizeof runner->label)
        return error_set(error, "--optimizer must be one of %s, not \"%.40s\"", algorithm_names(),
                         text);
    snprintf(runner->label, sizeof runner->label, "%s", text);
    for (char *at = runner->label; *at; at++)
        *at = strchr(":,", *at) ? ' ' : *at == '_' ? '-' : *at; // gnuplot lowers what follows a _
    return !text[length] || read_own_knobs(runner, text + length + 1, error);
}

static bool refuse_knob(const Race *race, int id, Error *error) {
    char *having = memory_string("");
    for (int i = 0; i < race->count; i++)
        text_append(&having, "; %s has %s", race->runners[i].algorithm->name,
                    algorithm_knobs(race->runners[i].algorithm).text);
    error_set(error, "--%s: no chosen optimizer has it%.900s",
              race_options()[RACE_OPTION_COUNT - HYPERPARAMETER_COUNT + id].name, having);
    free(having);
    return false;
}

// Gives each knob that is an option to all runners that have it and weren't given it by name.
static bool share_knobs(Race *race, Error *error) {
    for (int id = 0; id < HYPERPARAMETER_COUNT; id++) {
        if (isnan(knobs[id])) // the option wasn't given
            continue;
        bool taken = false;
        for (int i = 0; i < race->count; i++) {
            double *given = &race->runners[i].given.values[id];
            if (!algorithm_has(race->runners[i].algorithm, id))
                continue;
            if (isnan(*given))
                *given = knobs[id];
            taken = true;
        }
        if (!taken)
            return refuse_knob(race, id, error);
    }
    return true;
}

// The curve of its rate, where `lr` is its own; each value must be one that a rate may have.
static bool settle_schedule(Runner *runner, double lr, Error *error) {
    const ScheduleName names[] = {{"lr", lr}, {"steps", steps}};
    runner->scheduled = schedule != NULL;
    if (!schedule)
        return true;
    Error wrong;
    if (!schedule_parse(schedule, names, 2, &runner->schedule, &wrong))
        return error_set(error, "--schedule: %s", wrong.message);
    for (long step = 0; step <= steps; step++) {
        const double rate = schedule_at(runner->schedule, step);
        if (!hyperparameter_allows(HYPERPARAMETER_lr, rate) || isinf((real)rate))
            return error_set(error, "--schedule: the rate of %s is %g at step %ld; it must be %s",
                             runner->algorithm->name, rate, step,
                             hyperparameter_range(HYPERPARAMETER_lr));
    }
    return true;
}

// Whether the knobs that it was given are ones that it may have.
static bool settle_runner(Runner *runner, Error *error) {
    Hyperparameters values = runner->algorithm->defaults;
    if (!algorithm_give(runner->algorithm, &runner->given, &values, error))
        return false;
    for (int id = 0; id < HYPERPARAMETER_COUNT; id++)
        if (isinf((real)values.values[id]))
            return error_set(error, "%s: %s is %g, more than a " REAL_NAME " can hold",
                             runner->algorithm->name, hyperparameter_name(id), values.values[id]);
    return settle_schedule(runner, values.lr, error);
}

static bool all_differ(const Race *race, Error *error) {
    for (int i = 0; i < race->count; i++)
        for (int j = 0; j < i; j++)
            if (strcmp(race->runners[i].label, race->runners[j].label) == 0)
                return error_set(error,
                                 "--optimizer %.60s is given twice; tell them apart, as in "
                                 "sgd:lr=0.1",
                                 race->runners[i].label);
    return true;
}

static bool read_runners(Race *race, Error *error) {
    race->count = optimizers.count;
    for (int i = 0; i < race->count; i++)
        if (!read_runner(&race->runners[i], optimizers.items[i], error))
            return false;
    if (race->count == 0 && !read_runner(&race->runners[race->count++], "sgd", error))
        return false;
    if (!all_differ(race, error) || !share_knobs(race, error))
        return false;
    for (int i = 0; i < race->count; i++)
        if (!settle_runner(&race->runners[i], error))
            return false;
    return true;
}

static bool read_start(Race *race, Error *error) {
    const bool pair = race->surface.dimensions == 2;
    memcpy(race->start, race->surface.start, sizeof race->start);
    if (start) {
        char *end = (char *)start;
        race->start[0] = strtod(start, &end);
        bool good = end != start && (*end == ',') == pair;
        if (good && pair) {
            const char *second = end + 1;
            race->start[1] = strtod(second, &end);
            good = end != second;
        }
        if (!good || *end || start[strspn(start, "+-.,0123456789eE")])
            return error_set(error, "--start on the %s must be %s, not \"%.40s\"",
                             race->surface.name,
                             pair ? "X,Y: two numbers, as in 1,-0.5" : "one number", start);
    }
    return true;
}

static bool read_surface(Race *race, Error *error) {
    Surface *surface = &race->surface;
    *surface = surfaces[function];
    if (!isnan(condition) && surface->condition == 0)
        return error_set(error, "--condition: the %s has none, only the ravine", surface->name);
    if (!isnan(condition))
        surface->condition = condition;
    if (degrees != 0 && surface->dimensions != 2)
        return error_set(error, "--rotate: the %s has one number, it can't be turned",
                         surface->name);
    if (!read_start(race, error))
        return false;
    if (degrees != 0) {
        *surface = surface_turned(*surface, degrees);
        surface_turn_point(race->start, degrees);
    }
    return walk_can_start(surface, race->start) ||
           error_set(error, "--start %.40s: a " REAL_NAME " can't hold it, or its loss",
                     start ? start : "as it comes, with this --condition");
}

bool race_read(Race *race, Error *error) {
    *race = (Race){.steps = steps, .csv = csv};
    return read_surface(race, error) && read_runners(race, error);
}
