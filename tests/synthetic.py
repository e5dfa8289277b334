"""A small store made of numbers that conform to the declarations, without torch: for fast tests.

Values are seeded and plausible in sign and size (spectra ascend, baselines improve), but they
mean nothing. Everything is written through the store's own doors.
"""

from pathlib import Path

import numpy as np
import xarray as xr

import store
from ired_interp_core import registry
from ired_interp_core.curvature.names import ENDS, SUBSPACES
from ired_interp_core.records import ProblemSet, Question, digest, seeded
from ired_interp_core.schedule import cosine
from ired_interp_core.schema import LEVELS, PLACES, Variable

NODES = 9
STEPS = 6
BASELINES = ("zero", "scaled_identity", "polynomial_1", "polynomial_2")
PLANES = ("stiff_soft", "random")
CARD = {"task": "inverse", "size": 4, "title": "synthetic", "weights": "ema"}


def model_digest(name: str = "one") -> str:
    return digest({"synthetic model": name})


def make(
    root: Path,
    count: int = 24,
    problems: ProblemSet | None = None,
    model: str = "one",
    asked: int | None = None,
    analyses: tuple[str, ...] = (
        "problem_properties", "descent", "hessian_spectrum", "landscape_slice",
    ),
    run: str = "synthetic",
    clips: tuple[float, ...] = (2.0,),
) -> Path:  # fmt: skip
    """Write answers of one model on one set of problems, a run record, and collect."""
    problems = problems or ProblemSet("inverse", "same", 4, 0)
    weights = root.parent / f"{root.name}-{model}.weights"
    root.mkdir(parents=True, exist_ok=True)
    weights.write_bytes(b"no weights: synthetic")
    address = model_digest(model)
    store.publish_model(root, address, weights, {**CARD, "title": f"synthetic {model}"})
    store.publish_problem_set(root, problems)
    asked_of, descent = [], ""
    for name in analyses:
        for parameters in _parameters(name, clips):
            inputs = {"problems": problems.digest}
            if name != "problem_properties":
                inputs["model"] = address
            if "descent" in registry.get(name).inputs:
                inputs["descent"] = descent
            question = registry.get(name).question(inputs, parameters)
            if name == "descent":
                descent = descent or question.key  # what stands downstream follows the first
            store.publish_question(root, question)
            for start in range(0, count, 16):
                stop = min(start + 16, count)
                block = answer(question, problems, start, stop)
                store.shards.publish(root, question, start, block, {"commit": "0" * 40})
            asked_of.append({"key": question.key, "analysis": name, "count": asked or count})
    record = {
        "name": run,
        "sweep": f'name = "{run}"\n',
        "questions": asked_of,
        "models": {address: {"checkpoint": "synthetic.safetensors", "card": CARD}},
    }
    store.write_run(root, run, record)
    store.catalog.collect(root)
    return root


def _parameters(name: str, clips: tuple[float, ...]) -> list[dict[str, object]]:
    if name == "descent":
        return [{"clip": c} for c in clips]
    return [{"plane": p} for p in PLANES] if name == "landscape_slice" else [{}]


def answer(question: Question, problems: ProblemSet, start: int, stop: int) -> xr.Dataset:
    """What `compute` might have given for problems [start, stop)."""
    declared = registry.get(question.analysis)
    wanted = {
        n: v
        for n, v in declared.schema.variables.items()
        if not v.when or question.parameters.get(v.when)
    }
    n = problems.size
    sizes = {
        "problem": stop - start, "level": LEVELS, "step": STEPS, "place": len(PLACES),
        "eigenvalue": n * n, "vector": 2, "row": n, "col": n, "part": 1, "a": NODES, "b": NODES,
        "axis": 2, "point": len(PLACES), "baseline": len(BASELINES),
        "end": len(ENDS), "subspace": len(SUBSPACES),
    }  # fmt: skip
    rng = seeded("synthetic", question.key, start)
    data = {name: (v.dims, _values(name, v, sizes, rng)) for name, v in wanted.items()}
    if "eigenvalue_spectrum" in data:
        ascending = data["eigenvalue_spectrum"][1].astype(np.float64)
        for name, at in (("smallest_eigenvalue", 0), ("largest_eigenvalue", -1)):
            data[name] = (data[name][0], np.ascontiguousarray(ascending[..., at]))
    coords = {
        "place": PLACES, "baseline": BASELINES, "point": PLACES, "end": ENDS, "subspace": SUBSPACES,
    }  # fmt: skip
    used = {d for v in wanted.values() for d in v.dims}
    answer = xr.Dataset(
        data, {d: np.array(c) for d, c in coords.items() if d in used}
    ).assign_coords(problem=np.arange(start, stop))
    return declared.schema.conform(answer, question.parameters, where="synthetic")


def _values(name: str, v: Variable, sizes: dict[str, int], rng: np.random.Generator) -> np.ndarray:
    shape = tuple(sizes[d] for d in v.dims)
    schedule = cosine()
    if name == "alpha_bar":
        return schedule.alphas_cumprod.copy()
    if name == "sigma":
        return schedule.sigma.copy()
    if name == "resolved":
        return (rng.random(shape) > 0.1).astype(v.dtype)
    if v.flags:
        return rng.integers(0, len(v.flags), shape).astype(v.dtype)
    if name == "nodes":
        return np.full(shape, NODES, v.dtype)
    if name == "node":
        nodes = -np.cos(np.pi * np.arange(NODES) / (NODES - 1))
        return np.broadcast_to(nodes, shape).astype(v.dtype)
    values = rng.lognormal(-1.0, 0.5, shape)
    if name.startswith("alignment"):
        values = np.where(np.isin(SUBSPACES, ("observed", "unobserved")), np.nan, rng.random(shape))
        values = values[:1].repeat(shape[0], axis=0) if name.endswith("random") else values
    if name.startswith("angle"):
        values = np.sort(rng.uniform(0, np.pi / 2, shape), axis=-1)
    if name == "angle_level":
        values[:, 0] = np.nan
    if "mse" in name:
        values *= 0.02
    if name == "baseline_mse":
        values = np.sort(values, axis=1)[:, ::-1] + 0.001
    if name == "eigenvalue_spectrum":
        values = np.sort(values - 0.15, axis=-1)
    if name in {"smallest_eigenvalue", "trajectory", "answer", "direction", "x", "y_true"}:
        values = values - values.mean()
    if name == "index" or name.startswith("above"):
        values = np.floor(values * 3)
    return np.ascontiguousarray(values, dtype=v.dtype)
