// Solution of exercise 08: AdamW's decay
//
// One step of Adam with the decay beside the gradient. m and v are 0 before the first step; `step` counts from 1:
//     w ← w − lr · decay · w
//     m ← beta1 · m + (1 − beta1) · g
//     v ← beta2 · v + (1 − beta2) · g²
//     w ← w − lr · (m / (1 − beta1^step)) / (√(v / (1 − beta2^step)) + eps)
// beta1 is 0.9, beta2 0.999, eps 1e-8. Try it with make exercise-08.

#include "../exercise.h"
#include "optim/optimizer.h" // for the check

typedef struct Weight {
    double w, m, v;
} Weight;

static void adamw_step(Weight *weight, double g, int step, double lr, double decay) {
    const double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
    weight->w -= lr * decay * weight->w;
    weight->m = beta1 * weight->m + (1 - beta1) * g;
    weight->v = beta2 * weight->v + (1 - beta2) * g * g;
    const double m = weight->m / (1 - pow(beta1, step)), v = weight->v / (1 - pow(beta2, step));
    weight->w -= lr * m / (sqrt(v) + eps);
}

#include "check.h" // main: tries it
