"""A rehearsal computes the small case of everything that is planned, beside the store."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from precompute_toys import Bench, in_this_process

from ired_interp_core import registry
from precompute.cluster import rehearsal
from precompute.plan.manifest import read_manifest, write_manifest
from precompute.plan.plan import Unit

SETS = """
[[analyses]]
name = "toy_whole"
steps = 5
problems = 7
{more}
[[analyses]]
name = "toy_after"
inputs.whole = {{ steps = 5, problems = 7 }}
[[analyses]]
name = "toy_pair"
problems = 7
inputs.far = {{ salt = 3 }}
"""


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    with in_this_process(Bench(tmp_path), monkeypatch) as found:
        yield found


def planned(bench: Bench, base: str = "", more: str = "") -> list[Unit]:
    """The units of a sweep with answers of sets, in whose folder of rehearsal a manifest lies."""
    sweep = bench.sweep(8, base=base, more=SETS.format(more=more))
    out = bench.folder / "one" / rehearsal.MANIFEST
    out.parent.mkdir()
    bench.call("plan", sweep, "--store", bench.store, "--out", out)
    return list(read_manifest(out).units)


def said(bench: Bench) -> list[dict[str, object]]:
    """What a rehearsal of the manifest says."""
    lines = io.StringIO()
    rehearsal.rehearse(bench.folder / "one", "cpu", lines)
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_an_answer_of_a_set_is_asked_in_its_small_case_and_so_is_what_reads_it(
    bench: Bench,
) -> None:
    units = planned(bench)
    before = sorted(bench.store.rglob("*"))
    words = said(bench)
    done = {(s["analysis"], s["of"]) for s in words if s["state"] == "done"}
    assert ("toy_whole", "a set of 3 problems") in done
    assert ("toy_after", "problem 0") in done
    assert ("toy_base", "problems 1–2") in done  # what the set reads beside the first problem
    (left,) = [s for s in words if s["state"] == "not tried"]
    assert (left["analysis"], left["why"]) == (
        "toy_pair", "it reads a whole set, and declares no small case"
    )  # fmt: skip
    good, line = rehearsal.verdict(words, Path("/"))
    assert good
    assert "toy_whole" in line
    assert "not tried: toy_pair (it reads a whole set" in line

    small = rehearsal.shrunk({u.key: u.asked for u in units})
    whole, after = (
        next(u for u in units if u.asked.question.analysis == name)
        for name in ("toy_whole", "toy_after")
    )
    asked = small[whole.key].question
    assert (asked.parameters["problems"], asked.parameters["steps"]) == (3, 2)
    assert small[after.key].question.inputs["whole"] == asked.key
    bases = {u.key for u in units if u.asked.question.analysis == "toy_base"}
    assert all(small[key].question.key == key for key in bases)  # those of blocks stay as they are
    assert sorted(bench.store.rglob("*")) == before  # the store stays as it is


def test_a_set_that_fails_is_named_with_its_size(bench: Bench) -> None:
    planned(bench, base="fail_at = 2")
    good, line = rehearsal.verdict(said(bench), Path("/"))
    assert good, line  # this sweep asks toy_whole about a toy_base that does not fail
    manifest = bench.folder / "one" / rehearsal.MANIFEST
    content = read_manifest(manifest)
    whole = next(u for u in content.units if u.asked.question.analysis == "toy_whole")
    failing = next(
        u for u in content.units if u.asked.question.parameters.get("fail_at") == 2
    ).asked.question.key
    question = registry.get("toy_whole").question(
        {"base": failing}, dict(whole.asked.question.parameters)
    )
    units = [u for u in content.units if u.key == failing]
    units += [Unit(replace(whole.asked, question=question), 0, 1)]
    write_manifest(manifest, content.root, "rehearsal", content.models, units)
    words = said(bench)
    failed = [s for s in words if s["state"] == "failed"]
    assert [(s["analysis"], s["of"]) for s in failed] == [("toy_base", "problems 1–2")]
    good, line = rehearsal.verdict(words, Path("/"))
    assert not good
    assert "toy_base fails on problems 1–2: ArithmeticError: toy fails here" in line


def test_a_small_case_that_is_too_small_is_no_failure(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned(bench)

    def refuse(*_: object) -> None:
        raise rehearsal.Refusal("too few problems", came=3)

    spec = registry.get("toy_whole")
    with monkeypatch.context() as patch:
        patch.setitem(registry._ANALYSES, "toy_whole", replace(spec, compute=refuse))
        good, line = rehearsal.verdict(said(bench), Path("/"))
    assert good
    assert "toy_whole (its small case is too small: too few problems" in line


def test_every_analysis_of_a_set_declares_a_small_case() -> None:
    sets = [a for a in registry.analyses().values() if a.scope == "set"]
    assert len(sets) > 8
    assert [a.name for a in sets if not a.small] == []
    for analysis in sets:
        assert analysis.small[registry.RANGE] <= 10
