"""Dictionaries through the real pipeline: seeds on a bundled model, measured, killed, exported."""

import json
import shutil
import textwrap
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from precompute_toys import Bench, end, wait_until

import store
from ired_interp_core.dictionaries.dictionary import Dictionary
from ired_interp_core.errors import Refusal
from precompute.exports import dictionaries

SIZE = "features = 96, k = 8, batch = 256, dead_after = 20, log_every = 5"

HEAD = """
    name = "{name}"
    [[models]]
    checkpoint = "checkpoints/inverse.safetensors"
    [[problems]]
    task = "inverse"
    variant = "same"
    seed = 0
    count = 10
"""

EVERYTHING = """
    [[analyses]]
    name = "dictionary_metrics"
    recovery_problems = 2
    bootstrap = 20
    inputs.dictionary = {{ {words}, seed = [0, 1] }}
    [[analyses]]
    name = "dictionary_match"
    null_pairs = 1
    inputs.one = {{ {words}, seed = 0 }}
    inputs.other = {{ {words}, seed = 1 }}
    [[analyses]]
    name = "dictionary_causal"
    tested = 2
    walked = 2
    bootstrap = 20
    inputs.dictionary = {{ {words}, seed = 0 }}
    [[analyses]]
    name = "dictionary_map"
    with_umap = false
    inputs.dictionary = {{ {words}, seed = 0 }}
    [[analyses]]
    name = ["dictionary_features", "dictionary_codes", "atom_slice"]
    inputs.dictionary = {{ {words}, seed = 0 }}
"""


