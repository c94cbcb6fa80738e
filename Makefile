# Knobs. `make help` lists the targets.
#
# VARIANT picks a build: release (default), double (gradients are checked in double precision), debug (for a debugger),
# sanitize (ASan + UBSan), clang, fuzz (clang's libFuzzer). Each has its own folder under build/, so that they live side by side.

SHELL := /bin/sh
.DEFAULT_GOAL := all

# --- setup first, then the rest ------------------------------------------------------------------
# What pkg-config says is read when make starts, before setup has installed anything, and -j would run both at
# once. So when setup is among the goals, only setup is run here, and a second make does the others.
SETUP_GOALS := setup setup-check setup-mpi
ifneq (,$(filter $(SETUP_GOALS),$(MAKECMDGOALS)))
SETUPS := $(filter $(SETUP_GOALS),$(MAKECMDGOALS))
OTHERS := $(filter-out $(SETUP_GOALS),$(MAKECMDGOALS))
.PHONY: run-setup $(MAKECMDGOALS)
run-setup:
	@scripts/setup.sh $(if $(filter setup-check,$(SETUPS)),--check) $(if $(filter setup-mpi,$(SETUPS)),--mpi)
	+@$(if $(OTHERS),$(MAKE) --no-print-directory $(OTHERS),:)
$(MAKECMDGOALS): run-setup
	@:
else

VARIANT ?= release
VARIANTS := release double debug sanitize clang fuzz
ifeq (,$(filter $(VARIANTS),$(VARIANT)))
$(error there is no VARIANT $(VARIANT); there are: $(VARIANTS))
endif
ifeq ($(VARIANT),release)
BUILD := build
else
BUILD := build/$(VARIANT)
endif

# --- compiler and libraries ----------------------------------------------------------------------
ifneq (,$(filter clang fuzz,$(VARIANT)))
CC := clang
else ifeq ($(origin CC),default)
CC := $(if $(shell command -v gcc 2>/dev/null),gcc,cc)
endif

UNAME := $(shell uname -s)
ifeq ($(UNAME),Darwin)
BREW := $(shell brew --prefix 2>/dev/null)
export PKG_CONFIG_PATH := $(BREW)/opt/openblas/lib/pkgconfig:$(BREW)/opt/zlib/lib/pkgconfig:$(BREW)/opt/jpeg-turbo/lib/pkgconfig:$(PKG_CONFIG_PATH)
OPENMP_CFLAGS := -Xpreprocessor -fopenmp -I$(BREW)/opt/libomp/include
OPENMP_LIBS := -L$(BREW)/opt/libomp/lib -lomp
else
OPENMP_CFLAGS := -fopenmp
OPENMP_LIBS := -fopenmp
endif

PACKAGES := openblas zlib libcjson libjpeg libpng
PACKAGE_CFLAGS := $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
PACKAGE_LIBS := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null || echo -lopenblas -lz -lcjson -ljpeg -lpng)
STB_CFLAGS := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags stb 2>/dev/null))
CMOCKA_CFLAGS := $(shell pkg-config --cflags cmocka 2>/dev/null)
CMOCKA_LIBS := $(shell pkg-config --libs cmocka 2>/dev/null || echo -lcmocka)
# Optional. Without MPI there are neither common/ranks nor the programs that include it.
MPI_CFLAGS := $(patsubst -I%,-isystem %,$(filter -I%,$(shell pkg-config --cflags ompi-c 2>/dev/null || mpicc --showme:compile 2>/dev/null)))
MPI_LIBS := $(shell pkg-config --libs ompi-c 2>/dev/null || mpicc --showme:link 2>/dev/null)

# -Wno-sign-conversion: sizes are size_t and shapes are int; the checks stand where shapes are made.
# -Wno-override-init: keyword arguments are designated initialisers over a default.
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes -Wmissing-prototypes \
	-Wvla -Wpointer-arith -Wundef $(if $(findstring clang,$(shell $(CC) --version 2>/dev/null)),-Wno-initializer-overrides,-Wno-override-init)
