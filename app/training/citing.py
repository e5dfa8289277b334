"""How a reader takes a figure along training along: citation, lines of Python, a sweep."""

import html
import json
import shlex
from collections.abc import Sequence
from pathlib import PurePath

from app.shared.address import address as links
from app.shared.asks import reading, series
from app.shared.page import foot as citing
from app.training import arrays as series_arrays
from app.training import quantities as series_quantities
from app.training.scene import Drawn, Scene
from store import Series

FLAGS = ("task", "size", "width", "steps", "batch", "seed", "negatives", "bound", "rate",
         "warm_up", "decay")  # fmt: skip
"""What of a recipe the command line takes by the same name."""


def folder(scene: Scene, one: Series) -> str:
    """The folder of a training, as a run has named it.

    Args:
        scene: everything.
        one: the training.

    Returns:
        Its path; "DIR" where no run names it.
    """
    members = {digest for _, digest in one.models}
    own = {d for d in members if len(series.steps_of(scene.s, d)) == 1}
    for record in reading.runs(scene.s):
        for digest, known in record.get("models", {}).items():
            path = PurePath(str(known.get("checkpoint", "")))
            if digest in own and path.parent.name == "series":
                return str(path.parent.parent)
    return "DIR"


def citation(scene: Scene, drawn: Drawn) -> str:
    """Name where numbers come from.

    Args:
        scene: everything.
        drawn: the panel.

    Returns:
        Series, analyses, how many answers, generation.
    """
    names = ", ".join(f"{links.literal(name)} {one.id[:8]}" for name, one in _named(scene))
    what = ", ".join(dict.fromkeys(q.analysis for q in drawn.questions))
    many = len({q.key for q in drawn.questions})
    about = f", {what} of {many} models" if many else ""
    return f"ired-interp, series {names}{about} · generation {scene.s.generation}"


def _named(scene: Scene) -> list[tuple[str, Series]]:
    """Series with the names that figures and files give them."""
    return list(zip(map(html.unescape, scene.names), scene.chosen, strict=True))


def python(scene: Scene, name: str, drawn: Drawn) -> str:
    """The lines that load this very data.

    Args:
        scene: everything.
        name: of the panel.
        drawn: the panel.

    Returns:
        Python source.
    """
    opened = f"import store\n\ns = store.open({str(scene.s.root.resolve())!r})\n"
    if name == "curves":
        names = {one.id: name for name, one in _named(scene)}  # two may have one name in the store
        logs = "logs = {names[one.id]: one.log for one in s.series() if one.id in names}\n"
        return f"{opened}names = {names!r}\n{logs}"
    by_model = {q.model: q.key for q in drawn.questions}
    listed = [
        f"    ({name!r}, {step}): {by_model[digest]!r},\n"
        for name, one in _named(scene)
        for step, digest in one.models
        if digest in by_model
    ]
    # Two trainings of one seed share the question about their untrained weights.
    asked_of = "questions = {  # (series, step): key\n" + "".join(listed) + "}\n"
    if name == "quantity" and scene.problems is not None:
        known = series_quantities.quantities(scene.s, scene.chosen, scene.problems)
        what = known[scene.address["quantity"]]
        asked = series_quantities.select(
            what, sorted(by_model.values()), scene.address["level"], scene.address["place"]
        )
        return citing.python_sql(scene.s, asked.sql, asked.params) + asked_of
    analysis = drawn.questions[0].analysis
    problems = f", problems=[{scene.address['problem']}]" if name == "planes" else ""
    if name == "spectra":  # those alone that are drawn: the spectra of all may fill a memory
        shown = series_arrays.common(drawn.questions)[: series_arrays.SPECTRA]
        problems = f", problems={shown.tolist()}"
    return (
        f"{opened}{asked_of}data = {{\n"
        f'    at: s.read("{analysis}", question=key{problems}, variables={list(drawn.variables)})\n'
        "    for at, key in questions.items()\n}\n"
    )


def command(scene: Scene, name: str, drawn: Drawn) -> str:
    """Shell lines that compute what a panel shows.

    Args:
        scene: everything.
        name: of the panel.
        drawn: the panel.

    Returns:
        The trainings, or a sweep over the series and the command that runs it.
    """
    if name == "curves":
        return "".join(_train(scene, one) for one in scene.chosen)
    text = citing.command(scene.s, drawn.questions[0])
    lines = text.splitlines(keepends=True)
    at = next((i for i, line in enumerate(lines) if line.startswith("checkpoint = ")), None)
    if at is None:
        return text
    # TOML spells texts as JSON does.
    models = [f"[[models]]\nseries = {json.dumps(folder(scene, one))}\n"
              f"name = {json.dumps(one.name)}\n\n" for one in scene.chosen]  # fmt: skip
    return "".join([*lines[: at - 1], *models, *lines[at + 2 :]])


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
    return shlex.join(words) + start + "\n"
