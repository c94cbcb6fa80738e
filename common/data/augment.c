#include "data/augment.h"

#include "base/error.h"
#include "data/bilinear.h"

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

// Where pixel i of a view lies among the `size` of the image.
static PixelPair pair_of(int i, double start, double scale, int size) {
    return pixel_pair_at((i + 0.5) * scale + start - 0.5, size);
}

void augment_apply(View view, int channels, int height, int width, const real *from, real *to) {
    for (int y = 0; y < height; y++) {
        const PixelPair down = pair_of(y, view.top, view.scale, height);
        for (int x = 0; x < width; x++) {
            PixelPair across = pair_of(x, view.left, view.scale, width);
            if (view.flip) {
                across.first = width - 1 - across.first;
                across.second = width - 1 - across.second;
            }
            for (int c = 0; c < channels; c++) {
                const real *upper = from + (size_t)(c * height + down.first) * (size_t)width;
                const real *lower = from + (size_t)(c * height + down.second) * (size_t)width;
                const real p = (real)across.part, q = (real)down.part;
                const real above = upper[across.first] * (1 - p) + upper[across.second] * p;
                const real below = lower[across.first] * (1 - p) + lower[across.second] * p;
                to[(size_t)(c * height + y) * (size_t)width + (size_t)x] =
                    above * (1 - q) + below * q;
            }
        }
    }
}
