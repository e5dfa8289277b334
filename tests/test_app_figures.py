"""Figures: the described numbers are right, and every drawing of them is valid Plotly."""

import base64
import json
import math
import re

import numpy as np
import plotly.graph_objects as go
import pytest
import xarray as xr

from app.landscape import numbers
from app.landscape.figures import marks, matrices, ranks, spectrum, spectrum_table, traces
from app.landscape.figures import slice as slices
from app.shared.drawing import eigenvalues as spectra
from app.shared.drawing import planes
from app.shared.drawing.levels import (
    LEVEL_ORDER,
    Levels,
    Table,
    figure,
    merge,
)
from app.shared.drawing.payload import to_json
from app.shared.table import derived
from ired_interp_core import registry
from ired_interp_core.curvature.ideal import implied_variance
from ired_interp_core.landscape.interpolation import chebyshev_nodes
from ired_interp_core.schedule import cosine
from ired_interp_core.schema import PLACES

SCHEDULE = cosine()
NODES, STEPS, N = 9, 4, 3


def bowl(a, b, t):
    """A quartic that interpolation from nine nodes meets exactly; E = t + 1 at the centre."""
    return (t + 1.0) + 2 * a**2 + b**2 + 0.3 * a**3 * b


def a_slice(method=0, change=lambda energy: energy):
    nodes = chebyshev_nodes(NODES) if method == 0 else np.linspace(-1, 1, NODES)
    energy = np.full((10, NODES + 2, NODES + 2), np.nan, np.float32)
    for t in range(10):
        energy[t, :NODES, :NODES] = bowl(nodes[None, :], nodes[:, None], t)
    energy = change(energy)
    path = np.zeros((10, STEPS, 2), np.float32)
    path[:, :, 0] = np.arange(10)[:, None] * 0.3  # t = 4 and above lie outside the window
    return xr.Dataset(
        {
            "energy": (("level", "b", "a"), energy),
            "node": (("a",), np.append(nodes, [np.nan] * 2).astype("f4")),
            "nodes": ((), np.int16(NODES)),
            "method": ((), np.int8(method)),
            "surface_error": (("level",), np.full(10, 3e-6, "f4")),
            "radius": ((), 2.5),
            "explained_share": (("axis",), np.array([0.75, np.nan], "f4")),
            "centre_energy": (("level",), np.arange(10) + 1.0),
            "path_position": (("level", "step", "axis"), path),
            "path_distance": (("level", "step"), np.full((10, STEPS), 0.5, "f4")),
            "path_gap": (("level", "step"), np.zeros((10, STEPS), "f4")),
            "point_position": (("level", "point", "axis"), np.zeros((10, 4, 2), "f4")),
            "point_distance": (("level", "point"), np.zeros((10, 4), "f4")),
            "point_gap": (("level", "point"), np.zeros((10, 4), "f4")),
        },
        coords={"level": np.arange(10), "point": np.array(PLACES)},
    )


def an_identity(curvature):
    """Curvature along the identity at every level and place."""
    return {"subspace_curvature": (("level", "place", "subspace"), curvature[..., None])}


def a_spectrum():
    names = registry.get("hessian_spectrum").schema.variables
    rng = np.random.default_rng(0)
    eigenvalues = np.sort(rng.uniform(0.2, 0.9, (10, 4, 400)), axis=-1)
    eigenvalues /= SCHEDULE.sigma[:, None, None]
    eigenvalues[..., 0] = -0.5
    eigenvalues[:, 2, -3:] = 2.0 / SCHEDULE.sigma[:, None]  # three too large at the answer
    scalars = {
        n: (("level", "place"), rng.uniform(1, 2, (10, 4)))
        for n, v in names.items()
        if v.scalar and v.dims == ("problem", "level", "place")
    }
    return xr.Dataset(
        {
            "eigenvalue_spectrum": (("level", "place", "eigenvalue"), eigenvalues.astype("f4")),
            **scalars,
            **an_identity(np.zeros((10, 4))),
        },
        coords={"level": np.arange(10), "place": np.array(PLACES), "subspace": ["trace"]},
    )


