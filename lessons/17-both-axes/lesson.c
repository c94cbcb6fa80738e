// Lesson 17 — both axes: which parameters, and when
//
// Question   Each group with a schedule of its own: does every knob do what it was told, and what does
//            it buy?
// Concepts   groups × time; momentum in antiphase to the rate; a group that is added later says its
//            schedule or inherits one
// Run        make lesson-17
//            one of the five alone: make lesson-17 ARGS="--way both --cycles 8"
//            stop and go on, and what that needs: make lesson-17b
// Time       about 20 seconds
// See        out/figures/OptimizerOverview/Scheduler-2.png    groups × time, from a run's log
//            out/lesson-17/gain.png                            what groups and schedules buy
//            out/lesson-17/late.png                            a group that is added later

#include "exact.h"       // formulas, logs, groups that are added later
#include "nn/loss.h"     // cross_entropy
#include "nn/networks.h" // the model: two convolutions with batch norm, and a head
#include "run/lesson.h"  // options, --seeds, figures, claims: what surrounds a run
#include "run/trainer.h" // data, logs, checkpoints: what surrounds a step

// --- the knobs -----------------------------------------------------------------------------------

enum { CONSTANT, SCHEDULE, GROUPS, BOTH, MOMENTUM };

static int way = CONSTANT, steps = 400, warm_up = 40, cycles = 4, batch_size = 64;
static double lr = 0.02, peak = 0.03, head = 2, head_peak = 2, momentum = 0.9, swing = 0.05;

static const Option knobs[] = {
    option_choice("way", &way, "what is turned; all are run, or the one given", "constant",
                  "schedule", "groups", "both", "momentum"),
    option_number("lr", &lr, "constant, groups: the rate, or that of the features", .min = 0),
    option_number("head", &head, "groups: the head's rate, of the features'", .min = 0),
    option_number("peak", &peak, "the others: the highest rate, or that of the features", .min = 0),
    option_number("head-peak", &head_peak, "both, momentum: the head's highest, of the features'",
                  .min = 0),
    option_number("momentum", &momentum, "of all; where it is scheduled, its mean", .min = 0,
                  .max = 1),
    option_number("swing", &swing, "momentum: how far it goes up and down", .min = 0, .max = 1),
    option_integer("warm-up", &warm_up, "steps up to the highest rate", .min = 1),
    option_integer("cycles", &cycles, "of the head's rate in the run", .min = 1),
    option_integer("steps", &steps, "steps of training", .min = 2, .max = 100000),
    option_integer("batch-size", &batch_size, "images a step", .min = 2, .max = 6000),
};

static bool check_knobs(const LessonOptions *options, Error *error) {
    (void)options;
    if (warm_up >= steps)
        return error_set(error, "--warm-up %d: it must be less than --steps %d", warm_up, steps);
    if (momentum < swing || momentum + swing >= 1)
        return error_set(error, "--momentum %g ± --swing %g must be at least 0, and below 1",
                         momentum, swing);
    if (2 * cycles > steps)
        return error_set(error, "--cycles is %d; that many have no room in %d steps", cycles,
                         steps);
    return true;
}

// --- the groups, and the schedule of each of their knobs: this is the lesson -----------------------

static Optimizer *optimizer_for(Module *network) {
    const ParameterList all = module_parameters(network);
    if (way == CONSTANT || way == SCHEDULE)
        return sgd(all);
    const ParameterList last = module_parameters_under(network, "head");
    Optimizer *optimizer = sgd(parameter_list_without(all, last));
    optimizer_name_group(optimizer, 0, "features");
    optimizer_name_group(optimizer, optimizer_add_group(optimizer, last), "head");
    return optimizer;
}

// Two shapes, for any knob: up in a line and down along half a cosine; up and down again and again.
static Schedule warm_up_and_cosine(double start, double top, double end) {
    return schedule_sequence(OWN_LENGTHS, schedule_linear(start, top, warm_up),
                             schedule_cosine(top, steps - warm_up, .eta_min = end));
}

static Schedule cycles_of(double base, double top) {
    return schedule_cyclic(base, top, .step_size_up = steps / (2 * cycles));
}

static Schedule rate_of(int group) {
    if (way == CONSTANT || way == GROUPS)
        return schedule_constant(group == 0 ? lr : lr * head);
    return group == 0 ? warm_up_and_cosine(peak / 10, peak, 0)
                      : cycles_of(peak * head_peak / 10, peak * head_peak);
}

// Low where the rate is high.
static Schedule momentum_of(int group) {
    const double low = momentum - swing, high = momentum + swing;
    if (way != MOMENTUM)
        return schedule_constant(momentum);
    return group == 0 ? warm_up_and_cosine(high, low, high) : cycles_of(high, low);
}

