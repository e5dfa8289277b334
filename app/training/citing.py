"""Where numbers along training come from: citation, lines of Python, a sweep."""

import html
from collections.abc import Sequence
from pathlib import PurePath

import pandas as pd
import plotly.graph_objects as go

from app.shared.address import address as links
from app.shared.asks import commands, reading, series, toml
from app.shared.page.contract import Drawn, Source
from app.shared.table.quantities import Quantity
from app.training import quantities
from app.training.scene import Scene, labelled
from ired_interp_core.spelling import counted
from store import QuestionInfo, Series, shell

FLAGS = ("task", "size", "width", "steps", "batch", "seed", "negatives", "bound", "rate",
         "warm_up", "decay")  # fmt: skip
"""What of a recipe the command line takes by the same name."""


def folder(scene: Scene, one: Series) -> str:
    """The folder of a training, as a run has named it; "DIR" where none does."""
    members = {digest for _, digest in one.models}
    own = {d for d in members if len(series.steps_of(scene.store, d)) == 1}
    for record in reading.runs(scene.store):
        for digest, known in record.get("models", {}).items():
            path = PurePath(str(known.get("checkpoint", "")))
            if digest in own and path.parent.name == "series":
                return str(path.parent.parent)
    return "DIR"


def drawn(
    scene: Scene, figure: go.Figure, table: pd.DataFrame, questions: Sequence[QuestionInfo],
    python: str, note: str, caption: str = "", long: str = "",
) -> Drawn:  # fmt: skip
    """A panel of answers along the training, with where they come from."""
    once = list({question.key: question for question in questions}.values())
    return Drawn(
        figure, labelled(table), [Source(question) for question in once], note, caption, long,
        python, command(scene, once[0]), citation(scene, once),
    )  # fmt: skip


def citation(scene: Scene, questions: Sequence[QuestionInfo]) -> str:
    """Name where numbers come from: series, analyses, how many answers, generation."""
    names = ", ".join(f"{links.plain(name)} {one.id[:8]}" for name, one in _named(scene))
    analyses = ", ".join(dict.fromkeys(q.analysis for q in questions))
    about = f", {analyses} of {counted(len(questions), 'model')}" if questions else ""
    return f"ired-interp, series {names}{about} · generation {scene.store.generation}"


def _named(scene: Scene) -> list[tuple[str, Series]]:
    """Series with the names that figures and files give them."""
    return list(zip(map(html.unescape, scene.names), scene.chosen, strict=True))


def logs(scene: Scene) -> str:
    """The lines that load the logs of the trainings."""
    names = {one.id: name for name, one in _named(scene)}  # two may have one name in the store
    return (
        f"{commands.opening(scene.store)}"
        f"names = {names!r}\n"
        "logs = {names[one.id]: one.log for one in s.series() if one.id in names}\n"
    )


def python(
    scene: Scene, questions: Sequence[QuestionInfo], variables: Sequence[str],
    problems: Sequence[int],
) -> str:  # fmt: skip
    """The lines that load answers about every step.

    Args:
        scene: everything.
        questions: behind the panel.
        variables: of them.
        problems: that are drawn.

    Returns:
        Python source.
    """
    only = f", problems={list(map(int, problems))}"
    return (
        f"{commands.opening(scene.store)}{asked_of(scene, questions)}"
        "data = {\n"
        f'    at: s.read("{questions[0].analysis}", question=key{only},'
        f" variables={list(variables)})\n"
        "    for at, key in questions.items()\n}\n"
    )


def selection(
    scene: Scene, questions: Sequence[QuestionInfo], quantity: Quantity, level: int, place: str
) -> str:
    """The lines that ask the catalog for a quantity at every step."""
    keys = sorted({q.key for q in questions})
    asked = quantities.select(quantity, keys, level, place)
    text = commands.python_sql(scene.store, *asked)
    return text + asked_of(scene, questions)


def asked_of(scene: Scene, questions: Sequence[QuestionInfo]) -> str:
    """Lines that name the question about every step; two trainings of one seed share the first."""
    by_model = {q.model: q.key for q in questions}
    listed = [
        f"    ({name!r}, {step}): {by_model[digest]!r},\n"
        for name, one in _named(scene)
        for step, digest in one.models
        if digest in by_model
    ]
    return "questions = {  # (series, step): key\n" + "".join(listed) + "}\n"


def trainings(scene: Scene) -> str:
    """Shell lines that train the series anew."""
    return "".join(_train(scene, one) for one in scene.chosen)


def command(scene: Scene, question: QuestionInfo) -> str:
    """A sweep over the series that asks a question of every step, and the command that runs it."""
    models: list[str] = []
    for one in scene.chosen:
        kept = toml.entry("series", folder(scene, one))
        models += ["[[models]]", kept, toml.entry("name", one.name), ""]
    return commands.command(scene.store, question, models=models)


def _train(scene: Scene, one: Series) -> str:
    flags: Sequence[str] = [
        word
        for name in FLAGS
        if name in one.recipe
        for word in (f"--{name.replace('_', '-')}", str(one.recipe[name]))
    ]
    words = ["python", "-m", "precompute", "train", *flags, "--out", folder(scene, one)]
    start = "  # and --from FILE: it did not begin with random weights" if one.recipe.get(
        "start") else ""  # fmt: skip
    return shell.line(*words) + start + "\n"
