// Losses.
//
//     cross_entropy                     L = −1/n Σ_rows Σ_c q_c log p_c,  p = softmax(x)
//                                       dx = dL (p − q) / n
//     mse_loss                          L = 1/size Σ (a − b)²
//                                       da = −db = dL 2 (a − b) / size
//     binary_cross_entropy_with_logits  L = 1/size Σ max(x, 0) − x t + log(1 + e^−|x|)
//                                       dx = dL (σ(x) − t) / size
//
// Saved: the probabilities p of the first (the logits may go), the inputs of the others.
#include "nn/loss.h"

#include <math.h>

#include "base/error.h"
#include "kernels/softmax.h"

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
    Tape *tape = tape_of("cross_entropy", logits, NULL, NULL);
    check_classification("cross_entropy", logits, labels);
    if (!(options.label_smoothing >= 0 && options.label_smoothing <= 1))
        fatal("cross_entropy: label_smoothing is %g, it must be in [0, 1]",
              options.label_smoothing);
    const size_t rows = (size_t)logits->shape.dims[0], classes = (size_t)logits->shape.dims[1];
    Tensor *loss = tape_tensor(tape, SHAPE_SCALAR);
    real *probabilities =
        tape_would_record(tape, logits, NULL, NULL) ? tape_scratch(tape, rows * classes) : NULL;
    loss->data[0] = (real)kernel_cross_entropy(rows, classes, logits->data, labels,
                                               options.label_smoothing, probabilities);
    Node *node = tape_record("cross_entropy", cross_entropy_backward, loss, logits, NULL, NULL);
    const CrossEntropy kept = {labels, options.label_smoothing, probabilities};
    node_keep(node, &kept, sizeof kept);
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
            if (row[c] > row[best])
                best = c;
        correct += best == labels[r];
    }
    return correct;
}

// --- losses of a prediction and a target, the mean over all elements -----------------------------

static Tensor *mean_loss(const char *operation, BackwardFunction backward_function,
                         double (*term)(double prediction, double target), Tensor *prediction,
                         Tensor *target) {
    Tape *tape = tape_of(operation, prediction, target, NULL);
    shape_check(operation, "the target", target->shape, prediction->shape);
    double total = 0;
    for (size_t i = 0; i < prediction->size; i++)
        total += term((double)prediction->data[i], (double)target->data[i]);
    Tensor *loss = tape_tensor(tape, SHAPE_SCALAR);
    loss->data[0] = (real)(total / (double)prediction->size);
    Node *node = tape_record(operation, backward_function, loss, prediction, target, NULL);
    node_save(node, prediction, true);
    node_save(node, target, true);
    return loss;
}

static void add_difference(Tensor *to, double factor, const Tensor *a, const Tensor *b) {
    GradTarget target = tensor_grad_target(to);
    for (size_t i = 0; i < to->size; i++) {
        real value = (real)factor * (a->data[i] - b->data[i]);
        target.grad[i] = target.add ? target.grad[i] + value : value;
    }
}

static void mse_loss_backward(Node *node) {
    Tensor *a = node->inputs[0], *b = node->inputs[1];
    double factor = 2 * (double)node->output->grad[0] / (double)a->size;
    if (wants_grad(a))
        add_difference(a, factor, a, b);
    if (wants_grad(b))
        add_difference(b, -factor, a, b);
}

static double squared_error(double prediction, double target) {
    return (prediction - target) * (prediction - target);
}

Tensor *mse_loss(Tensor *prediction, Tensor *target) {
    return mean_loss("mse_loss", mse_loss_backward, squared_error, prediction, target);
}

static void binary_cross_entropy_backward(Node *node) {
    Tensor *x = node->inputs[0];
    const Tensor *t = node->inputs[1];
    GradTarget dx = tensor_grad_target(x);
    double factor = (double)node->output->grad[0] / (double)x->size;
    for (size_t i = 0; i < x->size; i++) {
        double probability = 1 / (1 + exp(-(double)x->data[i]));
        real value = (real)(factor * (probability - (double)t->data[i]));
        dx.grad[i] = dx.add ? dx.grad[i] + value : value;
    }
}

static double logistic_loss(double x, double target) {
    return (x > 0 ? x : 0) - x * target + log1p(exp(-fabs(x)));
}

Tensor *binary_cross_entropy_with_logits(Tensor *logits, Tensor *target) {
    const char *operation = "binary_cross_entropy_with_logits";
    if (wants_grad(target))
        fatal("%s: the target requires a gradient, which isn't offered: detach it", operation);
    return mean_loss(operation, binary_cross_entropy_backward, logistic_loss, logits, target);
}
