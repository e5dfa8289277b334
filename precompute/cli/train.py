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
            f"{text!r} is not an integer. All problems have the same n: the first layer of "
            "the network has n_in + d columns, so another size needs another network"
        ) from None


@app.command("train")
def train(
    task: Annotated[str, typer.Option(help="Task: inverse, addition or completion.")],
    out: Annotated[
        Path,
        typer.Option("--out", parser=folder, metavar="DIR", help="Folder of this training."),
    ],
    steps: Annotated[int, typer.Option(help="Number of updates.")] = 50_000,
    batch: Annotated[int, typer.Option(help="Problems per update.")] = 2048,
    size: Annotated[
        int | None, typer.Option(parser=_one_size, metavar="N", help="Matrix side n; default: 20.")
    ] = None,
    width: Annotated[int | None, typer.Option(help="Hidden width; default: 512.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the initial weights and the batches.")] = 0,
    negatives: Annotated[
        str,
        typer.Option(help="Way of making negatives: official, none, random, hard or adversarial."),
    ] = "official",
    bound: Annotated[
        str,
        typer.Option(
            help="Box ±c of the inner steps for negatives: first (that of the first sample of the"
            " batch for all, official) or own (of each sample)."
        ),
    ] = "first",
    rate: Annotated[float, typer.Option(help="Learning rate of Adam.")] = 1e-4,
    warm_up: Annotated[
        float, typer.Option(help="Share of the steps in which the rate rises; official: 0.")
    ] = 0.0,
    decay: Annotated[
        float, typer.Option(help="Share of the steps in which the rate falls; official: 0.")
    ] = 0.0,
    start: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FILE", help="Model whose averaged weights the training starts from."
        ),
    ] = None,
    device: Annotated[str, typer.Option(help="Device: auto, cpu, cuda or cuda:N.")] = "auto",
    threads: Annotated[int, typer.Option(min=1, max=1024, help="Number of threads on a CPU.")] = 1,
    log_every: Annotated[
        int, typer.Option(min=1, help="Steps between two entries of the log.")
    ] = 100,
    evaluate_every: Annotated[
        int,
        typer.Option(
            min=0,
            help="Steps between evaluations; kept steps and the last one are evaluated, too.",
        ),
    ] = 5000,
    evaluate_problems: Annotated[
        int, typer.Option(min=1, max=100_000, help="Problems of each variant in an evaluation.")
    ] = 256,
    series: Annotated[
        int, typer.Option(min=0, max=100, help="Models kept per decade of steps; 0: none.")
    ] = 4,
    save_minutes: Annotated[
        float, typer.Option(min=0.0, max=1e4, help="Minutes between two checkpoints.")
    ] = 5.0,
    compiled: Annotated[
        bool, typer.Option("--compile", help="Compile the step: faster after a minute.")
    ] = False,
    mirror: Annotated[
        str, typer.Option(help="Copy of the log in DIR: tensorboard or wandb (offline).")
    ] = "none",
) -> int:
    """Train a model, by default with the official recipe; repeat the command to continue."""
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
