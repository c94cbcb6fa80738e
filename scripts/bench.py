"""Times steps of ours (build/bench) and of PyTorch (bench_torch.py) side by side.

    bench.py BENCH [WORKLOAD…]            whole steps, one thread and all
    bench.py BENCH conv [SEED [SHAPES]]   each pass of random convolutions, one thread

For each workload all processes stand ready: ours with one thread and with all, PyTorch's likewise, as it comes and tuned.
They take turns, a round each, so that a slow moment of the machine hits all. Ours measures large matrix products after
each of its rounds, which are this machine's limit. The table has medians over the rounds, ratios of the same round, and
in brackets the lowest and the highest. KNOBS_BENCH_ROUNDS sets how many rounds (default 9).

Tuned is what makes PyTorch fastest here: images channels last, and a malloc that keeps what is freed in a step for the
next one, in huge pages. With several threads it runs twice, and the better median counts: with waiting threads that
sleep, which is best where the machine is busy or the work small; and with OpenBLAS's own threads off.
"""
import math
import os
import random
import statistics
import subprocess
import sys

WORKLOADS = ("mlp mlp-wide lenet cnn cnn-bn cifar-bn five depthwise dcgan gan-colour mobilenet frozen").split()
TORCH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bench_torch.py")
HUGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
MALLOC = {"MALLOC_MMAP_THRESHOLD_": "33554432", "MALLOC_TRIM_THRESHOLD_": "1073741824", **HUGE_PAGES}
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
SLEEPING, WITHOUT_BLAS = {"OMP_WAIT_POLICY": "passive"}, {"OPENBLAS_NUM_THREADS": "1"}
ROUNDS = os.environ.get("KNOBS_BENCH_ROUNDS", "9")
if not ROUNDS.isdecimal() or int(ROUNDS) < 1:
    sys.exit(f"error: KNOBS_BENCH_ROUNDS is '{ROUNDS}', expected a whole number of at least 1")
ROUNDS = int(ROUNDS)
HOLDS = ("OPENBLAS_CORETYPE", "ONEDNN_MAX_CPU_ISA", "ATEN_CPU_CAPABILITY")  # the others to a smaller processor
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


