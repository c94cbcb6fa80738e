#include "instruments/cloud.h"

#include <math.h>
#include <stddef.h>

#include "base/error.h"
#include "instruments/eigen.h"

void cloud_add(Cloud *cloud, const real *points, int n) {
    if (cloud->size < 1 || cloud->size > CLOUD_MAX)
        fatal("cloud_add: points of %d numbers, expected 1 to %d", cloud->size, CLOUD_MAX);
    for (int i = 0; i < n; i++) {
        const real *point = points + (ptrdiff_t)i * cloud->size;
        for (int a = 0; a < cloud->size; a++) {
            cloud->sums[a] += (double)point[a];
            for (int b = 0; b < cloud->size; b++)
                cloud->products[a][b] += (double)point[a] * (double)point[b];
        }
    }
    cloud->count += n;
}

// --- matrices [n, n] -----------------------------------------------------------------------------

static void covariance_of(const Cloud *cloud, Matrix covariance) {
    const double count = (double)cloud->count;
    for (int a = 0; a < cloud->size; a++)
        for (int b = 0; b < cloud->size; b++) {
            const double mean_a = cloud->sums[a] / count, mean_b = cloud->sums[b] / count;
            covariance[a][b] = (cloud->products[a][b] - count * mean_a * mean_b) / (count - 1);
        }
}

static void product_of(Matrix a, Matrix b, int n, Matrix product) {
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            product[i][j] = 0;
            for (int k = 0; k < n; k++)
                product[i][j] += a[i][k] * b[k][j];
        }
}

// The symmetric root; eigenvalues below 0 are rounding. The matrix becomes its eigenvectors.
static void root_of(Matrix matrix, int n, Matrix root) {
    Matrix scaled;
    double values[CLOUD_MAX];
    symmetric_eigen(&matrix[0][0], n, CLOUD_MAX, true, values);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++)
            scaled[i][k] = matrix[k][i] * sqrt(fmax(values[k], 0));
    product_of(scaled, matrix, n, root);
}

// --- the distance --------------------------------------------------------------------------------

double cloud_distance(const Cloud *a, const Cloud *b) {
    const int n = a->size;
    Matrix first, second, root, half, middle;
    double between[CLOUD_MAX], values[CLOUD_MAX], distance = 0;
    if (b->size != n)
        fatal("cloud_distance: points of %d numbers and of %d", n, b->size);
    covariance_of(a, first);
    covariance_of(b, second);
    for (int i = 0; i < n; i++) {
        const double means = a->sums[i] / (double)a->count - b->sums[i] / (double)b->count;
        between[i] = means * means + first[i][i] + second[i][i];
        if (!isfinite(between[i])) // whatever number of a point wasn't finite shows on the diagonal
            return NAN;
    }
    root_of(first, n, root);
    product_of(root, second, n, half);
    product_of(half, root, n, middle);
    symmetric_eigen(&middle[0][0], n, CLOUD_MAX, false, values);
    for (int i = 0; i < n; i++)
        distance += between[i] - 2 * sqrt(fmax(values[i], 0));
    return distance;
}
