"""`export-probes`: what probes or a prediction of failure read and said, in one file."""

import json
import os
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ired_interp_core.probing.names import INPUTS
from ired_interp_core.records import Question
from ired_interp_core.spelling import counted
from precompute.exports import finding
from precompute.ground import targets
from precompute.ground.exits import DONE, Usage
from precompute.ground.storage import exists
from precompute.ground.stored import StoredRows
from precompute.ground.tell import say
from store import files, records

PROBES, FAILURES = "probes", "failure_prediction"
SAID = {
    PROBES: ("true", "predicted", "fold"),
    FAILURES: ("rule_value", "failed", "kind", "fold", "chosen_on", "confound", "probability"),
}
"""Analysis → its variables along the problems: labels, folds, confounds, predictions."""
ROW = ("measured", "level")
"""A row of Parquet."""


def export(
    root: Path, prefix: str, out: Path, inputs: Sequence[str] = (), levels: Sequence[int] = ()
) -> int:
    """Write the data set of an answer, features of every input and level beside what was said.

    Args:
        root: store.
        prefix: of the key of the answer.
        out: file to make, .nc or .parquet.
        inputs: whose features are written; all that were read where left out.
        levels: likewise.

    Returns:
        Exit code 0.

    Raises:
        Usage: unknown answer or input, a target that exists or is of another kind.
    """
    exists(root)
    if out.suffix not in (".nc", ".parquet"):
        raise Usage("unknown kind of file", where="--out", came=out, expected=".nc or .parquet")
    if os.path.lexists(out):
        raise Usage("target exists", where="--out", came=out, expected="a file to make")
    targets.check_folder(out)
    analysis, key = finding.one(root, [PROBES, FAILURES], prefix, "probes", "probes")
    made = data_set(root, records.read_question(root, analysis, key), inputs, levels)
    content = _netcdf(made) if out.suffix == ".nc" else _parquet(made)
    with files.one_line(out, "data set cannot be written"):
        files.publish(out, content)
    features = [str(n) for n in made.data_vars if str(n).startswith("feature_")]
    problems, looked = made.sizes["measured"], counted(made.sizes["level"], "level")
    say(f"{out}: {counted(problems, 'problem')}, {looked}, {', '.join(features)}")
    return DONE


def data_set(
    root: Path, question: Question, inputs: Sequence[str], levels: Sequence[int]
) -> xr.Dataset:
    """Features that an answer read, and its labels, folds, confounds and predictions.

    Of probes the states are the ends of levels, of a prediction of failure those before the jumps,
    from which its predictions are.

    Args:
        root: store.
        question: of probes or failure_prediction.
        inputs: names; all that were read where left out.
        levels: t; all where left out.

    Returns:
        `feature_<input>` [measured, level, entry], float32, beside variables of the answer.

    Raises:
        Usage: an input that the answer did not read.
    """
    from ired_interp_core.probing.reading import Codes, States

    answer = StoredRows(root, question.analysis, question.key, 0, 1).read(
        variables=SAID[question.analysis]
    )
    answer = answer.sel(level=sorted(set(levels))) if levels else answer
    rows = answer["measured"].values.astype(int)
    count = int(rows.max(initial=-1)) + 1
    up = {
        role: StoredRows(root, analysis, question.inputs[role], 0, count)
        for role, analysis in (("states", "layer_states"), ("properties", "problem_properties"))
    }
    descent = records.read_question(root, "descent", question.inputs["descent"])
    if "dictionary" in question.inputs:
        for role in ("dictionary", "activations"):
            up[role] = StoredRows(root, role, question.inputs[role], 0, 1)
    there = [i for i in INPUTS if i != "codes" or "dictionary" in up]
    if set(inputs) - set(there):
        raise Usage("input was not read", where=question.key, came=", ".join(inputs),
                    expected=", ".join(there))  # fmt: skip
    step = int(descent.parameters["inner_steps"]) if question.analysis == PROBES else -1
    states = States.of(up["states"], up["properties"], step, 1.0, count)
    codes = Codes.of(up, "cpu")
    made = {}
    for name in inputs or there:
        values = [_read(states, codes, name, int(t), rows) for t in answer["level"].values]
        width = max(v.shape[1] for v in values)
        whole = [v if v.shape[1] else np.full((len(rows), width), np.nan, "f4") for v in values]
        made[f"feature_{name}"] = ((*ROW, f"entry_{name}"), np.stack(whole, axis=1))
    return answer.assign(made).assign_attrs(
        question=json.dumps(question.as_dict(), sort_keys=True), key=question.key
    )


def _read(states: Any, codes: Any, name: str, level: int, rows: np.ndarray) -> np.ndarray:
    """An input of some problems; no columns of codes where the dictionary knows none."""
    if name != "codes":
        return np.asarray(states.take(name, level, "trained", rows))
    if level > codes.highest:
        return np.zeros((len(rows), 0), dtype=np.float32)
    return np.asarray(codes.encode(states.take(codes.site, level, "trained", rows)))


def _netcdf(made: xr.Dataset) -> bytes:
    kept = made.copy()
    for name, variable in kept.variables.items():
        if variable.dtype.kind in "OU":
            kept[name] = variable.astype(str)
    return bytes(kept.to_netcdf(engine="h5netcdf"))


def _parquet(made: xr.Dataset) -> bytes:
    """A row for each problem and level; features are lists, all else a column for each label."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    shape = tuple(made.sizes[d] for d in ROW)
    grid = np.meshgrid(*(made[d].values for d in ROW), indexing="ij")
    columns = {d: pa.array(v.ravel()) for d, v in zip(ROW, grid, strict=True)}
    for name, variable in made.data_vars.items():
        rest = [d for d in variable.dims if d not in ROW]
        missing = {d: made[d] for d in ROW if d not in variable.dims}
        whole = variable.expand_dims({d: v.values for d, v in missing.items()})
        whole = whole.transpose(*ROW, *rest)
        if str(name).startswith("feature_"):
            flat = whole.values.reshape(-1, whole.shape[-1])
            values = pa.array(flat.ravel())
            columns[str(name)] = pa.FixedSizeListArray.from_arrays(values, flat.shape[1])
            continue
        flat = whole.values.reshape(shape[0] * shape[1], -1)
        for words, column in zip(_labels(made, rest), flat.T, strict=True):
            columns["_".join([str(name), *words])] = pa.array(column)
    table = pa.table(columns).replace_schema_metadata(
        {k: str(v) for k, v in made.attrs.items() if k in ("question", "key")}
    )
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue().to_pybytes())


def _labels(made: xr.Dataset, dims: Sequence[Any]) -> list[tuple[str, ...]]:
    """Labels of every combination of some dims, the last one running fastest."""
    known = [made[d].values if d in made.coords else range(made.sizes[d]) for d in dims]
    return [tuple(str(word) for word in words) for words in product(*known)]
