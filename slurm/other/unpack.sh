# Sourced by element.sh and finish.sh: the code of the submission in a folder of its own, which goes again.
mkdir -p "$IRED_SCRATCH" || exit 65
work=$(mktemp -d "$IRED_SCRATCH/ired-XXXXXX") || exit 65
trap 'rm -rf "$work"' EXIT
tar -xf "$submission/code.tar" -C "$work" || { echo "cannot unpack $submission/code.tar"; exit 65; }
cd "$work" || exit 65
export TMPDIR=$work
