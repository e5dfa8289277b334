"""MSE against the sampler's number of steps, beside trivial predictors: one panel a variant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.shared.drawing import colours

MEASURED = ("steps", "mse_official", "mse_official_error", "published")
"""Number of steps, MSE and standard error of the official answer; published, NaN without."""


@dataclass(frozen=True)
class Course:
    """MSE of one variant by number of steps.

    Args:
        measured: columns `MEASURED`, by ascending number of steps.
        predictors: name → MSE, drawn as lines.
    """

    measured: pd.DataFrame
    predictors: Mapping[str, float]

    @property
    def finite(self) -> pd.Series:
        """The measured errors; a model that diverged has none."""
        mse = self.measured["mse_official"]
        return mse[np.isfinite(mse)]

    @property
    def near(self) -> dict[str, float]:
        """Predictors that fit into the panel: within a factor `NEAR` of the measured errors."""
        low, high = self.finite.min() / NEAR, self.finite.max() * NEAR
        return {name: mse for name, mse in self.predictors.items() if low <= mse <= high}


def numbers(courses: Mapping[str, Course]) -> pd.DataFrame:
    """What the figure shows, one row for each number of steps and each predictor that is drawn."""
    parts = []
    for variant, course in courses.items():
        lines = pd.DataFrame([*course.near.items()], columns=["predictor", "predictor_mse"])
        parts += [part.assign(variant=variant) for part in (course.measured, lines)]
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


NEAR = 2.0
"""Predictors beyond this factor of the measured errors would squeeze them, and are left out."""

ROOM = 16
"""Steps of room at the right, for the names of lines."""


def figure(
    courses: Mapping[str, Course],
    template: go.layout.Template,
    ink: str,
    muted: str,
) -> go.Figure:
    """Draw one panel for each variant: measured in ink, words beside lines muted."""
    drawn = make_subplots(1, max(len(courses), 1), subplot_titles=list(courses),
                          horizontal_spacing=0.12)  # fmt: skip
    for column, course in enumerate(courses.values(), start=1):
        at = {"row": 1, "col": column}
        steps, mse, error, published = (course.measured[n].to_numpy() for n in MEASURED)
        drawn.add_scatter(
            x=steps, y=mse, mode="lines+markers", name="measured",
            error_y={"array": error, "color": ink, "thickness": 1.2, "width": 0},
            line={"color": ink, "width": 1.8}, marker={"size": 7, "symbol": "square"},
            showlegend=column == 1,
            hovertemplate="%{x} steps: MSE %{y:.5g}<extra>measured</extra>", **at,
        )  # fmt: skip
        if np.isfinite(published).any():
            drawn.add_scatter(
                x=steps, y=published, mode="markers", name="published",
                marker={"size": 9, "symbol": "circle-open", "color": colours.SECOND,
                        "line": {"width": 2}},
                showlegend=column == 1,
                hovertemplate="%{x} steps: MSE %{y:.4f}<extra>published</extra>", **at,
            )  # fmt: skip
        _lines(drawn, course, column, muted)
        ends = [steps.min() - 4, steps.max() + ROOM]
        title = {"text": "optimization steps"}
        drawn.update_xaxes(title=title, tickvals=steps, range=ends, **at)
        drawn.update_yaxes(title={"text": "MSE [y²]"} if column == 1 else None, nticks=6, **at)
    drawn.update_annotations(selector={"yref": "paper"}, font={"size": 12})
    drawn.update_layout(
        template=template, margin={"l": 8, "r": 8, "t": 44, "b": 8},
        legend={"y": 1.1},
    )  # fmt: skip
    return drawn


def _lines(drawn: go.Figure, course: Course, column: int, muted: str) -> None:
    """Trivial predictors, their names at the right end; after the traces, on axes that exist."""
    lines = course.near
    heights = _apart(list(lines.values()), course)
    n = "" if column == 1 else str(column)
    for (name, value), y in zip(lines.items(), heights, strict=True):
        line = {"color": colours.BASELINE, "width": 1, "dash": "dash"}
        drawn.add_hline(value, line=line, row=1, col=column)
        drawn.add_annotation(
            x=1, xref=f"x{n} domain", xanchor="right", y=y, yref=f"y{n}", yanchor="bottom",
            text=name, showarrow=False, font={"size": 11, "color": muted}, borderpad=0,
        )  # fmt: skip


def _apart(values: Sequence[float], course: Course) -> list[float]:
    """Heights of the names beside the lines, so that no two lie over each other."""
    everything = np.array([*values, *course.finite])
    gap = 0.07 * float(np.ptp(everything)) if everything.size else 0.0
    placed: dict[int, float] = {}
    last = -np.inf
    for i in np.argsort(values, kind="stable"):
        last = max(values[i], last + gap)
        placed[int(i)] = last
    return [placed[i] for i in range(len(values))]
