// What GANs are made of: their losses and spectral normalisation against PyTorch (golden/gan.txt), the average of a
// module and clipped weights by hand, and what a step of one player costs and touches of the other.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "caught.h"
#include "golden.h"
#include "nn/gan_loss.h"
#include "nn/layers.h"
#include "optim/optimizer.h"

static Tensor *golden_leaf(Tape *tape, const Golden *golden, const char *prefix, const char *name) {
    const GoldenTensor *values = golden_find(golden, prefix, name);
    Tensor *leaf = tape_tensor(tape, values->shape);
    for (size_t i = 0; i < values->size; i++)
        leaf->data[i] = (real)values->values[i];
    tape_require_grad(leaf);
    return leaf;
}

static void test_losses(void **state) {
    (void)state;
    static const char *const names[] = {GAN_LOSS_NAMES};
    Golden golden = golden_read("gan.txt");
    Tape *tape = tape_new();
    for (int loss = GAN_NON_SATURATING; loss <= GAN_WASSERSTEIN; loss++)
        for (int smooth = 0; smooth < 2; smooth++) {
            char prefix[64];
            snprintf(prefix, sizeof prefix, "%s-%s", names[loss], smooth ? "0.9" : "1");
            Tensor *truth = golden_leaf(tape, &golden, prefix, "real");
            Tensor *fake = golden_leaf(tape, &golden, prefix, "fake");
            Tensor *again = golden_leaf(tape, &golden, prefix, "again");
            Tensor *loss_d = gan_discriminator_loss((GanLoss)loss, truth, fake, smooth ? 0.9 : 1);
            Tensor *loss_g = gan_generator_loss((GanLoss)loss, again);
            backward(loss_d);
            backward(loss_g);
            golden_compare(&golden, prefix, "loss_d", loss_d->shape, loss_d->data);
            golden_compare(&golden, prefix, "loss_g", loss_g->shape, loss_g->data);
            golden_compare(&golden, prefix, "dreal", truth->shape, truth->grad);
            golden_compare(&golden, prefix, "dfake", fake->shape, fake->grad);
            golden_compare(&golden, prefix, "dagain", again->shape, again->grad);
            tape_clear(tape);
        }
    tape_free(tape);
    golden_free(&golden);
}

// --- spectral normalisation ----------------------------------------------------------------------

static void golden_copy(const Golden *golden, const char *prefix, const char *name, Parameter *to) {
    const GoldenTensor *values = golden_find(golden, prefix, name);
    assert_true(shape_equal(values->shape, to->tensor.shape));
    for (size_t i = 0; i < values->size; i++)
        to->tensor.data[i] = (real)values->values[i];
    parameter_changed(to);
}

static void check_spectral(const Golden *golden, const char *name, Module *layer) {
    Random random = random_from_seed(1);
    Tape *tape = tape_new();
    module_initialise(layer, &random);
    Parameter *weight = layer->parameters.items[0];
    golden_copy(golden, name, "weight", weight);
    golden_copy(golden, name, "u", layer->buffers.items[0]);
    golden_copy(golden, name, "v", layer->buffers.items[1]);
    for (size_t i = 0; i < layer->parameters.items[1]->tensor.size; i++)
        layer->parameters.items[1]->tensor.data[i] = 0;
    for (int forward = 0; forward < 4; forward++) {
        module_train(layer, forward < 3);
        Tensor *y = module_forward(layer, golden_leaf(tape, golden, name, "x"));
        if (forward >= 2) {
            char prefix[64];
            snprintf(prefix, sizeof prefix, "%s.%s", name, forward < 3 ? "training" : "evaluation");
            golden_compare(golden, prefix, "y", y->shape, y->data);
            parameter_clear_grad(weight);
            backward(sum(multiply(y, golden_leaf(tape, golden, prefix, "dy"))));
            golden_compare(golden, prefix, "dweight", weight->tensor.shape, weight->tensor.grad);
            for (int b = 0; b < 2; b++)
                golden_compare(golden, prefix, b ? "v" : "u", layer->buffers.items[b]->tensor.shape,
                               layer->buffers.items[b]->tensor.data);
        }
        tape_clear(tape);
    }
    tape_free(tape);
    module_free(layer);
}

static void test_spectral_norm(void **state) {
    (void)state;
    Golden golden = golden_read("gan.txt");
    check_spectral(&golden, "spectral-linear", spectral_normed(linear_new(5, 3)));
    check_spectral(&golden, "spectral-conv2d", spectral_normed(conv2d_new(2, 4, 3)));
    golden_free(&golden);
}

