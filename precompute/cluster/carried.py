"""The code of adapters that a submission carries along: jobs work in the packed commit alone."""

from collections.abc import Iterable

from ired_interp_core import adapter_source
from precompute.plan.models import ModelRef


def files(models: Iterable[ModelRef]) -> dict[str, bytes]:
    """What lies beside the packed code.

    Args:
        models: of the plan.

    Returns:
        Path below the code → bytes.
    """
    found: dict[str, bytes] = {}
    for adapter in _adapters(models):
        found |= adapter_source.source(adapter).files
    return found


def imports(models: Iterable[ModelRef]) -> str:
    """Python that imports every adapter where it runs, and fails where it is other code than here.

    Args:
        models: of the plan.

    Returns:
        Lines; none without adapters.
    """
    lines = ["from ired_interp_core import adapter_source as a"]
    for adapter in (adapters := _adapters(models)):
        digest = adapter_source.source(adapter).digest
        lines += [
            f"code = a.source({adapter!r})",
            f"assert code.digest == {digest!r}, 'adapter {adapter} is other code there'",
            f"a.imported({adapter!r}, code)",
        ]
    return "\n".join([*lines, ""]) if adapters else ""


def _adapters(models: Iterable[ModelRef]) -> list[str]:
    return list(dict.fromkeys(m.adapter for m in models if m.adapter))
