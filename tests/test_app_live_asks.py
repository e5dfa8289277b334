"""Eigenvectors, descents from elsewhere and many starts on the page, without a browser."""

import drawn
import fake_store
import numpy as np
import pytest

import store
from app.components.said import Picked
from app.landscape import eigen
from app.landscape.eigen_address import Eigen, parse, spell
from app.shared.address import address as links
from app.shared.asks import live
from app.shared.page.contract import Drawn, Missing
from ired_interp_core import registry
from store import LiveAnswers

D = fake_store.PROBLEMS.size**2


@pytest.fixture
def root(tmp_path):
    return fake_store.make(tmp_path / "store", count=4, analyses=fake_store.SUBJECT)


@pytest.fixture
def opened(root):
    with store.open(root) as s:
        yield s


def question(opened, name):
    return next(q for q in opened.questions() if q.analysis == name)


def ask(root, opened, name, parameters, inputs, **values):
    """Publish a live answer about problem 1; its key."""
    first = question(opened, "descent")
    filled = {"model": first.model, "problems": first.problems.digest, **inputs}
    asked = registry.get(name).question(filled, parameters)
    answer = fake_store.answer(asked, first.problems, 1, 2, values)
    LiveAnswers(root).publish(asked, 1, answer, fake_store.PROVENANCE)
    return asked.key


def of_slice(opened):
    slice_ = question(opened, "landscape_slice")
    return {"slice": slice_.key, "descent": slice_.inputs["descent"]}


def of_spectrum(opened):
    spectrum = question(opened, "hessian_spectrum")
    return {"spectrum": spectrum.key, "descent": spectrum.inputs["descent"]}


def test_a_click_on_an_eigenvalue_asks_for_its_eigenvector(opened, monkeypatch):
    address = drawn.page(opened, "landscape", problem=1).address
    for at_point in (False, True):
        pick = eigen.picked(at_point)
        clicked = Picked(trace=0, custom=(3.0,), x=3.0, y=0.5)
        monkeypatch.setattr(live, "_offered", False)
        assert pick(address, clicked) is None
        monkeypatch.setattr(live, "_offered", True)
        assert pick(address, clicked) == {"eigen": Eigen(3, at_point)}
        # The histogram beside the eigenvalues says no rank.
        for other in (Picked(trace=2, x=12.0, y=0.5), Picked(custom=("a",)), Picked(custom=(0,))):
            assert pick(address, other) is None


def test_every_drawn_eigenvalue_says_its_rank(opened):
    for place in ("answer", "truth"):
        body = drawn.drawn(opened, "landscape", "spectrum", problem=1, place=place).body
        for traces in body.levels:
            ranks = [r for t in traces if "customdata" in t for r in np.ravel(t["customdata"])]
            ranks = [int(r) for r in ranks if np.isfinite(r)]
            assert set(ranks) == set(range(1, D + 1))


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "x", "3~place", "~point", "3~", "10000000"])
def test_a_rank_that_is_none_is_refused_in_the_address(text):
    said = links.parse("landscape", {"eigen": [text]})
    assert said["eigen"] is None
    assert said.messages


def test_an_eigenvalue_is_read_back_from_its_spelling():
    for one in (None, Eigen(1), Eigen(400, at_point=True)):
        assert parse(spell(one)) == one


def test_an_eigenvector_is_found_by_its_rank_and_shown_beside_random_shares(root, opened):
    rank = 2
    page = drawn.page(opened, "landscape", problem=1, eigen=Eigen(rank))
    missing = drawn.outcome(page, "eigenvector")
    assert isinstance(missing, Missing)
    assert missing.compute.parameters == {"rank": D - rank, "place": "answer"}
    assert missing.compute.inputs == {"spectrum": of_spectrum(opened)["spectrum"]}
    resolved = np.array([[1, 0] * 5], dtype=np.int8)
    given = {"rank": D - rank, "place": "answer"}
    key = ask(root, opened, "eigenvector", given, of_spectrum(opened), resolved=resolved)
    page = drawn.page(opened, "landscape", problem=1, eigen=Eigen(rank))
    found, along = drawn.outcome(page, "eigenvector"), drawn.outcome(page, "along")
    assert isinstance(found, Drawn), found
    assert isinstance(along, Drawn), along
    assert found.questions[0].question.key == along.questions[0].question.key == key
    for t, line, own in zip(range(9, -1, -1), found.note, found.body.levels, strict=True):
        seen = np.isfinite(own[0]["z"]).all()
        assert seen == bool(resolved[0, t])
        assert ("not determined" in line) != seen
        assert ("random" in line) == seen
        assert line.startswith(f"rank {rank} of {D}")
    (plane,) = found.asks
    assert (plane.parameters["u"], plane.parameters["u_index"]) == ("eigenvector", -rank)
    assert (plane.parameters["v_index"], plane.parameters["place"]) == (-1, "answer")
    assert plane.follows == "level"
    # At another place it is another question, and a rank beyond the spectrum is none.
    other = drawn.page(opened, "landscape", problem=1, eigen=Eigen(rank), place="truth")
    assert isinstance(drawn.outcome(other, "eigenvector"), Missing)
    beyond = drawn.outcome(
        drawn.page(opened, "landscape", problem=1, eigen=Eigen(D + 1)), "eigenvector"
    )
    assert isinstance(beyond, Missing)
    assert beyond.compute is None