UNDECIDED = np.zeros((10, STEPS), "i1")
UNDECIDED[0, 2] = 1
"""At t = 0 rounding chose the second proposal, which was accepted."""


def a_descent():
    shape = (10, STEPS)
    dims = ("level", "step")
    return xr.Dataset(
        {
            "step_energy": (dims, np.arange(40.0, dtype="f4").reshape(shape) + 1),
            "step_mse": (dims, np.geomspace(1, 1e-3, 40).reshape(shape).astype("f4")),
            "step_clamped": (dims, np.linspace(0, 1, 40).reshape(shape).astype("f4")),
            "step_accepted": (dims, np.tile(np.array([0, 1, 2, 3], "i1"), (10, 1))),
            "step_undecided": (dims, UNDECIDED),
        },
        coords={"level": np.arange(10)},
    )


def a_view(scale="energy", lock="level", fixed=None, **kwargs):
    stored = a_slice(**kwargs)
    descent = a_descent()
    return marks.SliceView(
        surface=planes.surface(stored, 1.0, scale),
        names=planes.axis_names("trajectory", stored["explained_share"].values),
        half_width=1.0,
        path=planes.on_plane(stored, "path", descent["step_energy"].values[::-1]),
        places=planes.on_plane(stored, "point", numbers.place_energies(a_spectrum(), PLACES)),
        place_names=PLACES,
        schedule=SCHEDULE,
        clip=2.0,
        frame="level",
        lock=lock,
        fixed=fixed,
    )


