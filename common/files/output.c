#include "files/output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// --- folders -------------------------------------------------------------------------------------

// The process whose temporary file has this name; 0: it isn't a temporary file.
static pid_t temporary_owner(const char *name) {
    const char *mark = strstr(name, ".tmp-"), *number = mark ? mark + strlen(".tmp-") : "";
    return number[strspn(number, "0123456789")] ? 0 : (pid_t)strtol(number, NULL, 10);
}

void folder_clear_leftovers(const char *path) {
    DIR *folder = opendir(path);
    for (const struct dirent *entry; folder && (entry = readdir(folder));) {
        const pid_t owner = temporary_owner(entry->d_name);
        if (owner > 0 && kill(owner, 0) != 0 && errno == ESRCH)
            unlinkat(dirfd(folder), entry->d_name, 0);
    }
    if (folder)
        closedir(folder);
}

bool folder_create(const char *path, Error *error) {
    char *folder = path_format("%s/.", path);
    int reason = *path ? 0 : ENOENT;
    for (char *at = folder + 1; *path && *at && !reason; at++)
        if (*at == '/') {
            *at = '\0';
            if (mkdir(folder, 0777) != 0)
                reason = errno;
            if (reason && access(folder, F_OK) == 0)
                reason = 0; // it is there
            *at = '/';
        }
    if (!reason && access(folder, W_OK | X_OK) != 0) // a folder that can't be written, or a file
        reason = errno;
    free(folder);
    if (reason)
        return error_set(error,
                         "%s: can't make or write this folder: %s; choose another with --out", path,
                         strerror(reason));
    return true;
}

// --- one writer ----------------------------------------------------------------------------------

// Takes the lock on an open file, or finds who has it. A file system that knows no locks gives it.
static bool lock_take(int file, long *owner) {
    for (;;) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        if (fcntl(file, F_SETLK, &lock) == 0 || (errno != EACCES && errno != EAGAIN))
            return true;
        if (fcntl(file, F_GETLK, &lock) != 0 || lock.l_type != F_UNLCK) {
            *owner = (long)lock.l_pid;
            return false;
        } // it has just been given back
    }
}

// The system gives the lock back when the process ends, or closes the file.
static bool folder_take(const char *path, bool keep, Error *error) {
    char *name = path_format("%s/lock", path);
    const int file = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    long owner;
    bool taken = false;
    if (file < 0)
        error_set(error, "%s: can't write: %s", name, strerror(errno));
    else if (!lock_take(file, &owner))
        error_set(error, "%s: process %ld writes there; wait for its end, or choose another --out",
                  path, owner);
    else
        taken = true;
    free(name);
    if (file >= 0 && !(taken && keep))
        close(file);
    return taken;
}

bool folder_lock(const char *path, Error *error) {
    if (!folder_take(path, true, error))
        return false;
    folder_clear_leftovers(path);
    return true;
}

bool folder_is_free(const char *path, Error *error) {
    return folder_take(path, false, error);
}

bool folder_has(const char *path, const char *name) {
    char *file = path_format("%s/%s", path, name);
    const bool there = file_exists(file);
    free(file);
    return there;
}

void folder_remove_file(const char *path, const char *name) {
    char *file = path_format("%s/%s", path, name);
    remove(file);
    free(file);
}

// --- files ---------------------------------------------------------------------------------------

static bool write_failed(const char *path, int reason, Error *error) {
    return error_set(error, "%s: can't write: %s", path, strerror(reason));
}

// Creates a new file, and follows no link: in a folder that others may write to, somebody could have put
// a link under a name that can be guessed.
static int temporary_open(const char *path, char **name, Error *error) {
    *name = path_format("%s.tmp-%ld", path, (long)getpid());
    unlink(*name); // of a process of the same number
    const int file = open(*name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (file < 0) {
        write_failed(path, errno, error);
        free(*name);
        *name = NULL;
    }
    return file;
}

// The rename is on the disk only when its folder is. A file system that can't sync folders isn't an
// error.
static void folder_sync(const char *path) {
    char *copy = memory_string(path);
    int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
        fsync(folder);
        close(folder);
    }
    free(copy);
}

char *file_begin(const char *path, Error *error) {
    char *temporary;
    const int file = temporary_open(path, &temporary, error);
    if (file >= 0)
        close(file);
    return temporary;
}

bool file_keep(const char *temporary, const char *path, Error *error) {
    const int file = open(temporary, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    const bool kept = file >= 0 && fsync(file) == 0 && rename(temporary, path) == 0;
    if (!kept)
        write_failed(path, errno, error);
    if (file >= 0)
        close(file);
    folder_sync(path);
    return kept;
}

void file_drop(char *temporary) {
    unlink(temporary);
    free(temporary);
}

bool file_write(const char *path, const void *bytes, size_t length, Error *error) {
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return error_set(error, "%s: can't write here: it is no regular file", path);
    char *temporary;
    const int file = temporary_open(path, &temporary, error);
    if (file < 0)
        return false;
    FILE *stream = fdopen(file, "wb");
    bool good = stream && fwrite(bytes, 1, length, stream) == length && fflush(stream) == 0;
    if (good)
        good = file_keep(temporary, path, error);
    else
        write_failed(path, errno, error);
    if (stream)
        fclose(stream);
    file_drop(temporary);
    return good;
}
