"""The analysis `probes` on planted properties, and what must not change its numbers."""

import numpy as np
import probe_cases as cases
import pytest
from threadpoolctl import threadpool_limits

from ired_interp_core.desk import Desk
from ired_interp_core.errors import Paused, Refusal
from ired_interp_core.probing import study
from ired_interp_core.probing.classes import Classified
from ired_interp_core.probing.names import BEST, VERDICTS

COUNT = 320
PLANTED = {"level": cases.LEVEL, "input": "h2"}


@pytest.fixture(scope="module")
def energy():
    return cases.model()


@pytest.fixture(scope="module")
def up(energy):
    return cases.planted(cases.upstream(energy, COUNT))


@pytest.fixture(scope="module")
def found(energy, up):
    return cases.run(energy, up)


def verdict(cell) -> str:
    return VERDICTS[int(cell["verdict"])]


def test_a_planted_property_is_read_at_its_layer_and_in_no_control(found):
    for name in ("trace", "log_abs_det"):
        here = found.sel(property=name, **PLANTED)
        assert here["score"] > 0.99
        assert here["score_low"] > 0.98
        assert (here["control_score"] < 0.05).all()
        assert here["gain_low"] > 0.9
        assert here["bits"] < 0.7 * here["bits_constant"] < 0.7 * here["bits_uniform"]
        assert here["selectivity"] > 0.6  # a table over signs of x is read in part
        elsewhere = found.sel(property=name).stack(cell=("input", "level"))
        other = [c for c in elsewhere.cell.values if c != ("h2", cases.LEVEL)]
        rest = elsewhere.sel(cell=other)
        assert (rest["score"] < 0.05).all()
        assert not np.isin(rest["verdict"], [4, 5, 6]).any()
        assert (rest["bits"] > 0.97 * rest["bits_constant"]).all()


def test_noise_is_read_nowhere_and_shuffles_pass_no_rule(found):
    noise = found.sel(property="answer_norm")
    assert (noise["score"] < 0.05).all()
    assert set(np.unique(noise["verdict"])) <= {0, 1, 3}
    assert int(found["shuffled_verdict"].sum()) == int(found["shuffled_cells_pass"]) == 0


def test_what_is_read_by_nothing_is_not_used_and_what_is_moves_the_answer(found):
    used, unused = (found.sel(property=p, **PLANTED) for p in ("trace", "log_abs_det"))
    assert verdict(used) == "used"
    assert used["use_gain_low"] > 0
    assert used["use_shift"] > used["use_limit"] > 0
    assert used["use_low"] < used["use_shift"] < used["use_high"]
    assert verdict(unused) == "not_used"
    assert unused["use_shift"] < unused["use_limit"]
    assert (unused["use_random"] > 0).all()
    for cell in (used, unused):
        assert cell["use_left"] < 0.05
    assert found["cells_tested"] >= 2


def test_counts_are_those_of_the_verdicts(found):
    words = np.array(VERDICTS)[found["verdict"].values]
    for name in ("used", "not_used", "no_better", "use_not_tested", "not_decided"):
        assert int(found[f"cells_{name}"]) == (words == name).sum(), name
    none = np.isin(words, ["control", "constant", "given_by_level"])
    assert int(found["cells"]) == (~none).sum()
    assert int(found["cells_decodable"]) == int((found["gain_low"].sel(
        property=[p for p in found.property.values if p != "level"],
        input=["h1", "h2", "h3", "gradient"],
    ) > 0.05).sum())  # fmt: skip
    assert (words[:, :2][words[:, :2] != "constant"] != "use_not_tested").all()


def test_a_constant_property_has_no_score_and_the_level_no_verdict(found):
    defect = found.sel(property="symmetry_defect")
    assert (np.array(VERDICTS)[defect["verdict"].values] == "constant").all()
    assert np.isnan(defect["score"]).all()
    level = found.sel(property="level")
    assert (np.array(VERDICTS)[level["verdict"].values] == "given_by_level").all()
    assert level.sel(input="h3", level=0)["score"] > 0.85
    assert (abs(level.sel(input="x")["score"]) < 1e-9).all()
    assert int(found["left_out"]) == 0


