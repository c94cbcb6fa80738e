// What a map says: which value of one knob is best for each value of another, and how the one moves with
// the other. Each of it is measured seed by seed, so that it has an error.
#ifndef KNOBS_LESSON_08_MAP_H
#define KNOBS_LESSON_08_MAP_H

#include <math.h>

#include "run/lesson.h"

typedef struct Map {
    const Results *results;
    const char *measured;
    bool least_is_best; // a loss
    int first;          // of three options: the place of the first one's value
    int row, column;    // axes of the lesson's `over`
    // The row's knob as it counts: 1 / (1 − momentum). NULL: as it is.
    double (*counts)(double);
} Map;

static Sample map_cell(const Map *map, int row, int column) {
    int places[GRID_AXES_MAX] = {map->first};
    places[map->row] = row;
    places[map->column] = column;
    return results_at(map->results, map->measured, places);
}

// The top of the parabola through three points, of which the middle one is the highest.
static double parabola_top(const double x[3], const double y[3]) {
    const double rise = (y[1] - y[0]) / (x[1] - x[0]), fall = (y[2] - y[1]) / (x[2] - x[1]);
    const double bend = (fall - rise) / (x[2] - x[0]);
    return bend < 0 ? (x[0] + x[1]) / 2 - rise / (2 * bend) : x[1];
}

// The logarithm of the column's value that is best in a row: between the cells, by a parabola through the
// best one and its neighbours; at the map's edge the edge itself.
static double map_best(const Map *map, int row, int seed) {
    const int count = results_count(map->results, map->column);
    double x[GRID_VALUES_MAX], y[GRID_VALUES_MAX];
    int best = 0;
    for (int i = 0; i < count; i++) {
        const double value = map_cell(map, row, i).values[seed];
        x[i] = log(results_value(map->results, map->column, i));
        y[i] = map->least_is_best ? -value : value;
        if (y[i] > y[best])
            best = i;
    }
    return best > 0 && best < count - 1 ? parabola_top(x + best - 1, y + best - 1) : x[best];
}

// How the best value moves: the slope of its logarithm over that of the row's knob, by least squares.
// 0: it stays; 1: it is proportional; −1: their product stays.
static Sample map_slopes(const Map *map) {
    const int rows = results_count(map->results, map->row), seeds = map_cell(map, 0, 0).count;
    double slopes[SAMPLE_MAX];
    for (int seed = 0; seed < seeds; seed++) {
        double n = 0, x = 0, y = 0, xx = 0, xy = 0;
        for (int row = 0; row < rows; row++) {
            const double value = results_value(map->results, map->row, row);
            const double at = log(map->counts ? map->counts(value) : value);
            const double best = map_best(map, row, seed);
            n++;
            x += at;
            y += best;
            xx += at * at;
            xy += at * best;
        }
        slopes[seed] = (n * xy - x * y) / (n * xx - x * x);
    }
    return sample_of(slopes, seeds);
}

#endif
