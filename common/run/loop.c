#include "run/loop.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "run/interrupt.h"
#include "schedule/expression.h"

void loop_init(Loop *loop, const LessonOptions *options, long steps, Error *error) {
    *loop = (Loop){.options = options,
                   .tape = tape_new(),
                   .steps = steps,
                   .good = true,
                   .error = error,
                   .saved = -1,
                   .path = path_format("%s/checkpoint.safetensors", options->out),
                   .shown_loss = NAN,
                   .shown_rate = NAN};
}

// --- what it is made of --------------------------------------------------------------------------

static void *part_add(Loop *loop, int kind, const char *name, void *object) {
    if (loop->begun || loop->part_count == LOOP_PARTS_MAX)
        fatal("loop: '%s' %s", name,
              loop->begun ? "comes after it has begun" : "is one part too many");
    loop->parts[loop->part_count++] = (struct LoopPart){kind, memory_string(name), object};
    return object;
}

Module *loop_module(Loop *loop, const char *name, Module *module) {
    return part_add(loop, PART_MODULE, name, module);
}

Optimizer *loop_optimizer(Loop *loop, const char *name, Optimizer *optimizer) {
    return part_add(loop, PART_OPTIMIZER, name, optimizer);
}

Scheduler *loop_scheduler(Loop *loop, const char *name, Scheduler *scheduler) {
    return part_add(loop, PART_SCHEDULER, name, scheduler);
}

Batches *loop_batches(Loop *loop, const char *name, Batches *batches) {
    return part_add(loop, PART_BATCHES, name, batches);
}

// What the expression is for a rate, checked at every step that there will be.
static bool rate_schedule(const Loop *loop, double lr, Schedule *schedule, Error *error) {
    const double epochs = loop->epoch_steps ? (double)loop->steps / (double)loop->epoch_steps : 1;
    const ScheduleName names[] = {{"lr", lr}, {"steps", (double)loop->steps}, {"epochs", epochs}};
    Error wrong;
    if (!schedule_parse(loop->options->schedule, names, 3, schedule, &wrong))
        return error_set(error, "--schedule: %s", wrong.message);
    for (long step = 0; step <= loop->steps; step++)
        if (!hyperparameter_allows(HYPERPARAMETER_lr, schedule_at(*schedule, step)))
            return error_set(error, "--schedule: the rate is %g at step %ld; it must be %s",
                             schedule_at(*schedule, step), step,
                             hyperparameter_range(HYPERPARAMETER_lr));
    return true;
}

void loop_schedule(Loop *loop, Scheduler *scheduler, int group) {
    if (!loop->options->schedule || !loop->good)
        return;
    const Optimizer *optimizer = scheduler->optimizer;
    Schedule schedule;
    if (optimizer->groups[group].scheduled[HYPERPARAMETER_lr])
        return;
    loop_need(loop,
              rate_schedule(loop, optimizer_get(optimizer, group, "lr"), &schedule, loop->error));
    if (loop->good)
        scheduler_bind_from(scheduler, group, "lr", schedule, 0);
}

void loop_plateau(Loop *loop, const char *name, Plateau *plateau) {
    part_add(loop, PART_PLATEAU, name, plateau);
}

void loop_random(Loop *loop, const char *name, Random *random) {
    part_add(loop, PART_RANDOM, name, random);
}

void loop_gradients(Loop *loop, const char *name, ParameterList *list) {
    part_add(loop, PART_GRADIENTS, name, list);
}

void loop_integer(Loop *loop, const char *name, long *integer) {
    part_add(loop, PART_INTEGER, name, integer);
}

void loop_number(Loop *loop, const char *name, double *number) {
    part_add(loop, PART_NUMBER, name, number);
}

Log *loop_log(Loop *loop, const char *name, const char *columns) {
    if (loop->begun || loop->log_count == LOOP_LOGS_MAX)
        fatal("loop: the log %s %s", name,
              loop->begun ? "comes after it has begun" : "is one too many");
    Log *log = log_new(loop->options->out, name, columns);
    loop->logs[loop->log_count++] = (struct LoopLog){.log = log, .name = name};
    return log;
}

// --- checkpoints ---------------------------------------------------------------------------------

