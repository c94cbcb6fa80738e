#!/bin/sh
# Checks that each room (folder) of common/ includes only what stands below it and keeps its budget, and that functions, files and
# lessons are short. A reader who draws the includes draws the article's picture: model | optimizer | scheduler.
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C

allowed() { # what a file of the room $1 may include
    case $1 in
        base) echo 'base/' ;;
        kernels) echo 'base/ kernels/' ;;
        tensor) echo 'base/ kernels/ tensor/' ;;
        # No operations, no layers: parameters are all that an optimizer sees. gemm.h is for Muon.
        optim) echo 'base/ kernels/update.h kernels/gemm.h tensor/parameter.h optim/' ;;
        # optim's header alone.
        schedule) echo 'base/ optim/optimizer.h schedule/' ;;
        nn) echo 'base/ kernels/ tensor/ nn/' ;;
        data) echo 'base/ tensor/ data/' ;;
        files) echo 'base/ tensor/tensor.h files/' ;;
        instruments) echo 'base/ tensor/ optim/optimizer.h nn/ data/ files/ instruments/' ;;
        run) echo 'base/ tensor/ optim/ schedule/ nn/ data/ files/ instruments/ run/' ;;
        # On top, and optional: MPI. Nothing but a lesson includes it.
        ranks) echo 'base/ tensor/ run/ ranks/' ;;
        *) echo '' ;;
    esac
}

budget() { # lines of code that the room $1 may have; raise one with a reason in the commit
    case $1 in
        base) echo 360 ;; # a program's own surroundings are met where they arise: threads, streams, signals, paths
        # Convolutions of any shape read planes without unfolding them in all passes, with channels or places in the lanes: 200
        # lines more than unfolding took. Winograd's with three sets of points, and which pays where: 100. Batch norm whose
        # statistics are of a batch that several processes share: 30. Sizes that an int doesn't hold: 10.
        # Depthwise convolutions with a channel a lane, most of them 1.2 to 2.5 times as fast: 260. Products that pack what
        # they read: 50. Numbers that are asked for beforehand: 20. 1×1 by such products, mobilenet in 0.87 of the time: 50.
        # Depthwise along long rows, 1.4 times as fast; sums along some lines at once, 1.5 to 4 times where they are used: 100.
        # Depthwise with a vector of x for four rows at once, up to 1.6 times as fast: 50. 1×1 with tiles across images, and a
        # ReLU behind it while the results are near, mobilenet 1.13 times as fast with all three: 80.
        # Linear layers' products by tiles that read a where it lies, mlp 1.1 times as fast: 20.
        # Both phases of a row at once at stride 2, depthwise 1.5 times as fast: 30.
        # Channels of x in the lanes for the weights of few channels of y, up to 2 times as fast; weights in the order of the taps
        # and taps that see only zeros left out, 1.1 to 1.8 times at stride 2 and 3 and for large kernels: 160.
        # Results that are stored where they belong by tiles of one row, up to 1.3 times where taps are few: 35.
        kernels) echo 2830 ;;
        tensor) echo 1250 ;;
        nn) echo 900 ;;
        # Readers that refuse what libjpeg and libpng would guess, and one of BMP, are a third of it.
        # Sets made of others (classes, a few of each, another size): 120 lines. Folders of photos, their split, what may be
        # wrong with them: 275. Augmentation: 80.
        # A batch that several processes share: 10.
        data) echo 1315 ;;
        files) echo 650 ;;
        # Test surfaces, walks and crowds on them, which lessons 04 to 06 share: a half of it.
        # Planes through the weights of a network, their directions: 110.
        instruments) echo 1040 ;;
        # The loop, the grid of runs, logs that belong to their checkpoint: 600 lines that six lessons had, and twelve more would.
        # The race with its 28 options, which lessons 04 to 06 are as instruments: 300 lines in place of three times as many.
        # Many runs of a lesson stop with Ctrl-Z, go on, and refuse --resume as its only run does: 70.
        # The stage that tunes a knob before the runs: 40.
        # The backbones of lessons 12 to 14, what a program needs: 60.
        # Runs through a launcher; a process that follows another one, which writes for both: 50.
        # What a full disk leaves of a figure, a damaged checkpoint, a stop while a knob is tuned: 35.
        # A program that is built again while its runs run; what an earlier run left; figures of no run: 10.
        # Results that hang on the files that a run reads, and the key in a file of its own; whole runs only: 35.
        # What chosen runs have found, on the screen: 15.
        run) echo 2835 ;;
        # A rank that ends before it can say so: 5.
        ranks) echo 235 ;; # MPI behind ten functions, and starting its processes
        *) echo '' ;; # optim and schedule are the subject: they grow with it
    esac
}

