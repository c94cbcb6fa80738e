#include "files/image_grid.h"

#include <stdlib.h>
#include <string.h>

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STBI_WRITE_NO_STDIO
#include <stb_image_write.h>

#include "files/output.h"

enum { GAP = 2 };

static unsigned char byte_of(real value) {
    const double scaled = 127.5 * (double)value + 127.5;
    return (unsigned char)(scaled != scaled ? 128
                           : scaled < 0     ? 0
                           : scaled > 255   ? 255
                                            : scaled + 0.5);
}

// Image i of the tensor, at its place among the pixels.
static void draw_image(const Tensor *images, int i, int scale, unsigned char *corner, size_t row) {
    const int *dims = images->shape.dims, channels = dims[1], height = dims[2], width = dims[3];
    const real *image = images->data + (ptrdiff_t)i * channels * height * width;
    for (int y = 0; y < height * scale; y++)
        for (int x = 0; x < width * scale; x++)
            for (int c = 0; c < 3; c++)
                corner[(size_t)y * row + (size_t)(3 * x + c)] = byte_of(
                    image[((c < channels ? c : 0) * height + y / scale) * width + x / scale]);
}

bool image_grid_write(const char *folder, const char *name, const Tensor *images, int columns,
                      int scale, Error *error) {
    const int count = images->shape.dims[0], rows = (count + columns - 1) / columns;
    const int width = columns * (images->shape.dims[3] * scale + GAP) + GAP;
    const int height = rows * (images->shape.dims[2] * scale + GAP) + GAP;
    const size_t row = 3 * (size_t)width;
    unsigned char *pixels = memory_alloc(row * (size_t)height);
    memset(pixels, 255, row * (size_t)height);
    for (int i = 0; i < count; i++) {
        const int x = i % columns * (images->shape.dims[3] * scale + GAP) + GAP;
        const int y = i / columns * (images->shape.dims[2] * scale + GAP) + GAP;
        draw_image(images, i, scale, pixels + (size_t)y * row + 3 * (size_t)x, row);
    }
    int length = 0;
    unsigned char *png = stbi_write_png_to_mem(pixels, (int)row, width, height, 3, &length);
    char *path = path_format("%s/%s", folder, name);
    const bool written = png ? file_write(path, png, (size_t)length, error)
                             : error_set(error, "%s: out of memory for the picture", path);
    free(path);
    free(png);
    free(pixels);
    return written;
}
