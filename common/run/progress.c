#include "run/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define BAR_DONE "##############################"
#define BAR_LEFT ".............................."
#define BAR_WIDTH ((int)sizeof BAR_DONE - 1)

double clock_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// Hours, minutes, seconds: "0:00:42".
static void duration_format(char *text, size_t size, double seconds) {
    const long whole = (long)(seconds + 0.5);
    snprintf(text, size, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
}

void progress_start(Progress *progress, const char *label, long first, long total,
                    long plain_every) {
    const char *kind = getenv("TERM");
    const double now = clock_seconds();
    *progress = (Progress){label, first, total, plain_every, .started = now, .drawn = now};
    progress->terminal = isatty(STDERR_FILENO) && kind && strcmp(kind, "dumb") != 0;
}

// The bar takes what room there is, and the line is cut where there is none, because a wrapped line
// can't be redrawn.
static void redraw(const char *line, double share) {
    struct winsize size = {0};
    ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    const int width = size.ws_col - 1, room = width - (int)strlen(line) - 2;
    const int bar = room < 0 ? 0 : room < BAR_WIDTH ? room : BAR_WIDTH, done = (int)(bar * share);
    fprintf(stderr, "\r%.*s%s%.*s%.*s\033[K", width, line, bar ? "  " : "", done, BAR_DONE,
            bar - done, BAR_LEFT);
}

// "lesson-01  epoch 2/5  step 1234/4690  loss 0.3456  lr 0.05  0:00:42 left"
void progress_step(Progress *progress, long done, const char *format, ...) {
    const double now = clock_seconds(), pause = now - progress->drawn;
    if (progress->terminal ? pause < 0.1 : done % progress->plain_every != 0 || pause < 1)
        return;
    if (done <= progress->first) // nothing tells how long the rest takes
        return;
    progress->drawn = now;
    const long left = progress->total - done;
    const double speed = (double)(done - progress->first) / (now - progress->started);
    char text[512], line[600], time[32];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    duration_format(time, sizeof time, (double)left / speed);
    snprintf(line, sizeof line, "%s  %s  %s left", progress->label, text, time);
    if (progress->terminal)
        redraw(line, (double)done / (double)progress->total);
    else
        fprintf(stderr, "%s\n", line);
}

void progress_clear(const Progress *progress) {
    if (progress->terminal)
        fputs("\r\033[K", stderr);
}

void progress_finish(Progress *progress, const char *format, ...) {
    char took[32];
    duration_format(took, sizeof took, clock_seconds() - progress->started);
    progress_clear(progress);
    fprintf(stderr, "%s  %s  ", progress->label, took);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}
