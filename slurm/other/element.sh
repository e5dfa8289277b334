#!/bin/bash
# One element, for a scheduler other than Slurm, or for a shell: element.sh SUBMISSION FIRST [--allow-code]
# The index within the array is the scheduler's; FIRST is added to it.
submission=$(cd -- "${1:?usage: element.sh STORE/slurm/SUBMISSION [FIRST]}" && pwd) || exit 64
task=0
if [ -n "${JOB_COMPLETION_INDEX:-}" ]; then task=$JOB_COMPLETION_INDEX # Kubernetes, from 0
elif [ -n "${PBS_ARRAY_INDEX:-}" ]; then task=$PBS_ARRAY_INDEX         # PBS, from 0
elif [ "${LSB_JOBINDEX:-0}" -gt 0 ]; then task=$((LSB_JOBINDEX - 1))   # LSF, from 1
elif [[ "${SGE_TASK_ID:-}" =~ ^[0-9]+$ ]]; then task=$((SGE_TASK_ID - 1)); fi
index=$((${2:-0} + task))

. "$submission/environment.sh" || { echo "environment.sh failed"; exit 65; }
set -uo pipefail
worker=
trap '[ -z "$worker" ] || kill -USR1 "$worker" 2>/dev/null' USR1 USR2
trap '[ -z "$worker" ] || kill -TERM "$worker" 2>/dev/null' TERM
. "$submission/unpack.sh"

echo "$(date -u +%FT%TZ) element $index on $(hostname)"
"${PYTHON[@]}" -m precompute element "$submission" "$index" ${3:+"$3"} &
worker=$!
while kill -0 "$worker" 2>/dev/null; do
  wait "$worker"  # also returns when a signal comes
done
wait "$worker"
code=$?
if [ "$code" = 75 ] && [ -n "${SGE_TASK_ID:-}" ]; then code=99; fi # SGE: back into the queue
exit "$code"
