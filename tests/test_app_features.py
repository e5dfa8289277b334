"""The view Features: its numbers against plain loops, its figures' middles, and it in Chromium."""

import json
import re
import tomllib
from urllib.parse import parse_qs, urlsplit

import browser
import feature_store
import feature_values
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from playwright.sync_api import Locator, Page, expect

import store
from app.components.said import Picked
from app.features import answer_panel, features_panel, rivals, tables, worth
from app.features import card as feature_card
from app.features import dictionaries as dictionary_rows
from app.features import rows as feature_rows
from app.features.figures import atom, atom_map, examples, pareto
from app.features.figures import card as facts
from app.features.view import VIEW
from app.shared.address import address as links
from app.shared.address.fields import Filter
from app.shared.asks import dictionaries as features
from app.shared.asks import reading
from app.shared.drawing import scales
from app.shared.page import exports, outcomes
from app.shared.page.contract import Drawn, Missing
from ired_interp_core.dictionaries import atoms as core

DENSITY = "dictionary_features.density"
EFFECT = "dictionary_causal.ablation_shift"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return feature_store.make(tmp_path_factory.mktemp("features") / "store")


@pytest.fixture(scope="module")
def opened(root):
    with store.open(root) as s:
        yield s


@pytest.fixture(scope="module")
def there(opened):
    return features.dictionaries(opened, reading.subjects(opened)[0])


@pytest.fixture(scope="module")
def first(opened, there):
    """The dictionary that is `one` of the match."""
    match = reading.questions(opened, analysis="dictionary_match")[0]
    return next(q for q in there if q.key == match.inputs["one"])


@pytest.fixture(scope="module")
def bare(there):
    """The dictionary of which nothing was measured."""
    return next(q for q in there if q.parameters["variant"] == "batch_topk")


def address(**changes):
    values = {n: f.default for n, f in links.VIEWS["features"].items()}
    return links.Address("features", {**values, **changes})


# ----- figures


def test_the_front_holds_what_no_other_point_beats():
    rng = np.random.default_rng(0)
    l0, ev = rng.integers(1, 9, 60).astype(float), rng.integers(0, 12, 60) / 12
    l0[3], ev[5] = np.nan, np.nan
    slow = [
        bool(np.isfinite(a) and np.isfinite(b))
        and not any((c <= a and d >= b) and (c < a or d > b) for c, d in zip(l0, ev, strict=True))
        for a, b in zip(l0, ev, strict=True)
    ]
    assert pareto.front(l0, ev).tolist() == slow
    assert 0 < sum(slow) < 20


def test_atoms_travel_in_eight_bits_and_no_more_than_agreed():
    rng = np.random.default_rng(1)
    atoms = rng.normal(size=(3000, 16))
    atoms[7] = 0.0
    order = rng.permutation(3000)
    made = atom_map.small(atoms, 4, order)
    assert made.entries.shape == (atom_map.MOST_ATOMS, 4, 4)
    assert made.features.tolist() == sorted(order[: atom_map.MOST_ATOMS].tolist())
    back = made.entries.reshape(-1, 16) / 127 * made.scale[:, None]
    error = np.abs(back - atoms[made.features])
    assert (error <= made.scale[:, None] / 254 * 1.001).all()


def test_the_map_leaves_no_feature_out_and_fades_what_the_filters_leave_out():
    place = np.random.default_rng(2).normal(size=(40, 2))
    values = np.r_[np.nan, 0.0, 10.0 ** np.arange(-30, 8, dtype=float)[:38]]
    colour = ("feature", values, {"long_name": "density", "units": "1"})
    passes = ("feature", np.isin(np.arange(40), [3, 5]))
    atoms = xr.Dataset({"x": ("feature", place[:, 0]), "y": ("feature", place[:, 1])})
    atoms = atoms.assign(colour=colour, passes=passes)
    scale = scales.scale("1", "share", values, "light")
    figure = atom_map.atom_map(atoms, ("a", "b"), scale, 5, "#000", "#888")
    without, points, ring = figure.data
    assert sorted([*without.customdata, *points.customdata]) == list(range(40))
    assert without.customdata.tolist() == [0, 1]  # NaN, and 0 on a logarithmic scale
    assert np.allclose(points.marker.color, np.log10(values[2:]))
    full = points.customdata[points.marker.opacity == 1.0]
    assert full.tolist() == [3, 5]
    assert np.allclose(np.c_[ring.x, ring.y], place[[5]])


