#include "instruments/surface.h"

#include <math.h>
#include <string.h>

#include "files/table.h"

// --- the functions, each beside its formula ------------------------------------------------------

// x²                                                                  x: 2x
static double parabola(const Surface *surface, double x, double y, double gradient[2]) {
    (void)surface;
    (void)y;
    gradient[0] = 2 * x;
    gradient[1] = 0;
    return x * x;
}

// ½ (x² + κ y²)                                                       x: x      y: κ y
static double ravine(const Surface *surface, double x, double y, double gradient[2]) {
    const double kappa = surface->condition;
    gradient[0] = x;
    gradient[1] = kappa * y;
    return (x * x + kappa * y * y) / 2;
}

// x² − y²                                                             x: 2x     y: −2y
static double saddle(const Surface *surface, double x, double y, double gradient[2]) {
    (void)surface;
    gradient[0] = 2 * x;
    gradient[1] = -2 * y;
    return x * x - y * y;
}

// 1 − exp(−(x² + y²) / 2): a hole in a plain                          x: x e    y: y e
static double plateau(const Surface *surface, double x, double y, double gradient[2]) {
    (void)surface;
    const double half = (x * x + y * y) / 2;
    gradient[0] = x * exp(-half);
    gradient[1] = y * exp(-half);
    return -expm1(-half);
}

// (1 − x)² + 100 d²,  d = y − x²                 x: −2 (1 − x) − 400 d x        y: 200 d
// Rosenbrock, "An automatic method for finding the greatest or least value of a function", 1960.
static double rosenbrock(const Surface *surface, double x, double y, double gradient[2]) {
    (void)surface;
    const double d = y - x * x;
    gradient[0] = -2 * (1 - x) - 400 * d * x;
    gradient[1] = 200 * d;
    return (1 - x) * (1 - x) + 100 * d * d;
}

// Σ rₖ²,  rₖ = cₖ − x (1 − yᵏ)  for k = 1, 2, 3      x: −2 Σ rₖ (1 − yᵏ)        y: 2 Σ rₖ x k yᵏ⁻¹
// Beale, "On an iterative method for finding a local minimum of a function of more than one
// variable", 1958.
static double beale(const Surface *surface, double x, double y, double gradient[2]) {
    (void)surface;
    static const double c[] = {1.5, 2.25, 2.625};
    double sum = 0, before = 1; // yᵏ⁻¹
    gradient[0] = gradient[1] = 0;
    for (int k = 1; k <= 3; k++) {
        const double share = 1 - before * y, r = c[k - 1] - x * share;
        gradient[0] -= 2 * r * share;
        gradient[1] += 2 * r * x * k * before;
        sum += r * r;
        before *= y;
    }
    return sum;
}

// a² + b²,  a = x² + y − 11,  b = x + y² − 7         x: 4 a x + 2 b             y: 2 a + 4 b y
// Himmelblau, "Applied nonlinear programming", 1972.
static double himmelblau(const Surface *surface, double x, double y, double gradient[2]) {
    (void)surface;
    const double a = x * x + y - 11, b = x + y * y - 7;
    gradient[0] = 4 * a * x + 2 * b;
    gradient[1] = 2 * a + 4 * b * y;
    return a * a + b * b;
}

// x⁴ − x³/4 − 2x² + 3x/4 + 3/2 + b²,  b = y + (x² − 1)/2
//                                    x: 4 (x² − 1) (x − 3/16) + 2 b x           y: 2 b
// Two wells at the ends of a bent valley, 0 at (−1, 0) and 1 at (1, 0); between them a saddle.
static double two_wells(const Surface *surface, double x, double y, double gradient[2]) {
    (void)surface;
    const double b = y + (x * x - 1) / 2;
    gradient[0] = 4 * (x * x - 1) * (x - 3.0 / 16) + 2 * b * x;
    gradient[1] = 2 * b;
    return (((x - 0.25) * x - 2) * x + 0.75) * x + 1.5 + b * b;
}

// --- the table -----------------------------------------------------------------------------------