def test_scores_are_those_of_the_exported_predictions(found):
    fold = found["fold"].values[0]
    for name in ("trace", "problem_norm", "error"):
        y = found["true"].sel(property=name).values
        mean = np.array([y[fold != k].mean() for k in range(5)])[fold]
        for kind in ("x", "h2", "gradient"):
            cell = found.sel(property=name, input=kind, level=cases.LEVEL)
            miss = np.square(y - cell["predicted"].values.astype("f8")).sum()
            assert cell["score"] == pytest.approx(1 - miss / np.square(y - mean).sum(), abs=1e-5)
            assert cell["learning_score"][-1] == cell["score"]
            assert cell["learning_train"][-1] == cell["train_score"]
            best = BEST[int(cell["best_control"])]
            if kind != "x":
                control = cell["control_score"].sel(control=best)
                assert control == cell["control_score"].max()
                assert cell["gain"] == pytest.approx(float(cell["score"] - control), abs=1e-12)
                assert cell["learning_control"][-1] == pytest.approx(float(control), abs=1e-12)
    assert found["learning_size"].values.tolist() == [16, 32, 64, 128, 256]


def test_directions_are_unit_readouts_in_the_frame_of_the_layer(found):
    w = found["layer_direction"].sel(property="trace", layer="h2", level=cases.LEVEL)
    assert np.linalg.norm(w) == pytest.approx(1, abs=1e-6)
    assert w[cases.USED] > 0.99
    g = found["gradient_direction"].sel(property="problem_norm", level=0)
    assert np.linalg.norm(g) == pytest.approx(1, abs=1e-6)
    assert np.isnan(found["layer_direction"].sel(property="level")).all()


SAME = ("score", "gain_low", "control_score", "verdict", "use_shift", "use_left", "bits",
        "learning_score", "harder_score", "shuffled_verdict")  # fmt: skip


class Stops(Desk):
    """Leaves after a while, and goes on from what it kept."""

    def __init__(self, after: int) -> None:
        self.left, self.kept = after, None

    def load(self):
        return self.kept

    def save(self, content):
        self.kept = content
        self.left -= 1

    def pause(self):
        return self.left <= 0


def test_resumed_or_with_two_threads_the_numbers_are_identical(energy, up):
    some, few = cases.taken(up, np.arange(80)), {"use_problems": 16, "use_cells": 2}
    whole = cases.run(energy, some, **few)
    assert whole["cells_tested"] == 2
    desk = Stops(4)
    with pytest.raises(Paused):
        cases.run(energy, some, desk, **few)
    desk.left = 8  # six levels, the levels together, one test of use
    with pytest.raises(Paused):
        cases.run(energy, some, desk, **few)
    desk.left = 100
    with threadpool_limits(limits=2):
        again = cases.run(energy, some, desk, **few)
    assert again.identical(whole)
    desk.kept, desk.left = b"no checkpoint", 1
    with pytest.raises(Paused):
        cases.run(energy, some, desk, **few)


def test_the_order_of_problems_changes_no_number(energy, up):
    some = cases.taken(up, np.arange(60))
    order = np.random.default_rng(0).permutation(60)
    one, other = (
        cases.run(energy, cases.taken(some, rows), use_cells=0) for rows in (np.arange(60), order)
    )
    for name in SAME:
        np.testing.assert_array_equal(one[name], other[name], name)
    np.testing.assert_array_equal(one["fold"].values[:, order], other["fold"])
    np.testing.assert_array_equal(one["predicted"].values[..., order], other["predicted"])


def test_copies_of_problems_change_no_score(energy, up):
    rows = np.arange(60)
    one = cases.run(energy, cases.taken(up, rows), use_cells=0)
    twice = cases.run(energy, cases.taken(up, np.tile(rows, 2)), use_cells=0)
    fold = twice["fold"].values
    np.testing.assert_array_equal(fold[:, :60], fold[:, 60:])
    for name in ("score", "gain", "gain_low", "control_score", "bits", "learning_score"):
        np.testing.assert_allclose(one[name], twice[name], rtol=1e-6, atol=1e-6, err_msg=name)


