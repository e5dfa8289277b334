"""Every check before a submission fails on purpose, with its own line, and nothing is submitted."""

import os
import re
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from fake_sbatch import FakeSlurm, bare_path
from slurm_project import Project, git, original  # noqa: F401 - a fixture

from ired_interp_core.errors import Refusal
from precompute.cluster import packed_code, preflight, submit
from precompute.ground import foreign_code, storage
from precompute.ground.provenance import COMMIT_FILE

SWEEP = """
name = "check"
[[models]]
checkpoint = "checkpoints/inverse.safetensors"
[[problems]]
task = "inverse"
variant = "same"
seed = 0
count = 4
[[analyses]]
name = "descent"
"""


@dataclass
class Bench:
    """A clone that may be damaged, a fake Slurm that may refuse, and what a submit said."""

    project: Project
    fake: FakeSlurm
    capture: pytest.CaptureFixture[str]
    sweep_text: str = SWEEP
    store: Path | None = None

    def submit(self, *, allow_dirty: bool = False, top: str = "", **tables: str) -> list[str]:
        """The lines of the checks; in this process, since only its code's place is another one."""
        path = self.project.folder / "check.toml"
        path.write_text(self.sweep_text)
        profile = self.project.profile("site", top=top, **tables)
        store = self.store or self.project.store
        self.code = submit.submit(path, store, str(profile), False, allow_dirty)
        self.said = self.capture.readouterr().out
        return [line for line in self.said.splitlines() if line[:1] in "✓✗"]

    def refused(self, what: str, **how: object) -> str:
        """Submit; exactly one check may fail, and no job may be there. Its line."""
        lines = self.submit(**how)  # type: ignore[arg-type]
        wrong = [line for line in lines if line.startswith("✗")]
        assert len(wrong) == 1, lines
        assert re.search(what, wrong[0]), wrong[0]
        assert "→" in wrong[0] or "next:" in wrong[0], wrong[0]  # what to do
        assert len(lines) > 5
        assert self.code == 65
        assert "nothing was submitted" in self.said
        assert self.fake.jobs == []
        assert not list(self.project.submissions)
        return wrong[0]