def test_surface_is_the_energy_where_it_is_drawn():
    s = planes.surface(a_slice(), 1.0)
    a, b = np.meshgrid(s.a, s.b)
    for i, t in enumerate(LEVEL_ORDER):
        np.testing.assert_allclose(s.values[i], bowl(a, b, t), atol=2e-6 * 15)
    assert s.interpolated
    assert s.a[len(s.a) // 2] == 0


def test_scales_of_the_energy():
    s = planes.surface(a_slice(), 1.0, "percent")
    middle = len(s.a) // 2
    np.testing.assert_allclose(s.values[:, middle, middle], 100, atol=1e-3)
    np.testing.assert_allclose(s.scaled(np.array([5.0]), 9), [500.0])  # t = 0: E = 1 at the centre
    s = planes.surface(a_slice(), 1.0, "log")
    np.testing.assert_allclose(s.values[9, middle, middle], 0.0, atol=1e-6)


def test_an_energy_without_logarithm_is_a_gap_and_is_said():
    view = a_view("log", change=lambda energy: energy - 2.0)
    assert 0 < view.surface.gaps[LEVEL_ORDER.index(0)] < 1
    assert "no value" in slices.notes(view)[LEVEL_ORDER.index(0)]
    assert all(math.isfinite(low) and low < high for low, high in view.limits)


@pytest.mark.parametrize("value", [np.nan, 0.0, 7.0])
def test_colours_stay_finite_where_nothing_varies(value):
    limits = planes.colour_limits(np.full((10, 5, 5), value), "level")
    assert all(math.isfinite(low) and low < high for low, high in limits)


def test_colour_limits_lock():
    values = np.stack([np.full((2, 2), float(i)) + np.eye(2) for i in range(10)])
    assert planes.colour_limits(values, "level")[3] == (3.0, 4.0)
    assert set(planes.colour_limits(values, "levels")) == {(0.0, 10.0)}
    assert set(planes.colour_limits(values, "fixed", (-1.0, 2.0))) == {(-1.0, 2.0)}
    assert planes.colour_limits(values, "fixed", (2.0, -1.0))[0] == (0.0, 10.0)


def test_a_uniform_grid_says_that_it_is_one():
    view = a_view(method=1)
    assert not view.surface.interpolated
    assert "linear between 9 × 9 points · estimated surface error 3×10⁻⁶" in slices.notes(view)[0]
    corner = view.surface.values[9, 0, 0]
    assert corner == pytest.approx(bowl(-1.0, -1.0, 0))


def test_notes_count_what_the_window_hides_and_name_the_degenerate_level():
    notes = slices.notes(a_view())
    assert f"outside the window: {STEPS} of {STEPS} states" in notes[LEVEL_ORDER.index(5)]
    assert "outside" not in notes[LEVEL_ORDER.index(2)]
    assert "±0.0098" in notes[LEVEL_ORDER.index(9)]


def test_explained_share_is_named_where_there_is_one():
    assert planes.axis_names("trajectory", [0.75, np.nan]) == (
        "descent PC 1 (75 %)",
        "descent PC 2",
    )


def test_every_plane_has_names_for_its_axes():
    from ired_interp_core.analyses.landscape_slice import PLANES

    assert set(planes.DIRECTIONS) == set(PLANES)


def test_counts_of_impossible_and_negative_eigenvalues():
    s = spectra.spectrum(a_spectrum(), "answer", SCHEDULE, "level", "eigenvalue", 1e-5)
    assert list(s.above) == [3] * 10
    assert list(s.below) == [1] * 10
    notes = spectrum.notes(s)
    assert "3 of 400 above 1/σ = 5.99" in notes[LEVEL_ORDER.index(0)]
    assert "impossible" in notes[0]
    at_truth = spectra.spectrum(a_spectrum(), "truth", SCHEDULE, "level", "eigenvalue", 1e-5)
    assert list(at_truth.above) == [0] * 10
    assert "impossible" not in spectrum.notes(at_truth)[0]


def test_frames_and_axes_of_the_spectrum():
    level = spectra.spectrum(a_spectrum(), "answer", SCHEDULE, "level", "eigenvalue", 1e-5)
    data = spectra.spectrum(a_spectrum(), "answer", SCHEDULE, "data", "eigenvalue", 1e-5)
    variance = spectra.spectrum(a_spectrum(), "answer", SCHEDULE, "level", "variance", 1e-5)
    for i, t in enumerate(LEVEL_ORDER):
        alpha, sigma = SCHEDULE.alphas_cumprod[t], SCHEDULE.sigma[t]
        np.testing.assert_allclose(data.values[i], alpha * level.values[i], rtol=1e-6)
        assert data.line[i] == pytest.approx(alpha / sigma)
        if t > spectra.VARIANCE_LEVELS:
            assert np.isnan(variance.values[i]).all()
            continue
        expected = sigma**2 / alpha * (1 - sigma * level.values[i].astype(float))
        np.testing.assert_allclose(variance.values[i], expected, rtol=1e-4, atol=1e-6)
        assert variance.line[i] == 0
    assert list(data.above) == list(variance.above) == [3] * 10


def a_wide_spectrum(zeros=940, negative=20, positive=40):
    """Four places, ten levels, most eigenvalues exactly 0, as where d exceeds the hidden width."""
    rng = np.random.default_rng(5)
    low, high = -rng.lognormal(0, 1, negative), rng.lognormal(3, 1, positive)
    values = np.sort(np.concatenate([low, np.zeros(zeros), high]))
    return xr.Dataset(
        {
            "eigenvalue_spectrum": (
                ("level", "place", "eigenvalue"),
                np.tile(values, (10, 4, 1)).astype("f4"),
            ),
            **{
                name: (("level", "place"), np.full((10, 4), value))
                for name, value in (
                    ("implied_variance", 0.03),
                    ("denoising_error", 0.01),
                    ("break_below", 25.0),
                    ("break_ratio", 90.0),
                )
            },
            **an_identity(np.full((10, 4), 0.25 * values[-2] + 0.75 * values[-1])),
        },
        coords={"level": np.arange(10), "place": list(PLACES), "subspace": ["trace"]},
    )


@pytest.mark.parametrize("axis", ["eigenvalue", "variance"])
def test_a_long_run_of_zeros_is_drawn_short_and_counted_whole(axis):
    s = spectra.spectrum(a_wide_spectrum(), "answer", SCHEDULE, "level", axis, 1e-5)
    drawn = spectrum.figure(s)
    at = spectra.LEVEL_ORDER.index(4)
    said = spectrum.notes(s)[at]
    if axis == "variance":
        assert "at the noised truth mean v is 3 × the denoising error" in said
    else:
        assert "940 exactly 0" in said
        assert "breaks after 25 (gap: 90 median gaps)" in said
        assert "stiffest: the identity (≥ 75 %)" in said
    assert "940 exact zeros drawn short" in drawn.layouts[at]["xaxis"]["title"]["text"]
    assert drawn.layouts[at]["xaxis2"]["title"]["text"] == "count without zeros"
    lines = [t for t in drawn.levels[at] if t["mode"] == "lines" and "fill" not in t]
    points = [t for t in drawn.levels[at] if t["mode"] == "markers"]
    names = [t["name"] for t in lines]
    assert sum(int(name.rsplit(": ")[1]) for name in names) == 1000
    named = np.concatenate([t["customdata"] for t in lines + points])
    named = sorted(named[np.isfinite(named)])
    assert named == [*range(1, 22), *range(960, 1001)]  # the ends of the run, 21 and 960, stay
    end = 60 + ranks.FLAT_WIDTH * 60
    xs = np.concatenate([t["x"] for t in lines + points])
    assert np.nanmax(xs) == pytest.approx(end)
    assert drawn.layouts[at]["xaxis"]["range"][1] == pytest.approx(1.02 * end)
    counted = [t for t in drawn.levels[at] if "fill" in t]
    assert sum(int(np.sum(t["x"])) for t in counted) == 60
    ticks = drawn.layouts[at]["xaxis"]
    assert "960" in ticks["ticktext"]
    assert ticks["tickvals"] == sorted(ticks["tickvals"])


def test_few_zeros_are_drawn_like_all_others():
    few = a_wide_spectrum(zeros=40, negative=400, positive=400)
    s = spectra.spectrum(few, "answer", SCHEDULE, "level", "eigenvalue", 1e-5)
    drawn = spectrum.figure(s)
    assert "exact" not in spectrum.notes(s)[0]
    assert drawn.layouts[0]["xaxis2"]["title"]["text"] == "count"
    for trace in drawn.levels[0]:
        if "customdata" in trace:  # each says its rank, and stands at it
            np.testing.assert_array_equal(trace["customdata"], trace["x"])
    assert drawn.layouts[0]["xaxis"]["range"] == pytest.approx([-16.8, 856.8])


def test_words_of_two_near_lines_stand_on_either_side():
    s = spectra.spectrum(a_wide_spectrum(), "answer", SCHEDULE, "level", "eigenvalue", 1e-5)
    certain, flat = spectrum.figure(s).layouts[5]["annotations"]
    assert (certain["text"], flat["text"]) == ("1/σ", "0")
    assert (certain["yanchor"], flat["yanchor"]) == ("bottom", "top")


def test_an_unread_level_says_so_where_the_spectrum_would_be():
    s = spectra.spectrum(a_spectrum(), "answer", SCHEDULE, "level", "variance", 1e-5)
    drawn = spectrum.figure(s)
    shown = figure(drawn, 9)
    assert "not shown at t > 7" in shown.layout.annotations[0].text
    assert not any("not read" in a.text for a in figure(drawn, 7).layout.annotations)


def test_implied_variance_of_a_certain_answer_is_zero():
    sigma, alpha = SCHEDULE.sigma[3], SCHEDULE.alphas_cumprod[3]
    assert implied_variance(np.array([1 / sigma]), sigma, alpha) == pytest.approx(0)
    assert implied_variance(np.zeros(1), sigma, alpha) == pytest.approx(sigma**2 / alpha)


def test_histogram_counts_everything_once():
    values = np.array([0.0, 0.1, 0.5, 1.0, np.nan])
    centres, counts = spectra.histogram(values, 0.0, 1.0, bins=4)
    assert counts.sum() == 4
    assert len(centres) == 4


def test_lone_eigenvalues_are_points_and_gaps_are_no_lines():
    values = np.array([1.0, 1.1, 1.2, 3.0, 5.0, 5.1])
    lone = spectra.apart(values, 0.5)
    assert list(lone) == [False, False, False, True, False, False]
    x, y = spectra.with_gaps(np.arange(5.0), values[~lone], 0.5)
    np.testing.assert_array_equal(np.isnan(y), [False, False, False, True, False, False])
    assert len(x) == len(y)


def test_every_eigenvalue_is_drawn():
    s = spectra.spectrum(a_spectrum(), "answer", SCHEDULE, "level", "eigenvalue", 1e-5)
    for i, traces_ in enumerate(spectrum.figure(s).levels):
        drawn = np.concatenate([t["y"] for t in traces_ if "xaxis" not in t])
        np.testing.assert_array_equal(np.sort(drawn[np.isfinite(drawn)]), np.sort(s.values[i]))


def test_table_goes_to_the_data_frame():
    known, stored = derived.quantities("hessian_spectrum"), a_spectrum()
    shown = {n: known[f"hessian_spectrum.{n}"] for n in spectrum_table.ROWS}
    helps = {name: quantity.help for name, quantity in shown.items()}
    level, data = (
        spectrum_table.table(numbers.framed(stored, shown, frame, SCHEDULE), helps, "truth")
        for frame in ("level", "data")
    )
    row = [r.label for r in level.rows].index("tr H")
    i, column = LEVEL_ORDER.index(2), PLACES.index("truth")
    trace = float(stored["trace"].sel(level=2, place="truth"))
    assert level.rows[row].cells[column][i] == spectrum_table.number(trace)
    assert data.rows[row].cells[column][i] == spectrum_table.number(
        trace * SCHEDULE.alphas_cumprod[2]
    )
    assert level.rows[row].help.endswith("[E/ỹ²]")
    assert data.rows[row].help.endswith("[E/y²]")
    implied = [r.label for r in level.rows].index("mean implied variance")
    assert data.rows[implied].cells == level.rows[implied].cells
    assert level.rows[implied].cells[column][:2] == ["–", "–"]  # not read at t > 7
    assert [c.mark for c in level.columns] == [False, False, True, False, False]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (math.nan, "–"),
        (12.0, "12"),
        (0.00012345, "1.2×10⁻⁴"),
        (-3.14159, "−3.142"),
        (2.5e9, "2.5×10⁹"),
    ],
)
def test_numbers_are_short(value, text):
    assert spectrum_table.number(value) == text


