// What a head got wrong: a matrix of classes, in whose cells the photos themselves are.
#ifndef KNOBS_LESSON_12_MISTAKES_H
#define KNOBS_LESSON_12_MISTAKES_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/photos.h"
#include "files/image_grid.h"
#include "files/table.h"
#include "instruments/evaluate.h"
#include "run/loop.h"

enum { CELL = 72, CELL_PHOTOS = 9, SHOWN_CLASSES = 12 };

// What the head said of each test photo, and how probable it thought that.
typedef struct Verdicts {
    int count, classes, *said;
    double *probability;
} Verdicts;

// A photo of [3, side, side] bytes as a square of `size` of the cell's pixels: means of what falls together.
static void draw_small(const unsigned char *photo, int side, int size, real *corner) {
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < size; y++)
            for (int x = 0; x < size; x++) {
                const int top = y * side / size, foot = (y + 1) * side / size;
                const int left = x * side / size, right = (x + 1) * side / size;
                int sum = 0;
                for (int v = top; v < foot; v++)
                    for (int h = left; h < right; h++)
                        sum += photo[(c * side + v) * side + h];
                corner[(c * CELL + y) * CELL + x] =
                    (real)(sum / 127.5 / ((foot - top) * (right - left)) - 1);
            }
}

// The test photos of one class that were taken for another, as many as there is room for.
static void draw_cell(const Photos *photos, const Verdicts *verdicts, int truth, int said,
                      real *cell) {
    const Dataset *test = &photos->test;
    int found[CELL_PHOTOS], count = 0;
    for (int i = 0; i < test->count; i++)
        if (test->labels[i] == truth && verdicts->said[i] == said && truth != said &&
            count < CELL_PHOTOS)
            found[count++] = i;
    for (int i = 0; i < 3 * CELL * CELL; i++)
        cell[i] = 1; // white
    const int across = count > 4 ? 3 : count > 1 ? 2 : 1, size = CELL / across;
    for (int i = 0; i < count; i++)
        draw_small(test->pixels + (size_t)found[i] * dataset_pixels(test), test->height, size,
                   cell + (i / across * CELL + i % across) * size);
}

// cells.png: a row for each class, a column for what it was taken for.
static bool write_cells(const Photos *photos, const Verdicts *verdicts, Tape *tape,
                        const char *folder, Error *error) {
    const int all = verdicts->classes, shown = all < SHOWN_CLASSES ? all : SHOWN_CLASSES;
    Tensor *cells = tape_tensor(tape, SHAPE(shown * shown, 3, CELL, CELL));
    for (int i = 0; i < shown * shown; i++)
        draw_cell(photos, verdicts, i / shown, i % shown,
                  cells->data + (size_t)i * 3 * CELL * CELL);
    return image_grid_write(folder, "cells.png", cells, shown, 1, error);
}

// confusion.csv, a row for each two classes, and mistakes.csv, a row for each photo that was named wrong.
static bool write_tables(const Photos *photos, const Verdicts *verdicts, const char *folder,
                         Error *error) {
    const int classes = verdicts->classes;
    int *counts = memory_zeroed((size_t)classes * (size_t)classes, sizeof(int));
    Table *wrong = table_open(folder, "mistakes.csv", "photo,class,taken for,probability");
    for (int i = 0; i < verdicts->count; i++) {
        const int truth = photos->test.labels[i], said = verdicts->said[i];
        counts[truth * classes + said]++;
        if (said != truth)
            table_row(wrong, "%s/%s,%s,%s,%.3f", photos->classes[truth],
                      strrchr(photos->paths[photos->train.count + i], '/') + 1,
                      photos->classes[truth], photos->classes[said], verdicts->probability[i]);
    }
    Table *confusion = table_open(folder, "confusion.csv", "class,taken for,photos");
    for (int i = 0; i < classes * classes; i++)
        table_row(confusion, "%s,%s,%d", photos->classes[i / classes], photos->classes[i % classes],
                  counts[i]);
    free(counts);
    const bool good = table_close(wrong, error);
    return table_close(confusion, good ? error : &(Error){""}) && good;
}

// What the head says of the test photos, whose features these are.
static bool write_mistakes(const Photos *photos, Module *head, const Dataset *features,
                           Loop *loop) {
    const int count = features->count, classes = features->classes;
    Verdicts verdicts = {.count = count,
                         .classes = classes,
                         .said = memory_alloc((size_t)count * sizeof(int)),
                         .probability = memory_alloc((size_t)count * sizeof(double))};
    Batches *batches = batches_new(features, .size = count, .shuffle = false);
    const Tensor *logits = evaluate_batch(head, batches_draw(batches, loop->tape).images);
    for (int i = 0; i < count; i++) {
        const real *row = logits->data + (size_t)i * (size_t)classes;
        int best = 0;
        double sum = 0;
        for (int j = 1; j < classes; j++)
            best = row[j] > row[best] ? j : best;
        for (int j = 0; j < classes; j++)
            sum += exp((double)(row[j] - row[best]));
        verdicts.said[i] = best;
        verdicts.probability[i] = 1 / sum;
    }
    const char *folder = loop->options->out;
    const bool good = write_tables(photos, &verdicts, folder, loop->error) &&
                      write_cells(photos, &verdicts, loop->tape, folder, loop->error);
    batches_free(batches);
    free(verdicts.said);
    free(verdicts.probability);
    return good;
}

#endif
