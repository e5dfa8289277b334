"""A training step of a TopK dictionary against dictionary_learning's, and what the pairs cost."""

import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from benchmarks.measure import Row, interleaved, ratio_quartiles, sgemm_rate
from ired_interp_core import registry
from ired_interp_core.dictionaries.stream import ArrayPieces, Stream
from ired_interp_core.dictionaries.training import Training

D, BATCH, K = 512, 4096, 32
SIZES = (2048, 8192)
TARGETS = {2048: (None, None), 8192: (3.0, 4.5)}
ROUNDS, WARM = 12, 3


def activations() -> np.ndarray:
    """Sparse codes of random atoms with noise: what a dictionary can learn, and large enough."""
    rng = np.random.default_rng(0)
    atoms = rng.standard_normal((2 * D, D)).astype("f4") / D**0.5
    codes = rng.exponential(1.0, (2 * BATCH, 2 * D)).astype("f4")
    codes *= rng.random(codes.shape) < K / (2 * D)
    return codes @ atoms + 0.02 * rng.standard_normal((2 * BATCH, D)).astype("f4")


def training(stream: Stream, features: int, **parameters: Any) -> Training:
    """A training of ours; its `advance` is one step, batch and log included."""
    given = {"features": features, "k": K, "batch": BATCH, "steps": 1000, "rate": 1e-4}
    declared = registry.get("dictionary").question({"activations": ""}, given | parameters)
    return Training(stream, declared.parameters)


def peer(stream: Stream, features: int, fused: bool) -> Callable[[], None]:
    """The same step by dictionary_learning's TopKTrainer.

    Equal: data, batch, k, d, m, one thread, AuxK of weight 1/32 (idle on both sides: nothing is
    dead yet), unit decoder rows with the parallel part of their gradient removed. Its Adam is
    torch's default; with `fused` it is replaced by the kernel that ours uses.
    """
    # The package imports nnsight, and with it transformers, for language models at its top.
    if "nnsight" not in sys.modules:
        stub: Any = types.ModuleType("nnsight")
        stub.LanguageModel = object
        sys.modules["nnsight"] = stub
    from dictionary_learning.trainers.top_k import TopKTrainer

    theirs = TopKTrainer(
        steps=1000, activation_dim=D, dict_size=features, k=K, layer=0, lm_name="none", lr=1e-4,
        warmup_steps=50, seed=0, device="cpu",
    )  # fmt: skip
    if fused:
        theirs.optimizer = torch.optim.Adam(theirs.ae.parameters(), lr=1e-4, fused=True)
        theirs.scheduler = torch.optim.lr_scheduler.LambdaLR(theirs.optimizer, lambda _: 1.0)
    steps = iter(range(10**9))

    def step() -> None:
        number = next(steps)
        theirs.update(number, stream.batch(number * BATCH, BATCH))

    return step


def run() -> list[Row]:
    """The rows of PERFORMANCE's table that are about dictionaries."""
    stream = Stream(ArrayPieces(activations()), 0)
    rows = []
    for m in SIZES:
        ours = training(stream, m)
        pairs = training(stream, m, orthogonality="pairs")
        methods: dict[str, Callable[[], Any]] = {
            "ours": ours.advance,
            "pairs": pairs.advance,
            "theirs": peer(stream, m, fused=False),
            "theirs, fused": peer(stream, m, fused=True),
        }
        for method in methods.values():  # caches, allocator, and guesses that need a step before
            for _ in range(WARM):
                method()
        seconds = interleaved(methods, ROUNDS)
        step = {name: 1e3 * float(np.median(s)) for name, s in seconds.items()}
        floor = 1e3 * 2 * BATCH * D * m / sgemm_rate()
        must, aim = TARGETS[m]
        for name, words in (
            ("theirs", "dictionary_learning, TopKTrainer"),
            ("theirs, fused", "the same with fused Adam"),
        ):
            rows.append(
                Row(
                    f"TopK SAE step, m = {m}",
                    step["ours"],
                    step[name],
                    "ms",
                    words,
                    must=must if name == "theirs" else None,
                    aim=aim if name == "theirs" else None,
                    accuracy="gradients equal dense float64 autograd to 1e-12 in the tests",
                    spread=ratio_quartiles(seconds["ours"], seconds[name]),
                    more={"floor, the encoding product, ms": floor},
                )
            )
        added = seconds["pairs"] / seconds["ours"] - 1
        low, high = np.percentile(added, [25, 75])
        rows.append(
            Row(
                f"overhead of orthogonality by pairs, m = {m}, chosen at every step",
                step["pairs"],
                step["ours"],
                "ms",
                "the same step without",
                must=0.15 if m == 8192 else None,
                aim=0.05 if m == 8192 else None,
                higher_is_better=False,
                value=float(np.median(added)),
                accuracy="the pairs of the full product, exactly",
                spread=(float(low), float(high)),
            )
        )
    return rows
