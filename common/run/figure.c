#include "run/figure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files/output.h"
#include "run/process.h"

#define STYLE KNOBS_ROOT "/common/run/style.gp"

enum { WORDS_LIMIT = 1 << 20, WORDS_SHOWN = 600, NO_SUCH_PROGRAM = 127 };

// Runs gnuplot to its end and returns its exit status; what it says goes to the file `words`.
// Who starts it doesn't matter: in a locale without UTF-8 it complains of its degree sign, and a GNUTERM
// that it doesn't know ends it before the script.
static int run_gnuplot(char *const *arguments, const char *words) {
    setenv("LC_ALL", "C.UTF-8", 1);
    unsetenv("GNUTERM");
    const pid_t process = process_start(arguments, words, true);
    int status = -1;
    if (!process)
        return errno == ENOENT ? NO_SUCH_PROGRAM : -1;
    while (waitpid(process, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// The end of what gnuplot said, which is what matters, in one line. The caller frees it.
static char *read_words(const char *path) {
    char *text;
    size_t length;
    Error error;
    if (!file_read(path, WORDS_LIMIT, &text, &length, &error))
        return memory_string(error.message);
    for (char *at = text; *at; at++)
        *at = *at == '\n' ? ' ' : *at;
    char *end = memory_string(length > WORDS_SHOWN ? text + length - WORDS_SHOWN : text);
    free(text);
    return end;
}

// Draws base.KIND, KIND being svg, png or gif.
static bool draw_kind(const char *script, const char *data, const char *base, const char *kind,
                      Error *error) {
    char *path = path_format("%s.%s", base, kind);
    char *temporary = path_format("%s.tmp-%ld", path, (long)getpid());
    char *words_path = path_format("%s.words", temporary);
    char *const arguments[] = {"gnuplot",    "-d",      "-c",         (char *)STYLE, (char *)script,
                               (char *)data, temporary, (char *)kind, NULL};
    const int status = run_gnuplot(arguments, words_path);
    char *words = read_words(words_path);
    bool good = true;
    static int missing = 0; // is said once
    if (status == NO_SUCH_PROGRAM)
        fputs(missing++ ? "" : "no figures: gnuplot isn't installed (make setup, then --draw)\n",
              stderr);
    else if (status != 0)
        good = error_set(error, "%s: gnuplot failed: %s", script,
                         *words ? words : "it ended without a word");
    else if (rename(temporary, path) != 0)
        good = error_set(error, "%s: can't write: %s", path, strerror(errno));
    else if (*words && strcmp(kind, "gif") != 0) // of a gif it always says how many frames
        fprintf(stderr, "gnuplot on %s: %s\n", script, words);
    unlink(temporary); // after the rename there is none
    unlink(words_path);
    free(path);
    free(temporary);
    free(words_path);
    free(words);
    return good;
}

bool figure_draw(const char *script, const char *data_folder, const char *output_folder,
                 Error *error) {
    if (!folder_create(output_folder, error))
        return false;
    const char *slash = strrchr(script, '/'), *name = slash ? slash + 1 : script;
    char *base = path_format("%s/%.*s", output_folder, (int)strcspn(name, "."), name);
    const bool good = strstr(name, ".gif.")
                          ? draw_kind(script, data_folder, base, "gif", error)
                          : draw_kind(script, data_folder, base, "svg", error) &&
                                draw_kind(script, data_folder, base, "png", error);
    free(base);
    return good;
}
