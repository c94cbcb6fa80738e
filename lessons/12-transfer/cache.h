// One training of a head on a frozen backbone, twice: with a forward of the backbone in each step, and on
// features that are made once. What each costs, whether they end alike, whether the backbone moved.
#ifndef KNOBS_LESSON_12_CACHE_H
#define KNOBS_LESSON_12_CACHE_H

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "instruments/weights.h"
#include "run/lesson.h"
#include "student.h"

typedef struct Cost {
    double accuracy, seconds, multiply_adds; // seconds: of the processor
    size_t moved;                            // numbers of the backbone, statistics among them
} Cost;

enum { CACHE_EPOCHS = 30 };

typedef struct FrozenTraining {
    const LessonData *data;
    double lr;
    int each, batch_size; // labels a class; images a step
    uint64_t seed;
} FrozenTraining;

// `network` is a backbone with its head; cached, the head alone learns from what the backbone makes of
// the images, and is tested on what it makes of the test images.
static Cost train_frozen(const FrozenTraining *t, Dataset few, Module *network, Module *backbone,
                         bool cached, Tape *tape) {
    const ParameterList head = module_parameters_under(network, "head");
    ParameterList rest = parameter_list_without(module_parameters(network), head);
    rest = parameter_list_join(rest, module_buffers(network));
    real *before = weights_copy(&rest);
    const clock_t start = clock();
    tape_reset_counts(tape);
    Student student = {.network = network, .few = few};
    if (cached)
        student.few = features_of(backbone, tape, &few);
    student.optimizer = adam(head, .lr = t->lr);
    const int count = CACHE_EPOCHS * ((few.count + t->batch_size - 1) / t->batch_size);
    student_prepare(&student, t->batch_size, t->seed);
    student_fall(&student, count);
    for (int i = 0; i < count; i++) {
        student_step(&student, tape);
        tape_clear(tape);
    }
    Cost cost = {.seconds = (double)(clock() - start) / CLOCKS_PER_SEC,
                 .multiply_adds =
                     (double)(tape->forward.multiply_adds + tape->backward.multiply_adds),
                 .moved = weights_differ(&rest, before)};
    Dataset test = cached ? features_of(backbone, tape, &t->data->test) : t->data->test;
    cost.accuracy = evaluate(network, tape, &test).accuracy;
    if (cached) {
        dataset_free(&test);
        dataset_free(&student.few);
    }
    batches_free(student.batches);
    scheduler_free(student.scheduler);
    optimizer_free(student.optimizer);
    free(before);
    return cost;
}

// Of the same head, on the same batches. Without a backbone all is NaN.
static bool compare_cache(const FrozenTraining *t, Module *backbone, Results *results, Tape *tape,
                          Error *error) {
    Dataset few;
    static const char *const names[] = {"moved", "apart", "cached", "fewer", "faster"};
    for (int i = 0; i < 5 && !backbone; i++)
        result_add(results, names[i], NAN);
    if (!backbone)
        return true;
    if (!dataset_few(&few, &t->data->train, t->each, t->seed, error))
        return false;
    Module *whole = block_net_new(few.classes);
    Random random = random_from_seed(t->seed), same = random;
    module_initialise(whole, &random);
    for (int i = 0; i < backbone->child_count; i++) // the blocks, and the pool
        module_average(whole->children[i], backbone->children[i], 0);
    module_initialise(module_find(whole, "head"), &same);
    same = random_from_seed(t->seed);
    Module *head = head_new(few.classes, &same);
    module_freeze_to(whole, -1);   // all but the head,
    module_pin_mode(whole, false); // and batch norm looks at no batch
    const Cost plain = train_frozen(t, few, whole, backbone, false, tape);
    const Cost cached = train_frozen(t, few, head, backbone, true, tape);
    result_add(results, "moved", (double)plain.moved);
    result_add(results, "apart", fabs(plain.accuracy - cached.accuracy));
    result_add(results, "cached", cached.accuracy);
    result_add(results, "fewer", plain.multiply_adds / cached.multiply_adds);
    result_add(results, "faster", plain.seconds / cached.seconds);
    module_free(whole);
    module_free(head);
    dataset_free(&few);
    return true;
}

#endif