static void part_state(Checkpoint *checkpoint, const char *name, int kind, void *object) {
    switch (kind) {
    case PART_MODULE:
        checkpoint_module(checkpoint, name, object);
        break;
    case PART_OPTIMIZER:
        checkpoint_optimizer(checkpoint, name, object);
        break;
    case PART_SCHEDULER:
        checkpoint_scheduler(checkpoint, name, object);
        break;
    case PART_PLATEAU:
        checkpoint_plateau(checkpoint, name, object);
        break;
    case PART_BATCHES:
        checkpoint_batches(checkpoint, name, object);
        break;
    case PART_RANDOM:
        checkpoint_random(checkpoint, name, object);
        break;
    case PART_GRADIENTS:
        checkpoint_gradients(checkpoint, name, object);
        break;
    case PART_INTEGER:
        checkpoint_integer(checkpoint, name, object, 0, LONG_MAX / 2);
        break;
    case PART_NUMBER:
        checkpoint_number(checkpoint, name, object);
        break;
    }
}

// The options come first: where one differs, it is what the message names.
static void options_state(Checkpoint *checkpoint, const LessonOptions *options) {
    char seed[16];
    snprintf(seed, sizeof seed, "%d", options->seed);
    checkpoint_text(checkpoint, "option --seed", seed);
    checkpoint_text(checkpoint, "option --schedule",
                    options->schedule ? options->schedule : "none");
    checkpoint_text(checkpoint, "option --quick", options->quick ? "yes" : "no");
    checkpoint_text(checkpoint, "option --held-out", options->held_out ? "yes" : "no");
    for (int i = 0; i < options->own_count; i++) {
        const Option *own = &options->own[i];
        if (own->unsaved || (own->may_change && !options->schedule)) // which may follow from it
            continue;
        char *name = path_format("option --%s", own->name);
        char *value = option_value(own);
        checkpoint_text(checkpoint, name, value ? value : "");
        free(name);
        free(value);
    }
}

static void loop_state(Checkpoint *checkpoint, void *object) {
    Loop *loop = object;
    options_state(checkpoint, loop->options);
    for (int i = 0; i < loop->part_count; i++)
        part_state(checkpoint, loop->parts[i].name, loop->parts[i].kind, loop->parts[i].object);
    for (int i = 0; i < loop->log_count; i++) {
        struct LoopLog *log = &loop->logs[i];
        char *bytes = path_format("%s bytes", log->name), *sum = path_format("%s sum", log->name);
        checkpoint_integer(checkpoint, bytes, &log->place.bytes, 0, LONG_MAX);
        checkpoint_integer(checkpoint, sum, &log->place.sum, LONG_MIN, LONG_MAX);
        free(bytes);
        free(sum);
    }
    checkpoint_integer(checkpoint, "step", &loop->step, 0, loop->steps);
    checkpoint_integer(checkpoint, "ended", &loop->has_ended, 0, 1);
}

// A checkpoint counts on what stands in the logs, so they are on the disk before it.
static void save(Loop *loop) {
    if (loop->options->follows)
        return;
    for (int i = 0; i < loop->log_count; i++)
        loop_need(loop, log_sync(loop->logs[i].log, &loop->logs[i].place, loop->error));
    if (loop->good && loop->saved != loop->step) {
        loop_need(loop, checkpoint_save(loop->path, loop_state, loop, loop->error));
        loop->saved = loop->step;
    }
}

static void step_state(Checkpoint *checkpoint, void *step) {
    checkpoint_integer(checkpoint, "step", step, 0, LONG_MAX);
}

// A run that can't go on from its checkpoint is begun anew by its parent, where it has one.
static void give_up_checkpoint(const Loop *loop) {
    if (loop->options->child)
        remove(loop->path);
}

long loop_saved_step(Loop *loop) {
    long step = 0;
    if (loop->options->resume && loop->good) {
        loop_need(loop, checkpoint_load_part(loop->path, step_state, &step, loop->error));
        if (!loop->good)
            give_up_checkpoint(loop);
    }
    return step;
}

// --- the loop ------------------------------------------------------------------------------------

