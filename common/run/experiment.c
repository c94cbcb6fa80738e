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
#include <zlib.h>

#include "files/output.h"
#include "run/interrupt.h"
#include "run/process.h"
#include "files/table.h"

enum { FILE_LIMIT = 1 << 16, EXECUTABLE_LIMIT = 1 << 30 };

typedef struct ExperimentRun {
    char *folder;     // OUT/runs/NAME
    const char *name; // in it
    char *arguments;  // one a line: the lesson's options as they stand, then its own
    pid_t process;    // 0 while it doesn't run
    bool finished;
    Numbers numbers; // if it is
} Run;

// --- numbers -------------------------------------------------------------------------------------

void numbers_add(Numbers *numbers, const char *name, double value) {
    if (numbers->count == NUMBERS_MAX || strlen(name) >= sizeof *numbers->names)
        fatal("numbers_add: '%s' is one number too many, or too long a name", name);
    strcpy(numbers->names[numbers->count], name);
    numbers->values[numbers->count++] = value;
}

double numbers_get(const Numbers *numbers, const char *name) {
    for (int i = 0; i < numbers->count; i++)
        if (!strcmp(numbers->names[i], name))
            return numbers->values[i];
    fatal("numbers_get: the run has found no '%s'", name);
}

bool numbers_write(const Numbers *numbers, const char *folder, Error *error) {
    Table *table = table_open(folder, "result.csv", "name,value");
    for (int i = 0; i < numbers->count; i++)
        table_numbers(table, numbers->names[i], &numbers->values[i], 1);
    return table_close(table, error);
}

// --- making --------------------------------------------------------------------------------------

void experiment_free(Experiment *experiment) {
    for (int i = 0; i < experiment->count; i++) {
        free(experiment->runs[i].folder);
        free(experiment->runs[i].arguments);
    }
    free(experiment->runs);
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
    Run *added = &experiment->runs[experiment->count++];
    *added = (Run){.folder = path_format("%s/runs/%s", experiment->lesson->out, run),
                   .arguments = run_arguments(experiment->lesson, text)};
    added->name = strrchr(added->folder, '/') + 1;
}

// --- one run -------------------------------------------------------------------------------------

typedef struct Path {
    char text[4096];
} Path;

static Path path_in(const char *folder, const char *name) {
    Path path;
    if (snprintf(path.text, sizeof path.text, "%s/%s", folder, name) >= (int)sizeof path.text)
        fatal("experiment: the path %s/%s is too long", folder, name);
    return path;
}

// Reads what the run has found.
static bool run_finish(Run *run, Error *error) {
    const Path path = path_in(run->folder, "result.csv");
    char *text, name[sizeof *run->numbers.names];
    size_t length;
    if (!file_read(path.text, FILE_LIMIT, &text, &length, error))
        return false;
    const char *at = text + strcspn(text, "\n"); // behind the names of the columns
    double value;
    int used;
    run->numbers = (Numbers){0};
    while (run->numbers.count < NUMBERS_MAX &&
           sscanf(at, "\n%31[^,\n],%lf%n", name, &value, &used) == 2) {
        numbers_add(&run->numbers, name, value);
        at += used;
    }
    run->finished = run->numbers.count && !strcmp(at, "\n");
    free(text);
    return run->finished || error_set(error, "%s: not a name and a number in each row", path.text);
}

// Makes the folder ready and reads the result, if there is one. Under another key than ours, what
// is in the folder is of another program or of other options, and counts for nothing.
static bool run_prepare(Run *run, unsigned long checksum, Error *error) {
    const Path path = path_in(run->folder, "key"), result = path_in(run->folder, "result.csv");
    if (!folder_create(run->folder, error))
        return false;
    char *old, *key = path_format("program %08lx\n%s", checksum, run->arguments);
    size_t length;
    bool ready = file_read(path.text, FILE_LIMIT, &old, &length, &(Error){0}) && !strcmp(old, key);
    if (!ready) {
        remove(result.text);
        remove(path_in(run->folder, "checkpoint.safetensors").text);
        ready = file_write(path.text, key, strlen(key), error);
    }
    free(old);
    free(key);
    return ready && (!file_exists(result.text) || run_finish(run, error));
}

static int run_threads(const Experiment *experiment) {
    return experiment->lesson->threads ? experiment->lesson->threads : 1;
}