VARIANT_FLAGS_double := -DKNOBS_DOUBLE
# -O1: -O2 takes two and a half times as long to compile what is watched; the kernels have it below, too.
VARIANT_FLAGS_sanitize := -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -DKNOBS_DEBUG
VARIANT_FLAGS_fuzz := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -DKNOBS_DEBUG -Wno-pass-failed -DPICTURE_PIXELS_MAX=10000
VARIANT_FLAGS_debug := -O0 -DKNOBS_DEBUG

CFLAGS ?= -O2 -g
# -ffp-contract=on: a*b+c within an expression may be one fused instruction; said here because gcc's -std=c11 means off.
KNOBS_CFLAGS := -std=c11 -D_POSIX_C_SOURCE=200809L $(if $(filter Darwin,$(UNAME)),-D_DARWIN_C_SOURCE) -Icommon -MMD -MP \
	-include $(BUILD)/root.h $(WARNINGS) $(OPENMP_CFLAGS) $(PACKAGE_CFLAGS) $(STB_CFLAGS) $(CFLAGS) $(VARIANT_FLAGS_$(VARIANT))
# -fno-math-errno: a square root that might set errno would leave its loop scalar.
# Where every branch or access is watched, -O3 takes minutes for loops.c (clang's fuzz ten, gcc's sanitize one and a half), and it is
# the source that is watched: what -O3 makes of it, test_loops.c tries in the other variants.
KERNEL_OPTIMISATION_debug :=
KERNEL_OPTIMISATION_fuzz := -O1
KERNEL_OPTIMISATION_sanitize := -O1
KERNEL_OPTIMISATION := $(if $(filter debug fuzz sanitize,$(VARIANT)),$(KERNEL_OPTIMISATION_$(VARIANT)),-O3)
KERNEL_CFLAGS := $(KERNEL_OPTIMISATION) -ffp-contract=fast -fno-math-errno
KNOBS_LIBS := $(PACKAGE_LIBS) $(OPENMP_LIBS) $(VARIANT_FLAGS_$(VARIANT)) -lm $(LDFLAGS)

# --- what there is to build ----------------------------------------------------------------------
RANKS_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard common/ranks/*.c))
OBJECTS := $(filter-out $(RANKS_OBJECTS),$(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard common/*/*.c)))
# The innermost loops, again for newer x86 processors; processor.c picks one when the program runs.
ifneq (,$(filter x86_64% amd64%,$(shell $(CC) -dumpmachine 2>/dev/null)))
OBJECTS += $(BUILD)/obj/common/kernels/loops_avx2.o $(BUILD)/obj/common/kernels/loops_avx512.o
LOOPS_X86 := -DLOOPS_X86
endif
LIBRARY := $(BUILD)/libknobs.a
# lessons/04-name/lesson.c becomes build/lesson-04; any other program keeps its file's name, and lesson-04b.c is run like a lesson.
lesson_number = $(firstword $(subst -, ,$(notdir $(patsubst %/,%,$(dir $(1))))))
program_name = $(if $(filter lesson.c,$(notdir $(1))),lesson-$(call lesson_number,$(1)),$(basename $(notdir $(1))))
EXERCISE_SOURCES := $(sort $(wildcard lessons/[0-9]*/exercise.c))
SOLUTION_SOURCES := $(EXERCISE_SOURCES:exercise.c=solution.c)
MPI_SOURCES := $(shell grep -ls 'include "ranks/' lessons/[0-9]*/*.c)
WITHOUT_MPI := $(if $(MPI_LIBS),,$(MPI_SOURCES))
LESSON_SOURCES := $(filter-out $(EXERCISE_SOURCES) $(SOLUTION_SOURCES) $(WITHOUT_MPI),$(sort $(wildcard lessons/[0-9]*/*.c)))
LESSON_NAMES := $(foreach source,$(filter-out $(WITHOUT_MPI),$(wildcard lessons/[0-9]*/lesson*.c)),$(call program_name,$(source)))
LESSON_NAMES := $(sort $(LESSON_NAMES))
PROGRAMS := $(foreach source,$(LESSON_SOURCES),$(BUILD)/$(call program_name,$(source)))
TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/test_*.c))

.PHONY: all
all: $(PROGRAMS) ## build the lessons

