#!/bin/bash
# After all elements, for a scheduler other than Slurm, or for a shell: finish.sh SUBMISSION [--allow-code]
# What had to wait, a report of what is missing, and a generation of the catalog.
submission=$(cd -- "${1:?usage: finish.sh STORE/slurm/SUBMISSION}" && pwd) || exit 64
. "$submission/environment.sh" || { echo "environment.sh failed"; exit 65; }
set -uo pipefail
mkdir -p "$IRED_SCRATCH" || exit 65
work=$(mktemp -d "$IRED_SCRATCH/ired-XXXXXX") || exit 65
trap 'rm -rf "$work"' EXIT
tar -xf "$submission/code.tar" -C "$work" || { echo "cannot unpack $submission/code.tar"; exit 65; }
cd "$work" || exit 65
export TMPDIR=$work
"${PYTHON[@]}" -m precompute reduce "$submission" ${2:+"$2"}
code=$?
"${PYTHON[@]}" -m precompute collect --store "$(dirname "$(dirname "$submission")")" || code=$?
exit "$code"
