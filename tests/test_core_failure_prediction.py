"""The analysis `failure_prediction` on planted signs, on noise, and with few failures."""

import itertools
from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
import xarray as xr
from answers import Kept
from cases import small
from dictionary_records import dictionary
from dictionary_records import question as asked_of

from ired_interp_core import registry, tasks
from ired_interp_core.desk import Desk
from ired_interp_core.errors import Paused, Refusal
from ired_interp_core.failure import (
    causal,
    declared,
    measured,
    pooled,
    resampling,
    scores,
    versus,
)
from ired_interp_core.failure import nested as nested_module
from ired_interp_core.failure.names import CONFOUNDS, DESIGNS
from ired_interp_core.inference import anneal
from ired_interp_core.probing.names import INPUTS
from ired_interp_core.probing.reading import Codes
from ired_interp_core.records import Block, Gathered, ProblemSet

COUNT = 96
SMALL = {
    "share": 0.25, "points": "before", "folds": 3, "components": 16, "trees": 3, "splits": 2,
    "top": 8, "zeroed": 8, "walked": 16, "random_sets": 2, "permutations": 40, "bootstrap": 60,
    "concatenated": 60, "level": 5, "problems": COUNT,
}  # fmt: skip
PLANTED = {"layer": "h2", "level": 5, "step": -1, "unit": 3}


SET = ProblemSet("inverse", "same", 3, 0)


def upstream(problems=SET, count=COUNT):
    """Answers of the roles, as a store would hand them over."""
    model = small()
    p = tasks.problems(problems.task, count, problems.seed, size=problems.size)
    block, found = Block(problems, 0, p.x, p.y, {"model": model}), {}
    asked = {
        "properties": ("problem_properties", {}), "descent": ("descent", {"polish_iterations": 0}),
        "states": ("layer_states", {"points": "all", "networks": "trained"}),
    }  # fmt: skip
    for role, (name, given) in asked.items():
        spec = registry.get(name)
        question = spec.question(dict.fromkeys(spec.inputs, problems.digest), given)
        read = {"descent": found["descent"].answer} if role == "states" else {}
        answer = spec.run(Block(problems, 0, p.x, p.y, block.models, read), question.parameters)
        found[role] = Kept(question, answer)
    return model, problems, found


@pytest.fixture(scope="module")
def world():
    return upstream()


def failing(found, share=0.25):
    """The worst problems, as a loop finds them."""
    error = found["descent"].answer["mse_final"].values
    return error > sorted(error)[int((len(error) - 1) * (1 - share))]


def planted(found, at=PLANTED, by=4.0):
    """States in which one unit tells failures at one point."""
    states = found["states"].answer.copy(deep=True)
    at = {d: v for d, v in at.items() if d != "unit"} | {"network": "trained"}
    values = states["layer_state"].sel(at).values  # a view
    column = values[:, PLANTED["unit"]]
    column += by * column.std() * failing(found)
    return found | {"states": Kept(found["states"].question, states)}


def blank(found):
    """States and signs that know nothing."""
    rng, states = np.random.default_rng(0), found["states"].answer.copy(deep=True)
    for name in ("layer_state", "state_gradient", "state", "state_energy"):
        states[name].values[:] = rng.normal(size=states[name].shape)
    known, walk = (found[r].answer.copy(deep=True) for r in ("properties", "descent"))
    for name in tasks.PROPERTIES:
        known[name].values[:] = rng.normal(size=COUNT)
    for name in ("accepted_share", "step_clamped", "energy_answer"):
        walk[name].values[:] = rng.normal(size=walk[name].shape)
    new = {"states": states, "properties": known, "descent": walk}
    return found | {role: Kept(found[role].question, answer) for role, answer in new.items()}


def predict(world, found=None, desk=None, **more):
    model, problems, known = world
    given = {**{n: p.default for n, p in registry.get("failure_prediction").parameters.items()},
             **SMALL, **more}  # fmt: skip
    gathered = Gathered(
        problems, given["problems"], {"model": model}, known if found is None else found,
        desk or Desk(),
    )  # fmt: skip
    return registry.get("failure_prediction").run(gathered, given)


