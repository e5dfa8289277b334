"""What panels say to readers, in every view: short captions, right plurals, numbers as on paper."""

import json
import re
from pathlib import Path

import drawn
import fake_store
import feature_store
import pytest
import series_store
from test_app_contract import ALL

import store
from app.shared.asks import reading
from app.shared.page import gestures, glossary
from app.views import VIEWS
from ired_interp_core.spelling import aligned, counted, number

ROOT = Path(__file__).parents[1]

SHEETS = [(view.name, sheet.id) for view in VIEWS for sheet in view.sheets]
MOST_WORDS = 25
TEXT = {".py", ".js", ".md", ".toml", ".css"}
NOUNS = (
    "answers|atoms|concepts|dictionaries|eigenvalues|elements|entries|features|levels|models|pairs"
    "|points|problems|questions|rows|samples|settings|spaces|states|steps|units"
)
SLIPS = {
    "a count of one with a plural": rf"(?<![\d.,^−])(?<!… )\b1 (?:[\w-]+ )?(?:{NOUNS})\b",
    "an exponent as code spells it": r"\b\d+(?:\.\d+)?[eE][-+−]\d",
    "no zero before the point": r"(?<![\w.)\]…])\.\d",
    "a hyphen for a minus": r"(?<![\w.…–-])-\d",
}
"""What a paper would not print, and how it is found."""

MAKERS = {
    "many problems": lambda root: fake_store.make(root, count=12, analyses=ALL),
    "one problem": lambda root: fake_store.make(root, count=1, analyses=ALL),
    "dictionaries": feature_store.make,
    "series": series_store.make,
}


@pytest.fixture(scope="module", params=MAKERS)
def opened(request, tmp_path_factory):
    with store.open(MAKERS[request.param](tmp_path_factory.mktemp("words") / "store")) as s:
        yield s


def told(payload):
    """Texts of a panel that a reader reads; not its code, keys and labels of axes."""
    parts = [payload.get(name) for name in ("caption", "long", "text", "notes", "lines", "chips")]
    parts += [[r["cells"], r.get("help")] for r in payload.get("rows") or []]
    parts += [[c["text"], c.get("help")] for c in payload.get("columns") or []]
    layouts = [payload.get("layout") or {}, *(payload.get("layouts") or [])]
    parts += [[a.get("text") for a in layout.get("annotations") or []] for layout in layouts]
    stack, texts = parts, []
    while stack:
        part = stack.pop()
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict):
            stack += [v for name, v in part.items() if name not in {"to", "id"}]
        elif isinstance(part, list):
            stack += part
    return texts


def slips(text):
    return [name for name, pattern in SLIPS.items() if re.search(pattern, text)]


@pytest.mark.parametrize(("view", "sheet"), SHEETS)
def test_panels_say_what_they_show_as_a_paper_does(opened, view, sheet):
    named = {"sheet": sheet} if "sheet" in drawn.view(view).fields else {}
    if drawn.view(view).subjects:
        first = reading.subjects(opened)[0]
        named |= {"model": first.model, "set": first.set}
    page, wrong = drawn.page(opened, view, **named), []
    for panel in page.panels:
        payload = json.loads(drawn.payload(page, panel.id))
        for caption in {panel.words.short, payload["caption"]}:
            if len(caption.split()) > MOST_WORDS or not caption.endswith("."):
                wrong.append((panel.id, len(caption.split()), caption))
        printed = payload.get("printed", "")
        nothing = payload["kind"] == "plot" and not printed
        if nothing or gestures.WORDS.search(printed):
            wrong.append((panel.id, printed))
        wrong += [(panel.id, slips(text), text) for text in told(payload) if slips(text)]
        wrong += [(panel.id, "no such line", line) for line in undrawn(payload)]
        wrong += [(panel.id, "uneven", *column) for column in uneven(payload)]
    assert not wrong


def undrawn(payload):
    """Kinds of line that the caption names and the figure does not have."""
    if payload["kind"] != "plot":
        return []
    figure = json.dumps([payload.get(name) for name in ("shared", "levels", "layout", "layouts")])
    kinds = {"Dashed": r'"(long)?dash"', "dashed": r'"(long)?dash"',
             "Dotted": '"dot"', "dotted": '"dot"'}  # fmt: skip
    return [
        word for word, dash in kinds.items()
        if re.search(rf"\b{word}\b(?!, or )", payload["caption"]) and payload["id"] not in SOME
        and not re.search(rf'"dash": {dash}|"symbol": "circle-open-dot"', figure)
    ]  # fmt: skip


def uneven(payload):
    """Columns of one quantity whose numbers have unlike decimals."""
    if payload["kind"] != "table" or payload["id"] in MIXED:
        return []
    found = []
    for place, column in enumerate((payload.get("columns") or [])[1:]):
        rows = [row["cells"] for row in payload.get("rows") or []]
        cells = [row[place] for row in rows if place < len(row)]  # a row may be a heading
        kinds = set()
        for cell in cells:
            one = re.fullmatch(r"[−+]?[\d,]+(?:\.(\d+))?(×10.*)?", str(cell))
            if one:
                kinds.add((len(one[1] or ""), bool(one[2])))
        if len(kinds) > 1:
            found.append((column["text"], cells))
    return found