def test_parts_of_an_atom_add_up_and_agree_with_the_record():
    w = np.random.default_rng(3).normal(size=(5, 5))
    made = atom.parts(w)
    whole, symmetric, antisymmetric, diagonal = made["entry"].values
    assert np.allclose(symmetric + antisymmetric, whole)
    assert np.allclose(np.diag(np.diag(w)), diagonal)
    slow = core.matrix_shares(w[None])[0]
    assert np.allclose(made["share"][1:], slow[:3])
    assert np.allclose(made["share_random"][1:], core.random_shares(5)[:3])
    assert np.allclose(made["singular"], np.sqrt(np.linalg.eigvalsh(w @ w.T))[::-1])


def test_examples_stand_in_their_places():
    matrices = np.random.default_rng(4).normal(size=(9, 4, 4)).astype("f4")
    laid = examples.sheet(matrices, (7, 2))
    assert len({r for r, _ in laid.corners}) == 3  # seven in two rows, two in one of their own
    for i, ((r, c), matrix) in enumerate(zip(laid.corners, matrices, strict=True)):
        assert np.array_equal(laid.z[r : r + 4, c : c + 4], matrix)
        assert (laid.member[r : r + 4, c : c + 4] == i).all()
    assert np.isfinite(laid.z).sum() == matrices.size
    assert (laid.member[~np.isfinite(laid.z)] == -1).all()


def test_the_strongest_correlations_come_first_and_none_is_made_up():
    rho = np.array([0.1, np.nan, -0.9, 0.5, np.nan])
    assert facts.strongest(rho, 2).tolist() == [2, 3]
    assert facts.strongest(np.full(3, np.nan), 2).tolist() == []


# ----- what the view reads


def test_dictionaries_stand_beside_their_baselines_and_say_what_is_open(opened, there, first, bare):
    rows = dictionary_rows.rows(opened, there).set_index("key")
    assert len(rows) == len(feature_store.DICTIONARIES)
    one = rows.loc[first.key]
    metrics = features.downstream(opened, first, "dictionary_metrics")
    answer = opened.read("dictionary_metrics", question=metrics.key)
    for name in ("l0", "explained_variance", "full_absorption"):
        assert one[name] == float(answer[name])
    whole = answer.sel(stage="all")
    for name, of in {"beyond": "dictionary", "components_beyond": "components"}.items():
        assert one[name] == float(whole["beyond"].sel(coding=of))
    assert one["lead_low"] == float(whole["gain_low"].sel(coding="components"))
    assert one["walk_l0"] == float(answer["walk_l0"].sel(coding="dictionary"))
    assert (one["better"], one["wins"]) == ("components", "components")
    match = opened.read("dictionary_match", question=features.matches(opened, first)[0].key)
    assert (one["pw_mcc"], one["null_pw_mcc"]) == (float(match["pw_mcc"]), 0.45)
    assert features.seeds_apart(opened, first, one["partner"])
    assert one["missing"] == ""
    nothing = rows.loc[bare.key]
    assert np.isnan([nothing["l0"], nothing["explained_variance"], nothing["pw_mcc"]]).all()
    assert "metrics not computed" in nothing["missing"]
    penalised = rows[rows["penalty"] != ""]
    assert penalised["penalty"].tolist() == ["pairs, q 0.001, adaptive τ, γ 0.25"]
    assert np.isnan(penalised["pw_mcc"]).all()  # its pair would be of another training


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [
        (0.02, 0.05, ("The dictionary explains most", "It leads single entries by 0.030")),
        (-0.05, -0.01, ("Single entries explain most", "The dictionary lies 0.030 [0.010, 0.050]")),
        (
            -0.07,
            0.01,
            (
                "Which explains most is not decided",
                "leads single entries by −0.030 [−0.070, 0.010], an",
            ),
        ),
        (np.nan, np.nan, ("The activations do not vary", "")),
    ],
)
def test_the_sentence_names_a_winner_only_where_its_lead_is_clear_of_0(low, high, says):
    lead = 0.03 if low > 0 else -0.03 if low == low else np.nan
    row = pd.Series(
        {
            "beyond": 0.8, "beyond_low": 0.79, "beyond_high": 0.81, "components_beyond": 0.5,
            "entries_beyond": 0.8 - lead, "better": "entries", "lead": lead, "lead_low": low,
            "lead_high": high, "l0": 32.04, "held_out_problems": 819.0,
        }
    )  # fmt: skip
    line = "".join(getattr(part, "b", part) for part in worth.wins(row))
    assert line.startswith(says[0])
    assert says[1] in line
    if low == low:
        assert "L0 = 32" in line
        assert line.endswith("(819 held-out problems, one training).")
    assert rivals.verdict(row) == {0.02: "dictionary", -0.05: "entries"}.get(low, "not decided")


