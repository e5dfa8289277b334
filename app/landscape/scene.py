"""What the landscape view draws from: the questions about one subject that belong together."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import xarray as xr

from app.landscape import chosen
from app.landscape.chosen import CODES
from app.landscape.pin import PARTS, Pin
from app.shared.address import address as links
from app.shared.address.address import Address
from app.shared.asks import dictionaries as features
from app.shared.asks import live, probing, reading, schedules, settling, slices
from app.shared.asks import walks as descents
from app.shared.asks.chosen import graph
from app.shared.asks.reading import Subject
from app.shared.page import labels
from ired_interp_core.records import ProblemSet
from ired_interp_core.schedule import Schedule
from store import QuestionInfo, Store


@dataclass(frozen=True)
class Scene:
    """The questions about a subject; which slice and which dictionary is meant, fields say.

    Args:
        store: opened.
        subject: model and problems.
        asked: analysis → question; descent is the one that slice and spectrum were taken on.
        slices: every slice of the subject.
        walks: every descent of the subject; one may be drawn over that of `asked`.
        dictionaries: every dictionary of the subject, by key.
        labels: dictionary → feature → what readers call it.
        origin: the set whose problem this one was edited from; None where it was not.
        point: whether a point of the plane is looked at.
        steer: whether a steered descent is looked at.
        pinned: what is held beside it; None where nothing is.
        eigen: whether an eigenvector is looked at.
        attributions: of the subject, each of one level.
        attributed: whether matrices show an attribution.
    """

    store: Store
    subject: Subject
    asked: Mapping[str, QuestionInfo]
    slices: tuple[QuestionInfo, ...]
    walks: tuple[QuestionInfo, ...]
    dictionaries: Mapping[str, QuestionInfo]
    labels: Mapping[str, Mapping[int, str]]
    origin: ProblemSet | None = None
    point: bool = False
    steer: bool = False
    pinned: "Pinned | None" = None
    eigen: bool = False
    attributions: tuple[QuestionInfo, ...] = ()
    attributed: bool = False

    @property
    def identity(self) -> tuple[Any, ...]:
        """The subject, the questions chosen for it, and the labels; all else follows from these."""
        said = tuple((key, *sorted(words.items())) for key, words in self.labels.items())
        chosen = tuple(sorted((name, q.key) for name, q in self.asked.items()))
        return (
            self.subject.model,
            self.subject.set,
            chosen,
            said,
            self.origin,
            self.point,
            self.steer,
            self.pinned.identity if self.pinned else None,
            self.eigen,
            self.attributed,
            tuple(q.key for q in self.attributions),
        )

    def question(self, analysis: str) -> QuestionInfo | None:
        """The question of an analysis; of slices and dictionaries the first one."""
        several = (*self.slices, *self.dictionaries.values(), *self.attributions)
        return self.asked.get(analysis) or next(
            (q for q in several if q.analysis == analysis), None
        )

    def slice(self, fields: Mapping[str, Any]) -> QuestionInfo | None:
        """The slice that plane, centre and q name; None where the store has none such."""
        return slices.find(self.slices, fields["plane"], fields["centre"], fields["q"])

    def walk(self, key: str) -> QuestionInfo | None:
        """The other descent that an address names; None where it names none."""
        return next((q for q in self.walks if key and q.key == key), None)

    def of_origin(self, analysis: str) -> QuestionInfo | None:
        """The question of an analysis about the problem that this one was edited from."""
        if self.origin is None:
            return None
        about = Subject(self.subject.model, self.origin)
        return next(iter(reading.questions(self.store, about, analysis)), None)

    def codes(self, dictionary: str) -> QuestionInfo | None:
        """Which features of a dictionary are active; None where that was not computed."""
        known = graph(self.store).down(dictionary, CODES, "dictionary")
        return next((q for q in known if q.problems == self.subject.problems), None)

    def read(self, question: QuestionInfo | None, problem: int) -> xr.Dataset | None:
        """The answer about a problem; None where it is not there yet, or cannot be read."""
        return reading.about(self.store, question, problem)

    @cached_property
    def schedule(self) -> Schedule:
        """The schedule of the model."""
        return schedules.schedule(self.store, (*self.asked.values(), *self.slices))

    @property
    def basis(self) -> QuestionInfo | None:
        """The question that decides which problems can be shown; None where there is none at all.

        The problems themselves may be many more, made for another analysis: the descent decides,
        which all else builds on; where there is none, the question with the most problems.
        """
        descent = self.asked.get("descent")
        if descent is not None and descent.rows:
            return descent
        every = (*self.asked.values(), *self.slices)
        return max(every, key=lambda question: question.rows, default=None)

    def limits(self, address: Address) -> tuple[float, float] | None:
        """The energies of the slice over all levels, which a lock of its colours keeps."""
        question, problem = self.slice(address.values), address["problem"]
        if question is None or reading.about(self.store, question, problem) is None:
            return None
        return slices.limits(self.store, question, problem, address["scale"])


@dataclass(frozen=True)
class Pinned:
    """A view that is held beside the present one.

    Args:
        scene: its questions.
        fields: its fields, settled with the store.
    """

    scene: Scene
    fields: Mapping[str, Any]

    @property
    def identity(self) -> tuple[Any, ...]:
        """What distinguishes it from others."""
        return (*self.scene.identity, *(self.fields[name] for name in PARTS))

    @property
    def name(self) -> str:
        """What it shows, in words: the problem, and a descent that is not the stored one."""
        walk = self.scene.walk(self.fields["walk"])
        return f"problem {self.fields['problem']}" + (f", {walk.title}" if walk else "")

    def beside(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Its own fields, with everything else as on the page."""
        mine = {name: self.fields[name] for name in PARTS if name in fields}
        return {**fields, **mine, "point": None}


