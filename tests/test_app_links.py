"""Addresses: what is understood, what is refused and how, what is written."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.shared.address import address as links
from app.shared.address import fields
from app.shared.address.fields import MOST_SERIES, Filter

WORST = [
    "", "-1", "10", "9" * 400, "nan", "inf", "1e3", "0x3", "３", "4.0", "3.5", "true", "<b>x</b>",
    "a\u202eb", "\x00", "../../etc", "'; DROP TABLE x; --", "%00", "~", "null",
]  # fmt: skip


PLACES = ("noised_truth", "truth", "answer", "minimum")
PLANES = (
    "stiff", "soft", "stiff_soft", "random", "gradient_error", "trajectory", "symmetry",
    "three_points", "atoms",
)  # fmt: skip
CENTRES = ("", "noised_truth", "truth", "answer", "minimum", "trajectory", "start")
SENT = {
    "overview": {
        "sheet": ("store", "paper"), "task": ("inverse", "completion", "addition"),
        "weights": ("fa41c706",), "curve": ("value", "excess"), "example": ("17",),
    },
    "problems": {
        "level": ("0", "9"), "place": PLACES, "order": ("down", "up"), "page": ("3",),
        "sort": ("descent.mse_final", "hessian_spectrum.index", "descent.energy_excess"),
        "filter": ("descent.mse_final~gt~0.01", "problem_properties.condition_number~le~40"),
        "x": ("problem_properties.best_baseline",), "y": ("descent.drift",),
        "colour": ("hessian_spectrum.smallest_eigenvalue",), "problem": ("", "5"),
    },
    "landscape": {
        "problem": ("5",), "level": ("0", "4"), "place": PLACES, "frame": ("level", "data"),
        "plane": PLANES, "centre": CENTRES, "scale": ("energy", "log", "percent"),
        "axis": ("eigenvalue", "variance"), "view": ("heatmap", "surface"), "lock": ("", "-1.5~2"),
    },
    "annealing": {
        "place": PLACES, "frame": ("level", "data"), "energy": ("value", "excess"),
        "spectrum": ("relative", "eigenvalue", "variance"), "points": ("answers", "steps"),
        "group": ("", "problem_properties.condition_number"), "groups": ("2", "4"),
        "pick": ("descent.mse~50~1", "hessian_spectrum.index~share~0"), "plane": PLANES,
        "sheet": ("levels", "training"), "quantity": ("descent.mse", "descent.energy_excess"),
        "centre": CENTRES, "shade": ("percent", "log", "energy"), "series": ("fa41c706",),
    },
    "features": {
        "sheet": ("dictionaries", "atoms", "compare", "training"), "feature": ("", "7"),
        "map": ("umap", "pca"), "tint": ("dictionary_features.density",), "way": ("down", "up"),
        "by": ("dictionary_features.energy_share",), "leaf": ("2",), "other": ("abcd",),
        "keep": ("dictionary_features.density~ge~0.05",), "shown": ("input", "state", "problem"),
    },
}  # fmt: skip
"""What links may say that were sent before the views had folders of their own."""


@pytest.mark.parametrize(
    ("view", "name", "text"),
    [(v, n, t) for v, names in SENT.items() for n, texts in names.items() for t in texts],
)
def test_a_link_that_was_sent_is_still_understood(view, name, text):
    query = {"model": ["fa41c706"], "set": ["inverse-same-20-0"], name: [text]}
    address = links.parse(view, query)
    assert address.messages == ()
    spelled = address.query()[name]
    assert text == spelled if isinstance(spelled, str) else text in spelled


def one(view, /, **texts):
    raw = {n: t if isinstance(t, list) else [t] for n, t in texts.items()}
    return links.parse(view, raw)


def test_an_empty_address_gives_every_default():
    for view, known in links.VIEWS.items():
        address = links.parse(view, {})
        assert dict(address.values) == {n: f.default for n, f in known.items()}
        assert address.messages == ()


def test_usable_values_are_read():
    address = one(
        "landscape", model="fa41c706", set="inverse-same-20-0", problem="7", level="3",
        place="minimum", frame="data", plane="random", centre="truth", scale="log",
        axis="variance", view="surface", lock="-1.5~2", q="abcd",
    )  # fmt: skip
    assert not address.messages
    assert (address["problem"], address["level"], address["lock"]) == (7, 3, (-1.5, 2.0))


@pytest.mark.parametrize("text", WORST)
def test_an_unusable_level_gives_the_default_and_one_line_that_says_why(text):
    address = one("problems", level=text)
    assert address["level"] == 0
    (line,) = address.messages
    assert line.startswith("level=")
    assert "expected 0 … 9; showing 0" in line
    assert line.isprintable()
    assert len(line) < 120


@pytest.mark.parametrize("view", links.VIEWS)
@pytest.mark.parametrize("text", WORST)
def test_no_value_of_any_parameter_gets_past_its_allow_list(view, text):
    for name, known in links.VIEWS[view].items():
        address = one(view, **{name: text})
        value = address[name]
        if address.messages:
            assert value == known.default
        else:  # what was accepted is spelled and read back as the same value
            again = links.parse(view, {n: [t] if isinstance(t, str) else t
                                       for n, t in address.query().items()})  # fmt: skip
            assert again[name] == value
        assert all(line.isprintable() for line in address.messages)


def test_repeated_values_are_named():
    address = one("problems", level=["4", "5"])
    assert address["level"] == 4
    assert address.messages == ("level: came 2 times; showing 4",)


def test_an_unknown_parameter_is_named_with_the_nearest_known_one():
    for name in ("livel", "Level"):
        (line,) = one("problems", **{name: "4"}).messages
        assert line == f"{name}: unknown here; did you mean level?"
    assert one("problems", zzz="4").messages == ("zzz: unknown here",)


@pytest.mark.parametrize(
    "name", ["utm_source", "utm_campaign", "UTM_ID", "fbclid", "gclid", "mc_eid", "ref", "embed"]
)
def test_what_mail_and_search_append_to_a_link_is_passed_over(name):
    address = one("problems", level="4", **{name: "x" * 200})
    assert address["level"] == 4
    assert not address.messages


def test_what_panels_hold_is_left_to_the_browser_and_read_for_scripts():
    held = ["scatter~1-3.7", "map~0", "scatter~", "x~1.a", "y~9999999"]
    looks = {"camera": "slice~scene~1~1~1~0~0~0~0~0~1", "zoom": "scatter~xaxis~0~1"}
    address = one("problems", level="4", selected=held, **looks)
    assert not address.messages
    assert links.selections(held) == {"scatter": ((1,), (2,), (3,), (7,)), "map": ((0,),)}


@pytest.mark.parametrize("after", [".", ",", ")", ").", ";", "!", '"', "”.", " ", "*", ">", "…"])
def test_a_link_at_the_end_of_a_sentence_means_what_it_says(after):
    address = one("landscape", problem=f"3{after}", plane=f"stiff{after}", lock=f" -1.5~2{after}")
    assert not address.messages
    assert (address["problem"], address["plane"], address["lock"]) == (3, "stiff", (-1.5, 2.0))


def test_many_bad_parameters_are_summed_up():
    address = links.parse("problems", {f"p{i}": ["1"] for i in range(40)})
    assert len(address.messages) == links.MOST_MESSAGES + 1
    assert "35 more" in address.messages[-1]


def test_a_huge_address_gives_the_defaults():
    address = one("problems", sort="a" * 9000, level="3")
    assert address["level"] == 0
    assert len(address.messages) == 1


def test_filters_are_read_repeated_and_bounded():
    texts = [f"descent.mse~gt~{i}" for i in range(12)]
    address = one("problems", filter=[*texts, "descent.mse~like~3", "a~gt~nan", "a~gt~1e999"])
    assert len(address["filter"]) == fields.MOST_FILTERS
    assert address["filter"][1] == Filter("descent.mse", "gt", 1.0)
    assert sum("left out" in line for line in address.messages) == 3


def test_sets_name_known_tasks_only():
    assert one("problems", set="inverse-harder-20-3")["set"] == "inverse-harder-20-3"
    for text in ("inverse-condition100-20-0", "completion-rank5_noise0-20-1"):
        assert links.set_name(links.set_of(fields.problem_set(text))) == text
    for text in (
        "inverse-rank5-20-0", "completion-rank5-4-0", "inverse-same-20", "cooking-same-20-0",
        "inverse-same-20-0-", "inverse-same-x-0",
    ):  # fmt: skip
        assert one("problems", set=text).messages


@pytest.mark.parametrize("view", links.VIEWS)
def test_a_link_spells_every_parameter_and_stays_short(view):
    column = "hessian_spectrum.gauss_newton_residual_cosine"
    filters = tuple(Filter(column, "ge", -1.234567e-111 * i) for i in range(8))
    longest = {
        "model": "f" * 64, "set": "completion-harder-256-2147483647", "problem": 10**9 - 1,
        "filter": filters, "sort": column, "x": column, "y": column, "colour": column,
        "lock": (-1.234567e-111, 1.234567e111), "q": "f" * 24, "dictionary": "f" * 24,
        "other": "f" * 24, "feature": 131_071, "keep": filters, "by": column, "tint": column,
        "weights": ("f" * 64, "e" * 64, "d" * 64),
        "series": tuple(f"{i}" * 64 for i in range(MOST_SERIES)), "quantity": column,
        "group": column, "pick": f"{column}~share~3",
        "beside": tuple(f"completion-harder-256-{10**9 + i}" for i in range(8)),
        "ask": tuple(f"hessian_spectrum~{'f' * 23}{i}" for i in range(4)),
    }  # fmt: skip
    address = links.parse(view, {})
    address = address.replace(**{n: v for n, v in longest.items() if n in address.values})
    url = address.url()
    assert len(url.encode()) < links.MOST_BYTES
    spelled = parse_qs(urlsplit(url).query, keep_blank_values=True)
    assert set(spelled) == set(links.VIEWS[view])
    again = links.parse(view, spelled)
    assert not again.messages
    assert again.query() == address.query()


def test_a_link_to_another_view_keeps_the_subject_and_drops_what_is_not_shared():
    address = one("problems", model="fa41c706", set="inverse-same-20-0", level="3", page="4")
    there = address.carry("landscape", problem=5)
    assert (there["model"], there["level"], there["problem"]) == ("fa41c706", 3, 5)
    assert "page" not in there.values
    assert there.url().startswith("/landscape?")


def test_a_sheet_belongs_to_its_view():
    tables = one("overview", sheet="paper", task="completion", weights="fa41c706")
    assert tables["weights"] == ("fa41c706",)
    assert not tables.messages
    assert tables.carry("features")["sheet"] == "dictionaries"
    assert tables.carry("overview", curve="value")["sheet"] == "paper"
    assert one("features", sheet="compare").carry("overview")["sheet"] == "store"


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(list(links.VIEWS)),
    st.dictionaries(st.text(max_size=30), st.lists(st.text(max_size=60), max_size=3), max_size=6),
)
def test_any_address_is_answered_in_printable_lines(view, raw):
    address = links.parse(view, raw)
    assert set(address.values) == set(links.VIEWS[view])
    assert all(line.isprintable() for line in address.messages)
    assert len(address.url().encode()) < links.MOST_BYTES
