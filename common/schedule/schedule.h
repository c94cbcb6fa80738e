// A schedule is a curve: what a knob is set to, as a function of the step number. It is a pure
// value: copy it, compare it, plot it without training, start it again from any step. Nobody frees
// one. It knows nothing of optimizers; a Scheduler (scheduler.h) binds it to one.
//
//     Schedule warmup = schedule_linear(0, 0.1, 500);
//     Schedule schedule = schedule_sequence(OWN_LENGTHS, warmup, schedule_cosine(0.1, 9500));
//     double lr = schedule_at(schedule, 120); // 0.024
//
// The same as a text, from a command line (expression.h; there the order is first value, last value, length):
//     sequence(linear(0, 0.1, 500), cosine(0.1, 0, 9500))
//
// What a step is, a batch or an epoch, is the caller's choice: whatever they count. Steps count
// from 0, and every curve goes on for ever.
//
// Each curve below has its formula, computed in double and in closed form: the value at a step
// depends on nothing but the step. Most of PyTorch's schedulers multiply the value before instead.
// Along an undisturbed run that is the same but for rounding (where it isn't, it is said); but a
// rate that was set by hand in between goes on in PyTorch's curve, and is forgotten by ours.
//
// Arguments have PyTorch's names and defaults, but T_max is t_max, and a curve says the values that
// it takes itself, where PyTorch's takes the optimizer's rate and factors of it: it may be bound to
// any knob. Arguments after a dot are optional, in any order; what is written there is the default.
// A wrong argument is fatal, with one line that says what it must be. PyTorch takes some more: lengths
// of 0, fractions of a step, milestones that don't rise. (Inside all are doubles: a
// long after a dot or in a list needs a cast to be free of warnings.)
#ifndef KNOBS_SCHEDULE_SCHEDULE_H
#define KNOBS_SCHEDULE_SCHEDULE_H

#include <math.h>
#include <stdbool.h>

typedef struct Schedule Schedule;

// The value at a step ≥ 0 (fatal below).
double schedule_at(Schedule schedule, long step);

// The step at which a curve arrives, its last point, t_max or total_steps; 0 if it has none, as multistep, which may stay
// behind its last milestone for ever.
double schedule_length(Schedule schedule);

// Whether they are made in the same way, of the same numbers.
bool schedule_equal(Schedule one, Schedule other);

// "cosine"; of a combination its outermost kind.
const char *schedule_name(Schedule schedule);

// As an expression that schedule_parse reads back to the same bits:
//     sequence(linear(0, 0.1, 500), cosine(0.1, t_max=9500), milestones=[500])
// The longest fits. A function is written as function(), which can't be read.
typedef struct ScheduleText {
    char text[10240];
} ScheduleText;
ScheduleText schedule_text(Schedule schedule);

// --- constant pieces -----------------------------------------------------------------------------

// schedule_constant(value)
//     value
#define schedule_constant(VALUE) SCHEDULE(constant, .value = (VALUE))

// schedule_step(initial, step_size, .gamma = 0.1)                              StepLR
//     initial · gamma^⌊step / step_size⌋
#define schedule_step(INITIAL, STEP_SIZE, ...)                                                     \
    SCHEDULE(step, .gamma = NAN, .initial = (INITIAL), .step_size = (double)(STEP_SIZE),           \
             __VA_ARGS__)

// schedule_multistep(initial, SCHEDULE_LIST(30, 80), .gamma = 0.1)             MultiStepLR
//     initial · gamma^(how many milestones are ≤ step)
// Milestones in any order; one that stands twice counts twice, one at 0 counts from the start.
#define schedule_multistep(INITIAL, MILESTONES, ...)                                               \
    SCHEDULE(multistep, .gamma = NAN, .initial = (INITIAL), .milestones = MILESTONES, __VA_ARGS__)

// --- decays --------------------------------------------------------------------------------------

