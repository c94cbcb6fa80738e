// Lesson 07 — a fair race on real networks
//
// Question   Which algorithm trains a real network fastest, if each gets the same effort?
// Concepts   a tuning budget; steps to a target; the width of the good rates; one model with two optimizers
// Run        make lesson-07
//            with other knobs: make lesson-07 ARGS="--optimizer adam --batch-size 256"
// Time       about 3 minutes; with five seeds about 15
// See        out/lesson-07/rates.png      the accuracy of each algorithm at each rate that was tried
//            out/lesson-07/curves.png     how each learns at its best rate
//            out/lesson-07/rankings.png   who is first here, and on a workload that nobody tuned on
//            out/lesson-07/landscape.png  each batch has its own landscape

#include "landscape.h"       // the loss along a line, for several batches
#include "nn/loss.h"         // cross_entropy
#include "optim/optimizer.h" // optimizer_step
#include "race.h"            // two workloads, and the clocks
#include "racers.h"          // the algorithms, and their usual rates
#include "run/lesson.h"      // options, tuning, --seeds, figures, claims: what surrounds a run
#include "run/trainer.h"     // data, logs, checkpoints: what surrounds a step

// --- the knobs -----------------------------------------------------------------------------------

static double factor = 1;
static int racer = SGD, workload = FASHION, batch_size = 64, steps = 0, raced = RACERS;

static const Option knobs[] = {
    option_choice("optimizer", &racer, "who races: all but rprop, or the one that is given",
                  RACE_NAMES, "rprop"),
    option_number("factor", &factor, "times the usual rate, in place of tuning", .above = 0,
                  .standard = "the best of five, with one seed of three"),
    option_choice("workload", &workload, "both are learnt, or the one that is given", "fashion",
                  "digits"),
    option_integer("batch-size", &batch_size, "images a step", .min = 1, .max = 1000),
    option_integer("steps", &steps, "of training; 0: one pass over fashion (938), one seed: 800",
                   .min = 0, .max = 1000000),
};

// --- one run: this is what every racer goes through ----------------------------------------------

static void look_back(const Clocks *clocks, const Optimizers *optimizers, Results *results) {
    const Trainer *trainer = clocks->trainer;
    const Workload *on = clocks->workload;
    const ParameterList all = module_parameters(trainer->network);
    const double took = (double)trainer->loop.step;
    const bool reached = clocks->there > 0;
    result_add(results, "accuracy", trainer->test.accuracy);
    result_add(results, "reached", reached);
    result_add(results, "steps", (double)(reached ? clocks->there : steps)); // or more
    result_add(results, "factor", factor);
    result_add(results, "lr", racers[racer].rate * factor);
    result_add(results, "bytes", state_bytes(optimizers, &all));
    result_add(results, "bytes_by_formula",
               state_bytes_by_formula(&racers[racer], on->matrices, on->numbers));
    result_add(results, "seconds", reached ? clocks->there_seconds : clocks->step);
    result_add(results, "nanoseconds", 1e9 * clocks->optimizer / took / on->numbers);
}

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    LessonOptions own = *options;
    own.data = workloads[workload].data;
    own.save_every = options->save_every ? options->save_every : steps; // digits have short epochs
    Trainer trainer;
    if (!trainer_init(&trainer, &own, error))
        return false;
    Loop *loop = &trainer.loop;
    Random random = random_from_seed((uint64_t)options->seed);
    Module *network = trainer_network(&trainer, workloads[workload].network());
    module_initialise(network, &random);
    const Optimizers optimizers = optimizers_new(&racers[racer], network, factor);
    trainer_optimizer(&trainer, optimizers.main);
    if (optimizers.beside)
        loop_optimizer(loop, "optimizer beside", optimizers.beside);
    trainer_batches(&trainer, .size = batch_size);
    trainer.steps = steps;
    trainer.columns = NULL; // of a batch; these are of test images:
    Clocks clocks;
    clocks_begin(&clocks, &workloads[workload], &trainer);
    const bool draws = racer == SGD && workload == FASHION && !options->tuning;
    Log *landscape = draws ? loop_log(loop, "landscape.csv", LINE_COLUMNS) : NULL;

    for (Batch batch; trainer_next(&trainer, &batch);) {
        clocks.begun = processor_seconds();
        Tensor *loss = cross_entropy(module_forward(network, batch.images), batch.labels);
        optimizers_zero_grad(&optimizers);
        backward(loss);
        clocks.known = processor_seconds();
        optimizers_step(&optimizers);
        clocks_stop(&clocks);
        trainer_log(&trainer, loss);
        scheduler_step(trainer.scheduler);
        clocks_look(&clocks); // clears the tape: here the step's tensors die
        if (draws && (loop->step == LINE_EARLY || loop->step == steps))
            landscape_log(network, loop->tape, &trainer.data.train, loop->step, landscape);
    }

    if (loop->good && loop->step > 0)
        look_back(&clocks, &optimizers, results);
    return trainer_end(&trainer);
}

