"""The command line itself: exit codes, one line for every trouble, doctor, import."""

import dataclasses
import os
import re
import signal
from pathlib import Path
from typing import Any

import cases
import pytest
import torch
from precompute_toys import ROOT, Bench

from ired_interp_core import checkpoints, registry
from precompute import __main__ as command_line
from precompute.cli import doctor
from precompute.ground import exits, provenance
from precompute.plan import plan
from store import shell

SWEEP = """
name = "real"
[[models]]
checkpoint = "model.safetensors"
[[problems]]
task = "inverse"
variant = "same"
seed = 0
count = 4
size = 3
[[analyses]]
name = "problem_properties"
[[analyses]]
name = "descent"
polish_iterations = 20
"""

WALK = """
[[analyses]]
name = "descent"
polish_iterations = 0
"""


def call(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """Run a command in this process."""
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    try:
        code = command_line.main([str(w) for w in words])
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])
    return code, *capsys.readouterr()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rum"], "No such command 'rum'.*run, plan, unit, status"),
        (["run"], "Missing argument"),
        (["run", "sweep.toml"], "Missing option '--store'"),
        (["run", "sweep.toml", "--stor", "x"], "No such option.*--store"),
        (["run", "nothing.toml", "--store", "x"], "no such sweep file"),
        (["run", "a.toml", "--store", "x", "--workers", "0"], "--workers"),
        (["run", "a.toml", "--store", "x", "--workers", "many"], "--workers"),
        (["unit", "nothing.json", "0"], "cannot read the manifest"),
        (["unit", "nothing.json", "first"], "'index'.*integer"),
        (["status", "--store", "nothing"], "no such store"),
        (["status", "--store", ""], "'' is not a folder"),
        (["run", "a.toml", "--store", " "], "is not a folder"),
        (["status", "--store", "a\0b"], "is not a folder"),
        (["import-checkpoint", "x" * 300, "--out", "x"], "too long"),
        (["collect", "--store", "nothing"], "no such store"),
        (["verify", "--store", "nothing"], "no such store"),
        (["import-checkpoint", "nothing.pt", "--out", "x"], "no such checkpoint"),
    ],
)
def test_wrong_use_is_one_line_and_exit_64(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    words: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = call(capsys, *words)
    assert code == exits.USAGE
    assert out == ""
    assert len(err.splitlines()) == 1
    assert re.search(said, err), err
    assert list(tmp_path.iterdir()) == []


def test_no_arguments_show_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys)
    assert code == exits.USAGE
    assert "import-checkpoint" in out + err
    assert call(capsys, "--help")[0] == exits.DONE


def test_an_unforeseen_error_is_one_line_exit_70_and_a_kept_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("two\nlines")

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr("precompute.cli.short.verify", broken)
    code, _, err = call(capsys, "verify", "--store", tmp_path)
    assert code == exits.BUG
    assert "this is a bug: ZeroDivisionError: two lines" in err
    assert len(err.splitlines()) == 1
    (kept,) = tmp_path.glob("precompute-bug-*.txt")
    assert "in broken" in kept.read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_before_the_work_begins_is_one_line(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    number: int,
) -> None:
    monkeypatch.setattr("precompute.cli.short.verify", lambda _: os.kill(os.getpid(), number))
    code, _, err = call(capsys, "verify", "--store", tmp_path)
    assert code == exits.SOME_LEFT
    assert err == "precompute: interrupted; the same command goes on from here\n"


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """A folder with a small real model and a sweep over it."""
    checkpoints.save(cases.small(), tmp_path / "model.safetensors")
    (tmp_path / "sweep.toml").write_text(SWEEP)
    return tmp_path


def test_a_real_sweep_and_its_store(real: Path) -> None:
    bench = Bench(real / "bench")
    said = bench.run(real / "sweep.toml")
    assert "2 of 2 units done" in said
    digest = cases.small().digest
    kept = checkpoints.load(bench.store / "models" / digest / "weights.safetensors")
    assert kept.digest == digest
    (real / "model.safetensors").unlink()  # the store alone is enough to go on from
    assert "real: 8 of 8 answers" in bench.call("status", "--store", bench.store).stdout


def test_a_run_says_which_answers_diverged(real: Path) -> None:
    huge = {name: weight * 1e30 for name, weight in cases.small().weights.items()}
    model = checkpoints.from_tensors(huge, {"task": "inverse"})
    checkpoints.save(model, real / "model.safetensors")
    said = Bench(real / "bench").run(real / "sweep.toml")
    assert "4 of 4 answers diverged (not finite); no mean has them" in said


