#include "instruments/walk.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

enum { PATH_GROWS = 256 };

// Where the point is now; false: it or its loss isn't finite.
static bool point_read(const Walk *walk, WalkPoint *point) {
    const Tensor *w = &walk->parameters.items[0]->tensor;
    const double at[2] = {(double)w->data[0], w->size == 2 ? (double)w->data[1] : 0};
    *point = (WalkPoint){at[0], at[1], surface_at(&walk->surface, at, NULL)};
    return isfinite(at[0]) && isfinite(at[1]) && isfinite((real)point->loss);
}

static void path_add(Walk *walk, WalkPoint point) {
    if (walk->step % PATH_GROWS == 0)
        walk->path =
            memory_resize(walk->path, (size_t)(walk->step + PATH_GROWS) * sizeof *walk->path);
    walk->path[walk->step] = point;
}

// From the last point to the nearest minimum; infinity where there is none.
static double walk_distance(const Walk *walk) {
    const WalkPoint end = walk_end(walk);
    double distance;
    surface_nearest(&walk->surface, (const double[]){end.x, end.y}, &distance);
    return distance;
}

bool walk_can_start(const Surface *surface, const double start[2]) {
    const double rounded[2] = {(double)(real)start[0], (double)(real)start[1]};
    return isfinite(rounded[0]) && isfinite(rounded[1]) &&
           isfinite((real)surface_at(surface, rounded, NULL));
}

void walk_init(Walk *walk, const Surface *surface, const double start[2], long steps) {
    if (!walk_can_start(surface, start))
        fatal("walk: (%g, %g) on the %s is no start: it or its loss isn't finite", start[0],
              start[1], surface->name);
    *walk = (Walk){.surface = *surface, .tape = tape_new(), .steps = steps, .arrived = -1};
    Parameter *w = parameter_new("w", SHAPE(1, surface->dimensions));
    for (int axis = 0; axis < surface->dimensions; axis++)
        w->tensor.data[axis] = (real)start[axis];
    parameter_list_append(&walk->parameters, w);
    WalkPoint point;
    point_read(walk, &point);
    path_add(walk, point);
    const double away = hypot(point.x, point.y);
    walk->limit = 1000 * (away > 0 ? away : 1);
    walk->arrived = walk_distance(walk) <= WALK_TOLERANCE ? 0 : -1;
}

void walk_free(Walk *walk) {
    tape_free(walk->tape);
    parameter_free(walk->parameters.items[0]);
    free(walk->path);
}

// Looks where the step has led.
static void step_end(Walk *walk) {
    tape_clear(walk->tape);
    WalkPoint point;
    const bool finite = point_read(walk, &point);
    walk->diverged = !finite || hypot(point.x, point.y) > walk->limit;
    if (!finite)
        return;
    walk->step++;
    path_add(walk, point);
    if (walk->arrived < 0 && walk_distance(walk) <= WALK_TOLERANCE)
        walk->arrived = walk->step;
}

bool walk_next(Walk *walk) {
    if (walk->under_way)
        step_end(walk);
    walk->under_way =
        walk->step < walk->steps && !walk->diverged && !(walk->ends_there && walk->arrived >= 0);
    if (walk->under_way)
        walk->w = tape_use(walk->tape, walk->parameters.items[0]);
    return walk->under_way;
}

WalkPoint walk_end(const Walk *walk) {
    return walk->path[walk->step];
}

WalkText walk_words(const Walk *walk) {
    WalkText words;
    char *text = words.text;
    const size_t size = sizeof words.text;
    const double distance = walk_distance(walk);
    if (walk->diverged) // a step to a point that isn't finite is not in the path: it counts here
        snprintf(text, size, "diverged at step %ld",
                 walk->step + (hypot(walk_end(walk).x, walk_end(walk).y) <= walk->limit));
    else if (walk->arrived >= 0)
        snprintf(text, size, "there after %ld step%s", walk->arrived,
                 walk->arrived == 1 ? "" : "s");
    else if (isfinite(distance))
        snprintf(text, size, "%.2g from there after %ld steps", distance, walk->step);
    else
        snprintf(text, size, "loss %.2g after %ld steps", walk_end(walk).loss, walk->step);
    return words;
}

// --- for figures ---------------------------------------------------------------------------------

WalkTables walk_tables_open(const char *folder) {
    return (WalkTables){table_open(folder, "walks.csv", "walk,lr,step,x,y,loss"),
                        table_open(folder, "ends.csv", "walk,lr,steps,arrived,diverged,words")};
}

void walk_tables_add(WalkTables *tables, const char *name, double lr, const Walk *walk) {
    for (long step = 0; step <= walk->step; step += step < 1000 ? 1 : 9) {
        const WalkPoint *point = &walk->path[step];
        table_row(tables->walks, "%s,%.9g,%ld,%.9g,%.9g,%.9g", name, lr, step, point->x, point->y,
                  point->loss);
    }
    table_row(tables->ends, "%s,%.9g,%ld,%ld,%d,%s", name, lr, walk->step, walk->arrived,
              walk->diverged, walk_words(walk).text);
}

bool walk_tables_close(WalkTables *tables, Error *error) {
    const bool good = table_close(tables->walks, error);
    return table_close(tables->ends, good ? error : &(Error){""}) && good;
}
