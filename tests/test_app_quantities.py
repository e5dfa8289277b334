"""Every quantity once: frames by its unit, derived ones in NumPy and SQL, columns, one graph."""

import fake_store
import numpy as np
import pytest
import torch
import xarray as xr

import store
from app.shared.address.fields import Filter
from app.shared.asks import chosen, reading
from app.shared.asks.prefix import by_prefix
from app.shared.drawing import colours, scales
from app.shared.table import (
    baselines,
    catalog,
    derived,
    memory,
    quantities,
    rows,
    statements,
    verdict,
)
from app.shared.table.by_level import by_level
from ired_interp_core import registry
from ired_interp_core.curvature.names import ENDS
from ired_interp_core.errors import Refusal
from ired_interp_core.ideal_energy import GaussianIdeal
from ired_interp_core.records import ProblemSet
from ired_interp_core.registry import Role
from ired_interp_core.schedule import cosine
from ired_interp_core.schema import DIMS, LEVELS, Parameter, Variable

SET = ProblemSet("inverse", "same", 4, 0)
COUNT = 24

POWERS = {"1": 0, "E": 0, "E/h": 0, "rad": 0, "bits": 0, "y": 1, "y²": 2, "E/ỹ": -1, "E/ỹ²": -2,
          "radius": 0}  # fmt: skip
"""How often an entry of the answer stands in each unit that a declaration uses."""

LEVEL_FRAME = {
    "descent.mse": 2,
    "descent.minimum_mse": 2,
    "descent.minimum_distance": 1,
    "descent_from.mse": 2,
    "geometry.euclidean": 1,
    "geometry.nuclear_norm": 1,
    "symmetry.permutation_distance": 1,
    "symmetry.rotation_distance": 1,
    "symmetry.transpose_distance": 1,
    "symmetry.scale_distance": 1,
    "symmetry.sum_distance": 1,
    "symmetry.error": 1,
    "symmetry.rounding": 1,
}
"""Stored in the data frame: √ᾱ to this power brings them to the level frame."""

DATA_FRAME = {
    "descent.gradient_norm_answer": 1,
    "descent.minimum_gradient_norm": 1,
    "hessian_spectrum.gradient_norm": 1,
    "hessian_spectrum.trace": 2,
    "hessian_spectrum.spectral_radius": 2,
    "hessian_spectrum.smallest_eigenvalue": 2,
    "hessian_spectrum.largest_eigenvalue": 2,
    "hessian_spectrum.hessian_norm": 2,
    "hessian_spectrum.gauss_newton_norm": 2,
    "hessian_spectrum.residual_norm": 2,
}
DATA_FRAME |= {
    i.replace("hessian_spectrum", "point"): power
    for i, power in DATA_FRAME.items()
    if i.startswith("hessian_spectrum")
}
"""Stored in the level frame: H_y = ᾱ·H_ỹ, ∇_yE = √ᾱ·∇_ỹE."""


def every_quantity():
    return {i: q for name in registry.analyses() for i, q in derived.quantities(name).items()}


# ----- colours


def test_a_scale_follows_the_declaration_and_viridis_is_an_energy():
    values, scale_of = np.array([0.2, np.nan, 0.6]), {}
    for id_, q in every_quantity().items():
        scale_of[id_] = scales.scale(q.unit, q.span, values, "light")
    energies = {i for i, scale in scale_of.items() if scale.stops == colours.ENERGY}
    assert "hessian_spectrum.energy" in energies
    assert all(every_quantity()[i].unit == "E" for i in energies)
    ends = {i: (scale.low, scale.high) for i, scale in scale_of.items()}
    for signed in ("descent.energy_excess", "hessian_spectrum.cosine_to_truth"):
        assert scale_of[signed].stops == colours.SIGNED, signed
        assert ends[signed] == (-0.6, 0.6)
    for share in ("descent.accepted_share", "dictionary_features.density"):
        assert scale_of[share].stops == colours.GAIN["light"], share
        assert ends[share] == (0.0, 1.0)
    assert (scale_of["descent.mse"].stops, ends["descent.mse"]) == (colours.ERROR, (0.0, 0.6))
    assert ends["hessian_spectrum.condition"] == (0.2, 0.6)
    curvature = every_quantity()["hessian_spectrum.smallest_eigenvalue"]
    assert scale_of[curvature.id].stops == colours.GAIN["light"]
    saddle = scales.scale(curvature.unit, curvature.span, -values, "light")
    assert (saddle.stops, saddle.low, saddle.high) == (colours.SIGNED, -0.6, 0.6)
    dark = scales.scale("1", "share", values, "dark")
    assert dark.stops == colours.GAIN["dark"] != colours.GAIN["light"]