def official(path: Path, model: Any, factor: float = 1.0) -> None:
    """A file of the official trainer, with E times a factor."""
    weights = {k: v * factor**0.5 if k.startswith("fc4") else v for k, v in model.weights.items()}
    state = {f"ema_model.model.ebm.{k}": v for k, v in weights.items()}
    raw = {f"model.ebm.{k}": v for k, v in weights.items()}
    torch.save({"step": 1, "model": raw, "ema": state, "opt": {}, "scaler": None}, path)


def test_an_official_checkpoint_is_loaded_once_and_known_again(real: Path) -> None:
    model = cases.bundled("completion")
    official(real / "m.pt", model)
    sweep = real / "sweep.toml"
    text = SWEEP.replace("model.safetensors", "m.pt").replace("size = 3", "").partition("[[analys")
    sweep.write_text(text[0].replace('"inverse"', '"completion"') + WALK)
    bench = Bench(real / "bench")
    refused = bench.call("run", sweep, "--store", bench.store, code=exits.BAD_DATA).stderr
    assert "does not say what it was trained on" in refused
    sweep.write_text(sweep.read_text().replace('"m.pt"', '"m.pt"\ntask = "completion"'))
    said = bench.run(sweep)
    assert "1 of 1 unit done" in said
    assert "slope of ∇E on the noise at t = 0 0.364" in said
    assert (bench.store / "models" / model.digest).is_dir()
    command = bench.command("run", sweep, "--store", bench.store)
    command[1:1] = ["-X", "importtime"]
    done = bench.begun(command)
    assert "nothing to compute" in done.stdout
    assert not any(line.endswith("| torch") for line in done.stderr.splitlines())


ADAPTER = """
import torch
class Bowl:
    size, n_in, task = 3, 9, "inverse"
    def energy(self, x, y, t):
        return ((y - x) ** 2).sum(-1) * (1 + t.to(y.dtype))
def bowl(path):
    return Bowl()
"""


def test_a_foreign_architecture_runs_through_its_adapter(real: Path) -> None:
    bench = Bench(real / "bench")
    (bench.folder / "site" / "bowls.py").write_text(ADAPTER)
    (real / "foreign.bin").write_bytes(b"whatever the adapter reads")
    foreign = 'checkpoint = "foreign.bin"\nadapter = "bowls:bowl"'
    sweep = real / "sweep.toml"
    sweep.write_text(SWEEP.replace('checkpoint = "model.safetensors"', foreign))
    code = bench.folder / "site" / "bowls.py"
    run = ("run", sweep, "--store", bench.store, "--workers", 1)
    refused = bench.call(*run, code=exits.USAGE).stderr
    assert "was not allowed to run" in refused
    assert "read the file of bowls, and repeat with --allow-code" in refused
    assert "2 of 2 units done" in bench.call(*run, "--allow-code").stdout
    assert "nothing to compute" in bench.call(*run, "--allow-code").stdout
    code.write_text(ADAPTER.replace("sum(-1)", "sum(-1) * 9.0"))
    said = bench.call(*run, "--allow-code").stdout
    assert "1 of 1 unit done" in said, "another energy is another model; the properties stay"
    assert len(list((bench.store / "models").iterdir())) == 2
    sweep.write_text(sweep.read_text().replace("bowls:bowl", "bowls:bowel"))
    refused = bench.call(*run, "--allow-code", code=exits.BAD_DATA).stderr
    assert "adapter cannot be imported" in refused


@pytest.mark.parametrize("command", [["run"], ["plan", "--out", "plan.json"]])
def test_no_code_of_a_sweep_runs_unless_it_is_allowed(
    capsys: pytest.CaptureFixture[str], real: Path, command: list[str]
) -> None:
    (real / "model.safetensors").write_text("open('EXECUTED', 'w').write('')")
    given = 'safetensors"\nadapter = "runpy:run_path"'
    (real / "sweep.toml").write_text(SWEEP.replace('safetensors"', given))
    words = (*command, real / "sweep.toml", "--store", real / "store")
    code, _, err = call(capsys, *words)
    assert (code, len(err.splitlines())) == (exits.USAGE, 1)
    assert "--allow-code" in err
    assert not Path("EXECUTED").exists()


