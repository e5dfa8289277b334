"""What the features of a dictionary and of its rivals say about concepts.

Definitions: docs/definitions.md §5.4.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy import sparse

from ired_interp_core.desk import Desk
from ired_interp_core.dictionaries import absorption
from ired_interp_core.dictionaries.absorbed import Points
from ired_interp_core.dictionaries.dictionary import Dictionary
from ired_interp_core.dictionaries.names import CODINGS, CONCEPTS, PROBED, STATUS
from ired_interp_core.dictionaries.probing import feature_auroc, one_concept, sparse_probe
from ired_interp_core.dictionaries.progress import step
from ired_interp_core.dictionaries.survey import Coding, Kept, sparse_codes

Labels = Mapping[str, Float[np.ndarray, "N"]]


@dataclass(frozen=True)
class Scored:
    """Points of both splits with their concepts.

    Args:
        dictionary: looked at.
        kept: points of training problems, and of held-out ones.
        codings: the dictionary and its rivals by name.
        labels: of either: concept → 1, 0, or NaN where it is not defined.
    """

    dictionary: Dictionary
    kept: tuple[Kept, Kept]
    codings: Mapping[str, Coding]
    labels: tuple[Labels, Labels]

    @cached_property
    def codes(self) -> dict[str, list[sparse.csr_matrix]]:
        """Codes of both splits by coding."""
        return {n: [sparse_codes(c, k.z) for k in self.kept] for n, c in self.codings.items()}

    def _points(self) -> list[Points]:
        """What latents explain, with their codes."""
        d, found = self.dictionary, []
        for kept, codes in zip(self.kept, self.codes["dictionary"], strict=True):
            u = (kept.z - d.centre) * d.scale - d.decoder_bias
            found.append(Points(u.cpu().numpy(), codes, kept.problem, kept.level))
        return found

    def concepts(self, desk: Desk) -> dict[str, Any]:
        """Absorption and splitting of the dictionary, and sparse probes of every coding.

        Args:
            desk: is told how far it is.

        Returns:
            Variables of `dictionary_metrics` along concepts.
        """
        fit_on, held = self._points()
        atoms = self.dictionary.decoder.cpu().numpy()
        found, aurocs = [], np.full((len(CODINGS), len(CONCEPTS), len(PROBED)), np.nan)
        for rank, name in enumerate(CONCEPTS):
            label, truth = (labels[name] for labels in self.labels)
            concept = absorption.measure(atoms, fit_on, label, held, truth)
            found.append(concept)
            if STATUS[concept.status] not in ("undefined", "few_points"):
                known, there = ~np.isnan(label), ~np.isnan(truth)
                for coding, (f, g) in self.codes.items():
                    aurocs[CODINGS.index(coding), rank] = sparse_probe(
                        f[known], label[known] > 0, g[there], truth[there] > 0, PROBED
                    )
            step(desk, 0.7 + 0.3 * (rank + 1) / len(CONCEPTS), f"concept {name}")
        columns: dict[str, tuple[str, type]] = {
            "absorption_fraction": ("fraction", np.float64),
            "absorption_rate": ("rate", np.float64),
            "absorption_status": ("status", np.int8),
            "concept_positives": ("positives", np.int64),
            "concept_points": ("points", np.int64),
            "concept_auroc": ("auroc", np.float64),
            "concept_auroc_latents": ("auroc_latents", np.float64),
            "split_latents": ("latents", np.float64),
        }
        return {
            name: (("concept",), np.array([getattr(c, a) for c in found], dtype=dtype))
            for name, (a, dtype) in columns.items()
        } | {"sparse_auroc": (("coding", "concept", "probed"), aurocs)}

    def one_concept(self, levels: int, one: float, others: float) -> np.ndarray:
        """Share of live features that tell one concept and no other, within every level.

        Args:
            levels: how many.
            one: least AUROC of the one concept.
            others: most AUROC of all others.

        Returns:
            By coding and level, on held-out points; NaN of the mean, which has no features.
        """
        kept, labels = self.kept[1], self.labels[1]
        table = np.stack([labels[name] for name in CONCEPTS if name != "late_level"], axis=1)
        found = np.full((len(CODINGS), levels), np.nan)
        for t in range(levels):
            here = kept.level == t
            known = table[here][:, ~np.isnan(table[here]).any(axis=0)]
            for name, (_, held) in self.codes.items():
                f = held[here].toarray()
                auroc = feature_auroc(f[:, (f != 0).any(axis=0)], known)
                found[CODINGS.index(name), t] = one_concept(auroc, one, others)
        return found


def carried(found: Mapping[str, Any]) -> np.ndarray:
    """Tell the concepts that the activations themselves carry: sparse probes are averaged there."""
    words = ("measured", "no_latent")
    return np.isin(found["absorption_status"][1], [STATUS.index(word) for word in words])
