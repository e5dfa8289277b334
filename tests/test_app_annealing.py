"""The annealing view: its numbers against plain NumPy, its figures' size, and it in Chromium."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import browser
import drawn
import fake_store
import numpy as np
import pytest
from playwright.sync_api import Page, expect

import store
from app.annealing import arrays
from app.annealing import behind as quantities
from app.annealing.behind import raw
from app.annealing.figures import energy as annealing_energy
from app.annealing.figures import ridges as annealing_ridges
from app.annealing.view import PANELS
from app.shared.address import address as links
from app.shared.asks import chosen, reading
from app.shared.drawing import bands as annealing_numbers
from app.shared.drawing import eigenvalues
from app.shared.drawing.bands import PERCENT, QUANTILES, cut, together
from app.shared.drawing.by_level import Look, Pick
from app.shared.page import exports
from app.shared.page.contract import Missing
from app.shared.table import catalog as tables
from app.shared.table import derived, statements
from app.shared.table import groups as grouping
from app.shared.table.by_level import by_level
from ired_interp_core import counts
from ired_interp_core.records import ProblemSet
from ired_interp_core.schedule import cosine
from ired_interp_core.schema import LEVELS, PLACES

COUNT = 40
ALL = ("problem_properties", "descent", "hessian_spectrum", "eigenspace")
KAPPA = "problem_properties.log10_condition"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("annealing") / "store"
    fake_store.make(folder, count=COUNT, asked=64, analyses=ALL)
    bare = ("problem_properties", "descent")
    other = ProblemSet("inverse", "harder", 4, 1)
    return fake_store.make(folder, count=6, problems=other, analyses=bare, run="bare")


@pytest.fixture(scope="module")
def opened(root):
    with store.open(root) as s:
        yield s


@pytest.fixture(scope="module")
def subject(opened):
    return next(t for t in reading.subjects(opened) if t.problems.variant == "same")


@pytest.fixture(scope="module")
def pop(opened, subject):
    return chosen.family(opened, subject)


TITLES = {panel.id: panel.title for panel in PANELS}
PLOTS = sum(panel.kind == "plot" for panel in PANELS)
CHECKS = ("variance", "definite", "progression", "fates")
"""Of all problems together; test_app_annealing_checks looks at them."""


def address(**changes):
    return drawn.address("annealing", **changes)


@pytest.fixture(scope="module")
def about(subject):
    return {"model": subject.model, "set": subject.set}


# ----- numbers


def test_quantiles_of_groups_are_those_of_numpy():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(50, LEVELS))
    values[3, 2], values[4, 2] = np.nan, np.inf
    member = rng.integers(-1, 3, 50)
    found = annealing_numbers.quantiles(values, member, 4)
    assert found.shape == (4, len(QUANTILES), LEVELS)
    for g in range(3):
        own = values[member == g, 2]
        np.testing.assert_allclose(found[g, :, 2], np.quantile(own[np.isfinite(own)], QUANTILES))
    assert np.isnan(found[3]).all()


def test_groups_cover_every_problem_with_a_number_and_say_their_bounds():
    values = np.random.default_rng(1).lognormal(size=100)
    values[7] = np.nan
    groups = cut(np.arange(100), values, 4, "κ")
    assert groups.member[7] == -1
    assert sum(groups.sizes) == 99
    assert max(groups.sizes) - min(groups.sizes) <= 2
    for i, g in enumerate(groups.member):
        if g >= 0:
            low, high = groups.bounds[g]
            assert low is None or values[i] > low
            assert high is None or values[i] <= high
    assert groups.of(np.array([7, 99, 1000])).tolist() == [-1, groups.member[99], -1]


@pytest.mark.parametrize(
    ("values", "names"),
    [([1.0, 1, 1, 1], ["all values equal"]), ([0.0, 0, 0, 1], ["≤ 0", "> 0"]), ([np.nan] * 4, [])],
)
def test_few_values_give_few_groups(values, names):
    groups = cut(np.arange(4), np.array(values), 3, "x")
    assert list(groups.names) == names
    assert all(groups.sizes)


def test_a_number_that_no_problem_has_makes_no_groups(opened, pop, monkeypatch):
    offered = grouping.properties(opened, pop.scope())
    assert KAPPA in offered
    values = grouping.memory.values
    monkeypatch.setattr(
        grouping.memory, "values",
        lambda s, scope, q: values(s, scope, q) * (np.nan if q.id == KAPPA else 1),
    )  # fmt: skip
    assert set(grouping.properties(opened, pop.scope())) == set(offered) - {KAPPA}


def test_angles_of_random_spaces_lie_near_a_right_angle_in_many_dimensions():
    mean, spread = annealing_numbers.random_angle(10, 400)
    # cos² of a unit vector's angle to a random k-space has mean k/d: θ ≈ arccos √(k/d) = 1.41
    assert mean == pytest.approx(1.42, abs=0.04)
    assert 0 < spread < 0.05
    assert annealing_numbers.random_angle(4, 4)[0] == pytest.approx(0, abs=1e-6)


def test_rank_correlation_is_spearmans():
    from scipy.stats import spearmanr

    x, y = np.random.default_rng(2).normal(size=(2, 30))
    y[3] = y[4]
    assert annealing_numbers.rank_correlation(x, y) == pytest.approx(spearmanr(x, y).statistic)
    assert np.isnan(annealing_numbers.rank_correlation([1, 2, 3], [5, 5, 5]))


# ----- reads against plain NumPy on everything


@pytest.mark.parametrize("place", PLACES)
def test_pooled_eigenvalues_agree_with_all_of_them_at_once(opened, pop, place):
    question = pop.asked["hessian_spectrum"]
    every = opened.read("hessian_spectrum", question=question.key)["eigenvalue_spectrum"]
    every = every.sel(place=place).values
    groups = grouping.groups(opened, pop.scope(), KAPPA, 2)
    found = arrays.pooled(opened, question, place, groups, KAPPA)
    assert found.counts.sum() == every.size
    width = (found.high - found.low) * 2 / counts.BINS
    for g in range(2):
        own = every[groups.member == g]
        for t in range(LEVELS):
            exact = np.quantile(own[:, t], QUANTILES)
            below = [np.mean(own[:, t] <= q + width[t]) for q in found.quantiles()[g, 1:6, t]]
            above = [np.mean(own[:, t] >= q - width[t]) for q in found.quantiles()[g, 1:6, t]]
            assert (np.array(below) >= np.array(QUANTILES[1:6]) - 1e-9).all()
            assert (np.array(above) >= 1 - np.array(QUANTILES[1:6]) - 1e-9).all()
            near = np.abs(found.quantiles()[g, [0, -1], t] - exact[[0, -1]])
            assert (near <= 1.01 * width[t]).all()
    _, shares = found.density(64)
    np.testing.assert_allclose(shares.sum(axis=2), 1, atol=0.05)


def test_drift_steps_and_spaces_agree_with_the_stored_arrays(opened, pop, monkeypatch):
    monkeypatch.setattr(arrays, "CHUNK", 7)
    steps = arrays.steps.__wrapped__(opened, pop.asked["descent"])
    whole = opened.read("descent", question=pop.asked["descent"].key)
    answer = whole["answer"].values.astype(float)
    moved = np.linalg.norm((answer[:, 3] - answer[:, 4]).reshape(COUNT, -1), axis=1)
    _, drift = by_level(opened, pop, derived.quantity("descent.drift"), "answer")
    np.testing.assert_allclose(drift[:, 3], moved, rtol=1e-12)
    assert np.isnan(drift[:, 9]).all()
    np.testing.assert_array_equal(steps[1], whole["step_mse"].values)
    spaces = arrays._spaces.__wrapped__(opened, pop.asked["eigenspace"])["truth"]
    whole = opened.read("eigenspace", question=pop.asked["eigenspace"].key).sel(place="truth")
    named = whole.sel(end="bottom", subspace="tangent")["alignment"].values
    i = spaces.subspaces.index("tangent")
    np.testing.assert_array_equal(spaces.alignment[:, :, 1, i], named)
    assert "observed" not in spaces.subspaces
    angle, both = spaces.turning(0)
    theta = whole.sel(end="top")["angle_level"].values
    resolved = whole.sel(end="top")["resolved"].values == 1
    assert np.isnan(angle[:, 0]).all()
    assert both[:, 0].all()
    sure = resolved[:, 5] & resolved[:, 4]
    np.testing.assert_array_equal(both[:, 5], sure)
    np.testing.assert_allclose(angle[sure, 5], np.sqrt((theta[sure, 5] ** 2).mean(1)), rtol=1e-5)
    assert np.isnan(angle[~sure, 5]).all()


def test_scalars_are_the_stored_ones_and_read_only(opened, pop):
    rank = derived.quantity("hessian_spectrum.entropy_rank")
    _, found = by_level(opened, pop, rank, "minimum")
    whole = opened.read("hessian_spectrum", question=pop.asked["hessian_spectrum"].key)
    expected = whole["entropy_rank"].sel(place="minimum").values
    np.testing.assert_array_equal(found, expected)
    with pytest.raises(ValueError, match="read-only"):
        found[0, 0] = 0


def test_frames_change_what_they_should_and_nothing_else():
    schedule = cosine()
    a = schedule.alphas_cumprod
    for what, frame, factor in [
        ("descent.mse", "level", a),
        ("descent.minimum_distance", "level", np.sqrt(a)),
        ("hessian_spectrum.gauss_newton_norm", "data", a),
        ("hessian_spectrum.index", "data", 1),
        ("descent.energy_excess", "level", 1),
        ("descent.mse", "data", 1),
    ]:
        np.testing.assert_allclose(quantities.scaling(what, frame, schedule), factor * np.ones(10))


@pytest.mark.parametrize("axis", list(eigenvalues.AXES))
def test_every_axis_puts_the_ideal_line_where_it_belongs(opened, pop, axis):
    question = pop.asked["hessian_spectrum"]
    groups = together(np.arange(COUNT))
    counted = arrays.pooled(opened, question, "answer", groups, "")
    schedule = cosine()
    found = annealing_ridges.ridges(counted, axis, "data", schedule, 0.02)
    ideal = {"relative": 1, "eigenvalue": schedule.alphas_cumprod / schedule.sigma, "variance": 0}
    expected = np.broadcast_to(np.asarray(ideal[axis], float), LEVELS).copy()
    if axis == "variance":
        expected[8:] = np.nan
    np.testing.assert_allclose(found.ideal, expected, atol=1e-12)
    ordered = np.diff(found.quantiles[0], axis=0)
    assert (ordered[np.isfinite(ordered)] >= 0).all()


# ----- the problems behind a point


@pytest.mark.parametrize("place", ["answer", "noised_truth"])
@pytest.mark.parametrize("percent", [5, 50, 95])
@pytest.mark.parametrize(
    "what", ["descent.mse", "hessian_spectrum.entropy_rank", "descent.energy_excess"]
)
def test_the_table_shows_exactly_the_problems_behind_a_point(
    opened, subject, pop, what, percent, place
):
    a = address(model=subject.model, set=subject.set, group=KAPPA, level=4, place=place)
    groups = grouping.groups(opened, pop.scope(), KAPPA, a["groups"])
    pick = Pick(what, 4, percent, 1)
    found = quantities.behind(opened, pop, a, groups, pick, cosine())
    again = links.parse("problems", parse_qs(urlsplit(found.table.url()).query))
    assert again.messages == ()
    of = chosen.family(opened, subject).scope(again["level"], again["place"])
    known = tables.columns(opened, of)
    kept, lost = tables.usable(known, again["filter"])
    assert lost == []
    n = len(opened.sql(*statements.select(of, known, [], kept)))
    assert f": {n} of {groups.sizes[1]} problems" in found.sentence
    assert {p for p, _ in found.near} <= set(np.flatnonzero(groups.member == 1).tolist())


def test_behind_a_quantile_of_eigenvalues_stand_those_that_reach_farthest(opened, pop):
    a, groups = address(level=2), grouping.groups(opened, pop.scope(), "", 3)
    for percent, name, pick in [(0, "smallest_eigenvalue", 0), (100, "largest_eigenvalue", -1)]:
        point = Pick(annealing_ridges.EIGENVALUE, 2, percent, 0)
        end = derived.quantity(f"hessian_spectrum.{name}")
        _, values = by_level(opened, pop, end, "answer")
        found = quantities.behind(opened, pop, a, groups, point, cosine())
        assert found.near[0][0] == np.argsort(values[:, 2])[pick]


# ----- figures


def test_the_chosen_problem_is_drawn_among_the_others_and_leaves_with_them(opened, about, pop):
    problems, values = raw(opened, pop, "descent.mse", "answer")
    problem = int(problems[2])
    shown = drawn.drawn(opened, "annealing", "error", **about, problem=problem, frame="data")
    (own,) = (v for n, v in shown.numbers.data_vars.items() if n.endswith(f"problem_{problem}"))
    np.testing.assert_allclose(own.values, values[2])
    assert any(f"problem {problem}" in str(note.text) for note in shown.body.layout.annotations)
    without = drawn.drawn(opened, "annealing", "error", **about, frame="data")
    assert not any("problem_" in str(n) for n in without.numbers.data_vars)


@pytest.mark.parametrize("name", ["spectrum", "alignment", "angles"])
def test_the_chosen_problem_is_drawn_in_panels_of_many_numbers(opened, about, name):
    shown = drawn.drawn(opened, "annealing", name, **about, problem=3)
    own = [n for n in shown.numbers.data_vars if "problem_3" in str(n)]
    assert own
    said = [str(t.hovertemplate) for t in shown.body.data if "problem 3" in str(t.hovertemplate)]
    assert len(said) == len(own)


def test_the_chosen_problem_is_ringed_at_every_level(opened, about):
    shown = drawn.drawn(opened, "annealing", "energy", **about, problem=3, level=4)
    rings = [t for t in shown.body.data if t.marker.symbol == "circle-open"]
    assert len(rings) == 10
    assert sorted(ring.marker.size for ring in rings) == [9] * 9 + [13]


def test_files_hold_all_that_is_drawn_of_energies(opened, about):
    """The two rows of a figure may be of one quantity, and each has its own name."""
    rows = drawn.drawn(opened, "annealing", "preference", **about).numbers
    assert {v.attrs["long_name"] for v in rows.data_vars.values()} >= {
        "E_t(ŷ_t) − E_t(y*) [E]", "share < 0",
    }  # fmt: skip
    shown = drawn.drawn(opened, "annealing", "energy", **about, energy="excess")
    levels = shown.numbers.drop_dims("point")
    assert set(levels.data_vars) == {"energy_of_truth", "rank_correlation", "slope_of_bowl"}
    slopes = [t for t in shown.body.data if t.line.dash == "dot"]
    drawn_slopes = sorted(float(t.y[1] / t.x[1]) for t in slopes)
    np.testing.assert_allclose(drawn_slopes, sorted(levels["slope_of_bowl"].values), rtol=1e-6)
    spectra = drawn.drawn(opened, "annealing", "spectrum", **about).numbers
    assert spectra["share"].dims == ("group", "level", "bin")
    np.testing.assert_allclose(spectra["share"].sum("bin").max(), 1, atol=0.02)


@pytest.mark.parametrize("group", ["", KAPPA])
@pytest.mark.parametrize("name", [name for name in TITLES if name not in CHECKS])
def test_every_panel_draws_within_its_budget_and_gives_its_numbers(opened, about, name, group):
    shown = drawn.drawn(opened, "annealing", name, **about, group=group, groups=4, points="steps")
    figure, numbers = shown.body, shown.numbers
    svg = sum(len(t.x) for t in figure.data if t.type == "scatter")
    web = [t for t in figure.data if t.type == "scattergl"]
    assert svg <= 5000
    assert sum(len(t.x) for t in web) <= 100_000
    assert bool(web) == (name == "energy")
    assert len(figure.to_json()) < 600_000
    table = exports.table(numbers)
    assert len(table)
    assert table.select_dtypes("number").notna().any().all()
    if name != "energy":
        assert (numbers.attrs["grouped_by"] == "none") == (not group)
    for axis in figure.select_xaxes():
        assert axis.range[0] > axis.range[1] or name == "energy"


def test_a_level_with_too_many_points_is_thinned_and_its_correlation_is_not():
    rng = np.random.default_rng(3)
    error, energy = rng.lognormal(size=(2, 9000))
    n = np.arange(9000)
    found = annealing_energy.cloud(1, n, np.zeros(9000, int), error, energy, energy)
    assert len(found.problem) == annealing_energy.MOST
    assert found.total == 9000
    assert found.correlation == annealing_numbers.rank_correlation(error, energy)


def test_an_energy_of_the_truth_far_away_is_named_and_does_not_squeeze_the_points():
    error = np.linspace(1, 2, 20)
    look = Look(None, "#000000", "#888888", ("all",))
    for truth, seen in ((np.full(20, 1.5), True), (np.full(20, 90.0), False)):
        clouds = [
            annealing_energy.cloud(t, np.arange(20), np.zeros(20, int), error, error, truth)
            for t in range(LEVELS)
        ]
        figure = annealing_energy.figure(clouds, look, "e", "E", (None, 0))
        named = [a for a in figure.layout.annotations if "truth" in a.text]
        assert (len(named) == 0) == seen
        assert figure.layout.yaxis.range[1] < 5


def test_what_is_not_there_names_the_entry_that_makes_it(opened):
    bare = next(t for t in reading.subjects(opened) if t.problems.variant == "harder")
    shown = drawn.page(opened, "annealing", model=bare.model, set=bare.set)
    missing = drawn.outcome(shown, "alignment")
    assert isinstance(missing, Missing)
    assert 'name = "eigenspace"' in missing.command
    drawn.drawn(opened, "annealing", "error", model=bare.model, set=bare.set)


@pytest.mark.parametrize(
    "pick", ["descent.mse~95~0", "hessian_spectrum.eigenvalue~0~3", "", "a.b~share~1"]
)
def test_a_pick_survives_the_address(pick):
    a = address(pick=pick, level=3)
    again = links.parse("annealing", parse_qs(urlsplit(a.url()).query, keep_blank_values=True))
    assert (again["pick"], again["level"], again.messages) == (pick, 3, ())


@pytest.mark.parametrize("pick", ["x", "descent.mse~42~0", "descent.mse~95~9", "<b>~95~0"])
def test_a_pick_that_means_nothing_is_refused(pick):
    assert links.parse("annealing", {"pick": [pick]}).messages


def test_quantities_that_are_drawn_are_known_named_and_ringed_in_their_panel(opened, pop, about):
    groups = grouping.groups(opened, pop.scope(), "", 3)
    for panel in PANELS:
        if panel.id in {"energy", "quantity", *CHECKS}:
            continue
        shown = drawn.drawn(opened, "annealing", panel.id, **about)
        points = [c for t in shown.body.data if t.customdata is not None for c in t.customdata]
        for quantity in {c[5] for c in points}:
            assert quantities.known(pop, quantity), quantity
            read = {**dict.fromkeys(panel.reads, ""), "pick": f"{quantity}~50~0", "level": 5}
            for other in PANELS:
                if "pick" in other.reads and other.narrow and other.id != "quantity":
                    kept = other.narrow({**read})["pick"]
                    assert bool(kept) == (other is panel), (quantity, other.id)
            for percent in (*PERCENT, -1):
                pick = Pick(quantity, 5, percent, 0)
                found = quantities.behind(opened, pop, address(), groups, pick, cosine())
                assert found is None or found.sentence
    assert not quantities.known(pop, "descent.nothing")


@pytest.mark.parametrize("name", ["condition", "relative_gap"])
def test_any_scalar_by_level_is_drawn_with_its_spread(opened, pop, about, name):
    id_ = f"hessian_spectrum.{name}"
    shown = drawn.drawn(opened, "annealing", "quantity", **about, quantity=id_, place="truth")
    stored = opened.read("hessian_spectrum", question=pop.asked["hessian_spectrum"].key)[name]
    values = stored.sel(place="truth").sortby("level").values.astype(float)
    wanted = np.full((len(QUANTILES), LEVELS), np.nan)
    for t in range(LEVELS):
        finite = values[np.isfinite(values[:, t]), t]
        if finite.size:
            wanted[:, t] = np.quantile(finite, QUANTILES)
    np.testing.assert_allclose(shown.numbers[f"hessian_spectrum_{name}"][0], wanted, rtol=1e-6)
    page = drawn.page(opened, "annealing", **about, quantity="descent.nothing")
    assert "no such number" in page.address.messages[0]


# ----- in Chromium

POINT = """([panel, percent, level]) => {
  const g = document.querySelector(`[data-panel=${panel}] .js-plotly-plot`);
  const info = (t, i) => Object.values(t.customdata[i]);
  for (const t of g._fullData) {
    if (!t.customdata || !t.mode.includes("markers")) continue;
    for (let i = 0; i < t.x.length; i++) {
      const c = info(t, i);
      if (c[0] !== level || c[1] !== percent) continue;
      const [xa, ya] = ["x", "y"].map((n) => g._fullLayout[t[n + "axis"].replace(n, n + "axis")]);
      const box = g.getBoundingClientRect();
      return [box.left + xa._offset + xa.d2p(t.x[i]), box.top + ya._offset + ya.d2p(t.y[i])];
    }
  }
}"""

DRAWN = """() => Object.fromEntries(
  [...document.querySelectorAll("[data-panel] .js-plotly-plot")].map((g) => [
    g.closest("[data-panel]").dataset.panel,
    JSON.stringify(
      g._fullData.map((t) => [t.type, Array.from(t.x ?? []), Array.from(t.y ?? [])])),
  ]))"""


@pytest.fixture(scope="module")
def url(url):
    return f"{url}/annealing"


def go(page: Page, where: str, panels: int = PLOTS) -> None:
    page.goto(where)
    wait(page, panels)


def wait(page: Page, panels: int = PLOTS) -> None:
    page.wait_for_selector(".ip-root[data-drawings]", state="attached", timeout=browser.PATIENCE)
    page.wait_for_function(
        "n => document.querySelectorAll('.js-plotly-plot .cartesianlayer').length >= n",
        arg=panels - 1,  # the one with a WebGL context is drawn while it is in sight
        timeout=browser.PATIENCE,
    )
    browser.settled(page)


def until(page: Page, **values: str) -> None:
    page.wait_for_function(
        "w => { const q = new URLSearchParams(location.search);"
        " return Object.entries(JSON.parse(w)).every(([k, v]) => q.get(k) === v); }",
        arg=json.dumps(values),
        timeout=browser.PATIENCE,
    )
    browser.settled(page)


def choose(page: Page, name: str) -> None:
    page.get_by_test_id("stButtonGroup").get_by_text(name, exact=True).click()


def middle(page: Page, panel: str) -> None:
    """Bring a panel to the middle of the window, clear of the bar on top."""
    page.locator(f".st-key-panel-{panel}").evaluate("n => n.scrollIntoView({block: 'center'})")
    page.wait_for_timeout(400)
    page.wait_for_selector(f"[data-panel={panel}] .js-plotly-plot .cartesianlayer")


def click(page: Page, panel: str, percent: int, level: int) -> None:
    middle(page, panel)
    x, y = page.evaluate(POINT, [panel, percent, level])
    page.mouse.move(x, y)
    page.wait_for_timeout(200)
    page.mouse.click(x, y)


@pytest.mark.browser
def test_a_link_shows_what_it_says_and_its_copy_the_same(chromium, page, url):
    go(page, f"{url}?place=truth&frame=level&spectrum=variance&group={KAPPA}&groups=2")
    expect(page.locator(".st-key-panel-spectrum")).to_contain_text("at the truth · extrapolated")
    expect(page.locator(".st-key-panel-error")).to_contain_text("level frame")
    middle(page, "energy")
    before = page.evaluate(DRAWN)
    choose(page, "minimum")
    until(page, place="minimum", frame="level", groups="2")
    expect(page.locator(".st-key-panel-counts")).to_contain_text("at the minimum")
    choose(page, "data y")
    until(page, frame="data")
    expect(page.locator(".st-key-panel-error")).to_contain_text("data frame")
    choose(page, "E − E(y*)")
    until(page, energy="excess")
    middle(page, "energy")
    after = page.evaluate(DRAWN)
    of_one_place = {"drift", "preference", "variance", "definite", "progression", "fates"}
    assert {n for n in after if before[n] != after[n]} == set(TITLES) - of_one_place
    with browser.page_of(chromium) as other:
        go(other, page.url)
        middle(other, "energy")
        assert other.evaluate(DRAWN) == after
    page.go_back()
    until(page, energy="value", frame="data")


@pytest.mark.browser
def test_groups_come_with_the_menu_and_a_point_of_the_energy_map_is_a_problem(page, url):
    go(page, url)
    menu = page.get_by_role("combobox", name=re.compile("Problems"))
    browser.select(page, menu, "log₁₀ condition")
    until(page, group=KAPPA, groups="3")
    legend = page.locator(".st-key-panel-error .legendtext")
    expect(legend).to_have_count(3)
    choose(page, "4")
    until(page, groups="4")
    expect(legend).to_have_count(4)
    pick_from_the_energy_map(page)


def pick_from_the_energy_map(page: Page) -> None:
    middle(page, "energy")
    place = """() => {
      const g = document.querySelector("[data-panel=energy] .js-plotly-plot");
      const t = g._fullData.find((t) => t.customdata);
      const box = g.getBoundingClientRect();
      const [xa, ya] = [g._fullLayout.xaxis, g._fullLayout.yaxis];
      return [box.left + xa._offset + xa.d2p(t.x[7]), box.top + ya._offset + ya.d2p(t.y[7])];
    }"""
    x, y = page.evaluate(place)
    page.mouse.move(x, y)
    page.wait_for_timeout(300)
    page.mouse.click(x, y)
    until(page, level="9")
    bar = page.locator(".st-key-annealing-behind")
    expect(bar).to_contain_text(re.compile(r"Problem \d+ at t = 9"))
    bar.get_by_role("link", name="open in Landscape").click()
    page.wait_for_url("**/landscape?*level=9*", timeout=browser.PATIENCE)


@pytest.mark.browser
def test_a_click_names_the_problems_behind_a_point_and_leads_to_them(page, url):
    go(page, url)
    click(page, "error", 95, 3)  # 35 px below the largest there
    until(page, pick="descent.mse~95~0", level="3")
    bar = page.locator(".st-key-annealing-behind")
    expect(bar).to_contain_text("MSE of ŷ_t at least")
    count = re.search(r": (\d+) of 40 problems", bar.inner_text())[1]
    bar.get_by_role("link", name="open in Problems").click()
    page.wait_for_url("**/problems?*", timeout=browser.PATIENCE)
    expect(page.locator("[data-panel=table] .ip-note")).to_have_text(f"{count} problems")
    page.go_back()
    wait(page)
    first = bar.get_by_role("link").first
    problem = re.match(r"\d+", first.inner_text())[0]
    first.click()
    page.wait_for_url(f"**/landscape?*problem={problem}&level=3*", timeout=browser.PATIENCE)
    expect(page.locator(".st-key-messages")).to_have_count(0)


@pytest.mark.browser
def test_missing_answers_say_what_makes_them_and_bad_links_what_was_wrong(page, url):
    go(
        page,
        f"{url}?set=inverse-harder-4-1&pick=eigenspace.angle.top~50~0&group=no.such&place=x",
        5,
    )
    said = page.locator(".st-key-messages").inner_text()
    for word in ("pick=", "group=no.such", "place=x"):
        assert word in said
    expect(page.locator(".st-key-panel-alignment")).to_contain_text('name = "eigenspace"')
    expect(page.locator(".st-key-panel-spectrum")).to_contain_text("has not been computed")


@pytest.mark.browser
def test_the_dark_ground_has_bright_ticks_and_figures_of_few_problems_no_canvas(chromium, url):
    with browser.page_of(chromium, browser.SIZES[1], "dark") as page:
        go(page, f"{url}?group={KAPPA}")
        middle(page, "energy")
        web = "() => [...document.querySelectorAll('.js-plotly-plot')].filter("
        web += "g => g._fullData.some(t => t.type === 'scattergl')).length"
        assert page.evaluate(web) == 0
        fill = "() => getComputedStyle(document.querySelector('.xtick text')).fill"
        bright = sum(map(int, re.findall(r"\d+", page.evaluate(fill))[:3])) > 380
        assert bright
