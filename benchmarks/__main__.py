"""`python -m benchmarks [NAME …]`: run, print ratios, keep them as JSON, draw cost against size."""

import os

# Before torch is loaded, here and in every process started from here.
os.environ.update(
    OMP_NUM_THREADS="1",
    OPENBLAS_NUM_THREADS="1",
    MKL_NUM_THREADS="1",
    OMP_WAIT_POLICY="PASSIVE",
    GOMP_SPINCOUNT="0",
)

import argparse
import importlib
import json
import platform
import time
import warnings
from pathlib import Path
from typing import Any

from benchmarks.measure import Row, sgemm_rate
from store import files

HERE = Path(__file__).parent
NAMES = (
    "hessians", "memory", "surfaces", "sampling", "sweeps", "catalog", "pages", "people", "live",
    "dictionaries", "training", "minima",
)  # fmt: skip
HEAD = (
    "| what | ours | beside | ratio | must | aim | accuracy (ours \\| theirs) |\n"
    "|---|---|---|---|---|---|---|"
)


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    import numpy
    import scipy
    import torch

    lines = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = next((line.partition(":")[2].strip() for line in lines if "model name" in line), "")
    return {
        "processor": cpu,
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "sgemm GFLOP/s, one core": round(sgemm_rate() / 1e9, 1),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }


def line(row: Row) -> str:
    """A row as Markdown."""

    def bound(value: float | None) -> str:
        if value is None:
            return ""
        mark = "✓" if row.reaches(value) else "✗"
        return f"{'≥' if row.higher_is_better else '≤'} {value:g} {mark}"

    ratio = f"**{row.ratio:.3g}**"
    if row.spread:
        ratio += f" ({row.spread[0]:.3g} … {row.spread[1]:.3g})"
    ours, peer = (f"{v:.3g} {row.unit}" for v in (row.ours, row.peer))
    accuracy = row.accuracy.replace("|", "\\|")
    cells = (row.target, ours, f"{peer} · {row.peer_name}", ratio, bound(row.must), bound(row.aim))
    return f"| {' | '.join(cells)} | {accuracy} |"


def draw(cost: dict[str, dict[str, list]], path: Path) -> None:
    """Cost against d and against the number of problems; a way has one colour."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "ired-interp"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(10, 4), layout="constrained")
    words = {
        "d": ("d, entries of the answer", "ms for a spectrum", "random weights, width 512"),
        "count": ("problems asked at once", "ms a problem", "bundled inverse model, d = 400"),
    }
    colours = {way: f"C{i}" for i, way in enumerate(cost["d"])}
    for axis, (name, ways) in zip(axes, cost.items(), strict=True):
        for way, found in ways.items():
            points = zip(*found, strict=True)
            axis.plot(*points, marker="o", markersize=4, label=way, color=colours[way])
        axis.set(xscale="log", xlabel=words[name][0], ylabel=words[name][1])
        axis.set(**({"yscale": "log"} if name == "d" else {"ylim": (0, None)}))
        axis.set_title(words[name][2], fontsize=10)
        axis.grid(alpha=0.3)
        axis.legend(fontsize=7.5)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Run the benchmarks that are named, all by default."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--out", type=Path, default=HERE / "results", help="folder to write to")
    parser.add_argument(
        "--minutes", type=float, default=0.0, help="that live may take; 0: all times"
    )
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(NAMES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(NAMES)}")
    warnings.filterwarnings("ignore", message="Using backward\\(\\) with create_graph")
    import torch

    torch.set_num_threads(1)
    chosen.out.mkdir(parents=True, exist_ok=True)
    print(HEAD, flush=True)
    for name in chosen.names or NAMES:
        module, about = importlib.import_module(f"benchmarks.{name}"), machine()
        rows = module.run(chosen.minutes) if name == "live" else module.run()
        for row in rows:
            print(line(row), flush=True)
        record = {"machine": about, "rows": [row.as_dict() for row in rows]}
        if name == "hessians":
            cost = {"d": module.cost_against_d(), "count": module.cost_against_count()}
            draw(cost, chosen.out / "hessians.svg")
            record["cost"] = cost
        files.replace(chosen.out / f"{name}.json", (json.dumps(record, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
