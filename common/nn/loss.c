// Losses.
//
//     cross_entropy                     L = −1/n Σ_rows Σ_c q_c log p_c,  p = softmax(x)
//                                       dx = dL (p − q) / n
//     mse_loss                          L = 1/size Σ (a − b)², of the operations that there are
//     binary_cross_entropy_with_logits  L = 1/size Σ max(x, 0) − x t + log(1 + e^−|x|)
//                                       dx = dL (σ(x) − t) / size
//
// Saved: the probabilities p of the first (the logits may go), x and t of the last.
#include "nn/loss.h"

#include <math.h>

#include "base/error.h"
#include "kernels/softmax.h"
#include "tensor/operations.h"

// --- cross-entropy -------------------------------------------------------------------------------

typedef struct CrossEntropy {
    const int *labels;
    double label_smoothing;
    real *probabilities;
} CrossEntropy;

static void cross_entropy_backward(Node *node) {
    const CrossEntropy *self = node->context;
    Tensor *logits = node->inputs[0];
    GradTarget dx = tensor_grad_target(logits);
    const int rows = logits->shape.dims[0], classes = logits->shape.dims[1];
    double factor = (double)node->output->grad[0] / rows;
    kernel_cross_entropy_gradient((size_t)rows, (size_t)classes, self->probabilities, self->labels,
                                  self->label_smoothing, factor, dx.add, dx.grad);
}

static void check_classification(const char *operation, const Tensor *logits, const int *labels) {
    if (logits->shape.rank != 2 || logits->size == 0)
        fatal("%s: the logits must be [rows, classes] with at least one of each, they are %s",
              operation, shape_text(logits->shape).text);
    for (int i = 0; i < logits->shape.dims[0]; i++)
        if (labels[i] < 0 || labels[i] >= logits->shape.dims[1])
            fatal("%s: label %d of row %d isn't among the classes 0 … %d", operation, labels[i], i,
                  logits->shape.dims[1] - 1);
}

Tensor *cross_entropy_with(Tensor *logits, const int *labels, CrossEntropyOptions options) {
    check_classification("cross_entropy", logits, labels);
    if (!(options.label_smoothing >= 0 && options.label_smoothing <= 1))
        fatal("cross_entropy: label_smoothing is %g, it must be in [0, 1]",
              options.label_smoothing);
    const size_t rows = (size_t)logits->shape.dims[0], classes = (size_t)logits->shape.dims[1];
    Tensor *loss =
        tape_record("cross_entropy", cross_entropy_backward, SHAPE_SCALAR, logits, NULL, NULL);
    real *probabilities = loss->node ? tape_scratch(loss->tape, rows * classes) : NULL;
    loss->data[0] = (real)kernel_cross_entropy(rows, classes, logits->data, labels,
                                               options.label_smoothing, probabilities);
    const CrossEntropy kept = {labels, options.label_smoothing, probabilities};
    node_keep(loss->node, &kept, sizeof kept);
    return loss;
}

int count_correct(const Tensor *logits, const int *labels) {
    check_classification("count_correct", logits, labels);
    const int rows = logits->shape.dims[0], classes = logits->shape.dims[1];
    int correct = 0;
    for (int r = 0; r < rows; r++) {
        const real *row = logits->data + (size_t)r * (size_t)classes;
        int best = 0;
        for (int c = 1; c < classes; c++)
            if (row[c] > row[best] || (isnan(row[c]) && !isnan(row[best]))) // as argmax has it
                best = c;
        correct += best == labels[r];
    }
    return correct;
}

// --- losses of a prediction and a target, the mean over all elements -----------------------------

Tensor *mse_loss(Tensor *prediction, Tensor *target) {
    shape_check("mse_loss", "the target", target->shape, prediction->shape);
    Tensor *difference = subtract(prediction, target);
    return mean(multiply(difference, difference));
}

static void binary_cross_entropy_backward(Node *node) {
    Tensor *x = node->inputs[0];
    const Tensor *t = node->inputs[1];
    GradTarget dx = tensor_grad_target(x);
    if (!dx.grad)
        return;
    double factor = (double)node->output->grad[0] / (double)x->size;
    for (size_t i = 0; i < x->size; i++) {
        double probability = 1 / (1 + exp(-(double)x->data[i]));
        real value = (real)(factor * (probability - (double)t->data[i]));
        dx.grad[i] = dx.add ? dx.grad[i] + value : value;
    }
}

Tensor *binary_cross_entropy_with_logits(Tensor *logits, Tensor *target) {
    const char *operation = "binary_cross_entropy_with_logits";
    shape_check(operation, "the target", target->shape, logits->shape);
    if (wants_grad(target))
        fatal("%s: the target requires a gradient, which isn't offered: detach it", operation);
    Tensor *loss =
        tape_record(operation, binary_cross_entropy_backward, SHAPE_SCALAR, logits, target, NULL);
    double total = 0;
    for (size_t i = 0; i < logits->size; i++) {
        const double x = (double)logits->data[i], t = (double)target->data[i];
        total += (x > 0 ? x : 0) - x * t + log1p(exp(-fabs(x)));
    }
    loss->data[0] = (real)(total / (double)logits->size);
    node_save(loss->node, logits, true);
    node_save(loss->node, target, true);
    return loss;
}
