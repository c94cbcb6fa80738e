// Lesson 15 — schedules: what a knob is set to, and when
//
// Question   Which curves are there, and what goes wrong with them?
// Concepts   a schedule is a formula of the step, a scheduler binds it to a knob of a group; the gallery
//            of all kinds; the museum of mistakes
// Run        make lesson-15
//            a curve of your own: make lesson-15 ARGS="--schedule 'cosine(0.1, 0, steps)'"
// Time       about 5 seconds; nothing is trained
// See        out/lesson-15/gallery.png    every kind, for the wall
//            out/lesson-15/museum.png     what was meant, and what ran
//            out/figures/OptimizerOverview/Scheduler-1.png    a scheduler beside an optimizer
//
// As an instrument: --schedule draws, --compare several over each other, --csv - prints the values.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gallery.h"               // every kind, and the values that it must have
#include "instruments/ownership.h" // who owns what, for Scheduler-1
#include "museum.h"                // classic mistakes, made
#include "nn/networks.h"           // the model of Scheduler-1
#include "run/lesson.h"            // options, figures, claims
#include "schedule/expression.h"   // a schedule from a text

// --- the knobs -----------------------------------------------------------------------------------

static OptionList wanted;
static double lr = 0.1;
static int steps = 100, epochs = 10;
static bool compare, print_table;
static const char *csv;

static const Option knobs[] = {
    option_list("schedule", &wanted, "an expression to draw: \"cosine(0.1, 0, steps)\"; repeat it"),
    option_flag("compare", &compare, "draw the schedules over each other, not one below another"),
    option_text("csv", &csv, "write the schedule's values to this file; - is standard output"),
    option_integer("steps", &steps, "of the run: what is drawn, and `steps` in an expression",
                   .min = 1, .max = 100000),
    option_integer("epochs", &epochs, "`epochs` in an expression", .min = 1),
    option_number("lr", &lr, "`lr` in an expression", .min = 0),
    option_flag("table", &print_table, "print all kinds as a table in Markdown"),
};

// --- the instrument ------------------------------------------------------------------------------

static Schedule schedules[OPTION_LIST_MAX];

static bool parse(Error *error) {
    const ScheduleName names[] = {{"steps", steps}, {"epochs", epochs}, {"lr", lr}};
    for (int i = 0; i < wanted.count; i++) {
        Error wrong;
        if (!schedule_parse(wanted.items[i], names, 3, &schedules[i], &wrong))
            return error_set(error, "--schedule: %s", wrong.message);
    }
    if ((csv || compare) && wanted.count == 0)
        return error_set(error, "--%s wants a --schedule", csv ? "csv" : "compare");
    if (csv && wanted.count > 1)
        return error_set(error, "--csv writes one schedule, not %d", wanted.count);
    return true;
}

static bool write_csv(Error *error) {
    const bool to_file = strcmp(csv, "-") != 0;
    char *text = NULL;
    size_t length;
    FILE *output = to_file ? open_memstream(&text, &length) : stdout;
    fprintf(output, "step,value\n");
    for (long step = 0; step < steps; step++)
        fprintf(output, "%ld,%.17g\n", step, schedule_at(schedules[0], step));
    if (to_file)
        fclose(output);
    const bool written = !to_file || file_write(csv, text, length, error);
    free(text);
    return written; // lesson_main sees whether all got to the standard output
}

// curves.csv: schedule after schedule, a row a step of the run; the first row says the expression.
static bool draw_wanted(const LessonOptions *options, Results *results, Error *error) {
    (void)results;
    Table *table = table_open(options->out, "curves.csv", "panel,curve,schedule,step,value");
    for (int i = 0; i < wanted.count; i++)
        for (long step = 0; step < steps; step++)
            table_row(table, "%d,%d,%s,%ld,%.17g", compare ? 1 : i + 1, i + 1,
                      step ? "" : wanted.items[i], step, schedule_at(schedules[i], step));
    printf("%s/curves.png\n", options->out);
    return table_close(table, error);
}

