// The data set of a lesson, as its options want it.
#ifndef KNOBS_RUN_LESSON_DATA_H
#define KNOBS_RUN_LESSON_DATA_H

#include "data/dataset.h"
#include "run/lesson_options.h"

typedef struct LessonData {
    Dataset train, test;
    Dataset whole_train, whole_test; // what these two are slices of
} LessonData;

// Loads the set options->data. With --held-out the last twelfth of the training images becomes the test
// set, to choose knobs on. With --quick there is a tenth of each. Errors: those of dataset_load; too few
// images are left.
bool lesson_data_load(LessonData *data, const LessonOptions *options, Error *error);
// Keeps the first `images` training images (at least 1), or all if there are fewer.
void lesson_data_keep(LessonData *data, int images);
void lesson_data_free(LessonData *data);

// Takes sets that were derived from these (data/derived.h) in their place, owns them, and frees the old
// ones.
void lesson_data_replace(LessonData *data, Dataset train, Dataset test);

#endif
