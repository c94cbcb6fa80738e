#include "optim/algorithm.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"

// --- all of them ---------------------------------------------------------------------------------

#define ALGORITHM_ADDRESS(name) &algorithm_##name,
const Algorithm *const algorithms[] = {ALGORITHMS(ALGORITHM_ADDRESS) NULL};

const Algorithm *algorithm_find(const char *name) {
    for (int i = 0; algorithms[i]; i++)
        if (strcmp(algorithms[i]->name, name) == 0)
            return algorithms[i];
    return NULL;
}

const char *algorithm_names(void) {
#define ALGORITHM_NAME(name) ", " #name
    static const char names[] = ALGORITHMS(ALGORITHM_NAME);
    return names + 2;
}

// --- hyperparameters -----------------------------------------------------------------------------

bool algorithm_has(const Algorithm *algorithm, int id) {
    return !isnan(algorithm->defaults.values[id]);
}

bool algorithm_keeps(const Algorithm *algorithm, int buffer, const Hyperparameters *values) {
    const int id = algorithm->buffer_switches[buffer];
    return algorithm->buffer_names[buffer] && (id == 0 || values->values[id] > 0);
}

KnobsText algorithm_knobs(const Algorithm *algorithm) {
    KnobsText names = {""};
    for (int id = 0; id < HYPERPARAMETER_COUNT; id++)
        if (algorithm_has(algorithm, id))
            buffer_append(names.text, sizeof names.text, "%s%s", *names.text ? ", " : "",
                          hyperparameter_name(id));
    return names;
}

bool algorithm_give(const Algorithm *algorithm, const Hyperparameters *given,
                    Hyperparameters *values, Error *error) {
    Hyperparameters result = *values;
    for (int id = 0; id < HYPERPARAMETER_COUNT; id++) {
        const double value = given->values[id];
        if (isnan(value))
            continue;
        if (!algorithm_has(algorithm, id))
            return error_set(error, "%s has no hyperparameter '%s'; it has %s", algorithm->name,
                             hyperparameter_name(id), algorithm_knobs(algorithm).text);
        if (!hyperparameter_allows(id, value))
            return error_set(error, "%s: %s is %g; it must be %s", algorithm->name,
                             hyperparameter_name(id), value, hyperparameter_range(id));
        result.values[id] = value;
    }
    const char *wrong = algorithm->check ? algorithm->check(&result) : NULL;
    if (wrong)
        return error_set(error, "%s: %s", algorithm->name, wrong);
    *values = result;
    return true;
}

// --- state ---------------------------------------------------------------------------------------

real *parameter_state_buffer_from(ParameterState *state, const Parameter *parameter, int index,
                                  double start) {
    if (state->buffers[index])
        return state->buffers[index];
    const size_t size = parameter->tensor.size;
    real *buffer = memory_zeroed(size, sizeof(real));
    for (size_t i = 0; start != 0 && i < size; i++)
        buffer[i] = (real)start;
    return state->buffers[index] = buffer;
}

real *parameter_state_buffer(ParameterState *state, const Parameter *parameter, int index) {
    return parameter_state_buffer_from(state, parameter, index, 0);
}

void parameter_state_free(ParameterState *state) {
    for (int b = 0; state && b < STATE_MAX_BUFFERS; b++)
        free(state->buffers[b]);
    free(state);
}
