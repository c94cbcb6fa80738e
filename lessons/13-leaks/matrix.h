// What moves when the backbone is to stand still: a step of each way to freeze, measured bit for bit.
#ifndef KNOBS_LESSON_13_MATRIX_H
#define KNOBS_LESSON_13_MATRIX_H

#include "frozen.h"
#include "instruments/moved.h"

typedef struct Action {
    const char *name;
    const char
        *expected; // backbone: weights, gradients, state, statistics; head: the same (moved.h)
    enum { SGD, SGD_DECAY, SGD_MOMENTUM, ADAM } algorithm;
    // What becomes of the backbone's gradients: all learns; frozen with none, zeros, or what was there;
    // not frozen, and owned by no one, or at rate 0
    enum { LEARNS, NONE, ZERO, STALE, UNOWNED, RATE_0 } gradients;
    bool training; // its mode
} Action;

static const Action actions[] = {
    {"nothing frozen", "#### ###.", SGD_MOMENTUM, LEARNS, true},
    {"rate 0 for the backbone", ".##. ###.", SGD_MOMENTUM, RATE_0, false},
    {"not owned by the optimizer", ".#.. ###.", SGD_MOMENTUM, UNOWNED, false},
    {"frozen: gradient left", "#.#. ###.", SGD, STALE, false},
    {"frozen: gradient zero", "..#. ###.", SGD, ZERO, false},
    {"… with weight decay", "#.#. ###.", SGD_DECAY, ZERO, false},
    {"… with momentum", "#.#. ###.", SGD_MOMENTUM, ZERO, false},
    {"… with Adam", "#.#. ###.", ADAM, ZERO, false},
    {"frozen: batch norm trains", "...# ###.", SGD_MOMENTUM, NONE, true},
    {"frozen: cured", ".... ###.", SGD_MOMENTUM, NONE, false},
};
enum { ACTIONS = sizeof actions / sizeof *actions };

static Optimizer *optimizer_for(const Action *action, ParameterList list) {
    if (action->algorithm == ADAM)
        return adam(list, .lr = 0.001);
    return sgd(list, .lr = 0.01, .momentum = action->algorithm == SGD_MOMENTUM ? 0.9 : 0,
               .weight_decay = action->algorithm == SGD_DECAY ? 0.01 : 0);
}

// A step in which all learns, so that there are gradients and momenta; then it is frozen, and of the
// second step after that we see what it moves.
static void act(Moved *moved, Frozen *f, const Action *action) {
    const ParameterList of_head = module_parameters(f->head);
    const Clearing clearing = action->gradients == ZERO    ? TO_ZERO
                              : action->gradients == STALE ? HEAD_ALONE
                                                           : TO_NONE;
    f->optimizer = optimizer_for(action, action->gradients == UNOWNED ? of_head : f->weights);
    if (action->gradients != UNOWNED)
        optimizer_add_group(f->optimizer, of_head);
    module_pin_mode(f->backbone, action->training);
    take_step(f, batches_draw(f->batches, f->tape), TO_NONE);
    if (action->gradients == NONE)
        module_freeze(f->backbone);
    else if (action->gradients == RATE_0)
        optimizer_set(f->optimizer, 0, "lr", 0);
    else
        parameter_list_require_grad(&f->weights, clearing == TO_NONE);
    take_step(f, batches_draw(f->batches, f->tape), clearing);
    moved_watch(moved, 0, "the backbone", f->backbone, f->optimizer);
    moved_watch(moved, 1, "the head", f->head, f->optimizer);
    moved_before(moved);
    take_step(f, batches_draw(f->batches, f->tape), clearing);
    moved_after(moved, action->name, action->expected);
}

// Writes folder/moved.csv; *unexpected is how many cells aren't as they stand above.
static bool matrix_measure(const char *folder, const Dataset *garments, const char *path,
                           uint64_t seed, int *unexpected, Error *error) {
    Moved *moved = moved_new(folder);
    bool good = true;
    for (int i = 0; i < ACTIONS && good; i++) {
        Frozen frozen;
        good = frozen_init(&frozen, garments, path, 16, seed, error);
        if (good)
            act(moved, &frozen, &actions[i]);
        frozen_free(&frozen);
    }
    Error lost;
    return moved_close(moved, unexpected, good ? error : &lost) && good;
}

#endif
