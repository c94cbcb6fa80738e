// What parameter groups promise exactly, each looked at alone: rates, decay, refusals.
#ifndef KNOBS_LESSON_09_EXACT_H
#define KNOBS_LESSON_09_EXACT_H

#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "nn/groups.h"
#include "optim/optimizer.h"

// A list's numbers, one after the other; the caller frees them.
static real *numbers_copy(const ParameterList *list) {
    real *numbers = memory_alloc(parameter_list_size(list) * sizeof(real)), *to = numbers;
    for (int i = 0; i < list->count; to += list->items[i++]->tensor.size)
        memcpy(to, list->items[i]->tensor.data, list->items[i]->tensor.size * sizeof(real));
    return numbers;
}

// ‖now − before‖, over all numbers of a list.
static double distance_from(const ParameterList *list, const real *before) {
    double squares = 0;
    for (int i = 0; i < list->count; before += list->items[i++]->tensor.size)
        for (size_t j = 0; j < list->items[i]->tensor.size; j++) {
            const double step = (double)list->items[i]->tensor.data[j] - (double)before[j];
            squares += step * step;
        }
    return sqrt(squares);
}

// A first step of plain SGD with two groups, from gradients that are there: how far ‖Δw‖ / ‖g‖ of the
// second over that of the first is from the ratio of their rates.
static double rate_ratio_error(ParameterList slow, ParameterList fast, double ratio) {
    Optimizer *optimizer = sgd(slow, .lr = 0.5 / ratio);
    optimizer_add_group(optimizer, fast, .lr = 0.5);
    real *slow_before = numbers_copy(&slow), *fast_before = numbers_copy(&fast);
    optimizer_step(optimizer);
    const double measured = distance_from(&fast, fast_before) / parameter_list_grad_norm(&fast) /
                            (distance_from(&slow, slow_before) / parameter_list_grad_norm(&slow));
    free(slow_before);
    free(fast_before);
    optimizer_free(optimizer);
    return fabs(measured / ratio - 1);
}

// Steps of AdamW while every gradient is zero: the decaying group shrinks by (1 − lr · weight_decay)ⁿ,
// the other keeps its bits.
typedef struct Shrink {
    double factor, error; // as the formula says; the largest relative difference from it
    double moved;         // numbers of the other group that changed
} Shrink;

static Shrink shrink_at_zero_gradient(ParameterList all, int steps) {
    const double rate = 0.01, decay = 0.1;
    const DecaySplit split = parameters_split_by_decay(all);
    Optimizer *optimizer = adamw(split.decay, .lr = rate, .weight_decay = decay);
    optimizer_add_group(optimizer, split.no_decay, .weight_decay = 0);
    real *before = numbers_copy(&split.decay), *others = numbers_copy(&split.no_decay);
    for (int step = 0; step < steps; step++) {
        for (int i = 0; i < all.count; i++)
            parameter_zero_grad(all.items[i]);
        optimizer_step(optimizer);
    }
    Shrink shrink = {.factor = pow(1 - rate * decay, steps)};
    const real *from = before;
    for (int i = 0; i < split.decay.count; from += split.decay.items[i++]->tensor.size)
        for (size_t j = 0; j < split.decay.items[i]->tensor.size; j++) {
            const double wanted = shrink.factor * (double)from[j];
            const double error = fabs((double)split.decay.items[i]->tensor.data[j] / wanted - 1);
            if (wanted != 0)
                shrink.error = fmax(shrink.error, error);
        }
    real *after = numbers_copy(&split.no_decay);
    for (size_t j = 0; j < parameter_list_size(&split.no_decay); j++)
        shrink.moved += memcmp(&others[j], &after[j], sizeof(real)) != 0;
    free(before);
    free(others);
    free(after);
    optimizer_free(optimizer);
    return shrink;
}

// The line with which the optimizer refuses a parameter that it owns already. A programmer's mistake
// ends a program; here the handler comes back instead, to show the line.
static jmp_buf refused;
static char refusal[512];

static void note_refusal(const char *message) {
    snprintf(refusal, sizeof refusal, "%s", message);
    longjmp(refused, 1);
}

static const char *refusal_of_second_group(ParameterList list) {
    Optimizer *optimizer = adamw(list);
    optimizer_name_group(optimizer, 0, "backbone");
    FatalHandler handler = fatal_set_handler(note_refusal);
    snprintf(refusal, sizeof refusal, "it was not refused");
    if (!setjmp(refused))
        optimizer_add_group(optimizer, list);
    fatal_set_handler(handler);
    optimizer_free(optimizer);
    return refusal;
}

#endif
