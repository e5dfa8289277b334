"""Files of a panel: its numbers as CSV and netCDF, its figure as a page that needs no network."""

import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import xarray as xr

from app.shared.drawing.levels import Levels, animated, figure
from app.shared.page.contract import Drawn
from app.shared.page.look import PLOT_CONFIG, template

MOST_ROWS = 500
"""Rows of the numbers that a panel shows in the place of its figure."""
MIME = {"CSV": "text/csv", "netCDF": "application/x-netcdf", "HTML": "text/html"}
ENDINGS = {"CSV": "csv", "netCDF": "nc", "HTML": "html"}


def table(numbers: xr.Dataset) -> pd.DataFrame:
    """Labelled arrays as one table: a row for each combination of labels.

    Args:
        numbers: of a panel.

    Returns:
        Variables of the same dims side by side; those of other dims follow below, in rows of
        their own, so that nothing is repeated.
    """
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, variable in numbers.data_vars.items():
        groups.setdefault(tuple(map(str, variable.dims)), []).append(str(name))
    parts = []
    for dims, names in groups.items():
        part = numbers[names]
        if dims:
            parts.append(part.to_dataframe(dim_order=list(dims)).reset_index())
        else:
            parts.append(pd.DataFrame([{n: part[n].item() for n in names}]))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def labels(drawn: Drawn) -> list[str]:
    """Which files a panel offers."""
    tabular = isinstance(drawn.body, go.Figure | Levels)
    return ["CSV", "netCDF", *(["HTML"] if tabular else [])]


def content(drawn: Drawn, label: str, title: str, facts: str) -> bytes | str:
    """A file of a panel by its key of `MIME`; facts are the citation that its page shows."""
    makers: dict[str, Callable[[], bytes | str]] = {
        "CSV": lambda: table(drawn.numbers).to_csv(index=False),
        "netCDF": lambda: bytes(storable(drawn.numbers).to_netcdf(engine="h5netcdf")),
        "HTML": lambda: page(drawn, title, facts),
    }
    return makers[label]()


def storable(numbers: xr.Dataset) -> xr.Dataset:
    """Numbers as netCDF can hold them: texts of fixed length, no booleans among attributes."""
    kept = numbers.copy()
    for name, variable in kept.variables.items():
        if variable.dtype.kind in "OU":
            kept[name] = variable.astype(str)
    kept.attrs = {k: int(v) if isinstance(v, bool) else v for k, v in kept.attrs.items()}
    return kept


def page(drawn: Drawn, title: str, facts: str) -> str:
    """A figure as a page of its own, light on white; all ten levels with a slider."""
    body, look = drawn.body, template("light")
    if isinstance(body, Levels):
        plain = animated(body, look) if body.levels else figure(body, 0, look)
    elif isinstance(body, go.Figure):
        plain = go.Figure(body)
        plain.update_layout(template=look)
    else:
        raise TypeError(f"{title} is no figure")
    plain.update_layout(title={"text": f"{title}<br><span style='font-size:11px'>{facts}</span>"})
    return str(plain.to_html(include_plotlyjs=True, config=PLOT_CONFIG))


def numbers_json(drawn: Drawn) -> str:
    """The numbers as the browser shows them in the place of a figure."""
    whole = table(drawn.numbers)
    head = whole.head(MOST_ROWS)
    rows = [[_cell(value) for value in row] for row in head.itertuples(index=False)]
    return json.dumps({"columns": list(head.columns), "rows": rows, "total": len(whole)})


def _cell(value: object) -> str:
    if isinstance(value, float | np.floating):
        return "" if np.isnan(value) else f"{value:.6g}"
    return "" if value is None else str(value)
