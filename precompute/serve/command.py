"""What the commands `ask` and `serve` do with their words."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ired_interp_core import registry
from precompute.ground import storage, targets
from precompute.ground.exits import DONE, Usage, asking
from precompute.ground.tell import shown
from precompute.serve import ask as asks
from precompute.serve import server, wire
from precompute.serve.limits import Limits
from store import LiveAnswers, files

FORMS = {"json": ".json", "netcdf": ".nc", "key": ".txt"}
"""How an answer is spelled, and the ending of its file."""


def serve(
    root: Path, live: Path | None, workers: int, seconds: float, memory: float, budget: float
) -> int:
    """Serve live answers; see `server.serve`."""
    storage.exists(root)
    limits = Limits(seconds, memory * 2**30, budget)
    return server.serve(LiveAnswers(root, live), workers, limits)


def ask(
    root: Path,
    live: Path | None,
    analysis: str,
    subject: Mapping[str, Any],
    parameters: Sequence[str],
    inputs: Sequence[str],
    form: str,
    out: Path | None,
) -> int:
    """Answer one question: the answer goes to the output or a file, its key to standard error.

    Args:
        root: store.
        live: folder of the live answers; the store's own when left out.
        analysis: name.
        subject: model, task, variant, size, seed, problem, x.
        parameters: NAME=VALUE each.
        inputs: ROLE=KEY each.
        form: of `FORMS`.
        out: file to write.

    Returns:
        Exit code 0.

    Raises:
        Usage: what cannot be asked.
    """
    if form not in FORMS:
        raise Usage("unknown format", where="--format", came=form, expected=", ".join(FORMS))
    storage.exists(root)
    if out is not None:
        targets.check_folder(out)
        targets.check(out, asks.is_answer, "an answer of this command")
        targets.check_ending(out, FORMS[form])
    elif form == "netcdf" and os.isatty(1):
        raise Usage("netCDF is no text", where="--format", came="a terminal", expected="--out FILE")
    with asking():
        given = _parameters(analysis, _pairs(parameters, "NAME=VALUE"))
    with wire.set_aside() as (_, writes):  # what an adapter prints is no part of the answer
        answers = LiveAnswers(root, live)
        spelled = asks.request(
            root, analysis, **subject, parameters=given, inputs=_pairs(inputs, "ROLE=KEY"),
            live=answers,
        )  # fmt: skip
        found = asks.answer(answers, spelled, Limits())
        _give(_spelled(found, form), out, writes)
    note = f" · not kept: {found.note}" if found.note else ""
    print(shown(f"key {found.wanted.question.key}{note}"), file=sys.stderr, flush=True)
    return DONE


def _spelled(found: asks.Answer, form: str) -> bytes:
    if form == "netcdf":
        return asks.as_netcdf(found)
    text = asks.as_json(found) if form == "json" else found.wanted.question.key
    return text.encode() + b"\n"


def _give(content: bytes, out: Path | None, writes: int) -> None:
    if out is not None:
        with files.one_line(out, "answer cannot be written"):
            files.sweep_beside(out)
            files.replace(out, content)
        return
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(writes, rest) :]


def _pairs(words: Sequence[str], expected: str) -> dict[str, str]:
    pairs = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not (name and equals) or name in pairs:
            raise Usage("unusable word", came=word, expected=f"{expected}, each name once")
        pairs[name] = value
    return pairs


def _parameters(analysis: str, given: Mapping[str, str]) -> dict[str, Any]:
    """Values of the declared types; unknown names are refused where the question is asked.

    Returns:
        Name → value.
    """
    declared = registry.get(analysis).parameters
    return {
        name: _value(declared[name].type, text) if name in declared else text
        for name, text in given.items()
    }


def _value(kind: type, text: str) -> Any:
    """Read a value; text that is none of its type stays text, and is refused as that."""
    if kind is bool:
        return {"true": True, "false": False}.get(text.lower(), text)
    try:
        return kind(text)
    except ValueError:
        return text
