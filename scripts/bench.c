// Our side of `make bench`.
//
//     build/bench WORKLOAD THREADS          rounds, when scripts/bench.sh asks for them
//     build/bench WORKLOAD THREADS STEPS    so many steps and no more, for a profiler
//     build/bench conv THREADS              a table of convolutions alone
//
// The first says "ready FLOP KB NOTE" when it has warmed up: floating point operations a step, peak
// memory, and what was verified. Then for each line on stdin it runs a round and answers with the
// milliseconds a step took, and with the GFLOP/s of large matrix products right after it, which are
// the machine's own limit. scripts/bench.py is the same for PyTorch: change both. Status 2 says that
// a workload lacks its data.
//
// A new workload is a function that prepares it, one that makes a step, and a row of the table.
#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/error.h"
#include "base/file.h"
#include "base/threads.h"
#include "nn/layers.h"
#include "nn/loss.h"
#include "optim/optimizer.h"
#include "files/safetensors.h"
#include "run/pretrained.h"

static const double ROUND_SECONDS = 0.3, LIMIT_SECONDS = 0.15, WARM_UP_SECONDS = 0.5;

typedef void (*StepFunction)(void *state);

typedef struct Workload {
    const char *name;
    void *(*prepare)(void); // NULL: it can't run here, and has said why
    StepFunction step;
} Workload;

// What the last step counted, and what preparing has to say.
static double step_flop;
static char note[128];

static void count_step(Tape *tape) {
    const TapeCounts forward = tape->forward, backward = tape->backward;
    step_flop = 2 * (double)(forward.multiply_adds + backward.multiply_adds);
    tape_reset_counts(tape);
}

// --- inputs on hand ------------------------------------------------------------------------------

enum { BATCH = 64, BATCHES = 8, CLASSES = 10, IMAGE = 28 };

typedef struct Inputs {
    Shape shape; // of a batch
    real *batches[BATCHES];
    int next;
} Inputs;

static Inputs inputs_new(Random *random, Shape shape) {
    Inputs inputs = {.shape = shape};
    for (int i = 0; i < BATCHES; i++) {
        inputs.batches[i] = memory_alloc(shape_size(shape) * sizeof(real));
        random_fill_normal(random, shape_size(shape), 0, 1, inputs.batches[i]);
    }
    return inputs;
}

static Tensor *inputs_next(Inputs *inputs, Tape *tape) {
    return tape_copy(tape, inputs->shape, inputs->batches[inputs->next++ % BATCHES]);
}

// --- training a classifier -----------------------------------------------------------------------

typedef struct Training {
    Module *network;
    Optimizer *optimizer;
    Tape *tape;
    Inputs images;
    int labels[BATCHES][BATCH];
} Training;

static Training *training_new(Module *network, Shape shape) {
    Training *training = memory_zeroed(1, sizeof *training);
    Random random = random_from_seed(1);
    training->network = network;
    training->tape = tape_new();
    module_initialise(network, &random);
    training->images = inputs_new(&random, shape);
    for (int i = 0; i < BATCHES * BATCH; i++)
        training->labels[i / BATCH][i % BATCH] = (int)random_below(&random, CLASSES);
    return training;
}

static void training_step(void *state) {
    Training *training = state;
    const int *labels = training->labels[training->images.next % BATCHES];
    Tensor *images = inputs_next(&training->images, training->tape);
    Tensor *loss = cross_entropy(module_forward(training->network, images), labels);
    optimizer_zero_grad(training->optimizer);
    backward(loss);
    optimizer_step(training->optimizer);
    count_step(training->tape);
    tape_clear(training->tape);
}

static void *prepare_mlp(void) {
    Module *network =
        sequential_new(linear_new(IMAGE * IMAGE, 256), relu_new(), linear_new(256, CLASSES));
    Training *training = training_new(network, SHAPE(BATCH, IMAGE * IMAGE));
    training->optimizer = sgd(module_parameters(network), .lr = 0.01, .momentum = 0.9);
    return training;
}