// schedule_exponential(initial, gamma)                                         ExponentialLR
//     initial · gamma^step
#define schedule_exponential(INITIAL, GAMMA)                                                       \
    SCHEDULE(exponential, .initial = (INITIAL), .gamma = (GAMMA))

// schedule_inverse_time(initial, decay_rate, .decay_steps = 1, .staircase = 0) Keras's
//     initial / (1 + decay_rate · step / decay_steps), with staircase of ⌊step / decay_steps⌋
#define schedule_inverse_time(INITIAL, DECAY_RATE, ...)                                            \
    SCHEDULE(inverse_time, .decay_steps = NAN, .staircase = NAN, .initial = (INITIAL),             \
             .decay_rate = (DECAY_RATE), __VA_ARGS__)

// schedule_linear(start, end, total_iters)                                     LinearLR
//     start + (end − start) · min(step, total_iters) / total_iters
// PyTorch's own recursion divides by zero where start is 0; its closed form doesn't.
#define schedule_linear(START, END, TOTAL_ITERS)                                                   \
    SCHEDULE(linear, .start = (START), .end = (END), .total_iters = (double)(TOTAL_ITERS))

// schedule_polynomial(initial, total_iters, .power = 1, .end = 0)              PolynomialLR
//     end + (initial − end) · (1 − min(step, total_iters) / total_iters)^power
#define schedule_polynomial(INITIAL, TOTAL_ITERS, ...)                                             \
    SCHEDULE(polynomial, .power = NAN, .end = NAN, .initial = (INITIAL),                           \
             .total_iters = (double)(TOTAL_ITERS), __VA_ARGS__)

// --- cosines -------------------------------------------------------------------------------------

// schedule_cosine(initial, t_max, .eta_min = 0)                                CosineAnnealingLR
//     eta_min + (initial − eta_min) · (1 + cos(π · step / t_max)) / 2
// Half a cosine, down from initial at step 0 to eta_min at step t_max (Loshchilov, Hutter, "SGDR",
// ICLR 2017, without restarts). Beyond t_max it climbs back, as PyTorch's does: a schedule that is
// too short for the run sends the rate up again.
#define schedule_cosine(INITIAL, T_MAX, ...)                                                       \
    SCHEDULE(cosine, .eta_min = NAN, .initial = (INITIAL), .t_max = (double)(T_MAX), __VA_ARGS__)

// schedule_warm_restarts(initial, t_0, .t_mult = 1, .eta_min = 0, .decay = 1)
//                                                               CosineAnnealingWarmRestarts
//     eta_min + (initial · decay^i − eta_min) · (1 + cos(π · t / t_i)) / 2
// where i counts the restarts, t the steps since the last, and t_i = t_0 · t_mult^i ("SGDR"). At a
// restart t is 0. PyTorch has no decay; its step(epoch) takes a logarithm for i, which rounding can
// make one too small at a restart (T_0 = 1, T_mult = 3, epoch 121 of 1.13): ours counts.
#define schedule_warm_restarts(INITIAL, T_0, ...)                                                  \
    SCHEDULE(warm_restarts, .t_mult = NAN, .eta_min = NAN, .decay = NAN, .initial = (INITIAL),     \
             .t_0 = (double)(T_0), __VA_ARGS__)

// --- cycles --------------------------------------------------------------------------------------

// schedule_cyclic(base, max, .step_size_up = 2000, .step_size_down = step_size_up,
//                 .mode = CYCLIC_TRIANGULAR, .gamma = 1)                       CyclicLR
//     base + (max − base) · x · scale
// where x goes from 0 to 1 in step_size_up steps and back in step_size_down, and scale is 1
// (triangular), 1 / 2^(cycle − 1) with cycles counted from 1 (triangular2) or gamma^step (exp_range;
// Smith, "Cyclical Learning Rates", WACV 2017). Momentum in antiphase is the same curve the other
// way round: where PyTorch is given base_momentum 0.8 and max_momentum 0.9, schedule_cyclic(0.9,
// 0.8, …).
enum { CYCLIC_TRIANGULAR, CYCLIC_TRIANGULAR2, CYCLIC_EXP_RANGE };
#define schedule_cyclic(BASE, MAX, ...)                                                            \
    SCHEDULE(cyclic, .step_size_up = NAN, .step_size_down = NAN, .mode = NAN, .gamma = NAN,        \
             .base = (BASE), .max = (MAX), __VA_ARGS__)

