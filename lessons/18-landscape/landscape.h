// What a trained network stands in: the loss on the plane of its path, and along lines from the average
// to where it has been.
#ifndef KNOBS_LESSON_18_LANDSCAPE_H
#define KNOBS_LESSON_18_LANDSCAPE_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "files/table.h"
#include "instruments/evaluate.h"
#include "instruments/plane.h"
#include "instruments/weights.h"
#include "nn/networks.h"
#include "run/interrupt.h"
#include "run/lesson.h"
#include "run/lesson_data.h"
#include "run/loop.h"

enum { CONSTANT, FALLING, EMA, SWA, MODELS };
static const char *const model_names[] = {"constant", "falling", "ema", "swa"};

// A number of each model, as a result of the run: "loss_ema"; that of one model again, over the seeds;
// and how much more it is than that of another, seed by seed.
static void model_results_add(Results *results, const char *name, const double values[MODELS]) {
    for (int m = 0; m < MODELS; m++) {
        char *text = path_format("%s_%s", name, model_names[m]);
        result_add(results, text, values[m]);
        free(text);
    }
}

static Sample model_result(const Results *results, const char *name, int model) {
    char *text = path_format("%s_%s", name, model_names[model]);
    const Sample sample = results_of(results, text);
    free(text);
    return sample;
}

static Sample model_gain(const Results *results, const char *name, int model, int than) {
    const Sample a = model_result(results, name, model), b = model_result(results, name, than);
    return sample_difference(&a, &b);
}

enum { BATCHES = 8 };

// --- the path: the weights at each look, saved with the run ------------------------------------------

// A row each: where the ways part; the looks of the constant rate; those of the falling one; the averages
// as they are now.
static Module *path_new(int looks, size_t size) {
    Module *path = module_new(sizeof(Module), "Path", NULL);
    module_add_buffer(path, "points", SHAPE(1 + 2 * looks + 2, (int)size));
    return path;
}

static int path_row(int looks, int model, int look) {
    if (model >= EMA)
        return 2 * looks + 1 + (model - EMA);
    return look == 0 ? 0 : model * looks + look;
}

static void path_put(Module *path, int row, const Module *model) {
    const ParameterList weights = module_parameters(model);
    const size_t size = parameter_list_size(&weights);
    real *copy = weights_copy(&weights);
    memcpy(path->buffers.items[0]->tensor.data + (size_t)row * size, copy, size * sizeof(real));
    free(copy);
}

// --- looking around --------------------------------------------------------------------------------

typedef struct Landscape {
    Loop *loop;
    Module *const *models;
    const real *path;
    int looks, side;
    size_t size;              // of a point of the path
    Dataset batches[BATCHES]; // training images as steps see them,
    Dataset images;           // and all of these together
    Progress progress;
    long done;
    // What is found:
    double accuracy[MODELS]; // of each model on the test images
    double loss[MODELS];     // of each model on all images, as the model itself has it
    double off;              // how far that of any slice is from it, at most
    double share[2];         // of the path's variance, that the plane's directions have
    // The lowest look at the constant rate: how far above their average, and above the end of the
    // falling rate.
    double least_above, least_below;
    double ridge;                // between the average and the end of the falling rate
    double rises[MODELS];        // along random directions
    double twins_apart, sharper; // of a network and its twin; slices.h
} Landscape;

static const real *landscape_point(const Landscape *land, int row) {
    return land->path + (size_t)row * land->size;
}

static const real *landscape_end(const Landscape *land, int model) {
    return landscape_point(land, path_row(land->looks, model, land->looks));
}

