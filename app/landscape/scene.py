"""What the landscape view shows of one problem: which questions answer it, read and described.

Between `reading` (cached reads) and `figures` (pure drawing); no widgets here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st
import xarray as xr

from app.components import panels
from app.landscape import active, words
from app.landscape import slices as scene_slices
from app.landscape.figures import marks, matrices, spectrum, spectrum_table, traces
from app.landscape.figures import slice as slices
from app.shared.address.address import Address
from app.shared.address.fields import ATOMS
from app.shared.asks import reading
from app.shared.asks.chosen import graph
from app.shared.asks.population import recorded
from app.shared.asks.reading import Subject
from app.shared.drawing import eigenvalues as spectra
from app.shared.drawing import planes
from app.shared.drawing.levels import LEVEL_ORDER, AnyPanel, Missing
from app.shared.page import look as theme
from app.shared.table import derived
from app.shared.table.quantities import factor, unit
from ired_interp_core import registry
from ired_interp_core.analyses.landscape_slice import PLANES
from ired_interp_core.curvature.ideal import INDEX_TOLERANCE
from ired_interp_core.schedule import Schedule
from store import QuestionInfo, Store


@dataclass(frozen=True)
class Questions:
    """The questions that the panels draw from; None where the store has none for this subject.

    Args:
        problem: problem_properties.
        descent: the one that slice and spectrum were taken on.
        spectrum: hessian_spectrum.
        slice: landscape_slice or atom_slice of the chosen plane and centre.
        slices: every slice of the subject.
        dictionary: whose active features are shown.
        codes: dictionary_codes of it.
    """

    problem: QuestionInfo | None
    descent: QuestionInfo | None
    spectrum: QuestionInfo | None
    slice: QuestionInfo | None
    slices: tuple[QuestionInfo, ...]
    dictionary: QuestionInfo | None = None
    codes: QuestionInfo | None = None

    def used(self) -> dict[str, QuestionInfo]:
        """The questions that are there.

        Returns:
            Analysis → question; a slice along atoms stands in the place of a landscape_slice.
        """
        found = (self.problem, self.descent, self.spectrum, self.slice, self.codes)
        place = {"atom_slice": "landscape_slice"}
        return {place.get(q.analysis, q.analysis): q for q in found if q is not None}


def choose(s: Store, subject: Subject, address: Address) -> tuple[Questions, Address]:
    """Find the questions that an address means.

    Args:
        s: the store.
        subject: model and problem set.
        address: of the landscape view.

    Returns:
        The questions, and the address with the slice settled.
    """
    kinds = ("landscape_slice", "atom_slice")
    there = tuple(q for kind in kinds for q in reading.questions(s, subject, kind))
    address, chosen = scene_slices.choose(there, address)
    address, dictionary, codes = active.choose(s, subject, address, chosen)
    known = graph(s)
    first = next(iter(reading.questions(s, subject, "descent")), None)
    descent = (known.up(chosen, "descent") if chosen else None) or first
    found = reading.questions(s, subject, "hessian_spectrum")
    same = [q for q in found if descent and known.up(q, "descent") == descent]
    problem = reading.questions(s, subject, "problem_properties")
    questions = Questions(
        problem=problem[0] if problem else None,
        descent=descent,
        spectrum=(same or found or [None])[0],
        slice=chosen,
        slices=there,
        dictionary=dictionary,
        codes=codes,
    )
    return questions, address


def basis(questions: Questions) -> QuestionInfo | None:
    """The question that decides which problems there are: the descent, which all else builds on.

    The problems themselves may be many more, made for another analysis; where there is no descent
    the question with the most problems decides.

    Args:
        questions: of the view.

    Returns:
        It, or None if there is none at all.
    """
    if questions.descent is not None and questions.descent.rows:
        return questions.descent
    return max(questions.used().values(), key=lambda q: q.rows, default=None)


def _read(s: Store, question: QuestionInfo | None, problem: int) -> xr.Dataset | None:
    """One problem's answer without its problem dim; None where it is not there yet.

    Returns:
        Labelled arrays.
    """
    if question is None or problem not in reading.problems_present(question):
        return None
    return reading.dataset(s, question, (problem,)).isel(problem=0)


@dataclass(frozen=True)
class Scene:
    """All panels of one problem.

    Args:
        panels: id → panel, in reading order.
        schedule: of the model.
        limits: the slice's range over all levels, what a lock takes; None without a slice.
    """

    panels: Mapping[str, AnyPanel]
    schedule: Schedule
    limits: tuple[float, float] | None


def describe(s: Store, questions: Questions, address: Address) -> Scene:
    """Read and describe everything that the view shows.

    Args:
        s: the store.
        questions: from `choose`.
        address: settled.

    Returns:
        The scene.
    """
    n = address["problem"]
    problem, descent = _read(s, questions.problem, n), _read(s, questions.descent, n)
    curvature, plane = _read(s, questions.spectrum, n), _read(s, questions.slice, n)
    schedule = recorded(plane, curvature, descent)
    found: dict[str, AnyPanel] = {}
    limits = None
    view = _slice_view(questions, address, plane, descent, curvature, schedule)
    if view is not None:
        style = "3d" if address["view"] == "surface" else "2d"
        found["slice"], found["cuts"] = slices.panel(view, style), slices.cuts(view)
        limits = planes.colour_limits(view.surface.values, "levels")[0]
    if curvature is not None and questions.spectrum is not None:
        place, frame = address["place"], address["frame"]
        tolerance = INDEX_TOLERANCE[questions.spectrum.parameters["dtype"]]
        described = spectra.spectrum(curvature, place, schedule, frame, address["axis"], tolerance)
        found["spectrum"] = spectrum.panel(described)
        found["numbers"] = spectrum_table.table(curvature, _numbers(frame, schedule), place, frame)
    if problem is not None and questions.problem is not None:
        found["matrices"] = matrices.panel(_matrices(questions.problem, problem, descent))
    if descent is not None:
        baselines = problem["baseline_mse"] if problem is not None else None
        found["traces"] = traces.panel(traces.walk(descent, baselines))
    if questions.dictionary is not None:
        codes = _read(s, questions.codes, n)
        found[active.PANEL] = active.panel(s, address, questions.dictionary, codes)
    titles = [k for k in words.TITLES if k != active.PANEL or k in found]
    every = {k: found.get(k) or _missing(k, questions, address, plane) for k in titles}
    return Scene(every, schedule, limits)


def _numbers(frame: str, schedule: Schedule) -> list[spectrum_table.Number]:
    known = derived.quantities("hessian_spectrum")
    told = (known[f"hessian_spectrum.{name}"] for name in spectrum_table.ROWS)
    return [
        spectrum_table.Number(
            q.variable, q.label, q.help, unit(q, frame), factor(q, frame, schedule)
        )
        for q in told
    ]


def _slice_view(
    questions: Questions,
    address: Address,
    plane: xr.Dataset | None,
    descent: xr.Dataset | None,
    curvature: xr.Dataset | None,
    schedule: Schedule,
) -> marks.SliceView | None:
    if plane is None or descent is None or questions.slice is None or not int(plane["nodes"]):
        return None
    parameters = questions.slice.parameters
    clip = questions.descent.parameters["clip"] if questions.descent else 2.0
    fixed = address["lock"]
    return marks.SliceView(
        surface=planes.surface(plane, parameters["half_width"], address["scale"]),
        names=_axis_names(questions.slice, plane),
        half_width=parameters["half_width"],
        path=planes.descent_on_plane(plane, descent["step_energy"]),
        places=planes.places_on_plane(
            plane, curvature["energy"] if curvature is not None else None
        ),
        place_names=tuple(str(p) for p in plane["point"].values),
        schedule=schedule,
        clip=clip,
        frame=address["frame"],
        lock="fixed" if fixed else "level",
        fixed=fixed,
    )


def _axis_names(question: QuestionInfo, plane: xr.Dataset) -> tuple[str, str]:
    if "axis_feature" in plane:
        return planes.atom_names(plane["axis_feature"].values.tolist())
    return planes.axis_names(question.parameters["plane"], plane["explained_share"].values.tolist())


def _matrices(
    question: QuestionInfo, problem: xr.Dataset, descent: xr.Dataset | None
) -> matrices.Matrices:
    answers = None
    if descent is not None:
        answers = descent["answer"].sel(level=list(LEVEL_ORDER)).values
    return matrices.Matrices(
        x=problem["x"].values,
        truth=problem["y_true"].values,
        answers=answers,
        part_names=matrices.PART_NAMES[question.problems.task],
    )


def _missing(id_: str, questions: Questions, address: Address, plane: xr.Dataset | None) -> Missing:
    """Why a panel is empty, and what fills it.

    Returns:
        The note in its place.
    """
    title, analysis = words.TITLES[id_], words.SOURCES[id_]
    problem = address["problem"]
    if analysis == "landscape_slice" and plane is not None:
        text = (
            f"The directions of this plane do not span one for problem {problem}"
            " (a direction is zero, or both are the same; of atoms: too few are active)."
            if not int(plane["nodes"])
            else "The descent of this slice is not in the store yet."
        )
        return Missing(id_, title, text)
    entry = f'[[analyses]]\nname = "{analysis}"'
    question = questions.used().get(analysis)
    if question is not None:
        span = reading.problems_present(question)
        there = f"it has {len(span)} of {max(question.rows_asked, len(span))} problems"
        text = f"Problem {problem} is not computed yet: {there}."
        entry = f"# [[problems]]: count = {problem + 1} or more\n{entry}"
    else:
        text = f"This store has no {registry.get(analysis).title.lower()} of this model and set."
    if analysis == "landscape_slice" and question is None:
        along = address["plane"] == ATOMS
        wanted = "along atoms" if along else PLANES[address["plane"]]
        where = f" at {address['centre'].replace('_', ' ')}" if address["centre"] else ""
        text = f"This store has no slice “{wanted}{where}” of this model and set."
        plane_line = f'\nplane = "{address["plane"]}"'
        entry = '[[analyses]]\nname = "atom_slice"' if along else entry + plane_line
        if address["centre"]:
            entry += f'\nplace = "{address["centre"]}"'
    command = (
        f"# add to SWEEP.toml\n{entry}\n\n# then\n"
        "python -m precompute run SWEEP.toml --store $IRED_STORE"
    )
    return Missing(id_, title, text, command)


def _templates() -> dict[str, Any]:
    return {ground: theme.template(ground).to_plotly_json() for ground in ("light", "dark")}


@st.cache_resource(max_entries=48, show_spinner=False)
def payload(
    identity: tuple[Any, ...], _s: Store, _questions: Questions, _address: Address
) -> tuple[str, tuple[float, float] | None]:
    """The panels as the browser gets them, made once for everybody who asks for the same.

    Args:
        identity: of what is shown, see `identity`.

    Returns:
        JSON of all ten levels, and the colours that a lock would keep.
    """
    scene = describe(_s, _questions, _address)
    every = list(scene.panels.values())
    grid = "landscape features" if active.PANEL in scene.panels else "landscape"
    return panels.payload(every, scene.schedule, _templates(), grid), scene.limits


def identity(s: Store, questions: Questions, address: Address) -> tuple[Any, ...]:
    """What the panels depend on: all of the address but the level, which the browser chooses.

    Args:
        s: the store.
        questions: from `choose`.
        address: settled.

    Returns:
        A key for caches.
    """
    names = ("problem", "place", "frame", "plane", "centre", "scale", "axis", "view", "lock")
    keys = tuple(sorted((a, q.key) for a, q in questions.used().items()))
    about = (address["dictionary"], active.mark(s, questions.dictionary))
    return (s.generation, keys, about, *(address[name] for name in names))
