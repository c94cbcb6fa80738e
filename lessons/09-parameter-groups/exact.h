// What parameter groups promise exactly, each looked at alone: rates, decay, a late group, refusals;
// and how far a step moves each group.
#ifndef KNOBS_LESSON_09_EXACT_H
#define KNOBS_LESSON_09_EXACT_H

#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "data/batches.h"
#include "files/table.h"
#include "instruments/weights.h"
#include "nn/groups.h"
#include "nn/loss.h"
#include "nn/networks.h"
#include "optim/optimizer.h"
#include "run/lesson.h"

// A step, and how far it moved each group: the root mean square over its numbers.
static void step_and_measure(Optimizer *optimizer, Log *log, long step) {
    real *before[16];
    for (int g = 0; g < optimizer->group_count; g++)
        before[g] = weights_copy(&optimizer->groups[g].parameters);
    optimizer_step(optimizer);
    for (int g = 0; g < optimizer->group_count; g++) {
        const ParameterGroup *group = &optimizer->groups[g];
        log_row(log, (double)step, g, group->hyperparameters.lr,
                weights_distance(&group->parameters, before[g]) /
                    sqrt((double)parameter_list_size(&group->parameters)));
        free(before[g]);
    }
}

// A first step of plain SGD with two groups, from gradients that are there: how far ‖Δw‖ / ‖g‖ of the
// second over that of the first is from the ratio of their rates.
static double rate_ratio_error(ParameterList slow, ParameterList fast, double ratio) {
    Optimizer *optimizer = sgd(slow, .lr = 0.5 / ratio);
    optimizer_add_group(optimizer, fast, .lr = 0.5);
    real *slow_before = weights_copy(&slow), *fast_before = weights_copy(&fast);
    optimizer_step(optimizer);
    const double measured =
        weights_distance(&fast, fast_before) / parameter_list_grad_norm(&fast) /
        (weights_distance(&slow, slow_before) / parameter_list_grad_norm(&slow));
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
    real *before = weights_copy(&split.decay), *others = weights_copy(&split.no_decay);
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
                shrink.error = worst_of(shrink.error, error);
        }
    shrink.moved = (double)weights_differ(&split.no_decay, others);
    free(before);
    free(others);
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

// A group that joins after some steps has a state of its own, so its first step moves each number by
// its rate, for m / √v is ±1, and by the decay. (With the step count of the older group, 21, it would move
// half as far, and after thousands of steps three times.) How far the worst number is from that.
static double late_group_error(ParameterList early, ParameterList late) {
    const double rate = 0.003, decay = 0.05, eps = 1e-8;
    Optimizer *optimizer = adamw(early, .weight_decay = decay, .eps = eps);
    for (int step = 0; step < 20; step++)
        optimizer_step(optimizer);
    optimizer_add_group(optimizer, late, .lr = rate);
    real *before = weights_copy(&late);
    optimizer_step(optimizer);
    const Tensor *w = &late.items[0]->tensor;
    double error = 0;
    for (size_t j = 0; j < w->size; j++) {
        const double decayed = (double)before[j] * (1 - rate * decay);
        if (fabs((double)w->grad[j]) > 1e4 * eps)
            error = worst_of(error, fabs(fabs((double)w->data[j] - decayed) / rate - 1));
    }
    free(before);
    optimizer_free(optimizer);
    return error;
}

// What holds exactly, on the network as it was before training and one batch.
static void look_at_exact(const Dataset *data, int seed, Tape *tape, Results *results) {
    Module *fresh = conv_net_new(true);
    Random random = random_from_seed((uint64_t)seed);
    module_initialise(fresh, &random);
    Batches *batches = batches_new(data, .size = 64, .shuffle = false);
    Batch batch;
    batches_next(batches, tape, &batch);
    backward(cross_entropy(module_forward(fresh, batch.images), batch.labels));
    result_add(results, "ratio_error",
               rate_ratio_error(module_parameters_under(fresh, "conv2.weight"),
                                module_parameters_under(fresh, "head.weight"), 10));
    result_add(results, "first_step_error",
               late_group_error(module_parameters_under(fresh, "head.weight"),
                                module_parameters_under(fresh, "conv1.weight")));
    const Shrink shrink = shrink_at_zero_gradient(module_parameters(fresh), 100);
    result_add(results, "shrink", shrink.factor);
    result_add(results, "shrink_error", shrink.error);
    result_add(results, "plain_moved", shrink.moved);
    const char *line = refusal_of_second_group(module_parameters_under(fresh, "head.weight"));
    result_add(results, "refused",
               strstr(line, "'head.weight'") && strstr(line, "'backbone'") &&
                   strstr(line, "'group 1'"));
    tape_clear(tape);
    batches_free(batches);
    module_free(fresh);
}

#endif