static void *prepare_cnn(void) {
    Module *network = sequential_new(
        conv2d_new(1, 32, 3, .padding = 1), relu_new(), max_pool2d_new(2),
        conv2d_new(32, 64, 3, .padding = 1), relu_new(), max_pool2d_new(2), flatten_new(),
        linear_new(64 * 7 * 7, 128), relu_new(), linear_new(128, CLASSES));
    Training *training = training_new(network, SHAPE(BATCH, 1, IMAGE, IMAGE));
    training->optimizer = adam(module_parameters(network), .lr = 1e-4);
    return training;
}

static Module *three_blocks(void) {
    return sequential_new(conv2d_new(1, 32, 3, .padding = 1), batch_norm_new(32), relu_new(),
                          max_pool2d_new(2), conv2d_new(32, 64, 3, .padding = 1),
                          batch_norm_new(64), relu_new(), max_pool2d_new(2),
                          conv2d_new(64, 128, 3, .padding = 1), batch_norm_new(128), relu_new(),
                          avg_pool2d_new(7), flatten_new());
}

static void *prepare_cnn_bn(void) {
    Module *network = sequential_new(three_blocks(), linear_new(128, CLASSES));
    Training *training = training_new(network, SHAPE(BATCH, 1, IMAGE, IMAGE));
    training->optimizer = sgd(module_parameters(network), .lr = 0.01, .momentum = 0.9);
    return training;
}

static void *prepare_frozen(void) {
    Training *training = prepare_cnn_bn();
    Module *blocks = module_find(training->network, "0");
    const ParameterList frozen = module_parameters(blocks);
    parameter_list_require_grad(&frozen, false);
    module_train(blocks, false);
    optimizer_free(training->optimizer);
    training->optimizer =
        sgd(module_parameters(module_find(training->network, "1")), .lr = 0.01, .momentum = 0.9);
    return training;
}

// --- a GAN ---------------------------------------------------------------------------------------

enum { LATENT = 64 };

typedef struct Gan {
    Module *generator, *discriminator;
    Optimizer *generator_adam, *discriminator_adam;
    Tape *tape;
    Inputs images, latents;
    real real_labels[BATCH], fake_labels[BATCH];
} Gan;

static void *prepare_dcgan(void) {
    Gan *gan = memory_zeroed(1, sizeof *gan);
    Random random = random_from_seed(1);
    gan->tape = tape_new();
    gan->generator = sequential_new(
        conv_transpose2d_new(LATENT, 128, 7, .bias = false), batch_norm_new(128), relu_new(),
        conv_transpose2d_new(128, 64, 4, .stride = 2, .padding = 1, .bias = false),
        batch_norm_new(64), relu_new(),
        conv_transpose2d_new(64, 1, 4, .stride = 2, .padding = 1, .bias = false),
        hyperbolic_tangent_new());
    gan->discriminator = sequential_new(
        conv2d_new(1, 64, 4, .stride = 2, .padding = 1, .bias = false), leaky_relu_new(0.2),
        conv2d_new(64, 128, 4, .stride = 2, .padding = 1, .bias = false), batch_norm_new(128),
        leaky_relu_new(0.2), flatten_new(), linear_new(128 * 7 * 7, 1));
    module_initialise(gan->generator, &random);
    module_initialise(gan->discriminator, &random);
    gan->generator_adam =
        adam(module_parameters(gan->generator), .lr = 2e-4, .beta1 = 0.5, .beta2 = 0.999);
    gan->discriminator_adam =
        adam(module_parameters(gan->discriminator), .lr = 2e-4, .beta1 = 0.5, .beta2 = 0.999);
    gan->images = inputs_new(&random, SHAPE(BATCH, 1, IMAGE, IMAGE));
    gan->latents = inputs_new(&random, SHAPE(BATCH, LATENT, 1, 1));
    for (int i = 0; i < BATCH; i++)
        gan->real_labels[i] = 1;
    return gan;
}

// How far the discriminator is from calling these images so.
static Tensor *judge(Gan *gan, Tensor *images, const real *labels) {
    return binary_cross_entropy_with_logits(module_forward(gan->discriminator, images),
                                            tape_copy(gan->tape, SHAPE(BATCH, 1), labels));
}

