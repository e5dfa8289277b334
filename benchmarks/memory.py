"""Memory of one spectrum, each way in a process of its own: what the peak rises by."""

import subprocess
import sys
from pathlib import Path

from benchmarks.measure import Row

WAYS = (
    "ours, all",
    "torch.func.hessian + eigvalsh, all",
    "vmap reverse-over-reverse + eigvalsh, all",
)


def rise(name: str) -> float:
    """MB by which the peak of this process rises over one spectrum; the first call loads code."""
    from benchmarks.hessians import LEVEL, peers, point
    from benchmarks.networks import bundled

    model = bundled()
    x, y = point(model)
    model.energy_and_gradient(x, y, LEVEL)
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = _status("VmRSS")
    peers(model, x, y, LEVEL)[name]()
    return (_status("VmHWM") - before) / 1024


def _status(name: str) -> int:
    text = Path("/proc/self/status").read_text()
    return int(text.partition(f"{name}:")[2].split()[0])


def run() -> list[Row]:
    """Ours beside the two ways that also give all eigenvalues."""
    each = {}
    for name in WAYS:
        command = [sys.executable, "-m", "benchmarks.memory", name]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        each[name] = float(done.stdout)
    return [
        Row(
            target=f"memory of one spectrum, d = 400, against {name}",
            ours=each["ours, all"],
            peer=each[name],
            unit="MB",
            peer_name=name,
            accuracy="rise of the peak in a fresh process",
        )
        for name in WAYS[1:]
    ]


if __name__ == "__main__":
    print(rise(sys.argv[1]))
