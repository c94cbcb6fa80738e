#!/bin/sh
# Installs what is missing to build, test and draw, with apt-get or brew.
#   setup.sh           what `make`, `make test` and the lessons need
#   setup.sh --check   what `make check` needs too, MPI with it
#   setup.sh --mpi     what lesson 19 needs too
# It starts on a machine that has nothing but git and make, uses sudo only where it must, and says so.
set -eu
export LC_ALL=C # numbers have points, and words are English, whatever the locale

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
doctor=$root/scripts/doctor.sh

whens="build test figures data"
for option in "$@"; do
    case $option in
    --check) whens="$whens check mpi" ;;
    --mpi) whens="$whens mpi" ;;
    *)
        echo "usage: scripts/setup.sh [--check] [--mpi]" >&2
        exit 1
        ;;
    esac
done

fail() {
    echo "error: $*" >&2
    exit 1
}

log=
trap '[ -z "$log" ] || rm -f "$log"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# shellcheck disable=SC2086 # a list of words
missing_packages() { "$doctor" --missing $whens | tr '\n' ' '; }

has() { # WORD LIST
    case " $2 " in *" $1 "*) true ;; *) false ;; esac
}

without() { # WORD LIST
    printf '%s\n' "$2" | tr -s ' ' '\n' | grep -vx "$1" | tr '\n' ' '
}

# --- Debian and Ubuntu ---------------------------------------------------------------------------

# Sets `sudo` to what stands before apt-get; false if this user can't become root.
find_root() {
    sudo=
    [ "$(id -u)" != 0 ] || return 0
    sudo=sudo
    command -v sudo >/dev/null || return 1
    sudo -n true 2>/dev/null && return 0
    # Without a terminal it can't ask for the password.
    [ -t 0 ] || return 1
    echo "setup: sudo may ask for your password, to install: $packages"
    sudo -v
}

# apt OPERATION…: quiet if all goes well
apt() {
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get -y -o DPkg::Lock::Timeout=120 "$@" >"$log" 2>&1
}

apt_failed() { # WHAT
    why=$(grep '^E:' "$log" | head -n 1)
    kept=$log
    log=
    fail "$1 failed: ${why:-see the output} (all of its output: $kept)"
}

has_candidate() { # PACKAGE
    apt-cache policy "$1" 2>/dev/null | grep -q 'Candidate: [^(]'
}

setup_debian() {
    if ! find_root; then
        # The data set alone needs no root.
        [ "$(without dataset-fashion-mnist "$packages" | tr -d ' ')" ] || return 0
        fail "this needs root, and sudo doesn't give it; ask for: apt-get install --no-install-recommends $packages"
    fi
    log=$(mktemp)
    echo "setup: ${sudo:+with sudo: }apt-get install $packages"
    echo "setup: this may take some minutes"
    apt update || echo "setup: apt-get update failed; going on with the lists that are here" >&2
    if has dataset-fashion-mnist "$packages" && ! has_candidate dataset-fashion-mnist; then
        echo "setup: there is no package dataset-fashion-mnist here; scripts/download.sh gets it"
        packages=$(without dataset-fashion-mnist "$packages")
        command -v curl >/dev/null || command -v wget >/dev/null || packages="$packages curl ca-certificates"
    fi
    # shellcheck disable=SC2086 # a list of words
    [ -z "$packages" ] || apt install --no-install-recommends $packages || apt_failed "apt-get install"
}

# --- macOS ---------------------------------------------------------------------------------------

setup_macos() {
    command -v cc >/dev/null || fail "there is no C compiler; run: xcode-select --install"
    command -v brew >/dev/null || fail "there is no Homebrew; get it from https://brew.sh"
    packages=$(without - "$packages")
    [ -n "$packages" ] || return 0
    echo "setup: brew install $packages"
    # shellcheck disable=SC2086 # a list of words
    brew install $packages || fail "brew install failed"
}

# -------------------------------------------------------------------------------------------------

packages=$(missing_packages)
packages=${packages% }
if [ -z "$packages" ]; then
    echo "setup: all is there"
    exit 0
fi
if command -v apt-get >/dev/null; then
    setup_debian
elif [ "$(uname -s)" = Darwin ]; then
    setup_macos
else
    fail "neither apt-get nor brew is here; install (Debian's names): $packages"
fi
"$doctor" --quiet fashion 2>/dev/null || "$root/scripts/download.sh" fashion

# shellcheck disable=SC2086 # a list of words
names=$("$doctor" --missing $whens | tr '\n' ' ')
[ -z "$names" ] || fail "still missing: ${names% }; scripts/doctor.sh says more"
echo "setup: all is there"
