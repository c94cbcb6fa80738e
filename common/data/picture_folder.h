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
// caller frees the list. False: the folder can't be listed; the list is then empty.
bool folder_list(FolderList *list, const char *folder, bool folders, Error *error);
void folder_list_free(FolderList *list);

#endif
