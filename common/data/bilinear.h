// Bilinear interpolation along one axis, for all that scale images.
#ifndef KNOBS_DATA_BILINEAR_H
#define KNOBS_DATA_BILINEAR_H

// The two pixels between which a position lies: its value is first · (1 − part) + second · part.
typedef struct PixelPair {
    int first, second;
    double part; // 0 ≤ part < 1
} PixelPair;

// Of an axis of `size` pixels, where pixel i is at position i. Outside of the image both are the pixel
// at its edge.
PixelPair pixel_pair_at(double position, int size);

#endif
