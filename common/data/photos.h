// Photos for a network that wants squares of one size: JPEG, PNG and BMP files of any size in folders, one a class.
//
//     Photos photos;
//     if (!photos_load(&photos, "flowers", &(PhotosOptions){.side = 160, .seed = 11}, &error))
//         return error_report(&error);
//     …photos.train and photos.test are data sets…
//     photos_free(&photos);
#ifndef KNOBS_DATA_PHOTOS_H
#define KNOBS_DATA_PHOTOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "data/dataset.h"

// All photos of a folder, scaled, are at most so many bytes. And a picture with a shorter side shows nothing.
#define PHOTOS_BYTES_MAX ((size_t)1 << 30)
#define PHOTO_SIDE_MIN 8

typedef struct PhotosOptions {
    int side;      // of the squares
    int per_class; // photos of each class to train on; 0: all there are
    bool held_out; // test on photos to train on that are kept back: to choose knobs
    uint64_t seed; // of the order, and of the split
    // Asked before each photo, of how many; ends it by saying anything but 0. NULL: not asked.
    int (*stop)(int done, int count);
} PhotosOptions;

typedef struct Photos {
    // Both are parts of `whole`, the training photos first. A number of a batch is (byte − 128) / 128, as MobileNet
    // wants it.
    Dataset train, test, whole;
    char **classes; // their names, in the order of the alphabet
    char **paths;   // [whole.count]
} Photos;

// Reads the folder: each folder in it is a class, and its photos are put in the order of the seed. A fifth of each
// class, at least one, is to test with. A folder that has train/ and val/ is split already: these two have the class
// folders. With held_out a fifth of the training photos takes the place of the others.
//
// Decoded and scaled one at a time. A file that is no sound picture, or a tiny one, is skipped, with a line on stderr that
// names it. The caller frees it.
// Errors: no such folder; fewer than two classes; a class without a photo to train on and another to test with, with
// fewer than per_class, or in one half alone; more photos than PHOTOS_BYTES_MAX; stopped.
bool photos_load(Photos *photos, const char *folder, const PhotosOptions *options, Error *error);
void photos_free(Photos *photos);

// One picture as [3, side, side]: the whole of it is squeezed into the square, as TensorFlow 1 did
// (resize_bilinear without align_corners: pixel i of n looks at i · size / n, between two pixels of the picture), which is
// what MobileNet was trained with.
bool photo_read(const char *path, int side, unsigned char *pixels, Error *error);

#endif