def test_uneven_digits_are_found():
    rows = [{"cells": ["0.1641", "3"]}, {"cells": ["0.08805", "12"]}]
    columns = [{"text": "feature"}, {"text": "density"}, {"text": "count"}]
    found = uneven({"kind": "table", "id": "features", "columns": columns, "rows": rows})
    assert found == [("density", ["0.1641", "0.08805"])]


MIXED = {"metrics", "table"}
"""Tables whose rows are different quantities."""

SOME = {"quantity": "where an ideal denoiser defines it", "tree": "where no path was found"}
"""Panels that have the line that their caption names of some problems alone."""

OLD = (
    "by heart", "frees it", "take a figure along", "round bowl", "as far as there are",
    "a parabola is what", "the shares say how little", "those are left out", "compares with it",
    "other sites or levels does not", "is missed by a factor", "of all of them its answer",
    "submit what is missing of what", "put yours there", "problems are not computed yet",
)  # fmt: skip
"""Sentences that readers stumbled over, by words that stood in them."""


@pytest.mark.parametrize("where", ["app", "precompute", "docs", "README.md", "CONTRIBUTING.md"])
def test_sentences_that_readers_stumbled_over_are_gone(where):
    top = ROOT / where
    files = [top] if top.is_file() else [p for p in top.rglob("*") if p.suffix in TEXT]
    found = [
        (path.name, old)
        for path in files
        if path.name != "glossary.md"  # names what is not said
        for said in [re.sub(r'["\s]+', " ", path.read_text(encoding="utf-8")).lower()]
        for old in OLD
        if old in said
    ]
    assert not found


@pytest.mark.parametrize(
    ("caption", "printed"),
    [
        ("One row is one atom. Click a row, or a head to sort.", "One row is one atom."),
        ("Level frame; hover over a name for its meaning.", "Level frame."),
        ("Dots: problems; bars: medians. Drag to filter; Esc clears.",
         "Dots: problems; bars: medians."),
        ("Energy E. Click to open.", "Energy E."),
        ("Click a point.", ""),
    ],
)  # fmt: skip
def test_a_picture_does_not_say_what_to_click(caption, printed):
    assert gestures.without(caption) == printed


def test_the_glossary_of_panels_says_what_that_of_the_documents_says():
    rows = (ROOT / "docs" / "glossary.md").read_text().splitlines()
    told = 0
    for word, meaning in glossary.WORDS.items():
        heads = [f"**{one}**" for one in word.split(", ")]
        found = [row for row in rows if row.startswith("| ") and heads[0] in row.split("|")[1]]
        for row in found[:1]:
            assert meaning in row, word
            told += 1
    assert told > 15


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("curvature at the noised truth", ["noised"]),
        ("∇E, t ≤ 6 · batch_topk · m 256 · k 16", ["m, k"]),
        ("Dashed: degree 7 in A", ["degree k in A"]),
        ("inverse · same", ["same"]),
        ("All values are means over the same numbers", []),
        ("p, Holm", ["Holm"]),
        ("index of the problem", []),
        ("the keyboard is in a framework", []),
    ],
)
def test_words_are_found_where_they_mean_what_the_glossary_says(text, words):
    assert [word for word, _ in glossary.within([text])] == words


@pytest.mark.parametrize(
    ("text", "slip"),
    [
        ("MSE of 1 problems", "a count of one with a plural"),
        ("1 inner steps", "a count of one with a plural"),
        ("7.1e-06 of the range", "an exponent as code spells it"),
        ("R² .95", "no zero before the point"),
        ("cos -0.5", "a hyphen for a minus"),
    ],
)
def test_a_slip_is_found(text, slip):
    assert slips(text) == [slip]


@pytest.mark.parametrize(
    "text",
    ["11 problems", "0.1 points", "t = 0 … 1 levels", "7.1×10⁻⁶", "−0.5", "2026-11-21", "5–95"],
)
def test_what_a_paper_prints_is_no_slip(text):
    assert not slips(text)


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (0.0095, ".3g", "0.0095"),
        (-3.14159, ".3g", "−3.14"),
        (7.1e-6, ".2g", "7.1×10⁻⁶"),
        (-1.2e9, ".1e", "−1.2×10⁹"),
        (float("nan"), ".3g", "–"),
        (3, "d", "3"),
    ],
)
def test_a_number_is_spelled_as_a_paper_prints_it(value, form, text):
    assert number(value, form) == text


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0.0114, 0.009845, 0.01139], ["0.01140", "0.00984", "0.01139"]),
        ([0, 3, 12], ["0", "3", "12"]),
        ([2.37, 2.302, float("nan")], ["2.370", "2.302", "–"]),
        ([-5.21, 0.4], ["−5.210", "0.400"]),
        ([1e-6, 0.5], ["1.000×10⁻⁶", "5.000×10⁻¹"]),
        ([], []),
    ],
)
def test_digits_of_a_column_stand_in_line(values, texts):
    assert aligned(values) == texts


def test_a_count_agrees_with_its_noun():
    assert counted(1, "inner step") == "1 inner step"
    assert counted(1200, "inner step") == "1,200 inner steps"
    assert counted(0, "entry", "entries") == "0 entries"
