#include "optim/hyperparameters.h"

#include <string.h>

static const struct {
    const char *name;
    bool is_whole;
    double low, high;
    const char *range;
} table[HYPERPARAMETER_COUNT] = {
#define ROW(name, ...) {#name, __VA_ARGS__},
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
    return isfinite(value) && table[id].low <= value && value < table[id].high &&
           (!table[id].is_whole || value == rint(value));
}