def test_what_is_declared_a_share_or_signed_says_so_of_itself():
    """The other way round: a name that says share, cosine or difference is declared as such."""
    for id_, q in every_quantity().items():
        if q.dims[:1] not in (("problem",), ("feature",)):
            continue
        if "share" in q.variable and "error" not in q.variable:
            assert q.span == "share", id_
        if "cosine" in q.variable or "correlation" in q.variable:
            assert q.span == "signed", id_


@pytest.mark.parametrize("values", [np.array([]), np.full(3, np.nan), np.zeros(3), -np.ones(2)])
def test_a_scale_has_two_ends_whatever_is_coloured(values):
    for unit, span in (("E", ""), ("y²", ""), ("1", ""), ("1", "share"), ("1", "signed")):
        scale = scales.scale(unit, span, values, "dark")
        assert np.isfinite([scale.low, scale.high]).all()
        assert scale.low < scale.high
        bare = scale.logarithmic(np.log10(values[values > 0]))
        assert np.isfinite([bare.low, bare.high]).all()
        assert bare.low < bare.high


# ----- units and frames


def test_every_unit_that_is_declared_has_the_power_written_down_by_hand():
    used = {v.unit for a in registry.analyses().values() for v in a.schema.variables.values()}
    assert used <= set(POWERS)
    assert {u: quantities.power(u) for u in used} == {u: POWERS[u] for u in used}


@pytest.mark.parametrize(
    ("unit", "power"), [("E·y", 1), ("y³/ỹ", 2), ("1/y", -1), ("Ey", 0), ("y\u0303²", 2)]
)
def test_units_that_nobody_declares_yet_are_read_too(unit, power):
    assert quantities.power(unit) == power


@pytest.mark.parametrize("id_", list(every_quantity()))
def test_a_frame_scales_by_the_power_of_the_unit_and_nothing_else(id_):
    q, schedule = every_quantity()[id_], cosine()
    root = np.sqrt(schedule.alphas_cumprod)
    for frame, table in (("level", LEVEL_FRAME), ("data", DATA_FRAME)):
        found = quantities.factor(q, frame, schedule)
        np.testing.assert_allclose(found, root ** table.get(id_, 0), rtol=1e-14)


@pytest.mark.parametrize(
    ("id_", "level", "data"),
    [
        ("descent.mse", "ỹ²", "y²"),
        ("descent.minimum_distance", "ỹ", "y"),
        ("descent.mse_final", "y²", "y²"),
        ("descent.drift", "y", "y"),
        ("descent.energy_excess", "E", "E"),
        ("descent.minimum_ratio", "1", "1"),
        ("hessian_spectrum.trace", "E/ỹ²", "E/y²"),
        ("hessian_spectrum.gradient_norm", "E/ỹ", "E/y"),
        ("hessian_spectrum.implied_variance", "y²", "y²"),
        ("hessian_spectrum.index", "1", "1"),
    ],
)
def test_the_unit_follows_the_frame(id_, level, data):
    q = derived.quantity(id_)
    assert (quantities.unit(q, "level"), quantities.unit(q, "data")) == (level, data)


def test_labels_are_those_of_the_declarations():
    for id_, q in every_quantity().items():
        analysis, name = id_.split(".")
        declared = registry.get(analysis).schema.variables.get(name)
        if declared is not None:
            assert (q.label, q.unit, q.help) == (declared.label, declared.unit, declared.help)
            assert derived.quantity(id_) == q


@pytest.mark.parametrize("id_", ["", "problem", "descent", "descent.no", "no.mse", "descent.mse.x"])
def test_an_id_that_means_nothing_is_no_quantity(id_):
    assert derived.quantity(id_) is None