def test_features_are_those_of_the_record_sorted_and_filtered_as_by_hand(opened, first):
    of = feature_rows.table(opened, first)
    assert {q.analysis for q in of.asked} == {
        "dictionary_features", "dictionary_causal", "dictionary_match",
    }  # fmt: skip
    density, effect = of.numbers[DENSITY].to_numpy(), of.numbers[EFFECT].to_numpy()
    filters = (Filter(DENSITY, "ge", 0.05), Filter(EFFECT, "gt", 0.02))
    found = feature_rows.passing(of, filters, range(0, 64, 2))
    slow = [i for i in range(0, 64, 2) if density[i] >= 0.05 and effect[i] > 0.02]
    assert found.tolist() == slow
    assert 2 < len(slow) < 12
    whole = feature_rows.passing(of, (), None)
    order = feature_rows.ordered(of, whole, EFFECT, down=True)
    tested = feature_values.TESTED
    assert sorted(order[:tested].tolist()) == list(range(tested))  # what was not tested comes last
    assert (np.diff(effect[order[:tested]]) <= 0).all()


def test_features_sort_and_filter_by_the_parts_of_their_atoms_and_by_level(opened, first):
    of = feature_rows.table(opened, first)
    (question,) = (q for q in of.asked if q.analysis == "dictionary_features")
    answer = reading.dataset(opened, question, (0,), ("atom_share", "activity"))
    parts = answer["atom_share"].sel(share="antisymmetric").values
    at = "dictionary_features.atom_share.antisymmetric"
    assert at in feature_rows.sortable(of)
    found = feature_rows.passing(of, (Filter(at, "gt", 0.5),), None)
    assert found.tolist() == np.flatnonzero(parts > 0.5).tolist()
    active = answer["activity"].sel(level=3).mean("step").values
    order = feature_rows.ordered(of, np.arange(64), "dictionary_features.activity.3", down=True)
    np.testing.assert_allclose(active[order], np.sort(active)[::-1])
    kept = address(by=at, tint="dictionary_features.activity.3", keep=(Filter(at, "gt", 0.5),))
    assert feature_rows.settle(kept, of).messages == ()


def test_a_dead_feature_has_no_peak_level(opened, first):
    of = feature_rows.table(opened, first)
    assert np.isnan(of.numbers["dictionary_features.peak_level"].to_numpy()[-1])
    top, quantile = feature_card.examples(feature_card.card(opened, first, 63))
    assert (top, quantile) == ([], [])


