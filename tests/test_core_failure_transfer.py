"""The analysis `failure_transfer`: what was learned on one model's failures, tried on another's."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
import xarray as xr
from answers import Kept
from sklearn.linear_model import LogisticRegression
from test_core_failure_prediction import PLANTED, SMALL, blank, failing, planted, upstream

from ired_interp_core import registry
from ired_interp_core.desk import Desk
from ired_interp_core.errors import Paused, Refusal
from ired_interp_core.failure.carried import carried, guessed, placed
from ired_interp_core.failure.models import logistic, reduced
from ired_interp_core.failure.nested import PENALTIES, Setting
from ired_interp_core.failure.transfer import INPUTS, Transfer
from ired_interp_core.records import Gathered, ProblemSet

OWN = ProblemSet("inverse", "same", 3, 0)
OTHER = ProblemSet("inverse", "same", 3, 1)
FEW = {"permutations": 100, "bootstrap": 30, "problems": SMALL["problems"]}
GIVEN = {n: p.default for n, p in registry.get("failure_transfer").parameters.items()} | FEW
ASKED = {**SMALL, "trees": 0}


# ----------------------------------------------------------------------- one input, by hand


def rows(n=200, sign=1.0, unit=1.0, seed=0):
    """Failures that the first of five columns tells, in units of one's own."""
    rng = np.random.default_rng(seed)
    failed = np.arange(n) % 4 == 0
    values = rng.normal(size=(n, 5))
    values[:, 0] += 2 * sign * failed
    return values * unit + 3 * unit, Setting(failed, np.arange(n) // 4 % 5, 16)


def labels(setting, count=60):
    rng = np.random.default_rng(9)
    return np.array([rng.permutation(setting.failed) for _ in range(count)])


def area(failed, score):
    """Share of pairs in the right order, by a loop."""
    pairs = [np.sign(a - b) for a in score[failed] for b in score[~failed]]
    return float((np.mean(pairs) + 1) / 2)


@pytest.mark.parametrize(("sign", "low", "high"), [(1.0, 0.85, 1.0), (-1.0, 0.0, 0.15)])
def test_what_is_alike_on_both_sides_carries_over_and_what_is_reversed_is_below_a_half(
    sign, low, high
):
    (own, here), (other, there) = rows(), rows(sign=sign, unit=50.0, seed=1)
    found = carried(own, other, here, there, labels(here), each=True)
    assert low < area(there.failed, found["score"]) < high


def test_chance_is_wider_where_one_direction_tells_failures_than_where_none_does():
    own, here = rows()
    noise = np.random.default_rng(1).normal(size=own.shape)
    told = noise + 4 * here.failed[:, None]  # in every column
    spread = {}
    for name, other in (("noise", noise), ("told", told)):
        spread[name] = np.std(carried(own, other, here, here, labels(here), True)["chance"])
    assert spread["noise"] < 0.09
    assert spread["told"] > 0.2


@pytest.mark.parametrize("each", [True, False])
def test_scores_are_those_of_a_slow_pipeline(each):
    (own, here), (other, there) = rows(), rows(unit=7.0, seed=1)
    found = carried(own, other, here, there, labels(here, 2), each)
    z = (own - own.mean(0)) / own.std(0)
    base = other if each else own
    ahead = (other - base.mean(0)) / base.std(0)
    losses = []
    for penalty in PENALTIES:
        total = 0.0
        for f in range(5):
            rest = here.fold != f
            inner = (own - own[rest].mean(0)) / own[rest].std(0)
            n = rest.sum()
            fit = LogisticRegression(C=1 / (penalty * n), tol=1e-10, max_iter=500)
            p = fit.fit(inner[rest], here.failed[rest]).predict_proba(inner[~rest])
            total -= np.log(p[np.arange((~rest).sum()), here.failed[~rest].astype(int)]).sum()
        losses.append(total / len(own))
    best = PENALTIES[int(np.argmin(losses))]
    fit = LogisticRegression(C=1 / (best * len(own)), tol=1e-10, max_iter=500)
    slow = fit.fit(z, here.failed).decision_function(ahead)
    np.testing.assert_allclose(found["score"], slow, atol=2e-5 * np.abs(slow).max())
    np.testing.assert_allclose(found["loss"], min(losses), rtol=1e-5)


def test_labels_that_know_nothing_are_learned_in_one_step_nearly_as_in_all():
    own, here = rows()
    z, y = reduced(own, 16).of(own), labels(here, 20)
    for penalty in (3.0, 0.3):
        quick = guessed(z, y, penalty, z)
        for i, one in enumerate(y):
            slow = logistic(z, one, penalty).score(z)
            assert np.corrcoef(quick[:, i], slow)[0, 1] > 0.999
    areas = placed(here.failed, quick)
    np.testing.assert_allclose(areas, [area(here.failed, q) for q in quick.T], atol=1e-12)


def test_a_column_that_does_not_vary_there_counts_as_its_mean_and_no_score_is_cut_off():
    own, here = rows()
    other = rows(seed=1)[0]
    other[:, 2] = 1e9
    ready = reduced(own, 16)
    assert (ready.elsewhere(other).of(other)[:, 2] == 0).all()
    far = logistic(ready.of(own), here.failed, 0.3).score(1e4 * ready.of(own))
    assert len(np.unique(far)) == len(far), "a probability would be 0 or 1 for all of them"


# --------------------------------------------------------------------------- the whole of it


@pytest.fixture(scope="module")
def worlds():
    """Two sets in which the same unit tells failures at the same point, and nothing else does.

    Of their own predictions only three arrays are read, which are any numbers here.
    """
    made = []
    spec = registry.get("failure_prediction")
    for problems in (OWN, OTHER):
        model, _, found = upstream(problems)
        found = planted(blank(found))
        keys = {name: kept.question.key for name, kept in found.items()}
        inputs = {"model": "0" * 24, "problems": problems.digest, **keys}
        rng, dims = np.random.default_rng(problems.seed), ("input", "level", "step")
        numbers = {f"input_auroc{e}": (dims, rng.uniform(size=(len(INPUTS), 10, 7)))
                   for e in ("", "_low", "_high")}  # fmt: skip
        labels = {"input": list(INPUTS), "level": np.arange(10), "step": np.arange(-1, 6)}
        known = Kept(spec.question(inputs, ASKED), xr.Dataset(numbers, labels))
        made.append((model, found | {"failure": known}))
    return made


def gather(worlds, desk=None):
    (model, own), (theirs, other) = worlds
    up = own | {"other": other["failure"]}
    up |= {f"other_{n}": other[n] for n in ("states", "descent", "properties")}
    models = {"model": model, "other_model": theirs}
    return Gathered(OWN, FEW["problems"], models, up, desk or Desk())


def transfer(worlds, desk=None):
    return registry.get("failure_transfer").run(gather(worlds, desk), GIVEN)


@pytest.fixture(scope="module")
def answer(worlds):
    return transfer(worlds)


def test_the_planted_sign_carries_over_where_it_lies_and_noise_does_not(worlds, answer):
    level = PLANTED["level"]
    there = answer["transfer_auroc"]
    assert there.sel(input="h2", level=level) > answer["chance_high"].sel(input="h2", level=level)
    assert answer["transfer_auroc_low"].sel(input="h2", level=level) > 0.8
    rest = ["h1", "h2", "h3", "gradient"]
    within = (there >= answer["chance_low"]) & (there <= answer["chance_high"])
    others = within.sel(input=rest).values.copy()
    others[1, level] = True
    assert others.mean() > 0.8
    assert INPUTS[int(answer["chosen_input"].sel(level=level)) - 1] == "h2"
    assert answer["transfer_gain_low"].sel(level=level) > 0
    failures = failing(worlds[1][1]).sum()
    assert (answer["predicted_failures"], answer["learned_failures"]) == (failures, 24)


def test_what_stands_beside_is_what_either_model_has_of_its_own(worlds, answer):
    for name, (_, found) in zip(("own_auroc", "there_auroc"), worlds, strict=True):
        for end in ("", "_low", "_high"):
            known = found["failure"].answer[f"input_auroc{end}"].sel(step=-1, input=list(INPUTS))
            np.testing.assert_array_equal(answer[name + end].values, known.values)


def test_work_that_is_left_and_resumed_gives_the_same_bits(worlds, answer):
    desk = Leaving(3)
    with pytest.raises(Paused):
        transfer(worlds, desk)
    again = transfer(worlds, Leaving(10**6, desk.kept))
    assert again.identical(answer)


@dataclass
class Leaving(Desk):
    """Leaves after so many looks; keeps what was saved."""

    looks: int = 0
    kept: list = field(default_factory=list)

    def pause(self):
        self.looks -= 1
        return self.looks < 0

    def save(self, content):
        self.kept[:] = [content]

    def load(self):
        return self.kept[0] if self.kept else None


def test_inputs_of_other_shapes_are_left_out_and_the_rest_stands(worlds):
    (first, (theirs, other)) = worlds
    known = other["properties"]
    two = known.answer.drop_vars(["x", "part"], errors="ignore")
    two["x"] = (known.answer["x"].dims, np.repeat(known.answer["x"].values, 2, axis=1))
    wide = [first, (theirs, other | {"properties": Kept(known.question, two)})]
    made, usual = (Transfer.of(gather(w), GIVEN).level(9) for w in (wide, worlds))
    assert {n.split("/")[0] for n in usual} == set(INPUTS)
    assert {n.split("/")[0] for n in made} == set(INPUTS) - {"x", "xy"}
    failed = np.sort(made["h3/score"]), np.sort(usual["h3/score"])
    np.testing.assert_allclose(*failed, rtol=1e-12)  # in the order of other contents


def test_samplers_of_unlike_steps_are_refused(worlds):
    (first, (theirs, other)) = worlds
    known = other["descent"]
    more = replace(known.question, parameters={**known.question.parameters, "inner_steps": 4})
    with pytest.raises(Refusal, match=r"different steps.*came: 5 and 4 inner steps"):
        transfer([first, (theirs, other | {"descent": Kept(more, known.answer)})])


def test_too_few_failures_on_one_side_have_no_transfer(worlds):
    (first, (theirs, other)) = worlds
    known = other["failure"]
    few = replace(known.question, parameters={**known.question.parameters, "share": 0.02})
    found = transfer([first, (theirs, other | {"failure": Kept(few, known.answer)})])
    assert found["predicted_failures"] == 2
    assert np.isnan(found["transfer_auroc"]).all()
    assert np.isnan(found["transfer_gain"]).all()
