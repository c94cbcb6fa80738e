#include "run/experiment.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/threads.h"
#include "files/output.h"
#include "run/interrupt.h"
#include "run/key.h"
#include "run/process.h"
#include "run/progress.h"

enum { KEY_BYTES_MAX = 1 << 16, WORDS_BYTES_MAX = 1 << 24 };

// --- making --------------------------------------------------------------------------------------

void experiment_free(Experiment *experiment) {
    for (int i = 0; i < experiment->count; i++) {
        free(experiment->runs[i].folder);
        free(experiment->runs[i].arguments);
    }
    free(experiment->runs);
}

void experiment_add(Experiment *experiment, const char *run, const char *options) {
    const char *allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-";
    if (!*run || *run == '.' || run[strspn(run, allowed)])
        fatal("experiment: '%s' is no name for a run", run);
    for (int i = 0; i < experiment->count; i++)
        if (!strcmp(experiment->runs[i].name, run))
            fatal("experiment: there are two runs '%s'", run);
    const LessonOptions *lesson = experiment->lesson;
    char *own = options_text(lesson->own, lesson->own_count);
    experiment->runs =
        memory_resize(experiment->runs, (size_t)(experiment->count + 1) * sizeof(ExperimentRun));
    ExperimentRun *added = &experiment->runs[experiment->count++];
    char *schedule =
        lesson->schedule ? path_format("--schedule=%s\n", lesson->schedule) : memory_string("");
    // Where an option is given twice the last one counts, so those of the run come last.
    *added = (ExperimentRun){
        .folder = path_format("%s/runs/%s", lesson->out, run),
        .arguments = path_format("%s%s--seed=%d\n--save-every=%d\n%s%s%s%s", own, schedule,
                                 lesson->seed, lesson->save_every, lesson->quick ? "--quick\n" : "",
                                 lesson->held_out ? "--held-out\n" : "",
                                 lesson->tuning ? "--tuning\n" : "", options)};
    added->name = strrchr(added->folder, '/') + 1;
    free(schedule);
    free(own);
}

// --- one run -------------------------------------------------------------------------------------

// Reads what the run has found.
static bool run_finish(ExperimentRun *run, Error *error) {
    run->finished = numbers_read(&run->numbers, run->folder, error);
    if (run->finished) // it goes on no more, and weights of many runs fill a disk
        folder_remove_file(run->folder, "checkpoint.safetensors");
    return run->finished;
}

// Makes the folder ready and reads the result, if there is one. Under another key than ours, what
// is in the folder is of another program or of other options, and counts for nothing, or is refused.
static bool run_prepare(ExperimentRun *run, unsigned long checksum, bool resume, Error *error) {
    if (!folder_create(run->folder, error) || !folder_is_free(run->folder, error))
        return false;
    char *path = path_format("%s/key", run->folder), *old = NULL;
    char *key = key_make(checksum, run->arguments);
    size_t length;
    const bool there = file_read(path, KEY_BYTES_MAX, &old, &length, &(Error){""});
    bool ready = there && strcmp(old, key) == 0;
    if (there && !ready && resume) {
        ready = key_refuse(run->folder, old, key, error);
    } else if (!ready) {
        folder_remove_file(run->folder, "result.csv");
        folder_remove_file(run->folder, "checkpoint.safetensors");
        ready = file_write(path, key, strlen(key), error);
    }
    free(old);
    free(key);
    free(path);
    return ready && (!folder_has(run->folder, "result.csv") || run_finish(run, error));
}

static int run_threads(const Experiment *experiment) {
    return experiment->lesson->threads ? experiment->lesson->threads : 1;
}

// The prefix of each run's command; "" without one.
static const char *launcher(void) {
    const char *given = getenv("KNOBS_LAUNCHER");
    return given && given[strspn(given, " ")] ? given : "";
}

// "run 'seed-11'", and through what it is started, for messages. The caller frees it.
static char *run_words(const ExperimentRun *run) {
    return *launcher() ? path_format("run '%s' through KNOBS_LAUNCHER '%s'", run->name, launcher())
                       : path_format("run '%s'", run->name);
}

