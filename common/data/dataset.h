// Sets of labelled images, whole in memory, a byte a pixel; sets made of others: derived.h.
#ifndef KNOBS_DATA_DATASET_H
#define KNOBS_DATA_DATASET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/real.h"

typedef struct Dataset {
    const char *name;            // "fashion"
    int count, classes;          // images; labels are 0 … classes − 1
    int channels, height, width; // of one image
    // [count, channels, height, width]: bytes, or numbers (features.h), which batches take as they are.
    // The other one is NULL.
    const unsigned char *pixels;
    const real *numbers;
    const int *labels; // [count]
    double pixel_max;  // the brightest pixel: 255, or 16
    // Of pixel / pixel_max over the training images: batches have (pixel / pixel_max − mean) / std.
    double mean, std;
    // What dataset_free frees; NULL in a slice.
    unsigned char *owned_pixels;
    real *owned_numbers;
    int *owned_labels;
} Dataset;

// Loads both halves of a set:
// - "fashion": Fashion-MNIST, 60,000 + 10,000 garments of 28×28 (Xiao, Rasul and Vollgraf 2017,
//   arXiv:1708.07747);
// - "digits": 1,297 + 500 handwritten digits of 8×8, whose test digits are by writers that the
//   training hardly saw (Alpaydin and Kaynak 1998);
// - "mnist", "kmnist": 60,000 + 10,000 digits, or cursive Japanese characters, of 28×28, once
//   downloaded (LeCun and others 1998; Clanuwat and others 2018, arXiv:1812.01718).
//
// The caller frees both. Errors: an unknown name (the message lists the right ones), a set that
// isn't there (it says which command gets it), a damaged file. Both are then all zero.
bool dataset_load(Dataset *train, Dataset *test, const char *name, Error *error);

// Images `first` … `first` + `count` − 1 as a view, such as the 5,000 training images that are held
// out. It lives as long as `whole`; freeing it does nothing.
Dataset dataset_slice(const Dataset *whole, int first, int count);

void dataset_free(Dataset *data);

// The pixels of one image: channels × height × width.
size_t dataset_pixels(const Dataset *data);

// The first of at most `count` folders (a NULL ends them) that holds all four files of a set; one that
// holds some of them is passed over. NULL: none does.
const char *dataset_folder(const char *const *folders, int count);

// Reads a pair of IDX files, plain or gzip, into count, channels (1), pixels and labels. The caller
// sets classes, height, width and pixel_max before, and frees the set after. Errors: a file that can't
// be read, is damaged, or has other sizes or values than these; nothing is then left to free.
bool dataset_read_idx(Dataset *data, const char *images_path, const char *labels_path,
                      Error *error);

#endif
