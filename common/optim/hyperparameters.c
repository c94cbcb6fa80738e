#include "optim/hyperparameters.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    size_t offset;
    double low, high;
} table[HYPERPARAMETER_COUNT] = {
#define ROW(name, low, high) {#name, offsetof(Hyperparameters, name), low, high},
    HYPERPARAMETERS(ROW)
#undef ROW
};

int hyperparameter_find(const char *name) {
    for (int id = 0; id < HYPERPARAMETER_COUNT; id++)
        if (strcmp(table[id].name, name) == 0)
            return id;
    return -1;
}

const char *hyperparameter_name(int id) {
    return table[id].name;
}

double hyperparameter_value(const Hyperparameters *hyperparameters, int id) {
    return *(const double *)((const char *)hyperparameters + table[id].offset);
}

double *hyperparameter_at(Hyperparameters *hyperparameters, int id) {
    return (double *)((char *)hyperparameters + table[id].offset);
}

bool hyperparameter_allows(int id, double value) {
    if (id == HYPERPARAMETER_nesterov && value != 0 && value != 1)
        return false;
    return isfinite(value) && table[id].low <= value && value < table[id].high;
}

HyperparameterText hyperparameter_range_text(int id) {
    HyperparameterText text;
    if (id == HYPERPARAMETER_nesterov)
        snprintf(text.text, sizeof text.text, "0 or 1");
    else if (isinf(table[id].low))
        snprintf(text.text, sizeof text.text, "finite");
    else if (isinf(table[id].high))
        snprintf(text.text, sizeof text.text, "finite and at least %g", table[id].low);
    else
        snprintf(text.text, sizeof text.text, "at least %g and less than %g", table[id].low,
                 table[id].high);
    return text;
}

HyperparameterText hyperparameters_names_text(const Hyperparameters *hyperparameters) {
    HyperparameterText text = {{0}};
    for (int id = 0; id < HYPERPARAMETER_COUNT; id++) {
        size_t length = strlen(text.text);
        if (!isnan(hyperparameter_value(hyperparameters, id)))
            snprintf(text.text + length, sizeof text.text - length, "%s%s", length ? ", " : "",
                     table[id].name);
    }
    return text;
}
