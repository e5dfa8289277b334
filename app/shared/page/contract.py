"""What a view is: sheets of panels. Menu, address, cache, feet, exports and tests follow from it.

A view declares itself in `app/<view>/view.py` and is listed in `app/views.py`; nothing else knows
it. A panel's `draw` is a pure function of the scene (store and questions) and of the fields of the
address that it names in `reads`. What it gives is kept and shared by all readers, so it holds
nothing of a session; what a click does stands on the panel (`on_pick`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from app.components.said import Picked
from app.shared.address.address import Address
from app.shared.address.fields import Field
from app.shared.asks.reading import Subject
from app.shared.page.answers import (
    Compute,
    Drawn,
    Edits,
    Missing,
    More,
    Outcome,
    Pending,
    Source,
    Words,
)
from app.shared.page.look import Look
from store import QuestionInfo, Store

__all__ = [
    "COLUMNS",
    "Compute",
    "Control",
    "Draw",
    "Drawn",
    "Edits",
    "Fields",
    "MakeScene",
    "Missing",
    "More",
    "OnAnswer",
    "OnPick",
    "Outcome",
    "Panel",
    "Part",
    "Pending",
    "Scene",
    "Sheet",
    "Source",
    "There",
    "View",
    "Words",
]

COLUMNS = 24
"""Columns of a sheet's grid; a panel's `span` counts them."""


class Scene(Protocol):
    """What the panels of a sheet are drawn from: questions that belong together, no address."""

    @property
    def store(self) -> Store:
        """The store at this session's generation."""

    @property
    def identity(self) -> tuple[Any, ...]:
        """Keys of all questions, and whatever else `draw` depends on beside its fields."""

    def question(self, analysis: str) -> QuestionInfo | None:
        """The question that stands for an analysis here; None where there is none."""


class Fields(Mapping[str, Any]):
    """The fields of the address that a panel reads, and the look of the page's ground.

    Any other field is a `KeyError`: a figure depends on what it declares, and on nothing else.
    """

    def __init__(self, values: Mapping[str, Any], look: Look) -> None:
        self._values = dict(values)
        self.look = look

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Any:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


Draw = Callable[[Any, Fields], Outcome]
OnPick = Callable[[Address, Picked], Mapping[str, Any] | Address | None]
"""Changes of this address, another address to go to, or nothing."""
OnAnswer = Callable[[Address, str], Mapping[str, Any]]
"""Changes of this address after the answer with a key is there."""


@dataclass(frozen=True)
class Control:
    """A field of the address as a widget.

    Args:
        field: its name.
        label: above the widget; short.
        options: value → word, or what gives it from scene and address; None for numbers and texts.
        help: shown on hover.
        kind: "words" (segments), "select", "number" or "toggle".
        width: pixels; "content" where left out.
        resets: further changes that a choice makes, such as page=1.
        shown: whether it belongs on the page now.
    """

    field: str
    label: str
    options: Mapping[Any, str] | Callable[[Any, Address], Mapping[Any, str]] | None = None
    help: str = ""
    kind: str = "words"
    width: int | str = "content"
    resets: Mapping[str, Any] = field(default_factory=dict)
    shown: Callable[[Any, Address], bool] = lambda scene, address: True


Part = Control | Callable[[Any, Address], None]
"""A control, or a function that places widgets which no control describes."""


