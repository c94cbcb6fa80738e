#include "run/experiment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

#include "run/file.h"
#include "run/interrupt.h"
#include "run/log.h"
#include "run/progress.h"

#define ARGUMENTS_MAX 128
#define RESULT_BYTES_MAX ((size_t)1 << 20)
#define RUN_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-"

extern char **environ;

typedef struct Run {
    char *name, *folder;
    char *options; // cut at spaces, with '\0' between the pieces
    int option_count;
    pid_t process; // 0 when it isn't running
    bool finished;
    double *results; // one a column, once finished
} Run;

struct Experiment {
    const LessonOptions *lesson;
    char *name;
    char program[4096];
    uint32_t checksum; // of the program's bytes
    Run *runs;
    int count, next; // the first `next` runs were started or were finished before
    char *columns;   // of the results, the same in every run; NULL before the first
    int column_count;
};

static const char *run_file(const Run *run, const char *name, char *path, size_t size) {
    snprintf(path, size, "%s/%s", run->folder, name);
    return path;
}

// --- the list ------------------------------------------------------------------------------------

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
        Run *run = &experiment->runs[i];
        free(run->name);
        free(run->folder);
        free(run->options);
        free(run->results);
    }
    free(experiment->runs);
    free(experiment->columns);
    free(experiment->name);
    free(experiment);
}

void experiment_add(Experiment *experiment, const char *name, const char *options, ...) {
    if (!*name || *name == '.' || strspn(name, RUN_LETTERS) != strlen(name))
        fatal("experiment_add: a run can't be named \"%s\": letters, digits and ._+- only", name);
    for (int i = 0; i < experiment->count; i++)
        if (strcmp(experiment->runs[i].name, name) == 0)
            fatal("experiment_add: there are two runs named \"%s\"", name);
    char text[1024];
    va_list arguments;
    va_start(arguments, options);
    int length = vsnprintf(text, sizeof text, options, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof text)
        fatal("experiment_add: the options of \"%s\" are too long", name);
    experiment->runs =
        memory_resize(experiment->runs, (size_t)(experiment->count + 1) * sizeof *experiment->runs);
    Run *run = &experiment->runs[experiment->count++];
    *run = (Run){.name = memory_string(name), .options = memory_zeroed(1, (size_t)length + 2)};
    run->folder = path_format("%s/runs/%s", experiment->lesson->out, name);
    char *piece = run->options;
    for (const char *from = text; *from; from++) {
        bool word_ends = *from != ' ' && (from[1] == ' ' || !from[1]);
        if (*from != ' ')
            *piece++ = *from;
        if (word_ends) {
            *piece++ = '\0';
            run->option_count++;
        }
    }
}

int experiment_count(const Experiment *experiment) {
    return experiment->count;
}

static int find_column(const char *columns, const char *name) {
    size_t length = strlen(name);
    for (int index = 0; columns; index++) {
        if (strncmp(columns, name, length) == 0 && (columns[length] == ',' || !columns[length]))
            return index;
        columns = strchr(columns, ',');
        columns += columns != NULL;
    }
    return -1;
}

double experiment_result(const Experiment *experiment, int run, const char *column) {
    int index = find_column(experiment->columns, column);
    if (run < 0 || run >= experiment->count || !experiment->runs[run].finished || index < 0)
        fatal("experiment_result: run %d of %d has no \"%s\"; the columns are %s", run,
              experiment->count, column,
              experiment->columns ? experiment->columns : "not known before experiment_run");
    return experiment->runs[run].results[index];
}

// --- what a run leaves behind --------------------------------------------------------------------

static int count_columns(const char *columns) {
    int count = 1;
    for (; *columns; columns++)
        count += *columns == ',';
    return count;
}

bool experiment_write_result(const char *folder, const char *columns, const double *values,
                             Error *error) {
    char *path = path_format("%s/result.csv", folder);
    OutputFile output;
    bool opened = output_open(&output, path, error);
    free(path);
    if (!opened)
        return false;
    fprintf(output.stream, "%s\n", columns);
    for (int i = 0; i < count_columns(columns); i++) {
        char number[32];
        number_format(number, sizeof number, values[i]);
        fprintf(output.stream, "%s%s", i ? "," : "", number);
    }
    fputc('\n', output.stream);
    return output_commit(&output, error);
}

