# LSF. Memory is spelled in MB here; a site whose LSF_UNIT_FOR_LIMITS differs says it in options.
ask() { # NAME AFTER WORDS…
  local name=$1 after=$2 when= id
  shift 2
  for id in $after; do when+="${when:+ && }ended($id)"; done
  bsub -J "$name" -r -Q 75 -n "$cpus" -R 'span[hosts=1]' -o "$submission/logs/%J_%I.out" \
    $([ "$memory" = 0 ] || echo "-M ${memory}MB") $([ "$gpus" = 0 ] || echo "-gpu num=$gpus") \
    ${seconds:+-W "$((seconds / 60))"} ${queue:+-q "$queue"} ${account:+-P "$account"} \
    ${when:+-w "$when"} "${options[@]}" "$@" | sed 's/.*<\([0-9]*\)>.*is submitted.*/\1/'
}
array() { # FIRST COUNT AFTER
  ask "ired-from$1[1-$2]" "$3" /bin/bash "$submission/element.sh" "$submission" "$1" "${allow[@]}"
}
finish() { # AFTER
  ask ired-finish "$1" /bin/bash "$submission/finish.sh" "$submission" "${allow[@]}"
}
