#include "run/experiment.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif
#include <zlib.h>

#include "run/file.h"
#include "run/interrupt.h"
#include "run/log.h"
#include "run/process.h"
#include "run/progress.h"

enum { RESULT_LIMIT = 1 << 16, EXECUTABLE_LIMIT = 1 << 30, ARGUMENTS_MAX = 128 };

typedef struct Run {
    char *name, *folder;
    char *arguments;     // one a line: the lesson's options as they stand, then its own
    pid_t process;       // 0 while it doesn't run
    char *columns;       // the first line of its result; NULL until it is finished
    const char *numbers; // the second line, behind it in the same memory
} Run;

struct Experiment {
    const LessonOptions *lesson;
    char *name;
    int count;
    Run *runs;
};

// --- making --------------------------------------------------------------------------------------

Experiment *experiment_new(const LessonOptions *lesson, const char *name) {
    Experiment *experiment = memory_zeroed(1, sizeof *experiment);
    experiment->lesson = lesson;
    experiment->name = memory_string(name);
    return experiment;
}

void experiment_free(Experiment *experiment) {
    if (!experiment)
        return;
    for (int i = 0; i < experiment->count; i++) {
        free(experiment->runs[i].name);
        free(experiment->runs[i].folder);
        free(experiment->runs[i].arguments);
        free(experiment->runs[i].columns);
    }
    free(experiment->runs);
    free(experiment->name);
    free(experiment);
}

// Where an option is given twice the last one counts, so those of the run come last.
static char *run_arguments(const LessonOptions *lesson, char *options) {
    char *own = options_text(lesson->own, lesson->own_count);
    for (char *at = options; (at = strchr(at, ' '));)
        *at = '\n';
    char *arguments = path_format("%s--seed=%d\n%s%s", own, lesson->seed,
                                  lesson->quick ? "--quick\n" : "", options);
    free(own);
    return arguments;
}

void experiment_add(Experiment *experiment, const char *run, const char *options, ...) {
    const char *allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-";
    if (!*run || *run == '.' || run[strspn(run, allowed)])
        fatal("experiment: '%s' is no name for a run", run);
    for (int i = 0; i < experiment->count; i++)
        if (!strcmp(experiment->runs[i].name, run))
            fatal("experiment: there are two runs '%s'", run);
    char text[1024];
    va_list arguments;
    va_start(arguments, options);
    vsnprintf(text, sizeof text, options, arguments);
    va_end(arguments);
    experiment->runs =
        memory_resize(experiment->runs, (size_t)(experiment->count + 1) * sizeof(Run));
    experiment->runs[experiment->count++] =
        (Run){.name = memory_string(run),
              .folder = path_format("%s/runs/%s", experiment->lesson->out, run),
              .arguments = run_arguments(experiment->lesson, text)};
}

// --- this program --------------------------------------------------------------------------------

static bool executable_path(char *path, size_t size, Error *error) {
#ifdef __APPLE__
    uint32_t capacity = (uint32_t)size;
    if (_NSGetExecutablePath(path, &capacity) == 0)
        return true;
#else
    ssize_t length = readlink("/proc/self/exe", path, size - 1);
    if (length > 0) {
        path[length] = '\0';
        return true;
    }
#endif
    return error_set(error,
                     "the program can't find its own path, which it needs to start its runs");
}

// --- results -------------------------------------------------------------------------------------

typedef struct Path {
    char text[4096];
} Path;

static Path path_in(const char *folder, const char *name) {
    Path path;
    if (snprintf(path.text, sizeof path.text, "%s/%s", folder, name) >= (int)sizeof path.text)
        fatal("experiment: the path %s/%s is too long", folder, name);
    return path;
}

bool experiment_write_result(const char *folder, const char *columns, const double *values,
                             Error *error) {
    OutputFile file;
    if (!output_open(&file, path_in(folder, "result.csv").text, error))
        return false;
    fprintf(file.stream, "%s\n", columns);
    csv_write_numbers(file.stream, values, csv_columns(columns));
    return output_commit(&file, error);
}

// One number for each name, each line with its end.
static bool result_is_whole(const char *columns, const char *numbers) {
    for (;; columns++, numbers++) {
        char *end;
        strtod(numbers, &end);
        columns += strcspn(columns, ",\n");
        if (end == numbers || *end != *columns || !*end)
            return false;
        if (*end == '\n')
            return true;
        numbers = end;
    }
}