static bool parse_numbers(const char *text, int count, double *values) {
    for (int i = 0; i < count; i++) {
        char *end;
        values[i] = strtod(text, &end);
        if (end == text || *end != (i + 1 < count ? ',' : '\n'))
            return false;
        text = end + 1;
    }
    return *text == '\0';
}

// Marks the run finished and keeps its numbers. All runs must have the same columns.
static bool read_result(Experiment *experiment, Run *run, Error *error) {
    char path[4096], *text;
    size_t length;
    if (!file_read(run_file(run, "result.csv", path, sizeof path), RESULT_BYTES_MAX, &text, &length,
                   error))
        return false;
    char *end = strchr(text, '\n');
    if (end)
        *end = '\0';
    if (!experiment->columns) {
        experiment->columns = memory_string(text);
        experiment->column_count = count_columns(text);
    }
    double *values = memory_alloc((size_t)experiment->column_count * sizeof *values);
    bool sound = end && strcmp(text, experiment->columns) == 0 &&
                 parse_numbers(end + 1, experiment->column_count, values);
    free(text);
    if (!sound) {
        free(values);
        return error_set(error, "%s: expected one line \"%s\" and one of as many numbers", path,
                         experiment->columns);
    }
    free(run->results);
    run->results = values;
    run->finished = true;
    return true;
}

// --- arguments and keys --------------------------------------------------------------------------

static bool find_program(Experiment *experiment, Error *error) {
#ifdef __APPLE__
    uint32_t size = sizeof experiment->program;
    bool found = _NSGetExecutablePath(experiment->program, &size) == 0;
#else
    ssize_t length =
        readlink("/proc/self/exe", experiment->program, sizeof experiment->program - 1);
    bool found = length > 0;
    experiment->program[found ? length : 0] = '\0';
#endif
    FILE *file = found ? fopen(experiment->program, "rb") : NULL;
    if (!file)
        return error_set(error, "%s: can't read the program's own file: %s", experiment->program,
                         strerror(errno));
    unsigned char bytes[65536];
    size_t got;
    uLong checksum = crc32(0, NULL, 0);
    while ((got = fread(bytes, 1, sizeof bytes, file)) > 0)
        checksum = crc32(checksum, bytes, (uInt)got);
    fclose(file);
    experiment->checksum = (uint32_t)checksum;
    return true;
}

typedef struct Arguments {
    char *list[ARGUMENTS_MAX + 1]; // NULL at the end
    int count;
} Arguments;

// Takes the text over.
static void push(Arguments *arguments, char *text) {
    if (arguments->count == ARGUMENTS_MAX)
        fatal("experiment: more than %d options for one run", ARGUMENTS_MAX);
    arguments->list[arguments->count++] = text;
}

static void arguments_free(Arguments *arguments) {
    for (int i = 0; i < arguments->count; i++)
        free(arguments->list[i]);
}

// Where an option is given twice the last one counts, so a run's own options stand behind the
// lesson's.
static Arguments run_arguments(const Experiment *experiment, const Run *run) {
    const LessonOptions *lesson = experiment->lesson;
    Arguments arguments = {.count = 0};
    push(&arguments, memory_string(experiment->program));
    char **own = options_arguments(lesson->own, lesson->own_count);
    for (char **text = own; *text; text++)
        push(&arguments, *text);
    free(own);
    push(&arguments, path_format("--seed=%d", lesson->seed));
    if (lesson->quick)
        push(&arguments, memory_string("--quick"));
    const char *option = run->options;
    for (int i = 0; i < run->option_count; i++, option += strlen(option) + 1)
        push(&arguments, memory_string(option));
    push(&arguments, path_format("--threads=%d", lesson->threads > 0 ? lesson->threads : 1));
    push(&arguments, memory_string("--child"));
    push(&arguments, path_format("--out=%s", run->folder));
    return arguments;
}

