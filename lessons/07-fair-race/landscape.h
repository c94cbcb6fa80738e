// The loss along a line through the weights: of several batches, each by itself, and of many together.
#ifndef KNOBS_LESSON_07_LANDSCAPE_H
#define KNOBS_LESSON_07_LANDSCAPE_H

#include <math.h>
#include <stdlib.h>

#include "files/table.h"
#include "instruments/evaluate.h"
#include "instruments/weights.h"
#include "nn/loss.h"

enum { LINE_BATCHES = 16, LINE_SHOWN = 8, LINE_POINTS = 25, LINE_EARLY = 10 };
#define LINE_COLUMNS "step,batch,distance,loss" // batch 0: the mean of all

typedef struct Line {
    Module *network;
    ParameterList weights;
    real *start, *direction; // where it is now, and the unit vector against the gradient of all
    Batches *batches;
    Tape *tape;
} Line;

static void line_to(const Line *line, double distance) {
    for (int i = 0, at = 0; i < line->weights.count; i++) {
        Tensor *w = &line->weights.items[i]->tensor;
        for (size_t k = 0; k < w->size; k++, at++)
            w->data[k] = (real)(line->start[at] + distance * line->direction[at]);
        parameter_changed(line->weights.items[i]);
    }
}

static Batch line_batch(const Line *line) {
    tape_clear(line->tape);
    return batches_draw(line->batches, line->tape);
}

// losses[0] is the mean; the same batches each time.
static void line_losses(const Line *line, double distance, double losses[1 + LINE_BATCHES]) {
    batches_seek(line->batches, 0, 0, &(Error){""});
    line_to(line, distance);
    losses[0] = 0;
    for (int b = 1; b <= LINE_BATCHES; b++) {
        losses[b] = batch_loss(line->network, line_batch(line));
        losses[0] += losses[b] / LINE_BATCHES;
    }
}

// The sum of the gradients of all batches, made a unit vector downhill.
static void line_aim(Line *line) {
    parameter_list_clear_grad(&line->weights);
    for (int b = 0; b < LINE_BATCHES; b++) {
        const Batch batch = line_batch(line);
        backward(cross_entropy(module_forward(line->network, batch.images), batch.labels));
    }
    const double norm = parameter_list_grad_norm(&line->weights);
    line->direction = memory_alloc(parameter_list_size(&line->weights) * sizeof(real));
    for (int i = 0, at = 0; i < line->weights.count; i++) {
        const Tensor *w = &line->weights.items[i]->tensor;
        for (size_t k = 0; k < w->size; k++)
            line->direction[at++] = (real)(-w->grad[k] / norm);
    }
    parameter_list_clear_grad(&line->weights);
}

// How far it is to where the mean is no lower than here.
static double line_length(const Line *line) {
    double here[1 + LINE_BATCHES], there[1 + LINE_BATCHES], length = 0.02;
    line_losses(line, 0, here);
    do
        line_losses(line, length *= 1.25, there);
    while (there[0] < here[0] && length < 1000);
    return length;
}

// Rows of LINE_COLUMNS, from a quarter as far behind the weights as the line goes on before them. The weights
// are then as they were, the gradients none; clears the tape: call it between steps.
static void landscape_log(Module *network, Tape *tape, const Dataset *data, long step, Log *log) {
    Line line = {.network = network,
                 .weights = module_parameters(network),
                 .batches = batches_new(data, .size = 64),
                 .tape = tape};
    line.start = weights_copy(&line.weights);
    line_aim(&line);
    const double length = line_length(&line);
    for (int p = 0; p < LINE_POINTS; p++) {
        const double distance = length * (1.25 * p / (LINE_POINTS - 1) - 0.25);
        double losses[1 + LINE_BATCHES];
        line_losses(&line, distance, losses);
        for (int b = 0; b <= LINE_SHOWN; b++)
            log_row(log, (double)step, b, distance, losses[b]);
    }
    line_to(&line, 0);
    tape_clear(tape);
    batches_free(line.batches);
    free(line.direction);
    free(line.start);
}

#endif
