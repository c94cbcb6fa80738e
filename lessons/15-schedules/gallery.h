// The gallery: every kind of schedule, in each of its modes, as its row of the table of kinds shows
// itself, and the values that it must have.
#ifndef LESSON_15_GALLERY_H
#define LESSON_15_GALLERY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files/output.h"
#include "files/table.h"
#include "run/lesson.h"
#include "schedule/expression.h"
#include "schedule/kinds.h"

enum { SHOWN_STEPS = 100 };

// For the kind that no expression can say.
static inline double own_curve(long step) {
    return 0.05 + 0.05 * sin((double)step / 6) / (1 + (double)step / 40);
}

static inline Schedule schedule_of_text(const char *text) {
    Schedule schedule;
    Error error;
    if (!schedule_parse(text, NULL, 0, &schedule, &error))
        fatal("%s: %s", text, error.message);
    return schedule;
}

// The largest difference from the values that stand behind "expression:", as a share of the curve's
// largest value; NaN where one isn't there.
static inline double reference_error(const char *reference, const char *text, Schedule curve) {
    char *start = path_format("\n%s:", text);
    const char *found = strstr(reference, start), *at = found ? found + strlen(start) : "";
    free(start);
    double largest = 0, error = 0;
    for (long step = 0; !isnan(error) && step < SHOWN_STEPS; step++) {
        char *end;
        const double value = strtod(at, &end);
        error = end == at ? NAN : worst_of(error, fabs(schedule_at(curve, step) - value));
        largest = fmax(largest, fabs(value));
        at = end;
    }
    return error / largest;
}

// A small picture of the curve's shape, from its lowest to its highest value.
static inline bool write_picture(const char *name, Schedule curve, const char *folder,
                                 Error *error) {
    double low = INFINITY, high = -INFINITY;
    for (long step = 0; step < SHOWN_STEPS; step++) {
        low = fmin(low, schedule_at(curve, step));
        high = fmax(high, schedule_at(curve, step));
    }
    char *svg =
        memory_string("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"104\" height=\"44\">"
                      "<polyline fill=\"none\" stroke=\"#0072b2\" stroke-width=\"2\" points=\"");
    for (long step = 0; step < SHOWN_STEPS; step++) {
        const double height = high > low ? (schedule_at(curve, step) - low) / (high - low) : 0.5;
        text_append(&svg, "%ld,%.1f ", 2 + step, 42 - 40 * height);
    }
    text_append(&svg, "\"/></svg>\n");
    char *path = path_format("%s/%s.svg", folder, name);
    const bool written = file_write(path, svg, strlen(svg), error);
    free(path);
    free(svg);
    return written;
}

// kinds.csv: a row a curve; gallery.csv: curve after curve, a row a step; and a small picture of
// the first of each kind. The results are how many there are, and the largest error.
static inline bool gallery_write(const char *folder, const char *reference, Results *results,
                                 Error *error) {
    Table *kinds = table_open(folder, "kinds.csv", "kind,expression,formula,knobs");
    Table *curves = table_open(folder, "gallery.csv", "curve,step,value");
    double largest = 0;
    int count = 0;
    bool good = true;
    for (int k = 0; k < schedule_kind_count; k++) {
        const ScheduleKind *kind = schedule_kinds[k];
        for (int i = 0; i < SCHEDULE_MAX_EXAMPLES && kind->examples[i]; i++) {
            const char *text = kind->examples[i];
            const Schedule curve =
                kind->unwritten ? schedule_function(own_curve) : schedule_of_text(text);
            table_row(kinds, "%s,%s,%s,%s", kind->name, text, kind->formula,
                      schedule_signature(kind).text);
            count++;
            for (long step = 0; step < SHOWN_STEPS; step++)
                table_row(curves, "%d,%ld,%.17g", count, step, schedule_at(curve, step));
            if (i == 0)
                good = good && write_picture(kind->name, curve, folder, error);
            largest = worst_of(largest, reference_error(reference, text, curve));
        }
    }
    result_add(results, "kinds", schedule_kind_count);
    result_add(results, "curves", count);
    result_add(results, "largest_error", largest);
    good = table_close(kinds, good ? error : &(Error){""}) && good;
    return table_close(curves, good ? error : &(Error){""}) && good;
}

// The table of this lesson's README, in Markdown.
static inline void gallery_print(void) {
    printf("| | schedule | value at a step | when |\n|---|---|---|---|\n");
    for (int k = 0; k < schedule_kind_count; k++) {
        const ScheduleKind *kind = schedule_kinds[k];
        printf("| ![%s](figures/%s.svg) | `%s`<br>%s | %s | %s |\n", kind->name, kind->name,
               schedule_signature(kind).text, kind->help, kind->formula, kind->use);
    }
}

#endif
