"""Units into elements: nothing lost, nothing waits for another element, times as asked for."""

import json
from pathlib import Path

import pytest
import store_cases
from test_precompute_plan import asked, upstream_units

from precompute.cluster.packing import START_SECONDS, Rate, pack, rates
from precompute.plan import plan
from precompute.plan.plan import Asked, Unit
from store import layout


def units_of(root: Path, count: int) -> list[Unit]:
    """Descents in blocks of 64, with spectra and two planes in blocks of 16."""
    descent = asked("descent", count)
    others = [asked("landscape_slice", count, descent, plane=p) for p in ("stiff", "soft")]
    return plan.missing_units(root, [descent, *others, asked("hessian_spectrum", count, descent)])


def known(units: list[Unit], seconds: float) -> dict[str, Rate]:
    return {u.asked.question.key: Rate(seconds, "told") for u in units}


@pytest.mark.parametrize("seconds", [0.0, 0.05, 2.0, 40.0, 5000.0])
def test_every_unit_is_in_one_element_with_all_it_reads(tmp_path: Path, seconds: float) -> None:
    units = units_of(tmp_path, 2000)
    elements = pack(units, known(units, seconds), workers=2, minutes=40)
    assert sorted(i for e in elements for i in e.units) == list(range(len(units)))
    home = {i: n for n, e in enumerate(elements) for i in e.units}
    for i, needs in enumerate(upstream_units(units)):
        assert {home[n] for n in needs} <= {home[i]}
    for element in elements:
        assert list(element.units) == sorted(element.units)  # the plan's order: early rows first
    firsts = [e.units[0] for e in elements]
    assert firsts == sorted(firsts)


@pytest.mark.parametrize("workers", [1, 4, 16])
@pytest.mark.parametrize("seconds", [0.05, 0.4, 2.0])
def test_elements_run_for_20_to_60_minutes(tmp_path: Path, seconds: float, workers: int) -> None:
    units = units_of(tmp_path, 100_000)
    elements = pack(units, known(units, seconds), workers, minutes=40)
    assert elements
    assert all(20 * 60 <= e.seconds <= 60 * 60 for e in elements)
    work = sum(seconds * (u.stop - u.start) for u in units)
    promised = sum(e.seconds - START_SECONDS for e in elements) * workers
    assert promised == pytest.approx(work, rel=0.001)


def test_little_work_is_one_element_and_no_work_none(tmp_path: Path) -> None:
    units = units_of(tmp_path, 100)
    assert len(pack(units, known(units, 0.01), workers=1, minutes=40)) == 1
    assert pack([], {}, workers=1, minutes=40) == []


def test_what_is_there_already_joins_nothing(tmp_path: Path) -> None:
    """Units that read an answer that is there need not stay together."""
    planes = [u for u in units_of(tmp_path, 640) if u.asked.question.analysis != "descent"]
    elements = pack(planes, known(planes, 10.0), workers=1, minutes=5)
    assert {len(e.units) for e in elements} == {1, 2}  # 160 s each, 280 s are wanted
    assert len(elements) == 69
    assert [i for e in elements for i in e.units] == list(range(len(planes)))


def test_rates_are_measured_where_they_can_be_and_guessed_aloud_elsewhere(tmp_path: Path) -> None:
    question = store_cases.question("descent")
    store_cases.fill(tmp_path, question)  # two blocks of four rows, .25 s each, on a CPU
    own = Asked(question, store_cases.PROBLEMS, store_cases.MODEL, 100, 0)
    like, strange = asked("descent", 100), asked("hessian_spectrum", 100, own)
    units = plan.missing_units(tmp_path, [own, like, strange])

    found = rates(tmp_path, units, "cpu")
    assert {a.question.key: found[a.question.key].seconds for a in (own, like)} == {
        own.question.key: 0.0625, like.question.key: 0.0625
    }  # fmt: skip
    assert found[own.question.key].source == "measured in this store, on cpu"
    assert "other questions of the analysis" in found[like.question.key].source
    assert "guess" in found[strange.question.key].source
    assert "another device than cuda" in rates(tmp_path, units, "cuda")[own.question.key].source

    for start, said in ((0, float("nan")), (4, "soon")):  # nobody's measurement
        side = layout.side_file(tmp_path, "descent", question.key, start, start + 4)
        record = json.loads(side.read_text())
        record["provenance"]["seconds"] = said
        side.write_text(json.dumps(record))
    assert "guess" in rates(tmp_path, units, "cpu")[own.question.key].source
