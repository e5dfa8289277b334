"""Commands that answer live: one question, or a server of them."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from precompute.cli.options import AllowCode, Store, app, folder

LiveFolder = Annotated[
    Path | None,
    typer.Option("--live", parser=folder, metavar="DIR",
                 help="Folder of the live answers; default: live in the store."),
]  # fmt: skip


@app.command("ask")
def ask(
    analysis: Annotated[str, typer.Argument(metavar="ANALYSIS", help="Name of the analysis.")],
    store: Store,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME=VALUE]...", help="Parameters.")
    ] = None,
    model: Annotated[
        str,
        typer.Option(help="Digest of a model in the store, its beginning, or a checkpoint file."),
    ] = "",
    task: Annotated[str, typer.Option(help="Task; default: the model's.")] = "",
    variant: Annotated[str, typer.Option(help="same, harder, or an order: rank5.")] = "same",
    size: Annotated[int, typer.Option(min=0, max=256, help="Side n; default: the model's.")] = 0,
    seed: Annotated[int, typer.Option(help="Seed of the problem set.")] = 0,
    problem: Annotated[int, typer.Option(help="Index of the problem, from 0.")] = 0,
    x: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Problems of one's own: CSV, text, .npy, .npz or .mat; "
            "or the digest of some that the store keeps.",
        ),
    ] = None,
    given: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A parameter.")
    ] = None,
    inputs: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="ROLE=KEY", help="The answer that is read in a role."),
    ] = None,
    form: Annotated[str, typer.Option("--format", help="json, netcdf, or key alone.")] = "json",
    out: Annotated[Path | None, typer.Option(help="File to write; default: the output.")] = None,
    live: LiveFolder = None,
    allow_code: AllowCode = False,
) -> int:
    """Answer one question about one problem, and keep the answer among the live ones."""
    from precompute.serve import command

    pairs = [*(words or []), *(given or [])]
    subject: dict[str, Any] = {
        "model": model, "task": task, "variant": variant, "size": size, "seed": seed,
        "problem": problem, "x": x,
    }  # fmt: skip
    return command.ask(store, live, analysis, subject, pairs, inputs or [], form, out)


def _free_cores() -> int:
    """Workers: a second one where a core is free beside the app and the first."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return 2 if (cores or 1) > 2 else 1


@app.command("serve")
def serve(
    store: Store,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Worker processes; default: 1, or 2 on 3 cores.")
    ] = _free_cores(),
    seconds: Annotated[
        float, typer.Option(min=0.1, max=86400.0, help="Most seconds of one answer.")
    ] = 60.0,
    memory: Annotated[
        float, typer.Option(min=0.01, max=1024.0, help="Most GiB of one answer.")
    ] = 2.0,
    budget: Annotated[
        float, typer.Option(min=0.1, max=1e6, help="Seconds of computing a session and hour.")
    ] = 600.0,
    live: LiveFolder = None,
    allow_code: AllowCode = False,
) -> int:
    """Answer live questions, one JSON object a line, for the app that starts it."""
    from precompute.serve import command

    return command.serve(store, live, workers, seconds, memory, budget)
