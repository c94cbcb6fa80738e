#!/bin/sh
# Says what is found and what is missing. It tries each thing rather than asking the package manager, so what was
# installed by hand counts too.
#
#   doctor.sh                    the whole list, with what to install; exit 1 if something is missing
#   doctor.sh --quiet [NAME…]    silent if these are there (default: what the build needs), else one line and exit 1
#   doctor.sh --missing [WHEN…]  the missing packages, one a line, for setup.sh (default: all but those of "check" and "mpi")
# shellcheck disable=SC2046,SC2086 # flags and CC may be several words, and are left to split
set -eu
export LC_ALL=C # numbers have points, and words are English, whatever the locale

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)

# name | when it is needed | Debian's and Ubuntu's package | Homebrew's | what it is
table='compiler|build|gcc libc6-dev|-|a C compiler
openmp|build|gcc|libomp|OpenMP
pkg-config|build|pkg-config|pkg-config|pkg-config
openblas|build|libopenblas-dev|openblas|OpenBLAS
zlib|build|zlib1g-dev|zlib|zlib
cjson|build|libcjson-dev|cjson|cJSON
libjpeg|build|libjpeg-dev|jpeg-turbo|libjpeg
libpng|build|libpng-dev|libpng|libpng
stb|build|libstb-dev|-|the stb headers
cmocka|test|libcmocka-dev|cmocka|cmocka
gnuplot|figures|gnuplot-nox|gnuplot|gnuplot
fashion|data|dataset-fashion-mnist|-|Fashion-MNIST
clang|check|clang libomp-dev|-|clang with OpenMP
valgrind|check|valgrind|-|valgrind
clang-format|check|clang-format|clang-format|clang-format
mpi|mpi|libopenmpi-dev openmpi-bin|open-mpi|MPI (Open MPI)'

# --- the same search paths as the Makefile's -----------------------------------------------------

openmp_flags=-fopenmp
column=3
if [ "$(uname -s)" = Darwin ]; then
    column=4
    brew=$(brew --prefix 2>/dev/null || echo /opt/homebrew)
    PKG_CONFIG_PATH=$brew/opt/openblas/lib/pkgconfig:$brew/opt/zlib/lib/pkgconfig:$brew/opt/jpeg-turbo/lib/pkgconfig:${PKG_CONFIG_PATH:-}
    export PKG_CONFIG_PATH
    openmp_flags="-Xpreprocessor -fopenmp -I$brew/opt/libomp/include -L$brew/opt/libomp/lib -lomp"
fi
if [ -z "${CC:-}" ]; then
    CC=cc
    ! command -v gcc >/dev/null || CC=gcc
fi

work=$(mktemp -d 2>/dev/null) || work=
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# --- probes --------------------------------------------------------------------------------------

# The probes are programs: without room for them everything would be missing.
[ -n "$work" ] && { printf '#!/bin/sh\n' >"$work/probe"; } 2>/dev/null && chmod +x "$work/probe" && "$work/probe" 2>/dev/null || {
    echo "error: ${TMPDIR:-/tmp} is full, isn't there, or is mounted noexec; set TMPDIR to another folder" >&2
    exit 1
}

# program COMPILER CODE FLAG…: does it compile, link and run?
program() {
    compiler=$1
    printf '%s\n' "$2" >"$work/probe.c"
    shift 2
    $compiler "$work/probe.c" -o "$work/probe" "$@" >/dev/null 2>&1 && "$work/probe" >/dev/null 2>&1
}

# library MODULE FALLBACK CODE: with pkg-config's flags, or else with -lFALLBACK
library() {
    flags=$(pkg-config --cflags --libs "$1" 2>/dev/null) || flags=$2
    program "$CC" "$3" $flags
}

openmp_code='#include <omp.h>
int main(void) { return omp_get_max_threads() < 1; }'

probe() { # NAME
    case $1 in
    compiler) program "$CC" '#include <stdio.h>
int main(void) { return 0; }' -std=c11 ;;
    openmp) program "$CC" "$openmp_code" $openmp_flags ;;
    pkg-config) pkg-config --version >/dev/null 2>&1 ;;
    openblas) library openblas -lopenblas '#include <cblas.h>
int main(void) { float x = 1; return cblas_sdot(1, &x, 1, &x, 1) != 1; }' ;;
    zlib) library zlib -lz '#include <zlib.h>
int main(void) { return !zlibVersion(); }' ;;
    cjson) library libcjson -lcjson '#include <cjson/cJSON.h>