// The command of a run, a word a line, and an empty line; the caller frees it.
static char *run_command(const Experiment *experiment, const ExperimentRun *run,
                         const char *program) {
    char *text = path_format("%s%s%s\n%s--child\n--out=%s\n--threads=%d%s\n\n", launcher(),
                             *launcher() ? "\n" : "", program, run->arguments, run->folder,
                             run_threads(experiment), run->resumed ? "\n--resume" : "");
    for (size_t i = 0; i < strlen(launcher()); i++)
        if (text[i] == ' ')
            text[i] = '\n';
    return text;
}

static time_t built_at(const char *program) {
    struct stat file;
    return stat(program, &file) == 0 ? file.st_mtime : 0;
}

static bool run_start(const Experiment *experiment, ExperimentRun *run, const char *program,
                      Error *error) {
    if (built_at(program) != experiment->built) // its results would have the other one's key
        return error_set(error, "%s was built again while its runs ran; start it again", program);
    run->resumed = folder_has(run->folder, "checkpoint.safetensors");
    char *text = run_command(experiment, run, program);
    // It says first how it was started; and what it says last has room where this is, on a full disk.
    char *words = path_format("%s/run.log", run->folder);
    bool started = file_write(words, text, strlen(text), error);
    char **arguments = memory_zeroed(strlen(text), sizeof *arguments); // more than there are
    int count = 0;
    for (char *at = strtok(text, "\n"); at; at = strtok(NULL, "\n"))
        arguments[count++] = at;
    if (started) {
        run->process = process_start(arguments, experiment->alive, words);
        const int reason = errno;
        char *name = run_words(run);
        started =
            run->process || error_set(error, "%s can't be started: %s", name, strerror(reason));
        free(name);
        if (started)
            interrupt_take_along(run->process, false);
    }
    free(words);
    free(arguments);
    free(text);
    return started;
}

// The last line of what it said, behind its command; the caller frees it.
static char *last_words(const ExperimentRun *run) {
    char *path = path_format("%s/run.log", run->folder), *text;
    size_t length;
    if (!file_read(path, WORDS_BYTES_MAX, &text, &length, &(Error){""}))
        text = memory_string("");
    free(path);
    for (char *end = text + strlen(text); end > text && end[-1] == '\n';)
        *--end = '\0';
    const char *said = strstr(text, "\n\n"), *newline = said ? strrchr(text, '\n') : NULL;
    char *line = memory_string(newline ? newline + 1 : "");
    free(text);
    return line;
}

static bool run_failed(const ExperimentRun *run, int status, Error *error) {
    char *words = last_words(run);
    const bool signalled = WIFSIGNALED(status);
    char *name = run_words(run);
    error_set(error, "%s ended with %s %d (%s/run.log): %s", name,
              signalled ? "signal" : "exit status",
              signalled ? WTERMSIG(status) : WEXITSTATUS(status), run->folder,
              *words ? words : "it said nothing");
    free(name);
    free(words);
    return false;
}

// When the run has ended, reads its result. A run that stopped because we were told to stop is no
// failure; one that couldn't go on from its checkpoint begins anew.
static bool run_poll(ExperimentRun *run, Error *error) {
    int status = -1;
    if (waitpid(run->process, &status, WNOHANG) == 0)
        return true;
    interrupt_leave(run->process);
    run->process = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return run_finish(run, error);
    folder_remove_file(run->folder, "result.csv"); // written, and then something went wrong
    if (interrupt_signal() && (WIFSIGNALED(status) || WEXITSTATUS(status) > 128))
        return true;
    if (run->resumed && !folder_has(run->folder, "checkpoint.safetensors")) {
        fprintf(stderr, "run '%s' can't go on from its checkpoint and begins anew\n", run->name);
        return true;
    }
    return run_failed(run, status, error);
}

// --- all runs ------------------------------------------------------------------------------------

static int count_finished(const Experiment *experiment) {
    int finished = 0;
    for (int i = 0; i < experiment->count; i++)
        finished += experiment->runs[i].finished;
    return finished;
}