// The last three minima of Himmelblau's function are numbers without a short formula, here to the last
// digit of a double.
const Surface surfaces[] = {
    {.name = "parabola",
     .formula = "x²",
     .function = parabola,
     .dimensions = 1,
     .minimum_count = 1,
     .minima = {{0}},
     .start = {-1},
     .view = {{-1.3, 1.3}}},
    {.name = "ravine",
     .formula = "½ (x² + κ y²)",
     .function = ravine,
     .dimensions = 2,
     .condition = 100,
     .minimum_count = 1,
     .minima = {{0, 0}},
     .start = {1, 1},
     .view = {{-1.2, 1.2}, {-1.2, 1.2}}},
    {.name = "saddle",
     .formula = "x² − y²",
     .function = saddle,
     .dimensions = 2,
     .start = {-1.2, 1e-3},
     .view = {{-1.5, 1.5}, {-1.5, 1.5}}},
    {.name = "plateau",
     .formula = "1 − exp(−(x² + y²) / 2)",
     .function = plateau,
     .dimensions = 2,
     .minimum_count = 1,
     .minima = {{0, 0}},
     .start = {-3.2, 2.4},
     .view = {{-4, 4}, {-4, 4}}},
    {.name = "rosenbrock",
     .formula = "(1 − x)² + 100 (y − x²)²",
     .function = rosenbrock,
     .dimensions = 2,
     .minimum_count = 1,
     .minima = {{1, 1}},
     .start = {-1.2, 1},
     .view = {{-1.6, 1.6}, {-0.6, 1.8}}},
    {.name = "beale",
     .formula = "(1.5 − x + xy)² + (2.25 − x + xy²)² + (2.625 − x + xy³)²",
     .function = beale,
     .dimensions = 2,
     .minimum_count = 1,
     .minima = {{3, 0.5}},
     .start = {1, 1},
     .view = {{-0.5, 4}, {-1, 1.6}}},
    {.name = "himmelblau",
     .formula = "(x² + y − 11)² + (x + y² − 7)²",
     .function = himmelblau,
     .dimensions = 2,
     .minimum_count = 4,
     .minima = {{3, 2},
                {-2.8051180869527448531, 3.1313125182505729658},
                {-3.7793102533777468919, -3.2831859912861694123},
                {3.5844283403304917449, -1.8481265269644035535}},
     .start = {0, 0},
     .view = {{-5.5, 5.5}, {-5.5, 5.5}}},
    {.name = "two-wells",
     .formula = "x⁴ − x³/4 − 2x² + 3x/4 + 3/2 + (y + (x² − 1)/2)²",
     .function = two_wells,
     .dimensions = 2,
     .minimum_count = 2,
     .minima = {{-1, 0}, {1, 0}},
     .start = {0.5, 1.2},
     .view = {{-1.9, 1.9}, {-1.5, 1.9}}},
    {0},
};

const Surface *surface_find(const char *name) {
    for (const Surface *surface = surfaces; surface->name; surface++)
        if (strcmp(surface->name, name) == 0)
            return surface;
    return NULL;
}

// --- turning -------------------------------------------------------------------------------------

// By quarters first, which are exact.
void surface_turn_point(double point[2], double degrees) {
    int quarters;
    const double angle = remquo(degrees, 90, &quarters) * 3.14159265358979323846 / 180;
    const double x = point[0], y = point[1];
    double turned[2] = {cos(angle) * x - sin(angle) * y, sin(angle) * x + cos(angle) * y};
    for (int i = 0; i < (quarters & 3); i++) {
        const double before = turned[0];
        turned[0] = -turned[1];
        turned[1] = before;
    }
    memcpy(point, turned, sizeof turned);
}

// The smallest view that holds the corners of the old one.
static void turn_view(double view[2][2], double degrees) {
    double turned[2][2] = {{INFINITY, -INFINITY}, {INFINITY, -INFINITY}};
    for (int corner = 0; corner < 4; corner++) {
        double point[2] = {view[0][corner & 1], view[1][corner >> 1]};
        surface_turn_point(point, degrees);
        for (int axis = 0; axis < 2; axis++) {
            turned[axis][0] = fmin(turned[axis][0], point[axis]);
            turned[axis][1] = fmax(turned[axis][1], point[axis]);
        }
    }
    memcpy(view, turned, sizeof turned);
}

