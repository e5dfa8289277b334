"""The tensors of the official network among the names of a state dict, however it was wrapped.

torch.compile, DataParallel, FSDP and trainers put segments before or between the official names.
Light: no torch.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ired_interp_core.checkpoint_checks import Weights, shapes
from ired_interp_core.errors import Refusal

WRAPPERS = {
    "_orig_mod", "module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_forward_module",
}  # fmt: skip
"""Segments that a wrapper of a module adds to the name of everything within."""

NAMES = frozenset(shapes(1, 1, 1))

AVERAGED = "ema_model."
"""Beginning of the averaged weights in the `ema` of an official file, beside raw ones."""

BUFFER = "alphas_cumprod"

SHOWN = 6

ADAPTER = "give an adapter for another architecture (docs/your-energy.md)"


@dataclass(frozen=True)
class Names:
    """Where a network is in a state dict.

    Args:
        tensors: official name → name there; also names beside them that it should not have.
        buffer: name there of ᾱ_t, or empty.
    """

    tensors: Mapping[str, str]
    buffer: str


def unwrapped(name: str) -> str:
    """A name without the segments that wrappers add."""
    return ".".join(part for part in name.split(".") if part not in WRAPPERS)


def network(names: Iterable[object], weights: Weights, where: str) -> Names:
    """Find the official network in a state dict.

    Args:
        names: of the state dict.
        weights: of an official `ema`, which holds both, the averaged ones are meant by "ema".
        where: named in refusals.

    Returns:
        Its names there; some may be missing, for `check_tensors` to say.

    Raises:
        Refusal: nothing of it is there, or several such networks are.
    """
    given = {unwrapped(n): n for n in names if isinstance(n, str)}
    found: dict[str, set[str]] = {}
    for name in given:
        for own in NAMES:
            if name == own or name.endswith(f".{own}"):
                found.setdefault(name.removesuffix(own), set()).add(own)
    if weights == "ema" and any(p.startswith(AVERAGED) for p in found):
        found = {p: own for p, own in found.items() if p.startswith(AVERAGED)}
    most = max(map(len, found.values()), default=0)
    best = [prefix for prefix, own in found.items() if len(own) == most]
    if len(best) != 1:
        shown = sorted(best or given)
        raise Refusal(
            "checkpoint holds several networks" if best else "checkpoint is not of this network",
            where=where,
            came=", ".join(shown[:SHOWN]) + (", …" if len(shown) > SHOWN else "")
            if shown
            else "no tensors",
            expected=f"the {len(NAMES)} tensors fc1.weight … t_map_fc3.bias, once",
            next_step="save the one that is meant alone" if best else ADAPTER,
        )
    (prefix,) = best
    tensors = {n.removeprefix(prefix): given[n] for n in given if n.startswith(prefix)}
    # Buffers of the sampler lie beside the layers: a name without a dot is a tensor of one only
    # where it is called like one.
    tensors = {n: at for n, at in tensors.items() if "." in n or n.startswith("fc")}
    return Names(tensors, _buffer(given, prefix))


def _buffer(given: Mapping[str, str], prefix: str) -> str:
    """ᾱ_t beside the network, or beside what holds it."""
    parts = prefix.split(".")[:-1]
    for depth in range(len(parts), -1, -1):
        name = ".".join([*parts[:depth], BUFFER])
        if name in given:
            return given[name]
    return ""
