"""What a look at an installation, or at a submission before it is made, found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One check.

    Args:
        subject: what was looked at.
        ok: as it should be.
        note: what was found, or what to do about it.
        optional: it does without.
        key: by which a person may overrule it; empty where nobody may.
    """

    subject: str
    ok: bool
    note: str
    optional: bool = False
    key: str = ""
