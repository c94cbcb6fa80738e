#include "base/random.h"

#include <math.h>

#define PI 3.14159265358979323846

typedef struct Block {
    uint64_t low, high; // the 128 bits of one draw
} Block;

// Ten rounds of Philox4x32 on the counter (counter, 0) under the key.
static Block philox(uint64_t key, uint64_t counter) {
    uint32_t x0 = (uint32_t)counter, x1 = (uint32_t)(counter >> 32), x2 = 0, x3 = 0;
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t a = (uint64_t)0xD2511F53u * x0, b = (uint64_t)0xCD9E8D57u * x2;
        uint32_t y0 = (uint32_t)(b >> 32) ^ x1 ^ k0, y2 = (uint32_t)(a >> 32) ^ x3 ^ k1;
        x0 = y0, x1 = (uint32_t)b, x2 = y2, x3 = (uint32_t)a;
        k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
    }
    return (Block){x0 | (uint64_t)x1 << 32, x2 | (uint64_t)x3 << 32};
}

Random random_from_seed(uint64_t seed) {
    return (Random){.key = philox(seed, 0).low, .counter = 0};
}

Random random_split(const Random *parent, uint64_t index) {
    // The high half of a block never serves as a draw of 64 bits, so children don't repeat the
    // parent's stream.
    return (Random){.key = philox(parent->key ^ 0x5851F42D4C957F2Du, index).high, .counter = 0};
}

uint64_t random_bits(Random *random) {
    return philox(random->key, random->counter++).low;
}

uint64_t random_below(Random *random, uint64_t limit) {
    // 2^64 mod limit: with the draws below it, small values would come more often.
    const uint64_t rejected = (0 - limit) % limit;
    uint64_t bits;
    do
        bits = random_bits(random);
    while (bits < rejected);
    return bits % limit;
}

static double uniform_from_bits(uint64_t bits) {
    return (double)(bits >> 11) * 0x1p-53;
}

static double normal_from_block(Block block) {
    double radius = sqrt(-2.0 * log(1.0 - uniform_from_bits(block.low)));
    return radius * cos(2.0 * PI * uniform_from_bits(block.high));
}

double random_uniform(Random *random) {
    return uniform_from_bits(random_bits(random));
}

double random_normal(Random *random) {
    return normal_from_block(philox(random->key, random->counter++));
}

void random_fill_uniform(Random *random, size_t n, double low, double high, real *out) {
    const uint64_t key = random->key, first = random->counter;
#pragma omp parallel for schedule(static) if (n > 16384)
    for (size_t i = 0; i < n; i++)
        out[i] = (real)(low + (high - low) * uniform_from_bits(philox(key, first + i).low));
    random->counter += n;
}

void random_fill_normal(Random *random, size_t n, double mean, double std, real *out) {
    const uint64_t key = random->key, first = random->counter;
#pragma omp parallel for schedule(static) if (n > 16384)
    for (size_t i = 0; i < n; i++)
        out[i] = (real)(mean + std * normal_from_block(philox(key, first + i)));
    random->counter += n;
}

void random_permutation(Random *random, size_t n, int *order) {
    for (size_t i = 0; i < n; i++)
        order[i] = (int)i;
    for (size_t i = n; i > 1; i--) {
        size_t j = random_below(random, i);
        int swapped = order[i - 1];
        order[i - 1] = order[j];
        order[j] = swapped;
    }
}
