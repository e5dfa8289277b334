"""The paper's three tables as they are read on the page, and as plain numbers for a file."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from app.paper import rows as paper
from app.paper import words as paper_words
from app.paper.answers import OFFICIAL, Answer, Shown
from app.paper.rows import Ablation
from app.shared.page.plain_table import Cell, Row, table
from app.shared.table import verdict
from app.shared.table.verdict import Mean
from ired_interp_core import published
from ired_interp_core.schema import LEVELS
from store import Store

NONE = "–"
FIRST = (
    "problems",
    "published",
    "measured, official answer",
    "measured, ŷ divided by √ᾱ₀",
    "trivial predictors, MSE",
    "R² of ŷ on the nearest",
    "‖AŶ − I‖/√n",
    "E(ŷ) < E(y*)",
)


def _quoted(value: float) -> str:
    if not np.isfinite(value):
        return NONE
    return f"{value:.{published.DIGITS}f}".replace("0.", ".", 1)


def _share(value: float, error: float) -> Cell:
    if not np.isfinite(value):
        return Cell(NONE)
    # Where all problems agree, √(p(1 − p)/N) is 0 and says nothing.
    return Cell(f"{100 * value:.3g} %", f"± {100 * error:.2g}" if error > 0 else "")


def _problems(answers: Mapping[str, Shown]) -> str:
    counts = sorted({e.answer.problems for e in answers.values()})
    return " and ".join(f"{n:,}" for n in counts) + " problems"


def _sources(e: Shown) -> str:
    a = e.answer
    told = [f"{a.problems:,} problems", a.source]
    told += [f"({o.problems:,} in {o.source})" for o in e.others]
    return "\n".join(told)


def first(
    s: Store, everything: Sequence[Shown], chosen: Mapping[str, str]
) -> tuple[str, pd.DataFrame]:
    """Table 1: three tasks, same and harder.

    Args:
        s: the store.
        everything: there is.
        chosen: task → digest of its weights.

    Returns:
        HTML, and the numbers.
    """
    rows: list[Row] = []
    numbers: list[dict[str, Any]] = []
    for task in paper.TASKS:
        if task not in chosen:
            told = "no weights of this task were measured, neither here nor in the shipped tables"
            rows += [Row([Cell(task, told, strong=True)])]
            rows += [_missing(task, v, told) for v in published.MSE[task]]
            continue
        answers = paper.pick(everything, task, chosen[task], OFFICIAL)
        name, remark = paper.model_words(s, chosen[task])
        rows.append(Row([Cell(task, "\n".join(filter(None, (name, remark))), strong=True)]))
        for variant in published.MSE[task]:
            if variant in answers:
                rows.append(_measured(answers[variant]))
                numbers.append(_numbers(answers[variant], name))
            else:
                rows.append(_missing(task, variant, "not measured"))
        if answers:
            rows.append(Row([Cell("\n".join(paper_words.sentence(answers)))]))
    return table(FIRST, rows, "Table 1: mean squared errors"), pd.DataFrame(numbers)


def _missing(task: str, variant: str, why: str) -> Row:
    blank = [Cell(NONE) for _ in FIRST[2:]]
    return Row([Cell(variant), Cell(_quoted(published.MSE[task][variant])), *blank])


def _measured(e: Shown) -> Row:
    a = e.answer
    near = paper.nearest(a)
    agreement = Cell(NONE)
    if near:
        control = f"{paper.label(near.name)}\ny* on it: {paper_words.r2(near.control)}"
        agreement = Cell(paper_words.spell(near.r2), control)
    beside = [
        f"{paper.label(b.name)} {verdict.short(b.mse.value)}" for b in paper.named(a)
    ]  # fmt: skip
    measured = paper_words.reproduces(paper.official(a), paper.quoted(a))
    return Row(
        [
            Cell(a.variant, _sources(e)),
            Cell(_quoted(paper.quoted(a))),
            Cell(verdict.spelled(paper.official(a)), measured, strong=True),
            Cell(verdict.spelled(paper.divided(a))),
            Cell("", "\n".join(beside), tight=False),
            agreement,
            Cell(
                verdict.spelled(
                    Mean(a.numbers["inverse_residual"], a.numbers["inverse_residual_error"])
                )
                if np.isfinite(a.numbers["inverse_residual"])
                else NONE
            ),
            _share(a.numbers["prefers_wrong"], a.numbers["prefers_wrong_error"]),
        ]
    )


def _numbers(e: Shown, name: str) -> dict[str, Any]:
    a, near = e.answer, paper.nearest(e.answer)
    row: dict[str, Any] = {
        "task": a.task,
        "variant": a.variant,
        "weights": a.model,
        "card": name,
        "source": a.source,
        "question": a.key,
        "problems": a.problems,
        "inner_steps": a.setting.inner_steps,
        "jump": a.setting.jump,
        "clip": a.setting.clip,
        "published": paper.quoted(a),
    }
    row |= {k: v for k, v in a.numbers.items() if k != "measured_problems"}
    if near:
        row |= {"nearest": near.name, "r2": near.r2.value, "r2_low": near.r2.low,
                "r2_high": near.r2.high, "r2_truth": near.control,
                "computes_it": paper_words.computes(near)}  # fmt: skip
    return row | {f"baseline_{b.name}": b.mse.value for b in paper.beside(a)}


def second(steps: Mapping[int, Mapping[str, Shown]], task: str) -> tuple[str, pd.DataFrame]:
    """Table 2: errors by number of steps.

    Args:
        steps: inner steps → variant → answer.
        task: its name; the paper has figures for inverse only.

    Returns:
        HTML, and the numbers.
    """
    quoted = task == "inverse"
    head = ["steps"]
    for variant in published.MSE[task]:
        head += [f"{variant}, published"] * quoted + [f"{variant}, measured"]
    rows, numbers = [], []
    for count, answers in steps.items():
        here = count == OFFICIAL.inner_steps
        cells = [Cell(str(count * LEVELS), "\n".join(["default"] * here + [_problems(answers)]))]
        for variant in published.MSE[task]:
            a = answers[variant].answer if variant in answers else None
            # Five steps are the default of the code; the paper's Table 2 ends with four.
            told = published.MSE_BY_STEPS.get(count * LEVELS, {}).get(variant, np.nan)
            cells += [Cell(_quoted(told))] * quoted
            if a is None:
                cells.append(Cell(NONE))
                continue
            of = paper.official(a)
            said = paper_words.reproduces(of, told).removesuffix(" the published") * quoted
            cells.append(Cell(verdict.spelled(of), said, strong=True))
            numbers.append(_step(a, told if quoted else np.nan))
        rows.append(Row(cells))
    return table(head, rows, "Table 2: errors by number of steps"), pd.DataFrame(numbers)


def _step(a: Answer, told: float) -> dict[str, Any]:
    kept = ("mse_official", "mse_official_error", "mse", "mse_error")
    return {
        "task": a.task,
        "variant": a.variant,
        "weights": a.model,
        "question": a.key,
        "source": a.source,
        "problems": a.problems,
        "steps": a.setting.inner_steps * LEVELS,
        "published": told,
        **{n: a.numbers[n] for n in kept},
    }


def third(s: Store, rows: Sequence[Ablation]) -> tuple[str, pd.DataFrame]:
    """Table 3: what parts of the sampler and of the loss are worth.

    Args:
        s: the store.
        rows: the official sampler first.

    Returns:
        HTML, and the numbers.
    """
    head = ["what is changed"]
    for variant in ("same", "harder"):
        head += [f"{variant}, official answer", f"{variant}, ŷ", f"{variant}, E(ŷ) < E(y*)"]
    lines, numbers = [], []
    for row in rows:
        name = paper.model_words(s, row.model)[0]
        other = [name] if row.model != rows[0].model else []
        cells = [Cell(row.name, "\n".join([*other, _problems(row.answers)]), tight=False)]
        for variant in ("same", "harder"):
            if variant not in row.answers:
                cells += [Cell(NONE)] * 3
                continue
            a = row.answers[variant].answer
            whole = rows[0].answers.get(variant)
            cells += [
                Cell(verdict.spelled(paper.official(a)), _against(a, whole), strong=True),
                Cell(verdict.spelled(paper.divided(a))),
                _share(a.numbers["prefers_wrong"], a.numbers["prefers_wrong_error"]),
            ]
            shown = {"changed": row.name, **_numbers(row.answers[variant], name)}
            numbers.append(shown)
        lines.append(Row(cells))
    return table(head, lines, "Table 3: ablations"), pd.DataFrame(numbers)


def _against(a: Answer, whole: Shown | None) -> str:
    if whole is None or whole.answer is a or not whole.answer.numbers["mse_official"] > 0:
        return ""
    ratio = a.numbers["mse_official"] / whole.answer.numbers["mse_official"]
    return f"{ratio:.3g} ×" if np.isfinite(ratio) else ""
