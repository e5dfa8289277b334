"""Overview: what is in this store, and how good each model is beside trivial predictors."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from app.overview import cluster
from app.overview.figures import standing as figures
from app.paper import view as paper
from app.shared.address import address as links
from app.shared.address import session
from app.shared.address.address import Address
from app.shared.asks import (
    dictionaries as features,
)
from app.shared.asks import (
    reading,
    series,
)
from app.shared.asks import (
    steps as series_picks,
)
from app.shared.asks.chosen import Scope
from app.shared.asks.reading import Subject
from app.shared.drawing.names import baseline_name
from app.shared.page import choices, labels
from app.shared.page import foot as citing
from app.shared.page import frame as chrome
from app.shared.page import look as theme
from app.shared.page.foot import Download
from app.shared.table import catalog as tables
from app.shared.table import rows as table_rows
from app.shared.table import verdict
from app.shared.table.rows import Rows
from ired_interp_core import registry
from store import QuestionInfo, Store
from store.notes import MOST_LABEL, Note

FIRST = (
    ("descent.excess", True, "worst beside its baseline", "MSE − baseline {:+.4f}"),
    ("descent.mse_final", True, "largest error", "MSE {:.4f}"),
    ("hessian_spectrum.smallest_eigenvalue", False, "softest direction at ŷ", "min λ {:.3g}"),
    ("hessian_spectrum.above_inverse_sigma", True, "most eigenvalues above 1/σ", "{:.0f} of them"),
    ("descent.energy_excess", False, "prefers its wrong answer most", "E(ŷ) − E(y*) {:.3g}"),
    ("descent.minimum_distance", True, "answer farthest from a minimum", "moved {:.3g}"),
)
"""What to look at first: column, largest first, why, how its number is spelled."""

VIEW = "overview"
SHEETS = {"store": "This store", "paper": "The paper's tables"}

NOTES = 50
"""The newest ones, which are shown."""


def show() -> None:
    """Show the view."""
    s, address, subject = chrome.begin(VIEW)
    on_paper = address["sheet"] == "paper"
    if on_paper:
        address, everything, chosen = paper.settle(s, address)
    session.bind(address)
    chrome.head(s, address)
    chrome.messages(address)
    choices.words(VIEW, "sheet", SHEETS, "Sheet")
    if on_paper:
        paper.show(s, address, everything, chosen)
    else:
        _store(s, address, subject)


def _store(s: Store, address: Address, subject: Subject | None) -> None:
    if subject is None:
        chrome.empty(s)
    for each in sorted(series_picks.listed(s), key=lambda one: not _descended(s, one)):
        _subject(s, address, each)
    _coverage(s, address)
    cluster.show(s)
    _troubles(s)
    _notes(s)
    _records(s)


def _subject(s: Store, address: Address, subject: Subject) -> None:
    of, asked = tables.scope(s, subject, 0, "answer")
    p = subject.problems
    left, right = st.columns([5, 7], gap="medium")
    key = f"{subject.model[:8]}-{subject.set}"
    with left:
        st.subheader(f"{p.task} · {p.variant}", anchor=False)
        name = links.literal(reading.model_name(s, subject.model))
        st.caption(f"{p.size}×{p.size} matrices, seed {p.seed} · model {name}")
        if others := series_picks.more(s, subject):
            about = {"model": subject.model, "set": subject.set, "sheet": "training"}
            with st.container(key=f"links-{key}-steps"):
                chrome.link(others, address.carry("annealing", **about))
        if not of.key("descent"):
            _undescended(s, address, subject)
            return
        numbers = verdict.standing(s, of)
        st.text(verdict.sentence(numbers))
        _numbers(numbers)
        _others(s, subject, of)
        _first(s, address, subject, of)
    with right:
        _figure(s, address, subject, numbers, asked, key)


def _descended(s: Store, subject: Subject) -> bool:
    return any(q.rows for q in reading.questions(s, subject, "descent"))


def _undescended(s: Store, address: Address, subject: Subject) -> None:
    measured = [q for q in reading.questions(s, subject, "accuracy") if q.rows]
    if not measured:
        chrome.nothing("No descent of this model on these problems yet: its error is unknown.")
        return
    chrome.nothing("No descent of this model on these problems yet: only means were measured.")
    about = {"task": subject.problems.task, "weights": (subject.model,)}
    chrome.link("mean errors, in the paper's tables", address.replace(sheet="paper", **about))


def _numbers(of: verdict.Standing) -> None:
    best = of.best
    facts = [
        ("answer ŷ", of.answer, "MSE of the final answer, divided by √ᾱ_0"),
        (
            "official",
            of.official,
            "MSE as the official code measures it: the last state, not divided by √ᾱ_0",
        ),
    ]
    if best:
        name = baseline_name(best.name)
        facts.append((name, best.mse, "best trivial predictor on these problems"))
    with st.container(horizontal=True, gap="medium"):
        for name, mean, help in facts:
            st.metric(
                f"{name} · MSE [y²]",
                verdict.spelled(mean),
                help=f"{help}; mean ± standard error over {of.count} problems",
                width="content",
            )


def _others(s: Store, subject: Subject, of: Scope) -> None:
    for question in reading.questions(s, subject, "descent"):
        if question.rows and question.key != of.key("descent"):
            other, _ = tables.scope(s, subject, 0, "answer", question.key)
            numbers = verdict.standing(s, other)
            told = f"MSE of ŷ {verdict.spelled(numbers.answer)}, {numbers.count} problems"
            st.caption(links.plain(f"Descent with {question.title}: {told}", 200))


def _first(s: Store, address: Address, subject: Subject, of: Scope) -> None:
    known = tables.columns(s, of)
    view = "landscape" if chrome.with_something(s)["landscape"] else "problems"
    about = {"model": subject.model, "set": subject.set}
    with st.container(gap=None, key=f"links-{subject.model[:8]}-{subject.set}"):
        st.markdown("**Look at first**")
        for column, down, why, spelled in FIRST:
            if column not in known:
                continue
            top = table_rows.points(s, of, known, [column], Rows((), column, down), 1)
            if top.empty or pd.isna(top[column].iloc[0]):
                continue
            value, problem = float(top[column].iloc[0]), int(top["problem"].iloc[0])
            if column.endswith("above_inverse_sigma") and value == 0:
                continue
            target = address.carry(view, **about, problem=problem, level=0)
            chrome.link(f"problem {problem} · {why}, {spelled.format(value)}", target)
        chrome.link("all problems of this set", address.carry("problems", **about))


def _figure(
    s: Store,
    address: Address,
    subject: Subject,
    of: verdict.Standing,
    asked: Sequence[QuestionInfo],
    key: str,
) -> None:
    if not of.beside:
        chrome.nothing("The trivial predictors of these problems were not computed.")
        return
    ink = theme.ink()
    rows = [
        figures.Predictor(
            baseline_name(b.name), b.mse.value, b.mse.error, b.distance.value,
            b.distance.error,
        )
        for b in of.beside
    ]  # fmt: skip
    figure = figures.standing(
        rows, of.answer.value, of.answer.error, of.official.value,
        theme.template(theme.active()), ink.accent, ink.muted,
    )  # fmt: skip
    st.plotly_chart(figure, theme=None, key=f"standing-{key}", config=theme.PLOT_CONFIG)
    sources = [q for q in asked if q.analysis in {"problem_properties", "descent"}]
    descent = next(q for q in sources if q.analysis == "descent")
    csv = pd.DataFrame([vars(r) for r in rows])
    citing.foot(
        address.replace(model=subject.model, set=subject.set),
        f"standing-{key}",
        f"Grey: trivial predictors. Squares: the model's answer, and the official one, which is not"
        f" divided by √ᾱ₀. Means ± s.e. over {of.count} problems, data frame."
        " Right: how far the model's answer is from each predictor's; near 0 it computes the same.",
        citing.citation(s, *sources),
        citing.python(s, descent, variables=["mse_final", "mse_official", "mse_to_baseline"]),
        citing.command(s, descent),
        [
            Download("CSV", f"standing-{key}.csv", "text/csv", lambda: csv.to_csv(index=False)),
            citing.html(figure, f"standing-{key}"),
        ],
    )


def _coverage(s: Store, address: Address) -> None:
    table = reading.coverage(s)
    if table.empty:
        return
    st.subheader("What is here", anchor=False)
    grouped = (
        table.assign(model=table["model"].map(lambda digest: model_or_training(s, digest)))
        .groupby(["set", "model", "analysis"], sort=False)
        .agg(
            questions=("key", "size"),
            present=("present", "sum"),
            asked=("asked", "sum"),
            failures=("failures", "sum"),
        )
        .reset_index()
    )
    order = list(registry.analyses())
    grouped = grouped.sort_values(
        ["set", "model", "analysis"],
        key=lambda c: c.map({a: i for i, a in enumerate(order)}) if c.name == "analysis" else c,
    )
    grouped["analysis"] = [registry.get(a).title for a in grouped["analysis"]]
    grouped["share"] = 100.0 * grouped["present"] / grouped["asked"].clip(lower=1)
    config = st.column_config
    st.dataframe(
        grouped[["set", "model", "analysis", "questions", "present", "asked", "share", "failures"]],
        hide_index=True,
        height="content" if len(grouped) <= 14 else 460,
        column_config={
            "set": config.TextColumn("problems", help="task-variant-size-seed"),
            "model": config.TextColumn(
                "model", help="first digits of its digest; a training with all its steps"
            ),
            "questions": config.NumberColumn("questions", help="different parameters asked"),
            "present": config.NumberColumn("rows present", help="verified rows, over questions"),
            "asked": config.NumberColumn("rows asked", help="by the largest run of each question"),
            "share": config.ProgressColumn("done", format="%.0f %%", min_value=0, max_value=100),
            "failures": config.NumberColumn("failed units"),
        },
        width="stretch",
    )
    if (table["present"] < table["asked"]).any():
        run = next((r["name"] for r in reading.runs(s)), "")
        chrome.nothing(
            "Some rows are still missing; a repeated run computes only these.",
            f"python -m precompute status --store {s.root} {links.plain(run)}".rstrip(),
        )


def model_or_training(s: Store, digest: str) -> str:
    """Name a model in a table that has the steps of one training in one row.

    Args:
        s: the store.
        digest: of the model.

    Returns:
        First digits of its digest, or the training that it is a step of; weights that trainings
        share by both names.
    """
    there = series.steps_of(s, digest)
    if len(there) == 1:
        return f"training {series.name(s, there[0].series)}"
    return series.step_name(s, digest) or digest[:8]


def _troubles(s: Store) -> None:
    failed, lost = reading.failures(s), reading.left_out(s)
    if failed:
        st.subheader("What failed", anchor=False)
        by_key = {q.key: q for q in reading.questions(s)}
        for record in failed[:20]:
            _failure(s, record, by_key.get(record["question"]))
        if len(failed) > 20:
            st.text(f"and {len(failed) - 20} more: python -m precompute status --store {s.root}")
    if lost:
        st.subheader("Files that do not hold and are not shown", anchor=False)
        told = [links.plain(f"{f.path} · {f.what}".replace(f"{s.root}/", ""), 400) for f in lost]
        st.dataframe(pd.DataFrame({"file and what is wrong with it": told[:500]}), hide_index=True)
        for mend in dict.fromkeys(f.mend for f in lost):
            st.code(mend, language="bash")


def _failure(s: Store, record: dict[str, Any], question: QuestionInfo | None) -> None:
    rows = f"problems {record['start']} … {int(record['stop']) - 1}"
    where = f"{record['analysis']} {str(record['question'])[:8]}, {rows}"
    st.text(links.plain(f"{where}: {record['error']}: {record['message']}", 400))
    if question:
        with st.expander("Compute it again"):
            st.code(citing.command(s, question), language="bash")


def _notes(s: Store) -> None:
    written = labels.written(s)
    if not written:
        return
    st.subheader("Notes", anchor=False)
    known = {q.key: features.name(s, q) for q in features.known(s)}
    for note in written[:NOTES]:
        signed = f"{note.at} · {links.plain(note.author)}"
        st.text(
            f"{signed} · {links.plain(' '.join(note.text.split()), 400)}" if note.text else signed
        )
        _about(note, labels.leads_to(note), known)
    if len(written) > NOTES:
        st.text(f"and {len(written) - NOTES} older ones in {s.root}/notes")


def _about(note: Note, address: Address | None, known: dict[str, str]) -> None:
    """What a note is about, and the way there; a feature by the name that the note gives it."""
    if address is None or address.view != "features" or address["feature"] is None:
        st.code(note.address, language=None)
        return
    with st.container(
        horizontal=True, gap="small", vertical_alignment="center", key=f"links-note-{note.name}"
    ):
        chrome.link(f"feature {address['feature']}", address, icon=":material/label:")
        if note.label is not None:
            label = links.plain(note.label, MOST_LABEL)
            st.text(f"“{label}”" if label else "label taken back", width="content")
        key = address["dictionary"]
        st.text(known.get(key, f"dictionary {key[:8]}, not in this store"), width="content")


def _records(s: Store) -> None:
    with st.expander("Runs, provenance and versions"):
        st.text(f"store {s.root.resolve()} · generation {s.generation}")
        for record in reading.runs(s):
            st.text(f"run {record['name']}: {len(record['questions'])} questions")
            st.code(str(record.get("sweep", "")), language="toml", height=180)
        st.dataframe(reading.provenance(s), hide_index=True)
        for digest in {t.model: None for t in reading.subjects(s)}:
            st.text(f"model {digest}")
            st.json(reading.card(s, digest), expanded=False)
