// Photos for a network whose inputs are squares of one size: JPEG, PNG and BMP files of any size, in a
// folder for each class.
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

#define PHOTOS_BYTES_MAX ((size_t)1 << 30) // all photos of a folder, scaled
#define PHOTO_SIDE_MIN 8                   // pixels; a picture with a shorter side is refused

typedef struct PhotosOptions {
    int side;      // of the squares, in pixels
    int per_class; // photos of each class to train on; 0: all there are
    bool held_out; // test on a part of the training photos, to choose knobs
    uint64_t seed; // of the order, and of the split
    // Called before each photo with how many are done, of how many; it stops by returning non-zero. NULL:
    // not called.
    int (*stop)(int done, int count);
} PhotosOptions;

typedef struct Photos {
    // train and test are slices of `whole`, the training photos first. Batches of them have the numbers
    // (byte − 128) / 128, as MobileNet's inputs.
    Dataset train, test, whole;
    char **classes; // [whole.classes]: their names, in the order of the alphabet
    char **paths;   // [whole.count]: the files
} Photos;

// Reads the folder. Each folder in it is a class, whose photos are put in an order drawn by the seed; the
// first fifth of each class, at least one, is to test with. A folder that has train/ and val/, with the
// class folders in each, is split already. With held_out those photos, or val/, aren't looked at: a fifth
// of the others is tested on.
//
// Photos are decoded and scaled one at a time. A file that is damaged, or a picture that is too small, is
// skipped, with a line on stderr that names it. The caller frees the photos.
// Errors: no such folder; fewer than two classes; a class without a photo to train on or without one to
// test with, with fewer than per_class, or in one of train/ and val/ only; more than PHOTOS_BYTES_MAX;
// stopped.
bool photos_load(Photos *photos, const char *folder, const PhotosOptions *options, Error *error);
void photos_free(Photos *photos);

// Reads one picture into pixels [3, side, side]. The whole of it is squeezed into the square by the
// resize that MobileNet was trained with, TensorFlow 1's resize_bilinear without align_corners:
// pixel i of n is at position i · size / n of the picture. Errors: it can't be read, or is smaller
// than PHOTO_SIDE_MIN.
bool photo_read(const char *path, int side, unsigned char *pixels, Error *error);

#endif
