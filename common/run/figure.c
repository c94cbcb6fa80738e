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

// One gnuplot at work on one file.
typedef struct Drawing {
    pid_t process; // 0 where there is none
    int failure;   // errno of the start
    int messages;  // the reading end of its stderr
    char *path, *temporary;
} Drawing;

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

static void drawing_start(Drawing *drawing, const char *script, const char *data, const char *base,
                          const char *kind) {
    drawing->path = path_format("%s.%s", base, kind);
    drawing->temporary = path_format("%s.tmp-%ld", drawing->path, (long)getpid());
    char *const arguments[] = {"gnuplot",          "-d",           "-c",
                               (char *)STYLE,      (char *)script, (char *)data,
                               drawing->temporary, (char *)kind,   NULL};
    drawing->failure = spawn_gnuplot(arguments, &drawing->process, &drawing->messages);
    if (drawing->failure)
        drawing->process = 0;
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

static bool drawing_finish(Drawing *drawing, const char *script, Error *error) {
    if (!drawing->process)
        return false;
    char remarks[1100];
    int status = 0;
    read_remarks(drawing->messages, remarks, sizeof remarks);
    while (waitpid(drawing->process, &status, 0) < 0 && errno == EINTR)
        ;
    bool drawn = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    // Where posix_spawn can't tell that there is no such program, its child says so with 127.
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        drawing->failure = ENOENT;
    if (drawn && *remarks)
        fprintf(stderr, "gnuplot on %s: %s\n", script, remarks);
    if (!drawn)
        error_set(error, "%s: gnuplot failed: %s", script,
                  *remarks ? remarks : "it ended without a word");
    if (drawn && rename(drawing->temporary, drawing->path) != 0)
        drawn = error_set(error, "%s: can't write: %s", drawing->path, strerror(errno));
    if (!drawn)
        unlink(drawing->temporary);
    return drawn;
}

static void drawing_free(Drawing *drawing) {
    free(drawing->path);
    free(drawing->temporary);
}

static void explain_missing(const char *data_folder) {
    static bool explained = false;
    if (!explained)
        fprintf(stderr,
                "no figures: gnuplot isn't installed. The data are in %s; install it (make setup), "
                "then draw with the "
                "same command and --draw\n",
                data_folder);
    explained = true;
}

static bool draw_both(const char *script, const char *data_folder, const char *base, Error *error) {
    Drawing svg, png;
    drawing_start(&svg, script, data_folder, base, "svg");
    drawing_start(&png, script, data_folder, base, "png");
    Error other;
    bool svg_drawn = drawing_finish(&svg, script, error);
    bool png_drawn = drawing_finish(&png, script, svg_drawn ? error : &other);
    drawing_free(&svg);
    drawing_free(&png);
    const int failure = svg.failure ? svg.failure : png.failure;
    if (failure == ENOENT) {
        explain_missing(data_folder);
        return true;
    }
    if (failure)
        return error_set(error, "%s: can't start gnuplot: %s", script, strerror(failure));
    return svg_drawn && png_drawn;
}

bool figure_draw(const char *script, const char *data_folder, const char *output_folder,
                 Error *error) {
    if (!folder_create(output_folder, error))
        return false;
    char *path = *script == '/' ? memory_string(script) : path_format("%s/%s", KNOBS_ROOT, script);
    if (!file_exists(path)) {
        error_set(error, "%s: there is no such gnuplot script", path);
        free(path);
        return false;
    }
    const char *name = strrchr(path, '/') + 1, *dot = strrchr(name, '.');
    int length = dot ? (int)(dot - name) : (int)strlen(name);
    char *base = path_format("%s/%.*s", output_folder, length, name);
    bool drawn = draw_both(path, data_folder, base, error);
    free(base);
    free(path);
    return drawn;
}
