#include "run/pretrained.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/file.h"

#define DATASETS KNOBS_ROOT "/datasets/"

enum { IMAGENET_CLASSES = 1001 };

// Where the tensors lie is in datasets/mobilenet/NAME_quant.layout.tsv; it is true of files with
// this size and sum alone.
static const struct Known {
    int first_channels; // tells which network it is
    const char *name;
    size_t bytes;
    unsigned long crc32;
} KNOWN[] = {{16, "mobilenet_v1_0.5_160_quant", 1392846, 0xf2f2d394},
             {8, "mobilenet_v1_0.25_128_quant", 525598, 0xe28cfda4}};

// Bytes, or 4-byte integers (little-endian) of a bias, become numbers. TensorFlow's [out, kh, kw, in],
// or [1, kh, kw, out] of a depthwise weight, becomes [out, in, kh, kw].
static void dequantise(const unsigned char *bytes, double scale, int zero_point,
                       Parameter *parameter) {
    const Shape shape = parameter->tensor.shape;
    const size_t out = (size_t)shape.dims[0], in = shape.rank > 1 ? (size_t)shape.dims[1] : 1,
                 pixels = shape.rank == 4 ? (size_t)shape.dims[2] * shape.dims[3] : 1;
    const bool depthwise = shape.rank == 4 && in == 1;
    real *to = parameter->tensor.data;
    for (size_t o = 0; o < out; o++)
        for (size_t i = 0; i < in; i++)
            for (size_t p = 0; p < pixels; p++) {
                const size_t at = depthwise ? p * out + o : (o * pixels + p) * in + i;
                int32_t number = bytes[at];
                if (shape.rank == 1)
                    memcpy(&number, &bytes[4 * at], 4);
                *to++ = (float)((number - zero_point) * scale);
            }
    parameter_changed(parameter);
}

// Each row tells where a parameter's numbers lie; they stand in the order of the parameters. Without
// `weights`, the bytes of the file, the rows are only checked.
static bool read_rows(const char *path, const char *text, const ParameterList *parameters,
                      size_t size, const char *weights, Error *error) {
    for (int i = 0; i < parameters->count; i++) {
        Parameter *parameter = parameters->items[i];
        const size_t bytes = parameter->tensor.size * (parameter->tensor.shape.rank == 1 ? 4 : 1);
        char name[64];
        size_t offset;
        double scale;
        int zero_point;
        text = strchr(text, '\n'); // behind the titles, or the row before
        if (!text ||
            sscanf(++text, "%63s %*s %*d %*s %*s %zu %*d %lf %d", name, &offset, &scale,
                   &zero_point) != 4 ||
            strcmp(name, parameter->name) || bytes > size || offset > size - bytes)
            return error_set(error, "%s: expected %d rows, row %d isn't that of %s", path,
                             parameters->count, i + 1, parameter->name);
        if (weights)
            dequantise((const unsigned char *)weights + offset, scale, zero_point, parameter);
    }
    return true;
}

static bool read_weights(const struct Known *known, const char *path, char **bytes, Error *error) {
    size_t size;
    Error wrong;
    bool good = file_read(path, known->bytes, bytes, &size, &wrong);
    if (good &&
        (size != known->bytes || crc32(0, (unsigned char *)*bytes, (unsigned)size) != known->crc32))
        good = error_set(&wrong, "%s: expected the %zu bytes of %s.tflite, found %zu other ones",
                         path, known->bytes, known->name, size);
    return good || error_set(error, "%s; run `scripts/download.sh mobilenet`", wrong.message);
}

bool mobilenet_load(Module *network, const char *path, Error *error) {
    const struct Known *known = KNOWN;
    ParameterList list = module_parameters(network);
    while (known->first_channels !=
           module_find_parameter(network, "conv0.bias")->tensor.shape.dims[0])
        if (++known == KNOWN + sizeof KNOWN / sizeof KNOWN[0])
            fatal("mobilenet_load: there are weights for the widths 0.5 and 0.25 only");
    if (list.items[list.count - 1]->tensor.shape.dims[0] != IMAGENET_CLASSES)
        list.count -= 2; // another classifier
    char *file = path ? memory_string(path)
                      : path_format(DATASETS "downloads/mobilenet/%s.tflite", known->name);
    char *layout = path_format(DATASETS "mobilenet/%s.layout.tsv", known->name);
    char *bytes = NULL, *text = NULL;
    size_t length;
    const bool good = read_weights(known, file, &bytes, error) &&
                      file_read(layout, 1 << 16, &text, &length, error) &&
                      read_rows(layout, text, &list, known->bytes, NULL, error) &&
                      read_rows(layout, text, &list, known->bytes, bytes, error);
    free(text);
    free(bytes);
    free(layout);
    free(file);
    return good;
}
