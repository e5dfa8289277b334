# Grid Engine (SGE, UGE, AGE). The parallel environment `smp` and the resource `gpu` are named
# differently at many sites: say them in options, or change them here.
ask() {
  local each=$((memory / cpus))
  local wants="h_rt=${seconds:-3600}"
  [ "$memory" = 0 ] || wants+=",h_vmem=${each}M"
  [ "$gpus" = 0 ] || wants+=",gpu=$gpus"
  local many=
  [ "$cpus" = 1 ] || many="-pe smp $cpus"
  qsub -terse -b y -r y -j y -V -o "$submission/logs" $many -l "$wants" ${queue:+-q "$queue"} \
    ${account:+-P "$account"} "${options[@]}" "$@" | sed 's/[.].*//'
}
after() { [ -z "$1" ] || echo "-hold_jid $(tr ' ' , <<<"$1")"; }
array() { # FIRST COUNT AFTER
  ask -N "ired-from$1" -t "1-$2" $(after "$3") /bin/bash "$submission/element.sh" "$submission" "$1" "${allow[@]}"
}
finish() { # AFTER
  ask -N ired-finish $(after "$1") /bin/bash "$submission/finish.sh" "$submission" "${allow[@]}"
}
