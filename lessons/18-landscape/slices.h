// Flat and sharp: the loss along random directions, as large as each filter; and a twin that is the
// same function with other weights.
#ifndef KNOBS_LESSON_18_SLICES_H
#define KNOBS_LESSON_18_SLICES_H

#include "landscape.h"

enum { DIRECTIONS = 4, SLICE_POINTS = 13, SLICE_MIDDLE = SLICE_POINTS / 2 };
#define SLICE_REACH 0.5 // as far as a filter is long, on either side

// The loss of all batches together along a direction; false: a signal came.
static bool slice_losses(Landscape *land, const real *middle, const real *direction,
                         double losses[SLICE_POINTS]) {
    PlanePoint points[SLICE_POINTS];
    for (int i = 0; i < SLICE_POINTS; i++)
        points[i] = (PlanePoint){SLICE_REACH * (i - SLICE_MIDDLE) / SLICE_MIDDLE, 0};
    const Plane line = {lenet_new, middle, direction, NULL, &land->images, 1};
    return landscape_losses(land, &line, points, SLICE_POINTS, losses);
}

static void slice_write(Table *table, const char *name, int direction,
                        const double losses[SLICE_POINTS]) {
    for (int i = 0; i < SLICE_POINTS; i++)
        table_row(table, "%s,%d,%.9g,%.9g", name, direction,
                  SLICE_REACH * (i - SLICE_MIDDLE) / SLICE_MIDDLE, losses[i]);
}

// By how much the loss is higher at both ends than in the middle.
static double slice_rise(const double losses[SLICE_POINTS]) {
    return (losses[0] + losses[SLICE_POINTS - 1]) / 2 - losses[SLICE_MIDDLE];
}

static Random slice_draws(const Landscape *land) {
    return random_from_seed((uint64_t)land->loop->options->seed);
}

// Along the same draws for each model, each with its own filters' lengths.
static void slices_draw(Landscape *land) {
    Table *table =
        table_open(land->loop->options->out, "slices.csv", "model,direction,distance,loss");
    bool whole = true;
    for (int m = 0; m < MODELS; m++) {
        Random random = slice_draws(land);
        const ParameterList weights = module_parameters(land->models[m]);
        for (int d = 1; d <= DIRECTIONS && whole; d++) {
            double losses[SLICE_POINTS];
            real *direction = direction_new(&weights, &random);
            direction_normalise_filters(direction, &weights);
            whole = slice_losses(land, landscape_end(land, m), direction, losses);
            if (whole) {
                slice_write(table, model_names[m], d, losses);
                land->rises[m] += slice_rise(losses) / DIRECTIONS;
                landscape_compare(land, m, losses[SLICE_MIDDLE]);
            }
            free(direction);
        }
    }
    landscape_table_close(land, table);
}

// --- the twin ----------------------------------------------------------------------------------------

enum { TWIN_FACTOR = 8 }; // a power of two: nothing is rounded

// relu and max pooling pass a factor on: with the first layer's numbers times 8 and the next one's
// weights by 8 the network is the same function.
static void twin_make(Module *twin, const Module *network) {
    Random random = random_from_seed(0);
    module_initialise(twin, &random);
    module_average(twin, network, 0);
    static const char *const names[] = {"conv1.weight", "conv1.bias", "conv2.weight"};
    for (int n = 0; n < 3; n++) {
        Parameter *parameter = module_find_parameter(twin, names[n]);
        for (size_t i = 0; i < parameter->tensor.size; i++)
            parameter->tensor.data[i] *= n < 2 ? TWIN_FACTOR : (real)1 / TWIN_FACTOR;
        parameter_changed(parameter);
    }
}

// A network and its twin along one direction, and along the same draws as each one's filters make them.
static void twins_draw(Landscape *land) {
    Table *table =
        table_open(land->loop->options->out, "twins.csv", "name,normalised,distance,loss");
    Module *twin = lenet_new();
    twin_make(twin, land->models[FALLING]);
    const ParameterList weights[2] = {module_parameters(land->models[FALLING]),
                                      module_parameters(twin)};
    double losses[2][2][SLICE_POINTS] = {{{0}}};
    bool whole = true;
    for (int normalised = 0; normalised < 2; normalised++)
        for (int t = 0; t < 2 && whole; t++) {
            Random random = slice_draws(land);
            real *middle = weights_copy(&weights[t]),
                 *direction = direction_new(&weights[t], &random);
            direction_normalise_filters(direction, &weights[normalised ? t : 0]);
            whole = slice_losses(land, middle, direction, losses[normalised][t]);
            if (whole)
                slice_write(table, t ? "twin" : "network", normalised, losses[normalised][t]);
            free(direction);
            free(middle);
        }
    for (int i = 0; i < SLICE_POINTS; i++)
        land->twins_apart = worst_of(land->twins_apart, fabs(losses[1][0][i] - losses[1][1][i]));
    land->sharper = slice_rise(losses[0][1]) / slice_rise(losses[0][0]);
    landscape_table_close(land, table);
    module_free(twin);
}

// --- all together ------------------------------------------------------------------------------------

static void landscape_draw(Landscape *land) {
    const int grid = land->side * ((3 * land->side + 2) / 4), path = 2 * (2 * land->looks + 4);
    const int lines = (land->looks + 1) * LINE_POINTS;
    const int slices = (MODELS * DIRECTIONS + 4) * SLICE_POINTS;
    progress_start(&land->progress, land->loop->options->name, 0, grid + path + lines + slices,
                   grid);
    plane_draw(land);
    lines_draw(land);
    slices_draw(land);
    twins_draw(land);
    progress_finish(&land->progress, "looked around: the loss at %ld points", land->done);
}

static void landscape_report(const Landscape *land, Results *results) {
    model_results_add(results, "accuracy", land->accuracy);
    model_results_add(results, "loss", land->loss);
    model_results_add(results, "rise", land->rises);
    result_add(results, "off", land->off);
    result_add(results, "share_1", land->share[0]);
    result_add(results, "share_2", land->share[1]);
    result_add(results, "least_above", land->least_above);
    result_add(results, "least_below", land->least_below);
    result_add(results, "ridge", land->ridge);
    result_add(results, "twins_apart", land->twins_apart);
    result_add(results, "sharper", land->sharper);
}

#endif
