"""The card of one feature: what is like it, when it is active and matters, what it looks like."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app.features import card as feature_card
from app.features import card_examples as feature_examples
from app.features import card_neighbours as feature_neighbours
from app.features.card import Card
from app.features.figures import activity, atom, correlations
from app.features.figures.effects import effects
from app.shared.address import session
from app.shared.address.address import Address
from app.shared.asks import dictionaries as features
from app.shared.page import foot as citing
from app.shared.page import frame as chrome
from app.shared.page import labels
from app.shared.page import look as theme
from app.shared.page.foot import Download
from store import QuestionInfo, Store

VIEW = "features"
MOST_PROPERTIES = 7

_STYLE = """<style>
.st-key-card { border: 1px solid rgba(128, 140, 150, .32); border-radius: 8px;
  padding: 8px 12px 10px; }
.st-key-card [data-testid="stCaptionContainer"] p { font-size: 10.5px; line-height: 1.3; }
.st-key-card [data-testid="stText"] { font-size: .86rem; }
.st-key-card [class*="st-key-links-"] { row-gap: .2rem; column-gap: .7rem; }
.st-key-card [class*="st-key-links-"] [data-testid="stPageLink"] a { padding: 0; min-height: 0;
  background: none; }
.st-key-card [class*="st-key-links-"] button { padding: 0; }
.st-key-card [class*="st-key-links-"] button p { font-size: .82rem; white-space: nowrap; }
.st-key-card [class*="st-key-links-"] [data-testid="stPageLink"] p { font-size: .82rem;
  white-space: nowrap; line-height: 1.5; }