def scene(store: Store, address: Address, subject: Subject) -> tuple[Address, Scene]:
    """Settle the address with the store and its live answers, and gather the questions."""
    address, pinned = _pinned(store, address, subject)
    store = pinned.scene.store if pinned else store
    store = live.with_live(store, subject, address["problem"])
    if address["origin"]:
        before = Subject(subject.model, links.set_of(address["origin"]))
        store = live.with_live(store, before, address["problem"])
    kinds = ("landscape_slice", *slices.ALONG, "atom_slice")
    every = tuple(q for kind in kinds for q in reading.questions(store, subject, kind))
    address, plane = chosen.slice_of(every, address)
    there = {q.key: q for q in _dictionaries(store, subject)}
    address = chosen.dictionary_of(store, there, address, plane)
    said = {
        key: {f: label.text for f, label in labels.of(store, key).items() if label.text}
        for key in there
    }
    asked = _asked(store, subject, plane)
    walks = descents.of(store, subject)
    address = chosen.walk_of(walks, asked.get("descent"), address)
    origin = links.set_of(address["origin"]) if address["origin"] else None
    point = address["point"] is not None
    steer, eigen = bool(address["steer"]), address["eigen"] is not None
    attributions = tuple(reading.questions(store, subject, "attribution"))
    made = Scene(store, subject, asked, every, walks, there, said, origin, point, steer, pinned,
                 eigen, attributions, bool(address["attribution"]))  # fmt: skip
    if made.basis and not live.offered():  # else any problem can be asked
        address = settling.problem(address, made.basis)
    return address, made


def _pinned(store: Store, address: Address, subject: Subject) -> tuple[Address, Pinned | None]:
    """What a pin names, with its live answers; the reader is told what of it cannot be shown."""
    pin: Pin | None = address["pin"]
    if pin is None:
        return address, None
    problems = links.set_of(pin.set)
    if (problems.task, problems.size) != (subject.problems.task, subject.problems.size):
        why = f"a problem of {subject.problems.task} with size {subject.problems.size}"
        return address.refuse("pin", why, None), None
    own = Address(address.view, {n: f.default for n, f in links.VIEWS[address.view].items()})
    own = own.replace(model=address["model"], **{name: getattr(pin, name) for name in PARTS})
    settled, there = scene(store, own, Subject(subject.model, problems))
    if settled.messages:
        address = address.replace(f"pinned view: {settled.messages[0]}")
    return address, Pinned(there, settled.values)


def _dictionaries(store: Store, subject: Subject) -> list[QuestionInfo]:
    """Dictionaries of the subject; of a problem of the reader's own, those of its model."""
    if not subject.problems.content:
        return features.dictionaries(store, subject)
    return [q for q in features.dictionaries(store) if q.model == subject.model]


def _asked(store: Store, subject: Subject, plane: QuestionInfo | None) -> dict[str, QuestionInfo]:
    """Problems, the descent that the slice lies on, and spectra of the same descent."""
    known = graph(store)
    first = next(iter(reading.questions(store, subject, "descent")), None)
    descent = (known.up(plane, "descent") if plane else None) or first
    spectra = reading.questions(store, subject, "hessian_spectrum")
    same = [q for q in spectra if descent and known.up(q, "descent") == descent]
    problems = reading.questions(store, subject, "problem_properties")
    probes = probing.probes(store, subject)
    found = (next(iter(problems), None), descent, next(iter(same or spectra), None), probes,
             *_bottoms(store, plane, descent))  # fmt: skip
    return {q.analysis: q for q in found if q is not None}


def _bottoms(
    store: Store, plane: QuestionInfo | None, descent: QuestionInfo | None
) -> tuple[QuestionInfo | None, QuestionInfo | None]:
    """Minima of the same descent, those of most starts where the plane names none; their paths."""
    known = graph(store)
    named = known.up(plane, "minima") if plane else None
    below = known.down(descent.key, "minima", "descent") if descent else []
    minima = named or max(below, key=lambda q: q.parameters["starts"], default=None)
    paths = known.down(minima.key, "paths") if minima else []
    return minima, max(paths, key=lambda q: q.parameters["budget"], default=None)
