// The same seed gives the same bits whatever the number of threads: whole runs are repeated with 1,
// 2 and 3 threads, and every loss, parameter, buffer and optimizer state is compared bit for bit.
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/threads.h"
#include "small_cnn.h"

enum { MOST_THREADS = 3 };

// --- what a run leaves ---------------------------------------------------------------------------

typedef struct Span {
    char name[48]; // for the message
    size_t end;    // one past its last number
} Span;

typedef struct Trace {
    size_t count;
    double *numbers;
    int span_count;
    Span *spans;
} Trace;

static void trace_add(Trace *trace, const char *name, size_t n, const real *numbers) {
    trace->numbers = memory_resize(trace->numbers, (trace->count + n) * sizeof *trace->numbers);
    for (size_t i = 0; i < n; i++)
        trace->numbers[trace->count++] = (double)numbers[i];
    const size_t spans = (size_t)trace->span_count + 1;
    trace->spans = memory_resize(trace->spans, spans * sizeof *trace->spans);
    Span *span = &trace->spans[trace->span_count++];
    snprintf(span->name, sizeof span->name, "%s", name);
    span->end = trace->count;
}

static void trace_add_state(Trace *trace, Module *network, const Optimizer *optimizer) {
    const ParameterList parameters = module_parameters(network), buffers = module_buffers(network);
    for (int i = 0; i < parameters.count; i++) {
        const Parameter *parameter = parameters.items[i];
        const ParameterState *state = optimizer_state(optimizer, parameter);
        trace_add(trace, parameter->name, parameter->tensor.size, parameter->tensor.data);
        assert_int_equal(parameter->tensor.grad_state, GRAD_VALUE);
        trace_add(trace, parameter->name, parameter->tensor.size, parameter->tensor.grad);
        for (int b = 0; b < STATE_MAX_BUFFERS; b++)
            if (state->buffers[b])
                trace_add(trace, parameter->name, parameter->tensor.size, state->buffers[b]);
    }
    for (int i = 0; i < buffers.count; i++)
        trace_add(trace, buffers.items[i]->name, buffers.items[i]->tensor.size,
                  buffers.items[i]->tensor.data);
}

static void assert_same_trace(const Trace *expected, const Trace *found, int threads) {
    assert_int_equal(found->count, expected->count);
    const Span *span = expected->spans;
    for (size_t i = 0; i < expected->count; i++) {
        while (i == span->end)
            span++;
        if (memcmp(&expected->numbers[i], &found->numbers[i], sizeof(double)) != 0)
            fail_msg("number %zu (%s) is %.17g with 1 thread, %.17g with %d", i, span->name,
                     expected->numbers[i], found->numbers[i], threads);
    }
}

static void trace_free(Trace *trace) {
    free(trace->numbers);
    free(trace->spans);
}

// --- runs ----------------------------------------------------------------------------------------

typedef struct Workload {
    const char *name;
    Shape input; // without the batch
    int batch, steps;
    Module *(*create)(Random *random);
    Optimizer *(*optimize)(ParameterList parameters);
} Workload;

static Trace run(const Workload *workload) {
    Trace trace = {0};
    Random random = random_from_seed(40);
    Module *network = workload->create(&random);
    module_initialise(network, &random);
    Optimizer *optimizer = workload->optimize(module_parameters(network));
    Tape *tape = tape_new();
    int *labels = memory_alloc((size_t)workload->batch * sizeof *labels);
    Shape shape = {.rank = workload->input.rank + 1, .dims = {workload->batch}};
    for (int i = 0; i < workload->input.rank; i++)
        shape.dims[i + 1] = workload->input.dims[i];
    const int steps = getenv("KNOBS_VALGRIND") ? 1 : workload->steps;
    for (int step = 0; step < steps; step++) {
        Tensor *x = tape_tensor(tape, shape);
        random_fill_normal(&random, x->size, 0, 1, x->data);
        for (int i = 0; i < workload->batch; i++)
            labels[i] = (int)random_below(&random, 10);
        Tensor *loss = cross_entropy(module_forward(network, x), labels, .label_smoothing = 0.1);
        trace_add(&trace, "loss", 1, loss->data);
        optimizer_zero_grad(optimizer);
        backward(loss);
        optimizer_step(optimizer);
        tape_clear(tape);
    }
    trace_add_state(&trace, network, optimizer);
    free(labels);
    tape_free(tape);
    optimizer_free(optimizer);
    module_free(network);
    return trace;
}

// The test means something only if there are as many threads as it says.
static void assert_threads(int wanted) {
    int found = 0;
    threads_set(wanted);
    assert_int_equal(threads_count(), wanted);
#pragma omp parallel
    {
#pragma omp single
        found = omp_get_num_threads();
    }
    assert_int_equal(found, wanted);
}

static void check(const Workload *workload) {
    assert_threads(1);
    Trace expected = run(workload);
    for (int threads = 2; threads <= MOST_THREADS; threads++) {
        assert_threads(threads);
        Trace found = run(workload);
        assert_same_trace(&expected, &found, threads);
        trace_free(&found);
    }
    print_message("%s, batch %d: %zu numbers the same with 1 … %d threads\n", workload->name,
                  workload->batch, expected.count, MOST_THREADS);
    trace_free(&expected);
    threads_set(0);
}