def test_the_parabola_is_that_of_slope_and_curvature(root, opened):
    position = np.linspace(-2.0, 2.0, 65)[None]
    given = {"rank": 0, "place": "answer"}
    ask(root, opened, "eigenvector", given, of_spectrum(opened), position=position,
        resolved=np.ones((1, 10), np.int8), slope_along=np.full((1, 10), 0.5),
        eigenvalue=np.full((1, 10), 3.0), energy_along=np.full((1, 10, 65), 7.0))  # fmt: skip
    for frame in ("level", "data"):
        page = drawn.page(opened, "landscape", problem=1, eigen=Eigen(D), frame=frame)
        along = drawn.outcome(page, "along")
        assert isinstance(along, Drawn), along
        scale = page.scene.schedule.sqrt_alpha_bar[::-1][:, None]
        s = scale * position
        np.testing.assert_allclose(along.numbers["parabola"], 7 + 0.5 * s + 1.5 * s**2)
        lam = 3 * (scale[:, 0] ** 2 if frame == "data" else 1)
        np.testing.assert_allclose(along.numbers["eigenvalue"], lam * np.ones(10))
        assert along.numbers["eigenvalue"].attrs["units"] == (
            "E/ỹ²" if frame == "level" else "E/y²"
        )


def test_eigenvectors_that_the_spectrum_keeps_are_not_asked_again(root, opened):
    descent = question(opened, "descent")
    given = {"vectors": 2, "dtype": "float64"}
    point = {**of_slice(opened)}
    lam = np.arange(D, dtype=float)[None, None].repeat(10, axis=1)
    key = ask(root, opened, "point", {**given, "a": 0.5}, point, eigenvalue_spectrum=lam)
    assert descent.key == point["descent"]
    slice_ = {"problem": 1, "point": (0.5, 0.0)}
    asked = LiveAnswers(root).read("point", key, 1).isel(problem=0)
    # The page looks for the point with its defaults, so the kept vectors are those of that answer.
    page = drawn.page(opened, "landscape", **slice_, eigen=Eigen(D, at_point=True))
    assert isinstance(drawn.outcome(page, "eigenvector"), Missing)
    of = eigen._Of(question(opened, "hessian_spectrum"), asked)
    for rank, end, at in ((D, "vector_top", 0), (D - 1, "vector_top", 1), (1, "vector_bottom", 0)):
        kept = eigen._kept(of, {"eigen": Eigen(rank, at_point=True)})
        np.testing.assert_array_equal(kept["vector"], asked[end].isel(vector=at))
        np.testing.assert_allclose(kept["eigenvalue"], rank - 1)
        np.testing.assert_allclose(kept["gap"], 1)
        assert kept["resolved"].all()
        assert float(kept["symmetric_share_random"]) == (D**0.5 + 1) / (2 * D**0.5)
    assert eigen._kept(of, {"eigen": Eigen(4, at_point=True)}) is None


def test_a_descent_from_a_point_is_drawn_over_the_stored_one(root, opened):
    before = drawn.outcome(drawn.page(opened, "landscape", problem=1), "traces")
    noise, state, many = before.asks
    assert (noise.again, state.follows, many.free) == (True, "level", True)
    assert state.parameters["source"] == "state"
    assert state.hides == ("source",)
    assert state.inputs == {"slice": of_slice(opened)["slice"]}
    assert many.inputs == {"descent": of_slice(opened)["descent"]}
    given = {"a": 0.25, "b": -0.5, "level": 4}
    nothing = np.full((1, 10, fake_store.STEPS), np.nan)
    energy, mse = (nothing.copy() for _ in range(2))
    energy[:, :5], mse[:, :5] = 3.0, 0.125
    key = ask(root, opened, "descent_from", given, of_slice(opened), step_energy=energy,
              step_mse=mse)  # fmt: skip
    page = drawn.page(opened, "landscape", problem=1, walk=key[:8])
    found = drawn.outcome(page, "traces")
    assert isinstance(found, Drawn), found
    assert {"stored_energy", "stored_mse"} <= set(found.numbers)
    assert found.note[-1].startswith("from (0.25, −0.5) at t = 4 · MSE 0.125 (stored")
    assert "begins below" in found.note[0]
    strip = next(t for t in found.body.shared if t["type"] == "heatmap")["z"].reshape(10, -1)
    assert np.isnan(strip[:5]).all()
    assert np.isfinite(strip[5:]).all()
    matrices = drawn.outcome(page, "matrices")
    assert matrices.note[-1].startswith("from (0.25, −0.5) at t = 4")


