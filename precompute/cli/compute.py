"""Commands that compute a sweep: here, or on a cluster."""

import os
from pathlib import Path
from typing import Annotated

import typer

from precompute.cli.options import AllowCode, Store, SweepFile, app

Submission = Annotated[
    Path,
    typer.Argument(metavar="SUBMISSION", help="Folder of a submission, STORE/slurm/RUN-TIME-ID."),
]
Overrule = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CHECK", help="Go on although this check fails; a failing check names its word."
    ),
]
Run = Annotated[str, typer.Argument(metavar="RUN", help="Name of a run.")]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@app.command("run")
def run(
    sweep: SweepFile,
    store: Store,
    workers: Annotated[
        int,
        typer.Option(min=1, max=1024, help="Number of worker processes; default: one per core."),
    ] = _cores(),
    collect_every: Annotated[
        float,
        typer.Option(min=1.0, max=86400.0, help="Seconds between two generations of the catalog."),
    ] = 120.0,
    with_app: Annotated[
        bool,
        typer.Option(
            "--app", help="Open the app on the way, and keep it until a Ctrl-C, which ends both."
        ),
    ] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the app, for --app.")] = 8501,
    allow_code: AllowCode = False,
) -> int:
    """Compute the missing answers of a sweep; safe to repeat."""
    from precompute.work import run as running

    return running.run(sweep, store, workers, collect_every, port=port if with_app else None)


@app.command("plan")
def plan(
    sweep: SweepFile,
    store: Store,
    out: Annotated[Path, typer.Option("--out", help="Manifest file to write.")],
    allow_code: AllowCode = False,
) -> int:
    """Write the missing units of a sweep to a manifest, for `unit`."""
    from precompute.work import run as running

    return running.plan_only(sweep, store, out)


@app.command("unit")
def unit(
    manifest: Annotated[Path, typer.Argument(help="Manifest that `plan` wrote.")],
    index: Annotated[int, typer.Argument(help="Index of the unit, from 0.")],
    allow_code: AllowCode = False,
) -> int:
    """Compute one unit of a manifest."""
    from precompute.cli import short as commands

    return commands.unit(manifest, index)


@app.command("status")
def status(
    store: Store,
    run: Annotated[str | None, typer.Argument(metavar="RUN", help="Name of a run.")] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Repeat until nothing is left in the queue.")
    ] = False,
) -> int:
    """Show the progress of each run, its state on the cluster, and its failures."""
    from precompute.cluster import status as reporting

    return reporting.status(store, run, watch)


@app.command("submit")
def submit(
    sweep: SweepFile,
    store: Store,
    profile: Annotated[
        str, typer.Option(help="Name of a profile in slurm/profiles, or path of a TOML file.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print checks, commands and scripts; submit nothing.")
    ] = False,
    allow_dirty: Annotated[
        bool,
        typer.Option("--allow-dirty", help="Include uncommitted changes, and mark the results."),
    ] = False,
    allow_code: AllowCode = False,
    overrule: Overrule = None,
    scheduler: Annotated[
        str,
        typer.Option(help="slurm, or one for which a script is written: pbs, sge, lsf, k8s, none."),
    ] = "slurm",
) -> int:
    """Compute the missing answers of a sweep on a Slurm cluster; safe to repeat."""
    from precompute.cluster import submit as submitting

    return submitting.submit(sweep, store, profile, dry_run, allow_dirty, overrule or (), scheduler)


@app.command("resubmit")
def resubmit(
    run: Run,
    store: Store,
    profile: Annotated[
        str, typer.Option(help="A profile other than that of the last submission.")
    ] = "",
    allow_dirty: Annotated[
        bool,
        typer.Option("--allow-dirty", help="Include uncommitted changes, and mark the results."),
    ] = False,
    allow_code: AllowCode = False,
    overrule: Overrule = None,
) -> int:
    """Resubmit the unfinished units of a run."""
    from precompute.cluster import resubmit as resubmitting

    return resubmitting.resubmit(run, store, profile, allow_dirty, overrule or ())


@app.command("cancel")
def cancel(run: Run, store: Store) -> int:
    """Remove the jobs of a run from the queue; finished answers stay."""
    from precompute.cluster import resubmit as resubmitting

    return resubmitting.cancel(run, store)


@app.command("element")
def element(
    submission: Submission,
    index: Annotated[
        int | None,
        typer.Argument(help="Index of the element, from 0; default: SLURM_ARRAY_TASK_ID."),
    ] = None,
    allow_code: AllowCode = False,
) -> int:
    """Compute one element of a submission, as a job of the array does."""
    from precompute.cluster import element as elements

    return elements.element(submission, index)


@app.command("reduce")
def reduce(submission: Submission, allow_code: AllowCode = False) -> int:
    """Compute what had to wait for the whole array, and report what is missing."""
    from precompute.cluster import reduce as reducing

    return reducing.reduce(submission)
