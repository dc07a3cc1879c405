#!/bin/sh
# fuzz_long.sh DIRECTORY JOBS SEED NAME=COUNT…: runs the fuzzers DIRECTORY/fuzz_NAME, each on COUNT inputs in a hundred runs
# with seeds from SEED on, JOBS of them at a time. A line for every run, and a total; what goes wrong ends it.
set -eu
directory=$1 jobs=$2 seed=$3
shift 3
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export directory log

# One of each in turn, so that all have begun when the first ends.
for part in $(seq 0 99); do
  for request in "$@"; do
    echo "${request%=*} $(((${request#*=} + 99) / 100)) $((seed + part))"
  done
done | xargs -P "$jobs" -n 3 sh -c '
  "$directory/fuzz_$0" "$1" "$2" >/dev/null || exit 255
  echo "$0 $1" >>"$log"
  echo "$0, seed $2: $(grep -c "^$0 " "$log") of 100 runs, $1 inputs each"'

awk '{ inputs[$1] += $2 } END { for (name in inputs) printf "%s: %d inputs, nothing wrong\n", name, inputs[name] }' "$log"
