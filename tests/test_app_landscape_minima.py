"""Minima and saddles on a slice: where they are drawn, what is said of them, what leaves."""

import drawn
import fake_store
import numpy as np
import pytest
import xarray as xr

import store
from app.landscape import through
from app.landscape.through import Through
from app.shared.address.fields import Unusable
from app.shared.asks import slices
from app.shared.drawing import colours, planes
from app.shared.drawing.levels import LEVEL_ORDER, figure
from app.shared.page.contract import Drawn, Missing
from ired_interp_core.landscape.interpolation import chebyshev_nodes

COUNT, BASINS = 2, 4
D, RADIUS, NODES = 9, 2.5, 9


def bowl(a, b, t):
    """A polynomial that nine nodes meet exactly."""
    return (t + 1.0) + 2 * a**2 + b**2 + 0.3 * a**3 * b


def a_slice(method):
    rng = np.random.default_rng(1)
    basis = np.linalg.qr(rng.standard_normal((D, 3)))[0].T
    nodes = chebyshev_nodes(NODES) if method == 0 else np.linspace(-1, 1, 401)
    energy = np.stack([bowl(nodes[None, :], nodes[:, None], t) for t in range(10)])
    padded = np.pad(energy, ((0, 0), (0, 2), (0, 2)), constant_values=np.nan)
    return basis, xr.Dataset(
        {
            "energy": (("level", "b", "a"), padded),
            "node": ("a", np.append(nodes, [np.nan, np.nan])),
            "method": ((), method),
            "radius": ((), RADIUS),
            "centre": (("row", "col"), rng.standard_normal((3, 3))),
            "direction": (("axis", "row", "col"), basis[:2].reshape(2, 3, 3)),
        },
        coords={"level": np.arange(10)},
    )


@pytest.mark.parametrize(("method", "exact"), [(0, 1e-10), (1, 1e-4)])
def test_points_are_seen_from_a_plane_as_they_were_put_there(method, exact):
    (u, v, w), plane = a_slice(method)
    at = np.array([[0.3, -0.7, 0.0], [-0.99, 0.99, 2.0], [0.2, 1.4, 1.0]])  # a, b, off the plane
    centre = plane["centre"].values.ravel()
    one = centre + RADIUS * (at[:, :1] * u + at[:, 1:2] * v + at[:, 2:] * w)
    points, energy = np.stack([one] * 10), np.full((10, 3), 7.0)
    points[LEVEL_ORDER.index(4), 1] = np.nan
    seen = planes.projected(plane, points, energy)
    for i, t in enumerate(LEVEL_ORDER):
        for k, (a, b, off) in enumerate(at):
            if (t, k) == (4, 1):
                assert np.isnan([seen.a[i, k], seen.distance[i, k], seen.gap[i, k]]).all()
                continue
            assert (seen.a[i, k], seen.b[i, k]) == pytest.approx((a, b))
            assert seen.distance[i, k] == pytest.approx(off)
            gap = np.nan if abs(b) > 1 else 7.0 - bowl(a, b, t)  # beyond the nodes there is none
            assert seen.gap[i, k] == pytest.approx(gap, abs=exact, nan_ok=True)


def planted(question):
    """T at all levels, minimum 1 at t ≤ 2 and outside the box there, 150 above T; no others."""
    rng = np.random.default_rng(0)
    n = fake_store.PROBLEMS.size
    energy = np.full((COUNT, 10, BASINS), np.nan)
    energy[..., 0], energy[:, :3, 1] = 87.5, 237.5
    point = 0.05 * rng.standard_normal((COUNT, 10, BASINS, n, n))
    point[~np.isfinite(energy)] = np.nan
    outside = np.where(np.isfinite(energy), 0, -1)
    outside[:, :3, 1] = 41
    return {"energy": energy, "above_truth": energy - energy[..., :1], "point": point,
            "outside": outside}  # fmt: skip


