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

typedef struct Duration {
    char text[32]; // hours:minutes:seconds
} Duration;

static Duration duration(double seconds) {
    const long whole = (long)(seconds + 0.5);
    Duration duration;
    snprintf(duration.text, sizeof duration.text, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60,
             whole % 60);
    return duration;
}

void progress_start(Progress *progress, const char *label, long first, long total,
                    long epoch_steps) {
    const char *kind = getenv("TERM");
    const double now = clock_seconds();
    *progress = (Progress){label, first, total, epoch_steps, .started = now, .drawn = now};
    progress->terminal = isatty(STDERR_FILENO) && kind && strcmp(kind, "dumb") != 0;
}

// "lesson-01  epoch 2/5  step 1234/4690  loss 0.3456  lr 0.05  0:00:42 left  ######......". The bar
// takes what room there is, and the line is cut where there is none, because a wrapped line can't be
// redrawn.
static void draw(Progress *progress, long done, const char *numbers) {
    const double now = clock_seconds(), run = (double)(done - progress->first);
    const double left = (now - progress->started) / run * (double)(progress->total - done);
    char line[512];
    snprintf(line, sizeof line, "%s  %s  %s left", progress->label, numbers,
             run > 0 ? duration(left).text : "?");
    progress->drawn = now;
    if (!progress->terminal) {
        fprintf(stderr, "%s\n", line);
        return;
    }
    struct winsize size = {0};
    ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    const int width = size.ws_col - 1, room = width - (int)strlen(line) - 2;
    const int bar = room < 0 ? 0 : room < BAR_WIDTH ? room : BAR_WIDTH;
    const int filled = (int)(bar * done / progress->total);
    fprintf(stderr, "\r%.*s%s%.*s%.*s\033[K", width, line, bar ? "  " : "", filled, BAR_DONE,
            bar - filled, BAR_LEFT);
}

void progress_step(Progress *progress, long done, double loss, double rate) {
    const double pause = clock_seconds() - progress->drawn;
    const long steps = progress->epoch_steps;
    if (progress->terminal ? pause < 0.1 : done % steps != 0 || pause < 1)
        return;
    char numbers[160];
    snprintf(numbers, sizeof numbers, "epoch %ld/%ld  step %ld/%ld  loss %.4f  lr %.3g",
             (done - 1) / steps + 1, (progress->total - 1) / steps + 1, done, progress->total, loss,
             rate);
    draw(progress, done, numbers);
}

void progress_run(Progress *progress, long done) {
    char numbers[64];
    snprintf(numbers, sizeof numbers, "%ld of %ld runs", done, progress->total);
    if (progress->terminal)
        draw(progress, done, numbers);
}

void progress_finish(Progress *progress, const char *format, ...) {
    fprintf(stderr, "%s%s  %s  ", progress->terminal ? "\r\033[K" : "", progress->label,
            duration(clock_seconds() - progress->started).text);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}
