#include "run/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

void process_streams(void) {
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++)
        if (fcntl(stream, F_GETFD) < 0) // it gets the lowest number that is free: this one
            (void)!open("/dev/null", stream == STDOUT_FILENO ? O_RDONLY : O_RDWR);
    signal(SIGCHLD, SIG_DFL); // ignored, it would take away how a child ended
}

bool process_said(Error *error) {
    static const char *reason =
        NULL; // of the first loss; after it the stream doesn't know any more
    errno = 0;
    if (!reason && (fflush(stdout) != 0 || ferror(stdout)))
        reason = errno ? strerror(errno) : "some of it is lost";
    return !reason || error_set(error, "can't write to the standard output: %s", reason);
}

// Not fork: after OpenMP has started its threads, only a new program is safe.
pid_t process_start(char *const *arguments, int input, const char *words) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    if (input < 0)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    else
        posix_spawn_file_actions_adddup2(&actions, input, 0);
    if (words) {
        posix_spawn_file_actions_addopen(&actions, 1, words,
                                         O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0666);
        posix_spawn_file_actions_adddup2(&actions, 1, 2);
    }
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    pid_t process;
    const int failure =
        posix_spawnp(&process, arguments[0], &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    errno = failure;
    return failure ? 0 : process;
}
