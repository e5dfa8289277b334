"""The data set of probes as one file: the numbers of the store, in netCDF and Parquet."""

import json
from dataclasses import replace
from pathlib import Path

import cases
import drawn
import numpy as np
import pyarrow.parquet as pq
import pytest
import xarray as xr

import store
from app.shared.page import exports
from ired_interp_core import checkpoints
from precompute import __main__ as command_line
from precompute.ground import provenance
from precompute.work import prepare
from precompute.work.unit import Worker
from store import catalog, layout, reading, records

COUNT = 12
SWEEP = """
name = "layers"
[[models]]
checkpoint = "{model}"
[[problems]]
task = "inverse"
variant = "same"
size = 3
seed = 1
count = 12
[[analyses]]
name = "probes"
splits = 2
folds = 2
directions = 2
use_cells = 0
bootstrap = 10
inputs.states = { points = "all" }
[[analyses]]
name = "failure_prediction"
share = 0.5
folds = 3
components = 4
trees = 3
splits = 2
top = 5
zeroed = 0
points = "before"
permutations = 10
bootstrap = 10
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("layers")
    checkpoints.save(cases.small(3, "inverse", width=8), folder / "model.safetensors")
    text = SWEEP.replace("{model}", str(folder / "model.safetensors"))
    (folder / "sweep.toml").write_text(text)
    (folder / "store").mkdir()
    prepared = prepare.prepare(folder / "sweep.toml", folder / "store")
    models = {m.digest: m for m in prepared.models}
    worker = Worker(folder / "store", models, provenance.of_code())
    for unit in prepared.units:
        assert worker.execute(unit).status == "done", unit.name
    return folder / "store"


def key_of(root: Path, analysis: str) -> str:
    (key,) = (p.name for p in (layout.results(root) / analysis).iterdir())
    return key


def export(root: Path, key: str, out: Path, *more: str) -> int:
    words = ["export-probes", key, "--store", str(root), "--out", str(out), *more]
    return command_line.main(words)


def stored(root: Path, analysis: str) -> xr.Dataset:
    return reading.read_shards(root, analysis, key_of(root, analysis), 0, 1)


def states(root: Path, analysis: str) -> xr.Dataset:
    """The states that an answer read, of the trained network."""
    asked = records.read_question(root, analysis, key_of(root, analysis))
    found = reading.read_shards(root, "layer_states", asked.inputs["states"], 0, COUNT)
    return found.sel(network="trained")


@pytest.mark.parametrize(("analysis", "step"), [("probes", None), ("failure_prediction", -1)])
def test_netcdf_has_the_stored_numbers(root: Path, tmp_path: Path, analysis: str, step) -> None:
    out = tmp_path / "set.nc"
    assert export(root, key_of(root, analysis)[:8], out) == 0
    answer, seen = stored(root, analysis), states(root, analysis)
    seen = seen.sel(step=int(seen["step"].max()) if step is None else step)
    with xr.open_dataset(out, engine="h5netcdf") as found:
        rows = found["measured"].values
        for name in ("fold", *(("true", "predicted") if step is None else
                               ("failed", "probability", "confound", "kind"))):  # fmt: skip
            np.testing.assert_array_equal(found[name], answer[name], name)
        for name in ("h1", "h2", "h3"):
            wanted = seen["layer_state"].sel(layer=name).transpose("problem", "level", "unit")
            np.testing.assert_array_equal(found[f"feature_{name}"], wanted.values[rows])
        gradient = seen["state_gradient"].transpose("problem", "level", "row", "col").values
        flat = gradient[rows].reshape(len(rows), 10, -1)
        np.testing.assert_array_equal(found["feature_gradient"], flat)
        assert json.loads(found.attrs["question"])["analysis"] == analysis


def test_parquet_has_the_same_numbers_row_by_row(root: Path, tmp_path: Path) -> None:
    key = key_of(root, "probes")
    assert export(root, key, tmp_path / "set.nc") == 0
    chosen = ("--input", "h2", "--level", "4", "--level", "0")
    assert export(root, key, tmp_path / "set.parquet", *chosen) == 0
    table = pq.read_table(tmp_path / "set.parquet")
    assert "feature_h3" not in table.column_names
    assert table.schema.metadata[b"key"].decode() == key
    with xr.open_dataset(tmp_path / "set.nc", engine="h5netcdf") as whole:
        assert table.num_rows == 2 * whole.sizes["measured"]
        for row in table.to_pylist():
            one = whole.sel(measured=row["measured"], level=row["level"])
            np.testing.assert_array_equal(row["feature_h2"], one["feature_h2"])
            true = float(one["true"].sel(property="trace"))
            assert row["true_trace"] == true
            at = {"property": "trace", "input": "h2"}
            assert row["predicted_trace_h2"] == float(one["predicted"].sel(at))
            assert row["fold_1"] == int(one["fold"].isel(split=1))


def test_what_cannot_be_written_is_refused(root: Path, tmp_path: Path, capsys) -> None:
    key, there = key_of(root, "probes"), tmp_path / "there.nc"
    there.write_text("precious")
    assert export(root, key, there) == 64
    assert there.read_text() == "precious"
    assert export(root, key, tmp_path / "set.csv") == 64
    assert export(root, key, tmp_path / "set.nc", "--input", "codes") == 64
    assert "expected: x, xy, h1, h2, h3, gradient" in capsys.readouterr().err
    assert export(root, "f" * 24, tmp_path / "set.nc") == 64
    assert not (tmp_path / "set.nc").exists()


@pytest.mark.parametrize(("panel", "sheet"), [("fit", "read"), ("cases", "failures")])
def test_a_panel_saves_features_as_the_command_does(root: Path, tmp_path: Path, panel, sheet):
    analysis = "probes" if sheet == "read" else "failure_prediction"
    catalog.collect(root)
    assert export(root, key_of(root, analysis), tmp_path / "set.nc") == 0
    with store.open(root) as opened, xr.open_dataset(tmp_path / "set.nc") as whole:
        for name in ("x", "xy", "h2", "gradient") if sheet == "read" else ("",):
            asked = {"property": "trace", "input": name} if name else {}
            found = drawn.drawn(opened, "probes", panel, sheet=sheet, level=3, **asked)
            made = found.more.make()
            (feature,) = (str(n) for n in made if str(n).startswith("feature_"))
            name = name or feature.removeprefix("feature_")
            assert feature == f"feature_{name}"
            rows = made["measured"].values
            one = whole.sel(level=3, measured=rows)
            np.testing.assert_array_equal(made[feature], one[feature])
            np.testing.assert_array_equal(made["fold"], one["fold"].isel(split=0))
            at = (
                ({"property": "trace", "input": name}, "predicted")
                if sheet == "read"
                else ({"design": "confounds_activations", "estimator": "logistic"}, "probability")
            )
            np.testing.assert_array_equal(made[at[1]], one[at[1]].sel(at[0]))
            page = drawn.page(opened, "probes", sheet=sheet, level=3, **asked)
            assert found.more.label in drawn.payload(page, panel)
            assert "of t = 3" in found.more.label
            content = exports.content(replace(found, numbers=made), "netCDF")
            (tmp_path / "panel.nc").write_bytes(content)
            with xr.open_dataset(tmp_path / "panel.nc") as again:
                np.testing.assert_array_equal(again[feature], one[feature])
