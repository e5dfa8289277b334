"""The map of atoms: pointing shows an atom, a click opens its card, a lasso narrows the table."""

import numpy as np
import streamlit as st

from app.components import atoms as component
from app.features import rows as feature_rows
from app.features.figures import atom_map as figures
from app.features.rows import Table
from app.shared.address import session
from app.shared.address.address import Address
from app.shared.asks import dictionaries as features
from app.shared.asks import reading
from app.shared.page import choices, labels
from app.shared.page import foot as citing
from app.shared.page import frame as chrome
from app.shared.page import look as theme
from app.shared.page.foot import Download
from app.shared.table import words as column_words
from store import QuestionInfo, Store

VIEW = "features"
HEIGHT = 384
AXES = {
    "umap": ("UMAP 1", "UMAP 2"),
    "pca": ("PC 1", "PC 2"),
}
FACTS = ("dictionary_features.density", "dictionary_features.max_activation",
         "dictionary_causal.ablation")  # fmt: skip
"""Told at hover, beside what colours the map."""


def show(s: Store, address: Address, dictionary: QuestionInfo, of: Table) -> list[int] | None:
    """Show the map.

    Args:
        s: the store.
        address: settled and bound.
        dictionary: its question.
        of: numbers of all features.

    Returns:
        Features that the reader holds in a lasso; None without one.
    """
    question = features.downstream(s, dictionary, "dictionary_map")
    if question is None:
        chrome.nothing(
            "The atoms of this dictionary were not laid out on a map yet.",
            features.command_for(s, dictionary, "dictionary_map"),
        )
        return None
    which = address["map"] if question.parameters["with_umap"] else "pca"
    _controls(of, question)
    answer = reading.dataset(s, question, (0,))
    said = {i: label.text for i, label in labels.of(s, dictionary.key).items() if label.text}
    kept = feature_rows.passing(of, address["keep"], None) if address["keep"] else None
    names = AXES[which]
    if which == "pca":
        shares = answer["pca_share"].values
        names = tuple(f"{n} ({100 * v:.1f} %)" for n, v in zip(names, shares, strict=True))
    column = of.columns[address["tint"]]
    ink = theme.ink()
    figure = figures.atom_map(
        answer[which].values,
        names,
        figures.Tint(column.axis, column.unit, of.numbers[column.id].to_numpy()),
        address["feature"],
        kept,
        theme.template(theme.active()),
        ink.text,
        ink.muted,
    )
    told = [n for n in dict.fromkeys((*FACTS, address["tint"])) if n in of.columns]
    told = [n for n in told if n != "feature"]
    atoms = _atoms(s, dictionary, of)
    facts = of.numbers[told].to_numpy()
    text = component.payload(figure, atoms, facts, tuple(of.columns[n].axis for n in told), said)
    key = f"features:map:{dictionary.key[:8]}:{which}:{st.session_state.get(_CLEARED, 0)}"
    lasso = component.show(key, text, lambda: _pick(key), HEIGHT)
    _foot(s, address, question, dictionary, which, figure, atoms)
    return lasso


_CLEARED = "features:cleared"


def clear() -> None:
    """Forget the lasso; for `on_click`."""
    st.session_state[_CLEARED] = st.session_state.get(_CLEARED, 0) + 1


def _pick(key: str) -> None:
    feature = component.picked(key)
    if feature is not None:
        session.push(VIEW, feature=feature)


def _controls(of: Table, question: QuestionInfo) -> None:
    known = feature_rows.sortable(of)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.selectbox(
            "Colour",
            list(known),
            key=session.key(VIEW, "tint"),
            format_func=lambda i: f"colour: {column_words.menu(known[i])}",
            label_visibility="collapsed",
            on_change=session.push,
            args=(VIEW,),
        )
        if question.parameters["with_umap"]:
            choices.words(VIEW, "map", {"umap": "UMAP", "pca": "PCA"}, "Map")


@st.cache_resource(max_entries=8, show_spinner=False)
def _quantised(generation: str, key: str, _s: Store, _of: Table, _q: QuestionInfo) -> figures.Small:
    atoms = reading.dataset(_s, _q, (0,), ("decoder",))["decoder"].values
    share = _of.numbers.get("dictionary_features.energy_share")
    order = np.arange(len(atoms)) if share is None else np.argsort(-share.to_numpy(), kind="stable")
    return figures.small(atoms, _q.problems.size, order)


def _atoms(s: Store, dictionary: QuestionInfo, of: Table) -> figures.Small | None:
    if features.site(s, dictionary) != "gradient":
        return None
    return _quantised(s.generation, dictionary.key, s, of, dictionary)


def _foot(
    s: Store,
    address: Address,
    question: QuestionInfo,
    dictionary: QuestionInfo,
    which: str,
    figure: object,
    atoms: figures.Small | None,
) -> None:
    answer = reading.dataset(s, question, (0,))
    near, random = (float(answer[n].values) for n in ("neighbours_kept", "neighbours_kept_random"))
    drawn = "Atoms of hidden units are no matrices, so that none is drawn at hover."
    if atoms is not None:
        few = len(atoms.features) < int(dictionary.parameters["features"])
        some = f", only the {len(atoms.features):,} with the largest Σf²" if few else ""
        drawn = f"Point at an atom to see it as a matrix (entries in 8 bits{some})."
    kind = (
        "Near atoms point alike; distances between far ones mean nothing."
        if which == "umap"
        else "First two principal components of the atoms: the shares say how little they show."
    )
    citing.foot(
        address,
        "map",
        f"One point is one atom. {drawn} Click: its card. Drag: a lasso, which narrows the table;"
        " one around nothing frees it. Faint: left out by the filters."
        f" {kind} Of an atom's nearest by cos {100 * near:.0f} % are nearest on the map,"
        f" {100 * random:.1f} % on a random one.",
        citing.citation(s, question),
        citing.python(s, question),
        citing.command(s, question),
        [
            Download(
                "CSV", f"map-{question.key[:8]}.csv", "text/csv",
                lambda: answer[which].to_pandas().to_csv(),
            ),
            citing.netcdf(lambda: answer, f"map-{question.key[:8]}"),
            citing.html(figure, f"map-{question.key[:8]}"),
        ],
    )  # fmt: skip