def test_error_stands_beside_its_baselines():
    names = {"baseline": ["zero", "linear"]}
    baselines = xr.DataArray([0.02, 0.005], coords=names, dims="baseline")
    w = numbers.of_walk(a_descent(), baselines)
    assert w["energy"][0, 0] == 37  # t = 9 first
    assert "beside 0.005 of linear" in traces.notes(w)[0]
    assert "1 accepted, 1 rejected, 0 undecided, 1 unchanged" in traces.notes(w)[0]
    assert "0 accepted, 1 rejected, 1 undecided, 1 unchanged" in traces.notes(w)[-1]
    strip = next(t for t in traces.figure(w).shared if t["type"] == "heatmap")
    assert strip["z"][0].tolist()[-4:] == [0, 1, 4, 3]
    assert strip["customdata"][0][-2][2] == "accepted, undecided: |ΔE| < 8 ulp of E"
    assert w["fate"].values[-1].tolist() == ["not proposed", "rejected", "accepted", "unchanged"]
    drawn = [t["hovertemplate"] for t in traces.figure(w).shared]
    assert any("zero: MSE 0.02" in text for text in drawn)


def test_best_and_worst_baseline_are_always_named():
    names = {"baseline": [*(f"b{k}" for k in range(12)), "broken"]}
    errors = [*(10.0**-k for k in range(12)), math.nan]
    baselines = xr.DataArray(errors, coords=names, dims="baseline")
    listed = traces.listed_baselines(numbers.of_walk(a_descent(), baselines))
    assert len(listed) == traces.LISTED
    assert [next(iter(listed)), list(listed)[-1]] == ["b0", "b11"]


