"""What a panel answers: drawn, missing or pending; what can be asked of it, and changed in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import plotly.graph_objects as go
import xarray as xr

from app.shared.drawing.levels import Levels, Sentence, Table
from ired_interp_core.records import ProblemSet
from store import QuestionInfo


@dataclass(frozen=True)
class Words:
    """What a panel says about itself.

    Args:
        short: caption of at most 25 words: what is drawn, units, how to read it.
        long: the same at length: definitions, frame, what is approximated.
        citation: the source in the literature; "" where the project is the source.
    """

    short: str
    long: str
    citation: str = ""


@dataclass(frozen=True)
class Source:
    """Answers that a panel shows.

    Args:
        question: whose answers.
        arguments: further ones of `Store.read`, such as problems and variables.
    """

    question: QuestionInfo
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class More:
    """A file with more than a panel draws, made when somebody asks for it.

    Args:
        label: in the menu of what can be saved.
        word: of its name.
        make: its content, as netCDF holds it.
    """

    label: str
    word: str
    make: Callable[[], xr.Dataset]


@dataclass(frozen=True)
class Drawn:
    """A panel with something to show.

    Args:
        body: a figure, one for all ten levels, a table, or a sentence.
        numbers: what is drawn, and what leaves as CSV, netCDF and through T; captions are
            attributes of its variables. Files hold this and nothing else.
        questions: where the numbers come from.
        note: one line beside the title, or one for each level, smoothest first.
        caption: takes the place of `Words.short` where it depends on the numbers.
        long: likewise of `Words.long`.
        python: source that loads the numbers, where reading the questions is not the way (SQL).
        command: shell lines that compute them, where those of the first question are not the way.
        cite: names where they come from, where a list of the questions is not the way.
        asks: questions that can be asked with other settings; see `Panel.on_answer`.
        edits: the matrices show a problem whose entries can be changed.
        more: a further file, beside those of the numbers.
    """

    body: go.Figure | Levels | Table | Sentence
    numbers: xr.Dataset
    questions: Sequence[Source] = ()
    note: str | Sequence[str] = ""
    caption: str = ""
    long: str = ""
    python: str = ""
    command: str = ""
    cite: str = ""
    asks: "Sequence[Compute]" = ()
    edits: "Edits | None" = None
    more: More | None = None


@dataclass(frozen=True)
class Compute:
    """A question about one problem that a reader may ask from the page.

    Args:
        analysis: one that is asked live.
        model: digest; "" where none is needed.
        problems: the set.
        problem: index in it.
        parameters: given ones; the defaults where left out.
        inputs: role → key of the answer that is read.
        also: what else is filled by it, one line.
        free: the given parameters can be changed, too, before it is asked.
        again: it is answered as it stands, and worth asking with another setting alone.
        label: what tells it from others of its form.
        hides: given parameters that its form does not show.
        follows: parameter that is the level in view, until it is changed in the form.
    """

    analysis: str
    model: str
    problems: ProblemSet
    problem: int
    parameters: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    also: str = ""
    free: bool = False
    again: bool = False
    label: str = ""
    hides: Sequence[str] = ()
    follows: str = ""


@dataclass(frozen=True)
class Edits:
    """A problem whose entries can be changed in its first matrices.

    Args:
        problems: the set that it was, or is to be edited from.
        problem: index in it.
        parts: matrices of x, which are drawn first.
        changes: what is changed already, as a request to make a problem spells it.
        symmetric: the entry across the diagonal may change with it.
        hides: entries can be hidden and shown.
        limit: end of the colours, of which a nudge is a share.
    """

    problems: ProblemSet
    problem: int
    parts: int
    changes: Sequence[Mapping[str, Any]]
    symmetric: bool
    hides: bool
    limit: float


@dataclass(frozen=True)
class Missing:
    """A panel with nothing to show, and what would fill it.

    Args:
        text: what is missing and why, one sentence.
        question: analysis and parameters for this very problem, plane and place; None where no
            computation would help.
        command: shell lines that compute it; "" where none would help.
        compute: the same as a question that can be asked from here; None where it takes a sweep.
    """

    text: str
    question: Mapping[str, Any] | None = None
    command: str = ""
    compute: Compute | None = None


@dataclass(frozen=True)
class Pending:
    """A panel whose answer is on its way; what was drawn before stays, dimmed, under its own title.

    Args:
        question: key of the question that is computed.
        share: of the work done, 0 … 1; None where nobody knows.
        words: what is being done.
    """

    question: str
    share: float | None = None
    words: str = "computing"


Outcome = Drawn | Missing | Pending
