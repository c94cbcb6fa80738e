#include "optim/hyperparameters.h"

#include <string.h>

static const struct {
    const char *name, *range;
    double low, high;
} table[HYPERPARAMETER_COUNT] = {
#define ROW(name, low, high, words) {#name, words, low, high},
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

const char *hyperparameter_range(int id) {
    return table[id].range;
}

bool hyperparameter_allows(int id, double value) {
    if (id == HYPERPARAMETER_nesterov && value != 0 && value != 1)
        return false;
    return isfinite(value) && table[id].low <= value && value < table[id].high;
}