def test_the_point_offers_a_descent_from_it(root, opened):
    ask(root, opened, "point", {"a": 0.25, "b": -0.5}, of_slice(opened))
    page = drawn.page(opened, "landscape", problem=1, point=(0.25, -0.5))
    (offered,) = drawn.outcome(page, "point").asks
    p = offered.parameters
    assert (p["source"], p["a"], p["b"]) == ("plane", 0.25, -0.5)
    assert offered.inputs == {"slice": of_slice(opened)["slice"]}


@pytest.mark.parametrize(
    ("distance", "cluster", "words"),
    [
        (np.full(32, 6e-4), np.zeros(32),
         "All 32 starts end at the stored answer (largest distance 0.0006 rms); unseen ends hold <"
         " 9 % of such starts (95 %)."),
        (np.r_[np.zeros(29), 1.0, 1.0, 2.0], np.r_[np.zeros(29), 1, 1, 2],
         "29 of 32 starts end within 0.001 (rms) of the stored answer; 3 end elsewhere, at 2 other"
         " ends, the lowest at E 171 (stored 172.5)."),
        (np.r_[np.zeros(30), np.nan, 1.0], np.r_[np.zeros(30), -1, 1],
         "30 of 32 starts end within 0.001 (rms) of the stored answer; 1 ends elsewhere, at 1 other"
         " end, the lowest at E 173 (stored 172.5); 1 left the numbers."),
    ],
)  # fmt: skip
def test_many_starts_say_where_they_end(root, opened, distance, cluster, words):
    near = distance <= 1e-3
    energy = np.where(near, 172.5, 170 + np.arange(32) % 29 + cluster)
    energy[~np.isfinite(distance)] = np.nan
    low = energy[np.isfinite(distance) & ~near].min(initial=np.inf)
    assert not np.isfinite(low) or f"E {low:.4g}" in words
    unseen = 1 - 0.05 ** (1 / 32) if near.all() else np.nan
    descent = question(opened, "descent")
    key = ask(root, opened, "many_starts", {}, {"descent": descent.key}, distance=distance[None],
              cluster=cluster[None].astype(np.int16), at_stored=np.array([float(near.sum())]),
              furthest=np.array([distance[np.isfinite(distance)].max()]),
              energy_final=energy[None], energy_stored=np.array([172.5]),
              unseen_share=np.array([unseen]))  # fmt: skip
    page = drawn.page(opened, "landscape", problem=1, walk=key)
    found = drawn.outcome(page, "traces")
    assert isinstance(found, Drawn), found
    assert found.note == words
    assert found.numbers["start_mse"].shape == (32, 10, fake_store.STEPS)
    thin = [t for t in found.body.shared if t.get("opacity") == 0.3]
    states = 10 * fake_store.STEPS + 1  # of each start, and a gap behind them
    assert [len(t["y"]) for t in thin] == [32 * states] * 2
    dots = [t["marker"]["symbol"] for t in found.body.shared if t.get("mode") == "markers"]
    assert [symbols.count("diamond-open") for symbols in dots] == [(cluster != 0).sum()] * 2
    # The matrices go on showing the stored answer.
    stored = drawn.outcome(drawn.page(opened, "landscape", problem=1), "matrices")
    np.testing.assert_array_equal(
        drawn.outcome(page, "matrices").numbers["answer"], stored.numbers["answer"]
    )


def test_a_plane_towards_another_problem_is_named_and_offered(root, opened):
    base = drawn.outcome(drawn.page(opened, "landscape", problem=1), "slice")
    *_, offered = base.asks
    assert (offered.analysis, offered.label) == ("other_slice", "another problem")
    descent = question(opened, "descent").key
    assert offered.inputs == {"slice": of_slice(opened)["slice"], "other": descent}
    key = ask(root, opened, "other_slice", {"other": 3, "v": "gradient"},
              {**of_slice(opened), "other": descent})  # fmt: skip
    found = drawn.outcome(drawn.page(opened, "landscape", problem=1, q=key), "slice")
    assert isinstance(found, Drawn), found
    names = (found.numbers["a"].attrs["long_name"], found.numbers["b"].attrs["long_name"])
    assert names == ("towards the answer of problem 3", "gradient")
    at = drawn.page(opened, "landscape", problem=1, q=key, point=(0.5, 0.5))
    assert drawn.outcome(at, "point").compute.inputs == {"slice": key}