def test_a_card_shows_what_the_dictionary_saw_at_its_examples(opened, first):
    of = feature_card.card(opened, first, 2)
    top, quantile = feature_card.examples(of)
    assert len(top) == 12
    assert [e.value for e in top] == sorted((e.value for e in top), reverse=True)
    assert len({e.problem for e in top}) == 12
    assert [e.name for e in quantile] == ["99 %", "90 %", "75 %", "50 %", "25 %", "5 %"]
    every = [*top, *quantile]
    for shown, variable in (("input", "activation"), ("state", "trajectory"), ("problem", "x")):
        matrices, source = feature_card.matrices(opened, of, every, shown)
        question = source.question
        for e, matrix in zip(every, matrices, strict=True):
            row = opened.read(question.analysis, question=question.key, problems=[e.problem])
            values = row[variable].values[0]
            there = values[0] if shown == "problem" else values[e.level, e.step]
            assert np.array_equal(matrix, there.reshape(4, 4))
    assert of.effects["control"].tolist() == [False, True, True, True, False, True, True]
    causal = opened.read("dictionary_causal", question=of.causal.key).isel(feature=2)
    beside = of.effects.set_index("way")
    for way, name, control in (
        ("ablation_data_atom", "ablation_shift", "data_atom"),
        ("steering_random_atom", "steering_shift", "random_atom"),
    ):
        of_control = causal.sel(control=control)
        assert beside["shift"][way] == float(of_control[f"{name}_controls"])
        assert beside["shift_beyond_low"][way] == float(of_control[f"{name}_beyond_low"])
        assert np.isnan(beside["shift_low"][way])
    assert beside["error"]["steering"] == float(causal["steering_error"])
    assert beside["hardest"].sum() == 2
    assert feature_card.card(opened, first, 60).effects.empty  # not tested


def test_a_pair_is_found_from_either_side(opened, there, first):
    of = feature_card.card(opened, first, 4)
    ((_, other, pair, cosine),) = feature_card.matched(opened, of)
    assert other.parameters["seed"] == 1
    ((_, again, back, same),) = feature_card.matched(opened, feature_card.card(opened, other, pair))
    assert (again.key, back, same) == (first.key, 4, cosine)
    one = feature_rows.table(opened, first).numbers[feature_rows.MATCH]
    two = feature_rows.table(opened, other).numbers[feature_rows.MATCH]
    assert one[4] == two[pair] == pytest.approx(1.0, abs=1e-6)


def test_what_is_not_there_says_which_command_makes_it(opened, bare):
    command = features.command_for(opened, bare, "dictionary_causal")
    sweep = tomllib.loads(command.partition("<<'END'\n")[2].partition("\nEND\n")[0])
    (entry,) = sweep["analyses"]
    assert entry["name"] == "dictionary_causal"
    assert entry["inputs"]["dictionary"]["variant"] == "batch_topk"
    assert sweep["problems"][0]["count"] == feature_values.COUNT
    assert "python -m precompute run sweep.toml" in command


def test_an_address_is_settled_with_the_store(opened, there, first):
    settled, dictionary = features.settle(opened, address(dictionary=first.key[:6]), there)
    assert (settled["dictionary"], dictionary.key) == (first.key, first.key)
    settled, _ = features.settle(opened, address(dictionary="00000000"), there)
    assert "no such dictionary" in settled.messages[0]
    of = feature_rows.table(opened, first)
    odd = address(by="descent.mse", keep=(Filter("no.such", "gt", 1.0),))
    settled = feature_rows.settle(odd, of)
    assert (settled["by"], settled["keep"], len(settled.messages)) == ("feature", (), 2)


# ----- panels


