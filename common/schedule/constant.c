// Curves of constant pieces: constant, step, multistep.
#include "schedule/kinds.h"

static double constant_at(const SchedulePiece *piece, double step) {
    (void)step;
    return piece->constant.value;
}

const ScheduleKind schedule_kind_constant = {
    .name = "constant",
    .help = "always the same value",
    .formula = "value",
    .examples = {"constant(0.1)"},
    .use = "a beginning, and what every other curve has to beat",
    .value = constant_at,
    .arguments = {ARGUMENT(constant, value, IS_NUMBER, REQUIRED)},
};

static double step_at(const SchedulePiece *piece, double step) {
    return piece->step.initial * pow(piece->step.gamma, floor(step / piece->step.step_size));
}

const ScheduleKind schedule_kind_step = {
    .name = "step",
    .help = "times gamma every step_size steps",
    .formula = "initial · gamma^⌊step / step_size⌋",
    .examples = {"step(0.1, 25, 0.5)"},
    .use = "the old habit of image classifiers: down to a tenth every 30 epochs",
    .value = step_at,
    .arguments = {ARGUMENT(step, initial, IS_NUMBER, REQUIRED),
                  ARGUMENT(step, step_size, IS_COUNT, REQUIRED),
                  ARGUMENT(step, gamma, IS_NUMBER, 0.1)},
};

static double multistep_at(const SchedulePiece *piece, double step) {
    const ScheduleList *milestones = &piece->multistep.milestones;
    int passed = 0;
    for (int i = 0; i < (int)milestones->count; i++)
        passed += milestones->items[i] <= step;
    return piece->multistep.initial * pow(piece->multistep.gamma, passed);
}

const ScheduleKind schedule_kind_multistep = {
    .name = "multistep",
    .help = "times gamma at each milestone",
    .formula = "initial · gamma^(milestones ≤ step)",
    .examples = {"multistep(0.1, [30, 80], 0.3)"},
    .use = "when a run before has shown where the loss gets flat",
    .value = multistep_at,
    .arguments = {ARGUMENT(multistep, initial, IS_NUMBER, REQUIRED),
                  ARGUMENT(multistep, milestones, IS_LIST, REQUIRED, .of_items = IS_STEPS),
                  ARGUMENT(multistep, gamma, IS_NUMBER, 0.1)},
};
