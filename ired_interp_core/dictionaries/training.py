"""Training of a sparse dictionary: Adam on shuffled batches, resumable to the bit.

Definitions: docs/definitions.md §5.2.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ired_interp_core.desk import Desk
from ired_interp_core.dictionaries.base import Found, Variant, Weights
from ired_interp_core.dictionaries.checkpoint import restore, snapshot
from ired_interp_core.dictionaries.dictionary import Dictionary
from ired_interp_core.dictionaries.names import LOG
from ired_interp_core.dictionaries.orthogonality import Penalised, Penalty, live_cosines
from ired_interp_core.dictionaries.rates import rate_at
from ired_interp_core.dictionaries.stream import Stream
from ired_interp_core.dictionaries.variants import KINDS
from ired_interp_core.errors import Paused, Refusal
from ired_interp_core.records import seeded

BETAS, EPSILON = (0.9, 0.999), 6.25e-10
"""Of Adam, as in Gao et al. 2024 (A.1): ε small, for the gradients of rare features."""

FAILED_AT_MOST = 0.01
"""Share of updates that may be left out because loss or gradient were not finite."""

ROWS_AT_ONCE = 512
"""Held-out points encoded together: their codes of 1024 features stay in cache."""

LAG = 100
"""Steps between the two sets of pairs whose overlap is logged."""

PAUSE_EVERY, SAVE_EVERY = 5, 500
"""Steps between looks at the desk, and between checkpoints: six arrays m × d, as long as a step."""


@dataclass
class Training:
    """A training under way: all that its next step depends on.

    Args:
        stream: batches.
        parameters: of the analysis `dictionary`, every one.
        device: torch device name.
    """

    stream: Stream
    parameters: Mapping[str, Any]
    device: str = "cpu"
    step: int = 0
    taken: int = 0
    log: list[list[float]] = field(default_factory=list)
    pairs: dict[int, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.variant: Variant = KINDS[self.parameters["variant"]].of(self.parameters)
        self.penalty = Penalty.of(self.parameters)
        self.weights = self._first_weights()
        self.variant.start(self.weights, self.stream.batch(0, self.parameters["batch"]))
        self.adam = torch.optim.Adam(
            list(self.weights.values()), betas=BETAS, eps=EPSILON, fused=True
        )
        m = self.parameters["features"]
        self.since = torch.zeros(m, dtype=torch.int64, device=self.device)

    def _first_weights(self) -> Weights:
        """Random unit atoms, encoder = decoder, biases 0."""
        m, d = self.parameters["features"], len(self.stream.centre)
        draws = seeded("atoms", self.parameters["seed"]).standard_normal((m, d)).astype("f4")
        decoder = torch.nn.functional.normalize(torch.from_numpy(draws), dim=1).to(self.device)
        zeros = (torch.zeros(n, device=self.device) for n in (m, d))
        encoder_bias, decoder_bias = zeros
        return {
            "encoder": decoder.clone(),
            "encoder_bias": encoder_bias,
            "decoder": decoder,
            "decoder_bias": decoder_bias,
        }

    def advance(self) -> None:
        """One attempted update.

        Raises:
            Refusal: too many updates could not be made.
        """
        p, weights = self.parameters, self.weights
        x = self.stream.batch(self.step * p["batch"], p["batch"])
        found = self.variant.step(weights, x, self.since >= p["dead_after"])
        penalised = self.penalty.add(
            self.step, found.codes, weights["decoder"], found.gradients["decoder"]
        )
        rate = rate_at(self.step, p["steps"], p["rate"], p["warm_up"], p["decay"])
        made = self._update(found, penalised, rate)
        self.step, self.taken = self.step + 1, self.taken + made
        if self.step - self.taken > FAILED_AT_MOST * p["steps"]:
            raise Refusal(
                "training failed: loss or gradient not finite",
                where=f"dictionary {p['variant']}",
                came=f"{self.step - self.taken} of {self.step} updates, {self.taken} made",
                expected=f"at most {FAILED_AT_MOST:.0%} of {p['steps']}",
                next_step="lower `rate`, or look at the activations",
            )
        self._remember_pairs()
        if self.step % p["log_every"] == 0 or self.step == p["steps"]:
            self.log.append(self._entry(x, found, penalised, rate))

    def _update(self, found: Found, penalised: Penalised, rate: float) -> bool:
        """Make the update if all is finite; count what was active."""
        decoder, g = self.weights["decoder"], found.gradients["decoder"]
        # Only what turns a row may move it: its length stays 1.
        g.addcmul_(decoder, torch.linalg.vecdot(g, decoder)[:, None], value=-1)
        norms = torch.stack(torch._foreach_norm(list(found.gradients.values())))
        loss = found.reconstruction + found.sparsity + found.auxiliary + penalised.value
        if not math.isfinite(float(loss) + float(norms.sum())):
            return False
        for name, weight in self.weights.items():
            weight.grad = found.gradients[name]
        self.adam.param_groups[0]["lr"] = rate
        self.adam.step()
        self.adam.zero_grad(set_to_none=True)
        decoder.div_(torch.linalg.vector_norm(decoder, dim=1, keepdim=True))
        self.since += 1
        self.since[found.codes.col[found.codes.value > 0].long()] = 0
        return True

    def _remember_pairs(self) -> None:
        """Keep the pairs of a step if an entry of the log, LAG steps on, asks for them."""
        p = self.parameters
        later = self.step + LAG
        if p["orthogonality"] == "pairs" and (later % p["log_every"] == 0 or later == p["steps"]):
            self.pairs[self.step] = self.penalty.pairs(p["features"])
        self.pairs.pop(self.step - LAG - 1, None)

    def _entry(self, x: Tensor, found: Found, penalised: Penalised, rate: float) -> list[float]:
        """One entry of the log."""
        p = self.parameters
        parts = [float(v) for v in (found.reconstruction, found.sparsity, found.auxiliary)]
        missing = float((x - found.rebuilt).square().sum())
        spread = float((x - x.mean(0)).square().sum())
        stability = math.nan
        if (before := self.pairs.get(self.step - LAG)) is not None:
            now = self.penalty.pairs(p["features"])
            both = len(np.intersect1d(before, now, assume_unique=True))
            stability = both / max(1, len(before) + len(now) - both)
        return [
            self.step, self.taken, sum(parts) + penalised.value, *parts, penalised.value,
            1 - missing / spread if spread else math.nan,
            self._held_out_explained(),
            int((found.codes.value > 0).sum()) / len(x),
            float((self.since >= p["dead_after"]).float().mean()),
            rate, penalised.tau, penalised.mean, penalised.deviation, stability,
            *live_cosines(self.weights["decoder"][self.since < p["dead_after"]]),
        ]  # fmt: skip

    def _held_out_explained(self) -> float:
        """1 − FVU on held-out points as the dictionary would rebuild them now."""
        x, now = self.stream.held_out, self._now(self.weights)
        spread = float((x - x.mean(0)).square().sum()) if len(x) else 0.0
        missing = 0.0
        for rows in x.split(ROWS_AT_ONCE):
            f = now.gate(torch.addmm(now.encoder_bias, rows, now.encoder.T))
            rebuilt = torch.addmm(now.decoder_bias, f, now.decoder)
            missing += float((rows - rebuilt).square().sum())
        return 1 - missing / spread if spread else math.nan

    def words(self) -> str:
        """The newest entry of the log in one line."""
        last = dict(zip(LOG, self.log[-1], strict=True))
        return (
            f"step {self.step} of {self.parameters['steps']} · loss {last['loss']:.3g} · "
            f"EV {last['explained_variance']:.3f} · L0 {last['l0']:.3g} · "
            f"dead {last['dead_share']:.1%}"
        )

    def dictionary(self) -> Dictionary:
        """What was learned so far.

        Returns:
            The dictionary, with its log.

        Raises:
            Refusal: a weight is not finite.
        """
        weights = {name: w.detach().clone() for name, w in self.weights.items()}
        for name, weight in weights.items():
            if not bool(torch.isfinite(weight).all()):
                raise Refusal(
                    "training failed: weights not finite",
                    where=f"dictionary {self.variant.name}, {name}",
                    came=f"after {self.taken} updates",
                    expected="finite numbers",
                    next_step="lower `rate`, or look at the activations",
                )
        return self._now(weights)

    def _now(self, weights: Weights) -> Dictionary:
        """The dictionary that these weights are."""
        table = np.array(self.log, dtype="f8").reshape(-1, len(LOG))
        return Dictionary(
            variant=self.variant.name,
            k=self.parameters["k"] if self.variant.name == "topk" else 0,
            encoder=weights["encoder"],
            encoder_bias=weights["encoder_bias"],
            decoder=weights["decoder"],
            decoder_bias=weights["decoder_bias"],
            threshold=self.variant.threshold(weights),
            centre=torch.from_numpy(self.stream.centre.astype("f4")).to(self.device),
            scale=self.stream.scale,
            standard=self.stream.standard,
            log={
                name: column.astype("i8" if name in ("step", "taken") else "f4")
                for name, column in zip(LOG, table.T, strict=True)
            },
        )


def train(
    stream: Stream, parameters: Mapping[str, Any], desk: Desk, device: str = "cpu"
) -> Training:
    """Train to the end, from the newest checkpoint of the same training if there is one.

    Args:
        stream: batches.
        parameters: of the analysis `dictionary`, every one.
        desk: progress and checkpoints.
        device: torch device name.

    Returns:
        The finished training.

    Raises:
        Paused: told to stop; a checkpoint is kept.
    """
    training = Training(stream, parameters, device)
    if (content := desk.load()) is not None:
        restore(training, content)
    steps = parameters["steps"]
    while training.step < steps:
        if training.step % PAUSE_EVERY == 0 and desk.pause():
            desk.save(snapshot(training))
            raise Paused(f"after step {training.step} of {steps}")
        entries = len(training.log)
        training.advance()
        if len(training.log) > entries:
            desk.report(training.step / steps, training.words())
        if training.step % SAVE_EVERY == 0 and training.step < steps:
            desk.save(snapshot(training))
    return training
