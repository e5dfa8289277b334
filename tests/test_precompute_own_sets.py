"""Problems of one's own as a set of a sweep: read from a file, kept, and answered as any other."""

import numpy as np
import pytest
from precompute_toys import Bench

import store
from app.shared.asks import commands
from ired_interp_core import tasks
from precompute.ground.exits import Usage
from precompute.plan import sweep
from store import contents, layout

SWEEP = """
name = "own"
[[problems]]
task = "inverse"
file = "{file}"
{more}
[[analyses]]
name = "problem_properties"
"""


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def written(bench, more="", file="mine.npz"):
    path = bench.folder / "own.toml"
    path.write_text(SWEEP.format(file=file, more=more))
    return path


def test_a_file_is_a_set_that_is_kept_and_answered(bench):
    p = tasks.problems("inverse", 3, 4, size=4)
    np.savez(bench.folder / "mine.npz", x=p.x.reshape(3, 4, 4))
    bench.run(written(bench))
    with store.open(bench.store) as opened:
        (question,) = opened.questions("problem_properties")
        found = opened.read(question)
        copied = commands.command(opened, question)
    assert "of one's own" in str(question)
    np.testing.assert_allclose(found.x.values.reshape(3, 16), p.x, rtol=1e-6)
    np.testing.assert_allclose(found.y_true.values.reshape(3, 16), p.y, rtol=1e-5)
    assert contents.read((bench.store,), question.problems.content).x.shape == (3, 16)
    # The line that the app copies asks about the very same set.
    again = bench.folder / "copied.toml"
    again.write_text(copied.split("<<'END'\n")[1].split("\nEND\n")[0])
    (entry,) = sweep.read(again).problems
    assert (entry.problems, entry.count) == (question.problems, 3)
    report = store.verify(bench.store)
    assert report.problems == []
    assert report.counts["own problem sets"] == 1
    # What is no longer that of its digest is found.
    path = layout.content(bench.store, question.problems.content)
    path.chmod(0o644)
    path.write_text(path.read_text().replace("4", "5", 1))
    assert [str(f.path) for f in store.verify(bench.store).problems] == [str(path)]


def test_some_of_a_file_can_be_asked_and_not_more_than_it_has(bench):
    np.save(bench.folder / "mine.npy", np.stack([np.eye(4)] * 3))
    entry = sweep.read(written(bench, "count = 2", "mine.npy")).problems[0]
    assert (entry.count, entry.problems.size) == (2, 4)
    with pytest.raises(Usage, match=r"count.*came: 4.*1 … 3, the problems of mine.npy"):
        sweep.read(written(bench, "count = 4", "mine.npy"))


@pytest.mark.parametrize(
    ("more", "file", "said"),
    [
        ("", "nowhere.npz", "no such file of problems"),
        ("seed = 1", "mine.npy", "seed"),
        ('variant = "harder"', "mine.npy", "variant"),
        ("size = 5", "mine.npy", "5"),
        ("", "own.toml", "own.toml"),
    ],
)
def test_what_cannot_be_a_set_is_one_line(bench, more, file, said):
    np.save(bench.folder / "mine.npy", np.stack([np.eye(4)] * 3))
    with pytest.raises(Usage, match=said) as refused:
        sweep.read(written(bench, more, file))
    assert "\n" not in str(refused.value)
