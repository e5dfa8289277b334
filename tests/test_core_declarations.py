"""Declarations, questions and the registry: what travels between rooms."""

import json
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr
from cases import ROOT
from hypothesis import given
from hypothesis import strategies as st

from ired_interp_core import registry, tasks
from ired_interp_core.errors import Refusal
from ired_interp_core.records import (
    ProblemSet,
    Question,
    block_ranges,
    canonical_json,
    digest,
    seeded,
)
from ired_interp_core.schema import Parameter, Schema, Variable, coerce_parameters

DECLARED = {
    "clip": Parameter(float, 2.0, "box", minimum=0.0, maximum=10.0),
    "steps": Parameter(int, 5, "steps"),
    "jump": Parameter(bool, True, "jump"),
    "plane": Parameter(str, "a", "plane", choices=("a", "b")),
}


def test_parameters_are_completed_and_brought_to_their_type() -> None:
    full = coerce_parameters(DECLARED, {"clip": 2, "steps": 5.0}, "here")
    assert full == {"clip": 2.0, "steps": 5, "jump": True, "plane": "a"}
    assert [type(v) for v in full.values()] == [float, int, bool, str]


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"clips": 1}, "clip, jump, plane, steps"),
        ({"clip": float("nan")}, "out of range"),
        ({"clip": 11}, "0.0 … 10.0"),
        ({"clip": True}, "float"),
        ({"steps": 1.5}, "int"),
        ({"jump": 1}, "bool"),
        ({"plane": "c"}, "a, b"),
        ({"plane": 3}, "str"),
    ],
)
def test_unusable_parameters_are_refused_in_one_line(given_: dict, words: str) -> None:
    with pytest.raises(Refusal) as refusal:
        coerce_parameters(DECLARED, given_, "sweep.toml, descent")
    assert words in str(refusal.value)
    assert "sweep.toml" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_refusals_stay_on_one_line_whatever_came() -> None:
    line = str(Refusal("bad", where="a\nb", came="\u202e\x00" + "x" * 5000, expected="y"))
    assert len(line) < 700
    assert line.isprintable()


@given(st.dictionaries(st.text(), st.integers() | st.booleans() | st.floats(allow_nan=False,
       allow_infinity=False) | st.text()))  # fmt: skip
def test_canonical_json_is_one_spelling(value: dict) -> None:
    shuffled = dict(reversed(list(value.items())))
    assert canonical_json(value) == canonical_json(shuffled)
    assert json.loads(canonical_json(value)) == value


def test_nan_has_no_canonical_form() -> None:
    with pytest.raises(Refusal):
        canonical_json({"a": float("nan")})


def test_same_question_same_address() -> None:
    descent = registry.get("descent")
    inputs = {"model": "m", "problems": ProblemSet("inverse", "same", 20, 0).digest}
    plain = descent.question(inputs, {})
    assert plain.key == descent.question(inputs, {"clip": 2, "jump": True}).key
    assert plain.key != descent.question(inputs, {"clip": 2.5}).key
    assert plain.key != descent.question(inputs | {"model": "n"}, {}).key
    assert Question.from_dict(json.loads(canonical_json(plain.as_dict()))).key == plain.key


def test_questions_with_other_roles_are_refused() -> None:
    with pytest.raises(Refusal, match="model, problems"):
        registry.get("descent").question({"model": "m"}, {})


def test_problem_count_is_no_part_of_the_set() -> None:
    a = ProblemSet("inverse", "same", 20, 0)
    assert set(a.as_dict()) == {"task", "variant", "size", "seed"}
    assert a.digest == digest(a.as_dict())


@given(st.integers(1, 1000), st.integers(1, 300))
def test_blocks_cover_every_row_once_and_start_at_multiples(count: int, rows: int) -> None:
    ranges = block_ranges(count, rows)
    assert [i for a, b in ranges for i in range(a, b)] == list(range(count))
    assert all(a % rows == 0 for a, _ in ranges)


def test_seeded_numbers_depend_on_every_word() -> None:
    a = seeded("noise", 1, 2).random()
    assert a == seeded("noise", 1, 2).random()
    assert len({a, seeded("noise", 2, 1).random(), seeded("start", 1, 2).random()}) == 3


def test_unknown_analysis_is_answered_with_the_known_ones() -> None:
    with pytest.raises(Refusal, match="problem_properties"):
        registry.get("hessians")


def test_a_name_registers_once() -> None:
    spec = registry.get("descent")
    with pytest.raises(Refusal, match="registered twice"):
        registry.analysis(
            name="descent", version=1, title="", sentence="", rows=1, inputs={}, parameters={},
            variables={}, figure="table",
        )(spec.compute)  # fmt: skip
    assert registry.get("descent") is spec


def test_upstream_analyses_come_first() -> None:
    names = list(registry.analyses())
    assert names.index("descent") < names.index("hessian_spectrum")
    assert names.index("descent") < names.index("landscape_slice")


@pytest.mark.parametrize("name", registry.analyses())
def test_every_declaration_speaks_to_a_reader(name: str) -> None:
    spec = registry.get(name)
    assert spec.title
    assert spec.sentence.endswith(".")
    for variable in spec.schema.variables.values():
        assert variable.label
        assert variable.unit
        assert len(variable.help) > 10
        assert not variable.scalar or set(variable.dims) <= {
            "problem", "level", "place", "baseline", "feature", "concept", "coding", "stage",
            "probed", "fraction",
        }  # fmt: skip
    for parameter in spec.parameters.values():
        assert parameter.help
        assert parameter.coerce(parameter.default, "default") == parameter.default


