"""The panels of the landscape view: each from one problem's answers to its figure and numbers."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import xarray as xr

from app.landscape import minima, missing, numbers, readout, steering
from app.landscape.figures import active_features, marks, spectrum, spectrum_table
from app.landscape.figures import slice as slices
from app.landscape.scene import Pinned, Scene
from app.shared.address.address import PATHS, Address
from app.shared.asks import dictionaries as features
from app.shared.asks import live
from app.shared.asks import slices as asked_slices
from app.shared.drawing import eigenvalues, planes
from app.shared.page import labels
from app.shared.page.contract import Compute, Drawn, Fields, Missing, Outcome, Source
from app.shared.table import derived
from ired_interp_core.curvature.ideal import INDEX_TOLERANCE
from store import QuestionInfo

CURVATURE = "hessian_spectrum"
SPECTRUM = (
    "eigenvalue_spectrum", "implied_variance", "denoising_error", "break_below", "break_ratio",
    "subspace_curvature",
)  # fmt: skip


def source(question: QuestionInfo, problem: int, *variables: str) -> Source:
    """What a panel shows of a question."""
    return Source(question, {"problems": [problem], "variables": list(variables)})


def on_plane(scene: Scene, fields: Mapping[str, Any]) -> marks.SliceView | Missing:
    """The slice that the fields name, with the descent and the places on it."""
    question, problem = scene.slice(fields), fields["problem"]
    if question is None:
        return missing.slice_(scene, fields)
    plane = scene.read(question, problem)
    if plane is None:
        return missing.answer(scene, question, problem)
    if not int(plane["nodes"]):
        return missing.plane(problem)
    below = scene.asked.get("descent")
    descent = scene.read(below, problem)
    if below is None or descent is None:
        return Missing("The descent of this slice is not in the store yet.")
    curvature = scene.read(scene.asked.get(CURVATURE), problem)
    half_width, lock = question.parameters["half_width"], fields["lock"]
    places, names = tuple(str(p) for p in plane["point"].values), _axis_names(question, plane)
    return marks.SliceView(
        surface=planes.surface(plane, half_width, fields["scale"]),
        names=names,
        half_width=half_width,
        path=planes.on_plane(plane, "path", descent["step_energy"].sel(numbers.LEVELS).values),
        places=planes.on_plane(plane, "point", numbers.place_energies(curvature, places)),
        place_names=places,
        schedule=scene.schedule,
        clip=below.parameters["clip"],
        frame=fields.get("frame", "data"),
        lock="fixed" if lock else "level",
        fixed=lock,
        point=fields.get("point"),
        landmarks=minima.landmarks(scene, problem, plane),
    )


def _axis_names(question: QuestionInfo, plane: xr.Dataset) -> tuple[str, str]:
    if question.analysis in asked_slices.ALONG:
        return asked_slices.directions(question)
    if "axis_feature" in plane:
        return planes.atom_names(plane["axis_feature"].values.tolist())
    p = question.parameters
    if p["plane"] == "three_points":
        second, third = (f"towards {p[name].replace('_', ' ')}" for name in ("second", "third"))
        return second, third
    return planes.axis_names(p["plane"], plane["explained_share"].values.tolist())


def _slice_sources(scene: Scene, fields: Fields) -> tuple[Source, ...]:
    problem, question, descent = fields["problem"], scene.slice(fields), scene.asked["descent"]
    assert question is not None  # there is something drawn of it
    return (
        source(question, problem, "energy", "node", "path_position", "point_position"),
        source(descent, problem, "step_energy"),
        *minima.sources(scene, problem),
    )


def draw_slice(scene: Scene, fields: Fields) -> Outcome:
    """The energies on one plane, as a map with contours or as a surface."""
    view = on_plane(scene, fields)
    if isinstance(view, Missing):
        return view
    style = "3d" if fields["view"] == "surface" else "2d"
    view = _with_pinned_ends(scene, fields, view)
    return Drawn(
        slices.figure(view, style),
        numbers.of_slice(view),
        _slice_sources(scene, fields),
        slices.notes(view),
        slices.caption(view, style),
        asks=_other_planes(scene, fields),
    )


def _with_pinned_ends(
    scene: Scene, fields: Mapping[str, Any], view: marks.SliceView
) -> marks.SliceView:
    """The slice with colours that hold the energies of the pinned one, too."""
    if scene.pinned is None:
        return view
    other = on_plane(scene.pinned.scene, scene.pinned.beside(fields))
    return view if isinstance(other, Missing) else replace(view, beside=other.surface)


def draw_pinned_slice(scene: Scene, fields: Fields) -> Outcome:
    """The slice of the pinned view, in the window and the colours of the one on the page."""
    pinned = scene.pinned
    assert pinned is not None  # the panel is there only beside a pin
    turned = replace(pinned.scene, pinned=Pinned(scene, fields))
    drawn = draw_slice(turned, Fields(pinned.beside(fields), fields.look))
    if not isinstance(drawn, Drawn):
        return drawn
    mine, other = scene.slice(fields), pinned.scene.slice(pinned.fields)
    same = mine is not None and mine == other and fields["problem"] == pinned.fields["problem"]
    planes_ = "The same plane" if same else "Another plane: only energies compare"
    return replace(drawn, asks=(), caption=f"Pinned: {pinned.name}. {planes_}; the same colours.")


def _other_planes(scene: Scene, fields: Fields) -> tuple[Compute, ...]:
    """The slice that is shown with other settings, and one along directions to choose."""
    question, problem, at = scene.slice(fields), fields["problem"], fields["point"]
    if question is None:
        return ()
    again = missing.again(scene, question, problem)
    about = (scene.subject.model, scene.subject.problems, problem)
    given = {} if at is None else {"place": "point", "a": at[0], "b": at[1]}
    along = Compute(asked_slices.DIRECTED, *about, given, {"slice": question.key}, free=True)
    if question.analysis == asked_slices.DIRECTED and at is None and again is not None:
        along = again
    named = {"landscape_slice": "named plane", "atom_slice": "atoms"}
    base = next((q for q in _under(scene, question) if q.analysis in named), None)
    plain = again if base is question else base and missing.again(scene, base, problem)
    first = (replace(plain, label=named[plain.analysis]),) if plain else ()
    probe = readout.plane(scene, fields.get("probe", ""), question, problem)
    return (
        *first,
        replace(along, label="chosen directions"),
        *((probe,) if probe else ()),
        *minima.planes_through(scene, fields),
        *_towards(scene, question, problem, given),
    )


def _towards(
    scene: Scene, question: QuestionInfo, problem: int, given: Mapping[str, Any]
) -> tuple[Compute, ...]:
    """A plane that leads to another problem's answer; none where the problem is a reader's own."""
    subject, descent = scene.subject, scene.asked.get("descent")
    if subject.problems.content or descent is None:
        return ()
    inputs = {"slice": question.key, "other": descent.key}
    return (
        Compute(
            asked_slices.OTHER, subject.model, subject.problems, problem, given, inputs,
            free=True, label="another problem",
        ),
    )  # fmt: skip


def _under(scene: Scene, question: QuestionInfo) -> Iterator[QuestionInfo]:
    """A slice, the one whose points say where it lies, and so on down."""
    at: QuestionInfo | None = question
    while at is not None:
        yield at
        key = at.inputs.get("slice", "")
        at = next((q for q in scene.slices if q.key == key), None)


def draw_cuts(scene: Scene, fields: Fields) -> Outcome:
    """The energies along the two axes of the plane."""
    view = on_plane(scene, fields)
    if isinstance(view, Missing):
        return view
    question = _slice_sources(scene, fields)[:1]
    return Drawn(slices.cuts(view), numbers.of_cuts(view), question)


def read(
    scene: Scene, analysis: str, problem: int, *variables: str
) -> tuple[xr.Dataset | None, list[Source]]:
    """An answer about a problem, None where it is not there, and what a panel shows of it."""
    question = scene.asked.get(analysis)
    answer = scene.read(question, problem)
    if question is None or answer is None:
        return None, []
    return answer, [source(question, problem, *variables)]


def read_pinned(
    scene: Scene, analysis: str, *variables: str
) -> tuple[xr.Dataset | None, list[Source]]:
    """The pinned view's answer, None where nothing is pinned or it is not there."""
    pinned = scene.pinned
    return (
        read(pinned.scene, analysis, pinned.fields["problem"], *variables) if pinned else (None, [])
    )