// schedule_cyclic_scaled(scale, base, max, .step_size_up = 2000, .step_size_down = step_size_up,
//                        .scale_mode = SCALE_BY_CYCLE)                         CyclicLR's scale_fn
//     base + (max − base) · x · scale(cycle), cycles counted from 1, or · scale(step)
// scale is a schedule: schedule_function for a formula of one's own.
enum { SCALE_BY_CYCLE, SCALE_BY_ITERATIONS };
#define schedule_cyclic_scaled(SCALE, BASE, MAX, ...)                                              \
    SCHEDULE_ON(cyclic_scaled, SCALE, .step_size_up = NAN, .step_size_down = NAN,                  \
                .scale_mode = NAN, .base = (BASE), .max = (MAX), __VA_ARGS__)

// schedule_one_cycle(max, total_steps, .pct_start = 0.3, .anneal_strategy = ANNEAL_COS,
//                    .div_factor = 25, .final_div_factor = 1e4, .three_phase = 0)   OneCycleLR
//     two phases:    max / div_factor → max → max / div_factor / final_div_factor
//     three phases:  max / div_factor → max → max / div_factor → the same end
// half a cosine or a line each, that end at the steps pct_start · total_steps − 1 (three phases: and
// 2 · pct_start · total_steps − 2) and total_steps − 1, the last of the run (Smith, Topin,
// "Super-Convergence", 2018). Beyond it stays, where PyTorch goes up again and then raises.
enum { ANNEAL_COS, ANNEAL_LINEAR };
#define schedule_one_cycle(MAX, TOTAL_STEPS, ...)                                                  \
    SCHEDULE(one_cycle, .pct_start = NAN, .anneal_strategy = NAN, .div_factor = NAN,               \
             .final_div_factor = NAN, .three_phase = NAN, .max = (MAX),                            \
             .total_steps = (double)(TOTAL_STEPS), __VA_ARGS__)

// schedule_one_cycle_momentum(total_steps, .base_momentum = 0.85, .max_momentum = 0.95,
//                             .pct_start = 0.3, .anneal_strategy = ANNEAL_COS, .three_phase = 0)
//     max_momentum → base_momentum → max_momentum (three phases: → max_momentum)
// The momentum that goes with it, low where the rate is high: for momentum, or Adam's beta1.
#define schedule_one_cycle_momentum(TOTAL_STEPS, ...)                                              \
    SCHEDULE(one_cycle_momentum, .base_momentum = NAN, .max_momentum = NAN, .pct_start = NAN,      \
             .anneal_strategy = NAN, .three_phase = NAN, .total_steps = (double)(TOTAL_STEPS),     \
             __VA_ARGS__)

// --- warm-ups ------------------------------------------------------------------------------------

// schedule_inverse_sqrt(peak, warmup_steps)                                    "Noam"
//     peak · min(t / warmup_steps, √(warmup_steps / t)),  t = step + 1
// Vaswani et al., "Attention is all you need", NIPS 2017, which counts from 1 and has the peak
// 1 / √(d_model · warmup_steps).
#define schedule_inverse_sqrt(PEAK, WARMUP_STEPS)                                                  \
    SCHEDULE(inverse_sqrt, .peak = (PEAK), .warmup_steps = (double)(WARMUP_STEPS))

