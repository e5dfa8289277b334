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

from ired_interp_core.dictionaries.controls import POINTS, Controls, Trial
from ired_interp_core.dictionaries.dictionary import Dictionary
from ired_interp_core.dictionaries.effects import Measured, measure
from ired_interp_core.dictionaries.evaluation import splits
from ired_interp_core.dictionaries.intervention import Added, Stacked
from ired_interp_core.dictionaries.names import ALONG, CONTROLS, INTERVENTIONS, WAYS
from ired_interp_core.dictionaries.predicted import agreement, predictions, vector_agreement
from ired_interp_core.dictionaries.progress import step
from ired_interp_core.dictionaries.recovery import Walker
from ired_interp_core.dictionaries.rerun import STEERED, Rerun
from ired_interp_core.dictionaries.samples import blocks
from ired_interp_core.dictionaries.survey import NUMBERS_AT_ONCE
from ired_interp_core.errors import Paused
from ired_interp_core.records import Gathered, seeded

PROBLEMS_AT_ONCE = 64
"""Problems walked together, with a feature and all of its controls: 448 rows."""


@dataclass(frozen=True)
class Activity:
    """How active every feature is on held-out problems.

    Args:
        total: Σf.
        positive: #{f > 0}.
        count: visited points.
        points: a random few of them, in the frame of x.
    """

    total: Float[np.ndarray, "feature"]
    positive: Int[np.ndarray, "feature"]
    count: int
    points: Float[Tensor, "N unit"]

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
def activity(
    gathered: Gathered, dictionary: Dictionary, problems: np.ndarray, seed: int
) -> Activity:
    """Sum codes over all visited points of some problems, in float64.

    Args:
        gathered: with the role activations.
        dictionary: trained on them.
        problems: indices, at least one.
        seed: of the points that are kept.

    Returns:
        Sums and points.
    """
    total, positive = np.zeros(dictionary.features), np.zeros(dictionary.features, dtype=np.int64)
    done, kept, chosen = 0, [], np.empty(0, dtype=np.int64)
    for indices, values in blocks(gathered.upstream["activations"], problems):
        x = torch.from_numpy(values.reshape(-1, values.shape[-1])).to(gathered.device)
        each = len(x) // len(indices)
        if not done:
            count = len(problems) * each
            chosen = seeded("points", seed).choice(count, size=min(POINTS, count), replace=False)
        mine = chosen[(chosen >= done * each) & (chosen < done * each + len(x))] - done * each
        kept.append(x[torch.from_numpy(np.sort(mine)).to(x.device)])
        for piece in x.split(max(1, NUMBERS_AT_ONCE // dictionary.features)):
            f = dictionary.encode(piece)
            total += f.sum(0, dtype=torch.float64).cpu().numpy()
            positive += (f > 0).sum(0).cpu().numpy()
        done += len(indices)
        step(gathered.desk, 0.1 * done / len(problems), f"ranking: {done} problems")
    return Activity(total, positive, count, torch.cat(kept))


@dataclass
class Effects:
    """‖Δŷ‖ and ΔMSE of every walk, and how many batches are done: what a checkpoint keeps.

    Args:
        shift: distance between the answers with and without the intervention.
        error: final MSE with it minus without.
        foreseen: ‖Δŷ‖ of a steering along the atom and along a random direction, predicted to first
            order; NaN for hidden layers.
        along: component of the measured Δŷ along the predicted one.
        done: batches.
    """

    shift: Float[np.ndarray, "way trial walked"]
    error: Float[np.ndarray, "way trial walked"]
    foreseen: Float[np.ndarray, "along trial walked"]
    along: Float[np.ndarray, "along trial walked"]
    done: int = 0

    @classmethod
    def none(cls, trials: int, problems: int) -> "Effects":
        """Before the first batch: NaN throughout.

        Args:
            trials: features.
            problems: walked.

        Returns:
            The effects.
        """
        walks, moves = (np.full((len(names), trials, problems), np.nan) for names in (WAYS, ALONG))
        return cls(walks, walks.copy(), moves, moves.copy())

    def content(self) -> bytes:
        """As a checkpoint.

        Returns:
            The content of a .npz file.
        """
        file = io.BytesIO()
        np.savez(file, **vars(self))
        return file.getvalue()

    def restore(self, content: bytes | None) -> None:
        """Go on from a checkpoint of the same shape, if there is one.

        Args:
            content: what `content` gave.
        """
        if content is None:
            return
        with np.load(io.BytesIO(content), allow_pickle=False) as saved:
            parts = {name: saved[name] for name in vars(self) if name in saved}
        if len(parts) == len(vars(self)) and parts["error"].shape == self.error.shape:
            for name, values in parts.items():
                setattr(self, name, int(values) if name == "done" else values)


def walk_features(
    gathered: Gathered,
    walker: Walker,
    controls: Controls,
    trials: list[Trial],
    problems: Int[np.ndarray, "walked"],
) -> Effects:
    """Walk every problem with every feature taken out and turned up, and with its controls.

    Args:
        gathered: for its desk.
        walker: the sampler on `problems`.
        controls: of the features.
        trials: the features.
        problems: indices, for the directions.

    Returns:
        Effects, all batches done.

    Raises:
        Paused: when told to stop, after a checkpoint.
    """
    effects = Effects.none(len(trials), len(problems))
    effects.restore(gathered.desk.load())
    pieces = np.split(
        np.arange(len(problems)), range(PROBLEMS_AT_ONCE, len(problems), PROBLEMS_AT_ONCE)
    )
    batches, rerun = [(p, i) for p in pieces for i in range(len(trials))], None
    for number, (p, i) in enumerate(batches[effects.done :], start=effects.done + 1):
        if rerun is None or i == 0:
            rerun = Rerun(walker, torch.from_numpy(p).to(walker.x.device))
        edits = controls.edits(trials[i], problems[p])
        answer = rerun.answers(Stacked(edits))
        moved = (answer - rerun.plain).norm(dim=-1)
        if walker.site == "gradient":
            added = [edit for edit in (edits[way] for way in STEERED) if isinstance(edit, Added)]
            vectors = torch.stack([edit.vectors for edit in added])
            known = rerun.foreseen(vectors.to(walker.start))
            steps = (answer - rerun.plain).unflatten(0, (len(WAYS), -1))[list(STEERED)]
            size = known.norm(dim=-1)
            effects.foreseen[:, i, p] = size.cpu().numpy()
            effects.along[:, i, p] = ((steps * known).sum(-1) / size).cpu().numpy()
        change = (answer - rerun.truth).square() - (rerun.plain - rerun.truth).square()
        effects.shift[:, i, p] = moved.reshape(len(WAYS), -1).cpu().numpy()
        effects.error[:, i, p] = change.mean(-1).reshape(len(WAYS), -1).cpu().numpy()
        effects.done = number
        words = f"batch {number} of {len(batches)}"
        gathered.desk.report(0.1 + 0.9 * number / len(batches), words)
        if gathered.desk.pause():
            gathered.desk.save(effects.content())
            raise Paused(words)
    return effects


def causal_dataset(gathered: Gathered, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Causal effects as declared in `analyses/dictionary_causal.py`.

    Args:
        gathered: a dictionary, the activations it was trained on, and what they come from.
        parameters: as the analysis declares.

    Returns:
        The declared variables.
    """
    seed, resamples = parameters["seed"], parameters["bootstrap"]
    dictionary = Dictionary.from_dataset(
        gathered.upstream["dictionary"].read(), device=gathered.device
    )
    held = splits(gathered, "dictionary_causal")[1]
    active = activity(gathered, dictionary, held, seed)
    features, problems = active.most_active(parameters["tested"]), held[: parameters["walked"]]
    density = active.positive[features] / active.count
    length = parameters["strength"] * active.mean_positive[features] / dictionary.scale
    trials = [
        Trial(int(f), float(d), float(v)) for f, d, v in zip(features, density, length, strict=True)
    ]
    walker = Walker.of(gathered, problems)
    controls = Controls(dictionary, active.points, seed)
    effects = walk_features(gathered, walker, controls, trials, problems)
    foreseen = predictions(gathered, dictionary, features, problems, walker.x, seed)
    columns: dict[str, tuple[tuple[str, ...], Any]] = {
        "tested": (("feature",), np.isin(np.arange(dictionary.features), features).astype("i1")),
        "causal_problems": ((), np.int64(len(problems))),
        "trial_feature": (("trial",), features.astype("i4")),
        "walked_problem": (("walked",), problems.astype("i8")),
        "shift_each": (("way", "trial", "walked"), effects.shift),
        "error_each": (("way", "trial", "walked"), effects.error),
        "predicted_energy": (("along", "trial", "walked"), foreseen.predicted),
        "measured_energy": (("along", "trial", "walked"), foreseen.measured),
        "predicted_shift": (("along", "trial", "walked"), effects.foreseen),
        "shift_along": (("along", "trial", "walked"), effects.along),
    }
    for intervention in INTERVENTIONS:
        for effect, values in (("shift", effects.shift), ("error", effects.error)):
            found = measure(values, intervention, effect == "error", resamples, seed)
            columns |= _columns(f"{intervention}_{effect}", found, features, dictionary.features)
    for along, name in enumerate(ALONG):
        fit = agreement(foreseen.predicted[along], foreseen.measured[along], resamples, seed)
        moves = vector_agreement(
            effects.foreseen[along], effects.along[along], effects.shift[STEERED[along]],
            resamples, seed,
        )  # fmt: skip
        end = "" if name == "atom" else f"_{name}"
        for word, well in (("prediction", fit), ("shift_prediction", moves)):
            for part, value in vars(well).items():
                columns[f"{word}_{part}{end}"] = ((), np.float64(value))
    labels = {"way": WAYS, "control": CONTROLS, "along": ALONG}
    return xr.Dataset(columns, {dim: np.array(names) for dim, names in labels.items()})


def _columns(
    name: str, found: Measured, features: Int[np.ndarray, "trial"], m: int
) -> dict[str, tuple[tuple[str, ...], Any]]:
    """Numbers of tested features in their places; NaN, or the first flag, for the others."""
    columns: dict[str, tuple[tuple[str, ...], Any]] = {}
    for part, values in vars(found).items():
        flags = values.dtype.kind == "i"
        whole = np.full((m, *values.shape[1:]), 0 if flags else np.nan)
        whole[features] = values
        dims = ("feature", "control")[: values.ndim]
        ending = "" if part == "mean" else f"_{part}"
        columns[f"{name}{ending}"] = (dims, whole.astype("i1") if flags else whole)
    return columns