Surface surface_turned(Surface surface, double degrees) {
    if (surface.dimensions != 2)
        fatal("surface_turned: %s has one number, it can't be turned", surface.name);
    for (int m = 0; m < surface.minimum_count; m++)
        surface_turn_point(surface.minima[m], degrees);
    surface_turn_point(surface.start, degrees);
    turn_view(surface.view, degrees);
    surface.degrees += degrees;
    return surface;
}

Surface surface_ravine(double condition, double degrees) {
    Surface surface = *surface_find("ravine");
    surface.condition = condition;
    return degrees == 0 ? surface : surface_turned(surface, degrees);
}

// --- at a point ----------------------------------------------------------------------------------

double surface_at(const Surface *surface, const double point[2], double gradient[2]) {
    double unturned[2] = {point[0], point[1]}, unused[2];
    if (!gradient)
        gradient = unused;
    if (surface->degrees == 0)
        return surface->function(surface, point[0], point[1], gradient);
    surface_turn_point(unturned, -surface->degrees);
    const double loss = surface->function(surface, unturned[0], unturned[1], gradient);
    surface_turn_point(gradient, surface->degrees);
    return loss;
}

int surface_nearest(const Surface *surface, const double point[2], double *distance) {
    int nearest = -1;
    *distance = INFINITY;
    for (int m = 0; m < surface->minimum_count; m++) {
        const double away = hypot(point[0] - surface->minima[m][0],
                                  surface->dimensions == 2 ? point[1] - surface->minima[m][1] : 0);
        if (away < *distance) {
            *distance = away;
            nearest = m;
        }
    }
    return nearest;
}

// --- for a figure --------------------------------------------------------------------------------

bool surface_write(const Surface *surface, int side, const char *folder, const char *name,
                   Error *error) {
    Table *table = table_open(folder, name, "x,y,loss");
    for (int row = 0; row < (surface->dimensions == 2 ? side : 1); row++) {
        for (int column = 0; column < side; column++) {
            const double *x = surface->view[0], *y = surface->view[1];
            const double point[2] = {x[0] + (x[1] - x[0]) * column / (side - 1),
                                     y[0] + (y[1] - y[0]) * row / (side - 1)};
            table_row(table, "%.6g,%.6g,%.6g", point[0], point[1],
                      surface_at(surface, point, NULL));
        }
        table_gap(table);
    }
    return table_close(table, error);
}

// --- the operation -------------------------------------------------------------------------------
// loss_i = f(w_i)      dw_i = dloss_i · ∇f(w_i)       saved: w

// Point i of a tensor [n, dimensions].
static void point_of(const Tensor *points, size_t i, double point[2]) {
    const size_t dimensions = (size_t)points->shape.dims[1];
    point[0] = (double)points->data[i * dimensions];
    point[1] = dimensions == 2 ? (double)points->data[i * dimensions + 1] : 0;
}

static void surface_backward(Node *node) {
    const Surface *surface = node->context;
    const Tensor *losses = node->output;
    Tensor *points = node->inputs[0];
    GradTarget dw = tensor_grad_target(points);
    const size_t dimensions = (size_t)surface->dimensions;
    for (size_t i = 0; i < losses->size; i++) {
        double point[2], gradient[2];
        point_of(points, i, point);
        surface_at(surface, point, gradient);
        for (size_t axis = 0; axis < dimensions; axis++) {
            real *to = &dw.grad[i * dimensions + axis];
            const real value = (real)((double)losses->grad[i] * gradient[axis]);
            *to = dw.add ? *to + value : value;
        }
    }
}

Tensor *surface_loss(const Surface *surface, Tensor *points) {
    const Shape shape = points->shape;
    if (shape.rank != 2 || shape.dims[1] != surface->dimensions)
        fatal("surface_loss: points on the %s are [n, %d], not %s", surface->name,
              surface->dimensions, shape_text(shape).text);
    Tensor *losses =
        tape_record(surface->name, surface_backward, SHAPE(shape.dims[0]), points, NULL, NULL);
    for (size_t i = 0; i < losses->size; i++) {
        double point[2];
        point_of(points, i, point);
        losses->data[i] = (real)surface_at(surface, point, NULL);
    }
    node_keep(losses->node, surface, sizeof *surface);
    node_save(losses->node, points, true);
    return losses;
}