// The same, from formulas.
static double expected(int group, bool is_rate, double n) {
    const double low = momentum - swing, high = momentum + swing, most = peak * head_peak;
    if (is_rate ? way == CONSTANT || way == GROUPS : way != MOMENTUM)
        return !is_rate ? momentum : group == 0 ? lr : lr * head;
    if (group == 0)
        return is_rate ? formula_of_cosine(peak / 10, peak, 0, n, warm_up, steps)
                       : formula_of_cosine(high, low, high, n, warm_up, steps);
    return is_rate ? formula_of_cycles(most / 10, most, n, steps / (2 * cycles))
                   : formula_of_cycles(high, low, n, steps / (2 * cycles));
}

// --- one run -------------------------------------------------------------------------------------

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    Trainer trainer;
    if (!trainer_init(&trainer, options, error))
        return false;
    Random random = random_from_seed((uint64_t)options->seed);
    Module *network = trainer_network(&trainer, conv_net_new(true));
    module_initialise(network, &random);
    Optimizer *optimizer = trainer_optimizer(&trainer, optimizer_for(network));
    for (int group = 0; group < optimizer->group_count; group++) {
        scheduler_bind(trainer.scheduler, group, "lr", rate_of(group));
        scheduler_bind(trainer.scheduler, group, "momentum", momentum_of(group));
    }
    trainer_batches(&trainer, .size = batch_size);
    trainer.steps = steps;
    Log *log = loop_log(&trainer.loop, "knobs.csv", "step,group,lr,momentum");

    for (Batch batch; trainer_next(&trainer, &batch);) {
        Tensor *loss = cross_entropy(module_forward(network, batch.images), batch.labels);
        optimizer_zero_grad(optimizer);
        backward(loss);
        optimizer_step(optimizer);
        for (int group = 0; group < optimizer->group_count; group++)
            log_row(log, (double)trainer.loop.step, group, optimizer_get(optimizer, group, "lr"),
                    optimizer_get(optimizer, group, "momentum"));
        trainer_log(&trainer, loss);
        scheduler_step(trainer.scheduler);
    } // trainer_next clears the tape: here the step's tensors die

    result_add(results, "accuracy", trainer.test.accuracy);
    result_add(results, "mismatches",
               log_mismatches(options->out, optimizer->group_count * trainer.loop.step, expected));
    const int late = late_write(options->out, error);
    loop_need(&trainer.loop, late >= 0);
    result_add(results, "late_mismatches", late);
    return trainer_end(&trainer);
}

// --- claims --------------------------------------------------------------------------------------

static Sample gain(const Results *results, int of, int over) { // seed by seed
    const Sample ours = results_of(results, "accuracy", of);
    const Sample theirs = results_of(results, "accuracy", over);
    return sample_difference(&ours, &theirs);
}

static void check(Claims *claims, const Results *results) {
    double mismatches = 0;
    for (int i = CONSTANT; i <= MOMENTUM; i++)
        mismatches += results_of(results, "mismatches", i).most;
    claims_check(
        claims, mismatches == 0,
        "each knob of each group is at each step what its schedule's formula says, by the log",
        "%.0f mismatches", mismatches);
    claims_check(
        claims, results_of(results, "late_mismatches").most == 0,
        "a late group follows what it says or inherits; one that does neither keeps its rate",
        "%.0f mismatches", results_of(results, "late_mismatches").most);
    const Sample schedule = gain(results, SCHEDULE, CONSTANT),
                 groups = gain(results, GROUPS, CONSTANT);
    const Sample both = gain(results, BOTH, SCHEDULE), momenta = gain(results, MOMENTUM, BOTH);
    claims_check_seeds(claims, schedule.mean > 2 * schedule.error,
                       "a schedule gains over the best constant rate", "%+.2f ± %.2f points",
                       100 * schedule.mean, 100 * schedule.error);
    claims_check_seeds(claims,
                       worst_of(groups.mean + 2 * groups.error, both.mean + 2 * both.error) < 0.005,
                       "two groups gain less than half a point, constant or each with its schedule",
                       "constant %+.2f ± %.2f, scheduled %+.2f ± %.2f points", 100 * groups.mean,
                       100 * groups.error, 100 * both.mean, 100 * both.error);
    claims_check_seeds(
        claims, momenta.mean < 0.005 && momenta.mean + 2 * momenta.error < 0.01,
        "momentum in antiphase gains less than half a point in the mean, and no whole one",
        "%+.2f ± %.2f points", 100 * momenta.mean, 100 * momenta.error);
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-17",
        .folder = "lessons/17-both-axes",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&steps, 60}, {&warm_up, 6}},
        .data = "fashion",
        .once = check_knobs,
        .run = run_once,
        .over = {{.option = "way"}},
        .figures = {"gain.gp", "late.gp"},
        .article = {"Scheduler-2.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
