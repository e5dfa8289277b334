"""The one command line: `python -m precompute COMMAND`.

Exit codes: 0 all done, 75 some left (the same command goes on), 64 wrong use, 65 bad data, 70 bug.
"""

import os

# Before anything could load torch: with spinning OpenMP threads on busy cores eigenvalues take
# 10–59 times as long; several processes of one thread are the way to use several cores.
os.environ.update(
    OMP_NUM_THREADS="1",
    OPENBLAS_NUM_THREADS="1",
    MKL_NUM_THREADS="1",
    OMP_WAIT_POLICY="PASSIVE",
    GOMP_SPINCOUNT="0",
)

import signal

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until `main` can answer: end without a traceback

import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer

from ired_interp_core.errors import Refusal
from precompute import storage
from precompute.exits import BAD_DATA, BUG, DONE, SOME_LEFT, USAGE, Later, Usage

app = typer.Typer(
    help="Compute, keep and check what the app shows.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

UsageError: Any = typer.BadParameter.__base__
"""Every mistake on the command line; typer gives it no public name."""

TYPER_INTERRUPTED = 130
"""What typer makes of Ctrl-C inside a command."""

INTERRUPTED = "interrupted; the same command goes on from here"


def _folder(text: str) -> Path:
    """A store as typed; `--store "$UNSET"` must not become the present folder."""  # noqa: DOC201, DOC501
    if not text.strip() or "\0" in text:
        raise typer.BadParameter(f"{text!r} is no folder; the present one is spelled .")
    return Path(text)


Store = Annotated[
    Path,
    typer.Option("--store", parser=_folder, metavar="DIR", help="Folder that keeps the results."),
]
SweepFile = Annotated[Path, typer.Argument(metavar="SWEEP.toml", help="What to compute.")]


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
    """Compute what is missing of a sweep; safe to repeat."""  # noqa: DOC201
    from precompute import run as running

    return running.run(sweep, store, workers, collect_every)


@app.command("plan")
def plan(
    sweep: SweepFile,
    store: Store,
    out: Annotated[Path, typer.Option("--out", help="Manifest to write.")],
) -> int:
    """Write the missing work units as data, for `unit`."""  # noqa: DOC201
    from precompute import run as running

    return running.plan_only(sweep, store, out)


@app.command("unit")
def unit(
    manifest: Annotated[Path, typer.Argument(help="As `plan` writes it.")],
    index: Annotated[int, typer.Argument(help="Which unit, from 0.")],
) -> int:
    """Compute one unit of a manifest: what an element of a job array runs."""  # noqa: DOC201
    from precompute import commands

    return commands.unit(manifest, index)


@app.command("status")
def status(
    store: Store,
    run: Annotated[str | None, typer.Argument(metavar="RUN", help="Name of a run.")] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Again and again, until nothing is in the queue.")
    ] = False,
) -> int:
    """How far each run is, what the cluster does for it, and what failed."""  # noqa: DOC201
    from precompute import status as reporting

    return reporting.status(store, run, watch)


Submission = Annotated[
    Path, typer.Argument(metavar="SUBMISSION", help="Folder STORE/slurm/RUN-TIME-ID.")
]
Run = Annotated[str, typer.Argument(metavar="RUN", help="Name of a run.")]


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
    """Compute what is missing of a sweep on a Slurm cluster; safe to repeat."""  # noqa: DOC201
    from precompute import submit as submitting

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
    """Submit what is missing of what was submitted of a run, and nothing else."""  # noqa: DOC201
    from precompute import resubmit as resubmitting

    return resubmitting.resubmit(run, store, profile, allow_dirty)


@app.command("cancel")
def cancel(run: Run, store: Store) -> int:
    """Take a run's jobs out of the queue; what is computed stays."""  # noqa: DOC201
    from precompute import resubmit as resubmitting

    return resubmitting.cancel(run, store)


@app.command("element")
def element(
    submission: Submission,
    index: Annotated[
        int | None, typer.Argument(help="Which, from 0; default: SLURM_ARRAY_TASK_ID.")
    ] = None,
) -> int:
    """Do one element of a submission: what a job of the array runs."""  # noqa: DOC201
    from precompute import element as elements

    return elements.element(submission, index)


@app.command("reduce")
def reduce(submission: Submission) -> int:
    """Do what had to wait for the whole array, and report what is missing."""  # noqa: DOC201
    from precompute import reduce as reducing

    return reducing.reduce(submission)


@app.command("collect")
def collect(store: Store) -> int:
    """Build a catalog generation from the shards that are there."""  # noqa: DOC201
    from precompute import commands

    return commands.collect(store)


@app.command("verify")
def verify(store: Store) -> int:
    """Read every file of a store and compare it with its digest."""  # noqa: DOC201
    from precompute import commands

    return commands.verify(store)