def drawn_by(opened, sheet, selections=None, **changes):
    """Every panel of a sheet at an address, as tests of the contract draw them."""
    subject = reading.subjects(opened)[0]
    asked = address(sheet=sheet, model=subject.model, set=subject.set, **changes)
    settled, scene = VIEW.scene(opened, asked, subject)
    found = {}
    for panel in VIEW.sheet(sheet).of(scene):
        read = outcomes.values(panel, settled, selections or {})
        found[panel.id] = outcomes.outcome(panel, scene, read, "light")
    return found


@pytest.mark.parametrize("sheet", [sheet.id for sheet in VIEW.sheets])
def test_every_panel_is_drawn_or_says_what_is_missing(opened, first, bare, sheet):
    whole = drawn_by(opened, sheet, dictionary=first.key, feature=3)
    assert {type(found) for found in whole.values()} == {Drawn}
    for found in whole.values():
        for name, variable in found.numbers.variables.items():
            assert str(name).isidentifier()
            assert name in found.numbers.dims or variable.attrs.get("long_name"), name
        for label in ("CSV", "netCDF"):
            assert exports.content(found, label)
    for found in drawn_by(opened, sheet, dictionary=bare.key, feature=3).values():
        assert isinstance(found, Drawn | Missing)
        if isinstance(found, Missing) and found.question:
            assert "run" in found.command


def test_a_page_of_the_table_holds_the_rows_that_the_address_asks_for(opened, first):
    of = feature_rows.table(opened, first)
    asked = {"dictionary": first.key, "by": DENSITY, "way": "up", "feature": 7}
    whole = drawn_by(opened, "atoms", **asked)["features"]
    order = feature_rows.ordered(of, np.arange(64), DENSITY, down=False)
    assert [row.id for row in whole.body.rows] == order[:50].tolist()
    assert whole.numbers["feature"].values.tolist() == order.tolist()  # files hold all pages
    second = drawn_by(opened, "atoms", **asked, leaf=2)["features"]
    assert [row.id for row in second.body.rows] == order[50:].tolist()
    chosen = [row.id for row in (*whole.body.rows, *second.body.rows) if row.chosen]
    assert chosen == [7]
    (sort,) = (column for column in whole.body.columns if column.sorted)
    assert (sort.id, sort.sorted, whole.body.columns[1].id) == (DENSITY, "up", LEADS)
    narrowed = drawn_by(opened, "atoms", {"map": ((3,), (5,), ("x",))}, **asked)["features"]
    assert sorted(row.id for row in narrowed.body.rows) == [3, 5]
    assert narrowed.note == "2 features in the lasso"


def words(line) -> str:
    """A line of a sentence as a reader sees it."""
    return "".join(part if isinstance(part, str) else part.b for part in line)


