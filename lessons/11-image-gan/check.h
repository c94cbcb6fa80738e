// Exercise 11's check: the way of one number by its formula, then beside the framework's average.

static Module *network_new(uint64_t seed) {
    Module *network = sequential_new(conv2d_new(1, 2, 3), batch_norm_new(2), linear_new(2, 3));
    Random random = random_from_seed(seed);
    module_initialise(network, &random);
    return network;
}

static void fill(ParameterList list, double value) {
    for (int i = 0; i < list.count; i++)
        for (size_t k = 0; k < list.items[i]->tensor.size; k++)
            list.items[i]->tensor.data[k] = (real)value;
}

static void expect_alike(const char *what, ParameterList got, ParameterList expected) {
    for (int i = 0; i < got.count; i++)
        for (size_t k = 0; k < got.items[i]->tensor.size; k++)
            exercise_expect(what, got.items[i]->tensor.data[k], expected.items[i]->tensor.data[k],
                            1e-5);
}

int main(void) {
    Module *network = network_new(1), *average = network_new(2), *reference = network_new(2);
    ParameterList statistics = module_buffers(network);
    fill(statistics, 5);
    for (int step = 0; step < 20; step++) {
        network_average(average, network, 0.9);
        module_average(reference, network, 0.9);
    }
    expect_alike("a weight after 20 steps with decay 0.9", module_parameters(average),
                 module_parameters(reference));
    expect_alike("a running statistic after the same", module_buffers(average),
                 module_buffers(reference));
    const ParameterList weights = module_parameters(network);
    exercise_expect("a statistic of the network itself", statistics.items[0]->tensor.data[0], 5, 0);
    fill(weights, 1), fill(module_parameters(average), 0);
    for (int step = 0; step < 200; step++)
        network_average(average, network, 0.995);
    exercise_expect("0 on its way to 1, after 200 steps with decay 0.995,",
                    module_parameters(average).items[0]->tensor.data[0], 1 - pow(0.995, 200), 1e-4);
    module_free(network), module_free(average), module_free(reference);
    return exercise_solved("make lesson-11 ARGS=\"--steps 500 --ema 0\"; lesson 12");
}
