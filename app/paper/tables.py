"""The paper's three tables as they are read on the page, and the numbers in them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from app.paper import cells, weights
from app.paper import rows as paper
from app.paper import words as paper_words
from app.paper.answers import OFFICIAL, Answer
from app.paper.cells import NONE
from app.paper.rows import Ablation
from app.shared.drawing.levels import Column, Row, Table
from app.shared.table import verdict
from ired_interp_core import published
from ired_interp_core.schema import LEVELS
from store import Store

PAIRED = ("paired_with", *(
    f"paired_official_{name}{end}"
    for name in ("difference", "ratio") for end in ("", "_low", "_high")
))  # fmt: skip
"""Columns of a paired comparison: with which answer, and how the official answers differ."""
FIRST = (
    Column("problems"),
    Column("published", "MSE that the paper gives", align="left"),
    Column("measured, official answer", "the last state, not divided by √ᾱ₀, as the paper's code"
           " measures it; mean ± s.e.", mark=True, align="left"),
    Column("measured, ŷ divided by √ᾱ₀", "MSE of ŷ, data frame; mean ± s.e.", align="left"),
    Column("trivial predictors, MSE", "on the same problems", align="left"),
    Column("R² of ŷ on the nearest", "1 − Σ‖ŷ − b‖² / Σ‖ŷ − mean ŷ‖² on the answers b of the"
           " predictor that ŷ is nearest to, 95 % interval; below it what ŷ knows beyond b: slope"
           " and cosine of ŷ − b on y* − b, 0 where it knows nothing; corr² of ŷ and y*",
           align="left"),
    Column("‖AŶ − I‖/√n", "distance of ŷ from an inverse of A; inverse only", align="left"),
    Column("E(ŷ) < E(y*)", "problems whose answer has a lower energy than the truth: a fault"
           " where x determines y; on completion beside that of the Gaussian-ideal energy, which"
           " has it, too",
           align="left"),
)  # fmt: skip


def first(
    store: Store, everything: Sequence[Answer], chosen: Mapping[str, str]
) -> tuple[Table, pd.DataFrame]:
    """Table 1: three tasks, same and harder; of a task the chosen weights, then others that ship.

    Args:
        store: opened.
        everything: there is.
        chosen: task → digest of its weights.

    Returns:
        The table, and its numbers.
    """
    rows: list[Row] = []
    numbers: list[dict[str, Any]] = []
    for task in weights.TASKS:
        if task not in chosen:
            told = "no weights of this task were measured, neither here nor in the shipped tables"
            rows += [Row(cells.lines(task, told), "", ())]
            rows += [_missing(task, v) for v in published.MSE[task]]
            continue
        for model in (chosen[task], *weights.shipped(everything, task, chosen[task])):
            answers = paper.pick(everything, task, model, OFFICIAL)
            name, remark = weights.named(store, model)
            rows.append(Row(cells.lines(task, name, remark), "", ()))
            for variant in published.MSE[task]:
                if variant in answers:
                    rows.append(_measured(answers[variant]))
                    numbers.append(_numbers(answers[variant], name))
                else:
                    rows.append(_missing(task, variant))
    return Table(FIRST, rows, tall=True), pd.DataFrame(numbers)


def _missing(task: str, variant: str) -> Row:
    blank = [NONE] * len(FIRST[2:])
    quoted = cells.quoted(published.MSE[task][variant])
    return Row(cells.lines(variant, "not measured"), "", [quoted, *blank])


def _measured(answer: Answer) -> Row:
    near = paper.nearest(answer)
    agreement = NONE
    if near:
        control = f"y* on it: {paper_words.r2(near.control)}"
        on = f"{paper.label(near.name)} · {control}"
        slope = f"slope {verdict.ranged(near.slope)}" if np.isfinite(near.slope.value) else ""
        cosine = f"cos {paper_words.r2(near.cosine.value)}" if slope else ""
        known = " · ".join(filter(None, (cosine, f"corr² {paper_words.r2(near.truth.value)}")))
        agreement = cells.lines(paper_words.spell(near.r2), on, slope, known)
    beside = [cells.predictor(b, answer.problems) for b in paper.named(answer)]
    measured = paper_words.reproduces(paper.official(answer), paper.quoted(answer))
    residual = paper.mean(answer, "inverse_residual")
    return Row(
        cells.lines(answer.variant, cells.sources(answer)),
        "",
        [
            cells.quoted(paper.quoted(answer)),
            cells.lines(verdict.spelled(paper.official(answer)), measured),
            verdict.spelled(paper.mean(answer, "mse")),
            "\n".join(["", *beside]),
            agreement,
            verdict.spelled(residual) if np.isfinite(residual.value) else NONE,
            cells.prefers(answer),
        ],
    )


def _numbers(answer: Answer, name: str) -> dict[str, Any]:
    near = paper.nearest(answer)
    row: dict[str, Any] = {
        "task": answer.task,
        "variant": answer.variant,
        "weights": answer.model,
        "card": name,
        "source": answer.source,
        "question": answer.key,
        "problems": answer.problems,
        "inner_steps": answer.setting.inner_steps,
        "jump": answer.setting.jump,
        "clip": answer.setting.clip,
        "published": paper.quoted(answer),
    }
    row |= {k: v for k, v in answer.numbers.items() if k != "measured_problems"}
    if near:
        row |= {"nearest": near.name, "r2_truth": near.control,
                "computes_it": paper_words.computes(near)}  # fmt: skip
        for name, of in (("r2", near.r2), ("slope", near.slope), ("cosine", near.cosine)):
            row |= {name: of.value, f"{name}_low": of.low, f"{name}_high": of.high}
    return row | {f"baseline_{b.name}": b.mse.value for b in paper.beside(answer)}


def second(steps: Mapping[int, Mapping[str, Answer]], task: str) -> tuple[Table, pd.DataFrame]:
    """Table 2: errors by number of steps.

    Args:
        steps: inner steps → variant → answer.
        task: its name; the paper has figures for inverse only.

    Returns:
        The table, and its numbers.
    """
    quoted = task == "inverse"
    head = [Column("steps")]
    for variant in published.MSE[task]:
        head += [Column(f"{variant}, published", align="left")] * quoted
        head += [Column(f"{variant}, measured", "mean ± s.e.; below it the difference to the"
                        " default, paired by problem, with its 95 % interval", mark=True,
                        align="left")]  # fmt: skip
    whole = steps.get(OFFICIAL.inner_steps, {})
    rows, numbers = [], []
    for count, answers in steps.items():
        here = count == OFFICIAL.inner_steps
        row = []
        for variant in published.MSE[task]:
            a = answers.get(variant)
            # Five steps are the default of the code; the paper's Table 2 ends with four.
            told = published.MSE_BY_STEPS.get(count * LEVELS, {}).get(variant, np.nan)
            row += [cells.quoted(told)] * quoted
            if a is None:
                row.append(NONE)
                continue
            mse = paper.official(a)
            said = paper_words.reproduces(mse, told).removesuffix(" the published") * quoted
            apart = cells.apart(paper.compared(a, whole.get(variant), "official_difference"))
            row.append(cells.lines(verdict.spelled(mse), said, apart))
            numbers.append(_step(a, told if quoted else np.nan))
        label = cells.lines(str(count * LEVELS), "default" if here else "", cells.problems(answers))
        rows.append(Row(label, "", row))
    return Table(head, rows, tall=True), pd.DataFrame(numbers)


def said(answers: Mapping[str, Answer]) -> pd.DataFrame:
    """The numbers that decide the sentences about a task, a row for each variant."""
    kept = ("task", "variant", "weights", "question", "problems", "published", "mse_official",
            "mse_official_error", "truth_correlation", "nearest", "r2", "r2_low", "r2_high",
            "r2_truth", "slope", "slope_low", "slope_high", "cosine", "cosine_low", "cosine_high",
            "computes_it")  # fmt: skip
    rows = []
    for a in answers.values():
        every = _numbers(a, "")
        row = {name: every[name] for name in kept if name in every}
        if (rival := paper.rival(a)) is not None:
            row |= {"rival": rival.name, "rival_mse": rival.mse.value,
                    "rival_problems": rival.count, "difference": rival.difference.value,
                    "difference_low": rival.difference.low,
                    "difference_high": rival.difference.high}  # fmt: skip
        rows.append(row)
    return pd.DataFrame(rows)


STEP = ("task", "variant", "weights", "question", "source", "problems", "steps", "published",
        "mse_official", "mse_official_error", "mse", "mse_error", *PAIRED)  # fmt: skip


def _paired(answer: Answer) -> dict[str, Any]:
    """What an answer differs by from the one it is held against; NaN without one."""
    numbers = {name: answer.paired.get(name.removeprefix("paired_"), np.nan) for name in PAIRED}
    return numbers | {"paired_with": answer.paired_with}


def _step(answer: Answer, told: float) -> dict[str, Any]:
    steps = answer.setting.inner_steps * LEVELS
    every = _numbers(answer, "") | {"steps": steps, "published": told} | _paired(answer)
    return {name: every[name] for name in STEP}


def third(store: Store, rows: Sequence[Ablation]) -> tuple[Table, pd.DataFrame]:
    """Table 3: what parts of the sampler and of the loss are worth.

    Args:
        store: opened.
        rows: the official sampler first.

    Returns:
        The table, and its numbers.
    """
    head = [Column("what is changed")]
    for variant in ("same", "harder"):
        head += [
            Column(f"{variant}, official answer", "mean ± s.e.; below it the ratio to the"
                   " first row, paired by problem, with its 95 % interval", mark=True,
                   align="left"),
            Column(f"{variant}, ŷ", "mean ± s.e.", align="left"),
            Column(f"{variant}, E(ŷ) < E(y*)", "share of problems", align="left"),
        ]  # fmt: skip
    lines, numbers = [], []
    for row in rows:
        name = weights.named(store, row.model)[0]
        other = [name] if row.model != rows[0].model else []
        line: list[str] = []
        for variant in ("same", "harder"):
            if variant not in row.answers:
                line += [NONE] * 3
                continue
            a = row.answers[variant]
            line += [
                cells.lines(
                    verdict.spelled(paper.official(a)), cells.times(a, rows[0].answers.get(variant))
                ),
                verdict.spelled(paper.mean(a, "mse")),
                cells.prefers(a),
            ]
            numbers.append({"changed": row.name, **_numbers(a, name), **_paired(a)})
        lines.append(Row(cells.lines(row.name, *other, cells.problems(row.answers)), "", line))
    return Table(head, lines, tall=True), pd.DataFrame(numbers)