def between(question):
    """One saddle at t = 0."""
    rng = np.random.default_rng(2)
    n = fake_store.PROBLEMS.size
    energy = np.full((COUNT, 10, 2), np.nan)
    energy[:, 0, 0] = 260.4
    point = 0.05 * rng.standard_normal((COUNT, 10, 2, n, n))
    point[~np.isfinite(energy)] = np.nan
    first, second = np.full((2, COUNT, 10, 2), -1)
    second[:, 0, 0] = 1
    first[:, 0, 0] = 0
    return {"saddle_energy": energy, "saddle_point": point, "saddle_first": first,
            "saddle_second": second}  # fmt: skip


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    fake = fake_store.Fake(tmp_path_factory.mktemp("minima") / "s", count=COUNT)
    for name in ("problem_properties", "descent", "hessian_spectrum", "landscape_slice"):
        fake.ask(name)
    other = fake.ask("descent", parameters={"clip": 3.0})
    size = {"basin": BASINS}
    fake.ask("minima", planted, {"starts": 9}, size, descent=other.key)  # another walk's states
    fake.ask("minima", sizes=size)
    most = fake.ask("minima", planted, {"starts": 8}, size)
    fake.ask("paths", between, sizes={**size, "saddle": 2, "other_basin": BASINS}, minima=most.key)
    with store.open(fake.write_run()) as s:
        yield s


def test_the_minima_of_most_starts_of_the_same_descent_are_drawn(opened):
    asked = drawn.page(opened, "landscape").scene.asked
    assert asked["minima"].parameters["starts"] == 8
    assert asked["paths"].inputs["minima"] == asked["minima"].key


def test_each_level_has_its_own_minima_numbered_and_under_the_place_minimum(opened):
    found = drawn.drawn(opened, "landscape", "slice", problem=1)
    for t, wanted in ((0, ["T", "1"]), (2, ["T", "1"]), (3, ["T"])):
        data = figure(found.body, t).data
        names = [trace.name for trace in data]
        minima = data[names.index("minima")]
        assert list(minima.text) == wanted
        assert list(minima.marker.color) == [colours.PLACES["truth"], colours.OTHER][: len(wanted)]
        shapes = ["triangle-down", "triangle-down-open"]  # outlined: outside the box
        assert list(minima.marker.symbol) == shapes[: len(wanted)]
        assert names.index("minima") < names.index("minimum")  # drawn later is drawn on top
        saddles = data[names.index("saddles")]
        assert len(saddles.x) == saddles.showlegend == (t == 0)
    said = figure(found.body, 0).data[names.index("minima")].customdata[1][0]
    for words in ("t 0 · minimum 1 · E 237.5, 150 above T", "in 41 entries", "off the plane",
                  "above the surface"):  # fmt: skip
        assert words in said, said
    between_ = figure(found.body, 0).data[names.index("saddles")].text[0]
    assert "saddle between T and 1 · E 260.4" in between_


@pytest.mark.parametrize("view", ["heatmap", "surface"])
def test_files_hold_the_landmarks_that_are_drawn(opened, view):
    found = drawn.drawn(opened, "landscape", "slice", problem=1, view=view)
    for t in (9, 2, 0):
        at = found.numbers.sel(level=t)
        for prefix, name in (("basin", "minima"), ("saddle", "saddles")):
            trace = next(d for d in figure(found.body, t).data if d.name == name)
            stored = at[f"{prefix}_a"].values
            np.testing.assert_allclose(trace.x, stored[np.isfinite(stored)], rtol=1e-6)
    keys = {source.question.analysis for source in found.questions}
    assert {"minima", "paths"} <= keys


def test_a_slice_without_minima_has_none_in_its_legend(tmp_path):
    with store.open(fake_store.make(tmp_path / "s", count=5)) as bare:
        found = drawn.drawn(bare, "landscape", "slice")
        assert not {"minima", "saddles"} & {d.name for d in figure(found.body, 0).data}
        assert "basin_a" not in found.numbers


@pytest.fixture(scope="module")
def crossed(tmp_path_factory):
    """Planes through T and 1 of t = 0, and through T, 1 and 2 of t = 2."""
    fake = fake_store.Fake(tmp_path_factory.mktemp("through") / "s", count=COUNT)
    for name in ("problem_properties", "descent", "hessian_spectrum", "landscape_slice"):
        fake.ask(name)
    minima = fake.ask("minima", planted, {"starts": 8}, {"basin": BASINS})
    fake.ask("minima_slice", minima=minima.key)
    fake.ask("minima_slice", parameters={"level": 2, "third": 2}, minima=minima.key)
    with store.open(fake.write_run()) as s:
        yield s


