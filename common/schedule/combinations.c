// Schedules made of schedules: sequence, product, repeat, scale, clamp.
#include "schedule/kinds.h"

static double sequence_at(const SchedulePiece *piece, double step) {
    const ScheduleList *milestones = &piece->sequence.milestones;
    const SchedulePiece *child = piece + 1;
    double begun = 0;
    for (int i = 0; i < (int)milestones->count && step >= milestones->items[i]; i++) {
        begun = milestones->items[i];
        child += child->size;
    }
    return piece_at(child, step - begun);
}

static double sequence_length(const SchedulePiece *piece) {
    const ScheduleList *milestones = &piece->sequence.milestones;
    const SchedulePiece *child = piece + 1;
    for (int i = 0; i < (int)milestones->count; i++)
        child += child->size;
    const double begun = milestones->count > 0 ? milestones->items[(int)milestones->count - 1] : 0;
    const double length = piece_length(child);
    return length > 0 ? begun + length : 0;
}

// Each child but the last takes as long as it says.
static const char *sequence_own_lengths(SchedulePiece *piece) {
    ScheduleList *milestones = &piece->sequence.milestones;
    const SchedulePiece *child = piece + 1;
    double end = 0;
    for (int i = 0; i < piece->child_count - 1; i++, child += child->size) {
        if (piece_length(child) == 0)
            return "one of its schedules but the last has no end of its own; it needs milestones, "
                   "the steps at which the next takes over";
        end += piece_length(child);
        milestones->items[i] = end;
    }
    milestones->count = piece->child_count - 1;
    return NULL;
}

static const char *sequence_settle(SchedulePiece *piece) {
    const ScheduleList *milestones = &piece->sequence.milestones;
    if (milestones->count == 0)
        return sequence_own_lengths(piece);
    if ((int)milestones->count != piece->child_count - 1)
        return "its milestones must be one fewer than its schedules";
    for (int i = 1; i < (int)milestones->count; i++)
        if (milestones->items[i] <= milestones->items[i - 1])
            return "its milestones must rise";
    return NULL;
}

const ScheduleKind schedule_kind_sequence = {
    .name = "sequence",
    .help = "one after the other, each from its own step 0",
    .formula = "a(step) below the first milestone, then b(step − milestone), …",
    .examples = {"sequence(linear(0, 0.1, 10), cosine(0.1, 0, 90))"},
    .use = "a warm-up in front of any curve",
    .value = sequence_at,
    .length = sequence_length,
    .settle = sequence_settle,
    .least_children = 1,
    .most_children = SCHEDULE_MAX_PIECES,
    .arguments = {ARGUMENT(sequence, milestones, IS_LIST, SETTLED, .of_items = IS_COUNT)},
};

static double product_at(const SchedulePiece *piece, double step) {
    const SchedulePiece *child = piece + 1;
    double product = 1;
    for (int i = 0; i < piece->child_count; i++, child += child->size)
        product *= piece_at(child, step);
    return product;
}

// The longest, if all have an end.
static double product_length(const SchedulePiece *piece) {
    const SchedulePiece *child = piece + 1;
    double longest = 0;
    for (int i = 0; i < piece->child_count; i++, child += child->size) {
        if (piece_length(child) == 0)
            return 0;
        longest = fmax(longest, piece_length(child));
    }
    return longest;
}

const ScheduleKind schedule_kind_product = {
    .name = "product",
    .help = "their product at the same step",
    .formula = "a(step) · b(step) · …",
    .examples = {"product(step(1, 25, 0.5), cosine(0.1, 0, 100))"},
    .use = "two effects at once: PyTorch's ChainedScheduler",
    .value = product_at,
    .length = product_length,
    .least_children = 1,
    .most_children = SCHEDULE_MAX_PIECES,
};

static double repeat_at(const SchedulePiece *piece, double step) {
    return piece_at(piece + 1, fmod(step, piece->repeat.period));
}

static const char *repeat_settle(SchedulePiece *piece) {
    if (isnan(piece->repeat.period))
        piece->repeat.period = piece_length(piece + 1);
    return piece->repeat.period == 0 ? "its schedule has no end of its own; it needs a period"
                                     : NULL;
}

const ScheduleKind schedule_kind_repeat = {
    .name = "repeat",
    .help = "again from step 0 after each period",
    .formula = "a(step mod period)",
    .examples = {"repeat(linear(0.1, 0.02, 20))"},
    .use = "one shape again and again",
    .value = repeat_at,
    .settle = repeat_settle,
    .least_children = 1,
    .most_children = 1,
    .arguments = {ARGUMENT(repeat, period, IS_COUNT, SETTLED)},
};

static double child_length(const SchedulePiece *piece) {
    return piece_length(piece + 1);
}

static double scale_at(const SchedulePiece *piece, double step) {
    return piece_at(piece + 1, step) * piece->scale.factor;
}

const ScheduleKind schedule_kind_scale = {
    .name = "scale",
    .help = "times a factor",
    .formula = "a(step) · factor",
    .examples = {"scale(cosine(0.1, 0, 100), 0.5)"},
    .use = "one shape for several groups: the head as it is, the backbone at a tenth",
    .value = scale_at,
    .length = child_length,
    .least_children = 1,
    .most_children = 1,
    .arguments = {ARGUMENT(scale, factor, IS_NUMBER, REQUIRED)},
};

static double clamp_at(const SchedulePiece *piece, double step) {
    return fmin(fmax(piece_at(piece + 1, step), piece->clamp.min), piece->clamp.max);
}

static const char *clamp_settle(SchedulePiece *piece) {
    if (isnan(piece->clamp.min))
        piece->clamp.min = -INFINITY;
    if (isnan(piece->clamp.max))
        piece->clamp.max = INFINITY;
    if (piece->clamp.min == INFINITY || piece->clamp.max == -INFINITY)
        return "its min or its max leaves no number";
    return piece->clamp.min > piece->clamp.max ? "its min is above its max" : NULL;
}

const ScheduleKind schedule_kind_clamp = {
    .name = "clamp",
    .help = "no lower than min, no higher than max",
    .formula = "min(max(a(step), min), max)",
    .examples = {"clamp(exponential(0.1, 0.95), 0.01)"},
    .use = "a floor under a decay, so that a long run still moves",
    .value = clamp_at,
    .length = child_length,
    .settle = clamp_settle,
    .least_children = 1,
    .most_children = 1,
    .arguments = {ARGUMENT(clamp, min, IS_NUMBER, SETTLED),
                  ARGUMENT(clamp, max, IS_NUMBER, SETTLED)},
};
