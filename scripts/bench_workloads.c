// The workloads of `make bench`, ours; scripts/bench_torch.py has the same for PyTorch: change both.
//
// A new workload is a function that prepares it and a row of the table.
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "files/safetensors.h"
#include "nn/layers.h"
#include "nn/loss.h"
#include "nn/networks.h"
#include "optim/optimizer.h"
#include "run/pretrained.h"

double bench_flop;
char bench_note[128];

static void count_step(Tape *tape) {
    const TapeCounts forward = tape->forward, backward = tape->backward;
    bench_flop = 2 * (double)(forward.multiply_adds + backward.multiply_adds);
    tape_reset_counts(tape);
}

// --- inputs on hand ------------------------------------------------------------------------------

enum { BATCH = 64, MOST_BATCH = 128, BATCHES = 8, CLASSES = 10, IMAGE = 28 };

// Frozen parameters, which a tape uses where they lie: PyTorch's side copies no batch either.
typedef struct Inputs {
    Parameter *batches[BATCHES];
    int next;
} Inputs;

static Inputs inputs_new(Random *random, Shape shape) {
    Inputs inputs = {0};
    for (int i = 0; i < BATCHES; i++) {
        inputs.batches[i] = parameter_new("inputs", shape);
        Tensor *batch = &inputs.batches[i]->tensor;
        batch->requires_grad = false;
        random_fill_normal(random, batch->size, 0, 1, batch->data);
    }
    return inputs;
}

static Tensor *inputs_next(Inputs *inputs, Tape *tape) {
    return tape_use(tape, inputs->batches[inputs->next++ % BATCHES]);
}

// --- training a classifier -----------------------------------------------------------------------

typedef struct Training {
    Module *network;
    Optimizer *optimizer;
    Tape *tape;
    Inputs images;
    int labels[BATCHES][MOST_BATCH];
} Training;

// By Adam; `shape` is that of a batch.
static Training *training_new(Module *network, Shape shape) {
    Training *training = memory_zeroed(1, sizeof *training);
    Random random = random_from_seed(1);
    training->network = network;
    training->tape = tape_new();
    module_initialise(network, &random);
    training->optimizer = adam(module_parameters(network), .lr = 1e-4);
    training->images = inputs_new(&random, shape);
    for (int i = 0; i < BATCHES * MOST_BATCH; i++)
        training->labels[i / MOST_BATCH][i % MOST_BATCH] = (int)random_below(&random, CLASSES);
    return training;
}

static void train_by_sgd(Training *training, Module *part) {
    optimizer_free(training->optimizer);
    training->optimizer = sgd(module_parameters(part), .lr = 0.01, .momentum = 0.9);
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
    train_by_sgd(training, network);
    return training;
}

static void *prepare_mlp_wide(void) {
    Module *network = sequential_new(linear_new(64, 512), relu_new(), linear_new(512, 512),
                                     relu_new(), linear_new(512, CLASSES));
    return training_new(network, SHAPE(128, 64));
}

static void *prepare_lenet(void) {
    return training_new(lenet_new(), SHAPE(128, 1, IMAGE, IMAGE));
}

static void *prepare_cnn(void) {
    Module *network = sequential_new(
        conv2d_new(1, 32, 3, .padding = 1), relu_new(), max_pool2d_new(2),
        conv2d_new(32, 64, 3, .padding = 1), relu_new(), max_pool2d_new(2), flatten_new(),
        linear_new(64 * 7 * 7, 128), relu_new(), linear_new(128, CLASSES));
    return training_new(network, SHAPE(BATCH, 1, IMAGE, IMAGE));
}

static Module *three_blocks(int channels, int pool) {
    return sequential_new(conv2d_new(channels, 32, 3, .padding = 1), batch_norm_new(32), relu_new(),
                          max_pool2d_new(2), conv2d_new(32, 64, 3, .padding = 1),
                          batch_norm_new(64), relu_new(), max_pool2d_new(2),
                          conv2d_new(64, 128, 3, .padding = 1), batch_norm_new(128), relu_new(),
                          avg_pool2d_new(pool), flatten_new());
}

static void *prepare_cnn_bn(void) {
    Module *network = sequential_new(three_blocks(1, 7), linear_new(128, CLASSES));
    Training *training = training_new(network, SHAPE(BATCH, 1, IMAGE, IMAGE));
    train_by_sgd(training, network);
    return training;
}

static void *prepare_cifar_bn(void) {
    Module *network = sequential_new(three_blocks(3, 8), linear_new(128, CLASSES));
    return training_new(network, SHAPE(32, 3, 32, 32));
}

static void *prepare_frozen(void) {
    Training *training = prepare_cnn_bn();
    Module *blocks = module_find(training->network, "0");
    const ParameterList frozen = module_parameters(blocks);
    parameter_list_require_grad(&frozen, false);
    module_train(blocks, false);
    train_by_sgd(training, module_find(training->network, "1"));
    return training;
}

static void *prepare_five(void) {
    Module *network = sequential_new(conv2d_new(3, 32, 5, .padding = 2), relu_new(),
                                     conv2d_new(32, 64, 5, .padding = 2), relu_new(),
                                     conv2d_new(64, 64, 5, .stride = 2, .padding = 2), relu_new(),
                                     avg_pool2d_new(8), flatten_new(), linear_new(64, CLASSES));
    return training_new(network, SHAPE(32, 3, 16, 16));
}

