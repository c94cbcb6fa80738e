// Our side of `make bench`: times one workload, a round at a time, when scripts/bench.sh asks.
//
//     build/bench WORKLOAD THREADS
//
// Says "ready FLOP" (floating point operations a step) when it has warmed up. Then for each line on
// stdin it runs a round and answers with the milliseconds a step took, and at the end of its input
// with its peak memory in kilobytes. scripts/bench.py is the same for PyTorch: change both.
//
// A new workload is a function that prepares it, one that makes a step, and a row of the table.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/error.h"
#include "base/threads.h"
#include "kernels/gemm.h"
#include "nn/layers.h"
#include "nn/loss.h"
#include "optim/optimizer.h"

static const double ROUND_SECONDS = 0.3, WARM_UP_SECONDS = 0.5;

typedef struct Workload {
    const char *name;
    void *(*prepare)(void);
    void (*step)(void *state);
    double (*flop)(void *state); // of the last step
} Workload;

// --- training a classifier -----------------------------------------------------------------------

enum { BATCH = 64, BATCHES = 8, IMAGE = 28 * 28 };

typedef struct Training {
    Module *network;
    Optimizer *optimizer;
    Tape *tape;
    Shape shape;           // of a batch
    real *images[BATCHES]; // on hand, as PyTorch's
    int labels[BATCHES][BATCH];
    int next;
    TapeCounts forward, backward;
} Training;

static Training *training_new(Module *network, Shape shape) {
    Training *training = memory_zeroed(1, sizeof *training);
    Random random = random_from_seed(1);
    training->network = network;
    training->shape = shape;
    training->tape = tape_new();
    module_initialise(network, &random);
    for (int i = 0; i < BATCHES; i++) {
        training->images[i] = memory_alloc(shape_size(shape) * sizeof(real));
        random_fill_normal(&random, shape_size(shape), 0, 1, training->images[i]);
        for (int j = 0; j < BATCH; j++)
            training->labels[i][j] = (int)random_below(&random, 10);
    }
    return training;
}

static void training_step(void *state) {
    Training *training = state;
    const int batch = training->next++ % BATCHES;
    tape_reset_counts(training->tape);
    Tensor *images = tape_copy(training->tape, training->shape, training->images[batch]);
    Tensor *logits = module_forward(training->network, images);
    Tensor *loss = cross_entropy(logits, training->labels[batch]);
    optimizer_zero_grad(training->optimizer);
    backward(loss);
    optimizer_step(training->optimizer);
    training->forward = tape_forward_counts(training->tape);
    training->backward = tape_backward_counts(training->tape);
    tape_clear(training->tape);
}

static double training_flop(void *state) {
    const Training *training = state;
    return 2 * (double)(training->forward.multiply_adds + training->backward.multiply_adds);
}

static void *prepare_mlp(void) {
    Module *network = sequential_new(linear_new(IMAGE, 256), relu_new(), linear_new(256, 10));
    Training *training = training_new(network, SHAPE(BATCH, IMAGE));
    training->optimizer = sgd(module_parameters(network), .lr = 0.01, .momentum = 0.9);
    return training;
}

static void *prepare_cnn(void) {
    Module *network =
        sequential_new(conv2d_new(1, 32, 3, .padding = 1), relu_new(), max_pool2d_new(2),
                       conv2d_new(32, 64, 3, .padding = 1), relu_new(), max_pool2d_new(2),
                       flatten_new(), linear_new(64 * 7 * 7, 128), relu_new(), linear_new(128, 10));
    Training *training = training_new(network, SHAPE(BATCH, 1, 28, 28));
    training->optimizer = adam(module_parameters(network), .lr = 1e-4);
    return training;
}