@pytest.fixture(scope="module")
def answer(world):
    return predict(world, planted(blank(world[2])))


# ------------------------------------------------------------------------------ what is found


def test_a_planted_sign_is_found_where_it_lies_and_nowhere_else(world, answer):
    assert answer["failures"] == failing(world[2]).sum() == 24
    assert answer["failed"].values.tolist() == failing(world[2]).astype(int).tolist()
    area = answer["input_auroc"].sel(step=-1)
    assert area.sel(input="h2", level=5) > 0.9
    noise = area.sel(input=["h1", "h2", "h3", "gradient"]).values.copy()
    noise[1, 5] = np.nan
    low = answer["input_auroc_low"].sel(step=-1, input=["h1", "h2", "h3", "gradient"]).values
    high = answer["input_auroc_high"].sel(step=-1, input=["h1", "h2", "h3", "gradient"]).values
    rest = np.isfinite(noise)
    assert ((low <= 0.5) & (high >= 0.5))[rest].mean() > 0.9
    assert np.nanmax(noise) < 0.8
    assert (answer["chosen_input"].sel(level=5) == 1 + INPUTS.index("h2")).all()
    early = answer["early"].sel(curve="activations", step=-1)
    assert early.sel(level=5) == area.sel(input="h2", level=5)
    gain = answer["early_gain_low"].sel(curve="activations", step=-1)
    assert gain.sel(level=5) > 0
    assert (answer["top_input"][0], answer["top_level"][0]) == (1 + INPUTS.index("h2"), 5)
    assert (answer["top_step"][0], answer["top_unit"][0]) == (-1, 3)
    assert answer["top_d_low"][0] > 1
    assert answer["top_p"][0] < 1e-3
    assert answer["largest_d"] > answer["largest_d_null"]
    # The others were the strongest of a thousand noise features where they were chosen.
    assert np.abs(answer["top_chosen_d"][1:]).min() > 0.5
    assert (np.abs(answer["top_d"][1:]) < np.abs(answer["top_chosen_d"][1:])).mean() > 0.8
    assert answer["hot_count"].sum() == 8
    assert answer["hot_count"].sel(input="h2", level=5, step=-1) >= 1
    assert answer["hot_again"].sel(input="h2", level=5, step=-1) == 1
    np.testing.assert_allclose(answer["hot_count_input"].sum(), 8)
    np.testing.assert_allclose(answer["hot_expected_input"].sum(), 8)
    np.testing.assert_allclose(answer["hot_expected"].sum(), 8)


def test_numbers_are_those_of_the_level_that_was_asked_for(answer):
    at = {"estimator": "logistic", "level": 5}
    both = answer["auroc"].sel(design="confounds_activations", **at)
    alone = answer["auroc"].sel(design="confounds", **at)
    assert answer["auroc_both"] == both
    assert 0.2 < answer["auroc_shuffled"] < 0.8
    assert answer["gain"] == pytest.approx(float(both - alone))
    assert answer["gain_low"] > 0
    assert answer["gain_low"] < answer["gain"] < answer["gain_high"]
    assert answer["earliest_level"] == 5
    increment = answer["increment"].sel(design="confounds_activations", **at)
    assert increment == answer["gain"]
    assert np.isnan(answer["auroc"].sel(design="codes")).all()
    assert "codes" not in answer["input"].values


