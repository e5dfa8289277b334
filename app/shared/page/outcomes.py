"""From a panel's declaration to what the browser gets: drawn once for all who ask for the same.

Nothing here places anything on a page, so that tests can draw every panel of every view.
"""

import hashlib
import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import plotly.graph_objects as go

from app.shared.address.address import PATHS, Address
from app.shared.asks import commands, diverged, live, live_commands, unreadable
from app.shared.asks.kept import kept
from app.shared.drawing.colours import Ground
from app.shared.drawing.levels import Levels, Sentence, Table, levels_of
from app.shared.drawing.payload import to_json
from app.shared.page import asking, exports, gestures, glossary
from app.shared.page.contract import Drawn, Fields, Missing, Outcome, Panel, Pending
from app.shared.page.look import look
from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from store import Store

log = logging.getLogger(__name__)

_MARKED = re.compile(r"`(\w+)`")
"""A name that a declaration marks as code: a page quotes it. Copied lines have no such marks."""


@dataclass(frozen=True)
class Failed:
    """A panel that could not be drawn; the others are whole.

    Args:
        text: one line.
        command: what mends it, "" where nobody knows.
    """

    text: str
    command: str = ""


@dataclass(frozen=True)
class Shown:
    """A panel as it is placed on the page.

    Args:
        outcome: what `draw` gave.
        text: the payload of the browser.
    """

    outcome: Outcome | Failed
    text: str