@pytest.fixture
def bench(
    tmp_path: Path,
    original: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Bench:
    shutil.copytree(original.parent, tmp_path / "clone", symlinks=True)
    root = tmp_path / "clone" / "project"
    git(root, "remote", "set-url", "origin", str(tmp_path / "clone" / "origin.git"))
    fake = FakeSlurm(tmp_path / "fake")
    monkeypatch.setenv("PATH", fake.path)
    monkeypatch.setattr(packed_code, "REPOSITORY", root)
    monkeypatch.setattr(
        preflight, "IMPORTS", "import precompute.ground.exits\nprint('2.0', '12.4')"
    )
    monkeypatch.setattr(preflight, "REHEARSE", "")
    monkeypatch.chdir(root)
    return Bench(Project(tmp_path / "a folder", root), fake, capsys)


def commit(bench: Bench, *, push: bool = True) -> None:
    git(bench.project.root, "add", "--all")
    git(bench.project.root, "commit", "-q", "-m", "Another one")
    if push:
        git(bench.project.root, "push", "-q")


def packed(bench: Bench) -> set[str]:
    """Files that the jobs unpack."""
    (folder,) = bench.project.submissions
    with tarfile.open(folder / "code.tar") as tar:
        return {member.name for member in tar if member.isfile()}


def committed(bench: Bench) -> set[str]:
    """Files of the commit that jobs run: no tests, no pages, no weights, which the store has."""
    names = git(bench.project.root, "ls-tree", "-r", "--name-only", "HEAD").splitlines()
    assert "checkpoints/inverse.safetensors" in names
    run = ("ired_interp_core/", "precompute/", "store/", "slurm/", "app/", "requirements.txt")
    return {name for name in names if name.startswith(run)}


def test_all_is_well(bench: Bench) -> None:
    lines = bench.submit()
    assert bench.code == 0
    assert all(line.startswith("✓") for line in lines)
    said = "\n".join(lines)
    for what in ("tree clean", "commit pushed", "project in the commit", "checkpoint", "imports",
                 "output writable", "Slurm's commands", "array limit", "partition", "time limit",
                 "a node with"):  # fmt: skip
        assert what in said, what
    assert len(bench.fake.jobs) == 3
    assert packed(bench) == committed(bench) | {COMMIT_FILE}


def test_a_changed_file(bench: Bench) -> None:
    path = bench.project.root / "precompute" / "ground" / "exits.py"
    path.write_text(path.read_text() + "\n# a change\n")
    assert "--allow-dirty" in bench.refused("tree clean: precompute/ground/exits.py")
    assert all(line.startswith("✓") for line in bench.submit(allow_dirty=True))
    (folder,) = bench.project.submissions
    assert "+# a change" in (folder / "change.diff").read_text()
    assert packed(bench) == committed(bench) | {COMMIT_FILE}


def test_a_file_that_was_never_added(bench: Bench) -> None:
    (bench.project.root / "ired_interp_core" / "analyses" / "mine.py").write_text("")
    bench.refused("tree clean: ired_interp_core/analyses/mine.py")


def test_a_commit_that_was_not_pushed(bench: Bench) -> None:
    (bench.project.root / "README.md").write_text("other words")
    commit(bench, push=False)
    assert "git push" in bench.refused("commit pushed: no remote branch holds")
    assert all(line.startswith("✓") for line in bench.submit(allow_dirty=True))


@pytest.mark.parametrize("lost", ["store", "slurm/array.sbatch"])
def test_a_folder_that_the_commit_does_not_have(bench: Bench, lost: str) -> None:
    """As a careless .gitignore brings about: the files are there, and are not in the commit."""
    ignore = bench.project.root / ".gitignore"
    ignore.write_text(ignore.read_text() + f"/{lost}\n")
    git(bench.project.root, "rm", "-r", "-q", "--cached", lost)
    commit(bench)
    bench.refused(rf"project in the commit: {lost}")


def test_a_checkpoint_that_is_missing_or_broken(bench: Bench) -> None:
    bench.sweep_text = SWEEP.replace("inverse.safetensors", "nothing.safetensors")
    with pytest.raises(Refusal, match="no such checkpoint"):
        bench.submit()
    broken = bench.project.folder / "broken.safetensors"
    whole = (bench.project.root / "checkpoints" / "inverse.safetensors").read_bytes()
    for data in (b"", b"version https://git-lfs.github.com/spec/v1\n", whole[:100_000]):
        broken.write_bytes(data)
        bench.sweep_text = SWEEP.replace("checkpoints/inverse.safetensors", str(broken))
        with pytest.raises(Refusal, match=r"broken\.safetensors"):
            bench.submit()
    assert bench.fake.jobs == []


def test_a_checkpoint_of_another_task(bench: Bench) -> None:
    bench.sweep_text = SWEEP.replace('"inverse"', '"addition"').replace(
        'inverse.safetensors"', 'inverse.safetensors"\ntask = "addition"'
    )
    with pytest.raises(Refusal, match=r"not of this task .*addition, but x has 400 entries"):
        bench.submit()
    assert bench.fake.jobs == []


FOREIGN = """
class Bowl:
    size, n_in, task = 3, 9, "inverse"
    def energy(self, x, y, t):
        return ((y - x) ** 2).sum(-1) * (1 + t.to(y.dtype))
def bowl(path):
    return Bowl()
"""


def test_a_foreign_model_given_the_wrong_task_in_the_sweep(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bench.project.folder / "foreign_bowls.py").write_text(FOREIGN)
    (bench.project.folder / "weights.bin").write_bytes(b"whatever the adapter reads")
    monkeypatch.syspath_prepend(bench.project.folder)
    monkeypatch.setattr(foreign_code, "_allowed", [True])
    foreign = f'{bench.project.folder}/weights.bin"\nadapter = "foreign_bowls:bowl"'
    bench.sweep_text = (
        SWEEP.replace('checkpoints/inverse.safetensors"', foreign + '\ntask = "addition"')
        .replace('task = "inverse"', 'task = "addition"')
        .replace("seed = 0", "seed = 0\nsize = 3")
    )
    bench.refused(r"checkpoint .*takes 9 numbers .* addition of size 3 has 18 and 9")


def test_the_code_of_an_adapter_goes_along(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = bench.project.folder.parent / "elsewhere"
    folder.mkdir()
    (folder / "foreign_bowl.py").write_text(f"import bowl_helper\n{FOREIGN}")
    (folder / "bowl_helper.py").write_text("FACTOR = 2\n")
    (folder / "weights.bin").write_bytes(b"whatever the adapter reads")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr(foreign_code, "_allowed", [True])
    foreign = f'{folder}/weights.bin"\nadapter = "foreign_bowl:bowl'
    bench.sweep_text = SWEEP.replace("checkpoints/inverse.safetensors", foreign)
    bench.sweep_text = bench.sweep_text.replace("seed = 0", "seed = 0\nsize = 3")
    assert all(line.startswith("✓") for line in bench.submit())
    (made,) = bench.project.submissions
    with tarfile.open(made / "code.tar") as tar:
        assert {"foreign_bowl.py", "bowl_helper.py"} <= set(tar.getnames())
    told = [w for w in bench.fake.calls("sbatch") if w[-1] == "--allow-code"]
    jobs = [Path(word).name for words in told for word in words if word.endswith(".sbatch")]
    assert set(jobs) == {"array.sbatch", "reduce.sbatch"}


def test_a_module_that_the_jobs_cannot_import(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "IMPORTS", "import precompute.ground.exits, not_installed_there")
    assert "[environment]" in bench.refused("imports.*No module named 'not_installed_there'")


def test_an_environment_that_fails(bench: Bench) -> None:
    line = bench.refused("imports", environment='setup = ["source /nothing/bin/activate"]')
    assert "/nothing/bin/activate" in line
    bench.refused("imports.*/nothing/python", environment='python = "/nothing/python"')


def test_a_torch_without_cuda_for_a_profile_with_a_gpu(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "IMPORTS", "print('2.13.0', None)")
    gpu = {"top": 'device = "cuda"', "slurm": 'gres = "gpu:1"'}
    assert "CUDA build" in bench.refused("torch 2.13.0 has no CUDA", **gpu)
    lines = bench.submit(top='device = "cuda"\nallow_cpu = true', slurm='gres = "gpu:1"')
    assert all(line.startswith("✓") for line in lines)


def test_an_output_that_cannot_be_written(bench: Bench) -> None:
    file = bench.project.folder / "file"
    file.write_text("")
    for store in (file, file / "store"):
        bench.store = store
        with pytest.raises(Refusal, match=r"store .*--store"):
            bench.submit()
    if os.geteuid() != 0:
        bench.store = Path("/") / "nobody may make this"
        with pytest.raises(Refusal, match="store cannot be written"):
            bench.submit()
    assert bench.fake.jobs == []


def test_a_disk_without_room(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(bench.project.folder)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert "make room" in bench.refused("output writable with room: 1 kB free, about .* wanted")
    monkeypatch.setattr(storage, "MIN_FREE_BYTES", 10**18)
    with pytest.raises(Refusal, match="no room"):
        bench.submit()


@pytest.mark.parametrize(
    ("scenario", "how", "said"),
    [
        ({"gres": "(null)"}, {"slurm": 'gres = "gpu:1"'}, "a node with .*gpu:1: none in main"),
        ({}, {"slurm": 'gres = "gpu:v100:1"'}, "a node with .*gpu:v100:1: none"),
        ({}, {"slurm": 'gres = "gpu:a100:5"'}, "a node with .*gpu:a100:5: none"),
        ({}, {"slurm": "cpus = 65"}, "a node with 65 CPUs.*: none"),
        ({}, {"slurm": 'memory = "900G"'}, "a node with .*900G: none"),
        ({}, {"slurm": 'partition = "gone"'}, r"\[slurm\] partition gone: not there → one of main"),
        ({}, {"reduce": 'partition = "gone"'}, r"\[reduce\] partition gone: not there"),
        ({}, {"slurm": 'time = "04:00:01"'}, r"\[slurm\] time limit: .*MaxTime 04:00:00"),
        ({}, {"slurm": 'time = "20"', "submit": "minutes = 20"}, "elements of 20 min do not fit"),
        ({"max_array": 50}, {"submit": "max_array = 51"}, "array limit: .*51, MaxArraySize 50"),
    ],
    ids=str,
)
def test_a_cluster_that_does_not_offer_what_is_asked(
    bench: Bench, scenario: dict[str, object], how: dict[str, str], said: str
) -> None:
    bench.fake.play(**scenario)
    bench.refused(said, **how)


def test_a_machine_without_slurm(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    needed = ("git", "bash", "mkdir", "dirname", "tar")
    monkeypatch.setenv("PATH", bare_path(bench.project.folder / "bin", *needed))
    bench.refused("Slurm's commands: sbatch, squeue.* not found → submit from a login node")


def test_several_things_are_all_named_at_once(bench: Bench) -> None:
    (bench.project.root / "README.md").write_text("other words")
    commit(bench, push=False)
    (bench.project.root / "README.md").write_text("yet others")
    lines = bench.submit(slurm='partition = "gone"')
    wrong = [line for line in lines if line.startswith("✗")]
    assert len(wrong) == 3, wrong
    assert "3 checks failed" in bench.said
    assert bench.code == 65


def test_the_command_line_refuses_without_a_traceback(project: Project) -> None:
    profile = project.profile(slurm='partition = "gone"')
    done = project.call(
        "submit", project.sweep(4), "--store", project.store, "--profile", profile, code=65
    )
    assert "✗ [slurm] partition gone" in done.stdout
    assert "✓ imports in the jobs' environment: torch" in done.stdout
    assert re.search("✓ one problem through every analysis: toy_base .* s, toy_sum", done.stdout)
    unknown = project.call(
        "submit", project.sweep(4), "--store", project.store, "--profile", "none-such", code=64
    )
    assert "a100, one-machine" in unknown.stderr


def test_an_analysis_that_fails_on_one_problem_is_submitted_for_none(project: Project) -> None:
    sweep = project.sweep(4, total="fail_at = 0")
    said = project.submit(sweep, project.profile(), code=65)
    line = next(line for line in said.splitlines() if line.startswith("✗"))
    assert "one problem through every analysis: toy_sum fails on problem 0: ArithmeticError" in line
    assert re.search(r"at ired_interp_core/analyses/toys\.py:\d+", line)
    assert "--overrule problem" in said
    assert not list(project.submissions)
    assert not list(project.store.glob("results/*/*/*.h5"))  # it leaves nothing in the store
    assert not list(project.store.glob("results/*/*/*.failed.json"))


@pytest.fixture
def project(tmp_path: Path, original: Path) -> Project:  # noqa: F811
    return Project(tmp_path / "a folder", original, {"PATH": FakeSlurm(tmp_path / "fake").path})
