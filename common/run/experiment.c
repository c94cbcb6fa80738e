#include "run/experiment.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
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
#include "run/progress.h"

extern char **environ;

enum { RESULT_LIMIT = 1 << 16, EXECUTABLE_LIMIT = 1 << 30 };

typedef struct Run {
    char *name, *folder, *options;
    char *key;      // what its result depends on: the options and the program
    pid_t process;  // 0 while it doesn't run
    char *columns;  // of its result; NULL until it is finished
    double *values; // one a column
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

static void run_forget_result(Run *run) {
    free(run->key), free(run->columns), free(run->values);
    run->key = run->columns = NULL;
    run->values = NULL;
}

void experiment_free(Experiment *experiment) {
    if (!experiment)
        return;
    for (int i = 0; i < experiment->count; i++) {
        Run *run = &experiment->runs[i];
        free(run->name), free(run->folder), free(run->options);
        run_forget_result(run);
    }
    free(experiment->runs);
    free(experiment->name);
    free(experiment);
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
              .options = memory_string(text)};
}

// --- what a result depends on --------------------------------------------------------------------

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

static bool executable_checksum(const char *path, unsigned long *checksum, Error *error) {
    char *bytes;
    size_t length;
    if (!file_read(path, EXECUTABLE_LIMIT, &bytes, &length, error))
        return false;
    *checksum = crc32(0, (const unsigned char *)bytes, (unsigned)length);
    free(bytes);
    return true;
}

// The arguments of a run: the program, the lesson's options as they stand, the run's own options.
// Where an option is given twice the last one counts.
typedef struct Arguments {
    int count;
    char **items; // NULL behind the last
} Arguments;

static void arguments_add(Arguments *arguments, char *text) {
    arguments->items =
        memory_resize(arguments->items, (size_t)(arguments->count + 2) * sizeof(char *));
    arguments->items[arguments->count++] = text;
    arguments->items[arguments->count] = NULL;
}

static void arguments_free(Arguments *arguments) {
    for (int i = 0; i < arguments->count; i++)
        free(arguments->items[i]);
    free(arguments->items);
}

static Arguments run_arguments(const LessonOptions *lesson, const char *program, const Run *run) {
    Arguments arguments = {0};
    arguments_add(&arguments, memory_string(program));
    char **own = options_arguments(lesson->own, lesson->own_count);
    for (int i = 0; own[i]; i++)
        arguments_add(&arguments, own[i]);
    free(own);
    arguments_add(&arguments, path_format("--seed=%d", lesson->seed));
    if (lesson->quick)
        arguments_add(&arguments, memory_string("--quick"));
    for (const char *at = run->options + strspn(run->options, " "); *at;) {
        size_t length = strcspn(at, " ");
        arguments_add(&arguments, path_format("%.*s", (int)length, at));
        at += length + strspn(at + length, " ");
    }
    return arguments;
}

static char *run_key(const Arguments *arguments, unsigned long checksum) {
    char *key = path_format("program %08lx", checksum);
    for (int i = 1; i < arguments->count; i++) {
        char *longer = path_format("%s %s", key, arguments->items[i]);
        free(key);
        key = longer;
    }
    return key;
}

// --- results -------------------------------------------------------------------------------------

static size_t column_count(const char *columns) {
    size_t count = 1;
    for (const char *at = columns; (at = strchr(at, ',')); at++)
        count++;
    return count;
}

static void write_numbers(FILE *file, const char *columns, const double *values) {
    for (size_t i = 0; i < column_count(columns); i++) {
        char number[32];
        number_format(number, sizeof number, values[i]);
        fprintf(file, "%s%s", i ? "," : "", number);
    }
    fputc('\n', file);
}

bool experiment_write_result(const char *folder, const char *columns, const double *values,
                             Error *error) {
    char *path = path_format("%s/result.csv", folder);
    OutputFile file;
    bool opened = output_open(&file, path, error);
    free(path);
    if (!opened)
        return false;
    fprintf(file.stream, "%s\n", columns);
    write_numbers(file.stream, columns, values);
    return output_commit(&file, error);
}

// Index of a column in "a,b,c"; −1 if there is none.
static int column_index(const char *columns, const char *column) {
    int index = 0;
    for (const char *at = columns;; index++) {
        size_t length = strcspn(at, ",");
        if (strlen(column) == length && !strncmp(at, column, length))
            return index;
        if (!at[length])
            return -1;
        at += length + 1;
    }
}

