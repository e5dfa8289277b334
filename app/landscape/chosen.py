"""What an address means in a store: a slice, another descent, a dictionary; or why it cannot."""

from collections.abc import Mapping, Sequence

from app.landscape.through import Through
from app.shared.address.address import Address
from app.shared.address.fields import MINIMA
from app.shared.asks import dictionaries as features
from app.shared.asks import slices
from app.shared.asks.prefix import by_prefix
from store import QuestionInfo, Store

CODES = "dictionary_codes"


def slice_of(
    there: tuple[QuestionInfo, ...], address: Address
) -> tuple[Address, QuestionInfo | None]:
    """The address with plane and centre settled, and the slice that it means, if there is one."""
    if address["q"]:
        _, why = by_prefix(there, address["q"], "slice")
        address = address.refuse("q", why, "") if why else address
    if address["plane"] == MINIMA and not address["q"]:
        address = address.replace(q=_through(there, address["through"]))
    chosen = slices.find(there, address["plane"], address["centre"], address["q"])
    if chosen is None:
        return address, None
    plane, centre = slices.place_of(chosen)
    return address.replace(plane=plane, centre=centre, through=None), chosen


def _through(there: tuple[QuestionInfo, ...], wanted: Through | None) -> str:
    """Key of the slice through minima that are named, or of the lowest level; "" for none."""
    fits = [
        q for q in there if q.analysis == slices.THROUGH
        and (not wanted or wanted.parameters.items() <= q.parameters.items())
    ]  # fmt: skip
    return min(fits, key=lambda q: q.parameters["level"]).key if fits else ""


def walk_of(
    walks: Sequence[QuestionInfo], stored: QuestionInfo | None, address: Address
) -> Address:
    """The address with the whole key of the other descent; "" where it is the stored one."""
    if not address["walk"]:
        return address
    named, why = by_prefix(walks, address["walk"], "descent")
    if named is None:
        return address.refuse("walk", why, "")
    return address.replace(walk="" if named == stored else named.key)


def dictionary_of(
    store: Store,
    dictionaries: Mapping[str, QuestionInfo],
    address: Address,
    plane: QuestionInfo | None,
) -> Address:
    """Find the dictionary that an address means.

    Args:
        store: opened.
        dictionaries: of the subject, by key.
        address: of the view.
        plane: the chosen slice; one along atoms brings its dictionary along.

    Returns:
        The address with the dictionary's full key; "" if the subject has none.
    """
    wanted = address["dictionary"]
    if not dictionaries:
        why = "no dictionary of this model and set"
        return address.refuse("dictionary", why, "") if wanted else address
    if wanted:
        named, why = by_prefix(dictionaries.values(), wanted, "dictionary")
        if named is not None:
            return address.replace(dictionary=named.key)
        address = address.refuse("dictionary", why, "")
    along = plane.inputs.get("dictionary", "") if plane else ""
    coded = [key for key, q in dictionaries.items() if features.downstream(store, q, CODES)]
    fitting = [key for key in dictionaries if key == along] or coded or list(dictionaries)
    return address.replace(dictionary=fitting[0])
