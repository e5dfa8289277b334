"""Below the panels of Overview: submissions, failures, notes, and the records of the store."""

from collections.abc import Collection
from typing import Any

import pandas as pd
import streamlit as st

from app.overview import cluster, provenance
from app.overview.scene import Scene
from app.shared.address import address as links
from app.shared.address.address import Address
from app.shared.asks import commands, dictionaries, reading
from app.shared.page import frame, labels
from ired_interp_core.spelling import counted
from store import QuestionInfo, Store, running, shell
from store.notes import MOST_LABEL, Note

NOTES = 50
"""The newest ones, which are shown."""


def show(scene: Scene, address: Address) -> None:
    """Place what is no panel."""
    _lacking(scene.store)
    cluster.show(scene.store)
    _troubles(scene.store)
    _notes(scene.store)
    _records(scene.store)


def _lacking(store: Store) -> None:
    going = {one.name for one in running.under_way(store.root)}
    if run := lacking(store, going):
        frame.nothing(
            "Some rows are still missing. Repeating the run computes only these:",
            shell.command(store.root, "status", run),
        )


def lacking(store: Store, going: Collection[str]) -> str:
    """The first run that asks for rows which are not there, and which no run under way brings."""
    there = {q.key: q.rows for q in reading.questions(store)}
    asked = [
        (record["name"], q["key"], q["count"])
        for record in reading.runs(store)
        for q in record["questions"]
        if q["key"] in there
    ]
    coming = dict(there)
    for name, key, count in asked:
        if name in going:
            coming[key] = max(coming[key], count)
    return next((name for name, key, count in asked if coming[key] < count), "")


def _troubles(store: Store) -> None:
    failed, lost = reading.failures(store), reading.left_out(store)
    if failed:
        st.subheader("Failures", anchor=False)
        by_key = {q.key: q for q in reading.questions(store)}
        for record in failed[:20]:
            _failure(store, record, by_key.get(record["question"]))
        if len(failed) > 20:
            st.text(f"and {len(failed) - 20} more: {shell.command(store.root, 'status')}")
    if lost:
        st.subheader("Files that failed verification and are not shown", anchor=False)
        told = [
            links.plain(f"{f.path} · {f.what}".replace(f"{store.root}/", ""), 400) for f in lost
        ]
        frame.listing(pd.DataFrame({"file and its fault": told[:500]}))
        for mend in dict.fromkeys(f.mend for f in lost):
            st.code(mend, language="bash")


def _failure(store: Store, record: dict[str, Any], question: QuestionInfo | None) -> None:
    rows = f"problems {record['start']} … {int(record['stop']) - 1}"
    where = f"{record['analysis']} {str(record['question'])[:8]}, {rows}"
    st.text(links.plain(f"{where}: {record['error']}: {record['message']}", 400))
    if question:
        with st.expander("Compute it again"):
            st.code(commands.command(store, question), language="bash")


def _notes(store: Store) -> None:
    written = labels.written(store)
    if not written:
        return
    st.subheader("Notes", anchor=False)
    known = {q.key: dictionaries.name(store, q) for q in dictionaries.dictionaries(store)}
    for note in written[:NOTES]:
        signed = f"{note.at} · {links.plain(note.author)}"
        st.text(
            f"{signed} · {links.plain(' '.join(note.text.split()), 400)}" if note.text else signed
        )
        _about(note, labels.leads_to(note.address), known)
    if len(written) > NOTES:
        st.text(f"and {len(written) - NOTES} older ones in {store.root}/notes")


def _about(note: Note, address: Address | None, known: dict[str, str]) -> None:
    """What a note is about, and the way there; a feature by the name that the note gives it."""
    if address is None or address.view != "features" or address["feature"] is None:
        st.code(note.address, language=None)
        return
    with st.container(
        horizontal=True, gap="small", vertical_alignment="center", key=f"links-note-{note.name}"
    ):
        frame.link(f"feature {address['feature']}", address, icon=":material/label:")
        if note.label is not None:
            label = links.plain(note.label, MOST_LABEL)
            st.text(f"“{label}”" if label else "label removed", width="content")
        key = address["dictionary"]
        st.text(known.get(key, f"dictionary {key[:8]}, not in this store"), width="content")


def _records(store: Store) -> None:
    with st.expander("Runs, provenance and versions"):
        st.text(f"store {store.root.resolve()} · generation {store.generation} of the catalog")
        for record in reading.runs(store):
            st.text(f"run {record['name']}: {counted(len(record['questions']), 'question')}")
            st.code(str(record.get("sweep", "")), language="toml", height=180)
        frame.listing(provenance.provenance(store))
        for digest in {t.model: None for t in reading.subjects(store)}:
            st.text(f"model {digest}")
            st.json(reading.card(store, digest), expanded=False)
