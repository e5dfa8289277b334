"""Values of a TOML table, each checked as it is read."""

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from ired_interp_core.schema import Parameter
from precompute.ground.exits import Usage

MOST_DEPTH = 20
"""Tables within tables; a sweep needs five."""


def loads(text: str, what: str, where: str) -> dict[str, Any]:
    """Read TOML.

    Args:
        text: of the file.
        what: it should be, for people.
        where: named in refusals.

    Returns:
        Its table.

    Raises:
        Usage: no TOML, or tables within tables without end.
    """
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of 5000 digits is a ValueError
        raise Usage(f"{what} is not TOML", where=where, came=error, expected="TOML 1.0") from error
    level: list[Any] = [table]
    for _ in range(MOST_DEPTH):
        inner = (v.values() if isinstance(v, dict) else v for v in level)
        level = [v for values in inner for v in values if isinstance(v, dict | list)]
    if level:
        raise Usage(
            f"{what} has tables within tables",
            where=where,
            came=f"more than {MOST_DEPTH} levels",
            expected="at most five",
        )
    return table


def known(table: Mapping[str, Any], names: Sequence[str], where: str) -> None:
    """Refuse keys that nobody reads.

    Raises:
        Usage: an unknown key, answered with the known ones.
    """
    for key in table:
        if key not in names:
            raise Usage("unknown key", where=where, came=key, expected=", ".join(names))


def refuse(problem: str, where: str, value: object, expected: str) -> NoReturn:
    """Refuse a value, with its type.

    Args:
        problem: what is wrong.
        where: file, table and key.
        value: that came.
        expected: what would have been right.

    Raises:
        Usage: always.
    """
    raise Usage(problem, where=where, came=f"{value!r} ({type(value).__name__})", expected=expected)


def text_value(
    table: Mapping[str, Any], key: str, where: str, choices: Sequence[str] = (), default: str = ""
) -> str:
    """Read a text.

    Args:
        table: of the file.
        key: in it.
        where: named in refusals.
        choices: allowed values; any when left out.
        default: when the key is missing; required when left out.

    Returns:
        The text.

    Raises:
        Usage: missing, no text, empty, or not among the choices.
    """
    if key not in table and default:
        return default
    if key not in table:
        raise Usage("key is missing", where=where, came=", ".join(table) or "nothing", expected=key)
    value = table[key]
    if not isinstance(value, str) or not value:
        refuse("value has the wrong type", f"{where}, {key}", value, "text")
    if choices and value not in choices:
        refuse("unknown value", f"{where}, {key}", value, ", ".join(choices))
    return value


def number(
    table: Mapping[str, Any], key: str, where: str, declared: Parameter, required: bool
) -> int:
    """Read a whole number.

    Args:
        table: of the file.
        key: in it.
        where: named in refusals.
        declared: default and limits.
        required: whether the key must be there.

    Returns:
        The number.

    Raises:
        Usage: missing or no whole number.
    """
    if key not in table:
        if required:
            raise Usage("key is missing", where=where, came=", ".join(table), expected=key)
        return declared.default
    if not isinstance(table[key], int):
        refuse("value has the wrong type", f"{where}, {key}", table[key], "whole number")
    return declared.coerce(table[key], f"{where}, {key}")


def tables(
    table: Mapping[str, Any], key: str, where: str, required: bool = True
) -> list[tuple[Mapping[str, Any], str]]:
    """Read an array of tables.

    Args:
        table: of the file.
        key: in it.
        where: named in refusals.
        required: whether there must be at least one.

    Returns:
        Each table, with where it stands.

    Raises:
        Usage: something else than tables, or none.
    """
    entries = table.get(key, [])
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        refuse("value has the wrong type", f"{where}, {key}", entries, f"[[{key}]] tables")
    if required and not entries:
        raise Usage("sweep asks nothing", where=where, expected=f"at least one [[{key}]]")
    return [(entry, f"{where}, [[{key}]] {i}") for i, entry in enumerate(entries, 1)]
