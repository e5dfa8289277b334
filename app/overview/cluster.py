"""On Overview: how far the submissions to a cluster are, while they run."""

import time
from typing import Any

import pandas as pd
import streamlit as st

from app.shared.address import address as links
from app.shared.asks.kept import kept
from app.shared.page import frame as chrome
from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from store import Store, progress, shell, submissions
from store.progress import STATES, Progress, Work

LOOK_AGAIN = 20
"""Seconds between looks while an element runs."""

SHOWN = 5


def show(store: Store) -> None:
    """Show the latest submission of every run, and older ones that still run.

    Args:
        store: opened.
    """
    found = _look(store)
    if not found:
        return
    st.subheader("On the cluster", anchor=False)
    active = any(p.active for p in found)
    st.fragment(_panel, run_every=LOOK_AGAIN if active else None)(store)


@kept(16)
def _work(root: str, name: str) -> Work:
    return progress.work(root, name)


def _look(store: Store) -> list[Progress]:
    """The submissions to show, newest first; one that cannot be read is left to `verify`.

    Returns:
        At most SHOWN of them.
    """
    found: list[Progress] = []
    runs: set[str] = set()
    for name in reversed(submissions.names(store.root)):
        try:
            run = submissions.read(store.root, name)["run"]
            if run in runs:
                continue
            runs.add(run)
            found.append(progress.progress(store.root, name, _work(str(store.root), name)))
        except Refusal:
            continue
        if len(found) == SHOWN:
            break
    return found


def _panel(store: Store) -> None:
    for p in _look(store):
        _submission(store, p)


def _submission(store: Store, p: Progress) -> None:
    record = p.record
    commit = str(record.get("commit", ""))[:12] or "unknown"
    changed = " with changes" if record.get("dirty") else ""
    counts = ", ".join(f"{n} {word}" for word, n in sorted(p.elements.items()))
    heard = f" · last heartbeat {_ago(p.heard)} ago" if p.heard else ""
    line = (
        f"{record['run']} · submitted {record.get('created', '')} · commit {commit}{changed}"
        f" · elements of the job array: {counts}{heard}"
    )
    st.caption(links.literal(links.plain(line, 400)))
    if p.stopped:
        st.warning(links.literal(links.plain(f"Stopped: {p.stopped}", 400)))
    if p.complete:
        st.text("All units of this submission are done.")
        return
    chrome.listing(
        table(p),
        {
            "analysis": st.column_config.TextColumn("analysis"),
            **{state: st.column_config.NumberColumn(state, width="small") for state in STATES},
            "units": st.column_config.NumberColumn(
                "units",
                width="small",
                help="a unit is one piece of work: some rows of one question",
            ),
            "share": st.column_config.ProgressColumn(
                "share done", format="%.0f %%", min_value=0, max_value=100
            ),
        },
    )
    _next(store, p)


def _next(store: Store, p: Progress) -> None:
    run = str(p.record["run"])
    look = shell.command(store.root, "status", run)
    again = shell.command(store.root, "resubmit", run)
    if p.over:
        chrome.nothing("The job array has ended. To resubmit its failed and missing units:", again)
    elif p.active:
        chrome.nothing("To see its state in the queue:", f"{look} --watch")
    else:
        chrome.nothing(
            "No element has sent a heartbeat lately. The first command shows whether they wait in"
            " the queue; if not, the second one resubmits the missing units:",
            f"{look}\n{again}",
        )
    if p.logs:
        st.text("Logs of the elements with failed units:")
        st.code("\n".join(map(str, p.logs[:SHOWN])), language=None)


def table(p: Progress) -> pd.DataFrame:
    """Units of each analysis by state.

    Args:
        p: how far the submission is.

    Returns:
        Columns analysis, units, done, running, failed, missing, share [%].
    """
    rows: list[dict[str, Any]] = []
    for name in sorted(p.analyses, key=_order):
        counts = p.analyses[name]
        total = sum(counts.values())
        title = registry.get(name).title if name in registry.analyses() else name
        rows.append(
            {
                "analysis": title,
                "units": total,
                **{state: counts[state] for state in STATES},
                "share": 100.0 * counts["done"] / max(total, 1),
            }
        )
    return pd.DataFrame(rows)


def _order(name: str) -> tuple[int, str]:
    known = list(registry.analyses())
    return (known.index(name) if name in known else len(known), name)


def _ago(at: float) -> str:
    seconds = max(0.0, time.time() - at)
    for size, word in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {word}"
    return f"{seconds:.0f} s"