SCHEMA = Schema(
    {
        "energy": Variable(("problem", "level"), "float32", "E", "E", "energy of something"),
        "extra": Variable(("problem",), "float64", "v", "1", "only on request", when="more"),
    }
)


def result(**changes: tuple) -> xr.Dataset:
    return xr.Dataset({"energy": (("problem", "level"), np.zeros((2, 10), "f4"))} | changes)


def test_conform_writes_the_declaration_beside_the_array() -> None:
    out = SCHEMA.conform(result(), {"more": 0}, "test")
    assert out.energy.attrs == {"units": "E", "long_name": "E", "help": "energy of something"}
    assert out.level.attrs["help"]
    assert list(SCHEMA.conform(result(extra=("problem", np.zeros(2))), {"more": 1}, "test")) == [
        "energy", "extra"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (result(other=("problem", np.zeros(2))), "undeclared"),
        (xr.Dataset(), "missing"),
        (result(energy=(("level", "problem"), np.zeros((10, 2), "f4"))), "declaration"),
        (result(energy=(("problem", "level"), np.zeros((2, 10)))), "float32"),
    ],
)
def test_results_other_than_declared_are_refused(bad: xr.Dataset, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        SCHEMA.conform(bad, {}, "test")


def test_undeclared_dims_are_refused() -> None:
    with pytest.raises(Refusal, match="undeclared dim"):
        Schema({"v": Variable(("problem", "nonsense"), "float32", "v", "1", "…")})


def test_the_registry_is_light() -> None:
    code = (
        "import sys; from ired_interp_core import registry; registry.analyses();"
        "print([m for m in ('torch', 'streamlit', 'plotly', 'duckdb') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"


PINNED = {
    "accuracy": (2, "da4ccfe92f8612a1a3fbaa30"),
    "atom_slice": (2, "1d687cff7be332ae82946799"),
    "attribution": (2, "ce85969f5a2858eba6ec2063"),
    "descent": (2, "6ca8ebfd12d0773a1a8d950a"),
    "dictionary_causal": (3, "895873afa7cff65e659a3359"),
    "dictionary_features": (2, "dd3023d8d14cab7e13d67b9a"),
    "dictionary_metrics": (2, "bb11562c776287b698780f32"),
    "directed_slice": (1, "1d687cff7be332ae82946799"),
    "eigenspace": (2, "a4f176ada506e5a1006a81e4"),
    "failure_prediction": (1, "71f746ddbd5cfd8ad34a401f"),
    "geometry": (1, "e80ff475e7c87fa488af2773"),
    "failure_transfer": (1, "220b9558ada63fa9cdcd8972"),
    "gradient_flow": (1, "4e013a6c077b92f5e826aedf"),
    "hessian_spectrum": (2, "b6b732edefcee7313178b3a1"),
    "landscape_slice": (2, "1d687cff7be332ae82946799"),
    "layer_states": (1, "4e013a6c077b92f5e826aedf"),
    "other_slice": (1, "1d687cff7be332ae82946799"),
    "point": (1, "b5f6be8410fbc2fba2126842"),
    "probes": (1, "c15a905ccf7794c677dfbb59"),
    "problem_properties": (1, "6ca8ebfd12d0773a1a8d950a"),
    "symmetry": (1, "ff07a015759504f0bd69c7b9"),
    "steered_descent": (1, "49d46c38d7ec90c380d469f0"),
}
"""Analysis → its version, and the digest of the labels that answers of this version carry. Whoever
changes labels raises the version, so that the answers get new addresses, and pins both anew."""

PREDICTORS = {
    "inverse": "zero scaled_identity polynomial_1 polynomial_2 polynomial_3 polynomial_4 "
    "polynomial_5 polynomial_7 scaled_identity_refitted polynomial_1_refitted "
    "polynomial_2_refitted polynomial_3_refitted polynomial_4_refitted "
    "polynomial_5_refitted polynomial_7_refitted",
    "addition": "zero exact exact_undivided",
    "completion": "zero copy_observed posterior_mean posterior_mean_refitted",
}
"""Task → trivial predictors of `problem_properties` 1, `descent` 2 and `accuracy` 2."""


def labels_of(name: str) -> dict[str, list]:
    dims = registry.get(name).schema.dims.values()
    return {dim.name: list(dim.labels) for dim in dims if dim.labels}


@pytest.mark.parametrize("name", PINNED)
def test_labels_and_version_of_an_analysis_change_together(name: str) -> None:
    found = registry.get(name).version, digest(labels_of(name))
    assert found == PINNED[name], "raise the version of the analysis, then pin it anew"


def test_trivial_predictors_and_versions_change_together() -> None:
    versions = [registry.get(n).version for n in ("problem_properties", "descent", "accuracy")]
    assert versions == [1, 2, 2]
    found = {name: " ".join(task.baselines) for name, task in tasks.TASKS.items()}
    assert found == PREDICTORS, "a new one raises these versions: docs/adding-a-baseline.md"