def test_exported_predictions_give_what_is_shown(answer):
    failed, fold = answer["failed"].values == 1, answer["fold"].values[0]
    shown = 0
    for design in ("confounds", "activations", "confounds_activations"):
        for estimator in ("logistic", "boosting"):
            for level in (0, 5, 9):
                at = {"design": design, "estimator": estimator, "level": level}
                p = answer["probability"].sel(at).values
                one = answer.sel(at)
                area = float(one["auroc"])
                assert scores.fold_auroc(failed, p, fold) == pytest.approx(area, abs=1e-12)
                assert scores.brier(failed, p.astype("f8")) == pytest.approx(float(one["brier"]))
                assert abs(p.mean() - failed.mean()) < 0.04 or estimator == "boosting"
                rate = np.array([failed[fold != f].mean() for f in range(3)])[fold]
                found = scores.confusion(failed, p > rate * (1 + 1e-6))
                for name in ("hits", "missed", "alarms", "passed", "recall", "precision"):
                    known, told = float(getattr(found, name)), float(one[name])
                    assert told == known or (np.isnan(told) and np.isnan(known))
                parts = [float(one[n]) for n in ("brier", "miscalibration", "discrimination")]
                whole = parts[1] - parts[2] + float(answer["uncertainty"])
                assert parts[0] == pytest.approx(whole)
                area = np.trapezoid(one["roc_recall"], answer["alarm"])
                assert area == pytest.approx(float(one["auroc"]), abs=0.03)
                shown += 1
    assert shown == 18


def test_the_learning_curve_ends_in_the_headline(answer):
    assert answer["learning_auroc"][-1] == answer["auroc_activations"]
    assert answer["learning_confounds"][-1] == answer["auroc_confounds"]
    at = {"design": "activations", "estimator": "logistic", "level": 5}
    assert answer["learning_balanced"][-1] == answer["balanced_accuracy"].sel(at)
    assert answer["learning_size"].values[-1] == COUNT * 2 / 3
    assert (np.diff(answer["learning_size"]) > 0).all()
    assert np.isnan(answer["learning_auroc"][0]) or 0 <= answer["learning_auroc"][0] <= 1


def test_a_part_of_the_problems_holds_smaller_ones_and_every_kind():
    failed = np.arange(120) < 30
    setting = nested_module.Setting(failed, np.arange(120) % 5)
    parts = [versus.part_of(setting, np.arange(120), s, 0) for s in (0.125, 0.25, 0.5, 1.0)]
    for less, more in itertools.pairwise(parts):
        assert not (less & ~more).any()
    assert parts[-1].all()
    assert (parts[1] & failed).sum() == 10  # two of six in every fold


def test_predictions_that_are_equal_differ_by_nothing_at_all(answer):
    failed, fold = answer["failed"].values == 1, answer["fold"].values[0]
    setting = nested_module.Setting(failed, fold)
    weights = resampling.draws(failed, fold, np.arange(COUNT), np.random.default_rng(0), 50)
    p = answer["probability"].sel(design="confounds", estimator="logistic", level=3).values
    nothing = np.full(3, np.nan)
    one = measured.score(nested_module.Foreseen(p, nothing, nothing, nothing), setting, weights)
    bent = nested_module.Foreseen(p**3, nothing, nothing, nothing)  # the same order
    assert one.over(measured.score(bent, setting, weights))[:3] == (0.0, 0.0, 0.0)


# ------------------------------------------------------------------------------ what may not matter


def test_what_comes_later_is_in_no_prediction(world):
    found = planted(blank(world[2]))
    whole = predict(world, found, zeroed=0)
    rng = np.random.default_rng(1)
    late = {role: Kept(k.question, k.answer.copy(deep=True)) for role, k in found.items()}
    states = late["states"].answer
    for name in ("layer_state", "state_gradient", "state", "state_energy"):
        array = states[name]
        for level in range(10):
            steps = slice(0, None) if level == 5 else slice(None)
            if level <= 5:
                part = array.sel(level=level).sel(step=steps)
                part.values[:] = rng.normal(size=part.shape)
    walk = late["descent"].answer
    for name in ("accepted_share", "energy_answer"):
        walk[name].loc[{"level": slice(1, 5)}] = rng.normal(size=(COUNT, 5))
    walk["step_clamped"].loc[{"level": slice(0, 5)}] = 0.5
    walk["accepted_share"].loc[{"level": 0}] = 0.25
    again = predict(world, late, zeroed=0)
    for level in range(5, 10):
        at = {"level": level}
        for name in ("probability", "auroc", "chosen_input"):
            np.testing.assert_array_equal(whole[name].sel(at), again[name].sel(at))
        for curve in ("activations", "confounds_by_then"):
            here = {**at, "step": -1, "curve": curve}
            np.testing.assert_array_equal(whole["early"].sel(here), again["early"].sel(here))
    at = {"design": "activations", "estimator": "logistic", "level": 3}
    assert not np.array_equal(whole["probability"].sel(at), again["probability"].sel(at))
    end = {"curve": "confounds_at_end", "level": 9, "step": -1}
    assert whole["early"].sel(end) != again["early"].sel(end)