BAD = {
    "empty": b"",
    "truncated": None,
    "page": b"<!DOCTYPE html><html>",
    "pointer": b"version https://git-lfs.github.com/spec/v1\n",
    "noise": bytes(range(256)) * 40,
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_checkpoint_is_one_line_and_exit_65(
    capsys: pytest.CaptureFixture[str], real: Path, name: str
) -> None:
    content, model = BAD[name], real / "model.safetensors"
    model.write_bytes(model.read_bytes()[:5000] if content is None else content)
    out = real / "out.safetensors"
    for words in (
        ("run", real / "sweep.toml", "--store", real / "store"),
        ("import-checkpoint", model, "--out", out),
    ):
        code, said, err = call(capsys, *words)
        assert code == exits.BAD_DATA
        assert said == ""
        assert len(err.splitlines()) == 1
        assert "model.safetensors" in err
    assert not out.exists()


def test_import_writes_a_file_that_loads_as_the_same_model(
    capsys: pytest.CaptureFixture[str], real: Path
) -> None:
    source, out = real / "model.safetensors", real / "new folder" / "-out.safetensors"
    assert call(capsys, "import-checkpoint", source, "--out", out)[0] == exits.USAGE
    out.parent.mkdir()
    for _ in range(2):  # repeating it is no error
        code, said, _ = call(capsys, "import-checkpoint", source, "--out", out, "--confirm")
        assert code == exits.DONE
        assert cases.small().digest in said
        assert checkpoints.read_digest(out) == cases.small().digest
    checkpoints.save(cases.small(seed=1), out)
    assert "which the project ships" not in said
    shipped, copy = Path("checkpoints/addition.safetensors").resolve(), real / "copy.safetensors"
    assert "weights of addition.safetensors" in call(
        capsys, "import-checkpoint", shipped, "--out", copy)[1]  # fmt: skip
    for target in (out, out.parent, real / "sweep.toml"):
        code, _, err = call(capsys, "import-checkpoint", source, "--out", target, "--confirm")
        assert code == exits.USAGE
        assert "target exists" in err
    assert call(capsys, "import-checkpoint", source, "--out", "x", "--weights", "raw")[0] == 64


def test_a_factor_in_the_energy_is_seen_at_the_door(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    source, out = tmp_path / "m.pt", tmp_path / "m.safetensors"
    words = ("import-checkpoint", source, "--out", out, "--task", "completion")
    official(source, cases.bundled("completion"), factor=2048)
    code, said, err = call(capsys, *words)
    assert code == exits.BAD_DATA
    assert "slope of ∇E on the noise at t = 0 746" in said  # .364 · 2048
    assert "copy_observed" in said
    assert "--confirm" in err
    assert not out.exists()
    assert call(capsys, *words, "--confirm")[0] == exits.DONE
    look = checkpoints.read_card(out)["look"]
    assert look["mse"] > look["baselines"]["zero"]


def test_verify_finds_a_damaged_shard_and_a_run_mends_it(real: Path) -> None:
    bench = Bench(real / "bench")
    bench.run(bench.sweep(8))
    shard = bench.shards()[0]
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    assert shard.name in bench.call("verify", "--store", bench.store, code=65).stdout
    assert "1 of 1 unit done" in bench.run(bench.sweep(8))
    assert "0 problems" in bench.call("verify", "--store", bench.store).stdout


def test_a_checkpoint_that_says_another_task_is_refused_before_any_work(
    capsys: pytest.CaptureFixture[str], real: Path
) -> None:
    sweep = real / "sweep.toml"
    wrong = SWEEP.replace("[[problems]]", 'task = "addition"\n[[problems]]', 1)
    twice = '[[models]]\ncheckpoint = "model.safetensors"\ntask = "completion"\n[[problems]]'
    for text, said, code in (
        (wrong, "not of this task", exits.BAD_DATA),
        (SWEEP.replace("[[problems]]", twice, 1), "two tasks", exits.USAGE),
        (SWEEP.replace('"model.safetensors"', f'"{"x" * 5000}"'), "too long", exits.USAGE),
    ):
        sweep.write_text(text)
        found, out, err = call(capsys, "run", sweep, "--store", real / "store")
        assert (found, out, len(err.splitlines())) == (code, "", 1)
        assert said in err


def test_a_sweep_with_a_byte_order_mark_is_read(
    capsys: pytest.CaptureFixture[str], real: Path
) -> None:
    (real / "sweep.toml").write_text("\ufeff" + SWEEP, encoding="utf-8")
    words = ("plan", real / "sweep.toml", "--store", real / "store", "--out", real / "m.json")
    assert call(capsys, *words)[0] == exits.DONE


@pytest.mark.parametrize("official", [False, True])
def test_a_checkpoint_replaced_while_it_is_read_is_not_kept(
    capsys: pytest.CaptureFixture[str],
    real: Path,
    monkeypatch: pytest.MonkeyPatch,
    official: bool,
) -> None:
    path, other = real / "model.safetensors", cases.small(seed=1)
    if official:
        raw = {f"model.ebm.{k}": v for k, v in cases.small().weights.items()}
        torch.save({"step": 1, "model": raw, "opt": {}, "scaler": None}, path)
        more = 'safetensors"\nweights = "model"\ntask = "inverse"'
        (real / "sweep.toml").write_text(SWEEP.replace('safetensors"', more))
    questions = plan.questions

    def replaced(*words: object) -> object:
        checkpoints.save(other, path)
        return questions(*words)

    monkeypatch.setattr(plan, "questions", replaced)
    monkeypatch.setattr("ired_interp_core.sanity.Sanity.odd", "")  # of random weights
    code, _, err = call(capsys, "run", real / "sweep.toml", "--store", real / "store")
    assert (code, len(err.splitlines())) == (exits.BAD_DATA, 1)
    assert "replaced while it was being read" in err
    assert not (real / "store" / "models").exists()


def test_status_of_a_store_one_may_not_read_is_one_line(
    capsys: pytest.CaptureFixture[str], real: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(_: object) -> None:
        raise PermissionError(13, "Permission denied", str(real / "runs"))

    monkeypatch.setattr("precompute.cluster.status.run_records", closed)
    code, out, err = call(capsys, "status", "--store", real)
    assert (code, out, len(err.splitlines())) == (exits.USAGE, "", 1)
    assert f"{real / 'runs'} · came: Permission denied" in err


def test_status_says_which_answers_are_of_another_version(
    capsys: pytest.CaptureFixture[str], real: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("plan", real / "sweep.toml", "--store", real / "store", "--out", real / "m.json")
    assert call(capsys, *words)[0] == exits.DONE
    assert "version" not in call(capsys, "status", "--store", real / "store")[1]
    raised = dataclasses.replace(registry.get("descent"), version=99)
    monkeypatch.setitem(registry._ANALYSES, "descent", raised)
    code, out, _ = call(capsys, "status", "--store", real / "store")
    assert code == exits.DONE
    assert "descent: 0 of 4 in 1 question, 1 of another version: run the sweep again" in out


def test_the_command_to_go_on_may_be_pasted(tmp_path: Path) -> None:
    assert shell.word(Path("-odd name.toml")) == "'./-odd name.toml'"
    assert shell.word(Path("plain.toml")) == "plain.toml"


def test_doctor_names_what_is_wrong_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = Bench(tmp_path / "bench").call("doctor", "--store", tmp_path / "store", code=None)
    lines = done.stdout.splitlines()
    for what in ("python", "versions", "imports", "threads", "chromium", "store"):
        assert sum(f"{what}: " in line for line in lines) == 1, done.stdout
    assert all(line.startswith(("ok ", "missing ", "WRONG ")) for line in lines[:-1])
    assert sum("checkpoint " in line for line in lines) >= 2
    assert done.returncode == (65 if any(line.startswith("WRONG") for line in lines) else 0)

    copy = tmp_path / "repository"
    (copy / "checkpoints").mkdir(parents=True)
    (copy / "requirements.txt").write_text("numpy==0.1\nno-such-package==1.0\n")
    whole = (cases.CHECKPOINTS / "inverse.safetensors").read_bytes()
    (copy / "checkpoints" / "inverse.safetensors").write_bytes(whole[:-10])
    monkeypatch.setattr(doctor, "REPOSITORY", copy)
    (tmp_path / "file").write_text("")
    said = {f.subject: f for f in doctor.findings(tmp_path / "file")}
    assert not any(said[w].ok for w in ("versions", "checkpoint inverse", "store"))
    assert "no-such-package is missing, pinned 1.0" in said["versions"].note
    assert "pip install" in said["versions"].note


def test_doctor_compares_bundled_weights_with_their_published_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    checkpoints.save(cases.small(), folder / "small.safetensors")
    monkeypatch.setattr(doctor, "REPOSITORY", tmp_path)
    (folder / "SHA256SUMS").write_text("0" * 64 + "  small.safetensors\n")
    found = {f.subject: f for f in doctor.findings(None)}["checkpoint small"]
    assert not found.ok
    assert "differs from the published one" in found.note


def test_provenance_outside_a_git_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = provenance.of_code()
    assert inside["commit"] == "" or len(inside["commit"]) == 40
    monkeypatch.setattr(provenance, "REPOSITORY", tmp_path)
    assert (provenance.of_code()["commit"], provenance.of_code()["dirty"]) == ("", None)
    monkeypatch.setattr(provenance, "REPOSITORY", ROOT)
    monkeypatch.setenv("PATH", os.devnull)
    assert provenance.of_code()["commit"] == ""
    # Inside some other project's checkout the answer must not be that project's commit.
    monkeypatch.undo()
    monkeypatch.setattr(provenance, "REPOSITORY", ROOT / "tests")
    assert provenance.of_code()["commit"] == ""
