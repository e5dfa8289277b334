"""The panel of active features: codes of a dictionary at the states of a problem."""

from urllib.parse import urlencode

from app.landscape import missing, numbers
from app.landscape.figures import active_features as figures
from app.landscape.panels import source
from app.landscape.scene import Scene
from app.shared.address.address import PATHS, Address
from app.shared.asks import dictionaries as features
from app.shared.page import labels
from app.shared.page.contract import Drawn, Fields, Outcome


def draw(scene: Scene, fields: Fields) -> Outcome:
    """Active features at the states of every level, strongest first."""
    dictionary, problem = scene.dictionaries[fields["dictionary"]], fields["problem"]
    question = scene.codes(dictionary.key)
    codes = scene.read(question, problem)
    if question is None or codes is None:
        return missing.codes(scene, dictionary, problem)
    active = numbers.of_features(codes, features.name(scene.store, dictionary))
    return Drawn(
        figures.table(active, scene.labels[dictionary.key], _cards(scene, dictionary.key)),
        active,
        (source(question, problem, "code_feature", "code_value", "code_count", "code_error"),),
        figures.notes(active),
    )


def _cards(scene: Scene, dictionary: str) -> str:
    """Beginning of the addresses of a dictionary's cards, up to the number of the feature."""
    subject = {"model": scene.subject.model, "set": scene.subject.set}
    card = labels.card(Address("landscape", subject), dictionary, 0)
    query = {name: text for name, text in card.query().items() if name != "feature"}
    return f"{PATHS['features'].lstrip('/')}?{urlencode(query, doseq=True)}&feature="