static void *prepare_cnn_bn(void) {
    Module *network = sequential_new(
        conv2d_new(1, 32, 3, .padding = 1), batch_norm_new(32), relu_new(), max_pool2d_new(2),
        conv2d_new(32, 64, 3, .padding = 1), batch_norm_new(64), relu_new(), max_pool2d_new(2),
        conv2d_new(64, 128, 3, .padding = 1), batch_norm_new(128), relu_new(), avg_pool2d_new(7),
        flatten_new(), linear_new(128, 10));
    Training *training = training_new(network, SHAPE(BATCH, 1, 28, 28));
    training->optimizer = sgd(module_parameters(network), .lr = 0.01, .momentum = 0.9);
    return training;
}

// --- the machine's own limit ---------------------------------------------------------------------

// A product of large matrices on each thread at once: as fast as this machine multiplies.
enum { SIDE = 1024 };

typedef struct Products {
    int threads;
    real *a, *b, *c;
} Products;

static void *prepare_sgemm(void) {
    Products *products = memory_alloc(sizeof *products);
    const size_t size = (size_t)SIDE * SIDE;
    products->threads = threads_count();
    const size_t all = (size_t)products->threads * size;
    Random random = random_from_seed(1);
    products->a = memory_alloc(all * sizeof(real));
    products->b = memory_alloc(all * sizeof(real));
    products->c = memory_zeroed(all, sizeof(real));
    random_fill_normal(&random, all, 0, 1, products->a);
    random_fill_normal(&random, all, 0, 1, products->b);
    return products;
}

static void sgemm_step(void *state) {
    const Products *p = state;
#pragma omp parallel for schedule(static, 1)
    for (int i = 0; i < p->threads; i++) {
        const size_t at = (size_t)i * SIDE * SIDE;
        kernel_gemm_one(PLAIN, PLAIN, SIDE, SIDE, SIDE, p->a + at, SIDE, p->b + at, SIDE, false,
                        p->c + at, SIDE);
    }
}

static double sgemm_flop(void *state) {
    return 2.0 * SIDE * SIDE * SIDE * ((const Products *)state)->threads;
}

// --- rounds --------------------------------------------------------------------------------------

static const Workload workloads[] = {
    {"mlp", prepare_mlp, training_step, training_flop},
    {"cnn", prepare_cnn, training_step, training_flop},
    {"cnn-bn", prepare_cnn_bn, training_step, training_flop},
    {"sgemm", prepare_sgemm, sgemm_step, sgemm_flop},
};
enum { WORKLOAD_COUNT = sizeof workloads / sizeof workloads[0] };

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// Steps for at least so long; returns the seconds a step took.
static double round_run(const Workload *workload, void *state, double seconds) {
    const double start = seconds_now();
    double end = start;
    long steps = 0;
    for (; end - start < seconds; steps++, end = seconds_now())
        workload->step(state);
    return (end - start) / (double)steps;
}

static long peak_kilobytes(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
    return usage.ru_maxrss / 1024;
#else
    return usage.ru_maxrss;
#endif
}

static const Workload *workload_find(const char *name) {
    for (int i = 0; i < WORKLOAD_COUNT; i++)
        if (strcmp(workloads[i].name, name) == 0)
            return &workloads[i];
    fprintf(stderr, "error: there is no workload '%s'; there are:", name);
    for (int i = 0; i < WORKLOAD_COUNT; i++)
        fprintf(stderr, " %s", workloads[i].name);
    fprintf(stderr, "\n");
    return NULL;
}

int main(int argc, char **argv) {
    threads_prepare(argv);
    if (argc != 3) {
        fprintf(stderr, "usage: %s WORKLOAD THREADS\n", argv[0]);
        return 1;
    }
    const Workload *workload = workload_find(argv[1]);
    if (!workload)
        return 1;
    threads_set(atoi(argv[2]));
    void *state = workload->prepare();
    round_run(workload, state, WARM_UP_SECONDS);
    printf("ready %.0f\n", workload->flop(state));
    fflush(stdout);
    char line[16];
    while (fgets(line, sizeof line, stdin)) {
        printf("%.6f\n", 1e3 * round_run(workload, state, ROUND_SECONDS));
        fflush(stdout);
    }
    printf("%ld\n", peak_kilobytes());
    return 0;
}