// schedule_warmup_stable_decay(peak, warmup_steps, stable_steps, decay_steps, .start = 0, .end = 0,
//                              .decay = DECAY_LINEAR)
//     start + (peak − start) · step / warmup_steps, then peak, then peak + (end − peak) · f(x)
// where x goes from 0 to 1 in decay_steps and f(x) is x, (1 − cos(πx)) / 2 or √x; then end (Hu et
// al., "MiniCPM", 2024; √: Hägele et al., "Scaling Laws and Compute-Optimal Training Beyond Fixed
// Training Durations", 2024).
enum { DECAY_LINEAR, DECAY_COS, DECAY_SQRT };
#define schedule_warmup_stable_decay(PEAK, WARMUP_STEPS, STABLE_STEPS, DECAY_STEPS, ...)           \
    SCHEDULE(warmup_stable_decay, .start = NAN, .end = NAN, .decay = NAN, .peak = (PEAK),          \
             .warmup_steps = (double)(WARMUP_STEPS), .stable_steps = (double)(STABLE_STEPS),       \
             .decay_steps = (double)(DECAY_STEPS), __VA_ARGS__)

// --- curves of one's own -------------------------------------------------------------------------

// schedule_piecewise(SCHEDULE_LIST(0, 0.1, 10, 1, 50, 0)): straight lines between the points (step,
// value); before the first and after the last it is constant. Steps must rise.
#define schedule_piecewise(POINTS) SCHEDULE(piecewise, .points = POINTS)

// Whatever a function says, which should depend on nothing but the step.   LambdaLR
#define schedule_function(FUNCTION)                                                                \
    schedule_of((SchedulePiece){.kind = &schedule_kind_function, .callback = (FUNCTION)}, 0, 0)

// --- combinations --------------------------------------------------------------------------------
// Each copies the schedules that it is made of. All together have at most SCHEDULE_MAX_PIECES.

// schedule_sequence(SCHEDULE_LIST(5, 60), a, b, c)                             SequentialLR
//     a(step) below 5, b(step − 5) below 60, then c(step − 60)
// With OWN_LENGTHS for the milestones each but the last takes as long as it says: linear its
// total_iters, cosine its t_max; fatal where one has no end.
#define schedule_sequence(MILESTONES, ...)                                                         \
    schedule_of(                                                                                   \
        (SchedulePiece){.kind = &schedule_kind_sequence, .sequence = {.milestones = MILESTONES}},  \
        SCHEDULES(__VA_ARGS__))
#define OWN_LENGTHS ((ScheduleList){0})

// schedule_product(a, b, …): a(step) · b(step) · …                             ChainedScheduler
// As in PyTorch where each part multiplies the rate: constant, linear, step, exponential, …, cosine with eta_min 0 up to its
// t_max. Beyond that the cosine there forgets the other parts, an eta_min mixes with them, and warm restarts, cyclic, one-cycle
// and lambda overwrite what stands before them.
#define schedule_product(...)                                                                      \
    schedule_of((SchedulePiece){.kind = &schedule_kind_product}, SCHEDULES(__VA_ARGS__))

// schedule_repeat(a, .period = a's own length): a(step mod period)
#define schedule_repeat(A, ...) SCHEDULE_ON(repeat, A, .period = NAN, __VA_ARGS__)

// schedule_scale(a, factor): a(step) · factor
#define schedule_scale(A, FACTOR) SCHEDULE_ON(scale, A, .factor = (FACTOR))

// schedule_clamp(a, .min = −∞, .max = ∞): min(max(a(step), min), max)
#define schedule_clamp(A, ...) SCHEDULE_ON(clamp, A, .min = NAN, .max = NAN, __VA_ARGS__)

// --- what a schedule is made of ------------------------------------------------------------------

enum { SCHEDULE_MAX_PIECES = 16, SCHEDULE_MAX_LIST = 16 };

