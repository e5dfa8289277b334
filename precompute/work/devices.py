"""The arithmetic's device: exact products on every one, and what to do when its memory is full."""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.loading import load
from ired_interp_core.records import Block
from ired_interp_core.registry import Analysis
from precompute.ground import provenance

PRECISION = "highest"
"""Of float32 products: TF32 keeps 10 bits of the mantissa, too few for curvature."""


def set_up() -> None:
    """One thread, and float32 products that are float32 products; once per process is enough."""
    load("torch")
    import torch

    torch.set_num_threads(provenance.THREADS)
    torch.set_float32_matmul_precision(PRECISION)
    torch.backends.cudnn.allow_tf32 = False


def visible_gpus() -> list[str]:
    """The GPUs that this process was given, by the names by which CUDA_VISIBLE_DEVICES has them.

    Returns:
        Such as ["0", "1"] or UUIDs; none where torch sees none.
    """
    import torch

    count = torch.cuda.device_count()
    given = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    named = [word.strip() for word in given.split(",") if word.strip()]
    return (named or [str(i) for i in range(count)])[:count]


def facts(device: str) -> dict[str, Any]:
    """What provenance says about a device.

    Returns:
        Precision of float32 products; the name of a GPU.
    """
    stated = {"float32_matmul": f"{PRECISION}, no TF32"}
    if device == "cpu":
        return stated
    import torch

    return {**stated, "device_name": torch.cuda.get_device_name(device)}


def where(device: str) -> dict[str, Any]:
    """What the record of a failure says about where it happened; never fails itself.

    Returns:
        The device; of a GPU its name and its memory, free and in all, in bytes.
    """
    found: dict[str, Any] = {"device": device}
    if device != "cpu":
        try:
            import torch

            free, total = torch.cuda.mem_get_info(device)
            found |= {"device_name": torch.cuda.get_device_name(device),
                      "memory_free": free, "memory": total}  # fmt: skip
        except Exception as error:  # noqa: BLE001 - a broken device is what may have failed
            found["device_name"] = f"unknown: {type(error).__name__}"
    return found


def run(analysis: Analysis, block: Block, parameters: Mapping[str, Any]) -> tuple[xr.Dataset, int]:
    """Compute a block; where its memory does not suffice, once more in two halves.

    An answer depends on its question alone, whatever block it was computed in, so that the halves
    give the same numbers.

    Args:
        analysis: of the block.
        block: rows and inputs.
        parameters: every declared parameter.

    Returns:
        The checked result, and in how many pieces it was computed.
    """
    try:
        return analysis.run(block, parameters), 1
    except Exception as error:
        if not out_of_memory(error) or block.count < 2:
            raise
    # Past the `except`, because the traceback keeps the tensors of the attempt alive.
    _release(block.device)
    half = block.count // 2
    parts = []
    for low, high in ((0, half), (half, block.count)):
        parts.append(analysis.run(_rows(block, low, high), parameters))
        _release(block.device)
    joined = xr.concat(
        parts, dim="problem", data_vars="minimal", coords="minimal", compat="equals", join="exact"
    )
    return joined, len(parts)


def _rows(block: Block, low: int, high: int) -> Block:
    return dataclasses.replace(
        block,
        start=block.start + low,
        x=block.x[low:high],
        y=block.y[low:high],
        upstream={
            role: answer.isel(problem=slice(low, high)) for role, answer in block.upstream.items()
        },
    )


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that a device's memory is full, told without loading torch.

    Returns:
        True for torch's OutOfMemoryError.
    """
    return any(
        kind.__name__ == "OutOfMemoryError" and kind.__module__.startswith("torch")
        for kind in type(error).__mro__
    )


def _release(device: str) -> None:
    """Give cached memory back to the device."""
    if device != "cpu":
        import torch

        torch.cuda.empty_cache()