int main(void) { return !cJSON_Version(); }' ;;
    libjpeg) library libjpeg -ljpeg '#include <stddef.h>
#include <stdio.h>
#include <jpeglib.h>
int main(void) { struct jpeg_error_mgr errors; return !jpeg_std_error(&errors); }' ;;
    libpng) library libpng -lpng '#include <png.h>
int main(void) { return !png_access_version_number(); }' ;;
    stb) program "$CC" '#if __has_include(<stb_image_resize2.h>)
#include <stb_image_resize2.h>
#else
#include <stb_image_resize.h>
#endif
#include <stb_image_write.h>
int main(void) { return 0; }' $(pkg-config --cflags stb 2>/dev/null || :) ;;
    cmocka) library cmocka -lcmocka '#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
int main(void) { cmocka_set_message_output(CM_OUTPUT_STDOUT); return 0; }' ;;
    gnuplot) gnuplot --version >/dev/null 2>&1 ;;
    fashion)
        # the last of the files that download.sh gets
        [ -s "$root/datasets/downloads/fashion/t10k-labels-idx1-ubyte.gz" ] ||
            [ -s /usr/share/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz ]
        ;;
    clang) program clang "$openmp_code" $openmp_flags ;;
    valgrind) valgrind --version >/dev/null 2>&1 ;;
    clang-format) clang-format --version >/dev/null 2>&1 ;;
    mpi) mpirun --version >/dev/null 2>&1 && mpicc --version >/dev/null 2>&1 ;;
    *)
        echo "error: doctor.sh knows no '$1'" >&2
        exit 2
        ;;
    esac
}

# --- what to do about it -------------------------------------------------------------------------

# field NAME NUMBER, of the table
field() { printf '%s\n' "$table" | grep "^$1|" | cut -d'|' -f"$2"; }

names_when() { # WHEN…: the names that these need
    for when in "$@"; do
        printf '%s\n' "$table" | grep "^[a-z-]*|$when|" | cut -d'|' -f1
    done
}

install_line() { # NAME
    package=$(field "$1" "$column")
    case $1:$column in
    fashion:*) echo "make setup, or scripts/download.sh fashion" ;;
    compiler:4 | clang:4) echo "xcode-select --install" ;;
    stb:4) echo "git clone https://github.com/nothings/stb, and export CPATH=\$PWD/stb" ;;
    valgrind:4) echo "there is none for macOS; the other checks run" ;;
    *:4) echo "brew install $package" ;;
    *) if command -v apt-get >/dev/null; then echo "apt-get install $package"; else echo "install $package (Debian's name)"; fi ;;
    esac
}

say_all() {
    status=0
    for name in $(names_when build test figures data check mpi); do
        if probe "$name"; then
            printf 'found    %-13s %s\n' "$name" "$(field "$name" 5)"
        else
            printf 'MISSING  %-13s %s, for: %s; %s\n' "$name" "$(field "$name" 5)" "$(field "$name" 2)" "$(install_line "$name")"
            status=1
        fi
    done
    [ $status = 0 ] || echo 'make setup installs what is missing; make setup-check also what only make check needs, make setup-mpi also MPI.'
    return $status
}

say_missing() { # NAME…: one line on stderr
    what=''
    install=''
    setup='setup'
    for name in "$@"; do
        if ! probe "$name"; then
            what="$what${what:+, }$(field "$name" 5)"
            install="$install $(field "$name" "$column")"
            case $(field "$name" 2) in check | mpi) setup=setup-$(field "$name" 2) ;; esac
        fi
    done
    [ -z "$what" ] || {
        install=$(printf '%s\n' $install | awk '$0 != "-" && !seen[$0]++ { printf " %s", $0 }')
        echo "error: missing: $what; run \`make $setup\`, which installs:${install:- it} (more: scripts/doctor.sh)" >&2
        return 1
    }
}

list_packages() { # WHEN…
    for name in $(names_when "$@"); do
        probe "$name" || field "$name" "$column" | tr ' ' '\n'
    done | sort -u
}

case ${1:-} in
'') say_all ;;
--quiet)
    shift
    # shellcheck disable=SC2046 # a list of words
    [ $# -gt 0 ] || set -- $(names_when build)
    say_missing "$@"
    ;;
--missing)
    shift
    [ $# -gt 0 ] || set -- build test figures data
    list_packages "$@"
    ;;
*)
    echo "usage: scripts/doctor.sh [--quiet [NAME…] | --missing [WHEN…]]" >&2
    exit 1
    ;;
esac