// Numbers as one argument, at most SCHEDULE_MAX_LIST.
typedef struct ScheduleList {
    double count;
    double items[SCHEDULE_MAX_LIST];
} ScheduleList;
#define SCHEDULE_LIST(...)                                                                         \
    ((ScheduleList){sizeof((double[]){__VA_ARGS__}) / sizeof(double), {__VA_ARGS__}})

// All kinds and their arguments, a line each; the rest of a kind is in the file of its family
// (kinds.h).
#define SCHEDULE_KINDS(X)                                                                          \
    X(constant, double value;)                                                                     \
    X(step, double initial, step_size, gamma;)                                                     \
    X(multistep, double initial; ScheduleList milestones; double gamma;)                           \
    X(exponential, double initial, gamma;)                                                         \
    X(inverse_time, double initial, decay_rate, decay_steps, staircase;)                           \
    X(linear, double start, end, total_iters;)                                                     \
    X(polynomial, double initial, end, total_iters, power;)                                        \
    X(cosine, double initial, eta_min, t_max;)                                                     \
    X(warm_restarts, double initial, eta_min, t_0, t_mult, decay;)                                 \
    X(cyclic, double base, max, step_size_up, step_size_down, mode, gamma;)                        \
    X(cyclic_scaled, double base, max, step_size_up, step_size_down, scale_mode;)                  \
    X(one_cycle, double max, total_steps, pct_start, anneal_strategy, div_factor,                  \
      final_div_factor, three_phase;)                                                              \
    X(one_cycle_momentum, double total_steps, base_momentum, max_momentum, pct_start,              \
      anneal_strategy, three_phase;)                                                               \
    X(inverse_sqrt, double peak, warmup_steps;)                                                    \
    X(warmup_stable_decay, double peak, warmup_steps, stable_steps, decay_steps, start, end,       \
      decay;)                                                                                      \
    X(piecewise, ScheduleList points;)                                                             \
    X(function, double none;)                                                                      \
    X(sequence, ScheduleList milestones;)                                                          \
    X(product, double none;)                                                                       \
    X(repeat, double period;)                                                                      \
    X(scale, double factor;)                                                                       \
    X(clamp, double min, max;)

typedef struct ScheduleKind ScheduleKind;
#define SCHEDULE_DECLARE(KIND, ...) extern const ScheduleKind schedule_kind_##KIND;
SCHEDULE_KINDS(SCHEDULE_DECLARE)

// One curve or combination with its arguments. What it combines stands behind it.
typedef struct SchedulePiece {
    const ScheduleKind *kind;
    double (*callback)(long step); // schedule_function's
    int size;                      // pieces, with all that it combines
    int child_count;
    union {
        double values[SCHEDULE_MAX_LIST + 4];
#define SCHEDULE_MEMBER(KIND, ...)                                                                 \
    struct {                                                                                       \
        __VA_ARGS__                                                                                \
    } KIND;
        SCHEDULE_KINDS(SCHEDULE_MEMBER)
    };
} SchedulePiece;

// The pieces stand in the order of the expression: the first is the outermost.
struct Schedule {
    int count;
    SchedulePiece pieces[SCHEDULE_MAX_PIECES];
};

// What the macros above call: a piece over copies of its children.
Schedule schedule_of(SchedulePiece piece, int child_count, const Schedule *children);
#define SCHEDULE(KIND, ...)                                                                        \
    schedule_of((SchedulePiece){.kind = &schedule_kind_##KIND, .KIND = {__VA_ARGS__}}, 0, 0)
#define SCHEDULE_ON(KIND, A, ...)                                                                  \
    schedule_of((SchedulePiece){.kind = &schedule_kind_##KIND, .KIND = {__VA_ARGS__}}, 1,          \
                (Schedule[]){A})
#define SCHEDULES(...)                                                                             \
    (int)(sizeof((Schedule[]){__VA_ARGS__}) / sizeof(Schedule)), (Schedule[]) {                    \
        __VA_ARGS__                                                                                \
    }

#endif
