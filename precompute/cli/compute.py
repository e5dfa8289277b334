"""Commands that compute a sweep: here, or on a cluster."""

import os
from pathlib import Path
from typing import Annotated

import typer

from precompute.cli.options import Store, SweepFile, app

Submission = Annotated[
    Path, typer.Argument(metavar="SUBMISSION", help="Folder STORE/slurm/RUN-TIME-ID.")
]
Run = Annotated[str, typer.Argument(metavar="RUN", help="Name of a run.")]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@app.command("run")
def run(
    sweep: SweepFile,
    store: Store,
    workers: Annotated[
        int, typer.Option(min=1, max=1024, help="Worker processes; default: one per core.")
    ] = _cores(),
    collect_every: Annotated[
        float, typer.Option(min=1.0, max=86400.0, help="Seconds between catalog generations.")
    ] = 120.0,
) -> int:
    """Compute what is missing of a sweep; safe to repeat."""
    from precompute.work import run as running

    return running.run(sweep, store, workers, collect_every)


@app.command("plan")
def plan(
    sweep: SweepFile,
    store: Store,
    out: Annotated[Path, typer.Option("--out", help="Manifest to write.")],
) -> int:
    """Write the missing work units as data, for `unit`."""
    from precompute.work import run as running

    return running.plan_only(sweep, store, out)


@app.command("unit")
def unit(
    manifest: Annotated[Path, typer.Argument(help="As `plan` writes it.")],
    index: Annotated[int, typer.Argument(help="Which unit, from 0.")],
) -> int:
    """Compute one unit of a manifest: what an element of a job array runs."""
    from precompute.cli import short as commands

    return commands.unit(manifest, index)


@app.command("status")
def status(
    store: Store,
    run: Annotated[str | None, typer.Argument(metavar="RUN", help="Name of a run.")] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Again and again, until nothing is in the queue.")
    ] = False,
) -> int:
    """How far each run is, what the cluster does for it, and what failed."""
    from precompute.cluster import status as reporting

    return reporting.status(store, run, watch)


@app.command("submit")
def submit(
    sweep: SweepFile,
    store: Store,
    profile: Annotated[
        str, typer.Option(help="Name of one in slurm/profiles, or a path to a TOML file.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print checks, commands and scripts; do nothing.")
    ] = False,
    allow_dirty: Annotated[
        bool, typer.Option("--allow-dirty", help="Take uncommitted changes along; mark results.")
    ] = False,
) -> int:
    """Compute what is missing of a sweep on a Slurm cluster; safe to repeat."""
    from precompute.cluster import submit as submitting

    return submitting.submit(sweep, store, profile, dry_run, allow_dirty)


@app.command("resubmit")
def resubmit(
    run: Run,
    store: Store,
    profile: Annotated[
        str, typer.Option(help="Another one than that of the last submission.")
    ] = "",
    allow_dirty: Annotated[
        bool, typer.Option("--allow-dirty", help="Take uncommitted changes along; mark results.")
    ] = False,
) -> int:
    """Submit what is missing of what was submitted of a run, and nothing else."""
    from precompute.cluster import resubmit as resubmitting

    return resubmitting.resubmit(run, store, profile, allow_dirty)


@app.command("cancel")
def cancel(run: Run, store: Store) -> int:
    """Take a run's jobs out of the queue; what is computed stays."""
    from precompute.cluster import resubmit as resubmitting

    return resubmitting.cancel(run, store)


@app.command("element")
def element(
    submission: Submission,
    index: Annotated[
        int | None, typer.Argument(help="Which, from 0; default: SLURM_ARRAY_TASK_ID.")
    ] = None,
) -> int:
    """Do one element of a submission: what a job of the array runs."""
    from precompute.cluster import element as elements

    return elements.element(submission, index)


@app.command("reduce")
def reduce(submission: Submission) -> int:
    """Do what had to wait for the whole array, and report what is missing."""
    from precompute.cluster import reduce as reducing

    return reducing.reduce(submission)
