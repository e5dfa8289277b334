"""Active features of the landscape view: whose codes are shown, and planes along atoms."""

from urllib.parse import urlencode

import xarray as xr

from app.landscape.figures import active as figures
from app.shared.address.address import PATHS, Address
from app.shared.asks import dictionaries as features
from app.shared.asks.prefix import by_prefix
from app.shared.asks.reading import Subject
from app.shared.drawing.levels import AnyPanel, Missing
from app.shared.page import foot as citing
from app.shared.page import labels
from store import QuestionInfo, Store

ANALYSIS = "dictionary_codes"
PANEL, TITLE = "features", "Active features"


def choose(
    s: Store, subject: Subject, address: Address, plane: QuestionInfo | None
) -> tuple[Address, QuestionInfo | None, QuestionInfo | None]:
    """Find the dictionary that an address means, and its codes.

    Args:
        s: the store.
        subject: model and problems.
        address: of the landscape view.
        plane: the chosen slice; one along atoms brings its dictionary along.

    Returns:
        The address with the dictionary's full key, the dictionary, None if the subject has none,
        and its codes, None if it has none.
    """
    there = features.dictionaries(s, subject)
    if not there:
        if address["dictionary"]:
            address = address.refuse("dictionary", "no dictionary of this model and set", "")
        return address, None, None
    wanted, chosen = address["dictionary"], None
    if wanted:
        chosen, why = by_prefix(there, wanted, "dictionary")
        if chosen is None:
            address = address.refuse("dictionary", why, "")
    if chosen is None:
        along = plane.inputs.get("dictionary", "") if plane else ""
        coded = [q for q in there if features.downstream(s, q, ANALYSIS)]
        chosen = ([q for q in there if q.key == along] or coded or there)[0]
    return address.replace(dictionary=chosen.key), chosen, features.downstream(s, chosen, ANALYSIS)


def panel(
    s: Store, address: Address, dictionary: QuestionInfo, codes: xr.Dataset | None
) -> AnyPanel:
    """The panel "Active features".

    Args:
        s: the store.
        address: settled.
        dictionary: its question.
        codes: of the problem; None where the store has none.

    Returns:
        A table of all levels, or a note that says how to compute it.
    """
    if codes is None:
        return _missing(s, address, dictionary)
    said = {f: label.text for f, label in labels.of(s, dictionary.key).items() if label.text}
    card = labels.card(address, dictionary.key, 0)
    query = {name: text for name, text in card.query().items() if name != "feature"}
    link = f"{PATHS['features'].lstrip('/')}?{urlencode(query, doseq=True)}&feature="
    return figures.table(figures.active(codes), said, link, features.name(s, dictionary))


def _missing(s: Store, address: Address, dictionary: QuestionInfo) -> Missing:
    """Why there is no table, and what makes it."""
    codes = features.downstream(s, dictionary, ANALYSIS)
    name, problem = features.name(s, dictionary), address["problem"]
    if codes is None:
        text = f"Which features of {name} are active at a state was not computed."
        return Missing(PANEL, TITLE, text, features.command_for(s, dictionary, ANALYSIS))
    count = max(problem + 1, codes.rows_asked)
    text = f"{name}: {codes.rows} of {count} problems have codes, problem {problem} has none yet."
    return Missing(PANEL, TITLE, text, citing.command(s, codes, count))


def mark(s: Store, dictionary: QuestionInfo | None) -> int:
    """What changes when a label of the dictionary does.

    Args:
        s: the store.
        dictionary: its question.

    Returns:
        A key for caches of this process.
    """
    if dictionary is None:
        return 0
    return hash(tuple(sorted((f, x.text) for f, x in labels.of(s, dictionary.key).items())))
