#include "run/process.h"

#include <fcntl.h>
#include <unistd.h>

// After OpenMP has started its threads, only a new program is safe: nothing but system calls comes
// before it.
pid_t process_start(char *const *arguments, const char *words, bool own_group) {
    const pid_t process = fork();
    if (process != 0)
        return process > 0 ? process : 0;
    if (own_group)
        setpgid(0, 0);
    dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
    dup2(open(words, O_WRONLY | O_CREAT | O_TRUNC, 0666), STDOUT_FILENO);
    dup2(STDOUT_FILENO, STDERR_FILENO);
    execvp(arguments[0], arguments);
    _exit(127);
}
