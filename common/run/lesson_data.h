// The data set of a lesson, as its options want it.
#ifndef KNOBS_RUN_LESSON_DATA_H
#define KNOBS_RUN_LESSON_DATA_H

#include "data/dataset.h"
#include "run/lesson_options.h"

typedef struct LessonData {
    Dataset train, test;
    Dataset whole_train, whole_test; // what these two are slices of
} LessonData;

// The set options->data. With --held-out, the last twelfth of the training images is what is tested
// on: to choose knobs. With --quick there is a tenth of both. Errors: it can't be had; too few images
// are left.
bool lesson_data_load(LessonData *data, const LessonOptions *options, Error *error);
// Of the images to train on, the first so many, at least 1; all, where there are no more.
void lesson_data_keep(LessonData *data, int images);
void lesson_data_free(LessonData *data);

// Puts sets that were made of its own (data/derived.h) in their place, and frees those.
void lesson_data_replace(LessonData *data, Dataset train, Dataset test);

#endif