static void gan_step(void *state) {
    Gan *gan = state;
    const ParameterList judging = module_parameters(gan->discriminator);
    Tensor *fake = module_forward(gan->generator, inputs_next(&gan->latents, gan->tape));

    Tensor *loss = add(judge(gan, inputs_next(&gan->images, gan->tape), gan->real_labels),
                       judge(gan, detach(fake), gan->fake_labels));
    optimizer_zero_grad(gan->discriminator_adam);
    backward(loss);
    optimizer_step(gan->discriminator_adam);

    parameter_list_require_grad(&judging, false);
    loss = judge(gan, fake, gan->real_labels);
    optimizer_zero_grad(gan->generator_adam);
    backward(loss);
    optimizer_step(gan->generator_adam);
    parameter_list_require_grad(&judging, true);

    count_step(gan->tape);
    tape_clear(gan->tape);
}

// --- MobileNet, forward --------------------------------------------------------------------------

enum { MOBILENET_BATCH = 8, MOBILENET_IMAGE = 160 };
static const double LOGITS_BOUND = 1e-3;

typedef struct Mobilenet {
    Module *network;
    Tape *tape;
    Inputs images;
} Mobilenet;

// The reference tensors aren't published: they are looked for in the mirror. NULL: there are none.
static SafetensorsFile *open_reference(void) {
    const char *mirror = getenv("KNOBS_MIRROR");
    char *path = path_format("%s/mobilenet_v1/mobilenet_v1_0.5_160.reference.safetensors",
                             mirror ? mirror : KNOBS_ROOT "/../shared/data");
    Error error;
    SafetensorsFile *file = file_exists(path) ? safetensors_open(path, &error) : NULL;
    free(path);
    return file;
}

static bool read_reference(const SafetensorsFile *file, const char *name, size_t size, float *to) {
    const SafetensorsEntry *entry = safetensors_find(file, name);
    if (!entry || entry->dtype != DTYPE_F32 || shape_size(entry->shape) != size)
        return false;
    memcpy(to, entry->data, size * sizeof(float));
    return true;
}

// A batch of copies of the reference's image; returns the largest difference of a logit, or a
// negative number where there is no reference.
static double mobilenet_error(Mobilenet *mobilenet) {
    enum { PIXELS = 3 * MOBILENET_IMAGE * MOBILENET_IMAGE };
    SafetensorsFile *file = open_reference();
    float *input = memory_alloc(PIXELS * sizeof(float)), logits[MOBILENET_CLASSES];
    double worst = -1;
    if (file && read_reference(file, "input", PIXELS, input) &&
        read_reference(file, "logits", MOBILENET_CLASSES, logits)) {
        Tensor *images = tape_tensor(mobilenet->tape, mobilenet->images.shape);
        for (size_t i = 0; i < images->size; i++)
            images->data[i] = (real)input[i % PIXELS];
        const Tensor *found = module_forward(mobilenet->network, images);
        for (size_t i = 0; i < found->size; i++)
            worst =
                fmax(worst, fabs((double)found->data[i] - (double)logits[i % MOBILENET_CLASSES]));
        tape_clear(mobilenet->tape);
    }
    free(input);
    safetensors_close(file);
    return worst;
}

static void *prepare_mobilenet(void) {
    Mobilenet *mobilenet = memory_zeroed(1, sizeof *mobilenet);
    Random random = random_from_seed(1);
    Error error;
    mobilenet->network = mobilenet_pretrained(MOBILENET_LARGE, NULL, true, &error);
    if (!mobilenet->network) {
        error_report(&error);
        return NULL;
    }
    module_train(mobilenet->network, false);
    mobilenet->tape = tape_new();
    tape_set_recording(mobilenet->tape, false);
    mobilenet->images =
        inputs_new(&random, SHAPE(MOBILENET_BATCH, 3, MOBILENET_IMAGE, MOBILENET_IMAGE));
    const double worst = mobilenet_error(mobilenet);
    if (worst > LOGITS_BOUND)
        fatal("mobilenet: a logit is %g off the reference, allowed is %g", worst, LOGITS_BOUND);
    if (worst < 0)
        snprintf(note, sizeof note, "logits unchecked: no reference tensors in KNOBS_MIRROR");
    else
        snprintf(note, sizeof note, "logits at most %.1e off the reference", worst);
    return mobilenet;
}

