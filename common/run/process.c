#include "run/process.h"

#include <fcntl.h>
#include <spawn.h>

extern char **environ;

// Not fork: after OpenMP has started its threads, only a new program is safe.
int process_start(pid_t *process, const char *program, char *const *arguments, const char *words,
                  bool own_group) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, words, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, own_group ? POSIX_SPAWN_SETPGROUP : 0);
    posix_spawnattr_setpgroup(&attributes, 0);
    int failure = posix_spawnp(process, program, &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (failure)
        *process = 0;
    return failure;
}
