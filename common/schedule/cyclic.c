// Curves that go up and down again and again: cyclic, and cyclic with a scale of one's own.
#include "schedule/kinds.h"

typedef struct Place {
    double cycle;  // counts from 1
    double height; // 0 at the cycle's ends, 1 at its peak
} Place;

static Place place_in_cycle(double step, double up, double down) {
    const double in_cycle = fmod(step, up + down);
    return (Place){.cycle = 1 + floor(step / (up + down)),
                   .height = in_cycle <= up ? in_cycle / up : (up + down - in_cycle) / down};
}

static double cyclic_at(const SchedulePiece *piece, double step) {
    const Place place =
        place_in_cycle(step, piece->cyclic.step_size_up, piece->cyclic.step_size_down);
    double scale = 1;
    if (piece->cyclic.mode == CYCLIC_TRIANGULAR2)
        scale = exp2(1 - place.cycle);
    else if (piece->cyclic.mode == CYCLIC_EXP_RANGE)
        scale = pow(piece->cyclic.gamma, step);
    return straight_line(piece->cyclic.base, piece->cyclic.max, place.height * scale);
}

static const char *cyclic_settle(SchedulePiece *piece) {
    if (isnan(piece->cyclic.step_size_down))
        piece->cyclic.step_size_down = piece->cyclic.step_size_up;
    return NULL;
}

const ScheduleKind schedule_kind_cyclic = {
    .name = "cyclic",
    .help = "a triangle between base and max, again and again, lower each time if mode says so",
    .formula = "base + (max − base) · x · scale, x: 0 → 1 → 0 in a cycle",
    .examples = {"cyclic(0.01, 0.1, 10)", "cyclic(0.01, 0.1, 10, mode=triangular2)",
                 "cyclic(0.01, 0.1, 10, mode=exp_range, gamma=0.98)"},
    .use = "by the step: when a range of rates is known to work, not one; the other way round for "
           "momentum",
    .value = cyclic_at,
    .settle = cyclic_settle,
    .arguments = {ARGUMENT(cyclic, base, IS_NUMBER, REQUIRED),
                  ARGUMENT(cyclic, max, IS_NUMBER, REQUIRED),
                  ARGUMENT(cyclic, step_size_up, IS_COUNT, 2000),
                  ARGUMENT(cyclic, step_size_down, IS_COUNT, SETTLED),
                  ARGUMENT(cyclic, mode, IS_WORD, CYCLIC_TRIANGULAR,
                           .words = {"triangular", "triangular2", "exp_range"}),
                  ARGUMENT(cyclic, gamma, IS_NUMBER, 1)},
};

static double cyclic_scaled_at(const SchedulePiece *piece, double step) {
    const Place place = place_in_cycle(step, piece->cyclic_scaled.step_size_up,
                                       piece->cyclic_scaled.step_size_down);
    const bool by_cycle = piece->cyclic_scaled.scale_mode == SCALE_BY_CYCLE;
    const double scale = piece_at(piece + 1, by_cycle ? place.cycle : step);
    return straight_line(piece->cyclic_scaled.base, piece->cyclic_scaled.max, place.height * scale);
}

static const char *cyclic_scaled_settle(SchedulePiece *piece) {
    if (isnan(piece->cyclic_scaled.step_size_down))
        piece->cyclic_scaled.step_size_down = piece->cyclic_scaled.step_size_up;
    return NULL;
}

const ScheduleKind schedule_kind_cyclic_scaled = {
    .name = "cyclic_scaled",
    .help = "a triangle between base and max, whose height a schedule of the cycle or step scales",
    .formula = "base + (max − base) · x · scale(cycle), or scale(step)",
    .examples = {"cyclic_scaled(exponential(1, 0.7), 0.01, 0.1, 10)"},
    .use = "a cyclic curve under an envelope of one's own",
    .value = cyclic_scaled_at,
    .settle = cyclic_scaled_settle,
    .least_children = 1,
    .most_children = 1,
    .arguments = {ARGUMENT(cyclic_scaled, base, IS_NUMBER, REQUIRED),
                  ARGUMENT(cyclic_scaled, max, IS_NUMBER, REQUIRED),
                  ARGUMENT(cyclic_scaled, step_size_up, IS_COUNT, 2000),
                  ARGUMENT(cyclic_scaled, step_size_down, IS_COUNT, SETTLED),
                  ARGUMENT(cyclic_scaled, scale_mode, IS_WORD, SCALE_BY_CYCLE,
                           .words = {"cycle", "iterations"})},
};
