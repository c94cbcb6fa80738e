// Augmentation: each time a training image is drawn it looks a little different, and its label stays.
//
//     Batches *batches = batches_new(&train, .augment = {.flip = true, .shift = 2});
//
// What happens to an image is drawn from (seed of the batches, epoch, index of the image): the same seed
// gives the same bits, with any number of threads and after --resume.
#ifndef KNOBS_DATA_AUGMENT_H
#define KNOBS_DATA_AUGMENT_H

#include <stdbool.h>

#include "base/random.h"

// All zero changes nothing.
typedef struct Augment {
    bool flip; // left to right, with probability ½
    int shift; // by up to so many whole pixels in each direction; outside, the border is repeated
    // A window at a random place is scaled up to the whole image, bilinearly. Its sides are a
    // random share of the image's, from this to 1. 0: no crop.
    double crop;
} Augment;

// Where in an image its view lies: pixel (x, y) of the view is at scale · x + left, scale · y + top of
// the image, both counted from the corner's edge; where `flip` is set, of the mirrored image.
typedef struct View {
    bool flip;
    double left, top, scale;
} View;

// Fatal: shift below 0, crop outside 0 … 1.
void augment_check(Augment augment);
bool augment_is_none(Augment augment);

// The next view of an image of height × width.
View augment_draw(Augment augment, int height, int width, Random *random);

// [channels, height, width] as the view shows it, into another array of that size. At scale 1 and
// whole pixels the numbers are copied, not computed.
void augment_apply(View view, int channels, int height, int width, const real *from, real *to);

#endif
