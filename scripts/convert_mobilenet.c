// Google's weights of MobileNet v1 for ImageNet, as a file that weights_load reads:
//
//     build/convert-mobilenet FILE.tflite FILE.safetensors
//
// `scripts/download.sh mobilenet` calls it. What is written, whole or not at all, is a
// mobilenet_new(width, 1001). Status 1: one line on stderr says why not.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/error.h"
#include "base/file.h"
#include "nn/mobilenet.h"
#include "run/pretrained.h"
#include "run/weights_file.h"

enum { TABLE_BYTES_MAX = 1 << 16 };

// Where the tensors lie is in datasets/mobilenet/NAME.layout.tsv; it is true of files with this
// size and sum alone.
static const struct Known {
    double width;
    const char *name;
    size_t bytes;
    unsigned long crc32;
} KNOWN[] = {{0.5, "mobilenet_v1_0.5_160_quant", 1392846, 0xf2f2d394},
             {0.25, "mobilenet_v1_0.25_128_quant", 525598, 0xe28cfda4}};

// NULL on an error; else the caller frees the bytes.
static const struct Known *read_weights(const char *path, char **bytes, Error *error) {
    size_t size;
    if (!file_read(path, KNOWN[0].bytes, bytes, &size, error)) // the first is the largest
        return NULL;
    const unsigned long sum = crc32(0, (const unsigned char *)*bytes, (unsigned)size);
    for (size_t i = 0; i < sizeof KNOWN / sizeof KNOWN[0]; i++)
        if (size == KNOWN[i].bytes && sum == KNOWN[i].crc32)
            return &KNOWN[i];
    error_set(error,
              "%s: expected the %zu bytes of %s.tflite or the %zu of %s.tflite, found %zu other "
              "ones; run `scripts/download.sh mobilenet`",
              path, KNOWN[0].bytes, KNOWN[0].name, KNOWN[1].bytes, KNOWN[1].name, size);
    free(*bytes);
    return NULL;
}

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
}

// Each row of a table tells where a parameter's numbers lie; they stand in the order of the
// parameters.
static bool read_rows(const char *path, const char *table, const char *bytes, size_t size,
                      Module *network, Error *error) {
    const ParameterList parameters = module_parameters(network);
    for (int i = 0; i < parameters.count; i++) {
        Parameter *parameter = parameters.items[i];
        const size_t length = parameter->tensor.size * (parameter->tensor.shape.rank == 1 ? 4 : 1);
        char name[64];
        size_t offset;
        double scale;
        int zero_point;
        table = strchr(table, '\n'); // behind the titles, or the row before
        if (!table ||
            sscanf(++table, "%63s %*s %*d %*s %*s %zu %*d %lf %d", name, &offset, &scale,
                   &zero_point) != 4 ||
            strcmp(name, parameter->name) || length > size || offset > size - length)
            return error_set(error, "%s: expected %d rows, row %d isn't that of %s", path,
                             parameters.count, i + 1, parameter->name);
        dequantise((const unsigned char *)bytes + offset, scale, zero_point, parameter);
    }
    return true;
}

static bool read_network(const struct Known *known, const char *bytes, Module *network,
                         Error *error) {
    char *path = path_format("%s/datasets/mobilenet/%s.layout.tsv", KNOBS_ROOT, known->name),
         *table;
    size_t length;
    const bool good = file_read(path, TABLE_BYTES_MAX, &table, &length, error) &&
                      read_rows(path, table, bytes, known->bytes, network, error);
    free(table);
    free(path);
    return good;
}

static bool convert(const char *from, const char *to, Error *error) {
    char *bytes;
    const struct Known *known = read_weights(from, &bytes, error);
    if (!known)
        return false;
    Module *network = mobilenet_new(known->width, MOBILENET_CLASSES);
    const bool good =
        read_network(known, bytes, network, error) && weights_save(to, network, error);
    module_free(network);
    free(bytes);
    return good;
}

int main(int count, char **arguments) {
    if (count != 3) {
        fprintf(stderr, "usage: convert-mobilenet FILE.tflite FILE.safetensors\n");
        return 1;
    }
    Error error;
    return convert(arguments[1], arguments[2], &error) ? 0 : error_report(&error);
}
