# No scheduler: one element after the other, in this shell. Several machines may share the work, as
# each skips what is there.
array() { # FIRST COUNT AFTER
  local i
  for ((i = $1; i < $1 + $2; i++)); do
    /bin/bash "$submission/element.sh" "$submission" "$i" "${allow[@]}" >"$submission/logs/$i.out" 2>&1 ||
      echo "element $i: exit code $? (see $submission/logs/$i.out)" >&2
  done
}
finish() { /bin/bash "$submission/finish.sh" "$submission" "${allow[@]}" >&2; }
