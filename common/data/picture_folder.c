#include "data/picture_folder.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

bool folder_exists(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool picture_is_named(const char *name) {
    static const char *const endings[] = {".jpg", ".jpeg", ".png", ".bmp"};
    const char *dot = strrchr(name, '.');
    for (int i = 0; dot && i < 4; i++)
        if (strcasecmp(dot, endings[i]) == 0)
            return true;
    return false;
}

static int is_visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

int folder_list(const char *folder, struct dirent ***entries, Error *error) {
    const int count = scandir(folder, entries, is_visible, alphasort);
    if (count < 0)
        error_set(error, "%s: expected a folder of pictures: %s", folder, strerror(errno));
    return count;
}
