#!/bin/sh
# needs.sh LESSON: does it lack a data set that nobody has before scripts/download.sh gets it? Then it says which, in words behind
# "SKIP", and exits 1. A lesson's folder has a file needs.txt for those that do: the program's name and its sets, a line each.
cd "$(dirname "$0")/.." || exit 1
sets=$(grep -hs "^$1 " lessons/[0-9]*/needs.txt | cut -d ' ' -f 2-)
lacks=

# has SET: every file of it; an archive is a folder by then.
has() {
    for file in $(scripts/download.sh --list | sed -n "/\.tgz /d; s/^$1 \([^ ]*\) .*/\1/p"); do
        [ -f "datasets/downloads/$1/$file" ] || return 1
    done
    [ -d "datasets/downloads/$1" ]
}

for set in $sets; do
    has "$set" || lacks="$lacks $set"
done
[ -z "$lacks" ] || { echo "$1: run \`scripts/download.sh$lacks\` first"; exit 1; }
