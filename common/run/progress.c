#include "run/progress.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define REDRAW_SECONDS 0.1
#define PLAIN_SECONDS 1.0

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

static int terminal_width(FILE *stream) {
    struct winsize size;
    if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

static void numbers_format(const Progress *progress, char *text, size_t size, long done,
                           double loss, double rate) {
    char left[32] = "";
    double elapsed = clock_seconds() - progress->started;
    long run = done - progress->first;
    if (run > 0)
        duration_format(left, sizeof left,
                        elapsed / (double)run * (double)(progress->total - done));
    if (run <= 0)
        snprintf(text, size, "starting");
    else
        snprintf(text, size, "loss %.4f  lr %.3g  %s left", loss, rate, left);
}

// "lesson-01  epoch 2/5  [#####     ]  step 1234/4690  loss 0.3456  lr 0.05  42 s left"; the bar
// takes what room there is, and the line is cut where even that is too long, because a wrapped line
// can't be redrawn.
static void draw_bar(const Progress *progress, long done, double loss, double rate) {
    char head[128], numbers[160], line[512], bar[64];
    long epochs = (progress->total + progress->epoch_steps - 1) / progress->epoch_steps;
    long epoch = done > 0 ? (done - 1) / progress->epoch_steps + 1 : 1;
    snprintf(head, sizeof head, "%s  epoch %ld/%ld  ", progress->label, epoch, epochs);
    char counts[64];
    snprintf(counts, sizeof counts, "  step %ld/%ld  ", done, progress->total);
    numbers_format(progress, numbers, sizeof numbers, done, loss, rate);
    int width = terminal_width(progress->stream) - 1;
    int room = width - (int)(strlen(head) + strlen(counts) + strlen(numbers)) - 2;
    room = room > 30 ? 30 : room;
    if (room >= 5) {
        long filled = progress->total > 0 ? room * done / progress->total : room;
        for (int i = 0; i < room; i++)
            bar[i] = i < filled ? '#' : '.';
        bar[room] = '\0';
        snprintf(line, sizeof line, "%s[%s]%s%s", head, bar, counts, numbers);
    } else {
        snprintf(line, sizeof line, "%s%s", head, numbers);
    }
    fprintf(progress->stream, "\r%.*s\033[K", width > 0 ? width : 0, line);
    fflush(progress->stream);
}

static void print_line(const Progress *progress, long done, double loss, double rate) {
    char numbers[160];
    numbers_format(progress, numbers, sizeof numbers, done, loss, rate);
    fprintf(progress->stream, "%s  epoch %ld  step %ld/%ld  %s\n", progress->label,
            done / progress->epoch_steps, done, progress->total, numbers);
    fflush(progress->stream);
}

void progress_start(Progress *progress, const char *label, long first, long total,
                    long epoch_steps) {
    const char *kind = getenv("TERM");
    *progress = (Progress){.stream = stderr,
                           .label = label,
                           .first = first,
                           .total = total,
                           .epoch_steps = epoch_steps > 0 ? epoch_steps : 1,
                           .started = clock_seconds()};
    progress->drawn = progress->started;
    progress->terminal = isatty(fileno(stderr)) && kind && strcmp(kind, "dumb") != 0;
    if (progress->terminal)
        draw_bar(progress, first, 0, 0);
}

void progress_step(Progress *progress, long done, double loss, double rate) {
    double now = clock_seconds();
    bool epoch_ends = done % progress->epoch_steps == 0;
    if (progress->terminal ? now - progress->drawn < REDRAW_SECONDS
                           : !epoch_ends || now - progress->drawn < PLAIN_SECONDS)
        return;
    progress->drawn = now;
    if (progress->terminal)
        draw_bar(progress, done, loss, rate);
    else
        print_line(progress, done, loss, rate);
}

void progress_clear(Progress *progress) {
    if (progress->terminal)
        fputs("\r\033[K", progress->stream);
    fflush(progress->stream);
}

void progress_finish(Progress *progress, const char *format, ...) {
    char took[32];
    duration_format(took, sizeof took, clock_seconds() - progress->started);
    progress_clear(progress);
    fprintf(progress->stream, "%s  %s  ", progress->label, took);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(progress->stream, format, arguments);
    va_end(arguments);
    fputc('\n', progress->stream);
    fflush(progress->stream);
}