static bool read_result(Run *run, Error *error) {
    const Path path = path_in(run->folder, "result.csv");
    char *text;
    size_t length;
    if (!file_read(path.text, RESULT_LIMIT, &text, &length, error))
        return false;
    char *line_end = strchr(text, '\n');
    if (!line_end || !result_is_whole(text, line_end + 1)) {
        free(text);
        return error_set(error, "%s: not a line of names and a line of numbers", path.text);
    }
    *line_end = '\0';
    run->columns = text;
    run->numbers = line_end + 1;
    return true;
}

static bool gather(const Experiment *experiment, Error *error) {
    const Run *first = experiment->runs, *end = first + experiment->count;
    for (const Run *run = first; run < end; run++)
        if (strcmp(run->columns, first->columns))
            return error_set(error, "%s: the results of the runs '%s' and '%s' differ in columns",
                             experiment->name, first->name, run->name);
    char *path = path_format("%s/%s.csv", experiment->lesson->out, experiment->name);
    OutputFile file;
    const bool opened = output_open(&file, path, error);
    free(path);
    if (!opened)
        return false;
    fprintf(file.stream, "run,%s\n", first->columns);
    for (const Run *run = first; run < end; run++)
        fprintf(file.stream, "%s,%.*s\n", run->name, (int)strcspn(run->numbers, "\n"),
                run->numbers);
    return output_commit(&file, error);
}

double experiment_result(const Experiment *experiment, int run, const char *column) {
    if (run < 0 || run >= experiment->count || !experiment->runs[run].columns)
        fatal("experiment '%s': there is no result of run %d", experiment->name, run);
    const char *name = experiment->runs[run].columns, *number = experiment->runs[run].numbers;
    for (;;) {
        const size_t length = strcspn(name, ",");
        if (strlen(column) == length && !strncmp(name, column, length))
            return strtod(number, NULL);
        if (!name[length])
            fatal("experiment '%s': no column '%s' among %s", experiment->name, column,
                  experiment->runs[run].columns);
        name += length + 1;
        number = strchr(number, ',') + 1;
    }
}

// --- one run -------------------------------------------------------------------------------------

// Makes the folder ready and reads the result, if there is one. Under another key than ours, what
// is in the folder is of another program or of other options, and counts for nothing.
static bool run_prepare(Run *run, unsigned long checksum, Error *error) {
    const Path path = path_in(run->folder, "key"), result = path_in(run->folder, "result.csv");
    free(run->columns);
    run->columns = NULL;
    if (!folder_create(run->folder, error))
        return false;
    char *there, *key = path_format("program %08lx\n%s", checksum, run->arguments);
    size_t length;
    bool ready =
        file_read(path.text, RESULT_LIMIT, &there, &length, &(Error){0}) && !strcmp(there, key);
    if (!ready) {
        remove(result.text);
        remove(path_in(run->folder, "checkpoint.safetensors").text);
        ready = file_write(path.text, key, strlen(key), error);
    }
    free(there);
    free(key);
    return ready && (!file_exists(result.text) || read_result(run, error));
}

static int run_threads(const Experiment *experiment) {
    return experiment->lesson->threads ? experiment->lesson->threads : 1;
}

static bool run_start(const Experiment *experiment, Run *run, const char *program, Error *error) {
    char *text = path_format(
        "%s\n%s\n--child\n--out=%s\n--threads=%d%s", program, run->arguments, run->folder,
        run_threads(experiment),
        file_exists(path_in(run->folder, "checkpoint.safetensors").text) ? "\n--resume" : "");
    char *arguments[ARGUMENTS_MAX + 1];
    int count = 0;
    for (char *at = strtok(text, "\n"); at; at = strtok(NULL, "\n")) {
        if (count == ARGUMENTS_MAX)
            fatal("experiment: run '%s' has more than %d arguments", run->name, ARGUMENTS_MAX);
        arguments[count++] = at;
    }
    arguments[count] = NULL;
    int failure = process_start(&run->process, program, arguments,
                                path_in(run->folder, "run.log").text, false);
    free(text);
    return !failure || error_set(error, "%s: run '%s' can't be started: %s", program, run->name,
                                 strerror(failure));
}

