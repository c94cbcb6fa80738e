#include "data/picture_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/file.h"

bool folder_exists(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool is_picture_name(const char *name) {
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

static bool list_entries(FolderList *list, const char *folder, bool folders, Error *error) {
    struct dirent **entries;
    const int count = scandir(folder, &entries, is_visible, alphasort);
    *list = (FolderList){0};
    if (count < 0)
        return error_set(error, "%s: expected a folder of pictures: %s", folder, strerror(errno));
    list->names = memory_alloc((size_t)count * sizeof *list->names);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        char *path = path_format("%s/%s", folder, name);
        if (folder_exists(path) ? folders : !folders && is_picture_name(name))
            list->names[list->count++] = memory_string(name);
        free(path);
        free(entries[i]);
    }
    free(entries);
    return true;
}

bool folder_list_pictures(FolderList *list, const char *folder, Error *error) {
    return list_entries(list, folder, false, error);
}

bool folder_list_folders(FolderList *list, const char *folder, Error *error) {
    return list_entries(list, folder, true, error);
}

void folder_list_free(FolderList *list) {
    for (int i = 0; i < list->count; i++)
        free(list->names[i]);
    free(list->names);
}