def values(panel: Panel, address: Address, selections: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an address that a panel reads.

    Args:
        panel: whose `reads`.
        address: settled.
        selections: panel → what is selected in it.

    Returns:
        By name, in the order of `reads`.
    """
    read = {
        name: selections.get(name[1:]) if name.startswith("@") else address[name]
        for name in panel.reads
    }
    return read if panel.narrow is None else dict(panel.narrow(read))


def outcome(panel: Panel, scene: Any, read: Mapping[str, Any], ground: Ground) -> Outcome | Failed:
    """Draw a panel, or say in one line why it cannot be drawn.

    Args:
        panel: the panel.
        scene: of its sheet.
        read: from `values`.
        ground: of the page.

    Returns:
        What `draw` gave; `Missing` where an analysis that it needs is not there.
    """
    lacking = [name for name in panel.needs if scene.question(name) is None]
    if lacking:
        return lacks(scene, lacking, read.get("problem"))
    try:
        with unreadable.noticed() as lost:
            result = panel.draw(scene, Fields(read, look(ground)))
        return _with_lost(_with_diverged(result, scene.store), scene.store, lost)
    except Refusal as error:
        return Failed(error.line, error.next_step)
    except Exception as error:
        log.exception("panel %s could not be drawn", panel.id)
        return Failed(f"{panel.title} could not be drawn: {type(error).__name__}. "
                      "The server's log has the traceback.")  # fmt: skip


def _with_diverged(result: Outcome, store: Store) -> Outcome:
    """What a panel draws of all problems, with those that are in no mean named in its note."""
    if not isinstance(result, Drawn):
        return result
    of_all = [s.question for s in result.questions if "problems" not in s.arguments]
    word = diverged.said(store, of_all)
    notes = [result.note] if isinstance(result.note, str) else result.note
    return result if any("diverged" in note for note in notes) else _noted(result, word)


def _with_lost(result: Outcome, store: Store, lost: Iterable[unreadable.Lost]) -> Outcome | Failed:
    """What a panel draws without the shards that cannot be read, one line of which says so."""
    first = next(iter(lost), None)
    if first is None:
        return result
    if isinstance(result, Drawn):
        return _noted(result, unreadable.said(store, lost))
    return Failed(first.line, first.mend)


def _noted(drawn: Drawn, word: str) -> Drawn:
    """What is drawn, with one word more behind every note."""
    if not word:
        return drawn
    if isinstance(drawn.note, str):
        return replace(drawn, note=" · ".join(filter(None, (drawn.note, word))))
    return replace(drawn, note=[" · ".join(filter(None, (note, word))) for note in drawn.note])


def lacks(scene: Any, analyses: Sequence[str], problem: int | None = None) -> Missing:
    """Say which analyses are not there, and what computes them: a sweep, or a question from here.

    Args:
        scene: of the sheet.
        analyses: names.
        problem: that is looked at; None where it is all of them.

    Returns:
        What the panel says.
    """
    titles = [registry.get(name).title for name in analyses]
    compute = asking.default(scene, analyses[0], problem)
    added = commands.addition(scene.store, [f'name = "{name}"' for name in analyses])
    if compute is not None and compute.problems.content:  # no sweep asks about these
        added = ""
    listed = " and ".join(filter(None, (", ".join(titles[:-1]), titles[-1])))
    which = f"The analysis {listed} has" if len(titles) == 1 else f"The analyses {listed} have"
    return Missing(
        f"{which} not been computed for this model and these problems.",
        {"analysis": analyses[0]},
        added,
        compute,
    )


def spelled(panel: Panel, result: Outcome | Failed, store: Store, read: Mapping[str, Any]) -> str:
    """The payload of a panel as JSON, as the browser's host reads it; `read` is from `values`."""
    words = panel.words
    head: dict[str, Any] = {
        "id": panel.id, "title": panel.title, "caption": words.short, "long": words.long,
        "cite": words.citation, "notes": [], "files": [], "python": "", "command": "",
        "picks": panel.on_pick is not None, "selects": bool(panel.selects), "question": "",
        "leads": PATHS.get("problems", "") if panel.selects == "problem" else "",
        "then": list(panel.then), "opens": panel.opens, "about": "", "fills": panel.fills,
        "least": panel.least if isinstance(result, Drawn) else 0,  # words break lines instead
    }  # fmt: skip
    if isinstance(result, Failed):
        body = {"kind": "note", "state": "failed", "text": result.text, "command": result.command}
    elif isinstance(result, Missing):
        body = {"kind": "note", "state": "missing", "text": result.text, "command": result.command,
                "compute": asking.box(result.compute)}  # fmt: skip
    elif isinstance(result, Pending):
        body = {"kind": "pending", "state": "pending", "question": result.question,
                "text": result.words, "share": result.share}  # fmt: skip
    else:
        body = _drawn(panel, result, store, read)
    said = head | body
    said["words"] = glossary.within(_texts(said))
    return _MARKED.sub(r"“\1”", _apart(said))


def _apart(said: dict[str, Any]) -> str:
    """JSON with the figure behind its digest: a browser that shows it does not draw it again."""
    figure = {f.name: said.pop(f.name) for f in fields(Levels) if f.name in said}
    if not figure:
        return to_json(said)
    drawn = to_json(figure)
    said["drawing"] = hashlib.blake2b(drawn.encode(), digest_size=8).hexdigest()
    return f"{to_json(said)[:-1]},{drawn[1:]}"


def command(drawn: Drawn, store: Store) -> str:
    """The shell lines that compute what a panel shows; "" where it shows no answers."""
    asked = [source.question for source in drawn.questions]
    if lines := live_commands.command(store, drawn.questions):
        return lines
    return drawn.command or (commands.command(store, *asked) if asked else "")


def _texts(said: Mapping[str, Any]) -> list[str]:
    """What a reader reads of a panel, apart from numbers and axes."""
    heads = [text for column in said.get("columns", ()) for text in (column.text, column.help)]
    rows = [
        text
        for row in said.get("rows", ())
        for text in (*([row.label] if isinstance(row.label, str) else row.label), row.help)
    ]
    lines = [str(line) for line in said.get("lines", ())]
    return [said["title"], said["caption"], said["long"], *said["notes"], *heads, *rows, *lines]


def _drawn(panel: Panel, drawn: Drawn, store: Store, read: Mapping[str, Any]) -> dict[str, Any]:
    asked = [source.question for source in drawn.questions]
    note = [drawn.note] if isinstance(drawn.note, str) else list(drawn.note)
    cited = drawn.cite or (commands.citation(store, *asked) if asked else "")
    body = drawn.body
    if isinstance(body, go.Figure):
        body = levels_of(body)
    kinds = {Levels: "plot", Table: "table", Sentence: "sentence"}
    draft = panel.draft or any(live.is_draft(store, q.key) for q in asked)
    said = {
        "kind": kinds[type(body)],
        "state": "draft" if draft else "drawn",
        "word": panel.drafts,
        "question": " ".join(dict.fromkeys(q.key for q in asked)),
        "notes": [line for line in note if line],
        "cite": ". ".join(filter(None, (cited, panel.words.citation))),
        "files": [*exports.MIME, *([drawn.more.label] if drawn.more else [])],
        "name": exports.stem(panel.id, drawn, read, store),
        "about": exports.about(drawn, read, store),
        "asks": None if draft else _asks(panel, drawn),
        "edits": drawn.edits and asking.edits(drawn.edits),
        "python": drawn.python or commands.sources(store, drawn.questions),
        "command": command(drawn, store),
        **{f.name: getattr(body, f.name) for f in fields(body)},
    }
    said |= {"caption": drawn.caption} if drawn.caption else {}
    said["printed"] = gestures.without(drawn.caption or panel.words.short)
    return said | ({"long": drawn.long} if drawn.long else {})


def _asks(panel: Panel, drawn: Drawn) -> dict[str, Any] | None:
    label, help_, shows = panel.asks
    boxes = [asking.box(one) for one in drawn.asks]
    return {"label": label, "help": help_, "shows": shows, "boxes": boxes} if boxes else None


@kept(512)
def _kept(identity: tuple[Any, ...], _panel: Panel, _scene: Any, _ground: Ground) -> Shown:
    read = dict(identity[-1])
    result = outcome(_panel, _scene, read, _ground)
    return Shown(result, spelled(_panel, result, _scene.store, read))


def shown(view: str, panel: Panel, scene: Any, read: Mapping[str, Any], ground: Ground) -> Shown:
    """A panel as it is placed on the page, kept for everybody who asks for the same.

    Args:
        view: name of the view.
        panel: one of its panels.
        scene: of its sheet.
        read: from `values`.
        ground: of the page.

    Returns:
        Outcome and payload.
    """
    store = scene.store
    where = (str(store.root), store.generation, view, panel.id, ground, scene.identity)
    identity = (*where, tuple(read.items()))
    kept = _kept(identity, panel, scene, ground)
    if isinstance(kept.outcome, Failed | Pending):  # the next reader finds out anew
        _kept.clear(identity, panel, scene, ground)
    return kept
