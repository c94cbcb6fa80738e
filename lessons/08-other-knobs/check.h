// Exercise 08's check: the decay alone, the first step alone, then beside the framework's AdamW.

int main(void) {
    Weight alone = {.w = 1};
    for (int step = 1; step <= 100; step++)
        adamw_step(&alone, 0, step, 0.1, 0.01);
    exercise_expect("1 after 100 steps without a gradient, at lr 0.1, decay 0.01,", alone.w,
                    pow(1 - 0.001, 100), 1e-9);
    Weight first = {.w = 1};
    adamw_step(&first, -250, 1, 0.01, 0);
    exercise_expect("1 after a first step with gradient -250, at lr 0.01 without decay,", first.w,
                    1.01, 1e-8);
    Parameter *parameter = parameter_new("weight", SHAPE(1));
    ParameterList list = {0};
    parameter_list_append(&list, parameter);
    parameter->tensor.data[0] = 2;
    parameter_changed(parameter);
    parameter_zero_grad(parameter); // makes room
    Optimizer *optimizer = adamw(list, .lr = 0.05, .weight_decay = 0.5);
    Weight beside = {.w = 2};
    real gradient = 0;
    for (int step = 1; step <= 30; step++) {
        gradient = (real)(step % 7 - 2);
        parameter->tensor.grad = &gradient;
        parameter->tensor.grad_state = GRAD_VALUE;
        optimizer_step(optimizer);
        adamw_step(&beside, gradient, step, 0.05, 0.5);
        exercise_expect("the weight beside the framework's", beside.w, parameter->tensor.data[0],
                        1e-4);
    }
    return exercise_solved(
        "make lesson-08, whose first claim counts the same shrinking; lesson 09");
}