def _sweep(bench: Bench, name: str, body: str) -> Path:
    path = bench.folder / f"{name}.toml"
    path.write_text(textwrap.dedent(HEAD.format(name=name) + body))
    return path


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A store with everything about two small dictionaries."""
    bench = Bench(tmp_path_factory.mktemp("dictionaries"))
    sweep = _sweep(bench, "small", EVERYTHING.format(words=f"{SIZE}, steps = 60"))
    bench.run(sweep, "--workers", 2)
    return bench


def test_one_sweep_answers_everything_about_dictionaries(done: Bench) -> None:
    assert "0 problems" in done.call("verify", "--store", done.store).stdout
    status = done.call("status", "--store", done.store).stdout
    assert "0 failed units" in status
    assert "dictionary: 2 of 2 in 2 questions" in status
    with store.open(done.store) as s:
        metrics = s.sql("SELECT * FROM dictionary_metrics")
        assert len(metrics) == 2
        assert metrics["l0"].between(0.5, 8).all()
        assert (metrics["explained_variance_training"] > 0.5).all()  # 480 points: it overfits
        assert (metrics["explained_variance"] < metrics["explained_variance_training"]).all()
        assert (metrics["held_out_problems"] == 2).all()
        features = s.sql("SELECT count(*) AS n FROM dictionary_features__feature")
        assert features["n"].tolist() == [96]
        tested = s.sql("SELECT count(*) AS n FROM dictionary_causal__feature WHERE tested = 1")
        assert tested["n"].tolist() == [2]
        match = s.read("dictionary_match")
        assert 0 < float(match["null_pw_mcc"]) < float(match["pw_mcc"]) <= 1
        assert s.read("dictionary_codes").sizes["problem"] == 10
        assert s.read("atom_slice").sizes["problem"] == 10


def test_codes_are_those_of_the_stored_dictionary(done: Bench) -> None:
    with store.open(done.store) as s:
        info = next(q for q in s.questions("dictionary") if q.parameters["seed"] == 0)
        answer = s.read("dictionary", question=info.key)
        codes, x = s.read("dictionary_codes"), s.read("activations")["activation"].values
    dictionary = Dictionary.from_dataset(answer)
    f = dictionary.encode(x[3, 2]).numpy()
    for step, row in enumerate(f):
        kept = codes.isel(problem=3, level=2, step=step)
        there = kept["code_feature"].values
        there = there[there >= 0]
        assert set(there) == set(np.flatnonzero(row))
        np.testing.assert_allclose(kept["code_value"].values[: len(there)], row[there], rtol=1e-5)


def test_killed_training_resumes_to_the_same_bytes(done: Bench, tmp_path: Path) -> None:
    """And two variants that are trained at once, in one store, do not disturb each other."""
    body = '[[analyses]]\nname = "dictionary"\nvariant = "{v}"\n' + "\n".join(
        SIZE.replace("256", "32").split(", ")
    )
    runs = {
        v: body.format(v=v) + "\nsteps = 700\n" for v in ("topk", "matryoshka")
    }  # fmt: skip
    alone, together = Bench(tmp_path / "alone"), Bench(tmp_path / "together")
    for bench in (alone, together):  # what both read is there: only trainings are to be done
        shutil.copytree(done.store, bench.store)
    both = body.format(v="topk").replace('"topk"', '["topk", "matryoshka"]') + "\nsteps = 700\n"
    alone.run(_sweep(alone, "both", textwrap.indent(both, "    ")))
    sweeps = [_sweep(together, n, textwrap.indent(t, "    ")) for n, t in runs.items()]
    started = [together.start("run", s, "--store", together.store, "--workers", 1) for s in sweeps]
    saved = together.store / "unfinished"
    # A checkpoint is saved every 500 steps. The other of the two is killed wherever it is by then.
    wait_until(lambda: any(saved.rglob("*.ckpt")), 240)
    for process in started:
        end(process)
    for s in sweeps:
        together.run(s)
    found = {p.relative_to(alone.store): p.read_bytes() for p in alone.shards()}
    assert {p.relative_to(together.store): p.read_bytes() for p in together.shards()} == found
    trained = [
        path
        for path in alone.store.glob("results/dictionary/*/*.h5")
        if not (done.store / path.relative_to(alone.store)).exists()
    ]
    assert len(trained) == 2
    for path in trained:
        with xr.open_dataset(path) as answer:
            assert int(answer["steps_taken"]) == 700


def test_a_dictionary_leaves_and_comes_back_in_the_layout_of_saelens(
    done: Bench, tmp_path: Path
) -> None:
    with store.open(done.store) as s:
        info = s.questions("dictionary")[0]
        answer, x = s.read("dictionary", question=info.key), s.read("activations")["activation"]
    out = tmp_path / "an export"
    said = done.call("export-dictionary", info.key[:10], "--store", done.store, "--out", out)
    assert "topk, 96 atoms of 400 numbers, site gradient" in said.stdout
    ours, back = Dictionary.from_dataset(answer), dictionaries.load(out)
    rows = x.values[0].reshape(-1, 400)
    np.testing.assert_allclose(back.rebuild(rows), ours.rebuild(rows), atol=2e-4)
    np.testing.assert_allclose(back.encode(rows), ours.encode(rows), atol=2e-3)
    assert "the 8 largest" in done.call("show-dictionary", out).stdout
    assert json.loads((out / "cfg.json").read_text())["metadata"]["site"] == "gradient"

    again = done.call("export-dictionary", info.key, "--store", done.store, "--out", out, code=64)
    assert "target exists" in again.stderr
    other = done.call("export-dictionary", "f" * 24, "--store", done.store, "--out", out, code=64)
    assert "no such dictionary" in other.stderr
    none = done.call("export-dictionary", "", "--store", done.store, "--out", out, code=64)
    assert "several dictionaries fit" in none.stderr


@pytest.mark.parametrize("damage", ["cut", "garbage", "no config", "other shape"])
def test_a_broken_export_is_refused_in_one_line(done: Bench, tmp_path: Path, damage: str) -> None:
    with store.open(done.store) as s:
        key = s.questions("dictionary")[0].key
    out = tmp_path / "out"
    dictionaries.export(done.store, key, out)
    weights, config = out / "sae_weights.safetensors", out / "cfg.json"
    if damage == "cut":
        weights.write_bytes(weights.read_bytes()[:1000])
    elif damage == "garbage":
        weights.write_bytes(b"\0" * 4096)
    elif damage == "no config":
        config.unlink()
    else:
        config.write_text(config.read_text().replace('"d_sae": 96', '"d_sae": 97'))
    with pytest.raises(Refusal) as caught:
        dictionaries.load(out)
    assert "\n" not in str(caught.value)