static void landscape_init(Landscape *land, Loop *loop, Module *const *models, const Module *path,
                           const LessonData *data, int images, int side) {
    const Tensor *points = &path->buffers.items[0]->tensor;
    const int each = images / BATCHES;
    *land = (Landscape){.loop = loop,
                        .models = models,
                        .path = points->data,
                        .looks = (points->shape.dims[0] - 3) / 2,
                        .side = side,
                        .size = (size_t)points->shape.dims[1],
                        .images = dataset_slice(&data->train, 0, BATCHES * each)};
    land->share[0] = land->share[1] = NAN; // fmin and fmax let a NaN go
    land->least_above = land->least_below = land->ridge = land->sharper = NAN;
    for (int b = 0; b < BATCHES; b++)
        land->batches[b] = dataset_slice(&data->train, b * each, each);
    for (int m = 0; m < MODELS; m++) {
        land->loss[m] = evaluate(models[m], loop->tape, &land->images).loss;
        land->accuracy[m] = evaluate(models[m], loop->tape, &data->test).accuracy;
    }
}

// plane_losses, with the progress line; false: a signal came.
static bool landscape_losses(Landscape *land, const Plane *plane, const PlanePoint *points,
                             int count, double *losses) {
    for (int i = 0, next; i < count; i = next) {
        next = i + 16 < count ? i + 16 : count;
        if (interrupt_signal())
            return false;
        plane_losses(plane, points + i, next - i, losses + i * plane->part_count);
        land->done += next - i;
        progress_step(&land->progress, land->done, "the landscape");
    }
    return true;
}

static double mean_of(const double losses[BATCHES]) {
    double sum = 0;
    for (int b = 0; b < BATCHES; b++)
        sum += losses[b];
    return sum / BATCHES;
}

// The loss that a slice has where a model is must be the one that the model itself has.
static void landscape_compare(Landscape *land, int model, double found) {
    land->off = worst_of(land->off, fabs(found - land->loss[model]));
}

static void landscape_table_close(Landscape *land, Table *table) {
    loop_need(land->loop, table_close(table, land->loop->error));
}

// --- the plane of the path ---------------------------------------------------------------------------

typedef struct Raster {
    double left, low, step;
    int across, up; // its points
} Raster;

// So large that all of the path is on it, and a quarter more; four to three.
static Raster grid_around(const Landscape *land, const Plane *plane) {
    double least[2] = {INFINITY, INFINITY}, most[2] = {-INFINITY, -INFINITY};
    for (int row = 0; row < 1 + 2 * land->looks; row++) {
        const PlanePoint at = plane_nearest(plane, landscape_point(land, row), land->size);
        for (int axis = 0; axis < 2; axis++) {
            least[axis] = fmin(least[axis], axis ? at.y : at.x);
            most[axis] = fmax(most[axis], axis ? at.y : at.x);
        }
    }
    const double wide = 1.25 * fmax(most[0] - least[0], (most[1] - least[1]) * 4 / 3);
    Raster grid = {.across = land->side, .up = (3 * land->side + 2) / 4};
    grid.step = wide / (grid.across - 1);
    grid.left = (least[0] + most[0] - wide) / 2;
    grid.low = (least[1] + most[1] - grid.step * (grid.up - 1)) / 2;
    return grid;
}

// The loss of each batch, and their mean, at each point of the grid.
static void grid_write(Landscape *land, const Plane *plane) {
    const Raster grid = grid_around(land, plane);
    const int count = grid.across * grid.up;
    PlanePoint *points = memory_alloc((size_t)count * sizeof *points);
    double *losses = memory_alloc((size_t)count * BATCHES * sizeof *losses);
    for (int i = 0; i < count; i++)
        points[i] = (PlanePoint){grid.left + grid.step * (i % grid.across),
                                 grid.low + grid.step * (i / grid.across)};
    if (landscape_losses(land, plane, points, count, losses)) {
        Table *table = table_open(land->loop->options->out, "plane.csv", "batch,x,y,loss");
        for (int b = 0; b <= BATCHES; b++) // 0: the mean of all
            for (int i = 0; i < count; i++) {
                const double *own = losses + i * BATCHES;
                table_row(table, "%d,%.9g,%.9g,%.9g", b, points[i].x, points[i].y,
                          b ? own[b - 1] : mean_of(own));
            }
        landscape_table_close(land, table);
    }
    free(losses);
    free(points);
}