def test_diverged_problems_are_left_out_and_counted(energy, up):
    def diverge(answer):
        answer["state_energy"][7, :, 3] = np.nan
        answer["layer_state"][7, :, :, 3] = np.nan
        return answer

    broken = {**up, "states": cases.changed(up["states"], diverge)}
    some = cases.taken(broken, np.arange(40))
    result = cases.run(energy, some, use_cells=0)
    assert (int(result["probed_count"]), int(result["left_out"])) == (39, 1)
    assert 7 not in result["measured"].values
    assert np.isfinite(result["score"].sel(property="trace")).all()


def test_without_an_untrained_network_nothing_is_called_decodable(energy, up):
    def trained(answer):
        return answer.sel(network=["trained"])

    kept = cases.changed(up["states"], trained)
    alone = {**kept.question.parameters, "networks": "trained"}
    kept.question = type(kept.question)("layer_states", 1, alone, kept.question.inputs)
    result = cases.run(energy, cases.taken({**up, "states": kept}, np.arange(60)))
    assert not np.isin(result["verdict"], [4, 5, 6]).any()
    assert np.isnan(result["control_score"].sel(control="untrained")).all()
    assert verdict(result.sel(property="trace", **PLANTED)) == "not_decided"


def test_transfer_and_codes_are_read_where_their_roles_are_filled(energy):
    up = cases.upstream(energy, 40, harder=True, dictionary=True)
    result = cases.run(energy, up, use_cells=0)
    assert result["input"].values.tolist()[-1] == "codes"
    there = result["harder_score"].sel(property="trace", input=["x", "xy", "h1"])
    assert np.isfinite(there).all()
    assert result["feature_gain"].dims == ("property", "level", "feature")
    known = result.sel(input="codes", property="trace")
    assert np.isfinite(known["score"]).all()
    assert np.isfinite(known["control_score"]).all()
    cell = result.sel(property="trace", input="h1", level=2)
    best = BEST[int(cell["best_control"])]
    if best in ("x", "xy"):
        same = result["harder_score"].sel(property="trace", input=best, level=2)
        assert cell["harder_control"] == pytest.approx(float(same), abs=1e-12)
    with pytest.raises(Refusal, match="go together"):
        cases.run(energy, up, codes=False)
    del up["harder_properties"]
    with pytest.raises(Refusal, match="transfer needs"):
        cases.run(energy, up)


def test_probes_of_a_harder_set_that_is_the_same_score_the_same(energy, up):
    some = cases.taken(up, np.arange(80))
    same = {**some, "harder": some["states"], "harder_properties": some["properties"]}
    result = cases.run(energy, same, use_cells=0)
    for name in ("trace", "problem_norm"):
        cell = result.sel(property=name, input="h2", level=cases.LEVEL)
        y = result["true"].sel(property=name).values
        miss = np.square(y - cell["predicted"].values.astype("f8")).sum()
        known = 1 - miss / np.square(y - y.mean()).sum()
        assert cell["harder_score"] == pytest.approx(known, abs=1e-5)


def test_too_few_problems_are_refused(energy, up):
    with pytest.raises(Refusal, match="too few problems"):
        cases.run(energy, cases.taken(up, np.arange(9)))


def test_classes_are_there_where_they_are_asked(energy, up, monkeypatch):
    rng = np.random.default_rng(0)

    def quick(plan, x, control, check):
        shape = (plan.properties, len(x))
        return Classified(rng.random(shape), *np.full((3, plan.properties), 0.5))

    monkeypatch.setattr(study, "classified", quick)
    result = cases.run(energy, cases.taken(up, np.arange(40)), use_cells=0, classes=True)
    assert np.isfinite(result["class_auroc"].sel(property="trace")).all()
    assert np.isnan(result["class_auroc"].sel(property=["symmetry_defect", "level"])).all()
    assert (result["class_bits"].sel(property="error") == 0.5).all()
