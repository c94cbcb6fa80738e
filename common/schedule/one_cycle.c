// One cycle over a whole run: of the rate, and of the momentum that goes with it.
#include "schedule/kinds.h"

typedef struct Cycle {
    double total_steps, pct_start, anneal_strategy;
    bool three_phase;
    double start, middle, back, end; // start → middle → (three phases: back →) end
} Cycle;

static double anneal(const Cycle *cycle, double from, double to, double first, double last,
                     double step) {
    const double x = last > first ? (step - first) / (last - first) : 1;
    return cycle->anneal_strategy == ANNEAL_COS ? half_cosine(from, to, x)
                                                : straight_line(from, to, x);
}

static double cycle_at(const Cycle *cycle, double step) {
    const double last = cycle->total_steps - 1;
    const double first_end = cycle->pct_start * cycle->total_steps - 1;
    const double second_end = 2 * cycle->pct_start * cycle->total_steps - 2;
    step = fmin(step, last);
    if (step <= first_end)
        return anneal(cycle, cycle->start, cycle->middle, 0, first_end, step);
    if (!cycle->three_phase)
        return anneal(cycle, cycle->middle, cycle->end, first_end, last, step);
    if (step <= second_end)
        return anneal(cycle, cycle->middle, cycle->back, first_end, second_end, step);
    return anneal(cycle, cycle->back, cycle->end, second_end, last, step);
}

static double one_cycle_at(const SchedulePiece *piece, double step) {
    const double initial = piece->one_cycle.max / piece->one_cycle.div_factor;
    const Cycle cycle = {.total_steps = piece->one_cycle.total_steps,
                         .pct_start = piece->one_cycle.pct_start,
                         .anneal_strategy = piece->one_cycle.anneal_strategy,
                         .three_phase = piece->one_cycle.three_phase == 1,
                         .start = initial,
                         .middle = piece->one_cycle.max,
                         .back = initial,
                         .end = initial / piece->one_cycle.final_div_factor};
    return cycle_at(&cycle, step);
}

static double one_cycle_length(const SchedulePiece *piece) {
    return piece->one_cycle.total_steps;
}

const ScheduleKind schedule_kind_one_cycle = {
    .name = "one_cycle",
    .help = "up to max and down far below the start, in total_steps",
    .formula = "max / div_factor → max → max / div_factor / final_div_factor",
    .examples = {"one_cycle(0.1, 100)", "one_cycle(0.1, 100, three_phase=true)"},
    .use = "by the step: a short run at a high rate, with one_cycle_momentum beside it",
    .value = one_cycle_at,
    .length = one_cycle_length,
    .arguments = {ARGUMENT(one_cycle, max, IS_NUMBER, REQUIRED),
                  ARGUMENT(one_cycle, total_steps, IS_COUNT, REQUIRED),
                  ARGUMENT(one_cycle, pct_start, IS_SHARE, 0.3),
                  ARGUMENT(one_cycle, anneal_strategy, IS_WORD, ANNEAL_COS,
                           .words = {"cos", "linear"}),
                  ARGUMENT(one_cycle, div_factor, IS_POSITIVE, 25),
                  ARGUMENT(one_cycle, final_div_factor, IS_POSITIVE, 1e4),
                  ARGUMENT(one_cycle, three_phase, IS_WORD, 0, .words = {"false", "true"})},
};

static double one_cycle_momentum_at(const SchedulePiece *piece, double step) {
    const double high = piece->one_cycle_momentum.max_momentum;
    const Cycle cycle = {.total_steps = piece->one_cycle_momentum.total_steps,
                         .pct_start = piece->one_cycle_momentum.pct_start,
                         .anneal_strategy = piece->one_cycle_momentum.anneal_strategy,
                         .three_phase = piece->one_cycle_momentum.three_phase == 1,
                         .start = high,
                         .middle = piece->one_cycle_momentum.base_momentum,
                         .back = high,
                         .end = high};
    return cycle_at(&cycle, step);
}

static double one_cycle_momentum_length(const SchedulePiece *piece) {
    return piece->one_cycle_momentum.total_steps;
}

const ScheduleKind schedule_kind_one_cycle_momentum = {
    .name = "one_cycle_momentum",
    .help = "down to base_momentum and up again, where one_cycle goes up and down",
    .formula = "max_momentum → base_momentum → max_momentum",
    .examples = {"one_cycle_momentum(100)"},
    .use = "momentum, or Adam's beta1, beside one_cycle: low where the rate is high",
    .value = one_cycle_momentum_at,
    .length = one_cycle_momentum_length,
    .arguments = {ARGUMENT(one_cycle_momentum, total_steps, IS_COUNT, REQUIRED),
                  ARGUMENT(one_cycle_momentum, base_momentum, IS_NUMBER, 0.85),
                  ARGUMENT(one_cycle_momentum, max_momentum, IS_NUMBER, 0.95),
                  ARGUMENT(one_cycle_momentum, pct_start, IS_SHARE, 0.3),
                  ARGUMENT(one_cycle_momentum, anneal_strategy, IS_WORD, ANNEAL_COS,
                           .words = {"cos", "linear"}),
                  ARGUMENT(one_cycle_momentum, three_phase, IS_WORD, 0,
                           .words = {"false", "true"})},
};
