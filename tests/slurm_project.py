"""A clone of this project, with toy analyses committed and everything pushed: what `submit` wants.

The clone holds the files as they are in the working tree now, so that tests need no commit.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from precompute_toys import ANALYSES, ROOT, Bench

PATIENCE = 0.2
"""Seconds of the first pause after a refusal; real profiles wait a quarter of a minute."""


def git(folder: Path, *words: str) -> str:
    """Run git in a folder, as somebody without settings of their own."""
    identity = ("-c", "user.name=Test", "-c", "user.email=test@localhost")
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run(
        ["git", *identity, *words], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"git {words}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


def copy(root: Path) -> None:
    """The files of the project as they are in the working tree, without those git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True, text=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():  # a listed file may be deleted
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)


def make(folder: Path) -> Path:
    """A repository of this project with the toys, pushed to a bare one beside it."""
    root, origin = folder / "project", folder / "origin.git"
    copy(root)
    (root / "ired_interp_core" / "analyses" / "toys.py").write_text(ANALYSES)
    git(folder, "init", "-q", "--bare", "-b", "main", str(origin))
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "--all")
    git(root, "commit", "-q", "-m", "All of it")
    git(root, "remote", "add", "origin", str(origin))
    git(root, "push", "-q", "-u", "origin", "main")
    return root


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clone that tests must not change."""
    return make(tmp_path_factory.mktemp("original"))


class Project(Bench):
    """The command line of a clone, with a store and profiles in a folder of its own.

    Args:
        folder: to work in.
        root: of the clone.
        outside: environment of every command, such as a PATH or SLURM_CONF.
    """

    def __init__(self, folder: Path, root: Path, outside: Mapping[str, str] | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.root, self.store = folder, root, folder / "store"
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("SLURM_", "SBATCH_"))}
        self.environment = {**inherited, "PYTHONPATH": str(root), **(outside or {})}

    def call(  # type: ignore[override]
        self, *words: object, code: int | None = 0, cwd: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the clone to its end and check its exit code."""
        return super().call(*words, code=code, cwd=cwd or self.root, **environment)

    def submit(self, sweep: Path, profile: Path, *words: object, code: int | None = 0) -> str:
        """Submit a sweep; what was said."""
        done = self.call(*self.words(sweep, profile), *words, code=code)
        return done.stdout + done.stderr

    def words(self, sweep: Path, profile: Path) -> list[object]:
        """The command that submits a sweep."""
        return ["submit", sweep, "--store", self.store, "--profile", profile]

    def begin(self, *words: object) -> subprocess.Popen[str]:
        """Start a command, to be waited for by the caller."""
        return subprocess.Popen(
            self.command(*words), cwd=self.root, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def profile(self, name: str = "test", top: str = "", **tables: str) -> Path:
        """Write a profile for one machine and quick tests; what a table is given comes last.

        Args:
            name: of the file.
            top: lines before the tables.
            tables: lines of a table, which replace those that are there.
        """
        lines: dict[str, dict[str, str]] = {
            "slurm": {"cpus": "1", "memory": '"500M"', "time": '"00:05:00"'},
            "reduce": {"cpus": "1", "memory": '"500M"', "time": '"00:05:00"'},
            "environment": {"python": f'"{sys.executable}"', "scratch": f'"{self.scratch}"'},
            "submit": {
                "minutes": "0.01", "signal_seconds": "30", "collect_minutes": "0.1",
                "retry_seconds": str(PATIENCE), "patience_minutes": "0.5", "command_seconds": "20",
            },
        }  # fmt: skip
        for table, text in tables.items():
            given = (line.partition("=") for line in text.splitlines() if line.strip())
            lines[table] |= {key.strip(): value.strip() for key, _, value in given}
        text = top + "\n" + "\n".join(
            f"[{table}]\n" + "\n".join(f"{k} = {v}" for k, v in keys.items())
            for table, keys in lines.items()
        )  # fmt: skip
        path = self.folder / f"{name}.toml"
        path.write_text(text + "\n")
        return path

    @property
    def scratch(self) -> Path:
        """Where jobs work; must be empty when they have ended."""
        path = self.folder / "scratch"
        path.mkdir(exist_ok=True)
        return path

    @property
    def submissions(self) -> list[Path]:
        """Folders of what was submitted, oldest first."""
        return sorted((self.store / "slurm").glob("[!.]*"), key=lambda p: p.stat().st_mtime_ns)

    def logs(self) -> str:
        """What all jobs of all submissions said."""
        return "\n".join(
            f"{p.name}: {p.read_text()}" for p in sorted(self.store.glob("slurm/*/logs/*"))
        )
