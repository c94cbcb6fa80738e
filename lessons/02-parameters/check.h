// Exercise 02's check: three layers by hand, then what the framework's own initialisation draws.

int main(void) {
    exercise_expect("std of a linear weight [10, 256]", kaiming_std(SHAPE(10, 256)),
                    0.0883883476483184, 1e-9);
    exercise_expect("std of a convolution's [8, 1, 3, 3]", kaiming_std(SHAPE(8, 1, 3, 3)),
                    0.471404520791032, 1e-9);
    exercise_expect("std of a convolution's [16, 8, 5, 3]", kaiming_std(SHAPE(16, 8, 5, 3)),
                    0.129099444873581, 1e-9);
    Parameter *weight = parameter_new("weight", SHAPE(400, 50));
    Random random = random_from_seed(11);
    init_kaiming_normal(weight, &random, 0, FAN_IN);
    double squares = 0;
    for (size_t i = 0; i < weight->tensor.size; i++)
        squares += weight->tensor.data[i] * weight->tensor.data[i];
    const double drawn = sqrt(squares / (double)weight->tensor.size);
    exercise_expect("std of [400, 50], in what init_kaiming_normal has drawn,",
                    kaiming_std(weight->tensor.shape) / drawn, 1, 0.03);
    parameter_free(weight);
    return exercise_solved("make lesson-02 ARGS=\"--init small --small 0.088\"; lesson 03");
}
