// Files and logs: whole or not there, rows that survive, a log that must hold what it held, and a disk
// that fails.
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

// What was left by a process that is no more goes; nothing else does.
static void test_leftovers(void **state) {
    (void)state;
    char living[32];
    snprintf(living, sizeof living, "left/a.csv.tmp-%ld", (long)getpid());
    const char *const names[] = {"left/a.csv.tmp-999999999",
                                 "left/.tmp-999999999",
                                 "left/a.csv",
                                 "left/a.tmp-",
                                 "left/a.tmp-x",
                                 "left/my.tmp-999999999.csv",
                                 living};
    assert_true(folder_create(scratch("left"), &error));
    for (int i = 0; i < 7; i++)
        scratch_write(names[i], "x");
    assert_true(folder_create(scratch("left"), &error));
    assert_true(file_exists(scratch(names[0]))); // whose it is, is known only behind the lock
    assert_true(folder_lock(scratch("left"), &error));
    for (int i = 0; i < 7; i++)
        assert_true(file_exists(scratch(names[i])) == (i >= 2));
}

// A temporary file is a new one: what stands under its name, planted there, isn't written through.
static void test_planted_link(void **state) {
    (void)state;
    char name[32];
    snprintf(name, sizeof name, "target.tmp-%ld", (long)getpid());
    scratch_write("victim", "kept");
    assert_int_equal(symlink(scratch("victim"), scratch(name)), 0);
    assert_true(file_write(scratch("target"), "new", 3, &error));
    assert_string_equal(scratch_read("target"), "new");
    assert_string_equal(scratch_read("victim"), "kept");
    struct stat status;
    assert_int_equal(lstat(scratch("target"), &status), 0);
    assert_true(S_ISREG(status.st_mode));
    unlink(scratch("target"));
    unlink(scratch("victim"));
}

