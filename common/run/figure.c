#include "run/figure.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/file.h"

extern char **environ;

#define STYLE KNOBS_ROOT "/common/run/style.gp"

// posix_spawn, because a fork after OpenMP has started its threads is not safe; a process group of
// its own, because Ctrl-C in the terminal goes to the whole group of the program.
static int spawn_gnuplot(char *const *arguments, pid_t *process, int *messages) {
    int ends[2];
    if (pipe(ends) != 0)
        return errno;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    int failure = posix_spawnp(process, arguments[0], &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[1]);
    if (failure)
        close(ends[0]);
    *messages = ends[0];
    return failure;
}

// Reads all that gnuplot says and makes one line of it: the last two remarks that begin with the
// script's name and line, or else its last words.
static void read_remarks(int descriptor, char *remarks, size_t size) {
    char line[512], before[512] = "", last[512] = "", words[512] = "";
    FILE *stream = fdopen(descriptor, "r");
    while (stream && fgets(line, sizeof line, stream)) {
        line[strcspn(line, "\n")] = '\0';
        if (line[strspn(line, " \t^")])
            snprintf(words, sizeof words, "%s", line);
        if (!strstr(line, "line "))
            continue; // a line of the script, or the mark under it
        snprintf(before, sizeof before, "%s", last);
        snprintf(last, sizeof last, "%s", line);
    }
    snprintf(remarks, size, "%s%s%s", before, *before ? "; " : "", *last ? last : words);
    if (stream)
        fclose(stream);
}

// Runs gnuplot to its end. Returns the errno of the start, and *drawn and the remarks if it started.
static int run_gnuplot(char *const *arguments, bool *drawn, char *remarks, size_t size) {
    pid_t process;
    int messages = -1, status = 0;
    int failure = spawn_gnuplot(arguments, &process, &messages);
    if (failure)
        return failure;
    read_remarks(messages, remarks, size);
    while (waitpid(process, &status, 0) < 0 && errno == EINTR)
        ;
    *drawn = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    // Where posix_spawn can't tell that there is no such program, its child says so with 127.
    return WIFEXITED(status) && WEXITSTATUS(status) == 127 ? ENOENT : 0;
}

// Draws base.KIND, KIND being svg or png.
static bool draw_kind(const char *script, const char *data, const char *base, const char *kind,
                      bool *missing, Error *error) {
    char *path = path_format("%s.%s", base, kind), remarks[1100];
    char *temporary = path_format("%s.tmp-%ld", path, (long)getpid());
    char *const arguments[] = {"gnuplot",    "-d",      "-c",         (char *)STYLE, (char *)script,
                               (char *)data, temporary, (char *)kind, NULL};
    bool drawn = false;
    const int failure = run_gnuplot(arguments, &drawn, remarks, sizeof remarks);
    *missing = failure == ENOENT;
    if (failure)
        error_set(error, "%s: can't start gnuplot: %s", script, strerror(failure));
    else if (!drawn)
        error_set(error, "%s: gnuplot failed: %s", script,
                  *remarks ? remarks : "it ended without a word");
    else if (*remarks)
        fprintf(stderr, "gnuplot on %s: %s\n", script, remarks);
    if (drawn && rename(temporary, path) != 0)
        drawn = error_set(error, "%s: can't write: %s", path, strerror(errno));
    if (!drawn)
        unlink(temporary);
    free(path);
    free(temporary);
    return drawn;
}

static void explain_missing(const char *data_folder) {
    static bool explained = false;
    if (!explained)
        fprintf(stderr,
                "no figures: gnuplot isn't installed. The data are in %s; install it (make setup), "
                "then draw with the same command and --draw\n",
                data_folder);
    explained = true;
}

bool figure_draw(const char *script, const char *data_folder, const char *output_folder,
                 Error *error) {
    if (!folder_create(output_folder, error))
        return false;
    char *path = path_format("%s%s", *script == '/' ? "" : KNOBS_ROOT "/", script);
    const char *name = strrchr(path, '/') + 1;
    char *base = path_format("%s/%.*s", output_folder, (int)strcspn(name, "."), name);
    bool missing = false;
    bool drawn = file_exists(path) ? draw_kind(path, data_folder, base, "svg", &missing, error) &&
                                         draw_kind(path, data_folder, base, "png", &missing, error)
                                   : error_set(error, "%s: there is no such gnuplot script", path);
    free(base);
    free(path);
    if (missing)
        explain_missing(data_folder);
    return drawn || missing;
}