def test_words_beside_a_low_descent_do_not_overlap():
    names = {"baseline": [f"b{k}" for k in range(5)]}
    baselines = xr.DataArray([10.0**-k for k in range(5)], coords=names, dims="baseline")
    layout = traces.figure(numbers.of_walk(a_descent(), baselines)).layout
    margin, low = layout["margin"], 130  # as high as on a phone, under a note of four lines
    height = low - margin["t"] - margin["b"]
    *named, fates = layout["annotations"]
    assert len(named) == traces.LISTED
    ends = [height * a["y"] + a["yshift"] - 1.3 * a["font"]["size"] for a in named]
    lines = fates["text"].count("<br>") + 1
    assert min(ends) > height * fates["y"] + fates["yshift"] + 1.3 * lines * fates["font"]["size"]


def some_matrices(answers=True):
    rng = np.random.default_rng(1)
    truth = rng.standard_normal((N, N)).astype("f4")
    x = 50 * rng.standard_normal((1, N, N)).astype("f4")
    found = truth + 0.1 * rng.standard_normal((10, N, N)).astype("f4")
    entries = ("row", "col")
    properties = xr.Dataset({"x": (("part", *entries), x), "y_true": (entries, truth)})
    levels = {"level": np.arange(10)}
    descent = xr.Dataset({"answer": (("level", *entries), found)}, levels) if answers else None
    return numbers.of_matrices(properties, descent, ["problem A"])


