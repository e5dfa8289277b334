"""Matryoshka BatchTopK (Bussmann et al. 2025, arXiv 2503.17547): nested dictionaries in one."""

from dataclasses import dataclass

from ired_interp_core.dictionaries.batch_topk import BatchTopK

PARTS = (16, 8, 4, 2, 1)
"""The first m/16, m/8, m/4, m/2 and m features each rebuild x on their own."""


@dataclass
class Matryoshka(BatchTopK):
    """BatchTopK whose loss is the mean over prefixes of ‖x − x̂_p‖²/d."""

    name = "matryoshka"

    def prefixes(self, features: int) -> tuple[int, ...]:
        """Numbers of leading features that rebuild x on their own.

        Args:
            features: m.

        Returns:
            ⌈m/16⌉ … m, ascending and distinct.
        """
        return tuple(sorted({-(-features // part) for part in PARTS}))
