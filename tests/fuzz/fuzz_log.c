// libFuzzer (make fuzz): whatever bytes a log has become, a run goes on behind its place only if it holds
// there what was written, and then it holds just that; else there is one line, and it is as it was.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "files/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const WRITTEN = "step,loss\n1,0.5\n2,0.25\n";

static void want(bool truth) {
    if (!truth)
        abort();
}

static LogPlace write_rows(const char *folder) {
    Error error;
    LogPlace place;
    Log *log = log_new(folder, "fuzz.csv", "step,loss");
    want(log_begin(log, NULL, &error));
    log_row(log, 1, 0.5);
    log_row(log, 2, 0.25);
    want(log_sync(log, &place, &error) && table_close(log, &error));
    return place;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char folder[64] = "", path[80];
    static LogPlace place;
    Error error = {""};
    if (!*folder) {
        snprintf(folder, sizeof folder, "%s/fuzz_log.XXXXXX",
                 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        want(mkdtemp(folder) != NULL);
        snprintf(path, sizeof path, "%s/fuzz.csv", folder);
        place = write_rows(folder);
    }
    // The first byte tells how many of the rows that were written come first.
    const size_t kept = size ? data[0] % (strlen(WRITTEN) + 1) : 0, more = size ? size - 1 : 0;
    FILE *stream = fopen(path, "wb");
    want(stream && fwrite(WRITTEN, 1, kept, stream) == kept &&
         fwrite(data + 1, 1, more, stream) == more && fclose(stream) == 0);
    Log *log = log_new(folder, "fuzz.csv", "step,loss");
    const bool begun = log_begin(log, &place, &error);
    want(table_close(log, &error));
    char bytes[64];
    stream = fopen(path, "rb");
    const size_t length = fread(bytes, 1, sizeof bytes, stream);
    fclose(stream);
    if (begun)
        want(length == strlen(WRITTEN) && memcmp(bytes, WRITTEN, length) == 0);
    else
        want(strstr(error.message, "doesn't hold the rows") && !strchr(error.message, '\n') &&
             length == (kept + more < sizeof bytes ? kept + more : sizeof bytes));
    return 0;
}
