// Exercise 16's check: looks by hand, then many of them beside the framework's plateau.
#include "base/random.h"

int main(void) {
    const double losses[] = {3, 2, 2, 2.5, 2, 2, 1.9, NAN, 2, 2, 2, 2, 2, 2, 2};
    const double rates[] = {1, 1, 1, 1, 1, .1, .1, .1, .1, .1, .01, .01, .01, .01, .001};
    Waiting plateau = {.rate = 1, .best = INFINITY, .patience = 3};
    for (int look = 0; look < 15; look++) {
        char what[64];
        snprintf(what, sizeof what, "the rate after look %d, a loss of %g,", look + 1,
                 losses[look]);
        exercise_expect(what, rate_after(&plateau, losses[look]), rates[look], 1e-9);
    }
    Parameter *parameter = parameter_new("weight", SHAPE(1));
    ParameterList list = {0};
    parameter_list_append(&list, parameter);
    Optimizer *optimizer = sgd(list, .lr = 1);
    Plateau reference = plateau_on(optimizer, .patience = 2, .threshold = 0, .eps = 0);
    Waiting beside = {.rate = 1, .best = INFINITY, .patience = 2};
    Random random = random_from_seed(11);
    for (int look = 0; look < 60; look++) {
        const double loss = 3 - 0.02 * look + random_normal(&random);
        plateau_step(&reference, loss);
        const double rate = optimizer_get(optimizer, 0, "lr");
        exercise_expect("the rate beside the framework's", rate_after(&beside, loss) / rate, 1,
                        1e-9);
    }
    optimizer_free(optimizer);
    parameter_free(parameter);
    return exercise_solved("looks.csv of make lesson-16c; lesson 17");
}