def test_the_sheet_says_what_features_do_beside_their_controls(opened, first):
    drawn = drawn_by(opened, "atoms", dictionary=first.key)["answer"]
    does, predicted, steered, goes, symmetric = (words(line) for (line,) in drawn.body.lines)
    causal = reading.dataset(opened, features.downstream(opened, first, "dictionary_causal"), (0,))
    verdict = causal["ablation_shift_verdict"].values[: feature_values.TESTED]
    assert does.startswith(
        f"Ablation moves the answer more than every control for {(verdict == 1).sum()} of 16"
    )
    assert f"less than a control for 0, and is not decided for {(verdict == 2).sum()}" in does
    assert f"{feature_values.WALKED} problems would detect" in does
    assert "by a factor of 1.0000 [0.9000, 1.1000]" in predicted
    assert "by a factor of 0.900 [0.810, 0.990] of what the derivative" in steered
    assert goes.startswith("60 % of the 20 strongest features correlate with a property")
    assert "principal components 50 %, entries 40 %, random atoms 20 %, permuted" in goes
    assert "before the jumps 0.920, after them 0.870" in symmetric
    foreseen = ["3.3 holds for ΔE", "3.3 does not hold for Δŷ"]
    assert [chip.text for chip in drawn.body.chips] == ["2.4 not decided", *foreseen]
    for change, text in (({"low": 0.1}, "holds"), ({"high": 0.0}, "does not hold")):
        ((end, value),) = change.items()
        varied = drawn.numbers.copy()
        varied[f"going_beyond_{end}"] = 0 * varied[f"going_beyond_{end}"] + value
        assert [chip.text for chip in answer_panel.verdict(varied)] == [f"2.4 {text}", *foreseen]
    for low, high, holds in ((0.9, 0.99, False), (0.96, 0.99, True), (0.99, 1.2, True)):
        varied = drawn.numbers.assign(shift_prediction_low=low, shift_prediction_high=high)
        said = answer_panel.verdict(varied)[-1].text
        assert said == ("3.3 holds for Δŷ" if holds else "3.3 does not hold for Δŷ")
    assert drawn.numbers["ablation_shift_verdict"].values.tolist() == verdict.tolist()
    alone = drawn_by(opened, "atoms", dictionary=first.key, feature=3)["summary"]
    about, effect = (words(line) for (line,) in alone.body.lines)
    name = ("not tested", "more than every control", "not decided", "less than a control")
    assert name[verdict[3]] in effect
    assert "Over problems, for one training." in effect
    assert about.startswith("Feature 3 is active")


LEADS = "dictionary_features.energy_share"


def test_clicks_on_the_table_and_the_map_say_where_to(first):
    at = address(by=DENSITY, way="down")
    pick = features_panel.picked
    assert pick(at, Picked(custom=(5,))) == {"feature": 5}
    assert pick(at, Picked(custom=("x",))) is None
    assert pick(at, Picked()) is None
    assert pick(at, Picked(head=True, x=DENSITY)) == {"by": DENSITY, "way": "up", "leaf": 1}
    assert pick(at, Picked(head=True, x=EFFECT)) == {"by": EFFECT, "way": "down", "leaf": 1}


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [(-0.00123, ".2e", "−1.23×10⁻³"), (float("nan"), ".4g", ""), (3.0, "d", "3"), (None, "", ""),
     ("a", "", "a"), (-0.5, "+.1f", "−0.5"), (1e-4, ".0e", "1×10⁻⁴")],
)  # fmt: skip
def test_numbers_are_spelled_as_on_paper(value, form, text):
    assert tables.spelled(value, form) == text


# ----- in Chromium


def go(page: Page, to: str) -> None:
    page.goto(to)
    expect(page.locator(".st-key-bar")).to_be_visible(timeout=browser.PATIENCE)
    drawn(page)


def drawn(page: Page) -> None:
    """Wait until every panel stands on the page."""
    browser.settled(page)
    page.wait_for_selector(".ip-root[data-drawn]", state="attached", timeout=browser.PATIENCE)


def until(page: Page, **values: str) -> None:
    """Wait until the address has these values and the page has followed."""
    page.wait_for_function(
        "w => { const q = new URLSearchParams(location.search);"
        " return Object.entries(JSON.parse(w)).every(([k, v]) => q.get(k) === v); }",
        arg=json.dumps(values),
        timeout=browser.PATIENCE,
    )
    browser.settled(page)


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query, keep_blank_values=True)


def panel(page: Page, name: str) -> Locator:
    return page.locator(f"[data-panel={name}]")


def note(page: Page, name: str, text: str) -> None:
    expect(panel(page, name).locator(".ip-note")).to_have_text(re.compile(text))


def pixels(page: Page) -> dict[int, tuple[float, float]]:
    """Where each feature's point lies in the window."""
    found = page.evaluate(
        """() => {
          const plot = document.querySelector('[data-panel=map] .ip-layer');
          const { xaxis, yaxis } = plot._fullLayout;
          const box = plot.getBoundingClientRect();
          const plain = (a) => Array.from(a._inputArray ?? a);
          const { x, y, customdata } = plot.data[1];
          const ys = plain(y), ids = plain(customdata);
          return plain(x).map((v, i) => [ids[i],
            box.left + xaxis._offset + xaxis.c2p(v), box.top + yaxis._offset + yaxis.c2p(ys[i])]);
        }"""
    )
    return {int(i): (x, y) for i, x, y in found}


