#include "kernels/update.h"

#include "kernels/loops.h"

// From so many numbers on, the threads share a parameter.
enum { PARALLEL_FROM = 1 << 14 };

// The loop for the vectors that the other kernels use.
static UpdateLoop *loop_of_processor(const UpdateLoops *all) {
    const size_t bytes = (size_t)loops()->lanes * sizeof(real);
    return bytes == 64 ? all->avx512 : bytes == 32 ? all->avx2 : all->portable;
}

static UpdateArrays arrays_from(UpdateArrays arrays, size_t start) {
    arrays.w += start;
    arrays.g += start;
    for (int b = 0; b < UPDATE_MAX_BUFFERS; b++)
        if (arrays.buffers[b])
            arrays.buffers[b] += start;
    return arrays;
}

void update_run(const UpdateLoops *all, size_t n, UpdateArrays arrays, const void *factors) {
    UpdateLoop *loop = loop_of_processor(all);
    if (n <= BLOCK) { // to ask OpenMP whether to share takes longer than a bias does
        loop(n, arrays, factors);
        return;
    }
#pragma omp parallel for if (n >= PARALLEL_FROM)
    for (size_t start = 0; start < n; start += BLOCK)
        loop(block_size(n, start), arrays_from(arrays, start), factors);
}
