#include "run/figure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/file.h"
#include "run/process.h"

#define STYLE KNOBS_ROOT "/common/run/style.gp"

enum { WORDS_LIMIT = 1 << 20 };

// Makes one line of all that gnuplot said: the last two remarks that begin with the script's name
// and line, or else its last words. The caller frees it.
static char *read_remarks(const char *path) {
    char *text;
    const char *before = "", *last = "", *words = "";
    size_t length;
    Error error;
    if (!file_read(path, WORDS_LIMIT, &text, &length, &error))
        return memory_string(error.message);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        if (line[strspn(line, " \t^")])
            words = line;
        if (!strstr(line, "line "))
            continue; // a line of the script, or the mark under it
        before = last;
        last = line;
    }
    char *remarks =
        path_format("%.400s%s%.400s", before, *before ? "; " : "", *last ? last : words);
    free(text);
    return remarks;
}

// Runs gnuplot to its end, and tells what it said. Returns the errno of the start.
static int run_gnuplot(char *const *arguments, const char *words, bool *drawn, char **remarks) {
    pid_t process;
    int status = 0;
    const int failure = process_start(&process, arguments[0], arguments, words, true);
    while (!failure && waitpid(process, &status, 0) < 0 && errno == EINTR)
        ;
    *drawn = !failure && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    *remarks = read_remarks(words);
    unlink(words);
    return WIFEXITED(status) && WEXITSTATUS(status) == 127 ? ENOENT : failure;
}

// Draws base.KIND, KIND being svg or png.
static bool draw_kind(const char *script, const char *data, const char *base, const char *kind,
                      bool *missing, Error *error) {
    char *path = path_format("%s.%s", base, kind), *remarks;
    char *temporary = path_format("%s.tmp-%ld", path, (long)getpid());
    char *words = path_format("%s.words", temporary);
    char *const arguments[] = {"gnuplot",    "-d",      "-c",         (char *)STYLE, (char *)script,
                               (char *)data, temporary, (char *)kind, NULL};
    bool drawn;
    const int failure = run_gnuplot(arguments, words, &drawn, &remarks);
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
    unlink(temporary); // after the rename there is none
    free(path);
    free(temporary);
    free(words);
    free(remarks);
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