static void resume(Loop *loop) {
    if (!file_exists(loop->path)) {
        loop_need(loop, error_set(loop->error,
                                  "%s isn't there, so there is nothing to go on with; start anew "
                                  "without --resume",
                                  loop->path));
        return;
    }
    loop_need(loop, checkpoint_load(loop->path, loop_state, loop, loop->error));
    loop->resumed = loop->good;
    loop->saved = loop->step;
    if (loop->has_ended)
        loop->ended = "ended before its last step";
}

void loop_begin(Loop *loop) {
    const bool writes = !loop->options->follows;
    if (loop->begun || !loop->good)
        return;
    if (loop->options->resume)
        resume(loop);
    else if (writes)
        remove(loop->path); // of another run, which this one's logs wouldn't fit
    for (int i = 0; i < loop->log_count && loop->good && writes; i++)
        loop_need(loop, log_begin(loop->logs[i].log, loop->resumed ? &loop->logs[i].place : NULL,
                                  loop->error));
    if (!loop->good)
        give_up_checkpoint(loop);
    if (loop->options->save_every)
        loop->save_every = loop->options->save_every;
    else if (!loop->save_every)
        loop->save_every = (loop->steps + 9) / 10;
    loop->begun = true;
    if (loop->good && writes)
        progress_start(&loop->progress, loop->options->name, loop->step, loop->steps,
                       loop->epoch_steps ? loop->epoch_steps : loop->save_every);
}

static void show(Loop *loop) {
    if (loop->options->follows)
        return;
    const long epoch = loop->epoch_steps;
    char epochs[64] = "", rate[32] = "";
    if (epoch)
        snprintf(epochs, sizeof epochs, "epoch %ld/%ld  ", (loop->step - 1) / epoch + 1,
                 (loop->steps - 1) / epoch + 1);
    if (!isnan(loop->shown_rate))
        snprintf(rate, sizeof rate, "  lr %.3g", loop->shown_rate);
    progress_step(&loop->progress, loop->step, "%sstep %ld/%ld  loss %.4f%s", epochs, loop->step,
                  loop->steps, loop->shown_loss, rate);
}

static void step_end(Loop *loop) {
    tape_clear(loop->tape);
    loop->under_way = false;
    for (int i = 0; i < loop->log_count; i++)
        loop_need(loop, log_is_whole(loop->logs[i].log, loop->error));
    if (!loop->good)
        return;
    show(loop);
    if (loop->step % loop->save_every == 0)
        save(loop);
}

bool loop_next(Loop *loop) {
    loop_begin(loop);
    if (loop->under_way)
        step_end(loop);
    if (loop->good && loop->step < loop->steps && !loop->ended && !interrupt_signal()) {
        loop->step++;
        loop->under_way = true;
        return true;
    }
    if (loop->good)
        save(loop);
    return false;
}

void loop_show(Loop *loop, double loss, double rate) {
    loop->shown_loss = loss;
    loop->shown_rate = rate;
}

void loop_stop(Loop *loop, const char *why) {
    loop->ended = why;
    loop->has_ended = true;
}

void loop_need(Loop *loop, bool done) {
    if (done)
        return;
    loop->good = false;
    loop->error = &loop->lost; // the first error is the one to report
}

// --- the end -------------------------------------------------------------------------------------

void loop_tell(Loop *loop, const char *format, ...) {
    if (loop->options->follows)
        return;
    if (!loop->good) { // the error will be told
        progress_clear(&loop->progress);
        return;
    }
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    progress_finish(&loop->progress, "%s%s%s",
                    loop->ended                ? loop->ended
                    : loop->step < loop->steps ? "stopped (--resume goes on)"
                                               : "trained",
                    *text ? ", " : "", text);
}

static void part_free(int kind, void *object) {
    if (kind == PART_MODULE)
        module_free(object);
    else if (kind == PART_OPTIMIZER)
        optimizer_free(object);
    else if (kind == PART_SCHEDULER)
        scheduler_free(object);
    else if (kind == PART_BATCHES)
        batches_free(object);
}

bool loop_end(Loop *loop) {
    for (int i = 0; i < loop->log_count; i++)
        loop_need(loop, table_close(loop->logs[i].log, loop->error));
    while (loop->part_count--) { // an optimizer before its module
        part_free(loop->parts[loop->part_count].kind, loop->parts[loop->part_count].object);
        free(loop->parts[loop->part_count].name);
    }
    tape_free(loop->tape);
    free(loop->path);
    return loop->good;
}