static bool parse_result(Run *run, char *text) {
    char *line_end = strchr(text, '\n');
    if (!line_end)
        return false;
    *line_end = '\0';
    const size_t count = column_count(text);
    double *values = memory_zeroed(count, sizeof *values);
    char *at = line_end + 1;
    for (size_t i = 0; i < count; i++) {
        char *end;
        values[i] = strtod(at, &end);
        if (end == at || *end != (i + 1 < count ? ',' : '\n')) {
            free(values);
            return false;
        }
        at = end + 1;
    }
    run->columns = memory_string(text);
    run->values = values;
    return true;
}

static bool read_result(Run *run, Error *error) {
    char *path = path_format("%s/result.csv", run->folder), *text;
    size_t length;
    bool found = file_read(path, RESULT_LIMIT, &text, &length, error);
    if (found) {
        found = parse_result(run, text) ||
                error_set(error, "%s: not a line of names and a line of numbers", path);
        free(text);
    }
    free(path);
    return found;
}

static bool gather(const Experiment *experiment, Error *error) {
    const Run *first = experiment->runs, *end = first + experiment->count;
    for (const Run *run = first; run < end; run++)
        if (strcmp(run->columns, first->columns))
            return error_set(error, "%s: the results of the runs '%s' and '%s' differ in columns",
                             experiment->name, first->name, run->name);
    char *path = path_format("%s/%s.csv", experiment->lesson->out, experiment->name);
    OutputFile file;
    bool opened = output_open(&file, path, error);
    free(path);
    if (!opened)
        return false;
    fprintf(file.stream, "run,%s\n", first->columns);
    for (const Run *run = first; run < end; run++) {
        fprintf(file.stream, "%s,", run->name);
        write_numbers(file.stream, run->columns, run->values);
    }
    return output_commit(&file, error);
}

int experiment_count(const Experiment *experiment) {
    return experiment->count;
}

double experiment_result(const Experiment *experiment, int run, const char *column) {
    if (run < 0 || run >= experiment->count || !experiment->runs[run].columns)
        fatal("experiment '%s': there is no result of run %d", experiment->name, run);
    int index = column_index(experiment->runs[run].columns, column);
    if (index < 0)
        fatal("experiment '%s': no column '%s' among %s", experiment->name, column,
              experiment->runs[run].columns);
    return experiment->runs[run].values[index];
}

// --- running -------------------------------------------------------------------------------------

static bool key_matches(const Run *run) {
    char *path = path_format("%s/key", run->folder), *text = NULL;
    size_t length;
    Error ignored;
    bool same = file_exists(path) && file_read(path, RESULT_LIMIT, &text, &length, &ignored) &&
                !strcmp(text, run->key);
    free(text);
    free(path);
    return same;
}

static void remove_file(const Run *run, const char *name) {
    char *path = path_format("%s/%s", run->folder, name);
    remove(path);
    free(path);
}

// Makes the folder ready. What another program or other options left there counts for nothing.
static bool run_prepare(Run *run, bool *resume, Error *error) {
    *resume = false;
    if (!folder_create(run->folder, error))
        return false;
    if (key_matches(run)) {
        char *result = path_format("%s/result.csv", run->folder);
        char *checkpoint = path_format("%s/checkpoint.safetensors", run->folder);
        bool finished = file_exists(result);
        *resume = file_exists(checkpoint);
        free(result);
        free(checkpoint);
        return finished ? read_result(run, error) : true;
    }
    remove_file(run, "result.csv");
    remove_file(run, "checkpoint.safetensors");
    char *path = path_format("%s/key", run->folder);
    bool written = file_write(path, run->key, strlen(run->key), error);
    free(path);
    return written;
}

static bool run_start(const Experiment *experiment, Run *run, const char *program, bool resume,
                      Error *error) {
    const LessonOptions *lesson = experiment->lesson;
    Arguments arguments = run_arguments(lesson, program, run);
    arguments_add(&arguments, memory_string("--child"));
    arguments_add(&arguments, path_format("--out=%s", run->folder));
    arguments_add(&arguments, path_format("--threads=%d", lesson->threads ? lesson->threads : 1));
    if (resume)
        arguments_add(&arguments, memory_string("--resume"));
    char *log = path_format("%s/run.log", run->folder);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    // Not fork: after OpenMP has started its threads, only a new program is safe.
    int failure = posix_spawn(&run->process, program, &actions, NULL, arguments.items, environ);
    posix_spawn_file_actions_destroy(&actions);
    free(log);
    arguments_free(&arguments);
    if (failure) {
        run->process = 0;
        return error_set(error, "%s: run '%s' can't be started: %s", program, run->name,
                         strerror(failure));
    }
    return true;
}