@pytest.mark.browser
def test_a_row_chooses_a_dictionary_whose_atoms_are_one_click_away(page, url, there):
    go(page, f"{url}/features")
    keys = [q.key for q in there]
    panel(page, "dictionaries").locator("tbody tr").nth(1).click()
    until(page, dictionary=keys[1])
    chosen = panel(page, "dictionaries").locator("tbody tr").nth(1)
    expect(chosen).to_have_attribute("aria-current", re.compile("."))
    expect(panel(page, "dictionaries").locator("tr[aria-current]")).to_have_count(1)
    page.get_by_text("Atoms", exact=True).click()
    until(page, dictionary=keys[1], sheet="atoms")
    expect(panel(page, "map")).to_be_visible()
    page.go_back()
    until(page, dictionary=keys[1], sheet="dictionaries")


@pytest.mark.browser
def test_features_are_sorted_and_filtered_and_a_reload_keeps_it(page, url):
    go(page, f"{url}/features?sheet=atoms&keep=dictionary_features.density~ge~0.05")
    note(page, "features", "^(?!64 )[0-9]+ features$")
    panel(page, "features").locator("thead th", has_text=re.compile("^density[^,]*$")).click()
    until(page, by=DENSITY, way="down")
    sorted_by = panel(page, "features").locator("thead th[aria-sort=descending]")
    expect(sorted_by).to_contain_text("density")
    sorted_by.click()
    until(page, by=DENSITY, way="up")
    expect(panel(page, "features").locator("thead th[aria-sort=ascending]")).to_be_visible()
    page.get_by_role("button", name=re.compile("^density ≥ 0.05")).click()
    page.wait_for_function("() => !location.search.includes('keep=')")
    note(page, "features", "^64 features · page 1 of 2$")
    page.reload()
    note(page, "features", "^64 features · page 1 of 2$")
    assert query(page)["way"] == ["up"]


@pytest.mark.browser
def test_a_lasso_narrows_the_table_and_a_click_opens_a_card(page, url, there):
    go(page, f"{url}/features?sheet=atoms")
    at = pixels(page)
    chosen = min(at, key=lambda i: at[i][0])
    x, y = at[chosen]
    page.mouse.move(x + 1, y)
    hover = panel(page, "map").locator(".ip-hover")
    expect(hover.locator("canvas")).to_be_visible()
    low = panel(page, "features").bounding_box()["height"]
    page.set_viewport_size({"width": 1440, "height": 1400})  # more rows on a tall window
    page.wait_for_function(
        "low => document.querySelector('[data-panel=features]').clientHeight > low + 200", arg=low
    )
    page.set_viewport_size({"width": 1440, "height": 900})
    panel(page, "features").locator("tbody tr").first.click()
    expect(panel(page, "atom")).to_be_in_viewport(ratio=0.9)
    page.go_back()
    expect(panel(page, "atom")).to_have_count(0)
    page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
    at = pixels(page)
    x, y = at[chosen]
    expect(hover).to_contain_text(f"feature {chosen}")
    xs, ys = zip(*at.values(), strict=True)
    middle = (min(xs) + max(xs)) / 2
    low, high = min(ys) - 4, max(ys) + 4
    page.mouse.move(min(xs) - 6, low)
    page.mouse.down()
    for to in ((middle, low), (middle, high), (min(xs) - 6, high), (min(xs) - 6, low)):
        page.mouse.move(*to, steps=6)
    page.mouse.up()
    held = panel(page, "features").locator(".ip-note")
    expect(held).to_have_text(re.compile("in the lasso"))
    count = int(held.inner_text().split()[0])
    inside = sum(px < middle for px in xs)
    assert abs(count - inside) <= 3  # those without density are crosses of another trace
    browser.settled(page)
    page.mouse.click(x, y)
    until(page, feature=str(chosen))
    expect(panel(page, "summary")).to_contain_text(f"Feature {chosen} ")
    expect(held).to_contain_text(f"{count} feature")  # the lasso is still there
    browser.select(page, "Dictionary", there[1].key[:8])
    until(page, dictionary=there[1].key)
    expect(held).not_to_contain_text("lasso")  # it held atoms of another dictionary
    page.go_back()
    expect(panel(page, "summary")).to_contain_text(f"Feature {chosen} ")