// Where on the plane each point of the path is, the loss of the plane there, and the point's own.
static void path_write(Landscape *land, const Plane *plane) {
    Table *table = table_open(land->loop->options->out, "path.csv", "model,look,x,y,below,loss");
    for (int m = 0; m < MODELS; m++)
        for (int look = m >= EMA ? land->looks : 0; look <= land->looks; look++) {
            const real *point = landscape_point(land, path_row(land->looks, m, look));
            const PlanePoint at = plane_nearest(plane, point, land->size), here = {0, 0};
            Plane own = *plane;
            own.middle = point;
            double below[BATCHES], losses[BATCHES];
            if (!landscape_losses(land, plane, &at, 1, below) ||
                !landscape_losses(land, &own, &here, 1, losses))
                break;
            table_row(table, "%s,%d,%.9g,%.9g,%.9g,%.9g", model_names[m], look, at.x, at.y,
                      mean_of(below), mean_of(losses));
            if (look == land->looks)
                landscape_compare(land, m, mean_of(losses));
            if (look == land->looks && m == FALLING) // which is on the plane
                landscape_compare(land, m, mean_of(below));
        }
    landscape_table_close(land, table);
}

static void plane_draw(Landscape *land) {
    real *across = memory_alloc(land->size * sizeof(real));
    real *up = memory_alloc(land->size * sizeof(real));
    principal_directions(land->path, 1 + 2 * land->looks, land->size, across, up, land->share);
    const Plane plane = {lenet_new, landscape_end(land, FALLING), across, up, land->batches,
                         BATCHES};
    path_write(land, &plane);
    grid_write(land, &plane);
    free(up);
    free(across);
}

// --- lines from the average --------------------------------------------------------------------------

enum {
    LINE_POINTS = 11,
    LINE_FROM = 3,
    LINE_TO = 8
}; // where on it the average is, and the other point

// Its losses; false: a signal came.
static bool line_write(Landscape *land, Table *table, int model, int look,
                       double losses[LINE_POINTS]) {
    const real *from = landscape_end(land, SWA);
    const real *to = landscape_point(land, path_row(land->looks, model, look));
    const ParameterList average = module_parameters(land->models[SWA]);
    const double length = weights_distance(&average, to);
    real *way = memory_alloc(land->size * sizeof(real));
    for (size_t i = 0; i < land->size; i++)
        way[i] = to[i] - from[i];
    PlanePoint points[LINE_POINTS];
    for (int i = 0; i < LINE_POINTS; i++)
        points[i] = (PlanePoint){(double)(i - LINE_FROM) / (LINE_TO - LINE_FROM), 0};
    const Plane line = {lenet_new, from, way, NULL, &land->images, 1};
    const bool whole = landscape_losses(land, &line, points, LINE_POINTS, losses);
    for (int i = 0; i < LINE_POINTS && whole; i++)
        table_row(table, "%s,%d,%.9g,%.9g,%.9g", model_names[model], look, points[i].x,
                  points[i].x * length, losses[i]);
    if (whole)
        landscape_compare(land, SWA, losses[LINE_FROM]);
    if (whole && look == land->looks)
        landscape_compare(land, model, losses[LINE_TO]);
    free(way);
    return whole;
}

// To each look at the constant rate, and to the end of the falling one.
static void lines_draw(Landscape *land) {
    Table *table =
        table_open(land->loop->options->out, "lines.csv", "model,look,share,distance,loss");
    double losses[LINE_POINTS];
    bool whole = true;
    for (int look = 1; look <= land->looks && whole; look++) {
        whole = line_write(land, table, CONSTANT, look, losses);
        land->least_above = fmin(land->least_above, losses[LINE_TO] - land->loss[SWA]);
        land->least_below = fmin(land->least_below, losses[LINE_TO] - land->loss[FALLING]);
    }
    if (whole && line_write(land, table, FALLING, land->looks, losses))
        for (int i = LINE_FROM; i <= LINE_TO; i++)
            land->ridge = fmax(land->ridge, losses[i] - fmax(losses[LINE_FROM], losses[LINE_TO]));
    landscape_table_close(land, table);
}

#endif