static const Lesson *choose(const Lesson *lesson, const LessonOptions *options, int *status) {
    static Lesson instrument;
    Error error;
    (void)options;
    const bool good = parse(&error) && (!csv || write_csv(&error));
    *status = good ? 0 : error_report(&error);
    if (good && print_table)
        gallery_print();
    if (!good || csv || print_table)
        return NULL;
    instrument = (Lesson){.name = lesson->name, .folder = lesson->folder, .run = draw_wanted};
    instrument.figures[0] = "curves.gp";
    return wanted.count ? &instrument : lesson;
}

// --- Scheduler-1: what turns which knob ----------------------------------------------------------

// bindings.csv: binding after binding, a row a step.
static bool write_bindings(const char *folder, const Scheduler *scheduler, Error *error) {
    Table *table = table_open(folder, "bindings.csv", "group,knob,schedule,now,step,value");
    for (int i = 0; i < scheduler->binding_count; i++) {
        const Binding *binding = &scheduler->bindings[i];
        for (long step = 0; step < 100; step++)
            table_row(table, "%d,%s,%s,%ld,%ld,%.17g", binding->group,
                      hyperparameter_name(binding->hyperparameter),
                      schedule_name(binding->schedule), scheduler->step, step,
                      binding_at(binding, step));
    }
    return table_close(table, error);
}

static bool write_scheduler(const char *folder, Error *error) {
    Module *network = conv_net_new(false);
    const ParameterList last = module_parameters_under(network, "head");
    Optimizer *optimizer =
        sgd(parameter_list_without(module_parameters(network), last), .weight_decay = 5e-4);
    const int head = optimizer_add_group(optimizer, last, .momentum = 0.9, .weight_decay = 0);
    optimizer_name_group(optimizer, 0, "features");
    optimizer_name_group(optimizer, head, "head");
    const Schedule warm_up = schedule_linear(0, 0.1, 10), down = schedule_cosine(0.1, 90);
    Scheduler *scheduler = scheduler_new(optimizer);
    scheduler_bind(scheduler, 0, "lr", schedule_sequence(OWN_LENGTHS, warm_up, down));
    scheduler_bind(scheduler, 0, "momentum", schedule_one_cycle_momentum(100));
    scheduler_bind(scheduler, head, "lr", schedule_cyclic(0.05, 0.2, .step_size_up = 12));
    scheduler_bind(scheduler, head, "weight_decay", schedule_linear(0, 1e-3, 60));
    scheduler_seek(scheduler, 40);
    const bool written = ownership_write(folder, "groups.csv", network, optimizer, error) &&
                         write_bindings(folder, scheduler, error);
    scheduler_free(scheduler);
    optimizer_free(optimizer);
    module_free(network);
    return written;
}

// --- the lesson ----------------------------------------------------------------------------------

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    char *reference;
    size_t length;
    if (!file_read(KNOBS_ROOT "/lessons/15-schedules/reference.txt", 1 << 20, &reference, &length,
                   error))
        return false;
    const bool good = gallery_write(options->out, reference, results, error) &&
                      museum_write(options->out, results, error) &&
                      write_scheduler(options->out, error);
    free(reference);
    return good;
}

static void check(Claims *claims, const Results *results) {
    const double off = results_of(results, "largest_error").most;
    const double mislabelled = results_of(results, "mislabelled").most;
    const double fewest = results_of(results, "fewest_wrong").least;
    claims_check(claims, off <= 1e-12,
                 "every curve is PyTorch's or (where it has none) its formula's in Python",
                 "%.0f curves of %.0f kinds, off by %.1e of a curve's largest value",
                 results_of(results, "curves").least, results_of(results, "kinds").least, off);
    claims_check(claims, mislabelled <= 1e-12 && fewest > 0,
                 "each mistake is really made and gives the curve that its label says",
                 "%d mistakes, off by %.1e, each at least %.0f wrong steps", EXHIBITS, mislabelled,
                 fewest);
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-15",
        .folder = "lessons/15-schedules",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .choose = choose,
        .run = run_once,
        .figures = {"gallery.gp", "museum.gp"},
        .article = {"Scheduler-1.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
