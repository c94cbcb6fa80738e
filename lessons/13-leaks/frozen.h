// A backbone that is to stand still, a head that learns, one optimizer that owns both.
#ifndef KNOBS_LESSON_13_FROZEN_H
#define KNOBS_LESSON_13_FROZEN_H

#include "data/batches.h"
#include "data/derived.h"
#include "nn/layers.h"
#include "nn/loss.h"
#include "optim/optimizer.h"
#include "run/backbone.h"

static bool load_garments(Dataset *garments, Error *error) {
    Dataset train, test;
    if (!dataset_load(&train, &test, "fashion", error))
        return false;
    *garments = dataset_of_classes(&train, new_garments, GARMENTS);
    dataset_free(&train);
    dataset_free(&test);
    return true;
}

typedef struct Frozen {
    Module *backbone, *head;
    ParameterList weights, statistics; // of the backbone
    Batches *batches;
    Tape *tape;
    Optimizer *optimizer; // NULL until a leak has its own
} Frozen;

// With weights that were trained on five garments (make backbone), and five others to learn.
static bool frozen_init(Frozen *f, const Dataset *garments, const char *path, int batch_size,
                        uint64_t seed, Error *error) {
    Random random = random_from_seed(seed);
    *f = (Frozen){.backbone = block_net_new(0),
                  .head = linear_new(BLOCK_NET_FEATURES, GARMENTS),
                  .batches = batches_new(garments, .size = batch_size, .seed = seed),
                  .tape = tape_new()};
    f->weights = module_parameters(f->backbone);
    f->statistics = module_buffers(f->backbone);
    module_initialise(f->head, &random);
    return backbone_load(path, f->backbone, error);
}

static void frozen_free(Frozen *f) {
    optimizer_free(f->optimizer);
    batches_free(f->batches);
    tape_free(f->tape);
    module_free(f->backbone);
    module_free(f->head);
}

static Batch first_batch(Frozen *f) {
    f->batches->next = 0;
    return batches_draw(f->batches, f->tape);
}

static void find_gradients(Frozen *f, Batch batch) {
    Tensor *features = module_forward(f->backbone, batch.images);
    backward(cross_entropy(module_forward(f->head, features), batch.labels));
}

// A step of what learns. Before it, gradients become none, or zero, or the head's alone are cleared.
typedef enum Clearing { TO_NONE, TO_ZERO, HEAD_ALONE } Clearing;

static void take_step(Frozen *f, Batch batch, Clearing clearing) {
    const ParameterList of_head = module_parameters(f->head);
    if (clearing == TO_NONE)
        optimizer_zero_grad(f->optimizer);
    else if (clearing == TO_ZERO)
        optimizer_zero_grad_to_zero(f->optimizer);
    else
        parameter_list_clear_grad(&of_head); // "the backbone is frozen, it has none"
    find_gradients(f, batch);
    optimizer_step(f->optimizer);
    tape_clear(f->tape);
}

#endif
