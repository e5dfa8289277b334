"""What a feature alone says about the properties of problems, beyond a shuffled property."""

import numpy as np
import xarray as xr

from app.features.figures import predicts as figures
from app.features.scene import Scene
from app.shared.asks import reading
from app.shared.drawing.names import property_name
from app.shared.page.contract import Drawn, Fields, Missing, Outcome, Source
from ired_interp_core.spelling import counted

VARIABLES = ("feature_gain", "feature_low")


def draw(scene: Scene, fields: Fields) -> Outcome:
    """R² of the feature alone less its control, at the level where that is surest."""
    asked, feature = scene.question("probes"), fields["feature"]
    if asked is None:
        return scene.lacks("No probes have looked at this dictionary yet.", "probes")
    answer = reading.dataset(scene.store, asked, (0,), VARIABLES)
    if feature not in answer["feature"].values:
        return Missing(f"Feature {feature} was not looked at.")
    one = surest(answer.sel(feature=feature))
    if not one.sizes["property"]:
        return Missing("The feature is never active on the problems that were probed.")
    names = [property_name(str(p)) for p in one["property"].values]
    gain, low, level = (one[n].values for n in (*VARIABLES, "at_level"))
    figure = figures.figure(names, gain, low, level)
    above = int((low > 0).sum())
    note = f"{above} of {counted(len(names), 'property', 'properties')} beyond the control"
    return Drawn(figure, one, [Source(asked, {"variables": list(VARIABLES)})], note)


def surest(one: xr.Dataset) -> xr.Dataset:
    """Of every property the level with the largest lower end; the surest property first.

    Args:
        one: of one feature [property, level].

    Returns:
        feature_gain, feature_low and at_level by property.
    """
    known = one.isel(property=np.flatnonzero(np.isfinite(one["feature_low"]).any("level").values))
    level = known["feature_low"].fillna(-np.inf).argmax("level")
    best = known.isel(level=level).reset_coords("level").rename(level="at_level")
    best["at_level"].attrs.update(long_name="level t", units="1")
    return best.isel(property=np.argsort(-best["feature_low"].values, kind="stable"))
