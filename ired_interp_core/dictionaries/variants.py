"""The five kinds of dictionary by name."""

from ired_interp_core.dictionaries.base import Variant
from ired_interp_core.dictionaries.batch_topk import BatchTopK
from ired_interp_core.dictionaries.jump_relu import JumpReLU
from ired_interp_core.dictionaries.matryoshka import Matryoshka
from ired_interp_core.dictionaries.relu import ReLU
from ired_interp_core.dictionaries.topk import TopK

KINDS: dict[str, type[Variant]] = {
    kind.name: kind for kind in (TopK, BatchTopK, ReLU, JumpReLU, Matryoshka)
}
