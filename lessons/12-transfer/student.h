// What a run of lesson 12 is made of: a target, and students that learn it from a few labels a class.
#ifndef KNOBS_LESSON_12_STUDENT_H
#define KNOBS_LESSON_12_STUDENT_H

#include <stdio.h>

#include "data/derived.h"
#include "instruments/evaluate.h"
#include "instruments/features.h"
#include "nn/groups.h"
#include "nn/layers.h"
#include "nn/loss.h"
#include "optim/optimizer.h"
#include "run/backbone.h"
#include "run/lesson.h"
#include "run/loop.h"
#include "schedule/scheduler.h"

// The near target, garments that the backbone never saw, or a far one: a set of images, which become
// 28 × 28.
static bool target_load(LessonData *data, const LessonOptions *options, const char *far,
                        Error *error) {
    LessonOptions wanted = *options;
    wanted.quick = false; // a tenth of the digits hasn't 100 of each
    if (far)
        wanted.data = far;
    if (!lesson_data_load(data, &wanted, error))
        return false;
    if (!far)
        lesson_data_keep_garments(data, new_garments);
    else if (data->train.height != 28)
        lesson_data_replace(data, dataset_resized(&data->train, 28, 28),
                            dataset_resized(&data->test, 28, 28));
    if (options->quick)
        data->test = dataset_slice(&data->test, 0, data->test.count / 20);
    return true;
}

typedef struct Student {
    int each;    // labels a class
    Dataset few; // images with their labels, or the features of these
    Module *network;
    Optimizer *optimizer;
    Scheduler *scheduler; // takes each group's rate to 0 along a cosine, or as --schedule says
    Batches *batches;
} Student;

static void student_fall(Student *student, int steps) {
    const Optimizer *optimizer = student->optimizer;
    for (int g = 0; g < optimizer->group_count; g++)
        scheduler_bind(student->scheduler, g, "lr",
                       schedule_cosine(optimizer_get(optimizer, g, "lr"), steps));
}

// The rest of a student that has images, a network and an optimizer.
static void student_prepare(Student *student, int batch_size, uint64_t seed) {
    student->scheduler = scheduler_new(student->optimizer);
    student->batches = batches_new(&student->few, .size = batch_size, .seed = seed);
}

// From here on the loop owns its parts, all but the images.
static void student_give(Student *student, Loop *loop) {
    char name[4][32];
    static const char *const parts[] = {"network", "optimizer", "scheduler", "batches"};
    for (int i = 0; i < 4; i++)
        snprintf(name[i], sizeof name[i], "%s of %d", parts[i], student->each);
    loop_module(loop, name[0], student->network);
    loop_optimizer(loop, name[1], student->optimizer);
    loop_scheduler(loop, name[2], student->scheduler);
    loop_batches(loop, name[3], student->batches);
    for (int g = 0; g < student->optimizer->group_count; g++)
        loop_schedule(loop, student->scheduler, g);
    if (!loop->options->schedule)
        student_fall(student, (int)loop->steps);
}

static double student_step(const Student *student, Tape *tape) {
    Batch batch = batches_draw(student->batches, tape);
    Tensor *loss = cross_entropy(module_forward(student->network, batch.images), batch.labels);
    optimizer_zero_grad(student->optimizer);
    backward(loss);
    optimizer_step(student->optimizer);
    scheduler_step(student->scheduler);
    return tensor_item(loss);
}

// On images, or on what a backbone makes of them: results "accuracy_1" and so on.
static void students_test(const Student *students, int count, Module *backbone,
                          const Dataset *images, Tape *tape, Results *results) {
    Dataset features = {0};
    if (backbone)
        features = features_of(backbone, tape, images);
    for (int i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "accuracy_%d", students[i].each);
        result_add(results, name,
                   evaluate(students[i].network, tape, backbone ? &features : images).accuracy);
    }
    dataset_free(&features);
}

static void students_free(Student *students, int count) {
    for (int i = 0; i < count; i++)
        dataset_free(&students[i].few);
}

static Module *head_new(int classes, Random *random) {
    Module *head = sequential_new(NULL);
    sequential_append(head, "flatten", flatten_new());
    sequential_append(head, "head", linear_new(BLOCK_NET_FEATURES, classes));
    module_initialise(head, random);
    return head;
}

// A backbone that never learnt anything. Its batch norm has looked at images of the target, without
// their labels, as one that was trained has; else its features would be far too small.
static Module *random_backbone(const Dataset *images, Tape *tape, Random *random) {
    enum { LOOKS = 50 };
    Module *backbone = block_net_new(0);
    module_initialise(backbone, random);
    Batches *batches = batches_new(images, .size = 50, .seed = random_bits(random));
    tape_set_recording(tape, false);
    for (int i = 0; i < LOOKS; i++) {
        module_forward(backbone, batches_draw(batches, tape).images);
        tape_clear(tape);
    }
    tape_set_recording(tape, true);
    batches_free(batches);
    return backbone;
}

#endif
