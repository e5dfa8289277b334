"""`export-tables`: every finished answer of `accuracy` in a store, in one small netCDF."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

import store
from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from ired_interp_core.spelling import counted
from ired_interp_core.tasks import TASKS
from ired_interp_core.tasks.seeding import variant_code
from precompute.ground import storage, targets
from precompute.ground.exits import DONE, Usage
from precompute.ground.storage import exists
from precompute.ground.tell import say
from store import QuestionInfo, Store, catalog, files, tables
from store.tables import ANALYSIS, PAIRED, SETTING, paired_name

COMMAND = (
    "python -m precompute run precompute/sweeps/accuracy.toml --store DIR, then"
    " python -m precompute export-tables --store DIR --out FILE"
)


def export(root: Path, out: Path) -> int:
    """Read the answers of a store, and write them once they can be read back.

    Args:
        root: store.
        out: file to write; replaced if it holds tables.

    Returns:
        Exit code 0.

    Raises:
        Usage: a store without answers.
    """
    exists(root)
    targets.check_folder(out)
    targets.check(out, tables.are_tables, "tables")
    targets.check_ending(out, ".nc")
    _collect(root)
    with store.open(root) as opened:
        version = registry.get(ANALYSIS).version
        infos = [q for q in opened.questions(ANALYSIS) if q.rows and q.version == version]
        if not infos:
            raise Usage(
                f"no finished answer of {ANALYSIS}", where=str(root),
                next_step="python -m precompute run precompute/sweeps/accuracy.toml --store DIR",
            )  # fmt: skip
        made = assemble(opened, sorted(infos, key=_place))
    content = tables.encode(made)
    back = tables.decode(content, str(out))  # before it takes the place of a file that can be read
    with files.one_line(out, "tables cannot be written"):
        files.sweep_beside(out)
        files.replace(out, content)
    say(f"{out}: {counted(back.sizes[SETTING], 'setting')}, {len(content) / 1000:.0f} kB")
    return DONE


def _collect(root: Path) -> None:
    """Take in what is new; a store that one may only read is exported as its catalog has it."""
    try:
        catalog.collect(root)
    except Refusal as refusal:
        if not storage.foreign(refusal):
            raise
        why = storage.trouble(refusal)
        say(f"note: catalog not brought up to date ({why}); answers it has not yet are left out")


def _place(info: QuestionInfo) -> tuple[Any, ...]:
    """Order of the settings: task, variant, model; the official one first."""
    p, asked = info.problems, info.parameters
    setting = (not asked["jump"], asked["clip"], -asked["inner_steps"])
    rest = (p.size, info.model, p.seed, *setting, -asked["problems"], info.key)
    return (list(TASKS).index(p.task), variant_code(p.variant), p.variant, *rest)


def assemble(opened: Store, infos: Sequence[QuestionInfo]) -> xr.Dataset:
    """Put answers side by side.

    Args:
        opened: the store.
        infos: whose answers, in the order wanted.

    Returns:
        The tables as `store.tables` declares them.
    """
    kept = [n for n, v in registry.get(ANALYSIS).schema.variables.items()
            if "measured" not in v.dims]  # fmt: skip
    answers = [opened.read(ANALYSIS, question=q.key, variables=kept) for q in infos]
    names = list(dict.fromkeys(str(n) for a in answers for n in a["baseline"].values))
    made = xr.concat(
        [a.reindex(baseline=names) for a in answers], SETTING, data_vars="all", join="exact",
        coords="minimal", compat="override", combine_attrs="drop",
    )  # fmt: skip
    facts = _facts(opened)
    of = [facts[q.key] for q in infos]
    made = made.assign({n: (SETTING, np.array([f[n] for f in of])) for n in of[0] if n in _FACTS})
    made = made.assign(_paired(opened, infos))
    asked = [_asked(q) for q in infos]
    made = made.assign_coords({n: (SETTING, np.array([a[n] for a in asked])) for n in asked[0]})
    cards = opened.models()
    models = dict.fromkeys(q.model for q in infos)
    made.attrs = {
        "title": "Accuracy of samplers: one setting a row",
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": _joined(f["commit"] for f in of),
        "versions": _versions([f["versions"] for f in of]),
        "device": _joined(f["device"] for f in of),
        "arithmetic": _joined(f["arithmetic"] for f in of),
        "command": COMMAND,
        "models": json.dumps({m: cards.get(m, {}) for m in models}, sort_keys=True),
    }
    return made


def _paired(opened: Store, infos: Sequence[QuestionInfo]) -> dict[str, Any]:
    """What every answer differs by from the one it is held against; NaN and "" without one."""
    asked = [q for q in opened.questions(PAIRED) if q.rows]
    by_one = {q.inputs["one"]: q for q in sorted(asked, key=lambda q: q.key, reverse=True)}
    names = list(registry.get(PAIRED).schema.variables)
    columns: dict[str, list[Any]] = {paired_name(n): [] for n in names}
    columns |= {"paired_with": [], "paired_key": []}
    for info in infos:
        compared = by_one.get(info.key)
        found = opened.read(PAIRED, question=compared.key) if compared else None
        for name in names:
            columns[paired_name(name)].append(np.nan if found is None else float(found[name]))
        columns["paired_with"].append(compared.inputs["other"] if compared else "")
        columns["paired_key"].append(compared.key if compared else "")
    return {name: (SETTING, np.array(values)) for name, values in columns.items()}


def _asked(info: QuestionInfo) -> dict[str, Any]:
    return {
        "task": info.problems.task,
        "variant": info.problems.variant,
        "size": info.problems.size,
        "problem_seed": info.problems.seed,
        "model": info.model,
        "key": info.key,
        **info.parameters,
    }


_FACTS = ("commit", "dirty", "device", "seconds", "sha256")


def _facts(opened: Store) -> dict[str, dict[str, Any]]:
    """Where every answer comes from, by question; a lacking fact is empty, −1 or NaN."""
    query = "SELECT question, sha256, provenance FROM shards WHERE analysis = ?"
    found = {}
    for key, sha256, text in opened.sql(query, [ANALYSIS]).itertuples(index=False):
        p: Mapping[str, Any] = json.loads(text)
        dirty = p.get("dirty")
        found[key] = {
            "commit": str(p.get("commit", "")),
            "dirty": -1 if dirty is None else int(bool(dirty)),
            "device": str(p.get("device_name") or p.get("device", "")),
            "seconds": float(p.get("seconds", np.nan)),
            "sha256": sha256,
            "arithmetic": str(p.get("dtype", "")),
            "versions": dict(p.get("versions", {})),
        }
    return found


def _joined(words: Any) -> str:
    return ", ".join(sorted({str(w) for w in words} - {""}))


def _versions(each: Sequence[Mapping[str, str]]) -> str:
    names = sorted({n for versions in each for n in versions})
    return json.dumps({n: _joined(v.get(n, "") for v in each) for n in names})
