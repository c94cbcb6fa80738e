// Curves that go from one value to another by a power or a line: exponential, inverse time, linear,
// polynomial.
#include "schedule/kinds.h"

static double exponential_at(const SchedulePiece *piece, double step) {
    return piece->exponential.initial * pow(piece->exponential.gamma, step);
}

const ScheduleKind schedule_kind_exponential = {
    .name = "exponential",
    .help = "times gamma at each step",
    .formula = "initial · gamma^step",
    .examples = {"exponential(0.1, 0.96)"},
    .use = "one number for a smooth decay; mind how small gamma^steps gets",
    .value = exponential_at,
    .arguments = {ARGUMENT(exponential, initial, IS_NUMBER, REQUIRED),
                  ARGUMENT(exponential, gamma, IS_NUMBER, REQUIRED)},
};

static double inverse_time_at(const SchedulePiece *piece, double step) {
    double periods = step / piece->inverse_time.decay_steps;
    if (piece->inverse_time.staircase == 1)
        periods = floor(periods);
    return piece->inverse_time.initial / (1 + piece->inverse_time.decay_rate * periods);
}

const ScheduleKind schedule_kind_inverse_time = {
    .name = "inverse_time",
    .help = "divided by 1 + decay_rate times the periods of decay_steps",
    .formula = "initial / (1 + decay_rate · step / decay_steps)",
    .examples = {"inverse_time(0.1, 1, 20)"},
    .use = "slow, and it never ends: the 1/t of the proofs of convergence",
    .value = inverse_time_at,
    .arguments = {ARGUMENT(inverse_time, initial, IS_NUMBER, REQUIRED),
                  ARGUMENT(inverse_time, decay_rate, IS_SIZE, REQUIRED),
                  ARGUMENT(inverse_time, decay_steps, IS_COUNT, 1),
                  ARGUMENT(inverse_time, staircase, IS_WORD, 0, .words = {"false", "true"})},
};

double straight_line(double from, double to, double x) {
    return from + (to - from) * x;
}

static double linear_at(const SchedulePiece *piece, double step) {
    const double share = fmin(step / piece->linear.total_iters, 1);
    return straight_line(piece->linear.start, piece->linear.end, share);
}

static double linear_length(const SchedulePiece *piece) {
    return piece->linear.total_iters;
}

const ScheduleKind schedule_kind_linear = {
    .name = "linear",
    .help = "a line from start to end in total_iters steps, then end",
    .formula = "start + (end − start) · min(step / total_iters, 1)",
    .examples = {"linear(0, 0.1, 20)"},
    .use =
        "up: a warm-up in front of others; down to 0: a plain good decay when the length is known",
    .value = linear_at,
    .length = linear_length,
    .arguments = {ARGUMENT(linear, start, IS_NUMBER, REQUIRED),
                  ARGUMENT(linear, end, IS_NUMBER, REQUIRED),
                  ARGUMENT(linear, total_iters, IS_COUNT, REQUIRED)},
};

static double polynomial_at(const SchedulePiece *piece, double step) {
    const double left = 1 - fmin(step / piece->polynomial.total_iters, 1);
    return straight_line(piece->polynomial.end, piece->polynomial.initial,
                         pow(left, piece->polynomial.power));
}

static double polynomial_length(const SchedulePiece *piece) {
    return piece->polynomial.total_iters;
}

const ScheduleKind schedule_kind_polynomial = {
    .name = "polynomial",
    .help = "a power of the share that is left, from initial to end in total_iters steps",
    .formula = "end + (initial − end) · (1 − step / total_iters)^power",
    .examples = {"polynomial(0.1, 0, 100, 2)"},
    .use = "semantic segmentation (power 0.9); power 1 is a line",
    .value = polynomial_at,
    .length = polynomial_length,
    .arguments = {ARGUMENT(polynomial, initial, IS_NUMBER, REQUIRED),
                  ARGUMENT(polynomial, end, IS_NUMBER, 0),
                  ARGUMENT(polynomial, total_iters, IS_COUNT, REQUIRED),
                  ARGUMENT(polynomial, power, IS_SIZE, 1)},
};
