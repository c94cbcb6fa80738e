#include "run/pretrained.h"

#include <stdlib.h>

#include "base/file.h"
#include "nn/mobilenet.h"
#include "run/weights_file.h"

const MobilenetSize mobilenets[] = {{"mobilenet_v1_0.25_128", 0.25, 128},
                                    {"mobilenet_v1_0.5_160", 0.5, 160}};

Module *mobilenet_pretrained(int size, const char *weights, bool classifier, Error *error) {
    const MobilenetSize *known = &mobilenets[size];
    Module *network = mobilenet_new(known->width, classifier ? MOBILENET_CLASSES : 0);
    char *path = weights ? memory_string(weights)
                         : path_format("%s/datasets/downloads/mobilenet/%s.safetensors", KNOBS_ROOT,
                                       known->name);
    Error wrong;
    const bool good = weights_load(path, network, classifier ? NULL : "classifier", &wrong);
    free(path);
    if (good)
        return network;
    module_free(network);
    if (weights)
        error_set(error, "%s; expected the weights of %s", wrong.message, known->name);
    else
        error_set(error, "%s; run `scripts/download.sh mobilenet`", wrong.message);
    return NULL;
}

bool photos_or_flowers(Photos *photos, const char *folder, const PhotosOptions *options,
                       Error *error) {
    const char *flowers = KNOBS_ROOT "/datasets/downloads/flowers";
    if (!folder && !file_exists(flowers))
        return error_set(error, "%s: no photos there; run `scripts/download.sh flowers`", flowers);
    return photos_load(photos, folder ? folder : flowers, options, error);
}