// Looks after the runs that run, and starts others while there is room; returns how many run. They
// start in their order, so those that run stand before those that wait. The first failure is told.
static int run_some(Experiment *experiment, const char *program, bool *healthy, Error *error) {
    const int jobs = experiment->lesson->jobs, room = threads_standard() / run_threads(experiment);
    const int most = jobs ? jobs : room > 1 ? room : 1;
    int running = 0;
    for (ExperimentRun *run = experiment->runs; run < experiment->runs + experiment->count; run++) {
        Error later;
        if (run->process)
            *healthy &= run_poll(run, *healthy ? error : &later);
        if (!run->process && !run->finished && *healthy && !interrupt_signal() && running < most)
            *healthy = run_start(experiment, run, program, error);
        running += run->process != 0;
    }
    return running;
}

static void tell_to_stop(const Experiment *experiment, int signal) {
    for (int i = 0; i < experiment->count; i++)
        if (experiment->runs[i].process)
            kill(experiment->runs[i].process, signal);
}

static void progress_end(const Experiment *experiment, Progress *progress) {
    const int finished = count_finished(experiment);
    if (finished == experiment->count)
        progress_finish(progress, "%d of %d runs finished", finished, experiment->count);
    else
        progress_finish(progress, "stopped: %d of %d runs finished; the same command goes on",
                        finished, experiment->count);
}

// After a failure or a signal no run is started, and those that run are told to stop, once: they
// save, and go on next time.
static bool run_all(Experiment *experiment, const char *program, Error *error) {
    bool healthy = true, stopping = false;
    int shown = count_finished(experiment);
    Progress progress;
    progress_start(&progress, experiment->name, shown, experiment->count, 1);
    while (run_some(experiment, program, &healthy, error) > 0) {
        const int received = interrupt_signal();
        const int signal = !healthy || (received && *launcher()) ? SIGTERM : received;
        if (signal && !stopping) {
            tell_to_stop(experiment, signal);
            stopping = true;
        }
        const int finished = count_finished(experiment);
        if (finished > shown || (progress.terminal && finished > progress.first))
            progress_step(&progress, finished, "%d of %d runs finished", finished,
                          experiment->count);
        shown = finished;
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    if (healthy)
        progress_end(experiment, &progress);
    else
        progress_clear(&progress); // the error will be told
    return healthy && count_finished(experiment) == experiment->count;
}

// All runs, with a pipe of which they get the end to read from, and no other program either end.
static bool run_all_alive(Experiment *experiment, const char *program, Error *error) {
    int alive[2];
    if (pipe(alive) != 0)
        return error_set(error, "can't make a pipe: %s", strerror(errno));
    fcntl(alive[0], F_SETFD, FD_CLOEXEC);
    fcntl(alive[1], F_SETFD, FD_CLOEXEC);
    experiment->alive = alive[0];
    const bool good = run_all(experiment, program, error);
    close(alive[0]);
    close(alive[1]);
    return good;
}

static bool anything_begun(const Experiment *experiment) {
    for (int i = 0; i < experiment->count; i++)
        if (folder_has(experiment->runs[i].folder, "key"))
            return true;
    return false;
}

bool experiment_run(Experiment *experiment, Error *error) {
    if (experiment->count == 0)
        fatal("experiment '%s' has no runs", experiment->name);
    char *program = program_path();
    unsigned long checksum;
    *error = (Error){""};
    const bool resume = experiment->lesson->resume;
    experiment->built = built_at(program);
    bool good = key_checksum(program, &checksum, error);
    if (good && resume && !experiment->tuned && !anything_begun(experiment))
        good = error_set(error,
                         "%s/runs: none of these runs is there, so there is nothing to go on "
                         "with; start anew without --resume",
                         experiment->lesson->out);
    for (int i = 0; good && i < experiment->count; i++)
        good = run_prepare(&experiment->runs[i], checksum, resume, error);
    if (good)
        good = run_all_alive(experiment, program, error);
    free(program);
    return good;
}
