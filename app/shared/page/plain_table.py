"""Small tables to be read like a paper's: cells of one strong line and smaller ones under it.

For a handful of rows; longer ones are grids (`st.dataframe`). All text is escaped here.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass

CSS = """<style>
.paper-table { width: 100%; border-collapse: collapse; font-size: .9rem; line-height: 1.35;
  font-variant-numeric: tabular-nums; }
.paper-table th, .paper-table td { text-align: left; vertical-align: top; font-weight: 400;
  padding: .3rem .9rem .3rem 0; }
.paper-table thead th { font-size: .8rem; opacity: .78; vertical-align: bottom;
  border-bottom: 1px solid rgba(128, 140, 150, .6); }
.paper-table tbody tr.band td { padding-top: .7rem; }
.paper-table tbody tr.line td { border-bottom: 1px solid rgba(128, 140, 150, .22); }
.paper-table b { font-weight: 650; }
.paper-table small { display: block; font-size: .8rem; opacity: .78; white-space: pre-line; }
.paper-table .tight { white-space: nowrap; }
.paper-table .said { white-space: pre-line; }
.paper-table tr.line .said { padding-bottom: .6rem; }
</style>"""


@dataclass(frozen=True)
class Cell:
    """One cell.

    Args:
        text: its line.
        small: smaller lines under it.
        strong: set in bold.
        tight: never broken.
    """

    text: str
    small: str = ""
    strong: bool = False
    tight: bool = True


@dataclass(frozen=True)
class Row:
    """One row.

    Args:
        cells: one for each column; a single one spans all.
    """

    cells: Sequence[Cell]


def table(head: Sequence[str], rows: Sequence[Row], caption: str) -> str:
    """Write a table.

    Args:
        head: names of the columns.
        rows: from top to bottom.
        caption: for readers who hear the page.

    Returns:
        HTML with its style.
    """
    names = "".join(f'<th scope="col">{html.escape(n)}</th>' for n in head)
    body = "".join(_row(r, len(head)) for r in rows)
    return (
        f'{CSS}<table class="paper-table" aria-label="{html.escape(caption, quote=True)}">'
        f"<thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>"
    )


def _row(row: Row, columns: int) -> str:
    if len(row.cells) == 1:
        cell = row.cells[0]
        kind = "band" if cell.strong else "line"
        return f'<tr class="{kind}"><td colspan="{columns}" class="said">{_cell(cell)}</td></tr>'
    return '<tr class="line">' + "".join(map(_data, row.cells)) + "</tr>"


def _data(cell: Cell) -> str:
    return f'<td class="tight">{_cell(cell)}</td>' if cell.tight else f"<td>{_cell(cell)}</td>"


def _cell(cell: Cell) -> str:
    text = html.escape(cell.text)
    text = f"<b>{text}</b>" if cell.strong else text
    return text + (f"<small>{html.escape(cell.small)}</small>" if cell.small else "")