def test_the_order_of_the_problems_changes_nothing(world, answer):
    found, order = planted(blank(world[2])), np.random.default_rng(2).permutation(COUNT)
    turned = {
        role: Kept(k.question, k.answer.isel(problem=order).assign_coords(problem=range(COUNT)))
        for role, k in found.items()
    }
    again = predict(world, turned, zeroed=0)
    for name in answer.data_vars:
        # Whether a walk fails hangs on its starting noise, which belongs to the index.
        if name.startswith(("walked", "random", "rate_")):
            continue
        known = answer[name]
        if "measured" in known.dims:
            known = known.isel(measured=order)
        np.testing.assert_array_equal(again[name].values, known.values, err_msg=name)


def test_copies_of_a_problem_are_on_one_side_in_every_split(world):
    twice = np.r_[np.arange(48), np.arange(48)]
    found = {
        role: Kept(k.question, k.answer.isel(problem=twice).assign_coords(problem=range(COUNT)))
        for role, k in planted(world[2]).items()
    }
    answer = predict(world, found, zeroed=0)
    fold = answer["fold"].values
    np.testing.assert_array_equal(fold[:, :48], fold[:, 48:])
    np.testing.assert_array_equal(answer["chosen_on"][:48].values, answer["chosen_on"][48:].values)
    assert (fold[0] != fold[1]).any()
    # A copy in training would give noise away.
    assert answer["input_auroc"].sel(input="h1", level=0, step=-1) < 0.95


@dataclass
class Shelf(Desk):
    """A desk in memory that tells the work to leave at its n-th question."""

    leave_at: int = -1
    content: bytes | None = None
    asked: int = 0
    shares: list[float] = field(default_factory=list)

    def report(self, share, words):
        assert words
        self.shares.append(share)

    def load(self):
        return self.content

    def save(self, content):
        self.content = content

    def pause(self):
        self.asked += 1
        return self.asked == self.leave_at


def test_work_that_is_left_and_resumed_gives_the_same_bits(world, answer):
    shelf = Shelf(leave_at=35)
    with pytest.raises(Paused):
        predict(world, planted(blank(world[2])), shelf)
    shelf.asked, shelf.leave_at = 0, 40
    with pytest.raises(Paused):
        predict(world, planted(blank(world[2])), shelf)
    again = predict(world, planted(blank(world[2])), Shelf(content=shelf.content))
    assert again.identical(answer)
    assert 0 < max(shelf.shares) < 1


# ------------------------------------------------------------------------------ few failures


@pytest.mark.parametrize(("share", "failures"), [(0.0, 0), (0.01, 1), (0.03, 3)])
def test_too_few_failures_have_no_auroc_and_the_rest_stands(world, share, failures):
    found = predict(world, share=share, folds=5)
    assert found["failures"] == failures
    for name in ("auroc", "early", "input_auroc", "learning_auroc", "gain", "split_auroc"):
        assert np.isnan(found[name]).all(), name
    for name in ("rule_value", "error_ratio", "confound", "rule_baseline"):
        assert np.isfinite(found[name]).all(), name
    assert found["failed"].sum() == failures
    assert found["base_rate"] == failures / COUNT


def test_every_problem_fails_by_some_rules(world):
    found = predict(world, rule="baseline", baseline="zero", folds=3)
    known = world[2]["properties"].answer
    ratio = world[2]["descent"].answer["mse_final"] / known["baseline_mse"].sel(baseline="zero")
    np.testing.assert_allclose(found["error_ratio"], ratio)
    assert found["failures"] == (ratio > 1).sum()
    assert found["rule_threshold"] == 1
    wrong = predict(world, rule="prefers_wrong", zeroed=0)
    walk = world[2]["descent"].answer.sel(level=0)
    assert wrong["failures"] == (walk["energy_answer"] < walk["energy_truth"]).sum()


