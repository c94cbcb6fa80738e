#include "instruments/weights.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

real *weights_copy(const ParameterList *list) {
    real *copy = memory_alloc(parameter_list_size(list) * sizeof(real)), *to = copy;
    for (int i = 0; i < list->count; i++) {
        const Tensor *weight = &list->items[i]->tensor;
        memcpy(to, weight->data, weight->size * sizeof(real));
        to += weight->size;
    }
    return copy;
}

size_t weights_differ(const ParameterList *list, const real *copy) {
    size_t differ = 0;
    for (int i = 0; i < list->count; i++) {
        const Tensor *weight = &list->items[i]->tensor;
        for (size_t j = 0; j < weight->size; j++)
            differ += memcmp(&weight->data[j], &copy[j], sizeof(real)) != 0;
        copy += weight->size;
    }
    return differ;
}

double weights_distance(const ParameterList *list, const real *copy) {
    double squares = 0;
    for (int i = 0; i < list->count; i++) {
        const Tensor *weight = &list->items[i]->tensor;
        for (size_t j = 0; j < weight->size; j++) {
            const double moved = (double)weight->data[j] - (double)copy[j];
            squares += moved * moved;
        }
        copy += weight->size;
    }
    return sqrt(squares);
}

double weights_drift(const ParameterList *list, const real *copy) {
    return weights_distance(list, copy) / euclidean_norm(parameter_list_size(list), copy);
}

// FNV-1a: Fowler, Noll, Vo, RFC 9923.
double weights_fingerprint(const ParameterList *list) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (int i = 0; i < list->count; i++) {
        const Tensor *tensor = &list->items[i]->tensor;
        const unsigned char *bytes = (const unsigned char *)tensor->data;
        for (size_t j = 0; j < tensor->size * sizeof(real); j++)
            hash = (hash ^ bytes[j]) * 0x100000001b3u;
    }
    return (double)(hash >> 11);
}
