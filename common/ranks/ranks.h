// Several processes that are one training: each has its rank, its part of every batch, and the same weights.
// On one machine or on many; the messages are MPI's. This room is there where MPI is (make setup-mpi).
//
//     Ranks ranks;
//     if (!ranks_begin(&ranks, &error)) return false;
//     …all make the same network from the same seed, and batches with .part = ranks.rank, .parts = ranks.count…
//     backward(loss);
//     ranks_average(&ranks, &parameters, loss); // the mean over all ranks: the same bits in all
//     optimizer_step(optimizer);
//     …
//     ranks_end(&ranks);
//
// All ranks make these calls in the same order. One that ends without ranks_end takes the others with it.
#ifndef KNOBS_RANKS_RANKS_H
#define KNOBS_RANKS_RANKS_H

#include <stdbool.h>

#include "base/error.h"
#include "tensor/operations.h"
#include "tensor/parameter.h"

typedef struct Ranks {
    int rank, count; // this one, from 0, of so many
    bool all;        // of all that were started: they alone agree on signals
    void *messages;  // its own; NULL: it is alone
} Ranks;

#define RANKS_ALONE ((Ranks){.count = 1})

// Joins the ranks that were started together (launch.h). Until ranks_end, a signal that comes to one of them is
// seen by all, behind the same ranks_average.
bool ranks_begin(Ranks *ranks, Error *error);
void ranks_end(Ranks *ranks);
// In its place where this rank has an error to tell. What all ranks have found, the first one tells: another
// waits, and where the first one's end has ended the run, its own is without a word.
void ranks_fail(const Ranks *ranks);

// The first `count` of them, as ranks of their own; in all others the count is 0. All call it; free it with
// ranks_part_free.
Ranks ranks_part(const Ranks *ranks, int count);
void ranks_part_free(Ranks *part);

// Every gradient of the list, and the number of the loss, become their mean over all ranks. Fatal: a gradient
// that is none; it would be in all or in none of them. A single rank: nothing happens.
void ranks_average(const Ranks *ranks, const ParameterList *parameters, Tensor *loss);

// Whether all ranks have the same numbers, to the bit.
bool ranks_agree(const Ranks *ranks, const ParameterList *parameters);

// Each number becomes its mean over all ranks.
void ranks_mean(const Ranks *ranks, int count, double *numbers);

// For batch norm (nn/layers.h): batch_norm_synchronise(network, ranks_batch_parts(&ranks)).
BatchParts ranks_batch_parts(const Ranks *ranks);

// Waits, asleep, until all are here: for long; within a step any of the above waits, and is sooner awake.
void ranks_wait(const Ranks *ranks);

#endif
