#include "schedule/schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "schedule/kinds.h"

double piece_at(const SchedulePiece *piece, double step) {
    return piece->kind->value(piece, step);
}

double schedule_at(Schedule schedule, long step) {
    if (step < 0)
        fatal("schedule %s: step %ld; steps count from 0", schedule_name(schedule), step);
    return piece_at(schedule.pieces, (double)step);
}

double piece_length(const SchedulePiece *piece) {
    return piece->kind->length ? piece->kind->length(piece) : 0;
}

double schedule_length(Schedule schedule) {
    return piece_length(schedule.pieces);
}

const char *schedule_name(Schedule schedule) {
    return schedule.pieces[0].kind->name;
}

Schedule schedule_of(SchedulePiece piece, int child_count, const Schedule *children) {
    Schedule schedule = {.count = 1, .pieces = {piece}};
    for (int c = 0; c < child_count; c++) {
        if (schedule.count + children[c].count > SCHEDULE_MAX_PIECES)
            fatal("schedule %s: it has more than %d pieces", piece.kind->name, SCHEDULE_MAX_PIECES);
        memcpy(schedule.pieces + schedule.count, children[c].pieces,
               (size_t)children[c].count * sizeof piece);
        schedule.count += children[c].count;
    }
    schedule.pieces[0].child_count = child_count;
    schedule.pieces[0].size = schedule.count;
    Error error;
    if (!piece_settle(schedule.pieces, &error))
        fatal("schedule %s: %s", piece.kind->name, error.message);
    return schedule;
}

// --- comparing -----------------------------------------------------------------------------------

static bool argument_equal(const ScheduleArgument *argument, const SchedulePiece *one,
                           const SchedulePiece *other) {
    const double *a = one->values + argument->place, *b = other->values + argument->place;
    const int count = argument->type == IS_LIST ? 1 + (int)*a : 1;
    for (int i = 0; i < count; i++)
        if (a[i] != b[i])
            return false;
    return true;
}

static bool piece_equal(const SchedulePiece *one, const SchedulePiece *other) {
    if (one->kind != other->kind || one->size != other->size || one->callback != other->callback)
        return false;
    for (const ScheduleArgument *argument = one->kind->arguments; argument->name; argument++)
        if (!argument_equal(argument, one, other))
            return false;
    return true;
}

bool schedule_equal(Schedule one, Schedule other) {
    bool equal = one.count == other.count;
    for (int i = 0; equal && i < one.count; i++)
        equal = piece_equal(&one.pieces[i], &other.pieces[i]);
    return equal;
}

// --- writing -------------------------------------------------------------------------------------

static void text_add(ScheduleText *text, const char *more) {
    buffer_append(text->text, sizeof text->text, "%s", more);
}

// As few digits as give the same number back.
static void text_add_number(ScheduleText *text, double value) {
    char digits[32];
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value)
            break;
    }
    text_add(text, digits);
}

static void text_add_argument(ScheduleText *text, const ScheduleArgument *argument,
                              const double *value) {
    if (argument->type == IS_WORD)
        text_add(text, argument->words[(int)*value]);
    else if (argument->type != IS_LIST)
        text_add_number(text, *value);
    else {
        for (int i = 0; i < (int)value[0]; i++) {
            text_add(text, i ? ", " : "[");
            text_add_number(text, value[1 + i]);
        }
        text_add(text, "]");
    }
}

// What has its default needn't be said; behind one that isn't said, all have names.
static bool argument_is_silent(const ScheduleArgument *argument, const double *value) {
    if (argument->type == IS_LIST)
        return value[0] == 0;
    return value[0] == argument->otherwise || isinf(value[0]);
}

static void text_add_piece(ScheduleText *text, const SchedulePiece *piece) {
    const char *between = "";
    bool named = piece->child_count > 1;
    text_add(text, piece->kind->name);
    text_add(text, "(");
    const SchedulePiece *child = piece + 1;
    for (int i = 0; i < piece->child_count; i++, child += child->size, between = ", ") {
        text_add(text, between);
        text_add_piece(text, child);
    }
    for (const ScheduleArgument *argument = piece->kind->arguments; argument->name; argument++) {
        const double *value = piece->values + argument->place;
        if (argument_is_silent(argument, value)) {
            named = true;
            continue;
        }
        text_add(text, between);
        text_add(text, named ? argument->name : "");
        text_add(text, named ? "=" : "");
        text_add_argument(text, argument, value);
        between = ", ";
    }
    text_add(text, ")");
}

ScheduleText schedule_text(Schedule schedule) {
    ScheduleText text = {""};
    text_add_piece(&text, schedule.pieces);
    return text;
}
