// Spectral normalisation (Miyato, Kataoka, Koyama, Yoshida, "Spectral normalization for generative
// adversarial networks", 2018): a weight divided by its largest singular value σ, as a matrix W of
// its first dimension by all others.
//
//     in training:   u ← W v / |W v|,  v ← Wᵀu / |Wᵀu|      one power iteration a forward; u, v stay
//     y = W / σ,  σ = uᵀ W v                                 dW = (dy − Σ(dy · y) u vᵀ) / σ
//
// u and v count as constants, as in PyTorch. Saved: y, and copies of u and v, for there may be another
// iteration before the backward.
#include "base/error.h"
#include "kernels/gemm.h"
#include "tensor/operations.h"

typedef struct Spectral {
    int rows, columns;
    double sigma;
    real *u, *v; // on the tape until it is cleared
} Spectral;

static void spectral_norm_backward(Node *node) {
    const Spectral *s = node->context;
    const Tensor *y = node->output;
    GradTarget dw = tensor_grad_target(node->inputs[0]);
    double inner = 0;
    for (size_t i = 0; i < y->size; i++)
        inner += (double)y->grad[i] * (double)y->data[i];
    for (int row = 0; row < s->rows; row++)
        for (int column = 0; column < s->columns; column++) {
            const size_t i = (size_t)row * (size_t)s->columns + (size_t)column;
            const double along = inner * (double)s->u[row] * (double)s->v[column];
            const real value = (real)(((double)y->grad[i] - along) / s->sigma);
            dw.grad[i] = dw.add ? dw.grad[i] + value : value;
        }
}

static const double LEAST_NORM = 1e-12;

static Spectral sizes_of(const Tensor *weight, const Tensor *u, const Tensor *v) {
    Spectral s = {.rows = weight->shape.rank ? weight->shape.dims[0] : 1};
    s.columns = (int)(weight->size / (size_t)s.rows);
    shape_check("spectral_norm", "u", u->shape, SHAPE(s.rows));
    shape_check("spectral_norm", "v", v->shape, SHAPE(s.columns));
    return s;
}

void spectral_norm_iterate(const Tensor *weight, Tensor *u, Tensor *v, int iterations) {
    const Spectral s = sizes_of(weight, u, v);
    for (int i = 0; i < iterations; i++) {
        kernel_gemm(PLAIN, PLAIN, s.rows, 1, s.columns, weight->data, v->data, false, u->data);
        divide_by_norm((size_t)s.rows, u->data, LEAST_NORM);
        kernel_gemm(PLAIN, PLAIN, 1, s.columns, s.rows, u->data, weight->data, false, v->data);
        divide_by_norm((size_t)s.columns, v->data, LEAST_NORM);
    }
}

Tensor *spectral_norm(Tensor *weight, Tensor *u, Tensor *v, bool training) {
    Spectral s = sizes_of(weight, u, v);
    if (training)
        spectral_norm_iterate(weight, u, v, 1);
    Tensor *y =
        tape_record("spectral_norm", spectral_norm_backward, weight->shape, weight, NULL, NULL);
    s.u = tape_copy(y->tape, u->shape, u->data)->data;
    s.v = tape_copy(y->tape, v->shape, v->data)->data;
    real *wv = tape_scratch(y->tape, (size_t)s.rows);
    kernel_gemm(PLAIN, PLAIN, s.rows, 1, s.columns, weight->data, s.v, false, wv);
    for (int row = 0; row < s.rows; row++)
        s.sigma += (double)s.u[row] * (double)wv[row];
    tape_release_scratch(y->tape, wv);
    tape_count(y->tape, (training ? 3 : 1) * (uint64_t)weight->size);
    for (size_t i = 0; i < y->size; i++)
        y->data[i] = (real)((double)weight->data[i] / s.sigma);
    node_keep(y->node, &s, sizeof s);
    node_save(y->node, y, true);
    return y;
}
