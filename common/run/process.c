#include "run/process.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>

extern char **environ;

// Not fork: after OpenMP has started its threads, only a new program is safe.
pid_t process_start(char *const *arguments, const char *words, bool own_group) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, words, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, own_group ? POSIX_SPAWN_SETPGROUP : 0);
    posix_spawnattr_setpgroup(&attributes, 0);
    pid_t process;
    const int failure =
        posix_spawnp(&process, arguments[0], &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    errno = failure;
    return failure ? 0 : process;
}