// What a result depends on: the program's bytes and its arguments. The number of threads isn't
// among them, nor where the folder is.
static char *run_key(const Experiment *experiment, const Arguments *arguments) {
    char *key = path_format("program %08x\n", (unsigned)experiment->checksum);
    for (int i = 1; i < arguments->count; i++) {
        const char *text = arguments->list[i];
        if (strncmp(text, "--threads=", 10) == 0 || strncmp(text, "--out=", 6) == 0)
            continue;
        char *longer = path_format("%s%s\n", key, text);
        free(key);
        key = longer;
    }
    return key;
}

static bool has_key(const Run *run, const char *key) {
    char path[4096], *text;
    size_t length;
    Error ignored;
    if (!file_read(run_file(run, "key", path, sizeof path), RESULT_BYTES_MAX, &text, &length,
                   &ignored))
        return false;
    bool same = strcmp(text, key) == 0;
    free(text);
    return same;
}

// Removes the files of a run that another program, or other options, have made.
static void empty_folder(const Run *run) {
    DIR *folder = opendir(run->folder);
    if (!folder)
        return;
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[4096];
        struct stat status;
        run_file(run, entry->d_name, path, sizeof path);
        if (lstat(path, &status) == 0 && S_ISREG(status.st_mode))
            unlink(path);
    }
    closedir(folder);
}

// Afterwards the folder is this run's: finished, half done, or empty with its key.
static bool prepare_folder(Experiment *experiment, Run *run, const Arguments *arguments,
                           Error *error) {
    char path[4096];
    if (!folder_create(run->folder, error))
        return false;
    char *key = run_key(experiment, arguments);
    bool done = true;
    if (!has_key(run, key)) {
        empty_folder(run);
        done = file_write(run_file(run, "key", path, sizeof path), key, strlen(key), error);
    } else if (file_exists(run_file(run, "result.csv", path, sizeof path))) {
        done = read_result(experiment, run, error);
    }
    free(key);
    return done;
}

// --- processes -----------------------------------------------------------------------------------

// posix_spawn, because a fork after OpenMP has started its threads is not safe. The child's words
// go to run.log.
static bool spawn_run(Run *run, Arguments *arguments, Error *error) {
    char log[4096], checkpoint[4096];
    run_file(run, "run.log", log, sizeof log);
    if (file_exists(run_file(run, "checkpoint.safetensors", checkpoint, sizeof checkpoint)))
        push(arguments, memory_string("--resume"));
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    int failure =
        posix_spawn(&run->process, arguments->list[0], &actions, NULL, arguments->list, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (!failure)
        return true;
    run->process = 0;
    return error_set(error, "run %s: can't start %s: %s", run->name, arguments->list[0],
                     strerror(failure));
}

// Starts the run unless it is finished already.
static bool start_run(Experiment *experiment, Run *run, Error *error) {
    Arguments arguments = run_arguments(experiment, run);
    bool started = prepare_folder(experiment, run, &arguments, error) &&
                   (run->finished || spawn_run(run, &arguments, error));
    arguments_free(&arguments);
    return started;
}

// Looks at what a process that ended has left. After an interrupt, a run that stopped too is no
// failure.
static bool end_run(Experiment *experiment, Run *run, int status, Error *error) {
    char path[4096];
    run->process = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return read_result(experiment, run, error);
    unlink(
        run_file(run, "result.csv", path, sizeof path)); // written, and then something went wrong
    if (interrupt_signal())
        return true;
    run_file(run, "run.log", path, sizeof path);
    if (WIFSIGNALED(status))
        return error_set(error, "run %s was ended by signal %d (%s); its last words are in %s",
                         run->name, WTERMSIG(status), strsignal(WTERMSIG(status)), path);
    return error_set(error, "run %s failed with exit status %d; what it said is in %s", run->name,
                     WEXITSTATUS(status), path);
}

static int running(const Experiment *experiment) {
    int count = 0;
    for (int i = 0; i < experiment->count; i++)
        count += experiment->runs[i].process != 0;
    return count;
}

static int finished(const Experiment *experiment) {
    int count = 0;
    for (int i = 0; i < experiment->count; i++)
        count += experiment->runs[i].finished;
    return count;
}

// Collects the runs that have ended. Only our own processes are waited for, so nothing else's child
// is taken away.
static bool collect(Experiment *experiment, Error *error) {
    bool sound = true;
    for (int i = 0; i < experiment->count; i++) {
        Run *run = &experiment->runs[i];
        int status;
        if (run->process && waitpid(run->process, &status, WNOHANG) == run->process) {
            Error ignored; // the first failure is the one that is told
            sound = end_run(experiment, run, status, sound ? error : &ignored) && sound;
        }
    }
    return sound;
}

static void pass_on(const Experiment *experiment, int number) {
    for (int i = 0; i < experiment->count; i++)
        if (experiment->runs[i].process)
            kill(experiment->runs[i].process, number);
}

static int jobs_at_once(const LessonOptions *lesson) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    long jobs = processors / (lesson->threads > 0 ? lesson->threads : 1);
    return jobs > 1 ? (int)jobs : 1;
}

