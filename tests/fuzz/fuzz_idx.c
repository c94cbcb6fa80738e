// libFuzzer (make fuzz): a pair of files, whatever their bytes are, becomes a data set that keeps what
// dataset.h promises, or ends with an error of one line that names one of them.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/dataset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void want(bool truth) {
    if (!truth)
        abort();
}

static void write_file(const char *path, const uint8_t *bytes, size_t size) {
    FILE *stream = fopen(path, "wb");
    want(stream && fwrite(bytes, 1, size, stream) == size && fclose(stream) == 0);
}

static void check(const Dataset *set) {
    want(set->count >= 1 && set->channels == 1 && dataset_pixels(set) == 6);
    for (size_t i = 0; i < (size_t)set->count * 6; i++)
        want(set->pixels[i] <= set->pixel_max);
    for (int i = 0; i < set->count; i++)
        want(set->labels[i] >= 0 && set->labels[i] < set->classes);
}

// The first two bytes tell how many of the rest are the images' file, least byte first.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char images[80], labels[80];
    if (size < 2)
        return 0;
    if (!*images) { // in memory where there is such a folder
        const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
        snprintf(images, sizeof images, "%s/fuzz_idx.images.%ld", folder, (long)getpid());
        snprintf(labels, sizeof labels, "%s/fuzz_idx.labels.%ld", folder, (long)getpid());
    }
    const size_t rest = size - 2, said = (size_t)(data[0] | data[1] << 8);
    const size_t first = said < rest ? said : rest;
    write_file(images, data + 2, first);
    write_file(labels, data + 2 + first, rest - first);
    Error error = {.message = "?"};
    Dataset set = {.classes = 10, .height = 2, .width = 3, .pixel_max = 16};
    const bool good = dataset_read_idx(&set, images, labels, &error);
    unlink(images);
    unlink(labels);
    if (good)
        check(&set);
    want(good || ((strncmp(error.message, images, strlen(images)) == 0 ||
                   strncmp(error.message, labels, strlen(labels)) == 0) &&
                  !strchr(error.message, '\n') && !set.owned_pixels && !set.owned_labels));
    dataset_free(&set);
    return 0;
}
