"""The command that trains."""

from pathlib import Path
from typing import Annotated

import typer

from precompute.cli.options import app, folder


def _one_size(text: str) -> int:
    """One matrix side; a list of them is refused with the reason."""
    try:
        return int(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no integer. One n for all problems: the network's first layer has "
            "n_in + d columns, so that mixed sizes would be other networks"
        ) from None


@app.command("train")
def train(
    task: Annotated[str, typer.Option(help="inverse, addition or completion.")],
    out: Annotated[
        Path,
        typer.Option("--out", parser=folder, metavar="DIR", help="Folder of this training."),
    ],
    steps: Annotated[int, typer.Option(help="Updates.")] = 50_000,
    batch: Annotated[int, typer.Option(help="Problems an update.")] = 2048,
    size: Annotated[
        int | None, typer.Option(parser=_one_size, metavar="N", help="Matrix side, one; 20.")
    ] = None,
    width: Annotated[int | None, typer.Option(help="Hidden width; 512.")] = None,
    seed: Annotated[int, typer.Option(help="Of the first weights and the batches.")] = 0,
    negatives: Annotated[
        str, typer.Option(help="official, none, random, hard or adversarial.")
    ] = "official",
    bound: Annotated[
        str,
        typer.Option(
            help="Box of the negatives' steps: of the batch's first sample (official)"
            " for all, or each its own."
        ),
    ] = "first",
    rate: Annotated[float, typer.Option(help="Of Adam.")] = 1e-4,
    warm_up: Annotated[float, typer.Option(help="Share of the steps; official 0.")] = 0.0,
    decay: Annotated[float, typer.Option(help="Share of the steps; official 0.")] = 0.0,
    start: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Begin with its averaged weights."),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    threads: Annotated[int, typer.Option(min=1, max=1024, help="On a CPU.")] = 1,
    log_every: Annotated[int, typer.Option(min=1, help="Steps.")] = 100,
    evaluate_every: Annotated[
        int, typer.Option(min=0, help="Steps, beside those of the series and the last.")
    ] = 5000,
    evaluate_problems: Annotated[
        int, typer.Option(min=1, max=100_000, help="Of each variant.")
    ] = 256,
    series: Annotated[
        int, typer.Option(min=0, max=100, help="Weights kept a decade of steps; 0: none.")
    ] = 4,
    save_minutes: Annotated[
        float, typer.Option(min=0.0, max=1e4, help="Between checkpoints.")
    ] = 5.0,
    compiled: Annotated[
        bool, typer.Option("--compile", help="Fuse the step: quicker after a minute.")
    ] = False,
    mirror: Annotated[
        str, typer.Option(help="Of the log, in DIR: tensorboard or wandb (offline).")
    ] = "none",
) -> int:
    """Train a model, official recipe by default; the same command goes on after any end."""
    from precompute.train import train as training
    from precompute.train.mirror import mirror_for

    recipe, model = training.recipe_of(
        start,
        {
            "task": task, "steps": steps, "batch": batch, "size": size, "width": width,
            "seed": seed, "negatives": negatives, "bound": bound, "rate": rate,
            "warm_up": warm_up, "decay": decay,
        },
    )  # fmt: skip
    on = training.device_named(device)
    how = training.How(
        on, threads, log_every, evaluate_every, evaluate_problems, series, save_minutes,
        compiled and training.compiler_for(on), mirror_for(mirror),
    )  # fmt: skip
    return training.train(out, recipe, how, model)