@pytest.mark.parametrize("task", ["inverse", "addition", "completion"])
def test_ideals_are_those_of_the_ideals_spectrum(task):
    """I/σ where x fixes y; on completion that of the Gaussian ideal with half the entries seen."""
    schedule, problems = cosine(), ProblemSet(task, "same", 4, 0)
    model = GaussianIdeal(task, 4)
    x = torch.zeros(1, model.n_in, dtype=torch.float64)
    x[0, ::2] = 1
    if task == "inverse":
        x = torch.eye(4, dtype=torch.float64).reshape(1, 16)
    y = torch.zeros(1, 16, dtype=torch.float64)
    lam = np.stack([model.hessian_eigenvalues(x, y, t)[0].numpy() for t in range(LEVELS)])
    p = lam / lam.sum(1, keepdims=True)
    ideal = {
        "smallest_eigenvalue": lam[:, 0],
        "trace": lam.sum(1),
        "hessian_norm": np.sqrt((lam**2).sum(1)),
        "condition": lam[:, -1] / lam[:, 0],
        "relative_gap": (lam[:, -1] - lam[:, -2]) / lam[:, -1],
        "participation_ratio": lam.sum(1) ** 2 / (lam**2).sum(1),
        "entropy_rank": np.exp(-(p * np.log(p)).sum(1)),
    }
    for name, expected in ideal.items():
        q = derived.quantity(f"hessian_spectrum.{name}")
        for frame, scale in (("level", 1), ("data", quantities.factor(q, "data", schedule))):
            (values,) = quantities.ideals(q, problems, schedule, frame).values()
            np.testing.assert_allclose(values, expected * scale, rtol=1e-12)


# ----- numbers, read from the shards problem by problem and by SQL


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    root = tmp_path_factory.mktemp("quantities") / "store"
    fake_store.make(root, problems=SET, count=COUNT, clips=(2.0, 3.0))
    fake_store.make(root, problems=SET, count=COUNT, model="two", run="second")
    with store.open(root) as found:
        yield found


@pytest.fixture(scope="module")
def subject():
    return reading.Subject(fake_store.model_digest("one"), SET)


@pytest.fixture(scope="module")
def scope(opened, subject):
    return chosen.family(opened, subject).scope(3, "truth")


def shards(opened, scope, analysis):
    return opened.read(analysis, question=scope.key(analysis))


def test_derived_quantities_agree_with_plain_numpy_by_every_way(opened, subject, scope):
    descent, properties = (shards(opened, scope, a) for a in ("descent", "problem_properties"))
    answer = descent["answer"].sortby("level").values.astype(float)
    step = np.linalg.norm((answer[:, 3] - answer[:, 4]).reshape(COUNT, -1), axis=1)
    at = descent.sel(level=3)
    worst = properties["baseline_mse"].sel(baseline="zero")
    expected = {
        "descent.energy_excess": at["energy_answer"] - at["energy_truth"],
        "descent.minimum_ratio": at["minimum_mse"] / at["mse"],
        "descent.excess.zero": descent["mse_final"] - worst,
        "descent.drift": step,
        "problem_properties.outside_box": (abs(properties["y_true"]) > 2).mean(("row", "col")),
    }
    known = catalog.columns(opened, scope)
    pop = chosen.family(opened, subject)
    for id_, values in expected.items():
        values = np.asarray(values, float)
        np.testing.assert_allclose(memory.values(opened, scope, known[id_]), values, rtol=1e-12)
        page = rows.page(opened, scope, known, [id_], [7, 2])
        np.testing.assert_allclose(page[id_], values[[7, 2]], rtol=1e-12)
        frame = opened.sql(*statements.select(scope, known, [id_]))
        np.testing.assert_allclose(frame[id_], values, rtol=1e-12)
        if "level" in known[id_].dims:
            _, found = by_level(opened, pop, known[id_], "truth")
            np.testing.assert_allclose(found[:, 3], values, rtol=1e-12)


def test_a_ratio_over_nothing_is_no_number_in_numpy_and_in_sql():
    above, below = np.array([1.0, 0.0, np.nan, 2.0]), np.array([0.0, 0.0, 1.0, 4.0])
    ratio = derived.quantity("descent.minimum_ratio")
    np.testing.assert_array_equal(
        derived.combined(ratio, [above, below]), [np.nan, np.nan, np.nan, 0.5]
    )
    assert "nullif" in derived.sql(ratio, ["a", "b"])


def test_a_drift_can_be_sorted_and_filtered_by(opened, scope):
    known = catalog.columns(opened, scope)
    values = memory.values(opened, scope, known["descent.drift"])
    middle = float(np.median(values))
    wanted = rows.Rows((Filter("descent.drift", "gt", middle),), "descent.drift", True)
    found = rows.ordered(opened, scope, known, wanted, COUNT)
    assert found == [int(i) for i in np.argsort(-values) if values[i] > middle]


@pytest.mark.parametrize("name", ["condition", "relative_gap", "trace", "index"])
def test_every_scalar_by_level_can_be_read_with_its_spread(opened, subject, name):
    pop = chosen.family(opened, subject)
    problems, values = by_level(
        opened, pop, derived.quantity(f"hessian_spectrum.{name}"), "minimum"
    )
    stored = shards(opened, pop.scope(), "hessian_spectrum")[name].sel(place="minimum")
    assert problems.tolist() == list(range(COUNT))
    np.testing.assert_array_equal(values, stored.sortby("level").values)


