"""Forms in which questions are asked: words in place of declared names, for every live analysis."""

import re

import pytest

from app.shared.page import asking
from app.shared.page.contract import Compute
from ired_interp_core import registry
from ired_interp_core.parameters import Parameter
from ired_interp_core.records import ProblemSet

LIVE = [name for name, one in registry.analyses().items() if one.live]
DECLARED = re.compile(r"[A-Za-z]{2,}_\w|`")
"""A declared name such as half_width, unlike a symbol such as E_t; or a mark of code."""


def box(name: str) -> dict:
    asked = Compute(name, "0" * 24, ProblemSet("inverse", "same", 20, 0), 3, free=True)
    shown = asking.box(asked)
    assert shown is not None
    return shown


@pytest.mark.parametrize("name", LIVE)
def test_no_form_shows_a_declared_name(name: str) -> None:
    declared = registry.get(name).parameters
    assert [one["name"] for one in box(name)["parameters"]] == list(declared)
    for one in box(name)["parameters"]:
        words = [word for _, word in one["choices"]]
        for text in (one["label"], one["help"], *words):
            assert text
            assert not DECLARED.search(text), (name, one["name"], text)
        assert len(set(words)) == len(words)


@pytest.mark.parametrize("name", LIVE)
def test_choices_keep_the_value_that_is_asked_beside_their_word(name: str) -> None:
    for one in box(name)["parameters"]:
        declared = registry.get(name).parameters[one["name"]]
        assert [value for value, _ in one["choices"]] == list(declared.choices)
        for value, word in one["choices"]:
            assert declared.word(value) == word
            assert declared.coerce(value, name) == value


def test_a_choice_without_a_word_is_spelled_with_spaces() -> None:
    plain = Parameter(str, "noised_truth", "a place", choices=("noised_truth", "zero"))
    told = Parameter(str, "a_b", "a place", choices={"a_b": "first", "c": "second"})
    assert [plain.word(one) for one in plain.choices] == ["noised truth", "zero"]
    assert [told.word(one) for one in told.choices] == ["first", "second"]


def test_a_slider_reaches_what_may_be_asked() -> None:
    sliders = [
        (parameter, name)
        for name in LIVE
        for parameter in registry.get(name).parameters.values()
        if parameter.slider
    ]
    assert sliders
    for parameter, name in sliders:
        low, high = parameter.slider
        assert low < parameter.default < high
        assert parameter.coerce(low, name) < parameter.coerce(high, name)
    strength = registry.get("steered_descent").parameters["strength"]
    assert strength.slider == (-2.0, 2.0)
