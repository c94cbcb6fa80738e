#include "data/augment.h"

#include <math.h>

void augment_check(Augment augment) {
    if (augment.shift < 0)
        fatal("augment: shift %d, expected 0 or more pixels", augment.shift);
    if (!(augment.crop >= 0 && augment.crop <= 1))
        fatal("augment: crop %g, expected a share of the side, 0 to 1", augment.crop);
}

bool augment_is_none(Augment augment) {
    return !augment.flip && augment.shift == 0 && augment.crop == 0;
}

static double shift_draw(int most, Random *random) {
    return most ? (double)random_below(random, 2 * (uint64_t)most + 1) - most : 0;
}

View augment_draw(Augment augment, int height, int width, Random *random) {
    View view = {.flip = augment.flip && random_below(random, 2), .scale = 1};
    view.left = shift_draw(augment.shift, random);
    view.top = shift_draw(augment.shift, random);
    if (augment.crop > 0) {
        const double share = augment.crop + (1 - augment.crop) * random_uniform(random);
        view.scale = share;
        view.left += random_uniform(random) * (1 - share) * width;
        view.top += random_uniform(random) * (1 - share) * height;
    }
    return view;
}

// Between which two pixels of `size` the i-th looks, and how far from the first.
typedef struct Look {
    int first, second;
    real part;
} Look;

static int within(double index, int size) {
    return index < 0 ? 0 : index > size - 1 ? size - 1 : (int)index;
}

static Look look_at(int i, double start, double scale, int size) {
    const double at = (i + 0.5) * scale + start - 0.5, first = floor(at);
    return (Look){within(first, size), within(first + 1, size), (real)(at - first)};
}

void augment_apply(View view, int channels, int height, int width, const real *from, real *to) {
    for (int y = 0; y < height; y++) {
        const Look down = look_at(y, view.top, view.scale, height);
        for (int x = 0; x < width; x++) {
            Look across = look_at(x, view.left, view.scale, width);
            if (view.flip) {
                across.first = width - 1 - across.first;
                across.second = width - 1 - across.second;
            }
            for (int c = 0; c < channels; c++) {
                const real *upper = from + (size_t)(c * height + down.first) * (size_t)width;
                const real *lower = from + (size_t)(c * height + down.second) * (size_t)width;
                const real p = across.part, q = down.part;
                const real above = upper[across.first] * (1 - p) + upper[across.second] * p;
                const real below = lower[across.first] * (1 - p) + lower[across.second] * p;
                to[(size_t)(c * height + y) * (size_t)width + (size_t)x] =
                    above * (1 - q) + below * q;
            }
        }
    }
}
