# PBS (OpenPBS, PBS Pro). An array of one is none there.
ask() { # of a node: cores, memory, GPUs
  local select="select=1:ncpus=$cpus"
  [ "$memory" = 0 ] || select+=":mem=${memory}mb"
  [ "$gpus" = 0 ] || select+=":ngpus=$gpus"
  qsub -l "$select" ${seconds:+-l "walltime=$seconds"} ${queue:+-q "$queue"} \
    ${account:+-A "$account"} -r y -j oe -o "$submission/logs" "${options[@]}" "$@"
}
after() { [ -z "$1" ] || echo "-W depend=afterany:$(tr ' ' : <<<"$1")"; }
array() { # FIRST COUNT AFTER
  local many=
  [ "$2" = 1 ] || many="-J 0-$(($2 - 1))"
  ask -N "ired-from$1" $many $(after "$3") -- /bin/bash "$submission/element.sh" "$submission" "$1" "${allow[@]}"
}
finish() { # AFTER
  ask -N ired-finish $(after "$1") -- /bin/bash "$submission/finish.sh" "$submission" "${allow[@]}"
}
