#include "run/lesson_data.h"

bool lesson_data_load(LessonData *data, const LessonOptions *options, Error *error) {
    if (!dataset_load(&data->whole_train, &data->whole_test, options->data, error))
        return false;
    const int all = data->whole_train.count, left = options->held_out ? all - all / 12 : all;
    const int part = options->quick ? 10 : 1;
    const int train = left / part;
    const int test = (options->held_out ? all - left : data->whole_test.count) / part;
    if (train == 0 || test == 0) {
        lesson_data_free(data);
        return error_set(error, "%s: %d images to train on and %d to test on are too few",
                         options->data, all, data->whole_test.count);
    }
    data->train = dataset_slice(&data->whole_train, 0, train);
    data->test = options->held_out ? dataset_slice(&data->whole_train, left, test)
                                   : dataset_slice(&data->whole_test, 0, test);
    return true;
}

void lesson_data_keep(LessonData *data, int images) {
    if (images < data->train.count)
        data->train = dataset_slice(&data->train, 0, images);
}

void lesson_data_free(LessonData *data) {
    dataset_free(&data->whole_train);
    dataset_free(&data->whole_test);
}

void lesson_data_replace(LessonData *data, Dataset train, Dataset test) {
    lesson_data_free(data);
    *data = (LessonData){.whole_train = train, .whole_test = test};
    data->train = dataset_slice(&data->whole_train, 0, train.count);
    data->test = dataset_slice(&data->whole_test, 0, test.count);
}