def test_unusable_questions_are_refused(world):
    with pytest.raises(Refusal, match="no such trivial predictor"):
        predict(world, baseline="copy_observed")
    found = dict(world[2])
    spec = registry.get("layer_states")
    ends = spec.question(found["states"].question.inputs, {"points": "ends"})
    found["states"] = Kept(ends, found["states"].answer)
    with pytest.raises(Refusal, match="all visited points"):
        predict(world, found)


def test_a_walk_that_diverged_is_a_failure_and_spoils_no_number(world):
    found = {
        role: Kept(k.question, k.answer.copy(deep=True)) for role, k in planted(world[2]).items()
    }
    found["descent"].answer["mse_final"].values[7] = np.nan
    for name in ("layer_state", "state_gradient", "state", "state_energy"):
        found["states"].answer[name].values[7] = np.nan
    answer = predict(world, found, zeroed=0)
    assert answer["failed"].sel(measured=7) == 1
    assert answer["rule_value"].sel(measured=7) == np.inf
    assert np.isfinite(answer["auroc"].sel(design="activations")).all()
    assert np.isfinite(answer["largest_d"])
    assert answer["top_d"].notnull().all()


# ------------------------------------------------------------------------------ other inputs


def test_a_dictionary_spectra_and_other_starts_are_used_where_they_are_there(world):
    found, rng = planted(world[2], by=6.0), np.random.default_rng(3)
    atoms = np.eye(16)[:, :16]
    asked = asked_of("activations", {"site": "h2", "highest_level": 6})
    learned = dictionary(np.concatenate([atoms, -atoms]), variant="relu")
    problem = {"problem": np.arange(COUNT)}
    found |= {
        "dictionary": Kept(registry.question_of(learned), learned),
        "activations": Kept(asked, xr.Dataset()),
        "spectrum": Kept(
            asked_of("hessian_spectrum"),
            xr.Dataset(
                {"smallest_eigenvalue": (("problem", "level", "place"),
                                         rng.normal(size=(COUNT, 10, 1)))},
                {**problem, "level": np.arange(10), "place": ["answer"]},
            ),
        ),
        "starts": Kept(
            asked_of("many_starts"),
            xr.Dataset({n: ("problem", rng.normal(size=COUNT)) for n in ("furthest", "ends")},
                       problem),
        ),
    }  # fmt: skip
    answer = predict(world, found)
    codes = answer["input_auroc"].sel(input="codes", step=-1)
    assert codes.sel(level=5) > 0.85
    assert np.isnan(codes.sel(level=[7, 8, 9])).all()
    assert np.isfinite(answer["auroc"].sel(design=["codes", "confounds_codes"], level=5)).all()
    assert np.isfinite(answer["rival_difference"]).all()
    assert np.isfinite(answer["early"].sel(curve="codes", level=5, step=-1))
    assert set(answer["sign"].values) >= {"smallest_eigenvalue", "start_spread", "start_ends"}
    assert set(answer["sign"].values) <= set(CONFOUNDS)
    np.testing.assert_allclose(
        answer["confound"].sel(sign="start_spread"), found["starts"].answer["furthest"], rtol=1e-6
    )


def test_confounds_are_those_that_are_named(world):
    found = predict(world, zeroed=0)
    known, walk = world[2]["properties"].answer, world[2]["descent"].answer
    signs = found["confound"]
    np.testing.assert_allclose(signs.sel(sign="trace"), known["trace"], rtol=1e-5)
    states = world[2]["states"].answer.sel(level=0, step=5)
    energy = states["state_energy"].sel(network="trained")
    np.testing.assert_allclose(signs.sel(sign="energy"), energy, rtol=1e-5)
    size = np.sqrt((states["state"] ** 2).sum(("row", "col")))
    np.testing.assert_allclose(signs.sel(sign="state_norm"), size, rtol=1e-5)
    steep = np.sqrt((states["state_gradient"].sel(network="trained") ** 2).sum(("row", "col")))
    np.testing.assert_allclose(signs.sel(sign="gradient_norm"), steep, rtol=1e-5)
    ends = walk["energy_answer"].sel(level=0)
    np.testing.assert_allclose(signs.sel(sign="energy_ends"), ends, rtol=1e-5)
    # Of inverse it is rounding, and of another task.
    assert not {"symmetry_defect", "observed_share"} & set(signs["sign"].values)