// When the run has ended, reads its result. A run that stopped because we were told to stop is no
// failure.
static bool run_poll(Run *run, Error *error) {
    int status;
    pid_t answer = waitpid(run->process, &status, WNOHANG);
    if (answer == 0 || (answer < 0 && errno == EINTR))
        return true;
    run->process = 0;
    if (answer > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return read_result(run, error);
    remove_file(run, "result.csv"); // written, and then something went wrong
    if (interrupt_signal())
        return true;
    if (answer > 0 && WIFSIGNALED(status))
        return error_set(error, "run '%s' was ended by signal %d; see %s/run.log", run->name,
                         WTERMSIG(status), run->folder);
    return error_set(error, "run '%s' ended with exit status %d; see %s/run.log", run->name,
                     answer > 0 ? WEXITSTATUS(status) : -1, run->folder);
}

static void stop_all(const Experiment *experiment, int signal_number) {
    for (int i = 0; i < experiment->count; i++)
        if (experiment->runs[i].process)
            kill(experiment->runs[i].process, signal_number);
}

static int side_by_side(const LessonOptions *lesson) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    long jobs = processors / (lesson->threads ? lesson->threads : 1);
    return jobs > 1 ? (int)jobs : 1;
}

static int count_running(const Experiment *experiment) {
    int count = 0;
    for (int i = 0; i < experiment->count; i++)
        count += experiment->runs[i].process != 0;
    return count;
}

static int count_finished(const Experiment *experiment) {
    int count = 0;
    for (int i = 0; i < experiment->count; i++)
        count += experiment->runs[i].columns != NULL;
    return count;
}

// On a terminal, each time a run has ended: "seeds: 5 of 12 runs, about 3:05 min left". `found` of
// them were finished before we came.
static void say_progress(const Experiment *experiment, int found, double started, int *said) {
    const int done = count_finished(experiment);
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

// Starts a run that isn't finished; *found counts those that are.
static bool start_or_skip(Experiment *experiment, Run *run, const char *program, int *found,
                          Error *error) {
    bool resume;
    if (!run_prepare(run, &resume, error))
        return false;
    *found += run->columns != NULL;
    return run->columns || run_start(experiment, run, program, resume, error);
}

// Looks after all that run; the first failure is the one that is told.
static bool poll_all(Experiment *experiment, Error *error) {
    bool healthy = true;
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
    const int room = side_by_side(experiment->lesson);
    const double started = clock_seconds();
    int next = 0, found = 0, passed_on = 0, said = -1;
    bool healthy = true;
    for (;;) {
        const bool more = healthy && !interrupt_signal() && next < experiment->count;
        const int running = count_running(experiment);
        say_progress(experiment, found, started, &said);
        if (more && running < room) {
            healthy = start_or_skip(experiment, &experiment->runs[next++], program, &found, error);
            continue;
        }
        if (!more && !running)
            break;
        if (!passed_on && (interrupt_signal() || !healthy))
            stop_all(experiment, passed_on = healthy ? interrupt_signal() : SIGTERM);
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        Error later;
        healthy = poll_all(experiment, healthy ? error : &later) && healthy;
    }
    if (said >= 0)
        fputs("\r\033[K", stderr);
    if (healthy && count_finished(experiment) < experiment->count)
        return error_set(error, "%s: stopped with %d of %d runs finished; the same command goes on",
                         experiment->name, count_finished(experiment), experiment->count);
    return healthy;
}

bool experiment_run(Experiment *experiment, Error *error) {
    char program[4096];
    unsigned long checksum;
    if (!executable_path(program, sizeof program, error) ||
        !executable_checksum(program, &checksum, error))
        return false;
    for (int i = 0; i < experiment->count; i++) {
        Arguments arguments = run_arguments(experiment->lesson, program, &experiment->runs[i]);
        run_forget_result(&experiment->runs[i]);
        experiment->runs[i].key = run_key(&arguments, checksum);
        arguments_free(&arguments);
    }
    return run_all(experiment, program, error) && gather(experiment, error);
}
