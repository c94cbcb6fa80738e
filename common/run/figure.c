#include "run/figure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "files/output.h"
#include "run/interrupt.h"
#include "run/process.h"

#define STYLE KNOBS_ROOT "/common/run/style.gp"

enum { WORDS_LIMIT = 1 << 20, WORDS_SHOWN = 600, FIGURE_LIMIT = 1 << 30, NO_SUCH_PROGRAM = -2 };

// Runs gnuplot to its end and returns its exit status, or NO_SUCH_PROGRAM; what it says goes to the
// file `words`.
static int run_gnuplot(char *const *arguments, const char *words) {
    unsetenv("GNUTERM");            // a terminal that this gnuplot may not have; style.gp sets one
    setenv("LC_ALL", "C.UTF-8", 1); // else it complains of its degree sign
    const pid_t process = process_start(arguments, -1, words);
    int status = -1;
    if (!process)
        return errno == ENOENT ? NO_SUCH_PROGRAM : -1;
    interrupt_take_along(process, true);
    while (waitpid(process, &status, 0) < 0 && errno == EINTR)
        ;
    interrupt_leave(process);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// gnuplot takes a name that begins with |, <, ~ or $ for something else than a file's.
static char *plain_path(const char *path) {
    return path_format("%s%s", *path == '/' ? "" : "./", path);
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

// Whether a drawn file has its end: gnuplot's exit status doesn't tell of a full disk.
static bool is_whole(const char *path, const char *kind, Error *error) {
    const char *end = strcmp(kind, "svg") == 0   ? "</svg>"
                      : strcmp(kind, "png") == 0 ? "IEND\xae\x42\x60\x82"
                                                 : ";";
    const size_t needed = strlen(end);
    char *bytes;
    size_t length;
    if (!file_read(path, FIGURE_LIMIT, &bytes, &length, error))
        return false;
    while (length > 0 && bytes[length - 1] == '\n')
        length--;
    const bool whole = length >= needed && memcmp(bytes + length - needed, end, needed) == 0;
    free(bytes);
    return whole ||
           error_set(error, "%s: gnuplot wrote only a part of it; is the disk full?", path);
}

static bool draw_to(const char *script, const char *data, const char *temporary, const char *words,
                    const char *path, const char *kind, Error *error) {
    char *plain[] = {plain_path(script), plain_path(data), plain_path(temporary)};
    char *const arguments[] = {"gnuplot", "-d",     "-c",         (char *)STYLE, plain[0],
                               plain[1],  plain[2], (char *)kind, NULL};
    const int status = run_gnuplot(arguments, words);
    for (int i = 0; i < 3; i++)
        free(plain[i]);
    char *said = read_words(words);
    bool good = true;
    static int missing = 0; // is said once
    if (status == NO_SUCH_PROGRAM)
        fputs(missing++ ? "" : "no figures: gnuplot isn't installed (make setup, then --draw)\n",
              stderr);
    else if (status != 0)
        good = error_set(error, "%s: gnuplot failed: %s", script,
                         *said ? said : "it ended without a word");
    else if (*said && strcmp(kind, "gif") != 0) // of a gif it always says how many frames
        fprintf(stderr, "gnuplot on %s: %s\n", script, said);
    free(said);
    return good && (status == NO_SUCH_PROGRAM ||
                    (is_whole(temporary, kind, error) && file_keep(temporary, path, error)));
}

// Draws base.KIND, KIND being svg, png or gif.
static bool draw_kind(const char *script, const char *data, const char *base, const char *kind,
                      Error *error) {
    char *path = path_format("%s.%s", base, kind), *words_path = path_format("%s.words", path);
    char *temporary = file_begin(path, error);
    char *words = temporary ? file_begin(words_path, error) : NULL;
    const bool good = words && draw_to(script, data, temporary, words, path, kind, error);
    if (words)
        file_drop(words);
    if (temporary)
        file_drop(temporary);
    free(words_path);
    free(path);
    return good;
}

bool figure_draw(const char *script, const char *data_folder, const char *output_folder,
                 Error *error) {
    if (!folder_create(output_folder, error))
        return false;
    folder_clear_leftovers(output_folder); // the article's, which no run locks
    const char *slash = strrchr(script, '/'), *name = slash ? slash + 1 : script;
    char *base = path_format("%s/%.*s", output_folder, (int)strcspn(name, "."), name);
    const bool good = strstr(name, ".gif.")
                          ? draw_kind(script, data_folder, base, "gif", error)
                          : draw_kind(script, data_folder, base, "svg", error) &&
                                draw_kind(script, data_folder, base, "png", error);
    free(base);
    return good;
}
