"""Overview: what is in this store, and how good each model is beside trivial predictors."""

from app.overview import below
from app.overview.address import FIELDS
from app.overview.panels import panels
from app.overview.scene import scene
from app.shared.page.contract import Sheet, View

VIEW = View(
    name="overview",
    title="Overview",
    fields=FIELDS,
    scene=scene,
    sheets=(Sheet("store", "This store", panels, foot=below.show),),
    subjects=0,
    analyses=frozenset({"accuracy"}),
)
