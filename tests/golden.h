// Golden values: what PyTorch computed, in text files under tests/golden/, one tensor a line:
//
//     # a comment
//     conv2d.0.bias 1 3 : 0.5 -1.25 2
//
// a name, the rank, the dimensions, a colon, the numbers in row-major order (nan and inf too).
// Whatever is missing or broken fails the test (cmocka; its headers come first).
#ifndef KNOBS_TESTS_GOLDEN_H
#define KNOBS_TESTS_GOLDEN_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "tensor/tensor.h"

typedef struct GoldenTensor {
    char name[96];
    Shape shape;
    size_t size;
    double *values;
} GoldenTensor;

typedef struct Golden {
    size_t count;
    GoldenTensor *tensors;
} Golden;

static inline void golden_read_line(Golden *golden, const char *line) {
    GoldenTensor tensor = {0};
    int rank = 0, at = 0, dims[SHAPE_MAX_RANK] = {0};
    if (sscanf(line, "%95s %d%n", tensor.name, &rank, &at) != 2 || rank > SHAPE_MAX_RANK)
        fail_msg("golden values: cannot read the line \"%.60s\"", line);
    char *end = (char *)line + at;
    for (int i = 0; i < rank; i++)
        dims[i] = (int)strtol(end, &end, 10);
    tensor.shape = shape_of(rank, dims);
    tensor.size = shape_size(tensor.shape);
    tensor.values = memory_alloc(tensor.size * sizeof(double));
    if (strncmp(end, " :", 2) != 0)
        fail_msg("golden values: %s: no colon after the dimensions", tensor.name);
    end += 2;
    for (size_t i = 0; i < tensor.size; i++) {
        const char *before = end;
        tensor.values[i] = strtod(before, &end);
        if (end == before)
            fail_msg("golden values: %s: %zu numbers, its shape wants %zu", tensor.name, i,
                     tensor.size);
    }
    golden->tensors = memory_resize(golden->tensors, (golden->count + 1) * sizeof tensor);
    golden->tensors[golden->count++] = tensor;
}

// All of a file; `name` is relative to tests/golden/. golden_free frees it.
static inline Golden golden_read(const char *name) {
    char path[1024];
    snprintf(path, sizeof path, "%s/tests/golden/%s", KNOBS_ROOT, name);
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("cannot read %s", path);
    Golden golden = {0};
    char *line = NULL;
    size_t capacity = 0;
    while (getline(&line, &capacity, file) >= 0)
        if (line[0] != '#' && line[0] != '\n')
            golden_read_line(&golden, line);
    free(line);
    fclose(file);
    return golden;
}

static inline void golden_free(Golden *golden) {
    for (size_t i = 0; i < golden->count; i++)
        free(golden->tensors[i].values);
    free(golden->tensors);
}

// The tensor "prefix.name", or NULL.
static inline const GoldenTensor *golden_seek(const Golden *golden, const char *prefix,
                                              const char *name) {
    char whole[192];
    snprintf(whole, sizeof whole, "%s.%s", prefix, name);
    for (size_t i = 0; i < golden->count; i++)
        if (strcmp(golden->tensors[i].name, whole) == 0)
            return &golden->tensors[i];
    return NULL;
}

// The same, where it must be there.
static inline const GoldenTensor *golden_find(const Golden *golden, const char *prefix,
                                              const char *name) {
    const GoldenTensor *tensor = golden_seek(golden, prefix, name);
    if (!tensor)
        fail_msg("golden values: there is no %s.%s", prefix, name);
    return tensor;
}

// The largest difference relative to the largest of the expected numbers; NaN and infinities must
// be the same ones, else the error is infinite.
static inline double golden_error(const GoldenTensor *expected, const real *found) {
    double error = 0, scale = 0;
    for (size_t i = 0; i < expected->size; i++) {
        const double wanted = expected->values[i], got = (double)found[i];
        if (!isfinite(wanted)) {
            if (isnan(wanted) ? !isnan(got) : got != wanted)
                return (double)INFINITY;
            continue;
        }
        if (!isfinite(got))
            return (double)INFINITY;
        error = fmax(error, fabs(got - wanted));
        scale = fmax(scale, fabs(wanted));
    }
    return scale > 1e-3 ? error / scale : error;
}

#ifdef KNOBS_DOUBLE
static const double GOLDEN_BOUND = 1e-10;
#else
static const double GOLDEN_BOUND = 1e-5;
#endif

static inline void golden_compare(const Golden *golden, const char *prefix, const char *name,
                                  Shape shape, const real *found) {
    const GoldenTensor *expected = golden_find(golden, prefix, name);
    if (!shape_equal(expected->shape, shape))
        fail_msg("%s.%s: the shape is %s, expected is %s", prefix, name, shape_text(shape).text,
                 shape_text(expected->shape).text);
    const double error = golden_error(expected, found);
    if (!(error <= GOLDEN_BOUND))
        fail_msg("%s.%s: relative error %g, allowed is %g", prefix, name, error, GOLDEN_BOUND);
}

// The guard against forgetting: every line of the source file that begins with `start`, then a name, must have values
// in the golden file under names that begin with that name and a dot. Returns how many such lines there were.
static inline int golden_guard(const char *source, const char *start, const Golden *golden) {
    FILE *file = fopen(source, "r");
    assert_non_null(file);
    char line[512];
    int found = 0;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, start, strlen(start)))
            continue;
        char *name = line + strlen(start);
        name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] = '\0';
        char *suffix = strstr(name, "_of");
        if (suffix && !suffix[3])
            *suffix = '\0'; // the function behind a macro
        bool has_values = false;
        for (size_t i = 0; i < golden->count; i++)
            has_values = has_values || (!strncmp(golden->tensors[i].name, name, strlen(name)) &&
                                        golden->tensors[i].name[strlen(name)] == '.');
        if (!has_values)
            fail_msg("%s: %s%s is compared with nothing: give it golden values", source, start,
                     name);
        found++;
    }
    fclose(file);
    return found;
}

#endif
