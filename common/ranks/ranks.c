#include "ranks/ranks.h"

#include <limits.h>
#include <mpi.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "ranks/launch.h"
#include "run/interrupt.h"

#define MPI_REAL_TYPE (sizeof(real) == sizeof(double) ? MPI_DOUBLE : MPI_FLOAT)

static MPI_Comm messages_of(const Ranks *ranks) {
    return *(MPI_Comm *)ranks->messages;
}

// --- who is there --------------------------------------------------------------------------------

static Ranks ranks_over(MPI_Comm messages) {
    Ranks ranks = {.messages = memory_alloc(sizeof messages)};
    memcpy(ranks.messages, &messages, sizeof messages);
    MPI_Comm_rank(messages, &ranks.rank);
    MPI_Comm_size(messages, &ranks.count);
    return ranks;
}

static void ask_to_stop(int number) {
    (void)number;
    if (!interrupt_asked()) // it may come more than once
        raise(SIGTERM);
}

bool ranks_begin(Ranks *ranks, Error *error) {
    struct sigaction action = {.sa_handler = ask_to_stop, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(RANKS_STOP, &action, NULL);
    int threads; // of which this one alone speaks to other ranks
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &threads) != MPI_SUCCESS ||
        threads < MPI_THREAD_FUNNELED)
        return error_set(error, "MPI can't begin");
    *ranks = ranks_over(MPI_COMM_WORLD);
    ranks->all = true;
    interrupt_together(true);
    return true;
}

void ranks_end(Ranks *ranks) {
    interrupt_together(false);
    free(ranks->messages);
    ranks->messages = NULL;
    MPI_Finalize();
}

void ranks_fail(const Ranks *ranks) {
    for (int tenths = 0; ranks->rank > 0 && tenths < 30; tenths++) {
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
        if (interrupt_asked())
            _exit(1);
    }
}

Ranks ranks_part(const Ranks *ranks, int count) {
    MPI_Comm messages;
    MPI_Comm_split(messages_of(ranks), ranks->rank < count ? 0 : MPI_UNDEFINED, ranks->rank,
                   &messages);
    return messages == MPI_COMM_NULL ? (Ranks){0} : ranks_over(messages);
}

void ranks_part_free(Ranks *part) {
    if (part->messages)
        MPI_Comm_free((MPI_Comm *)part->messages);
    free(part->messages);
}

// --- what they have in common --------------------------------------------------------------------

// A signal ends the run behind this step, in all ranks or in none: who has none takes SIGTERM for it.
static void agree_on_signal(bool one_was_asked) {
    const int asked = interrupt_asked();
    if (one_was_asked)
        interrupt_agree(asked ? asked : SIGTERM);
}

// All gradients go in one message, since each more would cost its own α: behind them the loss, and whether a
// signal has come.
void ranks_average(const Ranks *ranks, const ParameterList *parameters, Tensor *loss) {
    if (ranks->count == 1 && !ranks->all)
        return;
    size_t count = 2;
    for (int i = 0; i < parameters->count; i++)
        count += parameters->items[i]->tensor.size;
    real *bucket = memory_alloc(count * sizeof *bucket), *at = bucket;
    for (int i = 0; i < parameters->count; i++) {
        const Tensor *tensor = &parameters->items[i]->tensor;
        if (tensor->grad_state == GRAD_NONE)
            fatal("ranks_average: '%s' has no gradient; backward comes first",
                  parameters->items[i]->name);
        memcpy(at, tensor->grad, tensor->size * sizeof *at);
        at += tensor->size;
    }
    at[0] = loss->data[0];
    at[1] = (real)(interrupt_asked() != 0);
    if (count > INT_MAX)
        fatal("ranks_average: %zu numbers are too many for a message", count);
    if (ranks->messages)
        MPI_Allreduce(MPI_IN_PLACE, bucket, (int)count, MPI_REAL_TYPE, MPI_SUM, messages_of(ranks));
    if (ranks->all)
        agree_on_signal(at[1] > 0);
    for (size_t i = 0; i < count; i++)
        bucket[i] /= (real)ranks->count;
    loss->data[0] = at[0];
    at = bucket;
    for (int i = 0; i < parameters->count; i++) {
        Tensor *tensor = &parameters->items[i]->tensor;
        memcpy(tensor->grad, at, tensor->size * sizeof *at);
        tensor->grad_state = GRAD_VALUE;
        at += tensor->size;
    }
    free(bucket);
}

bool ranks_agree(const Ranks *ranks, const ParameterList *parameters) {
    uLong sum = crc32(0, NULL, 0);
    for (int i = 0; i < parameters->count; i++) {
        const Tensor *tensor = &parameters->items[i]->tensor;
        sum = crc32_z(sum, (const Bytef *)tensor->data, tensor->size * sizeof(real));
    }
    uint64_t most[2] = {sum, ~(uint64_t)sum}; // of the largest, and of the smallest
    if (ranks->messages)
        MPI_Allreduce(MPI_IN_PLACE, most, 2, MPI_UINT64_T, MPI_MAX, messages_of(ranks));
    return most[0] == ~most[1];
}

void ranks_mean(const Ranks *ranks, int count, double *numbers) {
    if (ranks->messages)
        MPI_Allreduce(MPI_IN_PLACE, numbers, count, MPI_DOUBLE, MPI_SUM, messages_of(ranks));
    for (int i = 0; i < count; i++)
        numbers[i] /= ranks->count;
}

static void mean_of_parts(const void *ranks, int count, double *numbers) {
    ranks_mean(ranks, count, numbers);
}

BatchParts ranks_batch_parts(const Ranks *ranks) {
    return (BatchParts){.mean = mean_of_parts, .parts = ranks, .count = ranks->count};
}

void ranks_wait(const Ranks *ranks) {
    int here = !ranks->messages;
    MPI_Request request;
    if (!here)
        MPI_Ibarrier(messages_of(ranks), &request);
    while (!here) {
        MPI_Test(&request, &here, MPI_STATUS_IGNORE);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}
