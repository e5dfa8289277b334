# Kubernetes: indexed jobs. The profile's [kubernetes] says the image, with the Python of
# [environment] in it, and the claim of the volume that holds the store; it is mounted where it lies
# here. This waits for the elements of each job, since Kubernetes knows no order of jobs.
job() { # NAME COUNT SCRIPT WORDS…
  local name=$1 count=$2 words
  shift 2
  words=$(printf ', "%s"' "$@")
  kubectl apply -f - >&2 <<YAML
apiVersion: batch/v1
kind: Job
metadata: {name: "$name"}
spec:
  completions: $count
  parallelism: ${at_once:-$count}
  completionMode: Indexed
  backoffLimit: $((3 * count))
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: element
          image: "$image"
          command: ["/bin/bash"$words]
          resources:
            requests: {cpu: "$cpus", memory: "${memory}Mi"}
            limits: {memory: "${memory}Mi"$([ "$gpus" = 0 ] || echo ", nvidia.com/gpu: \"$gpus\"")}
          volumeMounts: [{name: store, mountPath: "$mount"}]
      volumes: [{name: store, persistentVolumeClaim: {claimName: "$claim"}}]
YAML
  kubectl wait --for=condition=complete --timeout="${seconds:-86400}s" "job/$name" >&2 || true
  echo "$name"
}
array() { # FIRST COUNT AFTER
  job "$id-from$1" "$2" "$submission/element.sh" "$submission" "$1" "${allow[@]}"
}
finish() { job "$id-finish" 1 "$submission/finish.sh" "$submission" "${allow[@]}"; }