// Another process writes there, until it ends.
static void test_lock(void **state) {
    (void)state;
    assert_true(folder_create(scratch("locked"), &error));
    int ready[2], end[2];
    assert_true(pipe(ready) == 0 && pipe(end) == 0);
    const pid_t other = fork();
    char byte;
    if (other == 0) {
        close(end[1]);
        if (!folder_lock(scratch("locked"), &error) || write(ready[1], "r", 1) != 1)
            _exit(1);
        _exit(read(end[0], &byte, 1) != 0);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    char answer[64];
    snprintf(answer, sizeof answer, "/locked: process %ld writes there;", (long)other);
    assert_false(folder_lock(scratch("locked"), &error));
    assert_contains(error.message, answer);
    assert_false(folder_is_free(scratch("locked"), &error));
    close(end[1]);
    assert_true(waitpid(other, NULL, 0) == other);
    assert_true(folder_is_free(scratch("locked"), &error));
    assert_true(folder_lock(scratch("locked"), &error));
    assert_true(folder_create(scratch("linked"), &error));
    assert_int_equal(symlink("/dev/null", scratch("linked/lock")), 0);
    assert_false(folder_lock(scratch("linked"), &error));
    assert_contains(error.message, "linked/lock: can't write");
    close(ready[0]);
    close(end[0]);
}

// As somebody else, for root may write everywhere: 1, if the folder is refused for want of permission.
static int refused_to_others(const char *path) {
    const pid_t other = fork();
    if (other == 0) {
        if (geteuid() == 0 && setuid(65534) != 0)
            _exit(2);
        const bool made = folder_create(path, &error);
        _exit(!made && strstr(error.message, "this folder: Permission denied") != NULL);
    }
    int status = 0;
    assert_true(waitpid(other, &status, 0) == other && WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_read_only(void **state) {
    (void)state;
    assert_true(folder_create(scratch("read/only"), &error));
    assert_int_equal(chmod(scratch_folder, 0755), 0);
    assert_int_equal(chmod(scratch("read/only"), 0555), 0);
    assert_int_equal(refused_to_others(scratch("read/only")), 1);
    assert_int_equal(refused_to_others(scratch("read/only/new")), 1);
    assert_int_equal(refused_to_others(scratch("read/only/new/er")), 1); // not that new isn't there
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
    assert_false(folder_create("/proc/nowhere", &error));
    assert_contains(error.message, "/proc/nowhere: can't make or write this folder");
}

// --- logs ----------------------------------------------------------------------------------------

static Log *log_afresh(const char *name, const char *columns) {
    Log *log = log_new(scratch_folder, name, columns);
    if (!log_begin(log, NULL, &error))
        fail_msg("%s", error.message);
    return log;
}

static void test_rows(void **state) {
    (void)state;
    Log *log = log_new(scratch_folder, "log.csv", "step,loss,lr");
    scratch_write("log.csv", "of another run\n");
    log_row(log, 0, 0, 0); // not begun: nothing is written
    assert_string_equal(scratch_read("log.csv"), "of another run\n");
    assert_true(log_begin(log, NULL, &error));
    log_row(log, 1, 0.1, 1e-3);
    log_row(log, 2, -0.0, 1 / 3.0);
    log_row(log, 9007199254740991, NAN, INFINITY);
    assert_string_equal(scratch_read("log.csv"), // before it is closed: a killed run has its rows
                        "step,loss,lr\n1,0.10000000000000001,0.001\n2,-0,0.33333333333333331\n"
                        "9007199254740991,nan,inf\n");
    assert_fatal(log_row(log, 1, 2), "has 3 columns, and the row has 2");
    assert_true(table_close(log, &error));

    log = log_afresh("layers.csv", "layer,mean");
    log_named_row(log, "features.0", 0.5);
    assert_true(table_close(log, &error));
    assert_string_equal(scratch_read("layers.csv"), "layer,mean\nfeatures.0,0.5\n");
    log = log_afresh("layers.csv", "run,seed,mean");
    log_named_row(log, "a,1", 0.5); // a text for two columns
    assert_true(table_close(log, &error));
    assert_string_equal(scratch_read("layers.csv"), "run,seed,mean\na,1,0.5\n");
}

// Every double is read back exactly.
static void test_numbers(void **state) {
    (void)state;
    const double values[] = {0.1,        1 / 3.0, 1e308, 5e-324,        0x1p53,
                             0x1p53 - 1, 1e22,    -7,    123456789.125, 0};
    Log *log = log_afresh("log.csv", "value");
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        log_row(log, values[i]);
    assert_true(table_close(log, &error));
    char *at = (char *)scratch_read("log.csv") + strlen("value\n");
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_true(strtod(at, &at) == values[i]);
    assert_string_equal(at, "\n");
}

// A log of two rows, and the place behind them.
static LogPlace two_rows(void) {
    Log *log = log_afresh("log.csv", "step,loss");
    log_row(log, 1, 5);
    log_row(log, 2, 4);
    LogPlace place;
    assert_true(log_sync(log, &place, &error));
    assert_int_equal(place.bytes, 18);
    assert_true(table_close(log, &error));
    return place;
}

static const char *const TWO_ROWS = "step,loss\n1,5\n2,4\n";

static void test_go_on(void **state) {
    (void)state;
    const LogPlace place = two_rows();
    const char *const behind[] = {"", "3,3\n", "3,", "3,3\nrubbish"}; // is cut off
    for (size_t i = 0; i < sizeof behind / sizeof *behind; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s%s", TWO_ROWS, behind[i]);
        scratch_write("log.csv", text);
        Log *log = log_new(scratch_folder, "log.csv", "step,loss");
        assert_true(log_begin(log, &place, &error));
        assert_string_equal(scratch_read("log.csv"), TWO_ROWS);
        log_row(log, 3, 9);
        LogPlace further;
        assert_true(log_sync(log, &further, &error));
        assert_true(table_close(log, &error));
        assert_string_equal(scratch_read("log.csv"), "step,loss\n1,5\n2,4\n3,9\n");
        log = log_new(scratch_folder, "log.csv", "step,loss"); // and from there on
        assert_true(log_begin(log, &further, &error));
        assert_true(table_close(log, &error));
    }
}

static void assert_refused(const LogPlace *place, const char *columns, const char *answer) {
    Log *log = log_new(scratch_folder, "log.csv", columns);
    assert_false(log_begin(log, place, &error));
    assert_contains(error.message, "/log.csv: ");
    assert_contains(error.message, answer);
    log_row(log, 3, 9); // into a log that couldn't begin: nothing
    assert_true(table_close(log, &error));
}

static const char *const OTHER_ROWS = "doesn't hold the rows that were there when the checkpoint";

// Every way in which a log can fail to be what its checkpoint counts on; nothing in it is touched.
static void test_broken(void **state) {
    (void)state;
    const LogPlace place = two_rows();
    const char *const texts[] = {"",
                                 "step,loss\n",
                                 "step,loss\n1,5\n",           // cut at a row,
                                 "step,loss\n1,5\n2,4",        // or within one
                                 "step,loss\n2,4\n3,3\n",      // a row is missing,
                                 "step,loss\n1,5\n1,5\n2,4\n", // doubled,
                                 "step,loss\n\n1,5\n2,4\n",    // empty
                                 "step,loss\n1,5\n2,3\n",      // a digit
                                 "step,lass\n1,5\n2,4\n",      // another column
                                 "step,loss\n1,5\nx,y\n3,3\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        scratch_write("log.csv", texts[i]);
        assert_refused(&place, "step,loss", OTHER_ROWS);
        assert_string_equal(scratch_read("log.csv"), texts[i]);
    }
    assert_true(file_write(scratch("log.csv"), "step,loss\n1,5\n\0\0\0\0", 18, &error));
    assert_refused(&place, "step,loss", OTHER_ROWS);
    scratch_write("log.csv", TWO_ROWS);
    assert_refused(&place, "step,cost", OTHER_ROWS);
    const LogPlace before_the_first = {.bytes = 3}, negative = {.bytes = -1};
    assert_refused(&before_the_first, "step,loss", OTHER_ROWS);
    assert_refused(&negative, "step,loss", OTHER_ROWS);
}

// What is packed holds other bytes, whatever it unpacks to.
static void test_gzipped(void **state) {
    (void)state;
    const LogPlace place = two_rows();
    char command[256];
    snprintf(command, sizeof command, "gzip -n \"%s\" && mv \"%s.gz\" \"%s\"", scratch("log.csv"),
             scratch("log.csv"), scratch("log.csv"));
    assert_int_equal(system(command), 0);
    assert_refused(&place, "step,loss", OTHER_ROWS);
    char *text;
    size_t length;
    assert_true(file_read_unpacked(scratch("log.csv"), 1000, &text, &length, &error));
    assert_string_equal(text, TWO_ROWS); // as it was
    free(text);
}

// A named pipe would hang the run, and behind a link could stand anybody's file.
static void test_odd_files(void **state) {
    (void)state;
    const LogPlace place = two_rows();
    const char *path = scratch("log.csv");
    assert_int_equal(unlink(path), 0);
    assert_refused(&place, "step,loss", "No such file or directory");
    assert_int_equal(mkfifo(path, 0666), 0);
    assert_refused(&place, "step,loss", "it is no regular file");
    assert_refused(NULL, "step,loss", "it is no regular file");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0777), 0);
    assert_refused(&place, "step,loss", "Is a directory");
    assert_refused(NULL, "step,loss", "Is a directory");
    assert_int_equal(rmdir(path), 0);
    scratch_write("another", "kept");
    assert_int_equal(symlink(scratch("another"), path), 0);
    assert_refused(NULL, "step,loss", "it is no regular file");
    assert_string_equal(scratch_read("another"), "kept");
    assert_int_equal(unlink(path), 0);
}

static void test_log_on_a_full_disk(void **state) {
    (void)state;
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 1000;
    Log *log = log_afresh("full.csv", "step,loss");
    assert_true(log_is_whole(log, &error));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int step = 1; step <= 200; step++)
        log_row(log, step, 0.1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0); // there is room again: it stays lost
    log_row(log, 201, 0.1);
    LogPlace place;
    assert_false(log_is_whole(log, &error));
    assert_false(log_sync(log, &place, &error));
    assert_false(table_close(log, &error));
    assert_contains(error.message, "full.csv: can't write, rows are lost: File too large");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_write),
        cmocka_unit_test(test_file_refused),
        cmocka_unit_test(test_disk_full),
        cmocka_unit_test(test_leftovers),
        cmocka_unit_test(test_planted_link),
        cmocka_unit_test(test_lock),
        cmocka_unit_test(test_folders),
        cmocka_unit_test(test_read_only),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_go_on),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_gzipped),
        cmocka_unit_test(test_odd_files),
        cmocka_unit_test(test_log_on_a_full_disk),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
