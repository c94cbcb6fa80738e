#include "data/bilinear.h"

#include <math.h>

static int within(double index, int size) {
    return index < 0 ? 0 : index > size - 1 ? size - 1 : (int)index;
}

PixelPair pixel_pair_at(double position, int size) {
    const double first = floor(position);
    return (PixelPair){within(first, size), within(first + 1, size), position - first};
}
