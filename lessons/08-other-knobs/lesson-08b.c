// Lesson 08b — the other knobs: SGD's momentum
//
// Question   Momentum µ lets a step go on. Is the best rate the same with and without it?
// Concepts   the ridge: what counts is lr / (1 − µ), the length of all that one gradient moves
// Run        make lesson-08b
// Time       about half a minute
// See        out/lesson-08b/momentum.png    the map, with the ridge as a line

#include "map.h"      // the best value of a row, and how it moves
#include "training.h" // one training, with all its knobs

// A gradient moves the weights by lr, and then by µ, µ², … of that: by lr / (1 − µ) in all.
static double gain(double mu) {
    return 1 / (1 - mu);
}

static double reach(double mu, double rate) {
    return rate * gain(mu);
}

static double rate_alone(double mu, double rate) {
    (void)mu;
    return rate;
}

// How much of what differs between the cells of one seed is known, if one number of a cell is known to half
// a decade: 1 − variance within the cells of one such number / variance of all. (Each is divided by its
// degrees of freedom, so a number that has nothing to do with it tells 0.)
typedef double CellNumber(double momentum, double lr);

static double known_share(const Map *map, CellNumber *number, int seed) {
    enum { KEYS = 64 };
    double count[KEYS] = {0}, sum[KEYS] = {0}, cells = 0, total = 0, squares = 0;
    for (int row = 0; row < results_count(map->results, map->row); row++)
        for (int column = 0; column < results_count(map->results, map->column); column++) {
            const double value = map_cell(map, row, column).values[seed];
            const double of_cell = number(results_value(map->results, map->row, row),
                                          results_value(map->results, map->column, column));
            const int key = KEYS / 2 + (int)lround(2 * log10(of_cell));
            count[key]++;
            sum[key] += value;
            cells++;
            total += value;
            squares += value * value;
        }
    double keys = 0, between = 0;
    for (int key = 0; key < KEYS; key++)
        if (count[key] > 0) {
            keys++;
            between += sum[key] * sum[key] / count[key];
        }
    const double within = (squares - between) / (cells - keys);
    return 1 - within / ((squares - total * total / cells) / (cells - 1));
}

static Sample known_shares(const Map *map, CellNumber *number) {
    double shares[SAMPLE_MAX];
    const int seeds = map_cell(map, 0, 0).count;
    for (int seed = 0; seed < seeds; seed++)
        shares[seed] = known_share(map, number, seed);
    return sample_of(shares, seeds);
}

static void check(Claims *claims, const Results *results) {
    const Map map = {
        .results = results, .measured = "accuracy", .row = 0, .column = 1, .counts = gain};
    const Sample slope = map_slopes(&map);
    claims_check_seeds(claims, fabs(slope.mean + 1) < 0.25,
                       "the best rate falls as 1 − µ: lr / (1 − µ) is what stays",
                       "as 1 / (1 − µ) to the power %.2f ± %.2f", slope.mean, slope.error);
    const Sample ridge = known_shares(&map, reach), rate = known_shares(&map, rate_alone);
    const Sample more = sample_difference(&ridge, &rate);
    claims_check_seeds(claims, more.mean > 2 * more.error,
                       "lr / (1 − µ) tells more of the accuracy than lr does",
                       "they tell %.0f %% and %.0f %% of the variance between cells",
                       100 * ridge.mean, 100 * rate.mean);
}

int main(int argc, char **argv) {
    algorithm = SGD;
    const Lesson lesson = {
        .name = "lesson-08b",
        .folder = "lessons/08-other-knobs",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&images, 1000}, {&epochs, 1}},
        .data = "fashion",
        .run = train,
        .over = {{"momentum", {"0", "0.7", "0.9"}}, {"lr", {"0.01", "0.03", "0.1", "0.3", "1"}}},
        .quick_over = {{"momentum", {"0", "0.9"}}, {"lr", {"0.01", "0.03", "0.1"}}},
        .figures = {"momentum.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
