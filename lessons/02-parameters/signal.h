// The size of the signal in each layer of a stack, forward and backward.
#ifndef KNOBS_LESSON_02_SIGNAL_H
#define KNOBS_LESSON_02_SIGNAL_H

#include <math.h>

#include "files/table.h"
#include "nn/loss.h"
#include "run/lesson.h"
#include "run/trainer.h"

enum { DEPTH_MAX = 100 };

static double rms(const real *numbers, size_t count) { // root of the mean square
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)numbers[i] * (double)numbers[i];
    return sqrt(sum / (double)count);
}

// One batch through the stack and back, before any training. A layer's signal is the root of the
// mean square of what it puts out (the mean is about 0: it is the standard deviation), and of the
// gradient there; predicted from the size of what comes in and the weights.
typedef struct Signal {
    int depth;  // of the stack
    double std; // of the weights of its second layer
    double forward[DEPTH_MAX], backward[DEPTH_MAX], predicted[DEPTH_MAX];
} Signal;

static Signal signal_measure(Module *stack, Batch batch) {
    Signal signal = {0};
    Tensor *sums[DEPTH_MAX], *x = batch.images;
    double square = pow(rms(x->data, x->size), 2); // of what comes in
    for (int i = 0; i < stack->child_count; i++) {
        x = module_forward(stack->children[i], x);
        if (stack->children[i]->parameters.count == 0 || i == stack->child_count - 1)
            continue;          // relu, and the head
        tensor_retain_grad(x); // else only parameters keep theirs
        sums[signal.depth] = x;
        const Tensor *weight = &stack->children[i]->parameters.items[0]->tensor;
        if (signal.depth == 1)
            signal.std = rms(weight->data, weight->size);
        square *= weight->shape.dims[1] * pow(rms(weight->data, weight->size), 2); // fan_in · σ²
        signal.predicted[signal.depth++] = sqrt(square);
        square /= 2; // relu keeps one half of it
    }
    backward(cross_entropy(x, batch.labels));
    for (int i = 0; i < signal.depth; i++) {
        signal.forward[i] = rms(sums[i]->data, sums[i]->size);
        signal.backward[i] = rms(sums[i]->grad, sums[i]->size);
    }
    return signal;
}

// signal.csv has backward relative to the last layer, whose gradient comes from the loss. The factor
// of a layer, for the claims, is from the sizes at both ends of the stack.
static bool signal_write(const Signal *signal, const char *name, const LessonOptions *options,
                         Results *results, Error *error) {
    const int last = signal->depth - 1;
    const double *forward = signal->forward, *back = signal->backward;
    const double *predicted = signal->predicted;
    Table *table = table_open(options->out, "signal.csv",
                              "init,seed,layer,forward,predicted,backward,backward_predicted");
    for (int i = 0; i <= last; i++)
        table_row(table, "%s,%d,%d,%.17g,%.17g,%.17g,%.17g", name, options->seed, i + 1, forward[i],
                  predicted[i], back[i] / back[last], predicted[last] / predicted[i]);
    const double ahead = pow(forward[last] / forward[0], 1.0 / last);
    const double behind = pow(back[0] / back[last], 1.0 / last);
    const double factor = pow(predicted[last] / predicted[0], 1.0 / last);
    result_add(results, "std", signal->std);
    result_add(results, "forward", ahead);
    result_add(results, "backward", behind);
    result_add(results, "off", worst_of(fabs(ahead / factor - 1), fabs(behind / factor - 1)));
    return table_close(table, error);
}

// Before any training, on the first batch, which is the measurement's alone.
static void signal_look(Trainer *trainer, const char *name, Results *results) {
    Batch first;
    batches_next(trainer->batches, trainer->loop.tape, &first);
    const Signal signal = signal_measure(trainer->network, first);
    loop_need(&trainer->loop,
              signal_write(&signal, name, trainer->loop.options, results, trainer->loop.error));
    tape_clear(trainer->loop.tape);
}

#endif