# ------------------------------------------------------------------------------ walks


def test_zeroing_nothing_is_the_sampler_and_zeroing_is_what_it_says(world):
    model = world[0]
    p = tasks.problems("inverse", 6, 0, size=3)
    x, y = torch.from_numpy(p.x.astype("f4")), torch.from_numpy(p.y.astype("f4"))
    plain = anneal(model, x, y)
    same = anneal(causal.Zeroed(model, {}, None), x, y)
    assert torch.equal(plain.answer, same.answer)

    class Slow(causal.Zeroed):
        """Counts where it is asked, and edits by hand."""

        def __init__(self):
            super().__init__(model, {}, None)
            self.seen = []

        def official_energy_and_gradient(self, x, y, t):
            step = sum(1 for s in self.seen if s == t) - 1
            self.seen.append(t)

            def edit(layer, h):
                h = h.clone()
                if (layer, t, step) == (2, 4, -1):
                    h[:, [1, 5]] = 0.0
                if (layer, t, step) == (3, 0, 2):
                    h[:, 7] = 0.0
                return h

            e, g = model.official_energy_and_gradient(x, y, t, edit=edit)
            if (t, step) == (2, 1):
                g = g.clone()
                g[:, 0] = 0.0
            return e, g

    features = {("h2", 4, -1): np.array([1, 5]), ("h3", 0, 2): np.array([7]),
                ("gradient", 2, 1): np.array([0])}  # fmt: skip
    found = anneal(causal.Zeroed(model, features, None), x, y)
    assert torch.equal(found.answer, anneal(Slow(), x, y).answer)
    assert not torch.equal(found.answer, plain.answer)


def test_zeroing_a_feature_of_a_dictionary_takes_its_contribution_off(world):
    model = world[0]
    learned = dictionary(np.eye(16) * 1.0, scale=2.0, variant="relu")
    from ired_interp_core.dictionaries.dictionary import Dictionary

    codes = Codes(Dictionary.from_dataset(learned), "h1", 9)
    p = tasks.problems("inverse", 4, 0, size=3)
    x, y = torch.from_numpy(p.x.astype("f4")), torch.from_numpy(p.y.astype("f4"))
    one = anneal(causal.Zeroed(model, {("codes", 3, 0): np.array([2, 9])}, codes), x, y)

    class Slow(causal.Zeroed):
        def _edited(self, site, h, t, step):
            if (site, t, step) != ("h1", 3, 0):
                return h
            h = h.clone()
            h[:, [2, 9]] -= h[:, [2, 9]].clamp(min=0)  # f W/scale of an atom that is one unit
            return h

    torch.testing.assert_close(one.answer, anneal(Slow(model, {}, None), x, y).answer)


def test_rates_of_the_walks_are_those_of_the_stored_answers(world, answer):
    failed = world[2]["descent"].answer["mse_final"].values > float(answer["rule_threshold"])
    index = answer["walked_problem"].values
    assert len(index) == 16
    assert (np.diff(index) > 0).all()
    assert (answer["chosen_on"].values[index] == 0).all()
    np.testing.assert_array_equal(answer["walked_failed"].values == 1, failed[index])
    assert answer["rate_before"] == failed[index].mean()
    change = float(answer["rate_after"] - answer["rate_before"])
    assert answer["rate_change"] == pytest.approx(change)
    assert answer["rate_change_low"] <= change <= answer["rate_change_high"]
    assert answer["random_rate"].shape == (2,)


