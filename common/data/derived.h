// Data sets made of others: some classes, a few images of each, another size. Each owns its images and
// labels (the caller ends it with dataset_free); name, mean and std are those of the set it is made of.
#ifndef KNOBS_DATA_DERIVED_H
#define KNOBS_DATA_DERIVED_H

#include <stdint.h>

#include "data/dataset.h"

// The images of `count` classes, in the order of the set; label i is classes[i] of the set. Fatal:
// a class that the set hasn't, or that is named twice; no image.
Dataset dataset_of_classes(const Dataset *data, const int *classes, int count);

// `each` images of every class, drawn by the seed. With the same seed a smaller draw is a part of a
// larger one, so that a curve over their number has one draw in it. Fatal: each < 1. Error: a class
// has fewer images; *few is then empty.
bool dataset_few(Dataset *few, const Dataset *data, int each, uint64_t seed, Error *error);

// Scaled to another size, bilinearly, as PyTorch's interpolate(mode="bilinear", align_corners=False);
// pixels become 0 … 255.
Dataset dataset_resized(const Dataset *data, int height, int width);

#endif
