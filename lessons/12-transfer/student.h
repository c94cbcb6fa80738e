// What a run of lesson 12 is made of: a target with a few labels a class, and what learns it.
#ifndef KNOBS_LESSON_12_STUDENT_H
#define KNOBS_LESSON_12_STUDENT_H

#include "classes.h"
#include "instruments/evaluate.h"
#include "instruments/features.h"
#include "nn/groups.h"
#include "nn/layers.h"
#include "nn/loss.h"
#include "nn/networks.h"
#include "optim/optimizer.h"
#include "run/loop.h"
#include "run/weights_file.h"

// Trouser, dress, coat, shirt, ankle boot: the backbone never saw one.
static const int new_classes[HALF] = {1, 3, 4, 6, 9};

// The near target: those garments; or a far one, a set of images that become 28 × 28.
static bool target_load(LessonData *data, const LessonOptions *options, const char *far,
                        Error *error) {
    LessonOptions wanted = *options;
    wanted.quick = false; // a tenth of the digits hasn't 100 of each
    if (far)
        wanted.data = far;
    if (!lesson_data_load(data, &wanted, error))
        return false;
    if (!far)
        keep_classes(data, new_classes);
    else if (data->train.height != 28)
        lesson_data_replace(data, dataset_resized(&data->train, 28, 28),
                            dataset_resized(&data->test, 28, 28));
    if (options->quick)
        data->test = dataset_slice(&data->test, 0, data->test.count / 20);
    return true;
}

typedef struct Student {
    Dataset few; // images with their labels, or features of them
    Module *network;
    Optimizer *optimizer;
    Batches *batches;
} Student;

static void student_step(const Student *student, Tape *tape) {
    Batch batch = batches_draw(student->batches, tape);
    Tensor *loss = cross_entropy(module_forward(student->network, batch.images), batch.labels);
    optimizer_zero_grad(student->optimizer);
    backward(loss);
    optimizer_step(student->optimizer);
}

static Module *head_new(int classes, Random *random) {
    Module *head = sequential_new(NULL);
    sequential_append(head, "flatten", flatten_new());
    sequential_append(head, "head", linear_new(BLOCK_NET_FEATURES, classes));
    module_initialise(head, random);
    return head;
}

#endif
