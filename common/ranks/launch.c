#include "ranks/launch.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/threads.h"
#include "run/interrupt.h"
#include "run/process.h"
#include "run/progress.h"

bool ranks_are_launched(void) {
    return getenv("OMPI_COMM_WORLD_SIZE") || getenv("PMIX_RANK") || getenv("PMI_RANK");
}

// What Open MPI and OpenMP read; what is set already stays.
static void set_environment(int count) {
    char threads[16];
    const int each = threads_standard() / count;
    snprintf(threads, sizeof threads, "%d", each > 1 ? each : 1);
    setenv("OMP_NUM_THREADS", threads, 0);
    setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0); // who waits leaves the processor to who works
    // A container may forbid to read another process's memory, of which Open MPI complains in many lines.
    setenv("OMPI_MCA_btl_vader_single_copy_mechanism", "none", 0);
    setenv("OMPI_MCA_opal_signal", "", 0); // no backtrace behind what fatal says
}

static bool root_may(Error *error) {
    return geteuid() != 0 ||
           (getenv("OMPI_ALLOW_RUN_AS_ROOT") && getenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM")) ||
           error_set(error, "mpirun refuses root; be another user, or, in a container, set "
                            "OMPI_ALLOW_RUN_AS_ROOT=1 and OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1");
}

static pid_t start(int count, char **argv, Error *error) {
    char *program = program_path(), *number = path_format("%d", count);
    // Quiet: its own words fill a screen. Ranks in places of their own would keep their threads there.
    char *before[] = {
        "mpirun", "-q",   "--oversubscribe", "--bind-to", "none", "--stdin", "none", "-n",
        number,   program};
    const size_t more = sizeof before / sizeof *before;
    size_t given = 1;
    while (argv[given])
        given++;
    char **arguments = memory_zeroed(more + given, sizeof *arguments);
    memcpy(arguments, before, sizeof before);
    memcpy(arguments + more, argv + 1, (given - 1) * sizeof *arguments);
    signal(RANKS_STOP, SIG_IGN); // handed down, so that mpirun lives until it has its own handler
    const pid_t process = process_start(arguments, -1, NULL);
    if (!process)
        error_set(error, "mpirun can't be started: %s; make setup-mpi installs it",
                  strerror(errno));
    free(arguments);
    free(number);
    free(program);
    return process;
}

static int wait_for(pid_t process) {
    double told = -INFINITY;
    int status = 0;
    interrupt_take_along(process, true);
    while (waitpid(process, &status, WNOHANG) == 0) {
        // Again and again: what comes to mpirun before there are ranks is lost.
        if (interrupt_signal() && clock_seconds() > told + 0.5) {
            kill(process, RANKS_STOP);
            told = clock_seconds();
        }
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    interrupt_leave(process);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// A rank that reports an error has said so; an abort, too; and one that was asked to stop has stopped.
static bool is_told(int status) {
    const int signal = status - 128;
    return signal <= 0 || signal == SIGABRT || signal == SIGINT || signal == SIGTERM ||
           signal == SIGHUP || interrupt_signal();
}

int ranks_launch(int count, char **argv) {
    const char *slash = strrchr(argv[0], '/');
    Error error;
    Progress progress;
    progress_start(&progress, slash ? slash + 1 : argv[0], 0, 1, 1);
    set_environment(count);
    const pid_t process = root_may(&error) ? start(count, argv, &error) : 0;
    if (!process)
        return error_report(&error);
    const int status = wait_for(process);
    // Asked to stop before it had a handler, a rank ends without a word: only this process can say it.
    if (status == 128 + RANKS_STOP && interrupt_signal())
        progress_finish(&progress, "stopped (--resume goes on), before the first step");
    if (is_told(status))
        return status;
    error_set(&error,
              "a rank was ended by signal %d, and with it the run; what was saved is whole, and "
              "--resume goes on",
              status - 128);
    return error_report(&error);
}