def draw_spectrum(scene: Scene, fields: Fields) -> Outcome:
    """All eigenvalues at one place."""
    question, problem = scene.asked[CURVATURE], fields["problem"]
    curvature, sources = read(scene, CURVATURE, problem, *SPECTRUM)
    if curvature is None:
        return missing.answer(scene, question, problem)
    tolerance = INDEX_TOLERANCE[question.parameters["dtype"]]
    how = (fields["place"], scene.schedule, fields["frame"], fields["axis"], tolerance)
    described = replace(
        eigenvalues.spectrum(curvature, *how), draft=live.is_draft(scene.store, question.key)
    )
    held, beside = read_pinned(scene, CURVATURE, *SPECTRUM)
    other = None if held is None else eigenvalues.spectrum(held, *how).values
    return Drawn(
        spectrum.figure(described, other),
        numbers.of_spectrum(described, other),
        [*sources, *beside],
        spectrum.notes(described, other),
        spectrum.caption(described, question.problems.task == "completion"),
    )


def draw_numbers(scene: Scene, fields: Fields) -> Outcome:
    """Scalars of the Hessians at the four places."""
    question, problem = scene.asked[CURVATURE], fields["problem"]
    curvature = scene.read(question, problem)
    if curvature is None:
        return missing.answer(scene, question, problem)
    known = derived.quantities(CURVATURE)
    shown = {n: known[f"{CURVATURE}.{n}"] for n in spectrum_table.ROWS if n in curvature}
    framed = numbers.framed(curvature, shown, fields["frame"], scene.schedule)
    helps = {name: quantity.help for name, quantity in shown.items()}
    held, others = read_pinned(scene, CURVATURE, *shown)
    if held is not None:
        known_there = {name: one for name, one in shown.items() if name in held}
        other = numbers.framed(held, known_there, fields["frame"], scene.schedule)
        both = numbers.compared(framed, other, fields["place"])
        return Drawn(
            spectrum_table.compared(both, helps),
            both,
            [source(question, problem, *shown), *others],
            caption=spectrum_table.beside_pinned(fields["frame"], fields["place"]),
        )
    descent, beside = read(scene, "descent", problem, "minimum_status", "minimum_in_box")
    return Drawn(
        spectrum_table.table(framed, helps, fields["place"]),
        framed,
        [source(question, problem, *shown), *beside],
        spectrum_table.notes(curvature, descent) if descent is not None else "",
        caption=spectrum_table.caption(fields["frame"]),
    )


def draw_features(scene: Scene, fields: Fields) -> Outcome:
    """Active features at the states of every level, strongest first."""
    dictionary, problem = scene.dictionaries[fields["dictionary"]], fields["problem"]
    question = scene.codes(dictionary.key)
    codes = scene.read(question, problem)
    if question is None or codes is None:
        return missing.codes(scene, dictionary, problem)
    active = numbers.of_features(codes, features.name(scene.store, dictionary))
    return Drawn(
        active_features.table(active, scene.labels[dictionary.key], _cards(scene, dictionary.key)),
        active,
        (source(question, problem, "code_feature", "code_value", "code_count", "code_error"),),
        active_features.notes(active),
        asks=(steering.asks(scene, fields, max(0, int(active["feature"].values[-1, -1, 0]))),),
    )


def _cards(scene: Scene, dictionary: str) -> str:
    """Beginning of the addresses of a dictionary's cards, up to the number of the feature."""
    subject = {"model": scene.subject.model, "set": scene.subject.set}
    card = labels.card(Address("landscape", subject), dictionary, 0)
    query = {name: text for name, text in card.query().items() if name != "feature"}
    return f"{PATHS['features'].lstrip('/')}?{urlencode(query, doseq=True)}&feature="