// "lesson-07: 5 of 12 runs, about 3:05 min left"
static void show(const Experiment *experiment, int before, double started, bool terminal,
                 int *shown) {
    int done = finished(experiment);
    if (done == *shown)
        return;
    char left[48] = "";
    if (done > before && done < experiment->count) {
        char duration[32];
        double each = (clock_seconds() - started) / (done - before);
        duration_format(duration, sizeof duration, each * (experiment->count - done));
        snprintf(left, sizeof left, ", about %s left", duration);
    }
    fprintf(stderr, "%s%s %s: %d of %d runs%s%s", terminal ? "\r" : "", experiment->lesson->name,
            experiment->name, done, experiment->count, left, terminal ? "\033[K" : "\n");
    fflush(stderr);
    *shown = done;
}

// Starts runs while there is room for them. Those found finished are counted in *before.
static bool start_some(Experiment *experiment, int jobs, int *before, Error *error) {
    while (experiment->next < experiment->count && running(experiment) < jobs &&
           !interrupt_signal()) {
        Run *run = &experiment->runs[experiment->next++];
        if (!start_run(experiment, run, error))
            return false;
        *before += run->finished;
    }
    return true;
}

// Keeps the jobs busy until all runs are done, one has failed, or a signal has come; never leaves a
// run behind.
static bool run_all(Experiment *experiment, Error *error) {
    bool sound = true, told = false, terminal = isatty(STDERR_FILENO);
    int jobs = jobs_at_once(experiment->lesson), before = 0, shown = -1;
    double started = clock_seconds();
    for (;;) {
        if (sound)
            sound = start_some(experiment, jobs, &before, error);
        show(experiment, before, started, terminal, &shown);
        if (interrupt_signal() && !told) {
            pass_on(experiment, interrupt_signal());
            told = true;
        }
        if (!running(experiment) &&
            (!sound || interrupt_signal() || experiment->next == experiment->count))
            break;
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        Error ignored;
        sound = collect(experiment, sound ? error : &ignored) && sound;
    }
    if (terminal)
        fputc('\n', stderr);
    return sound;
}

static bool gather(const Experiment *experiment, Error *error) {
    char *path = path_format("%s/%s.csv", experiment->lesson->out, experiment->name);
    OutputFile output;
    bool opened = output_open(&output, path, error);
    free(path);
    if (!opened)
        return false;
    fprintf(output.stream, "run,%s\n", experiment->columns ? experiment->columns : "");
    for (int i = 0; i < experiment->count; i++) {
        fputs(experiment->runs[i].name, output.stream);
        for (int j = 0; j < experiment->column_count; j++) {
            char number[32];
            number_format(number, sizeof number, experiment->runs[i].results[j]);
            fprintf(output.stream, ",%s", number);
        }
        fputc('\n', output.stream);
    }
    return output_commit(&output, error);
}

bool experiment_run(Experiment *experiment, Error *error) {
    interrupt_install();
    if (!find_program(experiment, error))
        return false;
    experiment->next = 0;
    if (!run_all(experiment, error))
        return false;
    if (finished(experiment) < experiment->count)
        return error_set(error, "stopped after %d of %d runs; the same command goes on from there",
                         finished(experiment), experiment->count);
    return gather(experiment, error);
}
