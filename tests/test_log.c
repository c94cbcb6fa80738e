// Files and logs: whole or not there, rows that survive, and a disk that fails.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "caught.h"
#include "files/table.h"
#include "scratch.h"

static Error error;

static int files_in_folder(void) {
    char command[128];
    snprintf(command, sizeof command, "ls -A \"%s\" | wc -l", scratch_folder);
    FILE *pipe = popen(command, "r");
    int count = -1;
    assert_int_equal(fscanf(pipe, "%d", &count), 1);
    pclose(pipe);
    return count;
}

static void test_file_write(void **state) {
    (void)state;
    assert_true(file_write(scratch("a"), "one", 3, &error));
    assert_true(file_write(scratch("a"), "two2", 4, &error));
    assert_string_equal(scratch_read("a"), "two2");
    assert_int_equal(files_in_folder(), 1);
    assert_true(file_write(scratch("a"), "", 0, &error));
    assert_string_equal(scratch_read("a"), "");
}

static void test_file_refused(void **state) {
    (void)state;
    assert_false(file_write(scratch("none/a"), "x", 1, &error));
    assert_contains(error.message, "none/a: can't write: No such file or directory");
    assert_false(file_write("/dev/full", "x", 1, &error));
    assert_contains(error.message, "/dev/full: can't write here: it is no regular file");
    assert_false(file_write(scratch_folder, "x", 1, &error));
    char *text;
    size_t length;
    scratch_write("long", "12345");
    assert_false(file_read(scratch("long"), 4, &text, &length, &error));
    assert_contains(error.message, "expected at most 4 bytes, found more");
    assert_false(file_read(scratch("nothing"), 4, &text, &length, &error));
    assert_false(file_read(scratch_folder, 4, &text, &length, &error));
    assert_false(file_read("/dev/zero", 4, &text, &length, &error));
    unlink(scratch("long"));
}

