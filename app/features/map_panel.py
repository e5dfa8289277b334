"""The map of atoms: at the pointer an atom is drawn, a lasso narrows the table of features."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from app.features import rows
from app.features.dictionaries import atoms as all_atoms
from app.features.figures import atom_map as figures
from app.features.scene import Scene
from app.shared.asks import dictionaries as features
from app.shared.asks import reading
from app.shared.asks.kept import kept
from app.shared.drawing import colours, scales
from app.shared.drawing.levels import Levels, levels_of
from app.shared.page.contract import Drawn, Fields, Outcome, Source
from ired_interp_core.spelling import number
from store import QuestionInfo, Store

AXES = {"umap": ("UMAP 1", "UMAP 2"), "pca": ("PC 1", "PC 2")}
FACTS = ("dictionary_features.density", "dictionary_features.max_activation",
         "dictionary_causal.ablation_shift")  # fmt: skip
"""Told at hover, beside what colours the map."""


def draw(scene: Scene, fields: Fields) -> Outcome:
    """Atoms on a plane; at the pointer they are drawn as matrices."""
    question = scene.question("dictionary_map")
    if question is None:
        text = "The atoms of this dictionary have not been laid out on a map yet."
        return scene.lacks(text, "dictionary_map")
    layout = fields["map"] if question.parameters["with_umap"] else "pca"
    answer = reading.dataset(scene.store, question, (0,))
    names = AXES[layout]
    if layout == "pca":
        shares = answer["pca_share"].values
        one, two = (f"{n} ({100 * v:.1f} %)" for n, v in zip(names, shares, strict=True))
        names = one, two
    table, keep, ink = scene.table, fields["keep"], fields.look.ink
    numbers = _map_numbers(scene, answer[layout], fields["tint"], rows.passing(table, keep, None))
    column = table.columns[fields["tint"]]
    scale = scales.scale(column.unit, column.span, numbers["colour"].values, fields.look.ground)
    figure = figures.atom_map(numbers, names, scale, fields["feature"], ink.text, ink.muted)
    drawn = levels_of(figure)
    atoms = _atoms(scene)
    hover = _hover(scene, atoms, fields["tint"])
    near, random = (float(answer[n]) for n in ("neighbours_kept", "neighbours_kept_random"))
    note = (
        f"{100 * near:.0f} % of an atom's nearest neighbours by cosine are neighbours here"
        f" ({number(100 * random, '.1f')} % by chance)"
    )
    source = Source(question, {"variables": [layout]})
    return Drawn(
        Levels(drawn.layout, drawn.shared, hover=hover), numbers, [source], note,
        long=_map_words(layout, atoms, int(scene.dictionary.parameters["features"])),
    )  # fmt: skip


def _map_words(layout: str, atoms: figures.Small | None, count: int) -> str:
    told = "Atoms of a hidden layer are not matrices, so none is drawn at the pointer."
    if atoms is not None:
        some = f", only the {len(atoms.features):,} with the largest Σf²"
        few = some if len(atoms.features) < count else ""
        told = f"Point at an atom to see it as a matrix (entries in 8 bits{few})."
    kind = (
        "Atoms close to each other have similar directions; distances between far ones mean"
        " nothing."
        if layout == "umap"
        else "The axes are the first two principal components of the atoms, with the share of the"
        " variance that each explains."
    )
    return (
        f"{told} Click it to open its card. Drag to lasso atoms and filter the table; lasso empty"
        f" space, or press Esc, to clear. Faint atoms do not pass the filters. {kind}"
    )


def _hover(scene: Scene, atoms: figures.Small | None, tint: str) -> dict[str, Any]:
    table = scene.table
    told = [n for n in dict.fromkeys((*FACTS, tint)) if n in table.columns and n != "feature"]
    drawn = {**vars(atoms), "side": int(atoms.entries.shape[1])} if atoms else {}
    return {
        "kind": "matrix",
        **drawn,
        "stops": colours.SIGNED,
        "facts": table.numbers[told].to_numpy().astype(np.float32),
        "factNames": [table.columns[n].axis for n in told],
        "labels": {str(i): label.text for i, label in scene.said.items() if label.text},
    }


def _map_numbers(scene: Scene, place: xr.DataArray, tint: str, passing: np.ndarray) -> xr.Dataset:
    """Places, the number that colours them, and which features pass the filters."""
    features = np.arange(place.sizes["feature"])
    column, values = scene.table.columns[tint], scene.table.numbers[tint].to_numpy()
    passes = np.isin(features, passing).astype(np.int8)
    data: dict[str, Any] = {
        f"{place.name}_{i + 1}": ("feature", place.values[:, i], {"long_name": f"{place.name} {i}"})
        for i in range(2)
    }
    data["colour"] = ("feature", values, {"long_name": column.axis, "units": column.unit})
    data["passes"] = ("feature", passes, {"long_name": "passes the filters"})
    return xr.Dataset(data, {"feature": features})


def _atoms(scene: Scene) -> figures.Small | None:
    if features.site(scene.store, scene.dictionary) != "gradient":
        return None
    share = scene.table.numbers.get("dictionary_features.energy_share")
    return _quantised(scene.store, scene.dictionary, share)


@kept(8)
def _quantised(store: Store, dictionary: QuestionInfo, _share: pd.Series | None) -> figures.Small:
    atoms = all_atoms(store, dictionary)
    order = np.arange(len(atoms))
    if _share is not None:
        order = np.argsort(-_share.to_numpy(), kind="stable")
    return figures.small(atoms, dictionary.problems.size, order)
