#include "optim/clip.h"

#include "base/error.h"

static void limit_check(const char *name, double limit) {
    if (!(limit >= 0))
        fatal("gradient clipping: %s is %g; it must be at least 0", name, limit);
}

double parameter_list_clip_grad_norm(const ParameterList *list, double max_norm) {
    limit_check("max_norm", max_norm);
    const double norm = parameter_list_grad_norm(list), factor = max_norm / (norm + 1e-6);
    for (int i = 0; i < list->count && !(factor >= 1); i++) {
        Tensor *tensor = &list->items[i]->tensor;
        for (size_t j = 0; tensor->grad_state != GRAD_NONE && j < tensor->size; j++)
            tensor->grad[j] = (real)((double)tensor->grad[j] * factor);
    }
    return norm;
}

void parameter_list_clip_grad_value(const ParameterList *list, double clip_value) {
    limit_check("clip_value", clip_value);
    const real high = (real)clip_value;
    for (int i = 0; i < list->count; i++) {
        Tensor *tensor = &list->items[i]->tensor;
        for (size_t j = 0; tensor->grad_state != GRAD_NONE && j < tensor->size; j++) {
            const real g = tensor->grad[j];
            tensor->grad[j] = g > high ? high : g < -high ? -high : g;
        }
    }
}
