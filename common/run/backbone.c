#include "run/backbone.h"

#include "data/derived.h"
#include "run/weights_file.h"

const int backbone_garments[GARMENTS] = {0, 5, 2, 7, 8};
const int new_garments[GARMENTS] = {1, 3, 4, 6, 9};

void lesson_data_keep_garments(LessonData *data, const int garments[GARMENTS]) {
    lesson_data_replace(data, dataset_of_classes(&data->train, garments, GARMENTS),
                        dataset_of_classes(&data->test, garments, GARMENTS));
}

bool backbone_load(const char *path, Module *network, Error *error) {
    Error why;
    return weights_load(path, network, "head", &why) ||
           error_set(error, "%s; `make backbone` makes one, in out/backbone", why.message);
}
