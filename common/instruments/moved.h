// What moved? Rows are actions, columns are what could move; a cell counts the numbers whose bits an
// action changed.
//
//     Moved *moved = moved_new(options->out);
//     moved_watch(moved, 0, "D", discriminator, optimizer_d);
//     moved_watch(moved, 1, "G", generator, optimizer_g);
//     moved_before(moved);
//     …a step of D…
//     moved_after(moved, "D's step", "####  ...#");
//     if (!moved_close(moved, &unexpected, error)) …
//
// Each watched network has four columns: its weights, its gradients (one that comes or goes counts
// like one that changes), the state of its optimizer, and its buffers: the running statistics of
// batch norm. What is expected of an action is said with it, a letter a column: '.' nothing may
// move, not one bit; '#' something must, '+' something but not all. Spaces are for the eye. What
// comes or goes in between (the state of a group that joins) has moved.
#ifndef KNOBS_INSTRUMENTS_MOVED_H
#define KNOBS_INSTRUMENTS_MOVED_H

#include <stdbool.h>

#include "base/error.h"
#include "nn/module.h"
#include "optim/optimizer.h"

typedef struct Moved Moved;

// The cells go to folder/moved.csv, a table action,network,part,changed,total,as_expected, which
// common/run/moved.gp draws.
Moved *moved_new(const char *folder);

// Network number `network`, from 0; a number that is in use replaces that network. All must outlive it.
// `optimizer` may be NULL: that column is then empty. Fatal: a number is left out, or more than
// MOVED_NETWORKS_MAX.
enum { MOVED_NETWORKS_MAX = 4 };
void moved_watch(Moved *moved, int network, const char *name, Module *module,
                 const Optimizer *optimizer);

// Remembers the numbers; then counts those that the action has changed since, and writes its row. Fatal:
// `expected` hasn't a letter for each column.
void moved_before(Moved *moved);
void moved_after(Moved *moved, const char *action, const char *expected);

// Frees it. *unexpected is how many cells weren't as expected; the error is the table's.
bool moved_close(Moved *moved, int *unexpected, Error *error);

#endif