// --- claims --------------------------------------------------------------------------------------

static void check_exact(Claims *claims, const Results *results) {
    double off = 0, most = 0;
    for (int r = 0; r < raced; r++)
        for (int w = FASHION; w <= DIGITS; w++) {
            const double kept = results_of(results, "bytes", r, w).most;
            off = worst_of(off, fabs(kept - results_of(results, "bytes_by_formula", r, w).most));
            most = fmax(most, kept);
        }
    claims_check(claims, off < 1e-9,
                 "each algorithm keeps as many bytes for each number as its formula has averages",
                 "0 to %g bytes, off by %g", most, off);
}

// How alike two orders of arrival are: the mean rank correlation of each seed on one workload with each
// other seed on the other. Of one with itself: what seeds leave of it; so of two with one order the root of both (Spearman 1904).
static double agreement(const Results *results, int one, int other) {
    const int seeds = results_of(results, "steps", SGD, one).count;
    double steps_of[2][RACERS], sum = 0;
    for (int a = 0; a < seeds; a++)
        for (int b = 0; b < seeds; b++) {
            for (int r = 0; r < RACERS; r++) {
                steps_of[0][r] = results_of(results, "steps", r, one).values[a];
                steps_of[1][r] = results_of(results, "steps", r, other).values[b];
            }
            sum += a == b ? 0 : rank_correlation(steps_of[0], steps_of[1], RACERS);
        }
    return sum / (seeds * (seeds - 1.0)); // NaN of one seed
}

static void check(Claims *claims, const Results *results) {
    check_exact(claims, results);
    double best = 0;
    int inside = 0, near = 0, sooner = 0;
    for (int r = 0; r < RACERS; r++)
        best = fmax(best, results_of(results, "accuracy", r, FASHION).mean);
    for (int r = 0; r < RACERS; r++) {
        inside += fabs(log10(results_of(results, "factor", r, FASHION).mean)) < 1; // 0.1 to 10
        near += results_of(results, "accuracy", r, FASHION).mean > best - 0.015;
        sooner += results_of(results, "steps", r, FASHION).mean <
                  results_of(results, "steps", SGD, FASHION).mean;
    }
    claims_check_seeds(claims, inside == RACERS, "the grid is wide enough for each algorithm",
                       "%d of %d best rates have a lower and a higher one beside them", inside,
                       RACERS);
    claims_check_seeds(claims, 2 * near > RACERS,
                       "tuned alike, most end within a point and a half of the best", "%d of %d",
                       near, RACERS);
    claims_check_seeds(claims, sooner == RACERS - 1, "plain SGD is the last to reach the target",
                       "%d of %d reach it sooner", sooner, RACERS - 1);
    const Sample two = results_of(results, "steps", MUON, FASHION);
    const Sample one = results_of(results, "steps", ADAMW, FASHION);
    const Sample gain = sample_difference(&one, &two);
    claims_check_seeds(claims, gain.mean > 2 * gain.error,
                       "with Muon for the matrices, AdamW's target is reached sooner",
                       "by %.0f ± %.0f steps of %.0f", gain.mean, gain.error, one.mean);
    const double other = agreement(results, FASHION, DIGITS);
    const double same = agreement(results, FASHION, FASHION) * agreement(results, DIGITS, DIGITS);
    claims_check_seeds(claims, other < sqrt(same) - 0.2,
                       "another workload has another order of arrival",
                       isnan(same) ? "it takes two seeds to say"
                                   : "rank correlation %.2f, where seeds leave one order %.2f",
                       other, sqrt(same));
}

static const Lesson *choose(const Lesson *lesson, const LessonOptions *options, int *status) {
    static Lesson chosen;
    chosen = *lesson;
    if (options->seeds == 1) // it is for a look
        chosen.tuning.knob = (Axis){"factor", {RACE_FEWER_FACTORS}};
    if (steps == 0) // the runs are told
        steps = options->seeds == 1 ? 800 : 938;
    if (options->quick) {
        chosen.over[0] = (Axis){"optimizer", {"sgd", "muon"}};
        chosen.tuning.knob = (Axis){"factor", {"1"}};
        chosen.claims = check_exact;
        raced = 2;
    }
    *status = 0;
    return &chosen;
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-07",
        .folder = "lessons/07-fair-race",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&steps, LINE_EARLY}},
        .data = "fashion",
        .choose = choose,
        .run = run_once,
        .tuning = {{"factor", {RACE_FACTORS}}, "accuracy"},
        .over = {{"optimizer", {RACE_NAMES}}, {"workload", {"fashion", "digits"}}},
        .figures = {"rates.gp", "curves.gp", "rankings.gp", "landscape.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