@pytest.mark.browser
def test_a_card_leads_to_neighbours_and_to_the_landscape_of_an_example(page, url, opened, first):
    go(page, f"{url}/features?sheet=atoms&dictionary={first.key}&feature=3")
    for name in ("summary", "atom", "alike", "examples", "correlations", "effects"):
        expect(panel(page, name)).to_have_attribute("data-state", "drawn")
    top, _ = feature_card.examples(feature_card.card(opened, first, 3))
    near = int(feature_card.card(opened, first, 3).record["near_feature"].values[0])
    panel(page, "alike").locator("tbody tr").first.click()
    until(page, feature=str(near))
    page.go_back()
    until(page, feature="3")
    expect(panel(page, "summary")).to_contain_text("Feature 3 ")
    drawn(page)
    panel(page, "examples").scroll_into_view_if_needed()
    x, y = page.evaluate(
        """() => {
          const plot = document.querySelector('[data-panel=examples] .ip-layer');
          const { xaxis, yaxis } = plot._fullLayout, box = plot.getBoundingClientRect();
          const cells = plot._fullData[0].z.findIndex((row) => Number.isFinite(row[6]));
          return [box.left + xaxis._offset + xaxis.c2p(6),
                  box.top + yaxis._offset + yaxis.c2p(cells + 1)];
        }"""
    )
    page.mouse.move(x, y)
    page.mouse.click(x, y)
    page.wait_for_url("**/landscape?*", timeout=browser.PATIENCE)
    found = query(page)
    assert found["problem"] == [str(top[1].problem)]  # of matrices of 4×4, the second one
    assert found["level"] == [str(top[1].level)]


@pytest.mark.browser
def test_what_was_not_computed_says_so_and_nothing_is_cut(chromium, url, bare):
    with browser.page_of(chromium, browser.SIZES[1], "dark") as page:
        page.goto(f"{url}/features?sheet=atoms&dictionary={bare.key}&feature=999")
        expect(
            page.get_by_text("feature=999: this dictionary has features 0 … 31").first
        ).to_be_visible()
        expect(panel(page, "features")).to_contain_text("not been computed yet")
        expect(panel(page, "map")).to_contain_text("not been laid out on a map yet")
        page.get_by_text("how to compute it").first.click()
        expect(page.get_by_text("python -m precompute run").first).to_be_visible()
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0


def test_features_can_be_filtered_and_sorted_by_having_a_label(opened, first):
    table = feature_rows.labelled(feature_rows.table(opened, first), [3, 5])
    keep = (Filter(feature_rows.LABELLED, "eq", 1.0),)
    assert feature_rows.passing(table, keep, None).tolist() == [3, 5]
    assert feature_rows.passing(table, (*keep, Filter("feature", "gt", 3.0)), None).tolist() == [5]
    every = feature_rows.passing(table, (), None)
    assert sorted(feature_rows.ordered(table, every, feature_rows.LABELLED, True)[:2].tolist()) == [
        3,
        5,
    ]
    assert feature_rows.LABELLED in feature_rows.sortable(table)
    assert feature_rows.LABELLED not in feature_rows.table(opened, first).columns, (
        "the kept table stays as it is"
    )
