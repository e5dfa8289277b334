"""How a dictionary stands to its rivals: which explains more beyond the mean of each step."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ired_interp_core.dictionaries.names import CODINGS
from store import Store

NAMES = {
    "dictionary": "the dictionary",
    "components": "principal components",
    "entries": "single entries",
    "mean": "the mean of each (level, step)",
}
"""Coding → how a sentence calls it."""

RIVALS = ("components", "entries")

COLUMNS = {
    "beyond": ("EV beyond the mean", "1 − Σ‖x − x̂‖²/Σ‖x − μ‖², μ the mean of each (level, step)"),
    "beyond_low": (
        "EV beyond the mean, low",
        "end of the 95 % interval over problems",
    ),
    "beyond_high": (
        "EV beyond the mean, high",
        "end of the 95 % interval over problems",
    ),
    "components_beyond": (
        "components",
        "EV beyond the mean of principal components, chosen by the same rule and as many",
    ),
    "entries_beyond": (
        "entries",
        "EV beyond the mean of single entries, chosen by the same rule and as many",
    ),
    "lead": (
        "gain over the better",
        "EV beyond the mean minus that of the better rival",
    ),
    "lead_low": ("gain, low", "paired by problem, 95 % interval over problems, one training"),
    "lead_high": ("gain, high", "paired by problem, 95 % interval over problems, one training"),
    "mean_explained": ("EV of the mean", "EV of the mean of each (level, step) alone"),
    "loss_recovered": (
        "loss recovered",
        "1: x̂ leaves the final error as it is; no measure of a code",
    ),
    "loss_recovered_low": ("loss recovered, low", "2.5 % of a bootstrap over problems"),
    "loss_recovered_high": ("loss recovered, high", "97.5 % of it"),
    "walk_l0": ("L0 in its walk", "mean active features where x̂ takes the place of x"),
}
"""Numbers of a dictionary that stand along codings: label and help."""


def rows(store: Store, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """COLUMNS, and `better`, the rival that explains more, for every answer of the metrics."""
    if not keys:
        return {}
    staged = store.sql(
        "SELECT question, coding, beyond, beyond_low, beyond_high, gain, gain_low, gain_high"
        " FROM dictionary_metrics__stage_coding WHERE stage = 'all'"
        " AND question IN (SELECT unnest(?::VARCHAR[]))",
        [list(keys)],
    )
    coded = store.sql(
        "SELECT question, coding, coding_explained, loss_recovered, loss_recovered_low,"
        " loss_recovered_high, walk_l0 FROM dictionary_metrics__coding"
        " WHERE question IN (SELECT unnest(?::VARCHAR[]))",
        [list(keys)],
    )
    whole = {key: part.set_index("coding") for key, part in coded.groupby("question")}
    return {
        str(key): _row(part.set_index("coding"), whole[key])
        for key, part in staged.groupby("question")
        if set(part["coding"]) == set(CODINGS) and key in whole
    }


def _row(staged: Any, coded: Any) -> dict[str, Any]:
    own, explained = staged.loc["dictionary"], staged["beyond"]
    better = max(RIVALS, key=lambda name: np.nan_to_num(explained[name], nan=-np.inf))
    lead, recovered = staged.loc[better], coded.loc["dictionary"]
    return {
        **{name: own[name] for name in ("beyond", "beyond_low", "beyond_high")},
        **{f"{name}_beyond": explained[name] for name in RIVALS},
        **{f"lead{end}": lead[f"gain{end}"] for end in ("", "_low", "_high")},
        "better": better,
        "mean_explained": coded.loc["mean", "coding_explained"],
        **{n: recovered[n] for n in COLUMNS if n.startswith("loss")},
        "walk_l0": recovered["walk_l0"],
    }


def winner(row: Mapping[str, Any]) -> str:
    """The coding that explains more beyond the mean, its lead clear of 0; "" if undecided."""
    if row["lead_low"] > 0:
        return "dictionary"
    return str(row["better"]) if row["lead_high"] < 0 else ""


def verdict(row: Mapping[str, Any]) -> str:
    """Say which of the three explains most; "" where nothing was measured."""
    if not np.isfinite(row["beyond"]):
        return ""
    return winner(row) or "not decided"
