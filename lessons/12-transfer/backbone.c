// The backbone of lessons 12 to 14: a small network that knows five garments of ten. Its weights are in
// datasets/backbone; this is where they come from.
//
// Run        make backbone
// Time       about a minute
// See        out/backbone/garments.safetensors: cp it to datasets/backbone/ to have the lessons begin there

#include <stdlib.h>

#include "base/file.h"        // path_format
#include "nn/loss.h"          // cross_entropy
#include "nn/networks.h"      // the model: three blocks and a head
#include "optim/optimizer.h"  // adamw
#include "run/backbone.h"     // which five
#include "run/lesson.h"       // options, claims: what surrounds a run
#include "run/trainer.h"      // data, epochs, logs, checkpoints: what surrounds a step
#include "run/weights_file.h" // weights_save

static double lr = 0.003, weight_decay = 0.01;
static int epochs = 5, batch_size = 64;

static const Option knobs[] = {
    option_number("lr", &lr, "learning rate at first; a cosine takes it to 0", .above = 0),
    option_number("weight-decay", &weight_decay, "what each step takes of a weight", .min = 0),
    option_integer("epochs", &epochs, "passes over the training images", .min = 1, .max = 1000),
    option_integer("batch-size", &batch_size, "images a step", .min = 2, .max = 6000),
};

static bool train(const LessonOptions *options, Results *results, Error *error) {
    Trainer trainer;
    if (!trainer_init(&trainer, options, error))
        return false;
    lesson_data_keep_garments(&trainer.data, backbone_garments);
    Random random = random_from_seed((uint64_t)options->seed);
    Module *network = trainer_network(&trainer, block_net_new(GARMENTS));
    module_initialise(network, &random);
    Optimizer *optimizer = trainer_optimizer(
        &trainer, adamw(module_parameters(network), .lr = lr, .weight_decay = weight_decay));
    trainer_batches(&trainer, .size = batch_size);
    trainer.epochs = epochs;
    if (!options->schedule)
        scheduler_bind(trainer.scheduler, 0, "lr",
                       schedule_cosine(lr, epochs * batches_count(trainer.batches)));

    for (Batch batch; trainer_next(&trainer, &batch);) {
        Tensor *loss = cross_entropy(module_forward(network, batch.images), batch.labels);
        optimizer_zero_grad(optimizer);
        backward(loss);
        optimizer_step(optimizer);
        trainer_log(&trainer, loss);
        scheduler_step(trainer.scheduler);
    }

    result_add(results, "accuracy", trainer.test.accuracy);
    char *path = path_format("%s/garments.safetensors", options->out);
    if (trainer.loop.good && trainer.loop.step == trainer.loop.steps)
        loop_need(&trainer.loop, weights_save(path, network, trainer.loop.error));
    free(path);
    return trainer_end(&trainer);
}

static void check(Claims *claims, const Results *results) {
    const Sample accuracy = results_of(results, "accuracy");
    claims_check_seeds(claims, accuracy.least > 0.96, "it knows its five garments",
                       "test accuracy %.2f ± %.2f %%, at least %.2f", 100 * accuracy.mean,
                       100 * accuracy.error, 100 * accuracy.least);
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "backbone",
        .folder = "lessons/12-transfer",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&epochs, 1}},
        .data = "fashion",
        .run = train,
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