.PHONY: help
help: ## list the targets
	@echo "Knobs: optimizers and schedules, in C. Targets:"
	@echo "  make setup          install what is missing"
	@echo "  make setup-check    install also what make check needs"
	@echo "  make setup-mpi      install also MPI, for lesson 19"
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'
	@echo "  make lesson-NN      build, run and draw a lesson; options: make lesson-01 ARGS=\"--lr 0.05\""
	@echo "  make exercise-NN    try what you wrote in lessons/NN-name/exercise.c; solution-NN: what it could be"
	@echo "Lessons here: $(LESSON_NAMES)"
	@echo "Other programs: $(OTHER_NAMES)"

# The stamp makes every object depend on the compiler and its flags: change them and all is rebuilt.
FLAGS_TEXT := $(subst ','\'',$(CC) $(KNOBS_CFLAGS) $(KERNEL_CFLAGS) $(KNOBS_LIBS))
$(BUILD)/flags.txt: force
	@mkdir -p $(@D); echo '$(FLAGS_TEXT)' | cmp -s - $@ || echo '$(FLAGS_TEXT)' > $@
.PHONY: force
force:

# KNOBS_ROOT, this folder, as a string of C, whatever its name: no shell sees it, and no backslash, quote or trigraph means anything.
$(BUILD)/root.h: force
	@mkdir -p $(@D); pwd -P | LC_ALL=C sed 's/[\\"?]/\\&/g; s/.*/#define KNOBS_ROOT "&"/' >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
SETTINGS := $(BUILD)/flags.txt $(BUILD)/root.h

build/dependencies.ok: scripts/doctor.sh
	@scripts/doctor.sh --quiet && mkdir -p build && touch $@

$(BUILD)/obj/common/kernels/%.o: common/kernels/%.c $(SETTINGS) | build/dependencies.ok
	@mkdir -p $(@D)
	@echo "  CC  $@"; $(CC) $(KNOBS_CFLAGS) $(KERNEL_CFLAGS) $(LOOPS_X86) -c $< -o $@

# The update loops stand in the algorithms' own files.
$(BUILD)/obj/common/optim/%.o: common/optim/%.c $(SETTINGS) | build/dependencies.ok
	@mkdir -p $(@D)
	@echo "  CC  $@"; $(CC) $(KNOBS_CFLAGS) $(KERNEL_CFLAGS) -c $< -o $@

LOOPS_OBJECTS := $(filter %_avx2.o %_avx512.o,$(OBJECTS))
$(filter %_avx2.o,$(LOOPS_OBJECTS)): INSTRUCTIONS := -mavx2 -mfma
$(filter %_avx512.o,$(LOOPS_OBJECTS)): INSTRUCTIONS := -mavx512f -mavx512dq -mavx512vl -mavx2 -mfma
$(LOOPS_OBJECTS): $(BUILD)/obj/common/kernels/%.o: common/kernels/loops.c $(SETTINGS) | build/dependencies.ok
	@mkdir -p $(@D)
	@echo "  CC  $@"; $(CC) $(KNOBS_CFLAGS) $(KERNEL_CFLAGS) $(INSTRUCTIONS) -DLOOPS=$* -c $< -o $@

# Tests are compiled four times and run for seconds: -O1 takes two thirds of -O2's time.
$(BUILD)/obj/tests/%.o: tests/%.c $(SETTINGS) | build/dependencies.ok
	@mkdir -p $(@D)
	@echo "  CC  $@"; $(CC) $(KNOBS_CFLAGS) $(if $(filter debug,$(VARIANT)),,-O1) -c $< -o $@

$(BUILD)/obj/%.o: %.c $(SETTINGS) | build/dependencies.ok
	@mkdir -p $(@D)
	@echo "  CC  $@"; $(CC) $(KNOBS_CFLAGS) -c $< -o $@

$(LIBRARY): $(OBJECTS)
	@rm -f $@
	@echo "  AR  $@"; ar rcs $@ $^

$(RANKS_OBJECTS): $(BUILD)/obj/%.o: %.c $(SETTINGS) | build/dependencies.ok
	@mkdir -p $(@D)
	@echo "  CC  $@"; $(CC) $(KNOBS_CFLAGS) $(MPI_CFLAGS) -c $< -o $@

