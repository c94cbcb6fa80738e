// Exercise 18's check: two filters and a bias by hand, then each parameter of LeNet beside the framework, and the twin.
#include "instruments/plane.h"

static void expect_by_hand(void) {
    const real weight[] = {3, 4, 0, 6};
    real direction[] = {1, 0, 0, -2}, bias[] = {1, 2, -3, 4}, still[] = {0, 0, 2, 0};
    filters_normalise(direction, weight, SHAPE(2, 2));
    exercise_expect("the 1 of a filter (1, 0) beside weights (3, 4)", direction[0], 5, 1e-5);
    exercise_expect("the -2 of a filter (0, -2) beside weights (0, 6)", direction[3], -6, 1e-5);
    exercise_expect("a 0 beside them", direction[2], 0, 0);
    filters_normalise(bias, weight, SHAPE(4));
    exercise_expect("a bias's direction", bias[3], 0, 0);
    filters_normalise(still, weight, SHAPE(2, 2));
    exercise_expect("a filter of the direction that is all 0", still[0], 0, 0);
    exercise_expect("the filter behind it", still[2], 6, 1e-5);
}

// The direction of one parameter, of weights that are so many times as large.
static void expect_as_framework(Parameter *parameter, Random *random, double factor) {
    const Tensor *weight = &parameter->tensor;
    for (size_t i = 0; i < weight->size; i++)
        weight->data[i] *= (real)factor;
    ParameterList list = {0};
    parameter_list_append(&list, parameter);
    Random again = *random;
    real *direction = direction_new(&list, random), *expected = direction_new(&list, &again);
    direction_normalise_filters(expected, &list);
    filters_normalise(direction, weight->data, weight->shape);
    char what[96];
    snprintf(what, sizeof what, "a number of the direction of LeNet's %s", parameter->name);
    for (size_t i = 0; i < weight->size; i++)
        exercise_expect(what, direction[i], expected[i], 1e-5);
    free(direction), free(expected);
}

int main(void) {
    expect_by_hand();
    Module *network = lenet_new();
    Random random = random_from_seed(1);
    module_initialise(network, &random);
    const ParameterList weights = module_parameters(network);
    for (int p = 0; p < weights.count; p++)
        for (double factor = 1; factor < 10; factor *= 8)
            expect_as_framework(weights.items[p], &random, factor);
    module_free(network);
    return exercise_solved("make lesson-18, and the right half of its flat.png");
}
