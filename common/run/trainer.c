#include "run/trainer.h"

#include <math.h>
#include <string.h>

bool trainer_init(Trainer *trainer, const LessonOptions *options, Error *error) {
    *trainer = (Trainer){.columns = "step,epoch,loss"};
    if (!lesson_data_load(&trainer->data, options, error))
        return false;
    loop_init(&trainer->loop, options, 0, error);
    return true;
}

Module *trainer_network(Trainer *trainer, Module *network) {
    return trainer->network = loop_module(&trainer->loop, "model", network);
}

Optimizer *trainer_optimizer(Trainer *trainer, Optimizer *optimizer) {
    trainer->optimizer = loop_optimizer(&trainer->loop, "optimizer", optimizer);
    trainer->scheduler = loop_scheduler(&trainer->loop, "scheduler", scheduler_new(optimizer));
    trainer->groups = optimizer->group_count;
    return optimizer;
}

void trainer_batches_with(Trainer *trainer, BatchOptions options) {
    Loop *loop = &trainer->loop;
    if (options.drop_last && options.size > trainer->data.train.count) {
        loop_need(loop, error_set(loop->error, "a batch of %d images: there are %d to train on",
                                  options.size, trainer->data.train.count));
        options = (BatchOptions){.size = 1};
    }
    trainer->batches =
        loop_batches(loop, "batches", batches_new_with(&trainer->data.train, options));
}

// A lesson that binds its rates itself, or has several optimizers, has no room for --schedule.
static void check_room(Trainer *trainer) {
    Loop *loop = &trainer->loop;
    bool room = trainer->scheduler != NULL;
    for (int g = 0; g < trainer->groups; g++)
        if (trainer->optimizer->groups[g].scheduled[HYPERPARAMETER_lr])
            room = false;
    if (loop->options->schedule && !room)
        loop_need(loop, error_set(loop->error, "--schedule: the rates of this training are the "
                                               "lesson's; leave it out"));
}

void trainer_join_group(Trainer *trainer, int group) {
    if (!trainer->loop.begun) // then it is one of those that there are when it begins
        return;
    loop_schedule(&trainer->loop, trainer->scheduler, group);
    trainer->groups = group + 1;
}

static void check_groups(const Trainer *trainer) {
    const Optimizer *optimizer = trainer->optimizer;
    for (int g = trainer->groups; g < optimizer->group_count; g++)
        if (!optimizer->groups[g].scheduled[HYPERPARAMETER_lr])
            fatal(
                "trainer: '%s' was added to the optimizer, and nobody said what its rate follows; "
                "call trainer_join_group behind optimizer_add_group",
                optimizer->groups[g].name);
}

static void begin(Trainer *trainer) {
    Loop *loop = &trainer->loop;
    if (loop->begun || !loop->good)
        return;
    if (!trainer->network || !trainer->optimizer || !trainer->batches ||
        (trainer->epochs > 0) == (trainer->steps > 0))
        fatal("trainer: it wants a network, an optimizer, batches, and either epochs or steps");
    loop->epoch_steps = batches_count(trainer->batches);
    loop->steps = trainer->steps ? trainer->steps : trainer->epochs * loop->epoch_steps;
    loop->save_every = loop->epoch_steps;
    if (!trainer->test_every)
        trainer->test_every = loop->epoch_steps;
    check_room(trainer);
    for (int g = 0; g < trainer->optimizer->group_count; g++)
        loop_schedule(loop, trainer->scheduler, g);
    trainer->groups = trainer->optimizer->group_count;
    loop_integer(loop, "tested", &trainer->tested);
    loop_number(loop, "test loss", &trainer->test.loss);
    loop_number(loop, "test accuracy", &trainer->test.accuracy);
    trainer->tests = loop_log(loop, "epochs.csv", "step,epoch,loss,accuracy");
    if (trainer->columns)
        trainer->log = loop_log(loop, "steps.csv", trainer->columns);
    loop_begin(loop);
}

static double epochs_done(const Trainer *trainer) {
    return (double)trainer->loop.step / (double)trainer->loop.epoch_steps;
}

static void test(Trainer *trainer) {
    if (trainer->tested == trainer->loop.step || !trainer->loop.good ||
        trainer->loop.options->follows)
        return;
    trainer->test = evaluate(trainer->network, trainer->loop.tape, &trainer->data.test);
    trainer->tested = trainer->loop.step;
    log_row(trainer->tests, (double)trainer->loop.step, epochs_done(trainer), trainer->test.loss,
            trainer->test.accuracy);
}

bool trainer_next(Trainer *trainer, Batch *batch) {
    begin(trainer);
    Loop *loop = &trainer->loop;
    if (loop->under_way)
        check_groups(trainer);
    if (loop->under_way && (loop->step % trainer->test_every == 0 || loop->step == loop->steps))
        test(trainer); // before the loop saves, so that a checkpoint has its row
    if (!loop_next(loop)) {
        if (loop->step > 0) {
            test(trainer); // of a run that was stopped: the row isn't the checkpoint's, and goes
            loop_tell(loop, "test accuracy %.4f", trainer->test.accuracy);
        } else {
            loop_tell(loop, "before the first step");
        }
        return false;
    }
    *batch = batches_draw(trainer->batches, loop->tape);
    return true;
}

void trainer_log_row(Trainer *trainer, const double *loss_and_more, int count) {
    enum { COLUMNS_MAX = 16 };
    const double loss = loss_and_more[0];
    double row[COLUMNS_MAX] = {(double)trainer->loop.step, epochs_done(trainer)};
    if (2 + count > COLUMNS_MAX)
        fatal("trainer_log: %d numbers are too many", count);
    memcpy(row + 2, loss_and_more, (size_t)count * sizeof *row);
    if (trainer->log)
        table_numbers(trainer->log, NULL, row, 2 + count);
    loop_show(&trainer->loop, loss, optimizer_get(trainer->optimizer, 0, "lr"));
    if (!isfinite(loss))
        loop_stop(&trainer->loop, "diverged: the loss is no number any more");
}

bool trainer_end(Trainer *trainer) {
    const bool good = loop_end(&trainer->loop);
    lesson_data_free(&trainer->data);
    return good;
}

bool trainer_end_whole(Trainer *trainer, const char *what) {
    if (trainer->loop.ended)
        loop_need(&trainer->loop,
                  error_set(trainer->loop.error,
                            "it diverged, and there is no %s: choose a lower --lr", what));
    return trainer_end(trainer);
}