// A disk that is full half-way, played by a limit on the size of files: the old file stays as it
// was.
static void test_disk_full(void **state) {
    (void)state;
    static char large[100000];
    memset(large, 'x', sizeof large);
    assert_true(file_write(scratch("kept"), "old", 3, &error));
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 50000;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    bool written = file_write(scratch("kept"), large, sizeof large, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_false(written);
    assert_contains(error.message, "kept: can't write: File too large");
    assert_string_equal(scratch_read("kept"), "old");
    assert_int_equal(files_in_folder(), 2);
}

static void test_folders(void **state) {
    (void)state;
    assert_true(folder_create(scratch("x/y/z"), &error));
    assert_true(folder_create(scratch("x/y/z/"), &error));
    struct stat status;
    assert_int_equal(stat(scratch("x/y/z"), &status), 0);
    assert_false(folder_create("", &error));
    assert_false(folder_create(scratch("kept"), &error));
    assert_contains(error.message, "kept: can't make or write this folder: Not a directory");
    assert_false(folder_create(scratch("kept/y"), &error));
    assert_contains(error.message, "kept/y: can't make or write this folder: Not a directory");
    if (geteuid() != 0) { // root may write everywhere
        assert_int_equal(chmod(scratch("x/y"), 0555), 0);
        assert_false(folder_create(scratch("x/y"), &error));
        assert_contains(error.message, "Permission denied");
        assert_false(folder_create(scratch("x/y/new"), &error));
    }
    assert_false(folder_create("/proc/nowhere", &error));
    assert_contains(error.message, "/proc/nowhere: can't make or write this folder");
}

static void test_rows(void **state) {
    (void)state;
    Log *log = log_open(scratch_folder, "log.csv", "step,loss,lr", LOG_NEW, &error);
    assert_non_null(log);
    log_row(log, 1, 0.1, 1e-3);
    log_row(log, 2, -0.0, 1 / 3.0);
    log_row(log, 9007199254740991, NAN, INFINITY);
    assert_string_equal(scratch_read("log.csv"), // before it is closed: a killed run has its rows
                        "step,loss,lr\n1,0.10000000000000001,0.001\n2,-0,0.33333333333333331\n"
                        "9007199254740991,nan,inf\n");
    assert_fatal(log_row(log, 1, 2), "has 3 columns, and the row has 2");
    assert_true(table_close(log, &error));

    log = log_open(scratch_folder, "layers.csv", "layer,mean", LOG_NEW, &error);
    log_named_row(log, "features.0", 0.5);
    assert_true(table_close(log, &error));
    assert_string_equal(scratch_read("layers.csv"), "layer,mean\nfeatures.0,0.5\n");
}

// Every double is read back exactly.
static void test_numbers(void **state) {
    (void)state;
    const double values[] = {0.1,        1 / 3.0, 1e308, 5e-324,        0x1p53,
                             0x1p53 - 1, 1e22,    -7,    123456789.125, 0};
    Log *log = log_open(scratch_folder, "log.csv", "value", LOG_NEW, &error);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        log_row(log, values[i]);
    assert_true(table_close(log, &error));
    char *at = (char *)scratch_read("log.csv") + strlen("value\n");
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_true(strtod(at, &at) == values[i]);
    assert_string_equal(at, "\n");
}

static void resume_and_add(const char *before, double step, const char *after) {
    scratch_write("log.csv", before);
    Log *log = log_open(scratch_folder, "log.csv", "step,loss", step, &error);
    assert_non_null(log);
    log_row(log, step + 1, 9);
    assert_true(table_close(log, &error));
    assert_string_equal(scratch_read("log.csv"), after);
}

static void test_resume(void **state) {
    (void)state;
    resume_and_add("step,loss\n1,5\n2,4\n3,3\n", 3, "step,loss\n1,5\n2,4\n3,3\n4,9\n");
    resume_and_add("step,loss\n1,5\n2,4\n3,3\n", 2, "step,loss\n1,5\n2,4\n3,9\n");
    resume_and_add("step,loss\n1,5\n2,4\n3,3\n", 0, "step,loss\n1,9\n");
    resume_and_add("step,loss\n1,5\n2,", 2, "step,loss\n1,5\n3,9\n"); // killed while it wrote
    resume_and_add("step,loss\n1,5\n2", 2, "step,loss\n1,5\n3,9\n");
    resume_and_add("step,loss\n1,5\nrubbish\n2,4\n", 2, "step,loss\n1,5\n3,9\n");
    resume_and_add("step,loss\n", 5, "step,loss\n6,9\n");

    scratch_write("log.csv", "step,accuracy\n1,5\n");
    assert_null(log_open(scratch_folder, "log.csv", "step,loss", 1, &error));
    assert_contains(error.message, "expected the columns \"step,loss\", found \"step,accuracy\"");
    assert_string_equal(scratch_read("log.csv"), "step,accuracy\n1,5\n");
    scratch_write("log.csv", "step,loss"); // cut within the header
    assert_null(log_open(scratch_folder, "log.csv", "step,loss", 1, &error));
    scratch_write("log.csv", "");
    assert_null(log_open(scratch_folder, "log.csv", "step,loss", 1, &error));
    unlink(scratch("log.csv"));
    assert_null(log_open(scratch_folder, "log.csv", "step,loss", 1, &error));
    assert_contains(error.message, "log.csv: can't open: No such file or directory");
}

static void test_log_on_a_full_disk(void **state) {
    (void)state;
    if (access("/dev/full", W_OK) != 0)
        skip();
    assert_null(log_open("/dev", "full", "step,loss", LOG_NEW, &error));
    assert_contains(error.message, "/dev/full: can't write: No space left on device");

    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 1000;
    Log *log = log_open(scratch_folder, "full.csv", "step,loss", LOG_NEW, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int step = 1; step <= 200; step++)
        log_row(log, step, 0.1);
    bool closed = table_close(log, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_false(closed);
    assert_contains(error.message, "full.csv: can't write, rows are lost: File too large");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_write), cmocka_unit_test(test_file_refused),
        cmocka_unit_test(test_disk_full),  cmocka_unit_test(test_folders),
        cmocka_unit_test(test_rows),       cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_resume),     cmocka_unit_test(test_log_on_a_full_disk),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