</style>"""


@dataclass(frozen=True)
class Taken:
    """A figure of the card as a reader takes it along.

    Args:
        title: in the list.
        long: how to read it, units, frame, what is approximated.
        asked: question it comes from.
        variables: of it.
        figure: drawn.
        rows: its numbers.
    """

    title: str
    long: str
    asked: QuestionInfo
    variables: tuple[str, ...]
    figure: go.Figure
    rows: Callable[[], pd.DataFrame]


def show(s: Store, address: Address, dictionary: QuestionInfo) -> None:
    """Show the card of the feature that the address names.

    Args:
        s: the store.
        address: settled and bound, with a feature.
        dictionary: its question.
    """
    of = feature_card.card(s, dictionary, address["feature"])
    st.html(_STYLE)
    with st.container(key="card", gap="small"):
        _head(s, address, of)
        left, middle, right = st.columns([10, 11, 19], gap="medium")
        taken: list[Taken] = []
        with left:
            feature_neighbours.show(s, address, of)
            taken += _correlations(s, of)
        with middle:
            taken += _activity(s, of)
            taken += _effects(s, of)
        with right:
            taken.append(_atom(of))
            taken += feature_examples.show(s, address, of, Taken)
        _foot(s, address, of, taken)


def _head(s: Store, address: Address, of: Card) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.subheader(f"Feature {of.feature}", anchor=False, width="content")
        labels.edit(s, address, of.dictionary.key, of.feature)
        st.space("stretch")
        st.button(
            "close", icon=":material/close:", type="tertiary", key="features:close",
            on_click=session.push, args=(VIEW,), kwargs={"feature": None},
        )  # fmt: skip


def _draw(figure: go.Figure, name: str, reading_help: str) -> None:
    st.plotly_chart(
        figure,
        theme=None,
        key=f"features:card:{name}",
        config={**theme.PLOT_CONFIG, "displayModeBar": False},
    )
    st.caption(reading_help)


def _activity(s: Store, of: Card) -> list[Taken]:
    st.markdown("**When it is active**")
    r, template = of.record, theme.template(theme.active())
    if r is None or of.asked is None:
        chrome.nothing(
            "Its activity was not looked at yet.",
            features.command_for(s, of.dictionary, "dictionary_features"),
        )
        return []
    n = {name: float(v) for name, v in r.items() if not v.dims}
    if n["density"] == 0:
        st.text("Never active on any visited point: a dead feature.")
        return []
    st.text(
        f"Active at {100 * n['density']:.3g} % of visited points"
        f" ({100 * n['density_held_out']:.3g} % of those of held-out problems) and on"
        f" {100 * n['problem_share']:.3g} % of problems. Mean activation where active"
        f" {n['mean_activation']:.3g}, largest {n['max_activation']:.3g};"
        f" {100 * n['energy_share']:.2g} % of Σf²; peak at t = {n['peak_level']:.0f}."
    )
    when = activity.by_step(r["activity"].values, r["strength"].values, r["step"].values, template)
    short = (
        "Share of problems in which it is active: before the jump (−1), after it (0), each step."
    )
    _draw(when, "when", short)
    counts = activity.histogram(r["histogram"].values, n["max_activation"], template)
    _draw(counts, "histogram", "Visited points by activation, where it is active.")
    at = activity.edges(r["histogram"].values, n["max_activation"])
    return [
        Taken(
            "Activity by level and step", f"{short} All problems of the range, training too.",
            of.asked, ("activity", "strength"), when,
            lambda: r[["activity", "strength"]].to_dataframe().reset_index(),
        ),
        Taken(
            "Histogram of activations",
            "Positive activations in equal bins from 0 to the largest one, in the scaled frame.",
            of.asked, ("histogram", "max_activation"), counts,
            lambda: pd.DataFrame({"from": at[:-1], "to": at[1:], "points": r["histogram"].values}),
        ),
    ]  # fmt: skip


def _effects(s: Store, of: Card) -> list[Taken]:
    st.markdown("**Whether it matters**")
    if of.causal is None:
        chrome.nothing(
            "No causal effect was measured for this dictionary.",
            features.command_for(s, of.dictionary, "dictionary_causal"),
        )
        return []
    p = of.causal.parameters
    if not of.effects:
        st.text(f"Not tested: only the {p['tested']} features with the largest Σf are.")
        return []
    figure = effects(of.effects, theme.template(theme.active()))
    short = (
        f"Inside the sampler, {p['walked']} held-out problems at most, means with 95 % of a"
        " bootstrap over problems. Grey: the same length along a random direction."
    )
    _draw(figure, "effects", short)
    return [
        Taken(
            "Causal effects",
            f"ΔMSE of the final answer (data frame): taken out, x − f W/scale at every step; turned"
            f" up, {p['strength']:g} × f̄ W/scale added, f̄ its mean activation. {short}",
            of.causal, ("ablation", "ablation_random", "steering", "steering_random"), figure,
            lambda: pd.DataFrame([vars(e) for e in of.effects]),
        )
    ]  # fmt: skip


def _correlations(s: Store, of: Card) -> list[Taken]:
    st.markdown("**What it goes with**")
    r = of.record
    if r is None or of.asked is None:
        return []
    rho, p = r["correlation"].values.astype(float), r["correlation_p"].values.astype(float)
    best = correlations.strongest(rho, MOST_PROPERTIES)
    if not best.size:
        st.text("No correlation could be computed: constant on all problems.")
        return []
    names = [of.properties[i] for i in best]
    figure = correlations.correlations(names, rho[best], p[best], theme.template(theme.active()))
    short = (
        "Spearman ρ of the problem's property and the mean activation on it; filled: p < .05 by"
        " Holm over all features and properties."
    )
    _draw(figure, "correlations", short)
    return [
        Taken(
            "Correlations", short, of.asked, ("correlation", "correlation_p"), figure,
            lambda: pd.DataFrame({"property": of.properties, "rho": rho, "p_holm": p}),
        )
    ]  # fmt: skip


def _atom(of: Card) -> Taken:
    st.markdown("**What it looks like**")
    template = theme.template(theme.active())
    if of.matrix is None:
        figure = atom.vector(of.atom, template)
        short = "Decoder row over hidden units: it is no matrix."
        _draw(figure, "atom", short)
        rows = pd.DataFrame({"unit": np.arange(len(of.atom)), "entry": of.atom})
    else:
        parts = atom.parts(of.matrix)
        figure = atom.figure(parts, template)
        rank = ""
        if of.record is not None:
            rank = (
                f" Effective rank {float(of.record['atom_rank']):.3g}, of a random atom"
                f" {float(of.record['atom_rank_random']):.3g}."
            )
        short = (
            f"Decoder row as a matrix, colours ±{parts.end:.3g} for all parts; shares of ‖W‖²,"
            f" in brackets those of a random atom.{rank}"
        )
        _draw(figure, "atom", short)
        rows = pd.DataFrame(of.matrix).rename_axis("row")
    return Taken(
        "Atom", f"{short} Level frame, unit norm.", of.dictionary, ("decoder",), figure,
        lambda: rows,
    )  # fmt: skip


def _foot(s: Store, address: Address, of: Card, taken: list[Taken]) -> None:
    """One figure at a time: how to read it, its source, copies, files."""
    titles = {t.title: t for t in taken}
    key = "features:card:foot"
    if st.session_state.get(key) not in titles:
        st.session_state[key] = next(iter(titles))
    chosen = titles[
        st.selectbox(
            "Take a figure along", list(titles), key=key, width=280, label_visibility="collapsed",
            help="take a figure of the card along",
        )
    ]  # fmt: skip
    name = f"feature-{of.feature}-{chosen.title.split()[0].lower()}-{of.dictionary.key[:8]}"
    citing.foot(
        address,
        "card",
        chosen.long,
        citing.citation(s, chosen.asked),
        citing.python(s, chosen.asked, variables=list(chosen.variables))
        + (f"feature = data.isel(feature={of.feature})\n" if _by_feature(chosen, of) else ""),
        citing.command(s, chosen.asked),
        [
            Download("CSV", f"{name}.csv", "text/csv", lambda: chosen.rows().to_csv(index=False)),
            citing.html(chosen.figure, name),
        ],
    )


def _by_feature(chosen: Taken, of: Card) -> bool:
    return any(
        q is not None and q.key == chosen.asked.key for q in (of.asked, of.causal, of.dictionary)
    )
