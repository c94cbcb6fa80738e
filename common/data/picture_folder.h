// What is in a folder of pictures.
#ifndef KNOBS_DATA_PICTURE_FOLDER_H
#define KNOBS_DATA_PICTURE_FOLDER_H

#include <dirent.h>
#include <stdbool.h>

#include "base/error.h"

bool folder_exists(const char *path);

// Whether the name ends in .jpg, .jpeg, .png or .bmp, in letters of any size.
bool picture_is_named(const char *name);

// The entries of a folder that aren't hidden, in the order of the alphabet, and how many; −1: it can't be listed. The
// caller frees each and the list.
int folder_list(const char *folder, struct dirent ***entries, Error *error);

#endif