@pytest.mark.parametrize(
    ("asked", "level", "third"),
    [(None, 0, -1), (Through(0, (0, 1)), 0, -1), (Through(2, (0, 1, 2)), 2, 2)],
    ids=str,
)
def test_an_address_names_a_plane_by_its_minima(crossed, asked, level, third):
    page = drawn.page(crossed, "landscape", plane="minima", through=asked)
    chosen = page.scene.slice(page.address.values)
    assert (chosen.parameters["level"], chosen.parameters["third"]) == (level, third)
    assert page.address["q"] == chosen.key  # so that a pin and a copied link hold it
    assert page.address["through"] is None
    assert isinstance(drawn.outcome(page, "slice"), Drawn)
    names = [slices.name(q, page.scene.slices) for q in page.scene.slices]
    assert "through T and 1 · at middle t=0" in names
    assert "through T, 1 and 2 · at middle t=2" in names


def test_axes_of_a_plane_are_named_by_its_minima(crossed):
    found = drawn.drawn(
        crossed, "landscape", "slice", plane="minima", through=Through(2, (0, 1, 2))
    )
    assert found.numbers["a"].attrs["long_name"] == "from T to minimum 1"
    assert found.numbers["b"].attrs["long_name"] == "from T to minimum 2"
    two = drawn.drawn(crossed, "landscape", "slice", plane="minima")
    assert two.numbers["b"].attrs["long_name"] == "towards the truth"


def test_a_plane_that_is_not_there_is_asked_by_its_minima(crossed):
    wanted = Through(1, (0, 3))
    page = drawn.page(crossed, "landscape", plane="minima", through=wanted, problem=1)
    assert page.scene.slice(page.address.values) is None
    for id_ in ("slice", "cuts"):
        found = drawn.outcome(page, id_)
        assert isinstance(found, Missing)
        assert "no plane through T and 3 of t = 1" in found.text
        assert "second = 3" in found.command
        assert "starts = 8" in found.command  # of these very minima
        assert found.compute.parameters == {
            "level": 1, "first": 0, "second": 3, "third": -1, "image": -1, "saddle": False
        }  # fmt: skip
        assert found.compute.inputs == {"minima": page.scene.asked["minima"].key}
    shown = drawn.drawn(crossed, "landscape", "slice")
    (form,) = (one for one in shown.asks if one.analysis == "minima_slice")
    assert (form.free, form.follows, form.label) == (True, "level", "through minima")


def test_a_plane_through_a_saddle_is_asked_with_the_paths(opened):
    page = drawn.page(opened, "landscape", plane="minima", through=through.parse("0~0~1~saddle"))
    found = drawn.outcome(page, "slice")
    assert "no plane through T, 1 and their saddle of t = 0" in found.text
    assert "saddle = true" in found.command
    assert "inputs.paths = {" in found.command
    asked = page.scene.asked
    assert found.compute.inputs == {"minima": asked["minima"].key, "paths": asked["paths"].key}
    assert found.compute.parameters["saddle"] is True


def test_without_minima_a_plane_through_them_says_so(tmp_path):
    with store.open(fake_store.make(tmp_path / "s", count=5)) as bare:
        page = drawn.page(bare, "landscape", plane="minima", through=Through(0, (0, 1)))
        found = drawn.outcome(page, "slice")
        assert "minima of these problems have not been computed" in found.text
        assert 'name = "minima"' in found.command
        shown = drawn.drawn(bare, "landscape", "slice")
        assert not [one for one in shown.asks if one.analysis == "minima_slice"]


@pytest.mark.parametrize("text", ["2~0", "2~0~1", "9~4~1~0", "0~0~1~saddle", "2~1~0~image11"])
def test_minima_are_spelled_and_read_back(text):
    assert through.spell(through.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "2",
        "2~0~0",
        "10~0",
        "2~0~1~2~3",
        "2~-1",
        "2~x",
        "2~0~saddle",
        "2~0~1~2~image3",
        "2~0~1~image",
        "2~0~1~peak3",
    ],
)
def test_what_names_no_plane_is_refused(text):
    with pytest.raises(Unusable):
        through.parse(text)
