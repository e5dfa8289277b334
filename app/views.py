"""The views of the app, in menu order: the one place where a view is registered."""

from app.annealing import address as annealing_address
from app.annealing import view as annealing
from app.features import address as features_address
from app.features import view as features
from app.landscape import address as landscape_address
from app.landscape import view as landscape
from app.overview import address as overview_address
from app.overview import view as overview
from app.problems import address as problems_address
from app.problems import view as problems
from app.shared.address.address import register

VIEWS = {
    "overview": overview,
    "problems": problems,
    "landscape": landscape,
    "annealing": annealing,
    "features": features,
}

register("overview", overview_address.FIELDS, "/")
register("problems", problems_address.FIELDS, "/problems")
register("landscape", landscape_address.FIELDS, "/landscape")
register("annealing", annealing_address.FIELDS, "/annealing")
register("features", features_address.FIELDS, "/features")
