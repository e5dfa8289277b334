"""The project as a package: built, installed, and used from folders that have a `store.py`."""

import json
import os
import re
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import drawn
import fake_store
import pytest
from cases import ROOT
from slurm_project import copy

import store
from app.shared.asks import commands
from app.shared.page import exports
from app.shared.page.contract import Drawn
from app.views import VIEWS
from ired_interp_core import checkpoints
from precompute.cli import options

ALL = ("problem_properties", "descent", "hessian_spectrum", "eigenspace", "landscape_slice")
OUTSIDE = """
import json, sys
import store
from app.panel_numbers import numbers
from app.shared.page.exports import table

here = store.open("demo-store")
for panel, link, code, csv in json.load(open("asked.json")):
    assert table(numbers(here, link, panel)).to_csv(index=False) == csv, panel
    exec(code, {})
readme: dict = {}
exec(sys.argv[1], readme)
assert readme["spectra"].sizes["problem"] == 2 and len(readme["worst"]) == 5
assert readme["every"].sizes["problem"] == 6 and readme["own"].sizes["level"] == 10
assert readme["same"].digest == readme["model"].digest
print("ran")
"""

HOSTILE = "raise SystemExit('the file beside, not the package')\n"

SWEEP = """
name = "tiny"
[[models]]
checkpoint = "checkpoints/addition.safetensors"
[[problems]]
task = "addition"
variant = "same"
seed = 0
count = 2
[[analyses]]
name = "descent"
"""


