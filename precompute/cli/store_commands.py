"""Commands on stores and on files to and from them; and on the installation."""

from pathlib import Path
from typing import Annotated

import typer

from precompute.cli.options import AllowCode, Store, app, folder


@app.command("collect")
def collect(store: Store) -> int:
    """Build a new generation of the catalog from the shards in the store."""
    from precompute.cli import short as commands

    return commands.collect(store)


@app.command("verify")
def verify(store: Store) -> int:
    """Read every file of a store and compare it with its digest."""
    from precompute.cli import short as commands

    return commands.verify(store)


@app.command("import-checkpoint")
def import_checkpoint(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Checkpoint: official, or the tensors alone.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Safetensors file to write.")],
    weights: Annotated[
        str, typer.Option(help="Weights to import: ema (averaged) or model.")
    ] = "ema",
    task: Annotated[
        str, typer.Option(help="Task of the model: inverse, addition or completion.")
    ] = "",
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Import it although a look at its answers is odd.")
    ] = False,
) -> int:
    """Turn a checkpoint into a safetensors file with a card, after a look at its answers."""
    from precompute.cli import importing

    code = importing.import_checkpoint(file, out, weights, task, confirm)
    importing.say_shipped(out)
    return code


@app.command("export-dictionary")
def export_dictionary(
    question: Annotated[
        str, typer.Argument(metavar="KEY", help="Key of a dictionary, or its first digits.")
    ],
    store: Store,
    out: Annotated[Path, typer.Option("--out", help="Folder to create.")],
) -> int:
    """Write a dictionary in the layout of SAELens."""
    from precompute.exports import dictionaries

    return dictionaries.export(store, question, out)


@app.command("show-dictionary")
def show_dictionary(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder in the layout of SAELens.")
    ],
) -> int:
    """Read a dictionary in the layout of SAELens, and describe it."""
    from precompute.exports import dictionaries

    return dictionaries.show(folder)


@app.command("export-tables")
def export_tables(
    store: Store,
    out: Annotated[Path, typer.Option("--out", metavar="FILE.nc", help="File to write.")],
) -> int:
    """Write all finished answers of `accuracy` to one netCDF file."""
    from precompute.exports import tables as tables_export

    return tables_export.export(store, out)


@app.command("export-probes")
def export_probes(
    question: Annotated[
        str,
        typer.Argument(
            metavar="KEY", help="Key of probes or of failure_prediction, or its first digits."
        ),
    ],
    store: Store,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="File to write: .nc or .parquet.")
    ],
    inputs: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            metavar="NAME",
            help="Input whose features are written: x, xy, h1, h2, h3,"
            " gradient or codes; may be repeated. Default: every one that was read.",
        ),
    ] = None,
    levels: Annotated[
        list[int] | None,
        typer.Option(
            "--level", min=0, max=9, metavar="T", help="Level; may be repeated. Default: all ten."
        ),
    ] = None,
) -> int:
    """Write features, labels, folds, confounds and predictions of probes to one file."""
    from precompute.exports import probes

    return probes.export(store, question, out, inputs or (), levels or ())


@app.command("app", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def open_app(
    context: typer.Context,
    store: Store,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the app.")] = 8501,
    host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Name to answer to beside localhost; may be repeated."),
    ] = None,
    allow_code: AllowCode = False,
) -> None:
    """Open the app on a store; further options go to `streamlit run`."""
    from precompute.cli import open_app as opening

    opening.open_app(store, port, host or (), context.args)


@app.command("doctor")
def doctor(
    store: Annotated[
        Path | None,
        typer.Option(
            "--store", parser=folder, metavar="DIR", help="Store whose file system is tested, too."
        ),
    ] = None,
    self_test: Annotated[
        bool,
        typer.Option("--self-test", help="Have each part do its smallest real work, too."),
    ] = False,
) -> int:
    """Check the installation, one line per check, with the remedy."""
    from precompute.cli import doctor as checks

    return checks.doctor(store, self_test)