static Module *separable(int in, int out, int stride) {
    return sequential_new(conv2d_new(in, in, 3, .stride = stride, .padding = 1, .groups = in),
                          batch_norm_new(in), relu_new(), conv2d_new(in, out, 1),
                          batch_norm_new(out), relu_new());
}

static void *prepare_depthwise(void) {
    Module *network = sequential_new(conv2d_new(3, 32, 3, .padding = 1), batch_norm_new(32),
                                     relu_new(), separable(32, 64, 1), separable(64, 128, 2),
                                     separable(128, 128, 1), separable(128, 256, 2),
                                     avg_pool2d_new(8), flatten_new(), linear_new(256, CLASSES));
    return training_new(network, SHAPE(32, 3, 32, 32));
}

// --- a GAN ---------------------------------------------------------------------------------------

enum { LATENT = 64 };

typedef struct Gan {
    Module *generator, *discriminator;
    Optimizer *generator_adam, *discriminator_adam;
    Tape *tape;
    Inputs images, latents;
    real real_labels[MOST_BATCH], fake_labels[MOST_BATCH];
} Gan;

// DCGAN on images of 4 · side: two doublings from a first plane.
static Gan *gan_new(int batch, int channels, int side) {
    Gan *gan = memory_zeroed(1, sizeof *gan);
    Random random = random_from_seed(1);
    gan->tape = tape_new();
    gan->generator = sequential_new(
        conv_transpose2d_new(LATENT, 128, side, .bias = false), batch_norm_new(128), relu_new(),
        conv_transpose2d_new(128, 64, 4, .stride = 2, .padding = 1, .bias = false),
        batch_norm_new(64), relu_new(),
        conv_transpose2d_new(64, channels, 4, .stride = 2, .padding = 1, .bias = false),
        hyperbolic_tangent_new());
    gan->discriminator = sequential_new(
        conv2d_new(channels, 64, 4, .stride = 2, .padding = 1, .bias = false), leaky_relu_new(0.2),
        conv2d_new(64, 128, 4, .stride = 2, .padding = 1, .bias = false), batch_norm_new(128),
        leaky_relu_new(0.2), flatten_new(), linear_new(128 * side * side, 1));
    module_initialise(gan->generator, &random);
    module_initialise(gan->discriminator, &random);
    gan->generator_adam =
        adam(module_parameters(gan->generator), .lr = 2e-4, .beta1 = 0.5, .beta2 = 0.999);
    gan->discriminator_adam =
        adam(module_parameters(gan->discriminator), .lr = 2e-4, .beta1 = 0.5, .beta2 = 0.999);
    gan->images = inputs_new(&random, SHAPE(batch, channels, 4 * side, 4 * side));
    gan->latents = inputs_new(&random, SHAPE(batch, LATENT, 1, 1));
    for (int i = 0; i < batch; i++)
        gan->real_labels[i] = 1;
    return gan;
}

static void *prepare_dcgan(void) {
    return gan_new(BATCH, 1, 7);
}

static void *prepare_gan_colour(void) {
    return gan_new(32, 3, 8);
}

// How far the discriminator is from calling these images so.
static Tensor *judge(Gan *gan, Tensor *images, const real *labels) {
    return binary_cross_entropy_with_logits(
        module_forward(gan->discriminator, images),
        tape_copy(gan->tape, SHAPE(images->shape.dims[0], 1), labels));
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
        Tensor *images = tape_tensor(mobilenet->tape, mobilenet->images.batches[0]->tensor.shape);
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
        snprintf(bench_note, sizeof bench_note,
                 "logits unchecked: no reference tensors in KNOBS_MIRROR");
    else
        snprintf(bench_note, sizeof bench_note, "logits at most %.1e off the reference", worst);
    return mobilenet;
}

static void mobilenet_step(void *state) {
    Mobilenet *mobilenet = state;
    module_forward(mobilenet->network, inputs_next(&mobilenet->images, mobilenet->tape));
    count_step(mobilenet->tape);
    tape_clear(mobilenet->tape);
}

// --- the table -----------------------------------------------------------------------------------

static const Workload WORKLOADS[] = {
    {"mlp", prepare_mlp, training_step},
    {"mlp-wide", prepare_mlp_wide, training_step},
    {"lenet", prepare_lenet, training_step},
    {"cnn", prepare_cnn, training_step},
    {"cnn-bn", prepare_cnn_bn, training_step},
    {"cifar-bn", prepare_cifar_bn, training_step},
    {"five", prepare_five, training_step},
    {"depthwise", prepare_depthwise, training_step},
    {"dcgan", prepare_dcgan, gan_step},
    {"gan-colour", prepare_gan_colour, gan_step},
    {"mobilenet", prepare_mobilenet, mobilenet_step},
    {"frozen", prepare_frozen, training_step},
};
enum { WORKLOAD_COUNT = sizeof WORKLOADS / sizeof WORKLOADS[0] };

const Workload *workload_find(const char *name) {
    for (int i = 0; i < WORKLOAD_COUNT; i++)
        if (strcmp(WORKLOADS[i].name, name) == 0)
            return &WORKLOADS[i];
    fprintf(stderr, "error: there is no workload '%s'; there are:", name);
    for (int i = 0; i < WORKLOAD_COUNT; i++)
        fprintf(stderr, " %s", WORKLOADS[i].name);
    fprintf(stderr, " conv\n");
    return NULL;
}