def test_matrices_share_one_scale_and_say_where_one_differs():
    m = some_matrices()
    drawn = matrices.figure(m)
    scales = {t["name"]: (t["zmin"], t["zmax"]) for t in (*drawn.shared, *drawn.levels[0])}
    end = matrices.ends(m).truth
    assert scales["truth y*"] == scales["answer ŷₜ"] == (-end, end)
    assert scales["problem A"] != scales["truth y*"]
    assert "; x ±" in matrices.notes(m)[0]
    near = matrices.ends(m.assign(x=m["truth"].expand_dims("part")))
    assert near.problem == near.truth


def test_matrices_without_a_descent():
    drawn = matrices.figure(some_matrices(answers=False))
    assert drawn.levels == []
    assert len(drawn.shared) == 2


def every_figure():
    kinds = [
        (f"slice {scale}", slices.figure(a_view(scale, lock, fixed), style))
        for scale, lock, fixed, style in (
            ("energy", "level", None, "2d"),
            ("log", "levels", None, "3d"),
            ("percent", "fixed", (50.0, 200.0), "2d"),
        )
    ]
    kinds += [("cuts", slices.cuts(a_view())), ("matrices", matrices.figure(some_matrices()))]
    kinds += [("traces", traces.figure(numbers.of_walk(a_descent(), None)))]
    kinds += [
        (
            f"spectrum {axis} {frame}",
            spectrum.figure(spectra.spectrum(a_spectrum(), place, SCHEDULE, frame, axis, 1e-5)),
        )
        for place, frame, axis in (
            ("answer", "level", "eigenvalue"),
            ("truth", "data", "eigenvalue"),
            ("noised_truth", "level", "variance"),
        )
    ]
    return kinds