def test_what_has_no_levels_or_no_answers_is_refused_in_one_line(opened, subject):
    pop = chosen.family(opened, subject)
    with pytest.raises(Refusal, match="not a number by level"):
        by_level(opened, pop, derived.quantity("descent.mse_final"), "truth")
    with pytest.raises(Refusal, match=r"no answers to it.*atom_slice"):
        by_level(opened, pop, derived.quantity("atom_slice.energy_range"), "truth")


def test_every_scalar_of_every_problem_is_a_column(opened, scope):
    known = catalog.columns(opened, scope)
    assert {a for a, _ in scope.keys} == {
        "problem_properties", "descent", "hessian_spectrum", "landscape_slice",
    }  # fmt: skip
    for analysis, _ in scope.keys:
        for name, v in registry.get(analysis).schema.scalars().items():
            ids = [f"{analysis}.{name}"]
            if "baseline" in v.dims:
                ids = [f"{analysis}.{name}.{b}" for b in fake_store.BASELINES]
            assert set(ids) <= set(known)


# ----- an analysis that nobody has written a line of the app for


@pytest.fixture
def toy():
    @registry.analysis(
        name="toy_shares",
        version=1,
        title="Shares of a toy",
        sentence="for tests",
        rows=16,
        inputs={
            "model": Role("model"), "problems": Role("problems"),
            "descent": Role("answer", "descent"),
        },
        parameters={"order": Parameter(int, 2, "of the toy", minimum=1, maximum=9)},
        variables={
            "share": Variable(
                ("problem", "level", "place", "end"), "float32", "share", "1", "of the toy",
                scalar=True,
            ),
            "bend": Variable(
                ("problem", "level"), "float64", "bend", "E/ỹ²", "of the toy", "level", scalar=True
            ),
        },
        dims=(DIMS["end"].labelled(ENDS),),
        figure="lines",
    )  # fmt: skip
    def compute(block, parameters):
        raise NotImplementedError

    yield registry.get("toy_shares")
    registry._ANALYSES.pop("toy_shares")


def made_with_toy(root, toy):
    fake_store.make(root, problems=SET, count=COUNT)
    with store.open(root) as before:
        (descent,) = before.questions("descent")
    inputs = {"model": descent.model, "problems": SET.digest, "descent": descent.key}
    asked = [toy.question(inputs, {"order": order}) for order in (2, 3)]
    for question in asked:
        store.publish_question(root, question)
        for start in (0, 16):
            block = fake_store.answer(question, SET, start, min(start + 16, COUNT))
            store.shards.publish(root, question, start, block, {"commit": "0" * 40})
    store.catalog.collect(root)
    return asked


def test_an_unknown_analysis_has_its_columns_one_for_each_label(tmp_path, toy, subject):
    first, second = made_with_toy(tmp_path / "store", toy)
    with store.open(tmp_path / "store") as opened:
        for wanted, question in (({}, first), ({"toy_shares": second.key[:8]}, second)):
            family = chosen.family(opened, subject, wanted)
            assert family.asked["toy_shares"].key == question.key
            assert not family.refused
            scope = family.scope(4, "answer")
            known = catalog.columns(opened, scope)
            stored = opened.read("toy_shares", question=question.key)
            for end in ("top", "bottom"):
                found = memory.values(opened, scope, known[f"toy_shares.share.{end}"])
                expected = stored["share"].sel(level=4, place="answer", end=end).values
                np.testing.assert_array_equal(found, expected.astype(float))
            page = rows.page(opened, scope, known, ["toy_shares.share.top"], [5])
            frame = statements.select(scope, known, ["toy_shares.share.top"], only=[5])
            assert page.equals(opened.sql(*frame))
            assert known["toy_shares.share.top"].per == "level and place"
        bend = derived.quantity("toy_shares.bend")
        schedule = cosine()
        np.testing.assert_allclose(
            quantities.factor(bend, "data", schedule), schedule.alphas_cumprod, rtol=1e-14
        )
        pop = chosen.family(opened, subject)
        assert by_level(opened, pop, bend, "answer")[1].shape == (COUNT, LEVELS)
        refused = chosen.family(opened, subject, {"toy_shares": "ffff", "eigenspace": "0"})
        assert refused.refused == {
            "toy_shares": "no such answer of this model and set",
            "eigenspace": "no such answer of this model and set",
        }
        assert refused.asked["toy_shares"].key == first.key


