// Exercise 12's check: three steps, and what has moved.
#include "tensor/operations.h"

enum { BACKBONE, STATISTICS, HEAD, OWNED, PARTS };

static double part_of(const Module *network, int part) {
    const ParameterList list = part == BACKBONE ? module_parameters_under(network, "backbone")
                               : part == HEAD   ? module_parameters_under(network, "head")
                                                : module_buffers(network);
    return list.items[0]->tensor.data[0];
}

// How far Adam's first step carries each part, and how many numbers the optimizer owns.
static void walk(bool frozen, double moved[PARTS], double *backbone_gradients) {
    Random random = random_from_seed(11);
    Module *network = sequential_new(NULL);
    sequential_append(network, "backbone", sequential_new(linear_new(4, 3), batch_norm_new(3)));
    sequential_append(network, "head", linear_new(3, 2));
    module_initialise(network, &random);
    Optimizer *optimizer = optimizer_for(network, frozen);
    Tape *tape = tape_new();
    module_train(network, true);
    Tensor *out = module_forward(network, tape_normal(tape, SHAPE(8, 4), &random));
    Tensor *loss = mean(multiply(out, out));
    double before[PARTS];
    for (int part = 0; part < OWNED; part++)
        before[part] = part_of(network, part);
    backward(loss);
    *backbone_gradients = 0;
    const ParameterList backbone = module_parameters_under(network, "backbone");
    for (int i = 0; i < backbone.count; i++)
        *backbone_gradients += backbone.items[i]->tensor.grad_state != GRAD_NONE;
    optimizer_step(optimizer);
    for (int part = 0; part < OWNED; part++)
        moved[part] = fabs(part_of(network, part) - before[part]);
    moved[STATISTICS] =
        fabs(part_of(network, STATISTICS)); // they begin at 0, and move in the forward
    moved[OWNED] = 0;
    for (int i = 0; i < optimizer->group_count; i++)
        moved[OWNED] += (double)parameter_list_size(&optimizer->groups[i].parameters);
    tape_free(tape);
    optimizer_free(optimizer);
    module_free(network);
}

int main(void) {
    double moved[PARTS], gradients;
    walk(true, moved, &gradients);
    exercise_expect("frozen, the way of a backbone's weight", moved[BACKBONE], 0, 0);
    exercise_expect("the backbone's parameters that get a gradient", gradients, 0, 0);
    exercise_expect("the way of a batch norm's running mean", moved[STATISTICS], 0, 0);
    exercise_expect("the first step of the head's weight", moved[HEAD], 0.03, 1e-4);
    exercise_expect("how many numbers the optimizer owns", moved[OWNED], 3 * 2 + 2, 0);
    walk(false, moved, &gradients);
    exercise_expect("fine-tuned, the first step of the backbone's weight", moved[BACKBONE], 0.001,
                    2e-5);
    exercise_expect("the first step of the head's", moved[HEAD], 0.01, 1e-4);
    exercise_expect("whether the running mean moves", moved[STATISTICS] > 0, 1, 0);
    exercise_expect("how many numbers the optimizer owns", moved[OWNED],
                    4 * 3 + 3 + 2 * 3 + 3 * 2 + 2, 0);
    return exercise_solved("learn_head and learn_all in lesson.c; lesson 13");
}