static bool run_start(const Experiment *experiment, Run *run, const char *program, Error *error) {
    const bool resume = file_exists(path_in(run->folder, "checkpoint.safetensors").text);
    char *text = path_format("%s\n%s\n--child\n--out=%s\n--threads=%d%s", program, run->arguments,
                             run->folder, run_threads(experiment), resume ? "\n--resume" : "");
    char **arguments = memory_zeroed(strlen(text), sizeof *arguments); // more than there are
    int count = 0;
    for (char *at = strtok(text, "\n"); at; at = strtok(NULL, "\n"))
        arguments[count++] = at;
    fprintf(stderr, "%s  %td of %d: %s\n", experiment->name, run - experiment->runs + 1,
            experiment->count, run->name);
    run->process = process_start(arguments, path_in(run->folder, "run.log").text, false);
    free(arguments);
    free(text);
    return run->process ||
           error_set(error, "run '%s' can't be started: %s", run->name, strerror(errno));
}

// When the run has ended, reads its result. A run that stopped because we were told to stop is no
// failure.
static bool run_poll(Run *run, Error *error) {
    int status = -1;
    if (waitpid(run->process, &status, WNOHANG) == 0)
        return true;
    run->process = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return run_finish(run, error);
    remove(path_in(run->folder, "result.csv").text); // written, and then something went wrong
    return interrupt_signal() ||
           error_set(error, "run '%s' ended with exit status %d, signal %d; see %s/run.log",
                     run->name, WEXITSTATUS(status), WTERMSIG(status), run->folder);
}

// --- all runs ------------------------------------------------------------------------------------

// Looks after the runs that run, and starts others while there is room; returns how many run. They
// start in their order, so those that run stand before those that wait. The first failure is told.
static int run_some(Experiment *experiment, const char *program, bool *healthy, Error *error) {
    const long processors = sysconf(_SC_NPROCESSORS_ONLN), threads = run_threads(experiment);
    int running = 0;
    for (Run *run = experiment->runs; run < experiment->runs + experiment->count; run++) {
        Error later;
        if (run->process)
            *healthy &= run_poll(run, *healthy ? error : &later);
        else if (!run->finished && *healthy && !interrupt_signal() &&
                 (running == 0 || (running + 1) * threads <= processors))
            *healthy = run_start(experiment, run, program, error);
        running += run->process != 0;
    }
    return running;
}

// After a failure or a signal no run is started, and those that run are told to stop, once: they
// save, and go on next time.
static bool run_all(Experiment *experiment, const char *program, Error *error) {
    bool healthy = true, stopping = false;
    while (run_some(experiment, program, &healthy, error) > 0) {
        const int wanted = healthy ? interrupt_signal() : SIGTERM;
        for (int i = 0; wanted && !stopping && i < experiment->count; i++)
            if (experiment->runs[i].process)
                kill(experiment->runs[i].process, wanted);
        stopping = wanted != 0;
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    int finished = 0;
    for (int i = 0; i < experiment->count; i++)
        finished += experiment->runs[i].finished;
    if (healthy && finished < experiment->count)
        return error_set(error, "%s: stopped with %d of %d runs finished; the same command goes on",
                         experiment->name, finished, experiment->count);
    return healthy;
}

static bool gather(const Experiment *experiment, Error *error) {
    const Run *first = experiment->runs, *end = first + experiment->count;
    for (const Run *run = first; run < end; run++)
        if (memcmp(run->numbers.names, first->numbers.names, sizeof run->numbers.names))
            return error_set(error, "%s: '%s' and '%s' have found numbers of other names",
                             experiment->name, first->name, run->name);
    char columns[sizeof first->numbers.names + 8] = "run";
    for (int i = 0; i < first->numbers.count; i++) {
        const size_t length = strlen(columns);
        snprintf(columns + length, sizeof columns - length, ",%s", first->numbers.names[i]);
    }
    char *file = path_format("%s.csv", experiment->name);
    Table *table = table_open(experiment->lesson->out, file, columns);
    for (const Run *run = first; run < end; run++)
        table_numbers(table, run->name, run->numbers.values, run->numbers.count);
    free(file);
    return table_close(table, error);
}

bool experiment_run(Experiment *experiment, Error *error) {
    if (experiment->count == 0)
        fatal("experiment '%s' has no runs", experiment->name);
    char *program = program_path(), *bytes;
    size_t length;
    bool good = file_read(program, EXECUTABLE_LIMIT, &bytes, &length, error);
    const unsigned long checksum = crc32(0, (const unsigned char *)bytes, (unsigned)length);
    for (int i = 0; good && i < experiment->count; i++)
        good = run_prepare(&experiment->runs[i], checksum, error);
    good = good && run_all(experiment, program, error) && gather(experiment, error);
    free(bytes);
    free(program);
    return good;
}

const Numbers *experiment_numbers(const Experiment *experiment, int run) {
    if (run < 0 || run >= experiment->count || !experiment->runs[run].finished)
        fatal("experiment '%s': there is no result of run %d", experiment->name, run);
    return &experiment->runs[run].numbers;
}
