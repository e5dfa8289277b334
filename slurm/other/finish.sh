#!/bin/bash
# After all elements, for a scheduler other than Slurm, or for a shell: finish.sh SUBMISSION [--allow-code]
# What had to wait, a report of what is missing, and a generation of the catalog.
submission=$(cd -- "${1:?usage: finish.sh STORE/slurm/SUBMISSION}" && pwd) || exit 64
. "$submission/environment.sh" || { echo "environment.sh failed"; exit 65; }
set -uo pipefail
. "$submission/unpack.sh"
"${PYTHON[@]}" -m precompute reduce "$submission" ${2:+"$2"}
code=$?
"${PYTHON[@]}" -m precompute collect --store "$(dirname "$(dirname "$submission")")" || code=$?
exit "$code"