class Process:
    """A side of the bench: a line to it is an order, a line from it the answer."""

    def __init__(self, command, **settings):
        self.command = command
        self.process = subprocess.Popen(command, env={**os.environ, **settings}, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"error: {' '.join(self.command)} ended without an answer")
        return line.split()

    def ask(self, order=""):
        try:
            print(order, file=self.process.stdin, flush=True)
        except BrokenPipeError:
            pass  # it ended, as answer() says
        return [float(word) for word in self.answer()]

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def find_torch():
    """A Python that can import torch, and torch's version; or None."""
    for python in sys.executable, "/usr/bin/python3":
        found = subprocess.run([python, TORCH], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if found.returncode == 0:
            return python, found.stdout.strip()
    print("PyTorch: neither python3 nor /usr/bin/python3 can import torch (Debian: apt-get install python3-torch); "
          "ours alone")
    return None, None


# --- whole steps ---

class Side:
    """Ours or PyTorch's with some threads: what it said when it was ready, and its rounds."""

    def __init__(self, command, **settings):
        self.process = Process(command, **settings)
        words = self.process.answer()
        self.flop, self.megabytes, self.note = float(words[1]), float(words[2]) / 1024, " ".join(words[3:])
        self.milliseconds, self.limits = [], []

    def round(self):
        milliseconds, *limit = self.process.ask()
        self.milliseconds.append(milliseconds)
        self.limits += limit


def spread(values, digits=None):
    middle = statistics.median(values)
    if digits is None:
        digits = 3 if middle < 10 else 1
    return "%.*f [%.*f, %.*f]" % (digits, middle, digits, min(values), digits, max(values))


def torch_sides(python, workload, threads):
    """As it comes, and the kinds of tuned."""
    command = [python, TORCH, workload, str(threads)]
    if not python:
        return []
    if threads == 1:
        return [Side(command, **ONE_THREAD), Side(command + ["tuned"], **ONE_THREAD, **MALLOC)]
    return [Side(command)] + [Side(command + ["tuned"], **kind, **MALLOC) for kind in (SLEEPING, WITHOUT_BLAS)]


def table_row(workload, threads, ours, theirs):
    flop = ours.flop
    speeds = [flop / time / 1e6 for time in ours.milliseconds]
    cells = ["%-10s %7d   %-22s" % (workload, threads, spread(ours.milliseconds))]
    for side in theirs[:1] + sorted(theirs[1:], key=lambda side: statistics.median(side.milliseconds))[:1]:
        ratios = [their / our for their, our in zip(side.milliseconds, ours.milliseconds)]
        cells.append("%7.2f  %-17s" % (statistics.median(side.milliseconds), spread(ratios, 2)))
    cells.append("%8.0f %%  %8.3f  " % (
        100 * statistics.median(speed / limit for speed, limit in zip(speeds, ours.limits)),
        flop / statistics.median(ours.limits) / 1e6))
    cells.append(" / ".join("%.0f" % side.megabytes for side in [ours] + theirs[:2]))
    print(" ".join(cells), flush=True)


def measure(bench, python, workload):
    groups = [(threads, Side([bench, workload, str(threads)]), torch_sides(python, workload, threads))
              for threads in sorted({1, CORES})]
    for _ in range(ROUNDS):
        for _, ours, theirs in groups:
            for side in [ours] + theirs:
                side.round()
    for threads, ours, theirs in groups:
        table_row(workload, threads, ours, theirs)
        for side in [ours] + theirs:
            side.process.end()
    if groups[0][1].note:
        print("           " + groups[0][1].note)


def can_run(bench, workload):
    """A wrong name ends the bench before anything is measured; what lacks its data says so and is left out."""
    status = subprocess.run([bench, workload, "1", "1"], stdout=subprocess.DEVNULL).returncode
    if status not in (0, 2):
        sys.exit(1)
    return status == 0


def measure_steps(bench, workloads, whole):
    """whole: for the committed table, which has every workload and PyTorch beside it, or nothing is measured."""
    able = [workload for workload in workloads if can_run(bench, workload)]
    python, version = find_torch()
    if whole and (able != workloads or not python):
        sys.exit("error: the table wants PyTorch (apt-get install python3-torch) and all data (scripts/download.sh mobilenet)")
    print(f"PyTorch: {version}; medians of {ROUNDS} rounds [lowest, highest]")
    print("%-10s %7s   %-22s %-26s %-26s %9s  %9s  %s" % (
        "workload", "threads", "ours, ms a step", "as it comes, ms, ratio", "tuned, ms, ratio", "of peak", "bound, ms",
        "memory, MB"))
    for workload in able:
        measure(bench, python, workload)
    print("of peak: of what large sgemm products reach here; bound: what the step's products alone would take at that speed;")
    print("memory: ours / PyTorch's as it comes / tuned")


# --- convolutions alone ---

CHANNELS = (1, 3, 4, 6, 8, 12, 16, 20, 24, 32, 48, 64, 96, 128, 160, 192, 256)
LEAST_PRODUCTS, MOST_PRODUCTS = 8e6, 5e8  # multiply-adds: a pass of 0.2 to 20 ms


def draw_shape(draw):
    """batch, in, height, width, out, kernel, stride, padding, groups; of an ordinary kind."""
    while True:
        kernel, stride = draw.choice((1, 2, 3, 3, 3, 4, 5, 5, 6, 7)), draw.choice((1, 1, 1, 2, 2, 3))
        padding = draw.choice((0, (kernel - 1) // 2, kernel // 2))
        into, out, groups = draw.choice(CHANNELS), draw.choice(CHANNELS), 1
        kind = draw.random()
        if kind < 0.2:
            out = groups = into
        elif kind < 0.35:
            groups = draw.choice((2, 4, 8))
        height = draw.randint(5, 64)
        width = height if draw.random() < 0.8 else draw.randint(5, 64)
        batch = 2 ** draw.randint(0, 7)
        places = [(side + 2 * padding - kernel) // stride + 1 for side in (height, width)]
        if into % groups or out % groups or min(places) < 1:
            continue
        products = batch * out * into // groups * kernel * kernel * places[0] * places[1]
        numbers = batch * max(into * height * width, out * places[0] * places[1])
        if LEAST_PRODUCTS <= products <= MOST_PRODUCTS and numbers <= 2 ** 23:
            return batch, into, height, width, out, kernel, stride, padding, groups


def measure_convolutions(bench, seed, shapes):
    python, version = find_torch()
    if not python:
        sys.exit("error: convolutions alone are measured beside PyTorch only")
    print(f"PyTorch: {version}, tuned, one thread; {shapes} shapes of seed {seed}; fastest of {ROUNDS} rounds")
    ours = Process([bench, "conv", "1"], **HUGE_PAGES)  # as the tape has them in a step
    theirs = Process([python, TORCH, "conv", "1", "tuned"], **ONE_THREAD, **MALLOC)
    draw, found = random.Random(seed), []
    for _ in range(shapes):
        shape = draw_shape(draw)
        order = " ".join(map(str, shape))
        rounds = [(ours.ask(order), theirs.ask(order)) for _ in range(ROUNDS)]
        for i, name in enumerate(("forward", "input gradient", "weight gradient")):
            our, their = min(a[i] for a, _ in rounds), min(b[i] for _, b in rounds)
            found.append((their / our, our, their, name, shape))
    ours.end()
    theirs.end()
    found.sort()
    print("%5s %9s %13s   %-16s %s" % ("ratio", "ours, ms", "PyTorch's, ms", "pass",
                                       "batch × in × height × width → out, kernel, stride, padding, groups"))
    for ratio, our, their, name, shape in found[:int(os.environ.get("KNOBS_BENCH_LINES", 10))]:
        print("%5.2f %9.3f %13.3f   %-16s %d × %d × %d × %d → %d, k%d, s%d, p%d, g%d" % (ratio, our, their, name, *shape))
    ratios = [ratio for ratio, *_ in found]
    print("median %.2f, geometric mean %.2f; %d of %d passes slower than PyTorch's" % (
        statistics.median(ratios), math.exp(statistics.mean(map(math.log, ratios))), sum(r < 1 for r in ratios), len(ratios)))


def machine():
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(": ")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return os.uname().machine


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: bench.py build/bench [WORKLOAD… | --table | conv [SEED [SHAPES]]]")
    bench, *workloads = sys.argv[1:]
    loops = subprocess.run([bench, "loops"], stdout=subprocess.PIPE, text=True).stdout.strip()
    held = " ".join(f"{name}={os.environ[name]}" for name in HOLDS if name in os.environ)
    print(f"machine: {machine()}, {CORES} processors, loops for {loops}" + (f"; {held}" if held else ""))
    if workloads[:1] == ["conv"]:
        if not all(word.isdecimal() for word in workloads[1:]) or len(workloads) > 3:
            sys.exit("error: behind conv stand whole numbers: a seed, and how many shapes")
        numbers = [int(word) for word in workloads[1:]]
        measure_convolutions(bench, *(numbers + [random.randrange(10 ** 6), 40][len(numbers):]))
    else:
        whole = workloads == ["--table"]
        measure_steps(bench, WORKLOADS if whole or not workloads else workloads, whole)


if __name__ == "__main__":
    try:
        main()
    except OSError as problem:
        sys.exit(f"error: {problem}")
    except KeyboardInterrupt:
        sys.exit(130)