// By hand: the largest singular value of diag(3, −4) is 4, and a few forwards find it.
static void test_spectral_norm_by_hand(void **state) {
    (void)state;
    Random random = random_from_seed(3);
    Tape *tape = tape_new();
    Module *layer = spectral_normed(linear_new(2, 2, .bias = false));
    module_initialise(layer, &random);
    const real diagonal[] = {3, 0, 0, -4}, ones[] = {1, 1};
    memcpy(layer->parameters.items[0]->tensor.data, diagonal, sizeof diagonal);
    const Tensor *y = NULL;
    for (int i = 0; i < 60; i++)
        y = module_forward(layer, tape_copy(tape, SHAPE(1, 2), ones));
    assert_true(fabs((double)y->data[0] - 0.75) < 1e-5 && fabs((double)y->data[1] + 1) < 1e-5);
    Module *none = relu_new(), *transposed = conv_transpose2d_new(2, 3, 3);
    assert_fatal(spectral_normed(none), "no weight to normalise");
    assert_fatal(spectral_normed(transposed), "the first dimension of ConvTranspose2d's weight");
    module_free(none);
    module_free(transposed);
    module_free(layer);
    tape_free(tape);
}

static double length_of(const Tensor *x) {
    double squares = 0;
    for (size_t i = 0; i < x->size; i++)
        squares += (double)x->data[i] * (double)x->data[i];
    return sqrt(squares);
}

// The largest singular value of the weight that an evaluation forward of the layer uses: its own σ, by
// many power iterations from elsewhere, over the estimate that the layer divides by.
static double largest_in_evaluation(Module *layer) {
    Tape *tape = tape_new();
    Random random = random_from_seed(8);
    Tensor *weight = tape_use(tape, layer->parameters.items[0]);
    Tensor *u = &layer->buffers.items[0]->tensor, *v = &layer->buffers.items[1]->tensor;
    Tensor *normed = spectral_norm(weight, u, v, false);
    Tensor *own_u = tape_tensor(tape, u->shape), *own_v = tape_tensor(tape, v->shape);
    random_fill_normal(&random, own_v->size, 0, 1, own_v->data);
    spectral_norm_iterate(normed, own_u, own_v, 1000);
    const real of_normed = normed->data[0];
    const double sigma =
        (double)of_normed / (double)spectral_norm(normed, own_u, own_v, false)->data[0];
    tape_free(tape);
    return sigma;
}

// Before any training forward u and v are unit vectors, and the estimate is a good one.
static void test_spectral_norm_from_the_start(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        Random random = random_from_seed(seed);
        Module *layers[] = {spectral_normed(linear_new(48, 64)),
                            spectral_normed(conv2d_new(3, 32, 4))};
        for (int i = 0; i < 2; i++) {
            module_initialise(layers[i], &random);
            for (int b = 0; b < 2; b++)
                assert_true(fabs(length_of(&layers[i]->buffers.items[b]->tensor) - 1) < 1e-6);
            const double largest = largest_in_evaluation(layers[i]);
            assert_true(largest > 1 - 1e-5 && largest < 1.1);
            module_free(layers[i]);
        }
    }
}

// u and v are directions: in a moving average they are the module's, and its norm stays 1.
static void test_average_of_spectral_norm(void **state) {
    (void)state;
    Random random = random_from_seed(9);
    Module *module = spectral_normed(linear_new(48, 64));
    Module *average = spectral_normed(linear_new(48, 64));
    module_initialise(module, &random);
    module_initialise(average, &random);
    Tape *tape = tape_new();
    for (int step = 0; step < 100; step++) {
        Tensor *x = tape_tensor(tape, SHAPE(1, 48));
        random_fill_normal(&random, x->size, 0, 1, x->data);
        module_forward(module, x); // a power iteration
        module_average(average, module, 0.9);
        tape_clear(tape);
    }
    for (int b = 0; b < 2; b++) {
        const Tensor *of = &module->buffers.items[b]->tensor,
                     *to = &average->buffers.items[b]->tensor;
        assert_memory_equal(of->data, to->data, of->size * sizeof(real));
    }
    const double largest = largest_in_evaluation(average);
    assert_true(largest > 1 - 1e-5 && largest < 1.01);
    tape_free(tape);
    module_free(module);
    module_free(average);
}

// --- weights that are moved by other means -------------------------------------------------------

static void test_average(void **state) {
    (void)state;
    Random random = random_from_seed(4);
    Module *module = sequential_new(linear_new(3, 2), batch_norm_new(2));
    Module *average = sequential_new(linear_new(3, 2), batch_norm_new(2));
    module_initialise(module, &random);
    module_initialise(average, &random);
    const ParameterList of = parameter_list_join(module_parameters(module), module_buffers(module));
    const ParameterList to =
        parameter_list_join(module_parameters(average), module_buffers(average));
    const uint64_t version = to.items[0]->version;
    to.items[0]->tensor.data[0] = (real)NAN; // also of what is no number
    module_average(average, module, 0);
    for (int i = 0; i < of.count; i++) // a copy
        assert_memory_equal(of.items[i]->tensor.data, to.items[i]->tensor.data,
                            of.items[i]->tensor.size * sizeof(real));
    assert_true(to.items[0]->version > version);
    for (int i = 0; i < of.count; i++)
        for (size_t j = 0; j < of.items[i]->tensor.size; j++) {
            to.items[i]->tensor.data[j] = 8;
            of.items[i]->tensor.data[j] = 4;
        }
    module_average(average, module, 0.75);
    for (int i = 0; i < of.count; i++)
        for (size_t j = 0; j < of.items[i]->tensor.size; j++)
            assert_true(to.items[i]->tensor.data[j] == 7);
    Module *copy = linear_new(3, 2), *original = linear_new(3, 2);
    module_initialise(original, &random);
    module_average(copy, original, 0); // which needs no values of its own
    Tape *tape = tape_new();
    module_forward(copy, tape_tensor(tape, SHAPE(1, 3)));
    tape_free(tape);
    module_free(copy);
    module_free(original);
    Module *other = linear_new(3, 3), *shorter = sequential_new(linear_new(3, 2));
    assert_fatal(module_average(average, other, 0.5), "the modules differ");
    assert_fatal(module_average(average, shorter, 0.5), "2 children against 1: the modules differ");
    module_free(other);
    module_free(shorter);
    module_free(module);
    module_free(average);
}

