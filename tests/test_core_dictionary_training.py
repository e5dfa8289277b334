"""Training: what is read, what is logged, how it goes on after a stop, and when it refuses."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
import xarray as xr
from planted import LEVELS, STEPS, Shelf, planted, shelf

from ired_interp_core import registry
from ired_interp_core.desk import Desk
from ired_interp_core.dictionaries import fit
from ired_interp_core.dictionaries.analysis import dictionary_dataset
from ired_interp_core.dictionaries.base import Variant
from ired_interp_core.dictionaries.dictionary import Dictionary
from ired_interp_core.dictionaries.names import LOG
from ired_interp_core.dictionaries.rates import rate_at
from ired_interp_core.dictionaries.split import held_out
from ired_interp_core.dictionaries.stream import ArrayPieces, ProblemPieces, Stream
from ired_interp_core.dictionaries.topk import TopK
from ired_interp_core.dictionaries.training import Training
from ired_interp_core.dictionaries.variants import KINDS
from ired_interp_core.errors import Paused, Refusal
from ired_interp_core.records import Gathered, ProblemSet

SMALL = {"features": 24, "k": 3, "steps": 30, "batch": 50, "log_every": 7, "dead_after": 5}
WIDTH = 16


class Drawer(Desk):
    """A desk that keeps checkpoints, and asks to stop at some looks."""

    def __init__(self, stops: set[int] = frozenset(), content: bytes | None = None) -> None:
        self.stops, self.content = stops, content
        self.looks, self.saves, self.lines = 0, 0, []

    def report(self, share: float, words: str) -> None:
        self.lines.append((share, words))

    def load(self) -> bytes | None:
        return self.content

    def save(self, content: bytes) -> None:
        self.content, self.saves = content, self.saves + 1

    def pause(self) -> bool:
        self.looks += 1
        return self.looks in self.stops


def question(**parameters) -> dict:
    spec = registry.get("dictionary")
    return spec.question({"activations": "x"}, SMALL | parameters).parameters


def gathered(rows: Shelf, desk: Desk | None = None, count: int = 0) -> Gathered:
    problems = ProblemSet("inverse", "same", 4, 0)
    return Gathered(
        problems, count or rows.count, upstream={"activations": rows}, desk=desk or Desk()
    )


def trained(rows: Shelf | None = None, desk: Desk | None = None, **parameters) -> xr.Dataset:
    rows = rows or shelf(width=WIDTH, atoms=20)
    return registry.get("dictionary").run(gathered(rows, desk), question(**parameters))


@pytest.mark.parametrize("variant", KINDS)
def test_the_answer_is_as_declared_and_comes_back_as_a_dictionary(variant: str) -> None:
    result = trained(variant=variant)
    assert int(result.steps_taken) == 30
    assert int(result.samples_seen) == 1500
    assert int(result.training_samples) == 32 * 60
    np.testing.assert_allclose(np.linalg.norm(result.decoder, axis=1), 1, atol=1e-5)
    assert list(result.log_step.values) == [7, 14, 21, 28, 30]
    assert list(result.log_taken.values) == [7, 14, 21, 28, 30]
    parts = [result[f"log_{n}"] for n in ("reconstruction", "sparsity", "auxiliary")]
    np.testing.assert_allclose(result.log_loss, sum(parts), rtol=1e-5)
    assert np.isnan(result.log_tau).all()
    assert float(result.log_explained_variance[-1]) > float(result.log_explained_variance[0])
    assert (result.log_l0 > 0).all()
    assert ((result.log_dead_share >= 0) & (result.log_dead_share <= 1)).all()
    read = Dictionary.from_dataset(stored(result, variant=variant))
    rows = shelf(width=WIDTH, atoms=20).values[~held_out(np.arange(40))].reshape(-1, WIDTH)
    direct = fit(rows, variant, 24, **{n: v for n, v in SMALL.items() if n != "features"})
    assert set(direct.log) == set(LOG) == set(read.log)
    f, g = read.encode(rows[:50]), direct.encode(rows[:50])
    torch.testing.assert_close(f, g, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(read.decode(f), direct.decode(g), atol=1e-4, rtol=1e-4)


def test_fit_takes_torch_and_numpy_and_leaves_them_alone() -> None:
    x, _ = planted(600, WIDTH, 20)
    before = x.copy()
    given = {"k": 3, "steps": 20, "batch": 64}
    one = fit(x, "topk", 24, 5, **given)
    two = fit(torch.from_numpy(x).double(), variant="topk", n_features=24, seed=5, **given)
    other = fit(x, "topk", 24, 6, **given)
    np.testing.assert_array_equal(x, before)
    assert torch.equal(one.decoder, two.decoder)
    assert not torch.equal(one.decoder, other.decoder)
    assert one.decoder.shape == (24, WIDTH)
    np.testing.assert_array_equal(one.log["loss"], two.log["loss"])
    scaled = one.scale * (torch.from_numpy(x) - one.centre)
    assert float(scaled.norm(dim=1).mean()) == pytest.approx(WIDTH**0.5, rel=1e-5)


@pytest.mark.parametrize("given", [{"n_feature": 3}, {"features": 3}, {"problems": 3}, {"k": 0}])
def test_fit_refuses_unknown_parameters(given: dict) -> None:
    with pytest.raises(Refusal):
        fit(planted(100, WIDTH, 20)[0], steps=1, **given)


def test_importing_the_package_does_not_load_torch() -> None:
    words = (
        "import sys, ired_interp_core.dictionaries as d; assert callable(d.fit);"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", words], check=False).returncode == 0


def test_held_out_problems_are_looked_at_and_never_learned_from() -> None:
    rows, other = shelf(width=WIDTH, atoms=20), shelf(width=WIDTH, atoms=20)
    held = held_out(np.arange(40))
    other.values[held] = np.random.default_rng(1).normal(size=other.values[held].shape)
    first, second = trained(rows), trained(other)
    assert sorted(rows.reads) == [0, *range(40)]  # each once, and the first to learn the shape
    watched = "log_held_out_explained_variance"
    xr.testing.assert_identical(first.drop_vars(watched), second.drop_vars(watched))
    assert (abs(first[watched] - second[watched]) > 0.05).all()


@pytest.mark.parametrize("variant", KINDS)
def test_what_is_logged_of_held_out_problems_is_what_the_stored_dictionary_explains(
    variant: str,
) -> None:
    rows = shelf(width=WIDTH, atoms=20)
    result = stored(trained(rows, variant=variant), variant=variant)
    x = rows.values[held_out(np.arange(40))].reshape(-1, WIDTH).astype("f8")
    rebuilt = Dictionary.from_dataset(result).rebuild(x.astype("f4")).double().numpy()
    known = 1 - ((x - rebuilt) ** 2).sum() / ((x - x.mean(0)) ** 2).sum()
    last = float(result.log_held_out_explained_variance[-1])
    assert last == pytest.approx(known, abs=1e-5)


def stored(result: xr.Dataset, **parameters) -> xr.Dataset:
    """As it would be read out of a store."""
    asked = registry.get("dictionary").question({"activations": "x"}, question(**parameters))
    result.attrs["question"] = json.dumps(asked.as_dict())
    return result


STANDARDS = [
    {"states": "before"},
    {"states": "after", "centre_steps": True},
    {"centre_steps": True, "scale_steps": True},
    {"scale_steps": True},
]


@pytest.mark.parametrize("asked", STANDARDS, ids=str)
def test_what_is_standardised_by_step_against_plain_loops(asked: dict) -> None:
    rows = shelf(width=WIDTH, atoms=20)
    rng = np.random.default_rng(2)
    rows.values *= rng.uniform(0.1, 9, (LEVELS, STEPS, 1))
    rows.values += rng.normal(size=(LEVELS, STEPS, WIDTH))
    result = stored(trained(rows, **asked), **asked)
    train = ~held_out(np.arange(40))
    kept = {"before": [0], "after": [1, 2, 3, 4, 5]}.get(asked.get("states"), range(STEPS))
    z = rows.values[:, :, list(kept)].astype("f8")
    for t in range(LEVELS):
        for i in range(len(kept)):
            here = z[:, t, i]
            if asked.get("centre_steps"):
                mean = here[train].mean(0)
                np.testing.assert_allclose(result.centre_step[t, i], mean, atol=1e-5)
                here -= mean
            if asked.get("scale_steps"):
                rms = np.sqrt((here[train] ** 2).mean())
                assert float(result.scale_step[t, i]) == pytest.approx(1 / rms, rel=1e-5)
                here /= rms
    dictionary = Dictionary.from_dataset(result, standardises=True)
    standard = dictionary.standard
    raw = standard.of(rows.values)
    np.testing.assert_allclose(standard.into(raw), z, atol=1e-4)
    np.testing.assert_allclose(standard.back(standard.into(raw)), raw, atol=1e-4)
    for step in (-1, 0, 3):
        assert standard.knows(step) == (step + 1 in kept)
        if standard.knows(step):
            centre, scale = standard.at(7, step)
            i = list(kept).index(step + 1)
            np.testing.assert_allclose((raw[:, 7, i] - centre) * scale, z[:, 7, i], atol=1e-4)
    train_rows = z[train].reshape(-1, WIDTH)
    np.testing.assert_allclose(dictionary.centre, train_rows.mean(0), atol=1e-4)
    if "step" in result.coords:
        assert result.step.values[0] == kept[0] - 1
    with pytest.raises(Refusal, match="of activations as they are"):
        Dictionary.from_dataset(result)


def test_problems_beyond_the_range_are_never_read() -> None:
    rows = shelf(width=WIDTH, atoms=20)
    dictionary_dataset(gathered(rows, count=12), question(problems=12))
    assert max(rows.reads) < 12


# Batches


def numbered(problems: int) -> Shelf:
    """Rows that say who they are: problem·60 + point in their first entry."""
    values = np.random.default_rng(0).normal(size=(problems, LEVELS, STEPS, 4)).astype("f4")
    values[..., 0] = np.arange(problems * 60).reshape(problems, LEVELS, STEPS)
    return Shelf(values)


def names(stream: Stream, position: int, count: int) -> np.ndarray:
    x = stream.batch(position, count)[:, 0].double().numpy() / stream.scale + stream.centre[0]
    return np.rint(x).astype(int)


CAPS = {"memory": 2**30, "stream": 40 * 60 * 4 * 4}


@pytest.mark.parametrize("cap", CAPS)
def test_every_epoch_has_each_training_row_once_in_another_order(cap: str) -> None:
    rows = numbered(200)
    stream = Stream(ProblemPieces(rows, 200), seed=3, cap=CAPS[cap])
    wanted = np.arange(200 * 60).reshape(200, 60)[~held_out(np.arange(200))].ravel()
    assert stream.rows == len(wanted) == stream.distinct
    epochs = [names(stream, e * stream.rows, stream.rows) for e in range(3)]
    for epoch in epochs:
        np.testing.assert_array_equal(np.sort(epoch), wanted)
    assert (epochs[0] != epochs[1]).mean() > 0.99
    # batches over the edges of pools and epochs are pieces of the same sequence
    whole = np.concatenate(epochs)
    fresh = Stream(ProblemPieces(rows, 200), seed=3, cap=CAPS[cap])
    for position in (0, 17, 2399, stream.rows - 5, 2 * stream.rows - 50, 100):
        np.testing.assert_array_equal(names(fresh, position, 77), whole[position : position + 77])
    other = Stream(ProblemPieces(rows, 200), seed=4, cap=CAPS[cap])
    assert (names(other, 0, 500) != whole[:500]).mean() > 0.9


def test_both_ways_measure_the_same_and_hold_what_they_may() -> None:
    rows = numbered(200)
    memory, stream = (Stream(ProblemPieces(rows, 200), 0, cap=c) for c in CAPS.values())
    x = rows.values[~held_out(np.arange(200))].reshape(-1, 4).astype("f8")
    for s in (memory, stream):
        np.testing.assert_allclose(s.centre, x.mean(0), rtol=1e-12)
        norm = np.linalg.norm(x - x.mean(0), axis=1).mean()
        assert s.scale == pytest.approx(2 / norm, rel=1e-12)
    stream.batch(0, 5000)
    assert stream._pool.nbytes <= CAPS["stream"]
    # a pool is no order of problems: a batch of the stream comes from many of them
    assert len(np.unique(names(stream, 0, 256) // 60)) > 20
    assert len(np.unique(names(memory, 0, 256) // 60)) > 90


def test_training_on_a_stream_learns_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = shelf(200, width=WIDTH, atoms=20)
    whole = trained(rows, steps=300)
    init = Stream.__init__
    monkeypatch.setattr(
        Stream, "__init__", lambda s, p, seed, device="cpu": init(s, p, seed, device, 2**16)
    )
    piecewise = trained(rows, steps=300)
    a, b = (float(r.log_explained_variance[-5:].mean()) for r in (whole, piecewise))
    assert a > 0.55
    assert b == pytest.approx(a, abs=0.03)


def test_equal_rows_are_counted_once() -> None:
    x = np.repeat(planted(100, 8, 12)[0], 3, axis=0)
    assert Stream(ArrayPieces(x), 0).distinct == 100


# Stop and go on


@pytest.mark.parametrize("variant", KINDS)
@pytest.mark.parametrize("penalty", ["none", "pairs"])
def test_a_paused_training_ends_the_same_to_the_bit(variant: str, penalty: str) -> None:
    settings = {"variant": variant, "orthogonality": penalty, "fraction": 0.05, "steps": 130}
    settings |= {"select_every": 3, "log_every": 5}
    rows = shelf(width=WIDTH, atoms=20)
    straight = trained(rows, **settings)
    desk = Drawer()
    for stop in (1, 3, 24):
        again = Drawer({stop}, desk.content)
        with pytest.raises(Paused):
            trained(rows, desk=again, **settings)
        desk = Drawer(content=again.content)
    xr.testing.assert_identical(trained(rows, desk=desk, **settings), straight)
    assert desk.lines[0][0] > 0.5  # it did go on
    if penalty == "pairs":
        assert np.isfinite(straight.log_pair_stability.values[-6:]).all()


def test_a_killed_training_goes_on_from_its_last_checkpoint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import ired_interp_core.dictionaries.training as module

    monkeypatch.setattr(module, "SAVE_EVERY", 8)
    straight, desk = trained(), Drawer()

    class Killed(Exception):
        pass

    def die(share: float, words: str) -> None:
        if share > 0.6:
            raise Killed

    desk.report = die
    with pytest.raises(Killed):
        trained(desk=desk)
    assert desk.saves == 2
    rest = Drawer(content=desk.content)
    xr.testing.assert_identical(trained(desk=rest), straight)
    assert [w.split(" ·")[0] for _, w in rest.lines] == [
        "step 21 of 30", "step 28 of 30", "step 30 of 30",
    ]  # fmt: skip


def paused_content(**parameters) -> bytes:
    desk = Drawer({3})
    with pytest.raises(Paused):
        trained(desk=desk, **parameters)
    return desk.content


@pytest.mark.parametrize(
    "make",
    [
        lambda: b"", lambda: b"garbage" * 100, lambda: paused_content()[:-200],
        lambda: paused_content(seed=1), lambda: paused_content(features=25),
        lambda: paused_content(variant="relu"), lambda: paused_content(steps=31),
    ],
)  # fmt: skip
def test_a_foreign_or_broken_checkpoint_starts_over(make) -> None:
    desk = Drawer(content=make())
    xr.testing.assert_identical(trained(desk=desk), trained())
    assert desk.lines[0][1].startswith("step 7 of 30 · loss ")


# Refusals


def spoiled(monkeypatch: pytest.MonkeyPatch, bad: set[int], part: str) -> None:
    """Make loss or gradient of some steps NaN."""
    step, count = TopK.step, iter(range(10**6))

    def broken(self: Variant, weights, x, dead):
        found = step(self, weights, x, dead)
        if next(count) in bad:
            if part == "loss":
                found.reconstruction = found.reconstruction * float("nan")
            else:
                found.gradients["encoder"][0, 0] = float("inf")
        return found

    monkeypatch.setattr(TopK, "step", broken)


@pytest.mark.parametrize("part", ["loss", "gradient"])
def test_a_step_that_is_not_finite_is_not_made_and_counted(
    monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    spoiled(monkeypatch, {40}, part)
    result = trained(steps=150, log_every=1)
    assert int(result.steps_taken) == 149
    assert list(result.log_taken.values[38:43]) == [39, 40, 40, 41, 42]
    assert np.isfinite(result.decoder).all()


@pytest.mark.parametrize("bad", [set(range(1000)), {3, 7, 9}])
def test_too_many_steps_that_are_not_finite_are_a_failure(
    monkeypatch: pytest.MonkeyPatch, bad: set[int]
) -> None:
    spoiled(monkeypatch, bad, "loss")
    with pytest.raises(Refusal, match="not finite") as refusal:
        trained(steps=200 if len(bad) < 5 else 30)
    assert "\n" not in str(refusal.value)


def test_weights_that_end_not_finite_are_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def poisoned(self: torch.optim.Adam) -> None:
        self.param_groups[0]["params"][1].fill_(float("nan"))

    monkeypatch.setattr(torch.optim.Adam, "step", poisoned)
    with pytest.raises(Refusal, match=r"encoder_bias|not finite"):
        trained(steps=1)


def test_without_training_problems_it_refuses() -> None:
    rows = shelf(5, width=WIDTH, atoms=20)
    with pytest.raises(Refusal, match="no training problems"):
        ProblemPieces(rows, 0)


@pytest.mark.parametrize("values", [np.ones((200, 4)), np.eye(63), np.full((200, 4), 1e-30)])
def test_constant_or_too_few_activations_are_refused(values: np.ndarray) -> None:
    with pytest.raises(Refusal, match="too few different activations"):
        fit(values, "topk", 4, k=1, steps=5)


@pytest.mark.parametrize(
    "values",
    [
        np.full((100, 4), np.nan), np.full((100, 4), 1e300), np.zeros(4), np.zeros((0, 4)),
        np.zeros((3, 4, 5)), np.array([["a"] * 4] * 100), np.ones((100, 4), bool),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:overflow")
def test_arrays_that_are_no_activations_are_refused(values: np.ndarray) -> None:
    with pytest.raises(Refusal, match="activations"):
        fit(values, "topk", 4, k=1, steps=5)


def test_activations_that_are_not_finite_are_refused() -> None:
    rows = shelf(20, width=WIDTH, atoms=20)
    rows.values[7, 3, 2, 1] = np.inf
    with pytest.raises(Refusal, match="problem 7"):
        trained(rows)


@pytest.mark.parametrize("factor", [1e-12, 1e12])
def test_the_unit_of_the_activations_does_not_matter(factor: float) -> None:
    x, _ = planted(600, WIDTH, 20)
    one, two = (fit(v, "topk", 24, k=3, steps=20, batch=64) for v in (x, x * factor))
    torch.testing.assert_close(one.decoder, two.decoder, atol=1e-3, rtol=0)


@pytest.mark.parametrize("variant", KINDS)
def test_dead_features_are_counted_and_revived(
    monkeypatch: pytest.MonkeyPatch, variant: str
) -> None:
    """Half of the features begin so far down that nothing activates them."""
    first = Training._first_weights

    def half_asleep(self: Training) -> dict:
        weights = first(self)
        weights["encoder_bias"][::2] = -6
        return weights

    monkeypatch.setattr(Training, "_first_weights", half_asleep)
    x, _ = planted(2000, WIDTH, 20)
    given = {"k": 4, "steps": 250, "batch": 128, "dead_after": 20, "rate": 0.05, "log_every": 1}
    without, revived = (fit(x, variant, 24, auxiliary=a, **given) for a in (0.0, 1 / 32))
    assert list(without.log["dead_share"][:19]) == [0] * 19
    assert float(without.log["dead_share"][-1]) >= 0.5
    assert float(revived.log["dead_share"][-1]) <= 0.25


def test_the_rate_rises_stays_and_falls() -> None:
    rates = [rate_at(s, 100, 2.0, 0.1, 0.2) for s in range(100)]
    np.testing.assert_allclose(rates[:10], 0.2 * np.arange(1, 11))
    assert rates[9:81] == [2.0] * 72
    np.testing.assert_allclose(rates[80:], 0.1 * np.arange(20, 0, -1))
    assert rate_at(0, 1, 2.0, 0.0, 0.0) == rate_at(0, 1, 2.0, 1.0, 1.0) == 2.0


def test_as_many_active_features_as_atoms_are_no_dictionary() -> None:
    refuses = registry.get("dictionary").together
    assert refuses is not None
    with pytest.raises(Refusal, match=r"nothing is sparse · in: dictionary, k · came: 16"):
        refuses({"variant": "topk", "features": 16, "k": 16})
    refuses({"variant": "topk", "features": 16, "k": 15})
    refuses({"variant": "relu", "features": 16, "k": 16})
