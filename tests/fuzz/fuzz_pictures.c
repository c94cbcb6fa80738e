// libFuzzer (make fuzz): a folder with one picture, whatever its bytes are, becomes a data set of one
// image, or ends with an error of one line after the picture was skipped by name.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/pictures.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void want(bool truth) {
    if (!truth)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    enum { SIDE = 8 };
    static char folder[64], path[80];
    if (!*folder) { // in memory where there is such a folder
        snprintf(folder, sizeof folder, "%s/fuzz_pictures.%ld",
                 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (long)getpid());
        snprintf(path, sizeof path, "%s/a.png", folder);
        //
    }
    want(mkdir(folder, 0700) == 0);
    FILE *stream = fopen(path, "wb");
    want(stream && fwrite(data, 1, size, stream) == size && fclose(stream) == 0);
    Error error = {.message = "?"};
    Dataset dataset;
    int skipped;
    const bool good = pictures_load(&dataset, folder, SIDE, NULL, &skipped, &error);
    unlink(path);
    rmdir(folder);
    want(skipped == !good);
    want(good
             ? dataset.count == 1 && dataset.classes == 1 && dataset.labels[0] == 0
             : strncmp(error.message, folder, strlen(folder)) == 0 && !strchr(error.message, '\n'));
    unsigned sum = 0;
    for (size_t i = 0; good && i < 3 * SIDE * SIDE; i++)
        sum += dataset.pixels[i]; // MSan and valgrind would see a pixel that was never set
    want(sum <= 3 * SIDE * SIDE * 255);
    dataset_free(&dataset);
    return 0;
}