static void mobilenet_step(void *state) {
    Mobilenet *mobilenet = state;
    module_forward(mobilenet->network, inputs_next(&mobilenet->images, mobilenet->tape));
    count_step(mobilenet->tape);
    tape_clear(mobilenet->tape);
}

// --- time ----------------------------------------------------------------------------------------

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// Steps for at least so long; returns the seconds a step took.
static double round_run(StepFunction step, void *state, double seconds) {
    const double start = seconds_now();
    double end = start;
    long steps = 0;
    for (; end - start < seconds; steps++, end = seconds_now())
        step(state);
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

// --- the machine's own limit ---------------------------------------------------------------------

// A product of large matrices on each thread at once, by OpenBLAS: as fast as this machine
// multiplies.
enum { SIDE = 1024 };

typedef struct Products {
    int threads;
    float *a, *b, *c;
} Products;

static Products products_new(void) {
    Products products = {.threads = threads_count()};
    const size_t all = (size_t)products.threads * SIDE * SIDE;
    products.a = memory_alloc(all * sizeof(float));
    products.b = memory_alloc(all * sizeof(float));
    products.c = memory_zeroed(all, sizeof(float));
    for (size_t i = 0; i < all; i++) {
        products.a[i] = (float)(i % 17) / 16 - 0.5F;
        products.b[i] = (float)(i % 13) / 12 - 0.5F;
    }
    return products;
}

static double products_flop(const Products *products) {
    return 2.0 * SIDE * SIDE * SIDE * products->threads;
}

static void products_step(void *state) {
    const Products *p = state;
#pragma omp parallel for schedule(static, 1)
    for (int i = 0; i < p->threads; i++) {
        const size_t at = (size_t)i * SIDE * SIDE;
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, SIDE, SIDE, SIDE, 1, p->a + at, SIDE,
                    p->b + at, SIDE, 0, p->c + at, SIDE);
    }
}

// --- convolutions alone --------------------------------------------------------------------------

enum { CONV_ROUNDS = 9 };

static const struct ConvCase {
    int in, out, side, batch;
} CONV_CASES[] = {{32, 64, 14, 64}, {64, 128, 7, 64}, {32, 32, 28, 64}, {64, 64, 56, 16}};
enum { CONV_CASE_COUNT = sizeof CONV_CASES / sizeof CONV_CASES[0] };

typedef struct Conv {
    Tape *tape;
    Tensor *x, *y;
    Parameter *weight;
} Conv;

static void conv_forward(void *state) {
    Conv *conv = state;
    tensor_release(conv2d(conv->x, &conv->weight->tensor, NULL, .padding = 1));
}

// The recorded operation's own backward, without the loss that a whole backward begins with.
static void conv_backward(void *state) {
    Conv *conv = state;
    conv->x->grad_state = conv->weight->tensor.grad_state = GRAD_NONE; // stored, not added
    conv->y->node->backward(conv->y->node);
}

static int compare_doubles(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, compare_doubles);
    return values[count / 2];
}

static void conv_pass(const char *pass, StepFunction step, Conv *conv, double flop,
                      Products *products) {
    double speed[CONV_ROUNDS], share[CONV_ROUNDS];
    step(conv);
    for (int i = 0; i < CONV_ROUNDS; i++) {
        speed[i] = flop / round_run(step, conv, LIMIT_SECONDS) / 1e9;
        const double limit =
            products_flop(products) / round_run(products_step, products, LIMIT_SECONDS) / 1e9;
        share[i] = 100 * speed[i] / limit;
    }
    const double middle = median(speed, CONV_ROUNDS), middle_share = median(share, CONV_ROUNDS);
    printf(" %7d   %-16s %7.1f   %3.0f %% [%.0f, %.0f]\n", products->threads, pass, middle,
           middle_share, share[0], share[CONV_ROUNDS - 1]);
    fflush(stdout);
}

