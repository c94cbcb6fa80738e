// Curves of one's own: lines through points, a function.
#include "schedule/kinds.h"

static double piecewise_at(const SchedulePiece *piece, double step) {
    const double *points = piece->piecewise.points.items; // step, value, step, value, …
    const int last = (int)piece->piecewise.points.count - 2;
    if (step <= points[0])
        return points[1];
    for (int i = 0; i < last; i += 2)
        if (step < points[i + 2])
            return straight_line(points[i + 1], points[i + 3],
                                 (step - points[i]) / (points[i + 2] - points[i]));
    return points[last + 1];
}

static double piecewise_length(const SchedulePiece *piece) {
    return piece->piecewise.points.items[(int)piece->piecewise.points.count - 2];
}

static const char *piecewise_settle(SchedulePiece *piece) {
    const ScheduleList *points = &piece->piecewise.points;
    if (fmod(points->count, 2) != 0)
        return "points are pairs of a step and a value; one number is left over";
    double before = -1;
    for (int i = 0; i < (int)points->count; i += 2) {
        const double step = points->items[i];
        if (step != floor(step) || step <= before)
            return "the steps of the points must be whole and rise, from 0 or more";
        before = step;
    }
    return NULL;
}

const ScheduleKind schedule_kind_piecewise = {
    .name = "piecewise",
    .help = "lines through points: [step, value, step, value, …]",
    .formula = "straight lines between the points (step, value)",
    .examples = {"piecewise([0, 0.1, 10, 0.04, 40, 0.08, 100, 0])"},
    .use = "any shape that can be drawn with a ruler",
    .value = piecewise_at,
    .length = piecewise_length,
    .settle = piecewise_settle,
    .arguments = {ARGUMENT(piecewise, points, IS_LIST, REQUIRED, .of_items = IS_NUMBER)},
};

static double function_at(const SchedulePiece *piece, double step) {
    return piece->callback((long)step);
}

const ScheduleKind schedule_kind_function = {
    .name = "function",
    .help = "a function of the program",
    .formula = "f(step)",
    .examples = {"function()"},
    .use = "in C, what no other curve says: PyTorch's LambdaLR",
    .value = function_at,
    .unwritten = true,
};
