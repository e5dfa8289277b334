"""Whether this process may run the code of adapters: only where the command line says so.

A sweep, a manifest or a store names adapters, and none of them is code because it says so.
"""

from collections.abc import Iterable

from precompute.ground.exits import Usage

FLAG = "--allow-code"

_allowed = [False]


def allow(yes: bool) -> bool:
    """Say what the command line said.

    Returns:
        The same.
    """
    _allowed[0] = yes
    return yes


def words() -> list[str]:
    """The flag, for a command that this one starts or names, where it was given."""
    return [FLAG] if _allowed[0] else []


def check(adapters: Iterable[str], where: str) -> None:
    """Refuse to go on where code would be run and was not allowed.

    Args:
        adapters: "module:function" each; empty words are none.
        where: what names them.

    Raises:
        Usage: at least one.
    """
    named = next(filter(None, adapters), "")
    if named and not _allowed[0]:
        raise Usage(
            "an adapter is code, and was not allowed to run",
            where=where,
            came=named,
            expected=f"{FLAG} beside the command",
            next_step=f"read the file of {named.partition(':')[0]}, and repeat with {FLAG}",
        )
