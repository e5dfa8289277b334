"""What a feature does to the answer: taken out of the sampler, and turned up in it.

Definitions: docs/definitions.md §5.5.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Int
from torch import Tensor

from ired_interp_core.dictionaries.dictionary import Dictionary
from ired_interp_core.dictionaries.evaluation import splits
from ired_interp_core.dictionaries.intervention import Added, Edit, TakenOff
from ired_interp_core.dictionaries.progress import step
from ired_interp_core.dictionaries.recovery import Walker
from ired_interp_core.dictionaries.samples import blocks
from ired_interp_core.dictionaries.survey import NUMBERS_AT_ONCE
from ired_interp_core.errors import Paused
from ired_interp_core.intervals import percentile
from ired_interp_core.records import Gathered, seeded

KINDS = ("ablation", "ablation_random", "steering", "steering_random")

ROWS = 256
"""Rows of a batch: several features, each on the same problems."""


@dataclass(frozen=True)
class Activity:
    """How active every feature is on held-out problems.

    Args:
        total: Σf.
        positive: #{f > 0}.
    """

    total: Float[np.ndarray, "feature"]
    positive: Int[np.ndarray, "feature"]

    def most_active(self, count: int) -> Int[np.ndarray, "tested"]:
        """Features by summed activation.

        Args:
            count: how many at most.

        Returns:
            Features, most active first; none that is never active.
        """
        order = np.argsort(-self.total, kind="stable")[:count]
        return order[self.total[order] > 0]

    @property
    def mean_positive(self) -> Float[np.ndarray, "feature"]:
        """Mean of f where f > 0; 0 for a dead feature."""
        return self.total / np.maximum(self.positive, 1)


@torch.no_grad()
def activity(gathered: Gathered, dictionary: Dictionary, problems: np.ndarray) -> Activity:
    """Sum codes over all visited points of some problems, in float64.

    Args:
        gathered: with the role activations.
        dictionary: trained on them.
        problems: indices.

    Returns:
        Sums.
    """
    total, positive = np.zeros(dictionary.features), np.zeros(dictionary.features, dtype=np.int64)
    done = 0
    for indices, values in blocks(gathered.upstream["activations"], problems):
        x = torch.from_numpy(values.reshape(-1, values.shape[-1])).to(gathered.device)
        for piece in x.split(max(1, NUMBERS_AT_ONCE // dictionary.features)):
            f = dictionary.encode(piece)
            total += f.sum(0, dtype=torch.float64).cpu().numpy()
            positive += (f > 0).sum(0).cpu().numpy()
        done += len(indices)
        step(gathered.desk, 0.1 * done / len(problems), f"ranking: {done} problems")
    return Activity(total, positive)


def random_directions(
    seed: int, features: np.ndarray, problems: np.ndarray, d: int
) -> Float[np.ndarray, "feature problem d"]:
    """Unit directions of the controls: one for each feature on each problem.

    A pure function of (seed, feature, problem), so that a control does not depend on its batch;
    many directions instead of one, so that no single one decides.

    Args:
        seed: of the directions.
        features: indices.
        problems: indices.
        d: entries.

    Returns:
        Float32.
    """
    drawn = np.stack(
        [
            [seeded("causal direction", seed, int(f), int(p)).standard_normal(d) for p in problems]
            for f in features
        ]
    )
    return (drawn / np.linalg.norm(drawn, axis=-1, keepdims=True)).astype("f4")


@dataclass
class Effects:
    """ΔMSE and ‖Δŷ‖ of every walk, and how many batches are done: what a checkpoint keeps.

    Args:
        error: final MSE with the intervention minus without.
        shift: distance between the two answers.
        done: batches.
    """

    error: Float[np.ndarray, "kind feature problem"]
    shift: Float[np.ndarray, "kind feature problem"]
    done: int = 0

    def content(self) -> bytes:
        """As a checkpoint.

        Returns:
            The content of a .npz file.
        """
        file = io.BytesIO()
        np.savez(file, error=self.error, shift=self.shift, done=self.done)
        return file.getvalue()

    def restore(self, content: bytes | None) -> None:
        """Go on from a checkpoint of the same shape, if there is one.

        Args:
            content: what `content` gave.
        """
        if content is None:
            return
        with np.load(io.BytesIO(content), allow_pickle=False) as saved:
            if saved["error"].shape == self.error.shape:
                self.error, self.shift = saved["error"], saved["shift"]
                self.done = int(saved["done"])


def walk_features(
    gathered: Gathered,
    walker: Walker,
    dictionary: Dictionary,
    features: Int[np.ndarray, "tested"],
    problems: Int[np.ndarray, "walked"],
    lengths: Float[np.ndarray, "tested"],
    seed: int,
) -> Effects:
    """Walk every feature on every problem in four ways.

    Ablation: x' = x − f_i(x) W_i/scale at every evaluation; its control takes the same f_i(x)/scale
    off along a random unit direction, f_i(x) being that of the control's own walk. Steering:
    x' = x + length·W_i/scale; its control adds the same length along that random direction.

    Batches have a fixed shape, and the walk without intervention is made in the very same rows: an
    accept decision at level 9 hangs on the last bit, and that depends on the shape of a product. A
    feature that is never active thus has ΔMSE = 0 exactly.

    Args:
        gathered: for its desk.
        walker: the sampler on `problems`.
        dictionary: of the walker's site.
        features: to test.
        problems: indices, for the directions.
        lengths: of steering, in the scaled frame.
        seed: of the directions.

    Returns:
        Effects, all batches done.

    Raises:
        Paused: when told to stop, after a checkpoint.
    """
    shape = (len(KINDS), len(features), len(problems))
    effects = Effects(np.full(shape, np.nan), np.full(shape, np.nan))
    effects.restore(gathered.desk.load())
    batches = [
        (p, np.arange(f, f + max(1, ROWS // len(p))).clip(max=len(features) - 1))
        for p in np.split(np.arange(len(problems)), range(ROWS, len(problems), ROWS))
        for f in range(0, len(features), max(1, ROWS // len(p)))
    ]
    plain: tuple[tuple[int, int], Tensor] | None = None
    for number, (p, f) in enumerate(batches):
        if number < effects.done:
            continue
        rows = torch.from_numpy(np.tile(p, len(f))).to(walker.x.device)
        if plain is None or plain[0] != (int(p[0]), len(rows)):
            plain = (int(p[0]), len(rows)), walker.answers(rows)
        directions = random_directions(seed, features[f], problems[p], dictionary.decoder.shape[1])
        edits = _edits(dictionary, features[f], lengths[f], directions)
        for kind, edit in enumerate(edits):
            answer, truth = walker.answers(rows, edit), walker.y[rows]
            change = (answer - truth).square().mean(-1) - (plain[1] - truth).square().mean(-1)
            moved = (answer - plain[1]).norm(dim=-1)
            # Padding repeats the last feature: its rows are written over with the same numbers.
            place = (kind, f[:, None], p[None, :])
            effects.error[place] = change.reshape(len(f), len(p)).cpu().numpy()
            effects.shift[place] = moved.reshape(len(f), len(p)).cpu().numpy()
        effects.done = number + 1
        share = 0.1 + 0.9 * effects.done / len(batches)
        gathered.desk.report(share, f"batch {effects.done} of {len(batches)}")
        if gathered.desk.pause():
            gathered.desk.save(effects.content())
            raise Paused(f"batch {effects.done} of {len(batches)}")
    return effects


def _edits(
    dictionary: Dictionary,
    features: np.ndarray,
    lengths: np.ndarray,
    directions: Float[np.ndarray, "feature problem d"],
) -> tuple[Edit, ...]:
    """The four edits of a batch, feature-major, in the order of KINDS."""
    each, device = directions.shape[1], dictionary.decoder.device
    index = torch.from_numpy(features).to(device).repeat_interleave(each)
    random = torch.from_numpy(directions.reshape(len(index), -1)).to(device)
    length = torch.from_numpy((lengths / dictionary.scale).astype("f4")).to(device)
    length = length.repeat_interleave(each)[:, None]
    atoms = dictionary.decoder[index]
    return (
        TakenOff(dictionary, index, atoms),
        TakenOff(dictionary, index, random),
        Added(length * atoms),
        Added(length * random),
    )


def causal_dataset(gathered: Gathered, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Causal effects as declared in `analyses/dictionary_causal.py`.

    Args:
        gathered: a dictionary, the activations it was trained on, and what they come from.
        parameters: as the analysis declares.

    Returns:
        The declared variables.
    """
    dictionary = Dictionary.from_dataset(
        gathered.upstream["dictionary"].read(), device=gathered.device
    )
    held = splits(gathered, "dictionary_causal")[1]
    active = activity(gathered, dictionary, held)
    features = active.most_active(parameters["tested"])
    problems = held[: parameters["walked"]]
    effects = walk_features(
        gathered,
        Walker.of(gathered, problems),
        dictionary,
        features,
        problems,
        parameters["strength"] * active.mean_positive[features],
        parameters["seed"],
    )
    tested = np.zeros(dictionary.features, dtype=np.int8)
    tested[features] = 1
    columns: dict[str, np.ndarray] = {}

    def spread(values: np.ndarray) -> np.ndarray:
        whole = np.full(dictionary.features, np.nan)
        whole[features] = values
        return whole

    for kind, name in enumerate(KINDS):
        error = effects.error[kind].T
        low, high = percentile(error, seeded("causal", parameters["seed"]), parameters["bootstrap"])
        columns[name] = spread(error.mean(axis=0))
        columns[f"{name}_low"], columns[f"{name}_high"] = spread(low), spread(high)
        columns[f"{name}_shift"] = spread(effects.shift[kind].mean(axis=1))
    return xr.Dataset(
        {"tested": ("feature", tested), "causal_problems": ((), np.int64(len(problems)))}
        | {name: ("feature", values) for name, values in columns.items()}
    )