static void test_clamp(void **state) {
    (void)state;
    Parameter *parameter = parameter_new("w", SHAPE(4));
    const real values[] = {-2, -0.25, 0.5, 3}, wanted[] = {-0.5, -0.25, 0.5, 0.5};
    memcpy(parameter->tensor.data, values, sizeof values);
    const ParameterList list = {1, {parameter}};
    parameter_list_clamp(&list, 0.5);
    assert_memory_equal(parameter->tensor.data, wanted, sizeof wanted);
    assert_int_equal(parameter->version, 1);
    parameter_free(parameter);
}

// --- a step of the generator ---------------------------------------------------------------------

// With the discriminator frozen none of its gradients is there, and backward's multiply-adds fall by
// exactly the products that would make them.
static void test_generator_step(void **state) {
    (void)state;
    enum { N = 6, LATENT = 3, POINTS = 4, HIDDEN = 5 };
    Random random = random_from_seed(5);
    Module *generator = linear_new(LATENT, POINTS);
    Module *discriminator =
        sequential_new(linear_new(POINTS, HIDDEN), leaky_relu_new(0.2), linear_new(HIDDEN, 1));
    module_initialise(generator, &random);
    module_initialise(discriminator, &random);
    const ParameterList owned_d = module_parameters(discriminator);
    Optimizer *optimizer = adam(module_parameters(generator));
    uint64_t counts[2];
    for (int frozen = 0; frozen < 2; frozen++) {
        Tape *tape = tape_new();
        parameter_list_require_grad(&owned_d, !frozen);
        parameter_list_clear_grad(&owned_d);
        Tensor *noise = tape_tensor(tape, SHAPE(N, LATENT));
        random_fill_normal(&random, noise->size, 0, 1, noise->data);
        Tensor *fake = module_forward(generator, noise);
        backward(gan_generator_loss(GAN_NON_SATURATING, module_forward(discriminator, fake)));
        counts[frozen] = tape->backward.multiply_adds;
        for (int i = 0; i < owned_d.count; i++)
            assert_int_equal(owned_d.items[i]->tensor.grad_state, frozen ? GRAD_NONE : GRAD_VALUE);
        optimizer_step(optimizer);
        optimizer_zero_grad(optimizer);
        tape_free(tape);
    }
    const uint64_t weights_d = N * (POINTS * HIDDEN + HIDDEN);
    assert_int_equal(counts[0] - counts[1], weights_d);
    assert_int_equal(counts[1], weights_d /* its inputs' */ + N * LATENT * POINTS);
    optimizer_free(optimizer);
    module_free(generator);
    module_free(discriminator);
}

// A frozen parameter that still has a gradient is stepped with it, as in PyTorch; without, it rests.
static void test_frozen_with_a_stale_gradient(void **state) {
    (void)state;
    Parameter *frozen = parameter_new("frozen", SHAPE(1)),
              *other = parameter_new("other", SHAPE(1));
    const ParameterList list = {2, {frozen, other}}, part = {1, {frozen}};
    Optimizer *optimizer = sgd(list, .lr = 0.5);
    Tape *tape = tape_new();
    backward(sum(add(tape_use(tape, frozen), tape_use(tape, other))));
    parameter_list_require_grad(&part, false);
    optimizer_step(optimizer);
    assert_true(frozen->tensor.data[0] == (real)-0.5 && other->tensor.data[0] == (real)-0.5);
    parameter_list_clear_grad(&part);
    optimizer_step(optimizer);
    assert_true(frozen->tensor.data[0] == (real)-0.5 && other->tensor.data[0] == (real)-1);
    tape_free(tape);
    optimizer_free(optimizer);
    parameter_free(frozen);
    parameter_free(other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_losses),
        cmocka_unit_test(test_spectral_norm),
        cmocka_unit_test(test_average),
        cmocka_unit_test(test_spectral_norm_by_hand),
        cmocka_unit_test(test_clamp),
        cmocka_unit_test(test_generator_step),
        cmocka_unit_test(test_spectral_norm_from_the_start),
        cmocka_unit_test(test_average_of_spectral_norm),
        cmocka_unit_test(test_frozen_with_a_stale_gradient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
