#include "run/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define REDRAW_SECONDS 0.1
#define PLAIN_SECONDS 1.0
#define BAR_DONE "##############################"
#define BAR_LEFT ".............................."
#define BAR_WIDTH ((int)sizeof BAR_DONE - 1)

double clock_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void duration_format(char *text, size_t size, double seconds) {
    long whole = (long)(seconds + 0.5);
    if (whole < 60)
        snprintf(text, size, "%ld s", whole);
    else if (whole < 3600)
        snprintf(text, size, "%ld:%02ld min", whole / 60, whole % 60);
    else
        snprintf(text, size, "%ld:%02ld h", whole / 3600, whole / 60 % 60);
}

static int terminal_width(void) {
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

// "loss 0.3456  lr 0.05  42 s left"
static void numbers_format(const Progress *progress, char *text, size_t size, long done,
                           double loss, double rate) {
    const long run = done - progress->first;
    char left[32];
    snprintf(text, size, "starting");
    if (run <= 0)
        return;
    double elapsed = clock_seconds() - progress->started;
    duration_format(left, sizeof left, elapsed / (double)run * (double)(progress->total - done));
    snprintf(text, size, "loss %.4f  lr %.3g  %s left", loss, rate, left);
}

// "lesson-01  epoch 2/5  [#####     ]  step 1234/4690  loss 0.3456  lr 0.05  42 s left"; the bar
// takes what room there is, and the line is cut where even that is too long, because a wrapped line
// can't be redrawn.
static void draw_bar(const Progress *progress, long done, const char *numbers) {
    char head[128], counts[64], line[512];
    const long epochs = (progress->total + progress->epoch_steps - 1) / progress->epoch_steps;
    const long epoch = done > 0 ? (done - 1) / progress->epoch_steps + 1 : 1;
    snprintf(head, sizeof head, "%s  epoch %ld/%ld  ", progress->label, epoch, epochs);
    snprintf(counts, sizeof counts, "  step %ld/%ld  ", done, progress->total);
    const int width = terminal_width() - 1;
    int room = width - (int)(strlen(head) + strlen(counts) + strlen(numbers)) - 2;
    room = room > BAR_WIDTH ? BAR_WIDTH : room;
    if (room >= 5) {
        const int filled = progress->total > 0 ? (int)(room * done / progress->total) : room;
        snprintf(line, sizeof line, "%s[%.*s%.*s]%s%s", head, filled, BAR_DONE, room - filled,
                 BAR_LEFT, counts, numbers);
    } else {
        snprintf(line, sizeof line, "%s%s", head, numbers);
    }
    fprintf(stderr, "\r%.*s\033[K", width, line);
}

static void draw(const Progress *progress, long done, double loss, double rate) {
    char numbers[160];
    numbers_format(progress, numbers, sizeof numbers, done, loss, rate);
    if (progress->terminal)
        draw_bar(progress, done, numbers);
    else
        fprintf(stderr, "%s  epoch %ld  step %ld/%ld  %s\n", progress->label,
                done / progress->epoch_steps, done, progress->total, numbers);
    fflush(stderr);
}

void progress_start(Progress *progress, const char *label, long first, long total,
                    long epoch_steps) {
    const char *kind = getenv("TERM");
    *progress = (Progress){.label = label,
                           .first = first,
                           .total = total,
                           .epoch_steps = epoch_steps > 0 ? epoch_steps : 1,
                           .started = clock_seconds()};
    progress->drawn = progress->started;
    progress->terminal = isatty(STDERR_FILENO) && kind && strcmp(kind, "dumb") != 0;
    if (progress->terminal)
        draw(progress, first, 0, 0);
}

void progress_step(Progress *progress, long done, double loss, double rate) {
    double now = clock_seconds();
    bool epoch_ends = done % progress->epoch_steps == 0;
    if (progress->terminal ? now - progress->drawn < REDRAW_SECONDS
                           : !epoch_ends || now - progress->drawn < PLAIN_SECONDS)
        return;
    progress->drawn = now;
    draw(progress, done, loss, rate);
}

void progress_finish(Progress *progress, const char *format, ...) {
    char took[32];
    duration_format(took, sizeof took, clock_seconds() - progress->started);
    fprintf(stderr, "%s%s  %s  ", progress->terminal ? "\r\033[K" : "", progress->label, took);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    fflush(stderr);
}