def test_the_change_of_a_rate_has_the_exact_interval_of_the_problems_that_changed():
    before = np.arange(100) < 20
    after = before.copy()
    after[50:60] = True
    after[0] = False
    found = causal.change(before, after, before[None], np.random.default_rng(0))
    assert (found.before, found.after) == (0.2, 0.29)
    assert found.change == pytest.approx(0.09)
    from scipy.stats import binomtest

    ends = binomtest(10, 11).proportion_ci(method="exact")
    assert found.low == pytest.approx((2 * ends.low - 1) * 11 / 100)
    assert found.high == pytest.approx((2 * ends.high - 1) * 11 / 100)
    assert found.beyond == pytest.approx(0.09)
    assert found.beyond_low < 0.09 < found.beyond_high
    nothing = causal.change(before, before, before[None], np.random.default_rng(0))
    assert (nothing.low, nothing.change, nothing.high) == (0, 0, 0)


def test_matched_features_are_live_near_in_size_and_others():
    size = np.r_[np.linspace(1, 2, 40), np.zeros(5), 9.0]
    chosen = np.array([0, 20, 45])
    found = causal.matched(size, chosen, np.random.default_rng(0))
    assert len(set(found.tolist())) == 3
    assert not set(found) & set(chosen)
    assert (size[found] > 0).all()
    assert abs(size[found[1]] - size[20]) < 0.25
    assert (
        len(causal.matched(np.array([1.0, 2.0, 0.0]), np.array([0, 1]), np.random.default_rng(0)))
        == 0
    )


# ------------------------------------------------------------------------------ all points


def test_moves_are_lengths_and_turns():
    walk = np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 4.0], [3.0, 5.0]])[:, None]
    found = pooled.moves(lambda: iter(walk))[0]
    np.testing.assert_allclose(found, [5, 0, 1, 0, 0])
    turned = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 2.0], [1.0, 1.0]])[:, None]
    np.testing.assert_allclose(pooled.moves(lambda: iter(turned))[0], [1, 2, 1, 0, -1])


def test_points_side_by_side_know_what_their_mean_does_not():
    rng = np.random.default_rng(4)
    failed = np.arange(200) < 50
    setting = nested_module.Setting(failed, np.arange(200) % 5, 8)
    noise = rng.normal(size=(2, 200, 3))
    sign = np.stack([3.0 * failed, -3.0 * failed])[..., None]

    def points():
        return iter(noise + sign)

    def area(found):
        return scores.fold_auroc(failed, found.probability, setting.fold)

    assert area(pooled.concatenated(points, setting)) > 0.95
    assert area(pooled.mean(points, setting)) < 0.65
    assert area(pooled.sequence(points, setting)) > 0.9


def test_kinds_are_told_from_planted_columns():
    rng = np.random.default_rng(5)
    kind = rng.integers(0, 4, 300)
    setting = nested_module.Setting(np.arange(300) % 3 > 0, rng.integers(0, 5, 300), 8)
    values = np.eye(4)[kind] * 3 + rng.normal(size=(300, 4))
    found = versus.kinds({"h1": values}, ["h1"] * 5, np.full(5, 0.1), kind, setting, rng, 50)
    assert found["kind_count"].sum() == 200
    assert found["kind_f1"] > 0.7
    assert found["kind_f1_shuffled"] < found["kind_f1_limit"] < 0.4
    alike = versus.kinds({"h1": values}, ["h1"] * 5, np.ones(5), kind * 0, setting, rng, 50)
    assert alike["kind_count"][0, 0] == 200
    assert np.isnan(alike["kind_f1"])
    from sklearn.metrics import f1_score

    true, told = np.array([0, 0, 1, 3, 3, 3]), np.array([0, 1, 1, 3, 0, 2])
    assert versus.macro_f1(true, told) == pytest.approx(
        f1_score(true, told, labels=[0, 1, 3], average="macro")
    )


def test_what_is_declared_is_what_is_made(answer):
    assert set(answer.data_vars) == set(declared.VARIABLES)
    assert answer["design"].values.tolist() == list(DESIGNS)
    assert answer.sizes["rung"] == measured.GRID
