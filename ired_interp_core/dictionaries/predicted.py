"""Whether the energy changes by what its derivatives predict, where an ablated step would land.

Definitions: docs/definitions.md §5.5.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor

from ired_interp_core.dictionaries.controls import unit
from ired_interp_core.dictionaries.dictionary import Dictionary
from ired_interp_core.energy import Energy
from ired_interp_core.intervals import bootstrap_t
from ired_interp_core.records import Gathered, seeded

ROWS_AT_ONCE = 256


@dataclass(frozen=True)
class Landings:
    """Where the sampler lands after the step at which a feature is most active, and what it adds.

    Args:
        x: problem of every row.
        y: state after that step, level frame.
        level: t of the step.
        delta: δ = s·f W/scale, by which the landing moves when the feature is taken out of that
            step; s its length.
        trial: rank of the feature.
        walked: rank of the problem.
    """

    x: Float64[Tensor, "N n_in"]
    y: Float64[Tensor, "N d"]
    level: Int[Tensor, "N"]
    delta: Float64[Tensor, "N d"]
    trial: Int[np.ndarray, "N"]
    walked: Int[np.ndarray, "N"]


@torch.no_grad()
def landings(
    gathered: Gathered,
    dictionary: Dictionary,
    features: Int[np.ndarray, "trial"],
    problems: Int[np.ndarray, "walked"],
    x: Float[Tensor, "walked n_in"],
) -> Landings:
    """Find, for every feature and problem, the step of the descent at which it is most active.

    The length of a step is σ_t at the jump, η_t at the first inner step of a level, and 2η_t at the
    others (docs/definitions.md §1.7). The gradient after the last step of a level moves nothing,
    nor does that before a level where the descent made no jump: they are not looked at. Features
    that are nowhere active on a problem have no row of it.

    Args:
        gathered: with the descent and its gradients.
        dictionary: of these gradients.
        features: tested.
        problems: indices.
        x: the problems themselves.

    Returns:
        The rows.
    """
    schedule, device = gathered.models["model"].schedule, x.device
    read = gathered.upstream
    seen = read["activations"].read(problems.tolist(), ["activation"])
    jumps = read["descent"].question.parameters["jump"]
    seen = seen.isel(step=slice(None if jumps else 1, -1))
    steps = seen["step"].values
    codes = []
    for values in np.asarray(seen["activation"], dtype="f4"):
        rows = torch.from_numpy(values.reshape(-1, values.shape[-1])).to(device)
        codes.append(dictionary.encode(rows)[:, features])
    most, point = (v.T.cpu().numpy() for v in torch.stack(codes).max(dim=1))
    trial, walked = np.nonzero(most > 0)
    level, step = np.divmod(point[trial, walked], len(steps))
    kind = steps[step]
    factor = np.where(kind > 0, 2, 1)
    length = np.where(kind < 0, schedule.sigma[level], schedule.step_size[level] * factor)
    walk = read["descent"].read(problems.tolist(), ["trajectory"])["trajectory"].values
    landed = walk.reshape(*walk.shape[:3], -1)[walked, level, kind + 1]
    landed = schedule.sqrt_alpha_bar[level][:, None] * landed.astype(np.float64)
    size = torch.from_numpy(length * most[trial, walked] / dictionary.scale).to(device)
    atoms = dictionary.decoder[torch.from_numpy(features[trial]).to(device)].double()
    return Landings(
        x[torch.from_numpy(walked).to(device)].double(),
        torch.from_numpy(landed).to(device),
        torch.from_numpy(level).to(device),
        size[:, None] * atoms,
        trial,
        walked,
    )


def change(
    model: Energy,
    x: Float64[Tensor, "N n_in"],
    y: Float64[Tensor, "N d"],
    level: Int[Tensor, "N"],
    delta: Float64[Tensor, "N d"],
) -> tuple[Float64[np.ndarray, "N"], Float64[np.ndarray, "N"]]:
    """∇E·δ + ½δᵀHδ at ỹ, and E(ỹ + δ) − E(ỹ), in float64.

    Args:
        model: the energy.
        x: problems.
        y: points ỹ, level frame.
        level: of each.
        delta: δ, level frame.

    Returns:
        Predicted and measured change of E.
    """
    predicted, measured = [], []
    for rows in torch.arange(len(y), device=y.device).split(ROWS_AT_ONCE):
        given, t, d = x[rows], level[rows], delta[rows]
        with torch.enable_grad():
            point = y[rows].detach().requires_grad_(True)
            e = model.energy(given, point, t)
            (g,) = torch.autograd.grad(e.sum(), point, create_graph=True)
            along = (g * d).sum(-1)
            bent = torch.zeros_like(point)
            if along.requires_grad:  # not where the energy is linear
                (bent,) = torch.autograd.grad(along.sum(), point, materialize_grads=True)
        predicted.append((along + (bent * d).sum(-1) / 2).detach())
        measured.append((model.energy(given, y[rows] + d, t) - e).detach())
    return torch.cat(predicted).cpu().numpy(), torch.cat(measured).cpu().numpy()


@dataclass(frozen=True)
class Agreement:
    """How well the measured changes follow the predicted ones.

    Args:
        slope: Σpm/Σp² of measured m on predicted p, through 0.
        low: of its 95 % bootstrap-t interval over problems.
        high: of the same.
        r2: 1 − Σ(m − p)²/Σ(m − m̄)²: of the prediction itself, nothing is fitted.
        sign: share with the same sign.
    """

    slope: float
    low: float
    high: float
    r2: float
    sign: float


def agreement(
    predicted: Float[np.ndarray, "trial walked"],
    measured: Float[np.ndarray, "trial walked"],
    resamples: int,
    seed: int,
) -> Agreement:
    """Hold measured changes of the energy against predicted ones.

    The interval of the slope is that of the mean pull of a problem, linear in Σpm and Σp². At 64
    problems it covers .945 where all weigh alike and .93 where their sizes differ by half an e.

    Args:
        predicted: NaN where there is none.
        measured: of the same points.
        resamples: of the bootstrap.
        seed: of the bootstrap.

    Returns:
        NaN throughout where nothing changes.
    """
    there = np.isfinite(predicted) & np.isfinite(measured)
    p, m = np.where(there, predicted, 0.0), np.where(there, measured, 0.0)
    spread = ((m[there] - m[there].mean()) ** 2).sum() if there.any() else 0.0
    alike = (np.sign(m) == np.sign(p))[there]
    return _fitted(p * m, p * p, ((m - p) ** 2).sum(), spread, alike, resamples, seed)


def vector_agreement(
    predicted: Float[np.ndarray, "trial walked"],
    along: Float[np.ndarray, "trial walked"],
    measured: Float[np.ndarray, "trial walked"],
    resamples: int,
    seed: int,
) -> Agreement:
    """Hold measured vectors m against predicted ones p, e.g. how an answer moves.

    The slope is Σ⟨m, p⟩/Σ‖p‖², R² is 1 − Σ‖m − p‖²/Σ‖m‖², against no move at all, and a sign is
    right where ⟨m, p⟩ > 0. The interval is that of `agreement`.

    Args:
        predicted: ‖p‖; NaN where there is none.
        along: ⟨m, p⟩/‖p‖.
        measured: ‖m‖.
        resamples: of the bootstrap.
        seed: of the bootstrap.

    Returns:
        NaN throughout where nothing moves.
    """
    there = np.isfinite(predicted) & np.isfinite(along) & np.isfinite(measured)
    p, a, m = (np.where(there, v, 0.0) for v in (predicted, along, measured))
    left = (m * m - 2 * p * a + p * p).sum()
    return _fitted(p * a, p * p, left, (m * m).sum(), (a > 0)[there], resamples, seed)


def _fitted(
    product: Float[np.ndarray, "trial walked"],
    square: Float[np.ndarray, "trial walked"],
    left: float,
    spread: float,
    alike: np.ndarray,
    resamples: int,
    seed: int,
) -> Agreement:
    """The slope through 0 with its interval over problems, from products and squares."""
    product, square = product.sum(axis=0), square.sum(axis=0)
    if not (square.any() and spread > 0):
        return Agreement(*[np.nan] * 5)
    slope = product.sum() / square.sum()
    pull = (product - slope * square) / square.mean()  # of each problem on the slope, to 1st order
    reach = bootstrap_t(pull[:, None], seeded("predicted", seed), resamples).high[0]
    return Agreement(
        slope=float(slope),
        low=float(slope - reach),
        high=float(slope + reach),
        r2=float(1 - left / spread),
        sign=float(alike.mean()),
    )


@dataclass(frozen=True)
class Predictions:
    """Predicted and measured changes of E, of the features' δ and of random ones as long.

    Args:
        predicted: NaN where a feature is nowhere active on a problem.
        measured: of the same points.
    """

    predicted: Float[np.ndarray, "along trial walked"]
    measured: Float[np.ndarray, "along trial walked"]


def predictions(
    gathered: Gathered,
    dictionary: Dictionary,
    features: Int[np.ndarray, "trial"],
    problems: Int[np.ndarray, "walked"],
    x: Float[Tensor, "walked n_in"],
    seed: int,
) -> Predictions:
    """Predict and measure at every landing, along the atom and along a random direction.

    Args:
        gathered: with a model, the descent and its activations.
        dictionary: of these activations.
        features: tested.
        problems: indices.
        x: the problems themselves.
        seed: of the random directions.

    Returns:
        NaN throughout where the atoms are no directions of the answer: of hidden layers.
    """
    shape = (2, len(features), len(problems))
    found = Predictions(np.full(shape, np.nan), np.full(shape, np.nan))
    if gathered.upstream["activations"].question.parameters["site"] != "gradient":
        return found
    at = landings(gathered, dictionary, features, problems, x)
    if not len(at.trial):
        return found
    drawn = [
        seeded("predicted", seed, int(features[i]), int(problems[j])).standard_normal(at.y.shape[1])
        for i, j in zip(at.trial, at.walked, strict=True)
    ]
    random = torch.from_numpy(unit(np.stack(drawn))).to(at.delta)
    for along, delta in enumerate((at.delta, at.delta.norm(dim=-1, keepdim=True) * random)):
        place = (along, at.trial, at.walked)
        predicted, measured = change(gathered.models["model"], at.x, at.y, at.level, delta)
        found.predicted[place], found.measured[place] = predicted, measured
    return found
