// Curves that begin with a warm-up: inverse square root, warmup-stable-decay.
#include "schedule/kinds.h"

static double inverse_sqrt_at(const SchedulePiece *piece, double step) {
    const double t = step + 1, warmup = piece->inverse_sqrt.warmup_steps;
    return piece->inverse_sqrt.peak * fmin(t / warmup, sqrt(warmup / t));
}

const ScheduleKind schedule_kind_inverse_sqrt = {
    .name = "inverse_sqrt",
    .help = "a line up to peak, then down with the square root of the step",
    .formula = "peak · min(t / warmup_steps, √(warmup_steps / t)), t = step + 1",
    .examples = {"inverse_sqrt(0.1, 10)"},
    .use = "transformers: a warm-up, and no end that must be known",
    .value = inverse_sqrt_at,
    .arguments = {ARGUMENT(inverse_sqrt, peak, IS_NUMBER, REQUIRED),
                  ARGUMENT(inverse_sqrt, warmup_steps, IS_COUNT, REQUIRED)},
};

static double warmup_stable_decay_at(const SchedulePiece *piece, double step) {
    const double warmup = piece->warmup_stable_decay.warmup_steps;
    const double decay_steps = piece->warmup_stable_decay.decay_steps;
    const double peak = piece->warmup_stable_decay.peak, end = piece->warmup_stable_decay.end;
    if (step < warmup)
        return straight_line(piece->warmup_stable_decay.start, peak, step / warmup);
    const double decayed = step - warmup - piece->warmup_stable_decay.stable_steps;
    if (decayed < 0)
        return peak;
    const double x = decayed < decay_steps ? decayed / decay_steps : 1;
    if (piece->warmup_stable_decay.decay == DECAY_COS)
        return half_cosine(peak, end, x);
    return straight_line(peak, end, piece->warmup_stable_decay.decay == DECAY_SQRT ? sqrt(x) : x);
}

static double warmup_stable_decay_length(const SchedulePiece *piece) {
    return piece->warmup_stable_decay.warmup_steps + piece->warmup_stable_decay.stable_steps +
           piece->warmup_stable_decay.decay_steps;
}

const ScheduleKind schedule_kind_warmup_stable_decay = {
    .name = "warmup_stable_decay",
    .help = "a line up to peak, then peak, then down to end",
    .formula = "start → peak; peak; peak + (end − peak) · f(x), x: 0 → 1 in decay_steps",
    .examples = {"warmup_stable_decay(0.1, 10, 60, 30)"},
    .use = "when the end isn't known: go on at peak, and decay from wherever you stop",
    .value = warmup_stable_decay_at,
    .length = warmup_stable_decay_length,
    .arguments = {ARGUMENT(warmup_stable_decay, peak, IS_NUMBER, REQUIRED),
                  ARGUMENT(warmup_stable_decay, warmup_steps, IS_STEPS, REQUIRED),
                  ARGUMENT(warmup_stable_decay, stable_steps, IS_STEPS, REQUIRED),
                  ARGUMENT(warmup_stable_decay, decay_steps, IS_STEPS, REQUIRED),
                  ARGUMENT(warmup_stable_decay, start, IS_NUMBER, 0),
                  ARGUMENT(warmup_stable_decay, end, IS_NUMBER, 0),
                  ARGUMENT(warmup_stable_decay, decay, IS_WORD, DECAY_LINEAR,
                           .words = {"linear", "cos", "sqrt"})},
};
