"""Many starts of the sampler, over the stored descent: where they end, in numbers and in words."""

import numpy as np
import xarray as xr

from app.landscape.numbers import LEVELS
from app.shared.asks import walks
from ired_interp_core.spelling import counted, number
from store import QuestionInfo

VARIABLES = ("step_energy", "step_mse", "energy_final", "mse_final", "distance", "cluster")


def beside(walk: xr.Dataset, answer: xr.Dataset) -> xr.Dataset:
    """A descent with energy and error of every start, and with where each one ends."""
    order = ("start", "level", "start_step")
    ordered = answer.sel(LEVELS).rename(step="start_step")
    data = {}
    for name, stored, said, unit in (
        ("start_energy", "step_energy", "E_t on its own level's landscape, each start", "E"),
        ("start_mse", "step_mse", "MSE of the state, each start", "y²"),
        ("end_energy", "energy_final", "E_0 at the end of each start", "E"),
        ("end_mse", "mse_final", "MSE at the end of each start", "y²"),
        ("end_distance", "distance", "rms distance of the end to the stored answer", "y"),
        ("end", "cluster", "which end; -1: the walk left the numbers", "1"),
    ):
        array = ordered[stored]
        array = array.transpose(*order) if "level" in array.dims else array
        data[name] = (array.dims, array.values, {"long_name": said, "units": unit})
    coords = {"start": ordered["start"].values, "start_step": ordered["start_step"].values}
    return walk.assign(data).assign_coords(coords)


def said(answer: xr.Dataset, question: QuestionInfo) -> str:
    """Where the starts end, in one line; what it does not say of ends that were not seen."""
    count, tolerance = question.parameters["starts"], question.parameters["tolerance"]
    distance = answer["distance"].values
    at, lost = int(answer["at_stored"]), int((~np.isfinite(distance)).sum())
    title = walks.title(question)
    settings = title.removeprefix(walks.starts_of(question.parameters)).removeprefix(", ")
    first = f"{settings} · " if settings else ""
    if at == count:
        share = 100 * float(answer["unseen_share"])
        return (
            f"{first}All {counted(count, 'start')} end at the stored answer (largest distance"
            f" {number(float(answer['furthest']), '.1g')} rms); unseen ends hold <"
            f" {number(np.ceil(share), '.0f')} % of such starts (95 %)."
        )
    away = count - at - lost
    parts = [
        f"{first}{at} of {counted(count, 'start')} end within {number(tolerance, '.1g')} (rms) of"
        " the stored answer"
    ]
    if away:
        elsewhere = np.isfinite(distance) & (distance > tolerance)
        many = len(set(answer["cluster"].values[elsewhere].tolist()))
        low = number(float(answer["energy_final"].values[elsewhere].min()), ".4g")
        stored = number(float(answer["energy_stored"]), ".4g")
        ends = f"at {counted(many, 'other end')}, the lowest at E {low} (stored {stored})"
        parts.append(f"{away} {'ends' if away == 1 else 'end'} elsewhere, {ends}")
    if lost:
        parts.append(f"{lost} left the numbers")
    return "; ".join(parts) + "."
