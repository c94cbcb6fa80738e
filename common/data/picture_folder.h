// What is in a folder of pictures.
#ifndef KNOBS_DATA_PICTURE_FOLDER_H
#define KNOBS_DATA_PICTURE_FOLDER_H

#include <stdbool.h>

#include "base/error.h"

bool folder_exists(const char *path);

typedef struct FolderList {
    char **names;
    int count;
} FolderList;

// The names of the pictures in a folder (files that end in .jpg, .jpeg, .png or .bmp, in small or
// capital letters), or of the folders in it; in the order of the alphabet, without hidden ones. The
// caller frees the list. Error: the folder can't be listed; the list is then empty.
bool folder_list_pictures(FolderList *list, const char *folder, Error *error);
bool folder_list_folders(FolderList *list, const char *folder, Error *error);
void folder_list_free(FolderList *list);

#endif