// When the run has ended, reads its result. A run that stopped because we were told to stop is no
// failure.
static bool run_poll(Run *run, Error *error) {
    int status = -1;
    pid_t answer = waitpid(run->process, &status, WNOHANG);
    if (answer == 0 || (answer < 0 && errno == EINTR))
        return true;
    run->process = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return read_result(run, error);
    remove(path_in(run->folder, "result.csv").text); // written, and then something went wrong
    if (interrupt_signal())
        return true;
    const bool crashed = WIFSIGNALED(status);
    return error_set(error, "run '%s' %s %d; see %s/run.log", run->name,
                     crashed ? "was ended by signal" : "ended with exit status",
                     crashed ? WTERMSIG(status) : WEXITSTATUS(status), run->folder);
}

// --- all runs ------------------------------------------------------------------------------------

static void stop_all(const Experiment *experiment, int signal_number) {
    for (int i = 0; i < experiment->count; i++)
        if (experiment->runs[i].process)
            kill(experiment->runs[i].process, signal_number);
}

typedef struct Tally {
    int running, finished;
} Tally;

static Tally experiment_tally(const Experiment *experiment) {
    Tally tally = {0};
    for (int i = 0; i < experiment->count; i++) {
        tally.running += experiment->runs[i].process != 0;
        tally.finished += experiment->runs[i].columns != NULL;
    }
    return tally;
}

// On a terminal, each time a run has ended: "seeds: 5 of 12 runs, about 3:05 min left". `found` of
// them were finished before we came.
static void say_progress(const Experiment *experiment, int done, int found, double started,
                         int *said) {
    if (done == *said || !isatty(STDERR_FILENO))
        return;
    *said = done;
    fprintf(stderr, "\r%s: %d of %d runs", experiment->name, done, experiment->count);
    if (done > found) {
        char left[32];
        double seconds = (clock_seconds() - started) / (done - found) * (experiment->count - done);
        duration_format(left, sizeof left, seconds);
        fprintf(stderr, ", about %s left", left);
    }
    fputs("\033[K", stderr);
}

// Looks after all that run; the first failure is the one that is told.
static bool poll_all(Experiment *experiment, bool healthy, Error *error) {
    for (int i = 0; i < experiment->count; i++) {
        Error later;
        if (experiment->runs[i].process &&
            !run_poll(&experiment->runs[i], healthy ? error : &later))
            healthy = false;
    }
    return healthy;
}

// Starts runs while there is room, and waits for the rest. After a failure or a signal none is
// started, and those that run are told to stop, once: they save, and go on next time.
static bool run_all(Experiment *experiment, const char *program, Error *error) {
    const int found = experiment_tally(experiment).finished;
    const long room = sysconf(_SC_NPROCESSORS_ONLN) / run_threads(experiment);
    const double started = clock_seconds();
    int next = 0, passed_on = 0, said = -1;
    bool healthy = true;
    Tally now;
    for (;;) {
        const bool going_on = healthy && !interrupt_signal();
        now = experiment_tally(experiment);
        say_progress(experiment, now.finished, found, started, &said);
        while (next < experiment->count && experiment->runs[next].columns)
            next++;
        if (going_on && next < experiment->count && now.running < (room > 1 ? room : 1)) {
            healthy = run_start(experiment, &experiment->runs[next++], program, error);
            continue;
        }
        if (!now.running)
            break;
        if (!going_on && !passed_on)
            stop_all(experiment, passed_on = healthy ? interrupt_signal() : SIGTERM);
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        healthy = poll_all(experiment, healthy, error);
    }
    if (said >= 0)
        fputs("\r\033[K", stderr);
    if (healthy && now.finished < experiment->count)
        return error_set(error, "%s: stopped with %d of %d runs finished; the same command goes on",
                         experiment->name, now.finished, experiment->count);
    return healthy;
}

bool experiment_run(Experiment *experiment, Error *error) {
    char program[4096], *bytes;
    size_t length;
    if (experiment->count == 0)
        fatal("experiment '%s' has no runs", experiment->name);
    if (!executable_path(program, sizeof program, error) ||
        !file_read(program, EXECUTABLE_LIMIT, &bytes, &length, error))
        return false;
    const unsigned long checksum = crc32(0, (const unsigned char *)bytes, (unsigned)length);
    free(bytes);
    for (int i = 0; i < experiment->count; i++)
        if (!run_prepare(&experiment->runs[i], checksum, error))
            return false;
    return run_all(experiment, program, error) && gather(experiment, error);
}
