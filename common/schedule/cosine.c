// Curves of half cosines: cosine, warm restarts.
#include "schedule/kinds.h"

static const double PI = 3.14159265358979323846;

double half_cosine(double from, double to, double x) {
    return to + (from - to) * (1 + cos(PI * x)) / 2;
}

static double cosine_at(const SchedulePiece *piece, double step) {
    const double t_max = piece->cosine.t_max;
    const double x = fmod(step, 2 * t_max) / t_max; // the remainder is exact, however far the step
    return half_cosine(piece->cosine.initial, piece->cosine.eta_min, x);
}

static double cosine_length(const SchedulePiece *piece) {
    return piece->cosine.t_max;
}

const ScheduleKind schedule_kind_cosine = {
    .name = "cosine",
    .help = "half a cosine from initial to eta_min in t_max steps, and up again",
    .formula = "eta_min + (initial − eta_min) · (1 + cos(π · step / t_max)) / 2",
    .examples = {"cosine(0.1, 0, 100)"},
    .use = "the usual choice when the length of the run is known; t_max is that length",
    .value = cosine_at,
    .length = cosine_length,
    .arguments = {ARGUMENT(cosine, initial, IS_NUMBER, REQUIRED),
                  ARGUMENT(cosine, eta_min, IS_NUMBER, 0),
                  ARGUMENT(cosine, t_max, IS_COUNT, REQUIRED)},
};

static double warm_restarts_at(const SchedulePiece *piece, double step) {
    const double t_0 = piece->warm_restarts.t_0, t_mult = piece->warm_restarts.t_mult;
    double restarts = 0, t = step, t_i = t_0;
    if (t_mult == 1) {
        restarts = floor(step / t_0);
        t = fmod(step, t_0);
    } else {
        for (; t >= t_i; t_i *= t_mult, restarts++)
            t -= t_i;
    }
    const double peak = piece->warm_restarts.initial * pow(piece->warm_restarts.decay, restarts);
    return half_cosine(peak, piece->warm_restarts.eta_min, t / t_i);
}

const ScheduleKind schedule_kind_warm_restarts = {
    .name = "warm_restarts",
    .help = "half cosines of t_0, t_0 * t_mult, t_0 * t_mult^2 … steps, each decay as high",
    .formula = "eta_min + (initial · decay^i − eta_min) · (1 + cos(π · t / t_i)) / 2, t_i = t_0 · "
               "t_mult^i",
    .examples = {"warm_restarts(0.1, 0, 14, 2)"},
    .use = "a usable model at the end of each cycle: stop there, or average them",
    .value = warm_restarts_at,
    .arguments = {ARGUMENT(warm_restarts, initial, IS_NUMBER, REQUIRED),
                  ARGUMENT(warm_restarts, eta_min, IS_NUMBER, 0),
                  ARGUMENT(warm_restarts, t_0, IS_COUNT, REQUIRED),
                  ARGUMENT(warm_restarts, t_mult, IS_COUNT, 1),
                  ARGUMENT(warm_restarts, decay, IS_NUMBER, 1)},
};
