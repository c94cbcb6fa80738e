#include "run/numbers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "files/table.h"

void numbers_add(Numbers *numbers, const char *name, double value) {
    if (numbers->count == NUMBERS_MAX || strlen(name) >= sizeof *numbers->names)
        fatal("numbers_add: '%s' is one number too many, or too long a name", name);
    strcpy(numbers->names[numbers->count], name);
    numbers->values[numbers->count++] = value;
}

static int find(const Numbers *numbers, const char *name) {
    for (int i = 0; i < numbers->count; i++)
        if (!strcmp(numbers->names[i], name))
            return i;
    return -1;
}

double numbers_get(const Numbers *numbers, const char *name) {
    const int at = find(numbers, name);
    if (at < 0)
        fatal("numbers_get: the run has found no '%s'", name);
    return numbers->values[at];
}

bool numbers_has(const Numbers *numbers, const char *name) {
    return find(numbers, name) >= 0;
}

bool numbers_write(const Numbers *numbers, const char *folder, Error *error) {
    Table *table = table_open(folder, "result.csv", "name,value");
    for (int i = 0; i < numbers->count; i++)
        table_numbers(table, numbers->names[i], &numbers->values[i], 1);
    return table_close(table, error);
}

bool numbers_read(Numbers *numbers, const char *folder, Error *error) {
    enum { BYTES_MAX = 1 << 16 };
    char *path = path_format("%s/result.csv", folder), *text, name[sizeof *numbers->names];
    size_t length;
    bool good = file_read(path, BYTES_MAX, &text, &length, error);
    *numbers = (Numbers){0};
    if (good) {
        const char *at = text + strcspn(text, "\n"); // behind the names of the columns
        double value;
        int used;
        while (numbers->count < NUMBERS_MAX &&
               sscanf(at, "\n%31[^,\n],%lf%n", name, &value, &used) == 2) {
            numbers_add(numbers, name, value);
            at += used;
        }
        good = (numbers->count && !strcmp(at, "\n")) ||
               error_set(error, "%s: not a name and a number in each row", path);
    }
    free(text);
    free(path);
    return good;
}
