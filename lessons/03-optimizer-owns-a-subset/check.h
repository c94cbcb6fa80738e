// Exercise 03's check: the loss a² + b² + c², whose gradients are 2a, 2b, 2c; the optimizer owns a and b.

static void fill(Parameter *p, double value) {
    for (size_t i = 0; i < p->tensor.size; i++)
        p->tensor.data[i] = (real)value;
    parameter_changed(p);
}

static double last(const Parameter *p) {
    return p->tensor.data[p->tensor.size - 1];
}

int main(void) {
    Parameter *a = parameter_new("a", SHAPE(3)), *b = parameter_new("b", SHAPE(3)),
              *c = parameter_new("c", SHAPE(3));
    fill(a, 1), fill(b, 2), fill(c, 3);
    ParameterList owned = {0};
    parameter_list_append(&owned, a), parameter_list_append(&owned, b);
    Tape *tape = tape_new();
    Tensor *x = tape_use(tape, a), *y = tape_use(tape, b), *z = tape_use(tape, c);
    backward(sum(add(add(multiply(x, x), multiply(y, y)), multiply(z, z))));

    const uint64_t version = a->version;
    owned_step(owned, 0.25);
    exercise_expect("an owned 1 with gradient 2, after a step at lr 0.25,", last(a), 0.5, 1e-6);
    exercise_expect("an owned 2 with gradient 4", last(b), 1, 1e-6);
    exercise_expect("a 3 with gradient 6, which isn't owned,", last(c), 3, 0);
    exercise_expect("how often parameter_changed was said of it", (double)(a->version - version), 1,
                    0);
    parameter_clear_grad(b);
    owned_step(owned, 0.25);
    exercise_expect("an owned 0.5 with gradient 2, after the next step,", last(a), 0, 1e-6);
    exercise_expect("an owned 1 without a gradient", last(b), 1, 0);
    parameter_zero_grad(b);
    owned_step(owned, 0.25);
    exercise_expect("an owned 1 with gradient 0", last(b), 1, 0);
    tape_free(tape);
    parameter_free(a), parameter_free(b), parameter_free(c);
    return exercise_solved("optimizer_step in common/optim/optimizer.c; lesson 04");
}