define program_rule
$(BUILD)/$(call program_name,$(1)): $(BUILD)/obj/$(1:.c=.o) $(if $(filter $(1),$(MPI_SOURCES)),$(RANKS_OBJECTS)) $(LIBRARY)
	@echo "  LD  $$@"; $$(CC) $$^ $$(KNOBS_LIBS) $(if $(filter $(1),$(MPI_SOURCES)),$$(MPI_LIBS)) -o $$@
endef
$(foreach source,$(LESSON_SOURCES),$(eval $(call program_rule,$(source))))

$(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(LIBRARY)
	@mkdir -p $(@D)
	@echo "  LD  $@"; $(CC) $^ $(KNOBS_LIBS) $(CMOCKA_LIBS) -o $@
$(BUILD)/tests/test_mobilenet: | $(BUILD)/convert-mobilenet

.PRECIOUS: $(BUILD)/obj/%.o $(BUILD)/obj/tests/%.o $(BUILD)/obj/common/kernels/%.o
DEPENDENCIES := $(OBJECTS:.o=.d) $(RANKS_OBJECTS:.o=.d) $(patsubst %.c,$(BUILD)/obj/%.d,$(LESSON_SOURCES) $(wildcard tests/*.c tests/fuzz/*.c scripts/*.c))
# With a rule that does nothing, or lesson-% below would be taken for the way to make lesson-10b.d.
$(DEPENDENCIES): ;
-include $(DEPENDENCIES)

# --- running -------------------------------------------------------------------------------------
.PHONY: $(LESSON_NAMES)
$(LESSON_NAMES): %: $(BUILD)/%
	$(BUILD)/$@ $(ARGS)

# Other programs of a lesson's folder: make plain
OTHER_NAMES := $(filter-out $(LESSON_NAMES),$(foreach source,$(LESSON_SOURCES),$(call program_name,$(source))))
.PHONY: $(OTHER_NAMES)
$(OTHER_NAMES): %: $(BUILD)/%
	$(BUILD)/$@ $(ARGS)

# What needs MPI, where it isn't: says how to get it.
WITHOUT_MPI_NAMES := $(foreach source,$(WITHOUT_MPI),$(call program_name,$(source)))
.PHONY: $(WITHOUT_MPI_NAMES)
$(WITHOUT_MPI_NAMES):
	@scripts/doctor.sh --quiet mpi

lesson-% lessons-% lesson_%:
	@echo "error: there is no $@; there are: $(LESSON_NAMES)" >&2; exit 1

# Your turn: lessons/01-name/exercise.c becomes build/exercise-01; its check.h holds what it must give. Unsolved or wrong: exit status 1.
# A parameter that nobody reads is no mistake in a hole; of a mistake in it the first lines are enough.
EXERCISE_CFLAGS = $(KNOBS_CFLAGS) -Wno-conversion -Wno-sign-conversion -Wno-unused-parameter -Wno-unused-but-set-parameter -fdiagnostics-color=auto $(if $(findstring clang,$(CC)),-ferror-limit=3,-fmax-errors=3)
exercise_name = $(basename $(notdir $(1)))-$(call lesson_number,$(1))
define exercise_rule
$(BUILD)/$(call exercise_name,$(1)): $(1) $(dir $(1))check.h lessons/exercise.h $(LIBRARY)
	@$$(CC) $$(EXERCISE_CFLAGS) $$< $(LIBRARY) $$(KNOBS_LIBS) -o $$@
endef
$(foreach source,$(EXERCISE_SOURCES) $(SOLUTION_SOURCES),$(eval $(call exercise_rule,$(source))))

EXERCISE_NAMES := $(foreach source,$(EXERCISE_SOURCES),$(call exercise_name,$(source)))
SOLUTION_NAMES := $(EXERCISE_NAMES:exercise-%=solution-%)
.PHONY: $(EXERCISE_NAMES) $(SOLUTION_NAMES) exercises
$(EXERCISE_NAMES) $(SOLUTION_NAMES): %: $(BUILD)/%
	@$(BUILD)/$@
exercise-% solution-%:
	@echo "error: there is no $@; there are: $(EXERCISE_NAMES)" >&2; exit 1
# For tests/test_exercises.sh: all of them, and solutions that it has spoilt.
exercises: $(EXERCISE_NAMES:%=$(BUILD)/%) $(SOLUTION_NAMES:%=$(BUILD)/%)
$(BUILD)/spoilt/%: $(BUILD)/spoilt/%.c $(LIBRARY)
	@$(CC) $(EXERCISE_CFLAGS) -Ilessons/$(notdir $(wildcard lessons/$(firstword $(subst -, ,$*))-*)) $< $(LIBRARY) $(KNOBS_LIBS) -o $@

.PHONY: lessons
lessons: $(PROGRAMS) ## run all lessons, one after the other
	@set -e; for lesson in $(LESSON_NAMES); do \
		scripts/needs.sh $$lesson >$(BUILD)/needs || { echo "SKIP  $$(cat $(BUILD)/needs)"; continue; }; \
		echo "== $$lesson"; $(BUILD)/$$lesson $(ARGS); done

.PHONY: figures
figures: $(PROGRAMS) ## redraw the figures from the saved runs (and run what was never run); says which it has no runs for
	@scripts/figures.sh $(BUILD) $(LESSON_NAMES)

.PHONY: renew-figures
renew-figures: ## copy what was drawn to lessons/NN-name/figures/, where a file of that name is committed
	@scripts/figures.sh --renew

.PHONY: claims
claims: $(PROGRAMS) ## check every lesson's claims over seeds at full size; continues where it stopped
	@JOBS='$(JOBS)' scripts/claims.sh $(BUILD) $(LESSON_NAMES)

# Numbers in READMEs are made (lessons/README.md).
.PHONY: knobs measured first-runs readmes
knobs: $(PROGRAMS) ## run the knobs of every README and tell which numbers moved; make knobs-NN: of one lesson
	@scripts/numbers.sh knobs $(BUILD)
knobs-%: force
	@ls lessons/$*-*/knobs.txt >/dev/null 2>&1 || { echo "error: there is no lessons/$*-*/knobs.txt" >&2; exit 1; }
	+@$(MAKE) --no-print-directory $(filter $(BUILD)/lesson-$*%,$(PROGRAMS))
	@scripts/numbers.sh knobs $(BUILD) $*
measured: ## take the numbers of READMEs from the runs of make claims
	@scripts/numbers.sh measured $(BUILD)
first-runs: $(PROGRAMS) ## run each lesson once, for the time, disk and output in its README; leave the machine alone
	@scripts/numbers.sh first-run $(BUILD)
readmes: ## write the numbers that were made into the READMEs
	@scripts/readmes.sh

.PHONY: bench
bench: $(BUILD)/bench ## measure a training step beside PyTorch's: make bench BENCH=mlp
	@python3 scripts/bench.py $(BUILD)/bench $(BENCH)

.PHONY: bench-table
bench-table: $(BUILD)/bench ## write that table to scripts/bench_avx2.txt, or as this processor's loops are called; leave the machine alone
	@$(if $(BENCH),$(error make bench-table measures all workloads: leave BENCH out))
	@loops=$$($(BUILD)/bench loops) && python3 scripts/bench.py $(BUILD)/bench --table >$(BUILD)/bench.txt && mv $(BUILD)/bench.txt scripts/bench_$$loops.txt

$(BUILD)/bench: $(BUILD)/obj/scripts/bench.o $(BUILD)/obj/scripts/bench_workloads.o $(LIBRARY)
	@echo "  LD  $@"; $(CC) $^ $(KNOBS_LIBS) -o $@

# The weights that download.sh gets, as a .safetensors file.
$(BUILD)/convert-mobilenet: $(BUILD)/obj/scripts/convert_mobilenet.o $(LIBRARY)
	@echo "  LD  $@"; $(CC) $^ $(KNOBS_LIBS) -o $@

# --- tests ---------------------------------------------------------------------------------------
.PHONY: cmocka
cmocka:
	@scripts/doctor.sh --quiet cmocka

.PHONY: unit-tests
unit-tests: cmocka $(TESTS)
	@scripts/run-tests.sh $(TESTS)

.PHONY: test
test: ## all tests: the units in single and in double precision, the scripts
	@$(MAKE) --no-print-directory unit-tests VARIANT=release
	@$(MAKE) --no-print-directory unit-tests VARIANT=double
	@sh tests/test_scripts.sh
	@sh tests/test_readmes.sh

.PHONY: tests
tests: cmocka $(TESTS)

# All that make check runs, so that one make builds it with all processors.
CHECKED := check-release check-double check-sanitize check-clang
.PHONY: check-programs $(CHECKED)
check-programs: $(CHECKED)
check-release: GOALS := all tests
check-sanitize: GOALS := all tests
check-double check-clang: GOALS := tests
# Those whose claims allow less in double.
DOUBLE_LESSONS := lesson-01 lesson-02 lesson-04 lesson-05 lesson-06 lesson-08 lesson-09 lesson-13
check-double: GOALS += $(DOUBLE_LESSONS:%=build/double/%) $(if $(MPI_LIBS),build/double/lesson-19)
$(CHECKED): | build/dependencies.ok
	+@$(MAKE) --no-print-directory VARIANT=$(@:check-%=%) $(GOALS)

.PHONY: check
check: ## all that CI runs: tests, layering, sanitizers, valgrind, clang, --quick lessons; or some: PARTS="faults walks"
	@TESTS='$(notdir $(TESTS))' LESSONS='$(LESSON_NAMES)' DOUBLE_LESSONS='$(DOUBLE_LESSONS)' PARTS='$(PARTS)' scripts/check.sh

.PHONY: test-the-tests
test-the-tests: ## flip signs in operations and update rules, and want the tests to notice
	@scripts/test-the-tests.sh

.PHONY: test-the-claims
test-the-claims: ## break what each lesson is about, and want a claim of it to fail; some: CLAIMS="05 15"
	@scripts/test-the-claims.sh $(CLAIMS)

FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzzers/%,$(wildcard tests/fuzz/*.c))
FUZZ_SECONDS ?= 60
.PHONY: fuzz run-fuzzers
fuzz: ## read hostile files, each reader for FUZZ_SECONDS=60; needs clang's libFuzzer
	@scripts/doctor.sh --quiet clang
	@$(MAKE) --no-print-directory run-fuzzers VARIANT=fuzz

$(BUILD)/fuzzers/%: $(BUILD)/obj/tests/fuzz/%.o $(LIBRARY)
	@mkdir -p $(@D)
	@echo "  LD  $@"; $(CC) $^ $(KNOBS_LIBS) -fsanitize=fuzzer -o $@

# What they find stays in build/fuzz/corpus: the interesting inputs, with which the next run begins, and the crashes.
run-fuzzers: $(FUZZERS)
	@set -e; for fuzzer in $(FUZZERS); do \
		name=$$(basename $$fuzzer); mkdir -p $(BUILD)/corpus/$$name; echo "== $$name, $(FUZZ_SECONDS) s"; \
		$$fuzzer -max_total_time=$(FUZZ_SECONDS) -max_len=600 -timeout=10 -rss_limit_mb=1024 -dict=tests/fuzz/$$name.dict \
			-artifact_prefix=$(BUILD)/corpus/$$name- $(BUILD)/corpus/$$name tests/fuzz/$$name.seeds >$(BUILD)/corpus/$$name.log 2>&1 \
			|| { tail -n 40 $(BUILD)/corpus/$$name.log; exit 1; }; done
	@echo "make fuzz: nothing found"

# --- housekeeping --------------------------------------------------------------------------------
.PHONY: doctor
doctor: ## what is installed, what is missing
	@scripts/doctor.sh

.PHONY: format
format: ## clang-format on every C file
	@scripts/doctor.sh --quiet clang-format
	@clang-format -i $(wildcard common/*/*.[ch] lessons/*.h lessons/*/*.[ch] tests/*.[ch] tests/fuzz/*.c scripts/*.c)

.PHONY: clean
clean: ## remove what was built
	rm -rf build

.PHONY: distclean
distclean: clean ## remove also what runs and downloads left
	rm -rf out datasets/downloads

endif
