#include "kernels/softmax.h"

#include <math.h>

static double row_maximum(size_t classes, const real *row) {
    double maximum = (double)row[0];
    for (size_t c = 1; c < classes; c++)
        maximum = (double)row[c] > maximum || isnan((double)row[c]) ? (double)row[c] : maximum;
    return maximum;
}

// Σ q_c log p_c = Σ q_c (x_c − max) − log Σ exp(x − max), as Σ q = 1; subtracting the maximum keeps
// exp finite.
double kernel_cross_entropy(size_t rows, size_t classes, const real *logits, const int *labels,
                            double smoothing, real *probabilities) {
    double total = 0;
    for (size_t r = 0; r < rows; r++) {
        const real *row = logits + r * classes;
        const double maximum = row_maximum(classes, row);
        double exponentials = 0, shifted_sum = 0;
        for (size_t c = 0; c < classes; c++) {
            double shifted = (double)row[c] - maximum, exponential = exp(shifted);
            exponentials += exponential;
            shifted_sum += shifted;
            if (probabilities)
                probabilities[r * classes + c] = (real)exponential;
        }
        if (probabilities)
            for (size_t c = 0; c < classes; c++)
                probabilities[r * classes + c] /= (real)exponentials;
        double at_label = (double)row[labels[r]] - maximum;
        total += log(exponentials) - (1 - smoothing) * at_label;
        if (smoothing > 0)
            total -= smoothing / (double)classes * shifted_sum;
    }
    return total / (double)rows;
}

void kernel_cross_entropy_gradient(size_t rows, size_t classes, const real *probabilities,
                                   const int *labels, double smoothing, double factor, bool add,
                                   real *dlogits) {
    const double share = smoothing / (double)classes;
    // In one piece, so that one class, whose p and q are 1, gets exactly 0.
    const real step = (real)factor, off_label = (real)share,
               on_label = (real)(1 - smoothing + share);
    for (size_t r = 0; r < rows; r++) {
        const real *p = probabilities + r * classes;
        real *d = dlogits + r * classes;
        const int label = labels[r];
        const real at_label = (add ? d[label] : 0) + step * (p[label] - on_label);
        for (size_t c = 0; c < classes; c++)
            d[c] = (add ? d[c] : 0) + step * (p[c] - off_label);
        d[label] = at_label;
    }
}
