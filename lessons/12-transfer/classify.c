// What is in a photo? MobileNet, trained on ImageNet, names five of its 1000 classes.
//
// Build and run it:    make build/classify && build/classify cat.jpg

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/threads.h"
#include "data/photos.h"    // a picture of any size, squeezed into a square
#include "run/pretrained.h" // the network and its weights
#include "run/process.h"

enum { TOP = 5 };

// A name of each class, a line each: names[i] points into *text, which the caller frees.
static bool read_names(char **text, const char *names[MOBILENET_CLASSES], Error *error) {
    const char *path = KNOBS_ROOT "/datasets/mobilenet/imagenet_labels.txt";
    size_t length;
    if (!file_read(path, 1 << 20, text, &length, error))
        return false;
    char *line = *text;
    for (int i = 0; i < MOBILENET_CLASSES; i++) {
        names[i] = line;
        char *end = line ? strchr(line, '\n') : NULL;
        if (!end)
            return error_set(error, "%s: expected %d lines, found %d", path, MOBILENET_CLASSES, i);
        *end = '\0';
        line = end + 1;
    }
    return true;
}

// Prints the classes with the largest logits, each with its probability exp(logit) / sum of exp(logits).
static void print_top(const real *logits, const char *const names[MOBILENET_CLASSES]) {
    bool told[MOBILENET_CLASSES] = {false};
    double sum = 0, largest = -INFINITY;
    for (int i = 0; i < MOBILENET_CLASSES; i++)
        largest = fmax(largest, (double)logits[i]);
    for (int i = 0; i < MOBILENET_CLASSES; i++)
        sum += exp((double)logits[i] - largest);
    for (int rank = 0; rank < TOP; rank++) {
        int best = -1;
        for (int i = 0; i < MOBILENET_CLASSES; i++)
            if (!told[i] && (best < 0 || logits[i] > logits[best]))
                best = i;
        told[best] = true;
        printf("  %.3f  %s\n", exp((double)logits[best] - largest) / sum, names[best]);
    }
}

static bool classify(Module *network, int side, const char *path,
                     const char *const names[MOBILENET_CLASSES], Error *error) {
    const int size = 3 * side * side;
    unsigned char *pixels = memory_alloc((size_t)size);
    const bool good = photo_read(path, side, pixels, error);
    if (good) {
        Tape *tape = tape_new();
        tape_set_recording(tape, false);
        Tensor *image = tape_tensor(tape, SHAPE(1, 3, side, side));
        for (int i = 0; i < size; i++)
            image->data[i] = (real)((pixels[i] - 128) / 128.0);
        printf("%s\n", path);
        print_top(module_forward(network, image)->data, names);
        tape_free(tape);
    }
    free(pixels);
    return good;
}

int main(int argc, char **argv) {
    process_streams();
    threads_prepare(argv);
    const bool small = argc > 1 && strcmp(argv[1], "--small") == 0;
    if (argc < 2 + small || strncmp(argv[1 + small], "--", 2) == 0) {
        fprintf(stderr,
                "usage: %s [--small] PHOTO... (JPEG, PNG or BMP; --small: MobileNet 0.25)\n",
                argv[0]);
        return 1;
    }
    Error error;
    char *text = NULL;
    const char *names[MOBILENET_CLASSES];
    const int which = small ? MOBILENET_SMALL : MOBILENET_LARGE;
    Module *network = mobilenet_pretrained(which, NULL, true, &error);
    if (!network || !read_names(&text, names, &error))
        return error_report(&error);
    int status = 0;
    for (int i = 1 + small; i < argc; i++)
        if (!classify(network, mobilenets[which].side, argv[i], names, &error))
            status = error_report(&error);
    module_free(network);
    free(text);
    return process_said(&error) ? status : error_report(&error);
}
