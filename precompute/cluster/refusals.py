"""What Slurm's refusals mean: whether the same request may be heard later, or never will be."""

import re

REASON = re.compile(r"\b(?:QOS|Assoc|Grp|Max|Min|Submit|Partition|Reservation|Job)\w*[A-Z]\w*\b")
"""A reason by its name, such as QOSMaxWallDurationPerJobLimit; sbatch says it on a line of its own,
before the sentence that it says for every one of them."""

SUBMIT_LIMIT = re.compile(r"Submit(Job)?s?|MaxJobCount", re.IGNORECASE)
"""The only reasons that pass when other jobs have ended."""

PASSES = re.compile(
    r"job submit limit|max\w*submit|submit\w*limit|temporarily un(able|available)|MaxJobCount"
    r"|maximum number of jobs",
    re.IGNORECASE,
)
"""Sentences that may speak of a limit that passes, where no reason is named beside them."""

SILENCE = re.compile(
    r"timed out|timeout|unable to contact|contact slurm|connection (refused|reset|failure)"
    r"|zero bytes|communication|backup controller|unexpected message|in standby|plugin initializ",
    re.IGNORECASE,
)
"""Nobody knows whether the request was heard."""

_VERDICT = re.compile(r"(?:submission failed|allocation failure): (.*)")


def silent(said: str) -> bool:
    """Whether it is unclear that a request was heard; a verdict of Slurm's is read alone.

    Args:
        said: all that a command wrote to its standard error.

    Returns:
        False for a refusal, also one whose other lines speak of a time-out.
    """
    verdict = _VERDICT.search(said)
    return bool(SILENCE.search(verdict[1] if verdict else said))


def passes(said: str) -> bool:
    """Whether a refusal of sbatch passes when other jobs have ended.

    Sbatch spells every policy with one sentence, “(job submit limit, user's size and/or time
    limits)”. A reason that is named beside it decides; without one the sentence has to do.

    Args:
        said: all that sbatch wrote.

    Returns:
        False for a wall time, a size, an account or anything else that waiting does not change.
    """
    if reasons := REASON.findall(said):
        return any(SUBMIT_LIMIT.search(reason) for reason in reasons)
    return bool(PASSES.search(said))


def in_one_line(said: str) -> str:
    """All that a command said, without its name before each line.

    Returns:
        The lines, joined by slashes; each once.
    """
    lines = (re.sub(r"^\w+: (error|fatal): ", "", line.strip()) for line in said.splitlines())
    return " / ".join(dict.fromkeys(filter(None, lines)))