// --- the networks --------------------------------------------------------------------------------

static Module *create_mlp(Random *random) {
    (void)random;
    return sequential_new(linear_new(784, 256), relu_new(), linear_new(256, 10));
}

static Module *create_cnn(Random *random) {
    (void)random;
    return small_cnn_new();
}

// Images and channels of Fashion-MNIST's size, so that each kernel has work for all threads; its
// dropout draws from the stream that makes the data.
static Module *create_wide_cnn(Random *random) {
    return sequential_new(conv2d_new(1, 16, 3, .padding = 1), batch_norm_new(16),
                          leaky_relu_new(0.1), max_pool2d_new(2), dropout_new(0.2, random),
                          conv2d_new(16, 24, 5, .stride = 2, .padding = 2, .bias = false),
                          hyperbolic_tangent_new(), avg_pool2d_new(3, .stride = 2, .padding = 1),
                          flatten_new(), linear_new(24 * 16, 10));
}

// Depthwise, pointwise and transposed: MobileNet's block and a generator's.
static Module *create_blocks(Random *random) {
    (void)random;
    return sequential_new(
        conv2d_new(1, 16, 3, .stride = 2, .padding = PADDING_SAME, .bias = false), relu6_new(),
        conv2d_new(16, 16, 3, .stride = 2, .padding = PADDING_SAME, .groups = 16, .relu = 6),
        conv2d_new(16, 32, 1), conv_transpose2d_new(32, 12, 4, .stride = 2, .padding = 1),
        leaky_relu_new(0.2), conv2d_new(12, 8, 4, .stride = 2, .padding = 1, .groups = 4),
        flatten_new(), linear_new(8 * 49, 10));
}

static Optimizer *optimize_momentum(ParameterList parameters) {
    return sgd(parameters, .lr = 0.05, .momentum = 0.9, .weight_decay = 1e-4);
}
static Optimizer *optimize_nesterov(ParameterList parameters) {
    return sgd(parameters, .lr = 0.05, .momentum = 0.9, .nesterov = 1);
}
static Optimizer *optimize_adam(ParameterList parameters) {
    return adam(parameters, .lr = 1e-3);
}

static const Shape ROW = {1, {784}}, DIGIT = {3, {1, 8, 8}}, GARMENT = {3, {1, 28, 28}};

static void test_mlp(void **state) {
    (void)state;
    check(&(Workload){"mlp", ROW, 64, 20, create_mlp, optimize_momentum});
    check(&(Workload){"mlp", ROW, 37, 10, create_mlp, optimize_adam});
    check(&(Workload){"mlp", ROW, 301, 5, create_mlp, optimize_nesterov});
    check(&(Workload){"mlp", ROW, 1, 10, create_mlp, optimize_momentum});
}

static void test_small_cnn(void **state) {
    (void)state;
    check(&(Workload){"small cnn", DIGIT, 32, 30, create_cnn, optimize_momentum});
    check(&(Workload){"small cnn", DIGIT, 13, 20, create_cnn, optimize_adam});
    check(&(Workload){"small cnn", DIGIT, 2, 20, create_cnn, optimize_adam});
}

static void test_wide_cnn(void **state) {
    (void)state;
    check(&(Workload){"wide cnn", GARMENT, 24, 4, create_wide_cnn, optimize_momentum});
    check(&(Workload){"wide cnn", GARMENT, 19, 4, create_wide_cnn, optimize_adam});
    check(&(Workload){"wide cnn", GARMENT, 1, 6, create_wide_cnn, optimize_adam});
}

static void test_blocks(void **state) {
    (void)state;
    check(&(Workload){"blocks", GARMENT, 24, 4, create_blocks, optimize_momentum});
    check(&(Workload){"blocks", GARMENT, 11, 4, create_blocks, optimize_adam});
    check(&(Workload){"blocks", GARMENT, 1, 6, create_blocks, optimize_adam});
}

// Shuffled digits with a smaller last batch, as a lesson trains.
static Trace run_digits(const Dataset *data) {
    Trace trace = {0};
    Random random = random_from_seed(41);
    Module *network = small_cnn_new();
    module_initialise(network, &random);
    Optimizer *optimizer = adam(module_parameters(network));
    Batches *batches = batches_new(data, .size = 48, .seed = 3);
    Tape *tape = tape_new();
    for (int step = 0; step < (getenv("KNOBS_VALGRIND") ? 2 : 40); step++) {
        const real loss = (real)small_cnn_step(network, batches, optimizer, NULL, tape);
        trace_add(&trace, "loss", 1, &loss);
    }
    trace_add_state(&trace, network, optimizer);
    tape_free(tape);
    batches_free(batches);
    optimizer_free(optimizer);
    module_free(network);
    return trace;
}

static void test_digits(void **state) {
    (void)state;
    Dataset data = small_cnn_digits();
    assert_threads(1);
    Trace expected = run_digits(&data);
    for (int threads = 2; threads <= MOST_THREADS; threads++) {
        assert_threads(threads);
        Trace found = run_digits(&data);
        assert_same_trace(&expected, &found, threads);
        trace_free(&found);
    }
    trace_free(&expected);
    dataset_free(&data);
    threads_set(0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mlp),      cmocka_unit_test(test_small_cnn),
        cmocka_unit_test(test_wide_cnn), cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
