"""Where everything lies in a store: the only place that spells a path.

    models/<digest>/            weights.safetensors, model.json
    problems/<digest>.json      which set of problems a digest stands for
    results/<analysis>/<key>/   question.json · 000000-000064.h5, .json, .failed.json
    unfinished/<analysis>/<key>/  checkpoints of long computations under way
    runs/<name>.json            which questions a sweep asked
    runs/<name>.now             how far a run is that is under way
    trainings/<name>/           what a sweep trains, as `train --out` makes it
    series/<id>.json            which models a training went through, and its log
    catalog/<generation>.duckdb · catalog/CURRENT
    notes/<time>-<id>.json
    live/results/<analysis>/<key>/   answers asked live, as above, and .kept of those that stay
    live/problems/<digest>.x.json    problems of one's own: the matrices of a set
    live/speed/<host>.json           how fast a machine is
    slurm/<run>-<time>-<id>/    submission.json, manifest.json, elements.json, elements/, logs/ …

Every function checks the words it puts into a path, so that no name leads out of the root.
"""

from os import PathLike
from pathlib import Path

from ired_interp_core.errors import Refusal
from store import naming

Root = str | PathLike[str]


def guard(root: Root, path: Path) -> Path:
    """Return a path below the root after checking that no symbolic link leads out of it."""
    base = Path(root).resolve()
    if not path.resolve().is_relative_to(base):
        raise Refusal(
            "path leads out of the store",
            where=str(path),
            came=str(path.resolve()),
            expected=f"a file below {base}",
            next_step="remove the symbolic link",
        )
    return path


def models(root: Root) -> Path:
    """Return the path of folder of all models."""
    return Path(root) / "models"


def model_card(root: Root, digest: str) -> Path:
    """Return the path of card of a model."""
    return models(root) / naming.check_digest(digest) / "model.json"


def model_weights(root: Root, digest: str) -> Path:
    """Return the path of weights of a model."""
    return models(root) / naming.check_digest(digest) / "weights.safetensors"


def problem_set(root: Root, digest: str) -> Path:
    """Return the path of record of a problem set."""
    return Path(root) / "problems" / f"{naming.check_digest(digest)}.json"


def contents(root: Root) -> Path:
    """Return the path of folder of all matrices that problem sets are made of."""
    return Path(root) / "problems"


def content(root: Root, digest: str) -> Path:
    """Return the path of the matrices that a problem set is made of."""
    return contents(root) / f"{naming.check_key(digest)}.x.json"


def results(root: Root) -> Path:
    """Return the path of folder of all answers."""
    return Path(root) / "results"


def question_folder(root: Root, analysis: str, key: str) -> Path:
    """Return the path of folder of one question's answer."""
    return results(root) / naming.check_analysis(analysis) / naming.check_key(key)


def question(root: Root, analysis: str, key: str) -> Path:
    """Return the path of the question itself."""
    return question_folder(root, analysis, key) / "question.json"


def shard(root: Root, analysis: str, key: str, start: int, stop: int) -> Path:
    """Return the path of arrays of problems [start, stop)."""
    return question_folder(root, analysis, key) / f"{naming.stem(start, stop)}.h5"


def side_file(root: Root, analysis: str, key: str, start: int, stop: int) -> Path:
    """Return the path of what is known about a shard: its sha256 and provenance."""
    return question_folder(root, analysis, key) / f"{naming.stem(start, stop)}.json"


def failure(root: Root, analysis: str, key: str, start: int, stop: int) -> Path:
    """Return the path of record of a unit that failed."""
    return question_folder(root, analysis, key) / f"{naming.stem(start, stop)}.failed.json"


def unfinished(root: Root, analysis: str, key: str) -> Path:
    """Return the path of folder of the checkpoints of a question that is being answered."""
    return Path(root) / "unfinished" / naming.check_analysis(analysis) / naming.check_key(key)


def runs(root: Root) -> Path:
    """Return the path of folder of run records."""
    return Path(root) / "runs"


def run(root: Root, name: str) -> Path:
    """Return the path of record of one run."""
    return runs(root) / f"{naming.check_run(name)}.json"


def running(root: Root, name: str) -> Path:
    """Return the path of what a run that is under way says of itself."""
    return runs(root) / f"{naming.check_run(name)}{naming.RUNNING}"


def training(root: Root, name: str) -> Path:
    """Return the path of folder of a training that a sweep asks for."""
    return Path(root) / "trainings" / naming.check_run(name, "name of a training")


def all_series(root: Root) -> Path:
    """Return the path of folder of all series."""
    return Path(root) / "series"


def series(root: Root, name: str) -> Path:
    """Return the path of record of one series."""
    return all_series(root) / f"{naming.check_series(name)}.json"


def catalog(root: Root) -> Path:
    """Return the path of folder of the catalog."""
    return Path(root) / "catalog"


def current(root: Root) -> Path:
    """Return the path of the file that names the catalog generation in force."""
    return catalog(root) / "CURRENT"


def generation(root: Root, name: str) -> Path:
    """Return the path of one generation of the catalog."""
    return catalog(root) / f"{naming.check_generation(name)}.duckdb"


def notes(root: Root) -> Path:
    """Return the path of folder of the notes."""
    return Path(root) / "notes"


def note(root: Root, name: str) -> Path:
    """Return the path of one note."""
    return notes(root) / f"{naming.check_note(name)}.json"


def live(root: Root) -> Path:
    """Return the path of folder of the answers asked live, which is the root of a small store."""
    return Path(root) / "live"


def kept(root: Root, analysis: str, key: str, start: int, stop: int) -> Path:
    """Return the path of the mark that a live answer is not evicted."""
    return question_folder(root, analysis, key) / f"{naming.stem(start, stop)}.kept"


def speed(root: Root, host: str) -> Path:
    """Return the path of how fast a machine answers, among the live answers."""
    return Path(root) / "speed" / f"{naming.check_run(host, 'name of a machine')}.json"


def submissions(root: Root) -> Path:
    """Return the path of folder of everything that was submitted to a cluster."""
    return Path(root) / "slurm"


def submission(root: Root, name: str) -> Path:
    """Return the path of folder of one submission."""
    return submissions(root) / naming.check_submission(name)


def submission_record(root: Root, name: str) -> Path:
    """Return the path of what was submitted; a submission is there if this file is."""
    return submission(root, name) / "submission.json"


def element_list(root: Root, name: str) -> Path:
    """Return the path of which units each array element does."""
    return submission(root, name) / "elements.json"


def element_state(root: Root, name: str, index: int) -> Path:
    """Return the path of how far one element is."""
    return submission(root, name) / "elements" / f"{int(index)}.json"


def submission_logs(root: Root, name: str) -> Path:
    """Return the path of folder of the logs of a submission's jobs."""
    return submission(root, name) / "logs"


def stop_file(root: Root, name: str) -> Path:
    """Return the path of the file that says why no further element shall begin."""
    return submission(root, name) / "STOP"
