"""Elements that ended before their Python could say a word: only the log of the job knows why."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store import folders, layout

TAIL_BYTES = 4_000


@dataclass(frozen=True)
class EarlyEnd:
    """An element whose job was there and which never began.

    Args:
        element: index.
        log: of its job; None where the job wrote none.
        line: the last one of it, or what else is known.
    """

    element: int
    log: Path | None
    line: str


def early_ends(
    root: Path,
    name: str,
    record: Mapping[str, Any],
    begun: Collection[int],
    queued: Collection[int],
    ended: Mapping[int, str],
) -> list[EarlyEnd]:
    """Find the elements of a submission that ended before they began.

    Args:
        root: store.
        name: of the submission.
        record: of it.
        begun: elements that have said something.
        queued: elements that wait or run.
        ended: element → how it ended, where the accounts say.

    Returns:
        Those whose job wrote a log, or ended as the accounts say, in their order.
    """
    logs = layout.submission_logs(root, name)
    there = set(folders.names(logs))
    found = []
    for wave in record["waves"]:
        for element in range(wave["first"], wave["last"] + 1):
            if element in begun or element in queued:
                continue
            file = f"{wave.get('job_id')}_{element - wave['first']}.out"
            if file in there:
                said = _last_line(logs / file)
                found.append(EarlyEnd(element, logs / file, said or "it says nothing"))
            elif element in ended and ended[element] != "CANCELLED":
                how = ended[element].lower().replace("_", " ")
                found.append(EarlyEnd(element, None, f"{how}, and its job wrote no log"))
    return found


def _last_line(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL_BYTES))
            lines = file.read(TAIL_BYTES).decode("utf-8", "replace").split("\n")
    except OSError as error:
        return error.strerror or str(error)
    said = [line.strip() for line in lines if line.strip()]
    return said[-1][:300] if said else ""
