// Data sets made of others: some classes, a few images of each, another size. Each owns its images and
// labels (dataset_free) and keeps what else is known of the set that it was made of.
#ifndef KNOBS_DATA_DERIVED_H
#define KNOBS_DATA_DERIVED_H

#include <stdint.h>

#include "data/dataset.h"

// The images of some classes alone, in their order; their labels become 0 … count − 1, in the order of
// `classes`. Fatal: a class that the set hasn't, or twice; not one image.
Dataset dataset_of_classes(const Dataset *data, const int *classes, int count);

// `each` images of every class, drawn by the seed. Of the same seed, fewer are among more, so a curve
// over their number has one choice in it. Fatal: each < 1. The error: a class with fewer images; *few is then empty.
bool dataset_few(Dataset *few, const Dataset *data, int each, uint64_t seed, Error *error);

// Scaled to another size, bilinearly, as PyTorch's interpolate(mode="bilinear", align_corners=False);
// pixels become 0 … 255.
Dataset dataset_resized(const Dataset *data, int height, int width);

#endif