static void conv_case(const struct ConvCase *c, Products *products) {
    Random random = random_from_seed(1);
    Conv conv = {.tape = tape_new(), .weight = parameter_new("weight", SHAPE(c->out, c->in, 3, 3))};
    random_fill_normal(&random, conv.weight->tensor.size, 0, 1, conv.weight->tensor.data);
    const double flop = 2.0 * 9 * c->in * c->out * c->side * c->side * c->batch;
    const char *const passes[] = {"forward", "input gradient", "weight gradient"};
    for (int pass = 0; pass < 3; pass++) {
        conv.x = tape_tensor(conv.tape, SHAPE(c->batch, c->in, c->side, c->side));
        random_fill_normal(&random, conv.x->size, 0, 1, conv.x->data);
        tape_set_recording(conv.tape, pass > 0);
        conv.weight->tensor.requires_grad = pass == 2;
        if (pass == 1)
            tape_require_grad(conv.x);
        conv.y = conv2d(conv.x, &conv.weight->tensor, NULL, .padding = 1);
        if (pass > 0)
            random_fill_normal(&random, conv.y->size, 0, 1, tensor_grad_target(conv.y).grad);
        printf("%3d → %-3d at %2d×%-2d, batch %2d", c->in, c->out, c->side, c->side, c->batch);
        conv_pass(passes[pass], pass == 0 ? conv_forward : conv_backward, &conv, flop, products);
        tape_clear(conv.tape);
    }
    parameter_free(conv.weight);
    tape_free(conv.tape);
}

static int conv_table(void) {
    Products products = products_new();
    products_step(&products);
    for (int i = 0; i < CONV_CASE_COUNT; i++)
        conv_case(&CONV_CASES[i], &products);
    return 0;
}

// --- rounds --------------------------------------------------------------------------------------

static const Workload WORKLOADS[] = {
    {"mlp", prepare_mlp, training_step},       {"cnn", prepare_cnn, training_step},
    {"cnn-bn", prepare_cnn_bn, training_step}, {"dcgan", prepare_dcgan, gan_step},
    {"frozen", prepare_frozen, training_step}, {"mobilenet", prepare_mobilenet, mobilenet_step},
};
enum { WORKLOAD_COUNT = sizeof WORKLOADS / sizeof WORKLOADS[0] };

static const Workload *workload_find(const char *name) {
    for (int i = 0; i < WORKLOAD_COUNT; i++)
        if (strcmp(WORKLOADS[i].name, name) == 0)
            return &WORKLOADS[i];
    fprintf(stderr, "error: there is no workload '%s'; there are:", name);
    for (int i = 0; i < WORKLOAD_COUNT; i++)
        fprintf(stderr, " %s", WORKLOADS[i].name);
    fprintf(stderr, " conv\n");
    return NULL;
}

static void steps_run(StepFunction step, void *state, int steps) {
    const double start = seconds_now();
    for (int i = 0; i < steps; i++)
        step(state);
    printf("%.4f ms a step\n", 1e3 * (seconds_now() - start) / steps);
}

static void rounds_run(StepFunction step, void *state) {
    round_run(step, state, WARM_UP_SECONDS);
    // No step allocates after the first, so this is the peak; the products come after it.
    const long kilobytes = peak_kilobytes();
    Products products = products_new();
    products_step(&products);
    printf("ready %.0f %ld %s\n", step_flop, kilobytes, note);
    fflush(stdout);
    char line[16];
    while (fgets(line, sizeof line, stdin)) {
        const double ours = round_run(step, state, ROUND_SECONDS);
        const double limit = round_run(products_step, &products, LIMIT_SECONDS);
        printf("%.6f %.6f\n", 1e3 * ours, products_flop(&products) / limit / 1e9);
        fflush(stdout);
    }
}

int main(int argc, char **argv) {
    threads_prepare(argv);
    const int threads = argc > 2 ? atoi(argv[2]) : 0, steps = argc > 3 ? atoi(argv[3]) : 0;
    if (argc < 3 || argc > 4 || threads < 1 || (argc == 4 && steps < 1)) {
        fprintf(stderr, "usage: %s WORKLOAD THREADS [STEPS]\n", argv[0]);
        return 1;
    }
    threads_set(threads);
    if (strcmp(argv[1], "conv") == 0)
        return conv_table();
    const Workload *workload = workload_find(argv[1]);
    if (!workload)
        return 1;
    void *state = workload->prepare();
    if (!state)
        return 2;
    if (steps)
        steps_run(workload->step, state, steps);
    else
        rounds_run(workload->step, state);
    return 0;
}
