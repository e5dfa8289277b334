"""What stands under every table and figure of the paper's sheet, and the command that fills it."""

import shlex
from collections.abc import Sequence

import pandas as pd

from app.paper.answers import Shown
from app.paper.source import source
from app.shared.address.address import Address
from app.shared.page import foot as citing
from app.shared.page.foot import Download
from ired_interp_core import published
from store import Store

SWEEP = ("python", "-m", "precompute", "run", "precompute/sweeps/accuracy.toml")


def command(s: Store) -> str:
    """The shell line that measures everything on this sheet.

    Args:
        s: the store.

    Returns:
        It.
    """
    return shlex.join([*SWEEP, "--store", str(s.root)])


def foot(
    s: Store,
    address: Address,
    key: str,
    how: str,
    shown: Sequence[Shown],
    numbers: pd.DataFrame,
    what: str,
    more: Sequence[Download] = (),
) -> None:
    """What stands under a table or figure of this sheet.

    Args:
        s: the store.
        address: of the view.
        key: unique on the page.
        how: to read it.
        shown: the answers behind it.
        numbers: for the CSV.
        what: of the paper it follows, for the citation; "" where it quotes nothing.
        more: further files.
    """
    from_where = source(s, shown)
    cite = f"{from_where.cite}. {published.SOURCE}" + (f", {what}" if what else "")
    csv = Download("CSV", f"{key}.csv", "text/csv", lambda: numbers.to_csv(index=False))
    citing.foot(address, key, how, cite, from_where.python, command(s), [csv, *more])
