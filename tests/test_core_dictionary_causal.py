"""Causal effects against walks made one by one."""

import numpy as np
import pytest
import torch
from dictionary_cases import loaded, plain_codes, rough, tensor, tiny, values, world
from dictionary_records import run

from ired_interp_core import tasks
from ired_interp_core.dictionaries import causal
from ired_interp_core.dictionaries.causal import (
    KINDS,
    activity,
    random_directions,
    walk_features,
)
from ired_interp_core.dictionaries.intervention import Intervened
from ired_interp_core.dictionaries.recovery import Walker
from ired_interp_core.errors import Paused
from ired_interp_core.inference import anneal, start_noise
from ired_interp_core.records import Desk

QUICK = {"tested": 4, "walked": 2, "bootstrap": 200}


def walk(i: int, edit=None, clip: float = 2.0, site: str = "gradient") -> np.ndarray:
    """Answer of one problem, walked alone, with the edit as a plain function of one row."""
    x = tensor(tasks.problems("inverse", 1, 0, size=3, start=i).x.astype("f4"))
    start = tensor(start_noise(0, np.array([i]), 9).astype("f4"))
    model = tiny() if edit is None else Intervened(tiny(), site, edit)
    return anneal(model, x, start, clip=clip).answer[0].double().numpy()


def test_features_are_ranked_by_summed_activation() -> None:
    given, d = world(rough(), count=15), loaded(rough())
    held = np.array([4, 9, 14])
    f = plain_codes(d, values(given)[held])
    found = activity(given, d, held)
    np.testing.assert_allclose(found.total, f.sum(0), rtol=1e-4)
    np.testing.assert_array_equal(found.positive, (f > 0).sum(0))
    alive = np.flatnonzero(f.sum(0) > 0)
    np.testing.assert_array_equal(found.most_active(100), sorted(alive, key=lambda i: -f.sum(0)[i]))
    np.testing.assert_array_equal(found.most_active(3), found.most_active(100)[:3])
    r = run("dictionary_causal", given, **QUICK)
    np.testing.assert_array_equal(np.flatnonzero(r.tested), np.sort(found.most_active(4)))
    assert int(r.causal_problems) == 2
    for name in KINDS:
        assert np.isnan(r[name].values[r.tested.values == 0]).all()
        assert np.isfinite(r[name].values[r.tested.values == 1]).all()


@pytest.mark.parametrize(
    ("variant", "site"),
    [("topk", "gradient"), ("relu", "gradient"), ("topk", "h1"), ("relu", "h2")],
)
def test_effects_against_walks_one_by_one(variant: str, site: str) -> None:
    width = 9 if site == "gradient" else 16
    atoms = rough(variant=variant, d=width)
    given, d = world(atoms, site=site, clip=1.5), loaded(atoms)
    strength = -2.0
    r = run("dictionary_causal", given, **QUICK, strength=strength, seed=7)
    feature = int(np.flatnonzero(r.tested)[0])
    codes = plain_codes(d, values(given)[[4, 9]])[:, feature]
    w, scale = d.decoder[feature], d.scale
    length = strength * codes[codes > 0].mean() / scale
    errors: dict[str, list[float]] = {k: [] for k in KINDS}
    shifts: dict[str, list[float]] = {k: [] for k in KINDS}
    for i in (4, 9):
        y = tasks.problems("inverse", 1, 0, size=3, start=i).y[0]
        v = torch.from_numpy(random_directions(7, np.array([feature]), np.array([i]), width)[0, 0])
        f = lambda g: float(plain_codes(d, g.numpy())[0, feature])  # noqa: E731
        plain = walk(i, clip=1.5)
        for kind, edit in {
            "ablation": lambda g, f=f: g - f(g) * w / scale,
            "ablation_random": lambda g, f=f, v=v: g - f(g) * v / scale,
            "steering": lambda g: g + length * w,
            "steering_random": lambda g, v=v: g + length * v,
        }.items():
            answer = walk(i, edit, 1.5, site)
            errors[kind].append(((answer - y) ** 2).mean() - ((plain - y) ** 2).mean())
            shifts[kind].append(np.linalg.norm(answer - plain))
    for kind in KINDS:
        assert float(r[kind][feature]) == pytest.approx(np.mean(errors[kind]), abs=2e-4), kind
        assert float(r[f"{kind}_shift"][feature]) == pytest.approx(np.mean(shifts[kind]), abs=2e-3)
        low, high = float(r[f"{kind}_low"][feature]), float(r[f"{kind}_high"][feature])
        np.testing.assert_allclose([low, high], sorted(errors[kind]), atol=2e-4)
        assert np.mean(shifts[kind]) > 1e-3


def test_a_feature_that_is_never_active_has_no_effect_to_the_bit() -> None:
    atoms = rough(variant="relu")
    atoms["encoder_bias"][3] = -1e9
    given, d = world(atoms), loaded(atoms)
    problems = np.array([4, 9])
    found = walk_features(
        given, Walker.of(given, problems), d, np.array([2, 3]), problems, np.zeros(2), 0
    )
    assert (found.error[:2, 1] == 0).all()
    assert (found.shift[:2, 1] == 0).all()
    # Nothing is added, either.
    assert (found.shift[2:] == 0).all()
    assert (found.shift[:2, 0] > 0).any()


def test_batches_do_not_change_the_effects(monkeypatch: pytest.MonkeyPatch) -> None:
    given = world(rough(), count=30)
    quick = {"tested": 5, "walked": 5, "bootstrap": 50}
    whole = run("dictionary_causal", given, **quick)
    for rows in (2, 11):  # problems in pieces; two features and a padded batch
        monkeypatch.setattr(causal, "ROWS", rows)
        part = run("dictionary_causal", given, **quick)
        for name in whole:
            np.testing.assert_allclose(part[name], whole[name], atol=1e-3, err_msg=str(name))


def test_controls_are_unit_and_depend_on_feature_and_problem_alone() -> None:
    many = random_directions(3, np.arange(4), np.arange(5), 50)
    np.testing.assert_allclose(np.linalg.norm(many, axis=-1), 1, atol=1e-6)
    np.testing.assert_array_equal(
        many[2, 3], random_directions(3, np.array([2]), np.array([3]), 50)[0, 0]
    )
    assert np.abs(many.reshape(20, 50) @ many.reshape(20, 50).T - np.eye(20)).max() < 0.7


class Impatient(Desk):
    """Stops after the first batch; keeps the checkpoint."""

    def __init__(self) -> None:
        self.content: bytes | None = None
        self.stop = True

    def load(self) -> bytes | None:
        return self.content

    def save(self, content: bytes) -> None:
        self.content = content

    def report(self, share: float, words: str) -> None:
        self.walking = words.startswith("batch")
        assert 0 <= share <= 1

    def pause(self) -> bool:
        return self.stop and self.walking


def test_paused_work_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(causal, "ROWS", 4)
    whole = run("dictionary_causal", world(rough()), **QUICK)
    desk = Impatient()
    with pytest.raises(Paused):
        run("dictionary_causal", world(rough(), desk=desk), **QUICK)
    assert desk.content is not None
    desk.stop = False
    calls = []
    answers = Walker.answers
    monkeypatch.setattr(Walker, "answers", lambda *a: calls.append(1) or answers(*a))
    again = run("dictionary_causal", world(rough(), desk=desk), **QUICK)
    assert len(calls) == 5  # of two batches the second: without, and four ways
    for name in whole:
        np.testing.assert_array_equal(again[name], whole[name], str(name))