class Installed:
    """An environment that has the package, and the packages of this one below it.

    Args:
        folder: to make it in.
    """

    def __init__(self, folder: Path) -> None:
        self.source, self.bin = folder / "source", folder / "venv" / "bin"
        copy(self.source)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
        offline = ["--no-index", "--no-deps"]
        wheels = folder / "wheels"
        self._done(*pip, "wheel", *offline, "--no-build-isolation", "-w", wheels, self.source)
        (self.wheel,) = wheels.glob("*.whl")
        self._done(sys.executable, "-m", "venv", "--without-pip", folder / "venv")
        (site,) = (folder / "venv").glob("lib/python*/site-packages")
        (site / "below.pth").write_text(
            "\n".join(p for p in sys.path if p.endswith("-packages")) + "\n"
        )
        python = ("--python", self.bin / "python")
        self._done(*pip, *python, "install", *offline, self.wheel)
        self.site = site

    @staticmethod
    def _done(*words: object) -> None:
        done = subprocess.run([str(w) for w in words], capture_output=True, text=True)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"

    def environment(self, **more: str) -> dict[str, str]:
        """Of a shell that knows nothing of the clone."""
        return {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | more

    def call(self, folder: Path, *words: object) -> str:
        """Run a program of the environment from a folder; what it said."""
        done = subprocess.run(
            [str(self.bin / str(words[0])), *map(str, words[1:])],
            cwd=folder, env=self.environment(), capture_output=True, text=True, timeout=300,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files that are called as our packages, and settings for another app."""
    folder = tmp_path_factory.mktemp("notebooks")
    for name in ("store", "app", "slurm"):
        (folder / f"{name}.py").write_text(HOSTILE)
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "config.toml").write_text(
        '[server]\naddress = "0.0.0.0"\n[theme.light]\nbackgroundColor = "#ff0000"\n'
    )
    (folder / "tiny.toml").write_text(SWEEP)
    return folder


def test_every_file_that_is_no_code_comes_along(installed: Installed) -> None:
    for folder in ("app", "checkpoints", "ired_interp_core", "precompute", "slurm", "store"):
        for path in (installed.source / folder).rglob("*"):
            if path.is_file():
                assert (installed.site / path.relative_to(installed.source)).is_file(), path
    assert not (installed.site / "tests").exists()
    assert not (installed.site / "benchmarks").exists()


def test_the_rooms_are_imported_from_an_empty_folder(installed: Installed, tmp_path: Path) -> None:
    code = "import store, ired_interp_core; print(store.__file__, store.open)"
    assert str(installed.site) in installed.call(tmp_path, "python", "-c", code)


@pytest.mark.parametrize("spelling", [("ired-interp",), ("python", "-m", "precompute")])
def test_the_command_line_meets_no_file_beside_a_notebook(
    installed: Installed, hostile: Path, spelling: tuple[str, ...], tmp_path: Path
) -> None:
    assert "import-checkpoint" in installed.call(hostile, *spelling, "--help")
    run = ("run", "tiny.toml", "--store", tmp_path / "s", "--workers", 2)
    assert "1 of 1 unit done" in installed.call(hostile, *spelling, *run)


def test_lines_that_are_copied_run_outside_the_clone(installed: Installed, tmp_path: Path) -> None:
    asked = []
    root = tmp_path / "demo-store"
    fake_store.make(root, count=6, analyses=ALL)
    bundled = checkpoints.load(ROOT / "checkpoints" / "inverse.safetensors")
    store.publish_model(root, bundled.digest, checkpoints.to_bytes(bundled), bundled.card)
    store.catalog.collect(root)
    with store.open(tmp_path / "demo-store") as s:
        for view in VIEWS:
            for sheet in view.sheets:
                page = drawn.page(s, view.name, **({"sheet": sheet.id} if "sheet" in view.fields
                                                   else {}))  # fmt: skip
                for panel in page.panels:
                    found = drawn.outcome(page, panel.id)
                    if isinstance(found, Drawn):
                        code = found.python or commands.sources(s, found.questions)
                        csv = exports.content(found, "CSV")
                        asked.append([panel.id, page.address.url(), code, csv])
    assert len(asked) > 20
    (tmp_path / "asked.json").write_text(json.dumps(asked))
    (tmp_path / "checkpoints").symlink_to(installed.site / "checkpoints")
    (readme,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    for there, here in (("size=20", "size=4"), ("size = 20", "size = 4"), ("fa41c7%", "%")):
        assert there in readme
        readme = readme.replace(there, here)  # of the store here
    said = installed.call(tmp_path, "python", "-W", "ignore", "-c", OUTSIDE, readme)
    assert said.split()[-1] == "ran"


def test_the_notebook_runs_beside_a_store(installed: Installed, hostile: Path) -> None:
    notebook = json.loads((ROOT / "docs" / "notebooks" / "first-look.ipynb").read_text())
    cells = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    assert all(not c.get("outputs") for c in notebook["cells"]), "what it shows is of no store"
    sweep = SWEEP.replace("addition", "inverse") + '[[analyses]]\nname = "hessian_spectrum"\n'
    (hostile / "notebook.toml").write_text(sweep.replace("checkpoints/", f"{ROOT}/checkpoints/"))
    words = ("notebook.toml", "--store", "demo-store", "--workers", "1")
    installed.call(hostile, "ired-interp", "run", *words)
    (hostile / "cells.py").write_text(
        "\n".join([*cells, "print(sorted(own.sizes.items()), point.sizes)"])
    )
    said = installed.call(hostile, "python", "-P", "-W", "ignore", "cells.py")
    assert "hessian_spectrum" in said
    assert "('problem', 1)" in said


def test_the_installation_says_of_itself_that_it_is_sound(
    installed: Installed, hostile: Path
) -> None:
    doctor = installed.call(hostile, "ired-interp", "doctor")
    assert "WRONG" not in doctor
    assert "packages as pinned" in doctor
    bundled = len(list((ROOT / "checkpoints").glob("*.safetensors")))
    assert doctor.count("sha256 as pinned") == bundled > 0


def test_the_demo_may_be_asked_for_by_its_name(installed: Installed, tmp_path: Path) -> None:
    words = ("plan", "demo", "--store", tmp_path / "s", "--out", tmp_path / "manifest.json")
    assert "demo: " in installed.call(tmp_path, "ired-interp", *words)


def test_sweeps_go_by_bare_names_and_those_of_ones_own_come_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    demo = ROOT / "precompute" / "sweeps" / "demo.toml"
    for name in ("demo", "demo.toml", "precompute/sweeps/demo.toml"):
        assert options.sweep_path(name) == demo
    for name in ("demon", "sweeps/demo", "", "\0", "x" * 5000):
        assert options.sweep_path(name) == Path(name)
    (tmp_path / "demo").mkdir()
    assert options.sweep_path("demo") == demo
    (tmp_path / "demo.toml").write_text("")
    assert options.sweep_path("demo.toml") == Path("demo.toml")


def test_the_module_of_an_adapter_is_found_beside_the_sweep(
    installed: Installed, hostile: Path
) -> None:
    (hostile / "bowls.py").write_text(
        "class Bowl:\n"
        "    size, n_in, task = 3, 9, 'inverse'\n"
        "    def energy(self, x, y, t):\n"
        "        return (y**2).sum(-1)\n"
        "def bowl(path):\n"
        "    return Bowl()\n"
    )
    (hostile / "weights.bin").write_bytes(b"whatever the adapter reads")
    sweep = SWEEP.replace("checkpoints/addition.safetensors", "weights.bin")
    sweep = sweep.replace('"addition"', '"inverse"\nsize = 3')
    sweep = sweep.replace('weights.bin"', 'weights.bin"\nadapter = "bowls:bowl"')
    (hostile / "foreign.toml").write_text(sweep)
    run = ("run", "foreign.toml", "--store", hostile / "foreign", "--allow-code")
    assert "1 of 1 unit done" in installed.call(hostile, "ired-interp", *run)


def listening(port: int) -> list[str]:
    """Addresses of this machine that somebody listens on at a port."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    hosts = [row[1].partition(":") for row in rows if row[3] == "0A"]
    return [
        socket.inet_ntoa(bytes.fromhex(host)[::-1]) for host, _, at in hosts if int(at, 16) == port
    ]


@pytest.mark.browser
def test_the_app_opens_with_its_own_settings(installed: Installed, hostile: Path) -> None:
    import browser

    installed.call(hostile, "ired-interp", "run", "tiny.toml", "--store", "shown")
    own = tomllib.loads((ROOT / "app" / ".streamlit" / "config.toml").read_text())
    port = browser.free_port()
    command = [installed.bin / "ired-interp", "app", "--store", "shown", "--port", str(port)]
    with browser.running(command, hostile, installed.environment(), port) as address:
        assert listening(port) == ["127.0.0.1"]
        with browser.chromium() as chromium, browser.page_of(chromium) as page:
            page.goto(address)
            browser.settled(page)
            browser.expect(page.get_by_role("heading", name="addition · same")).to_be_visible()
            ground = page.evaluate(
                "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
            )
    wanted = own["theme"]["light"]["backgroundColor"].lstrip("#")
    assert ground == f"rgb({', '.join(str(int(wanted[i : i + 2], 16)) for i in (0, 2, 4))})"