@app.command("import-checkpoint")
def import_checkpoint(
    file: Annotated[Path, typer.Argument(metavar="FILE.pt", help="Checkpoint to read.")],
    out: Annotated[Path, typer.Option("--out", help="Safetensors file to write.")],
    weights: Annotated[str, typer.Option(help="ema or model.")] = "ema",
    task: Annotated[str, typer.Option(help="What it was trained on.")] = "",
) -> int:
    """Turn an official checkpoint into a safetensors file with a card."""  # noqa: DOC201
    from precompute import commands

    return commands.import_checkpoint(file, out, weights, task)


@app.command("export-dictionary")
def export_dictionary(
    question: Annotated[str, typer.Argument(metavar="KEY", help="Of a dictionary, or its begin.")],
    store: Store,
    out: Annotated[Path, typer.Option("--out", help="Folder to make.")],
) -> int:
    """Write a dictionary in the layout of SAELens."""  # noqa: DOC201
    from precompute import dictionaries

    return dictionaries.export(store, question, out)


@app.command("show-dictionary")
def show_dictionary(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="In the layout of SAELens.")],
) -> int:
    """Read a dictionary in the layout of SAELens, and say what it is."""  # noqa: DOC201
    from precompute import dictionaries

    return dictionaries.show(folder)


@app.command("export-tables")
def export_tables(
    store: Store,
    out: Annotated[Path, typer.Option("--out", metavar="FILE.nc", help="File to write.")],
) -> int:
    """Write every finished answer of `accuracy` into one netCDF."""  # noqa: DOC201
    from precompute import tables_export

    return tables_export.export(store, out)


def _one_size(text: str) -> int:
    """One matrix side; a list of them is refused with the reason."""  # noqa: DOC201, DOC501
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
        typer.Option("--out", parser=_folder, metavar="DIR", help="Folder of this training."),
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
    """Train a model, official recipe by default; the same command goes on after any end."""  # noqa: DOC201
    from precompute import train as training
    from precompute.train_mirror import mirror_for

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


@app.command("doctor")
def doctor(
    store: Annotated[
        Path | None, typer.Option("--store", parser=_folder, metavar="DIR", help="Folder to try.")
    ] = None,
) -> int:
    """Check the installation; one line each, with what to do."""  # noqa: DOC201
    from precompute import doctor as checks

    return checks.doctor(store)


def main(arguments: list[str] | None = None) -> int:
    """Run a command; every foreseen trouble is one line on stderr.

    Args:
        arguments: of the command line; the process's own when left out.

    Returns:
        Exit code.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    # Also where a shell started us with interrupts ignored, as it does for background jobs.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        code = typer.main.get_command(app).main(args=arguments, standalone_mode=False)
    except Usage as error:
        return _refuse(error, USAGE)
    except Later as error:
        return _refuse(error, SOME_LEFT)
    except Refusal as error:
        return _refuse(error, USAGE if storage.foreign(error) else BAD_DATA)
    except (KeyboardInterrupt, typer.Abort):
        return _refuse(INTERRUPTED, SOME_LEFT)
    except UsageError as error:
        return _refuse(_usage(error), USAGE)
    except BrokenPipeError:  # such as `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return SOME_LEFT
    except Exception as error:  # noqa: BLE001 - a bug: say so in one line, keep the rest
        place = storage.said(error)
        return _refuse(place, USAGE) if place else _bug(error)
    if code == TYPER_INTERRUPTED:
        return _refuse(INTERRUPTED, SOME_LEFT)
    return code if isinstance(code, int) else DONE


def _usage(error: Any) -> str:
    """A mistake on the command line, answered with what is known.

    Returns:
        One line; the help where nothing was asked.
    """
    message = error.format_message()
    if type(error).__name__ == "NoArgsIsHelpError":
        return message
    known = ""
    if message.startswith("No such command"):
        known = ", ".join(c.name or "" for c in app.registered_commands if c.name)
    elif message.startswith("No such option") and error.ctx is not None:
        known = ", ".join(o for p in error.ctx.command.params for o in p.opts if o[0] == "-")
    expected = f" · expected: {known}" if known else ""
    return " ".join(message.split()) + expected + " · next: python -m precompute --help"


def _refuse(error: object, code: int) -> int:
    print(f"precompute: {error}", file=sys.stderr, flush=True)
    return code


def _bug(error: Exception) -> int:
    """Keep the traceback in a file, for a report; the user sees one line.

    Returns:
        Exit code 70.
    """
    import tempfile

    where = ""
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="precompute-bug-", suffix=".txt", delete=False
        ) as file:
            traceback.print_exception(error, file=file)
            where = f" · traceback in {file.name}"
    except OSError:
        where = f" · at {traceback.extract_tb(error.__traceback__)[-1]}"
    text = " ".join(str(error).split())
    return _refuse(f"this is a bug: {type(error).__name__}: {text}{where}", BUG)


if __name__ == "__main__":
    sys.exit(main())
