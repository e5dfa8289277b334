"""The views of the app, in menu order: the one place where a view is registered."""

from dataclasses import replace

from app.annealing.view import VIEW as ANNEALING
from app.features.view import VIEW as FEATURES
from app.geometry.view import VIEW as GEOMETRY
from app.landscape.view import VIEW as LANDSCAPE
from app.minima.view import VIEW as MINIMA
from app.more import view as more
from app.overview.view import VIEW as OVERVIEW
from app.paper import view as paper
from app.probes.view import VIEW as PROBES
from app.problems.view import VIEW as PROBLEMS
from app.shared.address.address import register
from app.shared.page.contract import View
from app.training import view as training

OWN: tuple[View, ...] = (
    replace(OVERVIEW, sheets=(*OVERVIEW.sheets, paper.SHEET)),
    PROBLEMS,
    LANDSCAPE,
    replace(ANNEALING, sheets=(*ANNEALING.sheets, training.SHEET)),
    FEATURES,
    PROBES,
    MINIMA,
    GEOMETRY,
)  # fmt: skip
VIEWS = (*OWN, more.view(frozenset().union(*(view.analyses for view in OWN))))

for number, view in enumerate(VIEWS):
    register(view.name, view.fields, f"/{view.name}" if number else "/")