# Lines of code: neither blank, nor comments, nor brackets alone.
code_lines() {
    cat "$@" | sed 's,//.*,,' | grep '[^[:space:]]' | grep -vc '^[[:space:]]*[]{}();,]*[[:space:]]*$'
}

status=0
fail() {
    echo "layering: $*" >&2
    status=1
}

for file in common/*/*.[ch]; do
    room=$(basename "$(dirname "$file")")
    for include in $(sed -n 's/^ *# *include *"\([^"]*\)".*/\1/p' "$file"); do
        fits=no
        for prefix in $(allowed "$room"); do
            case $include in "$prefix"*) fits=yes ;; esac
        done
        [ $fits = yes ] || fail "$file includes \"$include\"; $room may include only: $(allowed "$room")"
    done
    lines=$(wc -l <"$file")
    case $file in
        common/kernels/loops.c | common/*.h) ;; # one file, compiled for each instruction set
        *) [ "$lines" -le 350 ] || fail "$file has $lines lines, at most 350 are allowed" ;;
    esac
done

# A function ends at a bracket alone at the line's begin; a table's or a struct's has more behind it.
long=$(awk '/^[A-Za-z_]/ && !/;$/ { start = FNR }
    /^}$/ && FNR - start >= 45 { print FILENAME ":" start }' common/*/*.c scripts/*.c lessons/*/*.[ch])
# shellcheck disable=SC2086 # a list of words
[ -z "$long" ] || fail "a function has more than 45 lines:" $long

for room in common/*/; do
    room=$(basename "$room")
    lines=$(code_lines "common/$room"/*.[ch])
    most=$(budget "$room")
    printf '%-12s %5d lines of code%s\n' "$room" "$lines" "${most:+ of $most}"
    [ -z "$most" ] || [ "$lines" -le "$most" ] || fail "$room has $lines lines of code, its budget is $most"
done

# A lesson is read in five minutes: lesson.c has at most 200 lines, the folder 450 of C; GANs and the race of fourteen need more, and
# 17 is two lessons: both axes, and stop and resume.
for folder in lessons/[0-9]*/; do
    program=200 all=450
    case $folder in
        lessons/07-*) all=510 ;;
        lessons/08-*) all=600 ;; # five maps, each a program
        lessons/10-*) all=650 ;;
        lessons/11-*) program=260 all=650 ;;
        lessons/12-*) all=1050 ;; # four programs: the backbone, our own targets, photos, classify
        lessons/13-*) all=520 ;; # each leak has a formula, a direction and a row of the matrix
        lessons/14-*) all=570 ;; # two lessons: the ladder on garments and on photos
        lessons/17-*) all=570 ;;
        lessons/19-*) all=600 ;; # two lessons: several processes, and the large batches that they make
        lessons/18-*) all=680 ;; # what the lesson is about: planes, lines and slices, a figure each
    esac
    for file in "$folder"lesson*.c; do
        lines=$(wc -l <"$file")
        [ "$lines" -le $program ] || fail "$file has $lines lines, at most $program are allowed"
    done
    # The exercise isn't counted: it is read after the lesson, and its solution is the same file again.
    lines=$(find "$folder" -name '*.[ch]' ! -name exercise.c ! -name solution.c ! -name check.h -exec cat {} + | wc -l)
    [ "$lines" -le $all ] || fail "$folder has $lines lines of C, at most $all are allowed"
done

[ $status -eq 0 ] && echo "layering: ok"
exit $status
