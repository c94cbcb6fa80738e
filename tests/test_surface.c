// The test surfaces: values and minima against formulas worked out by hand, gradients against central
// differences, turned and straight, one point and many. A surface without a row fails.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "caught.h"
#include "gradcheck.h"
#include "instruments/surface.h"
#include "scratch.h"

// A point and its loss, reckoned by hand.
typedef struct Row {
    const char *name;
    double x, y, loss;
    double curvature; // the largest and the smallest one at the first minimum,
    double least;     // from its Hessian matrix by hand; 0 where there is no minimum
} Row;

static const Row rows[] = {
    {"parabola", -1.5, 0, 2.25, 2, 2},
    {"ravine", 2, -0.5, 0.5 * (4 + 25), 100, 1},
    {"saddle", 1.5, 2, -1.75, 0, 0},
    {"plateau", 1, -2, 1 - 0.08208499862389880 /* e^−2.5 */, 1, 1},
    {"rosenbrock", -1.2, 1, 24.2, 1001.6006392325123, 0.3993607674876216},
    {"beale", 1, 1, 1.5 * 1.5 + 2.25 * 2.25 + 2.625 * 2.625, 48.97978635, 0.30146365},
    {"himmelblau", 0, 0, 170, 82.2842712474619, 25.715728752538098},
    {"two-wells", 0.5, 2, 0.0625 - 0.03125 - 0.5 + 0.375 + 1.5 + 1.625 * 1.625, 11.903882032022075,
     1.5961179679779243},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static const Row *row_of(const char *name) {
    for (int i = 0; i < ROWS; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    fail_msg("the surface %s has no row in this table", name);
    return NULL;
}

// --- values and minima ---------------------------------------------------------------------------

static void test_each_surface_has_a_row(void **state) {
    (void)state;
    int count = 0;
    for (const Surface *surface = surfaces; surface->name; surface++, count++)
        row_of(surface->name);
    assert_int_equal(count, ROWS);
}

static void test_values_by_hand(void **state) {
    (void)state;
    for (int i = 0; i < ROWS; i++) {
        const double point[] = {rows[i].x, rows[i].y};
        const double loss = surface_at(surface_find(rows[i].name), point, NULL);
        if (!(fabs(loss - rows[i].loss) <= 1e-13 * fabs(rows[i].loss)))
            fail_msg("%s: %.17g, not %.17g", rows[i].name, loss, rows[i].loss);
    }
    Surface ravine = *surface_find("ravine");
    ravine.condition = 1000;
    assert_true(surface_at(&ravine, (const double[]){1, 1}, NULL) == 500.5);
    assert_null(surface_find("ravin"));
    assert_null(surface_find(""));
}

// At each minimum the gradient is 0 but for rounding, and every way leads up.
static void test_minima(void **state) {
    (void)state;
    for (const Surface *surface = surfaces; surface->name; surface++)
        for (int m = 0; m < surface->minimum_count; m++) {
            const double *at = surface->minima[m], here = surface_at(surface, at, NULL);
            double gradient[2], distance;
            surface_at(surface, at, gradient);
            if (!(hypot(gradient[0], gradient[1]) < 1e-13))
                fail_msg("%s: the gradient is (%g, %g) at minimum %d", surface->name, gradient[0],
                         gradient[1], m);
            assert_true(here == (strcmp(surface->name, "two-wells") == 0 ? m : 0) || here < 1e-28);
            for (int way = 0; way < 16; way++) {
                const double angle = way * 0.39269908169872414;
                const double near[] = {at[0] + 1e-3 * cos(angle), at[1] + 1e-3 * sin(angle)};
                if (surface->dimensions == 2 || way % 8 == 0)
                    assert_true(surface_at(surface, near, NULL) > here);
            }
            assert_int_equal(surface_nearest(surface, at, &distance), m);
            assert_true(distance == 0);
        }
    double distance;
    assert_int_equal(surface_nearest(surface_find("saddle"), (const double[]){0, 0}, &distance),
                     -1);
    assert_true(isinf(distance));
    surface_nearest(surface_find("parabola"), (const double[]){0.5, 7}, &distance);
    assert_true(distance == 0.5);
}

// The largest and the smallest curvature at the first minimum, from differences of the gradient.
static void test_curvatures(void **state) {
    (void)state;
    for (const Surface *surface = surfaces; surface->name; surface++) {
        if (surface->minimum_count == 0)
            continue;
        const double *at = surface->minima[0], step = 1e-5;
        double h[2][2];
        for (int axis = 0; axis < 2; axis++) {
            double after[2], before[2], point[] = {at[0], at[1]};
            point[axis] = at[axis] + step;
            surface_at(surface, point, after);
            point[axis] = at[axis] - step;
            surface_at(surface, point, before);
            for (int i = 0; i < 2; i++)
                h[axis][i] = (after[i] - before[i]) / (2 * step);
        }
        const Row *row = row_of(surface->name);
        const double middle = (h[0][0] + h[1][1]) / 2;
        const double half = hypot((h[0][0] - h[1][1]) / 2, h[0][1]);
        assert_true(fabs(h[0][1] - h[1][0]) < 1e-5);
        if (surface->dimensions == 2)
            assert_true(fabs(middle - half - row->least) < 1e-5 * row->curvature);
        assert_true(fabs((surface->dimensions == 2 ? middle + half : h[0][0]) - row->curvature) <
                    1e-5 * row->curvature);
    }
}

// --- turned --------------------------------------------------------------------------------------

static void assert_near(double a, double b) {
    if (!(fabs(a - b) < 1e-12 * (1 + fabs(b))))
        fail_msg("%.17g is not %.17g", a, b);
}

static void test_turned(void **state) {
    (void)state;
    const Surface *beale = surface_find("beale");
    const Surface quarter = surface_turned(*beale, 90), some = surface_turned(quarter, -57.5);
    assert_true(quarter.minima[0][0] == -0.5 && quarter.minima[0][1] == 3); // quarters are exact
    assert_true(quarter.start[0] == -1 && quarter.start[1] == 1);
    double point[] = {0.3, -1.25}, turned[] = {0.3, -1.25}, straight[2], gradient[2];
    surface_turn_point(turned, 32.5);
    assert_near(turned[0],
                0.3 * cos(32.5 * 0.017453292519943295) + 1.25 * sin(32.5 * 0.017453292519943295));
    assert_near(surface_at(&some, turned, gradient), surface_at(beale, point, straight));
    surface_turn_point(straight, 32.5);
    assert_near(gradient[0], straight[0]);
    assert_near(gradient[1], straight[1]);
    const double corner[] = {beale->view[0][1], beale->view[1][0]};
    double moved[] = {corner[0], corner[1]};
    surface_turn_point(moved, 32.5);
    for (int axis = 0; axis < 2; axis++)
        assert_true(some.view[axis][0] <= moved[axis] && moved[axis] <= some.view[axis][1]);
    const Surface back = surface_turned(some, -32.5);
    assert_near(back.start[0], beale->start[0]);
    assert_true(back.degrees == 0);
    assert_fatal(surface_turned(*surface_find("parabola"), 30), "parabola has one number");
}

// --- the operation -------------------------------------------------------------------------------

static Surface under_test;
static Tensor *apply_surface(Tensor **x) {
    return surface_loss(&under_test, x[0]);
}
static Tensor *apply_surface_of_sum(Tensor **x) { // not a leaf, and used twice
    Tensor *w = add(x[0], x[1]);
    return add(surface_loss(&under_test, w), surface_loss(&under_test, w));
}

static void check_gradients(const char *label) {
    const int d = under_test.dimensions;
    const GradientCase one = {"surface_loss", label, apply_surface, {SHAPE(1, d)}};
    const GradientCase many = {"surface_loss", label, apply_surface, {SHAPE(5, d)}};
    const GradientCase sums = {
        "surface_loss", label, apply_surface_of_sum, {SHAPE(3, d), SHAPE(3, d)}};
    const double worst =
        fmax(fmax(gradcheck_run(&one), gradcheck_run(&many)), gradcheck_run(&sums));
    print_message("%-12s %-10s %.1e\n", under_test.name, label, worst);
}

static void test_gradients(void **state) {
    (void)state;
    for (const Surface *surface = surfaces; surface->name; surface++) {
        under_test = *surface;
        check_gradients("straight");
        if (surface->dimensions != 2)
            continue;
        under_test = surface_turned(*surface, 25);
        check_gradients("turned");
    }
    const GradientCase guarded[] = {{"surface_loss", "", apply_surface, {{0}}}};
    gradcheck_guard(KNOBS_ROOT "/common/instruments/surface.h", guarded, 1);
}

// Many points together have each its own loss and gradient, bit for bit as alone.
static void test_each_walker_is_alone(void **state) {
    (void)state;
    const Surface *surface = surface_find("himmelblau");
    Parameter *all = parameter_new("all", SHAPE(4, 2)), *one = parameter_new("one", SHAPE(1, 2));
    for (int i = 0; i < 8; i++)
        all->tensor.data[i] = (real)(0.7 * i - 2.1);
    all->tensor.data[2] = (real)NAN; // who is lost loses nobody else
    Tape *tape = tape_new();
    backward(sum(surface_loss(surface, tape_use(tape, all))));
    for (int i = 0; i < 4; i++) {
        memcpy(one->tensor.data, all->tensor.data + 2 * i, 2 * sizeof(real));
        parameter_changed(one);
        parameter_clear_grad(one);
        backward(surface_loss(surface, tape_use(tape, one)));
        if (i != 1)
            assert_memory_equal(one->tensor.grad, all->tensor.grad + 2 * i, 2 * sizeof(real));
    }
    assert_true(isnan(all->tensor.grad[2]) && isnan(all->tensor.grad[3]));
    assert_fatal(surface_loss(surface_find("parabola"), tape_use(tape, one)),
                 "points on the parabola are [n, 1], not [1, 2]");
    tape_free(tape);
    parameter_free(all);
    parameter_free(one);
}

static void test_table_for_figures(void **state) {
    (void)state;
    Error error;
    assert_true(surface_write(surface_find("saddle"), 5, scratch_folder, "saddle.csv", &error));
    const char *text = scratch_read("saddle.csv");
    assert_memory_equal(text, "x,y,loss\n-1.5,-1.5,0\n", 21);
    int rows_there = 0, empty = 0;
    for (const char *at = text; *at; at++) {
        rows_there += *at == '\n';
        empty += at[0] == '\n' && at[1] == '\n';
    }
    assert_int_equal(rows_there, 1 + 5 * 6);
    assert_int_equal(empty, 5);
    assert_false(surface_write(surface_find("saddle"), 5, scratch("none"), "saddle.csv", &error));
    assert_contains(error.message, "none/saddle.csv");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_surface_has_a_row),
        cmocka_unit_test(test_values_by_hand),
        cmocka_unit_test(test_minima),
        cmocka_unit_test(test_curvatures),
        cmocka_unit_test(test_turned),
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_each_walker_is_alone),
        cmocka_unit_test(test_table_for_figures),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