def test_a_scalar_declared_after_the_catalog_was_built_asks_for_another_one(tmp_path, toy):
    root = tmp_path / "store"
    made_with_toy(root, toy)
    toy.schema.variables["later"] = Variable(
        ("problem",), "float64", "later", "1", "of the toy", scalar=True
    )
    with pytest.raises(Refusal, match=r"no table toy_shares__problem.*next: .*precompute collect"):
        store.open(root)
    store.catalog.collect(root)
    with store.open(root) as opened:
        assert {fault.path.split("/")[-3] for fault in opened.left_out()} == {"toy_shares"}


# ----- which question is meant


def test_the_graph_leads_up_down_and_to_the_same_question_elsewhere(opened, subject):
    graph = chosen.graph(opened)
    spectra = reading.questions(opened, subject, "hessian_spectrum")
    descent = graph.up(spectra[0], "descent")
    assert descent == graph.source(spectra[0], "descent")
    assert descent.analysis == "descent"
    assert graph.up(descent, "descent") is None
    assert graph.source(descent, "hessian_spectrum") is None
    assert graph.down(descent.key, "hessian_spectrum") == spectra
    assert graph.down(descent.key, "accuracy") == []
    alike = graph.alike(spectra[0])
    assert {q.model for q in alike} == {fake_store.model_digest(n) for n in ("one", "two")}
    assert all(q.parameters == spectra[0].parameters for q in alike)


def test_questions_of_a_family_stand_on_one_descent(opened, subject):
    descents = reading.questions(opened, subject, "descent")
    assert len(descents) == 2
    for descent in descents:
        family = chosen.family(opened, subject, {"descent": descent.key[:8]})
        assert family.asked["descent"] == descent
        assert ("hessian_spectrum" in family.asked) == (descent == descents[0])
        assert list(family.others["descent"]) == descents


def test_a_prefix_finds_one_thing_or_says_why_not():
    class Thing:
        def __init__(self, key):
            self.key = key

    ab, ac = Thing("ab"), Thing("ac")
    assert by_prefix([ab, ac], "ab", "slice") == (ab, "")
    assert by_prefix([ab, ac], "a", "dictionary")[1] == "several dictionaries begin so"
    assert by_prefix([ab, ac], "a", "series")[1] == "several series begin so"
    assert by_prefix([ab], "x", "slice") == (None, "no such slice of this model and set")


# ----- trivial predictors


def test_baselines_are_taken_over_the_problems_that_the_model_has_answered(tmp_path, subject):
    root = tmp_path / "store"
    fake_store.make(root, problems=SET, count=COUNT, analyses=("problem_properties",))
    fake_store.make(root, problems=SET, count=10, analyses=("descent",), run="few")
    with store.open(root) as opened:
        scope = chosen.family(opened, subject).scope(0, "answer")
        mse: xr.DataArray = shards(opened, scope, "problem_properties")["baseline_mse"]
        for among, key in ((mse[:10], scope.key("descent")), (mse, "")):
            for statistic in ("mean", "median"):
                found = baselines.errors(opened, scope.key("problem_properties"), key, statistic)
                expected = getattr(among, statistic)("problem").to_series()
                assert found == pytest.approx(expected.to_dict(), rel=1e-12)
                assert list(found.values()) == sorted(found.values(), reverse=True)
        assert baselines.best(opened, scope) == str(mse[:10].mean("problem").idxmin().item())
    assert baselines.errors(opened, "", "") == {}


def test_every_scalar_stands_in_the_table_of_its_analysis_that_the_catalog_makes():
    from store.catalog_form import scalar_tables

    for analysis in registry.analyses().values():
        tables = scalar_tables(analysis)
        for q in derived.quantities(analysis.name).values():
            if not q.operator:
                (part,) = q.parts
                assert part.variable in tables[part.table]


def test_every_number_beside_a_baseline_is_over_the_same_first_problems(
    tmp_path, subject, monkeypatch
):
    monkeypatch.setattr(baselines, "JUDGED", 5)
    root = fake_store.make(tmp_path / "store", problems=SET, count=COUNT)
    with store.open(root) as opened:
        scope = chosen.family(opened, subject).scope(0, "answer")
        mse = shards(opened, scope, "problem_properties")["baseline_mse"][:5].mean("problem")
        final = shards(opened, scope, "descent")["mse_final"][:5]
        found = verdict.standing(opened, scope)
        assert found.count == 5
        assert found.answer.value == pytest.approx(float(final.mean()), rel=1e-12)
        means = baselines.of_scope(opened, scope)
        assert {b.name: b.mse.value for b in found.beside} == pytest.approx(means, rel=1e-12)
        assert means == pytest.approx(mse.to_series().to_dict(), rel=1e-12)