@pytest.mark.parametrize("drawn", [pytest.param(f, id=name) for name, f in every_figure()])
def test_every_figure_is_valid_at_every_level(drawn):
    assert drawn.levels == () or len(drawn.levels) == len(LEVEL_ORDER)
    for level in (9, 4, 0):
        one = figure(drawn, level)  # Plotly refuses unknown properties
        assert isinstance(one, go.Figure)
        assert len(one.data) >= 1


def test_marks_in_space_are_told_apart_by_shape_and_ticks_have_one_reading():
    drawn = slices.figure(a_view(), "3d")
    seen = figure(drawn, 3)
    places = [t for t in seen.data if t.type == "scatter3d" and t.mode == "markers"]
    shapes = [t.marker.symbol for t in places]
    assert len(places) == len(PLACES) + 1
    assert len(set(shapes)) == len(shapes)
    glyphs = {"x", "cross"}  # drawn as letters, and as empty boxes where a font lacks them
    assert not glyphs & set(shapes)
    for ring in (t for t in places if t.marker.symbol.endswith("-open")):
        assert ring.marker.line.color == ring.marker.color
    for one in (seen.layout.scene.xaxis, seen.layout.scene.yaxis):
        assert len(one.tickvals) == 3
        assert not any("<br>" in text for text in one.ticktext)
        assert "[R]" in one.title.text


def test_captions_are_short_whatever_is_chosen():
    described = [
        spectra.spectrum(a_spectrum(), place, SCHEDULE, "data", axis, 1e-5)
        for place in PLACES
        for axis in ("eigenvalue", "variance")
    ]
    captions = [spectrum.caption(one) for one in described]
    captions += [slices.caption(a_view(), style) for style in ("2d", "3d")]
    captions += [spectrum_table.caption(frame) for frame in ("level", "data")]
    for caption in captions:
        assert len(re.findall(r"\S*\w\S*", caption)) <= 25, caption


def decoded(spec):
    array = np.frombuffer(base64.b64decode(spec["bdata"]), dtype=spec["dtype"])
    return array.reshape([int(n) for n in spec["shape"].split(",")]) if "shape" in spec else array


def test_the_browser_is_given_the_very_numbers():
    view = a_view()
    sent = json.loads(to_json(slices.figure(view)))
    np.testing.assert_array_equal(decoded(sent["levels"][2][0]["z"]), view.surface.values[2])


def test_an_array_that_two_traces_share_travels_once():
    slice_ = slices.figure(a_view())
    colour, lines = json.loads(to_json(slice_))["levels"][0][:2]
    assert "bdata" in colour["z"]
    assert lines["z"] == {"same": 0, "field": "z"}
    drawn = figure(slice_, 9)
    np.testing.assert_array_equal(drawn.data[1].z, drawn.data[0].z)


def test_json_has_no_nan_and_arrays_are_typed():
    text = to_json(
        {
            "nan": float("nan"),
            "np": np.float32(1.5),
            "ints": np.arange(3),
            "texts": np.array(["a"]),
            "table": Table([], []),
        }
    )
    sent = json.loads(text, parse_constant=lambda name: pytest.fail(name))
    assert sent["nan"] is None
    assert sent["np"] == 1.5
    assert sent["ints"]["dtype"] == "i4"
    assert sent["texts"] == ["a"]
    assert sent["table"]["rows"] == []


def test_merge_lays_dicts_over_dicts():
    base = {"a": {"b": 1, "c": 2}, "d": 3}
    assert merge(base, {"a": {"b": 5}, "d": [1]}) == {"a": {"b": 5, "c": 2}, "d": [1]}
    assert base == {"a": {"b": 1, "c": 2}, "d": 3}


def test_a_figure_without_levels_is_the_same_at_each():
    plain = Levels({}, shared=[{"type": "scatter", "x": [1], "y": [2]}])
    assert figure(plain, 3) == figure(plain, 9)
