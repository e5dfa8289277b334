"""Energy against error, level by level: does low energy mean a right answer?"""

import numpy as np
import xarray as xr

from app.annealing import arrays
from app.annealing.figures import energy as figures
from app.annealing.panels import MSE, Made, noted
from app.annealing.scene import Chosen
from app.shared.drawing.names import FRAMES
from ired_interp_core.schema import LEVELS
from ired_interp_core.spelling import counted


def energy(chosen: Chosen) -> Made:
    """Energy against error, level by level."""
    problems, truth = chosen.raw("descent.energy_truth")
    excess = chosen.fields["energy"] == "excess"
    factor = chosen.scaling("descent.mse")
    if chosen.fields["points"] == "steps":
        steps = arrays.steps(chosen.scene.store, chosen.scene.asked("descent"))
        energies, errors = (array.astype(float) for array in steps)
    else:
        errors = chosen.raw("descent.mse")[1][..., None]
        energies = chosen.raw("descent.energy_answer")[1][..., None]
    bowl = _bowl(chosen) if excess else np.full(LEVELS, np.nan)
    many = errors.shape[2]
    problem = np.repeat(problems, many)
    member = np.repeat(chosen.groups.of(problems), many)
    clouds = []
    for t in range(LEVELS):
        reference = truth[:, t, None] if excess else 0.0
        clouds.append(
            figures.cloud(
                t,
                problem,
                member,
                (errors[:, t] * factor[t]).ravel(),
                (energies[:, t] - reference).ravel(),
                np.zeros(1) if excess else truth[:, t],
                bowl[t],
            )
        )
    label = "E_t − E_t(y*) [E]" if excess else "E_t [E]"
    ringed = (chosen.fields["problem"], chosen.fields["level"])
    figure = figures.figure(clouds, chosen.look, MSE[chosen.frame], label, ringed)
    points = {
        name: ("point", np.concatenate([getattr(c, name) for c in clouds]))
        for name in ("problem", "group", "error", "energy")
    }
    points["level_of_point"] = (
        "point", np.concatenate([np.full(len(c.problem), c.level) for c in clouds]),
    )  # fmt: skip
    points |= {
        "energy_of_truth": ("level", np.array([c.truth for c in clouds]), {"long_name": label}),
        "rank_correlation": ("level", np.array([c.correlation for c in clouds])),
    }
    if np.isfinite(bowl).any():
        points["slope_of_bowl"] = ("level", bowl, {"long_name": "of the energy over the error"})
    drawn, every = sum(len(c.problem) for c in clouds), sum(c.total for c in clouds)
    facts = [f"errors in the {FRAMES[chosen.frame]}"]
    if np.isfinite(bowl).any():
        facts.append("dotted: an isotropic bowl")
    if drawn < every:
        facts.append(f"{drawn:,} of {counted(every, 'point')} drawn")
    numbers = xr.Dataset(points, {"level": np.arange(LEVELS)})
    return figure, noted(chosen, "descent", *facts), numbers


def _bowl(chosen: Chosen) -> np.ndarray:
    """−½·λ̄·d over the error: E − E(y*) in an isotropic bowl around each answer.

    Returns:
        Slopes over the error in the chosen frame [level]; NaN without spectra.
    """
    scene = chosen.scene
    if scene.question("hessian_spectrum") is None:
        return np.full(LEVELS, np.nan)
    trace = scene.raw("hessian_spectrum.trace", "answer")[1]
    in_level_frame = -0.5 * np.nanmedian(trace, axis=0)  # λ̄·d is the trace
    return in_level_frame * scene.schedule.alphas_cumprod / chosen.scaling("descent.mse")
