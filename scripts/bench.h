// What bench.c, the protocol, and bench_workloads.c share.
#ifndef KNOBS_BENCH_H
#define KNOBS_BENCH_H

typedef void (*StepFunction)(void *state);

typedef struct Workload {
    const char *name;
    void *(*prepare)(void); // NULL: it can't run here, and has said why
    StepFunction step;
} Workload;

const Workload *workload_find(const char *name); // NULL: there is none, and stderr says so

// What the last step counted, and what preparing has to say.
extern double bench_flop;
extern char bench_note[128];

#endif