@dataclass(frozen=True)
class Panel:
    """A figure, table or sentence of a sheet.

    Args:
        id: unique in its view; names files, links and tests.
        title: heading.
        needs: analyses without which it says `Missing` by itself.
        reads: fields of the address that `draw` sees; "@scatter" is what is selected in the panel
            scatter: customdata of its points, None without a selection.
        draw: scene and fields → outcome; pure.
        words: caption, long text, citation.
        on_pick: what a click does; None where nothing can be clicked.
        then: panels whose missing answers are asked for right after a click here.
        opens: the panel that shows what was clicked here, brought into sight; "" for none.
        asks: name of the form in which `Drawn.asks` is asked anew, what it is for, and the panel
            that shows the answer; "" for this one.
        on_answer: shows what was asked in that form.
        selects: points can be held by lasso and box: the dim of `numbers` along which they lie,
            whose labels their customdata begins with. Files then hold these alone, and say so.
        narrow: brings fields that do not concern this panel to one value, so that it is not drawn
            again for them.
        controls: of this panel alone, between its head and its body.
        span: columns of 24 on a wide window.
        height: pixels of the body; 0 for a table or sentence as high as its content.
        draft: the figure is a draft, marked so and not exported.
        drafts: it is drawn while its answer is computed, of what is known already, and says this.
        drafts_of: analyses of whose answers it draws such drafts; of all that are in `needs` where
            none is named, of any where there are none.
        kind: "plot", "table" or "sentence": what stands there before it is drawn.
        fills: the body grows with the window, so that a table has more rows on a tall one.
        least: pixels of width below which the figure scrolls sideways; 0 where it always fits.
        card: panels in a row with the same one stand under each other in one frame.
        two: where two columns are all there is room for, "whole": it takes both, or "last": both,
            after all others; "": as its span says.
    """

    id: str
    title: str
    needs: Sequence[str]
    reads: Sequence[str]
    draw: Draw
    words: Words
    on_pick: OnPick | None = None
    then: Sequence[str] = ()
    opens: str = ""
    asks: tuple[str, str, str] = ("", "", "")
    on_answer: OnAnswer | None = None
    selects: str = ""
    narrow: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    controls: Sequence[Part] = ()
    span: int = 8
    height: int = 280
    draft: bool = False
    drafts: str = ""
    drafts_of: tuple[str, ...] = ()
    kind: str = "plot"
    fills: bool = False
    least: int = 0
    card: str = ""
    two: str = ""


@dataclass(frozen=True)
class Sheet:
    """A page of a view.

    Args:
        id: value of the field `sheet`.
        title: in the choice of sheets.
        panels: in reading order, or what gives them from the scene.
        controls: rows of controls under the subject.
        scene: of this sheet, where it is not the view's.
        levels: the level bar moves all panels, in the browser; or what says so of a scene.
        foot: places what is no panel under them, such as forms.
        subject: the choice of model and problems stands above the controls.
        line: on a wide window subject and controls share lines, names beside their widgets, so that
            panels are seen at once.
        shown: whether it is offered in the choice of sheets, of the scene of the page.
    """

    id: str
    title: str
    panels: Sequence[Panel] | Callable[[Any], Sequence[Panel]]
    controls: Sequence[Sequence[Part]] = ()
    scene: "MakeScene | None" = None
    levels: bool | Callable[[Any], bool] = False
    foot: Callable[[Any, Address], None] | None = None
    subject: bool = True
    line: bool = False
    shown: Callable[[Any], bool] = lambda scene: True

    def levelled(self, scene: Any) -> bool:
        """Whether the level bar stands on the page."""
        return self.levels(scene) if callable(self.levels) else self.levels

    def of(self, scene: Any) -> Sequence[Panel]:
        """The panels of a scene."""
        return self.panels(scene) if callable(self.panels) else self.panels


MakeScene = Callable[[Store, Address, Subject | None], tuple[Address, Any]]
"""Settles the address with the store, and gathers what panels draw from; `Missing` for none."""


@dataclass(frozen=True)
class There:
    """What a store has, as `View.has` asks for it.

    Args:
        rows: analysis → most rows of one of its questions.
        series: there are trainings with several steps.
    """

    rows: Mapping[str, int]
    series: bool = False

    def any(self, *analyses: str, more_than: int = 0) -> bool:
        """Whether one of some analyses has more than so many rows."""
        return any(self.rows.get(name, 0) > more_than for name in analyses)


@dataclass(frozen=True)
class View:
    """A view of the app.

    Args:
        name: in the address; "" is no name. The first view of `app/views.py` stands at "/".
        title: in menu and window.
        fields: its parameters, in the order of a link.
        scene: settles the address and gathers what panels draw from.
        sheets: its pages; the first one is shown where the address names none.
        has: whether it has anything to show in a store, and belongs into the menu.
        subjects: how many subjects (model and problems) it speaks of: 0, 1 or 2.
        prefers: analysis that a subject has answers of which is shown where the address names none.
        analyses: that it shows; what no view shows stands in “More analyses”.
        any_problems: it shows a model on any problems, where they can be asked live.
    """

    name: str
    title: str
    fields: Mapping[str, Field]
    scene: MakeScene
    sheets: Sequence[Sheet]
    has: Callable[[There], bool] = lambda there: True
    subjects: int = 1
    prefers: str = ""
    analyses: frozenset[str] = frozenset()
    any_problems: bool = False

    def sheet(self, id_: str) -> Sheet:
        """A sheet by its id; the first one where there is none."""
        return next((sheet for sheet in self.sheets if sheet.id == id_), self.sheets[0])
