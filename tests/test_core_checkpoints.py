"""The checkpoint door: what it opens, what it refuses, and that it executes nothing."""

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from cases import CHECKPOINTS, ROOT, bundled, points, random_tensors, small
from safetensors.numpy import save_file

from ired_interp_core import checkpoints
from ired_interp_core.errors import Refusal

DIGESTS = {
    "inverse": "fa41c70653031476bd295aaa",
    "completion": "ea4e9e3ed62454b184f6f5d7",
    "addition": "f9ff6435c2719f5611fb6c12",
    "addition_width1024": "7214c0e47584fc43c7c3e4e8",
}


def official(path: Path, **changes: object) -> Path:
    """A small file as the official trainer writes it; `changes` replace its parts."""
    tensors = {k: torch.from_numpy(v) for k, v in random_tensors().items()}
    raw = {k: torch.from_numpy(v) for k, v in random_tensors(seed=1).items()}
    model = {f"model.ebm.{k}": v for k, v in raw.items()}
    ema = {f"ema_model.model.ebm.{k}": v for k, v in tensors.items()}
    ema |= {f"online_model.model.ebm.{k}": v for k, v in raw.items()}
    ema |= {"initted": torch.tensor(True), "step": torch.tensor(7)}
    whole = {"step": 7, "model": model, "opt": {}, "ema": ema, "scaler": None} | changes
    torch.save({k: v for k, v in whole.items() if v != "absent"}, path)
    return path


@pytest.mark.parametrize("name", DIGESTS)
def test_bundled_weights_are_what_they_were(name: str) -> None:
    assert bundled(name).digest == DIGESTS[name]
    assert checkpoints.read_digest(CHECKPOINTS / f"{name}.safetensors") == DIGESTS[name]
    assert (bundled(name).task, bundled(name).size) == (name.partition("_")[0], 20)


def test_cards_say_how_far_training_went_and_stand_beside_baselines() -> None:
    for task in DIGESTS:
        card = checkpoints.read_card(CHECKPOINTS / f"{task}.safetensors")
        assert card["training"]["batch"] == 256
        for variant in ("same", "harder"):
            assert {"answer", "official_answer", "zero"} < set(card["mse"][variant])


def test_official_file_gives_the_averaged_weights_unless_asked(tmp_path: Path) -> None:
    path = official(tmp_path / "m.pt")
    ema, raw = checkpoints.load(path), checkpoints.load(path, weights="model")
    np.testing.assert_array_equal(ema.weights["fc1.weight"], random_tensors()["fc1.weight"])
    np.testing.assert_array_equal(raw.weights["fc1.weight"], random_tensors(seed=1)["fc1.weight"])
    assert ema.card["steps"] == 7
    assert ema.digest != raw.digest


def test_own_file_round_trip(tmp_path: Path) -> None:
    model = small(task="addition")
    checkpoints.save(model, tmp_path / "m.safetensors")
    again = checkpoints.load(tmp_path / "m.safetensors")
    assert (again.digest, again.task, again.size) == (model.digest, "addition", 3)
    x, y, t = points(model, 3)
    assert torch.equal(model.energy(x, y, t), again.energy(x, y, t))


def test_digest_follows_weights_and_not_the_card(tmp_path: Path) -> None:
    model, other = small(), small(seed=1)
    model_with_card = checkpoints.from_tensors(random_tensors(), {"task": "inverse", "remark": "x"})
    assert model.digest == model_with_card.digest != other.digest


def test_without_averaged_weights_the_raw_ones_are_offered(tmp_path: Path) -> None:
    path = official(tmp_path / "m.pt", ema="absent")
    with pytest.raises(Refusal, match="--weights model"):
        checkpoints.load(path)
    assert checkpoints.load(path, weights="model").d == 9


class Bomb:
    def __reduce__(self) -> tuple:
        return os.mkdir, ("executed",)


def own_with_card(path: Path, card: str) -> Path:
    """An own file of a small inverse model with any text as its card."""
    metadata = {"format": checkpoints.FORMAT, "card": card}
    save_file(random_tensors(), path, metadata=metadata)
    return path


def broken_cards(folder: Path) -> dict[str, Path]:
    """Own files whose weights are whole and whose cards lie."""
    cards = {
        "card that is no object": "[1]",
        "card of endless depth": "[" * 100_000,
        "card with NaN": '{"loss": NaN}',
        "card with an unknown task": '{"task": "inv\\u202eerse\\n"}',
        "card with a list of tasks": '{"task": ["inverse"]}',
        "card with another network's task": '{"task": "addition"}',
        "card whose schedule rises": json.dumps({"alphas_cumprod": [0.1 * i for i in range(10)]}),
    }
    return {
        name: own_with_card(folder / f"{i}.safetensors", card)
        for i, (name, card) in enumerate(cards.items())
    }


def broken_files(folder: Path) -> dict[str, Path]:
    """Every bad checkpoint of the list."""
    whole = official(folder / "whole.pt").read_bytes()
    tensors = {k: torch.from_numpy(v) for k, v in random_tensors().items()}

    def ema(**changes: torch.Tensor | None) -> dict[str, torch.Tensor]:
        kept = {k: v for k, v in (tensors | changes).items() if v is not None}
        return {f"ema_model.model.ebm.{k}": v for k, v in kept.items()}

    def write(name: str, data: bytes) -> Path:
        (folder / name).write_bytes(data)
        return folder / name

    bomb = folder / "bomb.pt"
    torch.save({"model": Bomb()}, bomb)
    module = folder / "module.pt"
    torch.save(torch.nn.Linear(2, 2), module)
    nan = tensors["fc2.weight"].clone()
    nan[0, 0] = float("nan")
    own = folder / "nan.safetensors"
    save_file(
        random_tensors() | {"fc2.bias": np.full(16, np.inf, np.float32)},
        own,
        metadata={"format": checkpoints.FORMAT, "card": "{}"},
    )
    cardless = folder / "cardless.safetensors"
    save_file(random_tensors(), cardless)
    fifo = folder / "fifo"
    os.mkfifo(fifo)
    return {
        **broken_cards(folder),
        "sparse tensor": official(
            folder / "sparse.pt", ema=ema(**{"fc2.weight": torch.zeros(16, 16).to_sparse()})
        ),
        "tensor without numbers": official(
            folder / "meta.pt", ema=ema(**{"fc2.weight": torch.empty(16, 16, device="meta")})
        ),
        "schedule of text": official(
            folder / "text.pt", ema=ema() | {"ema_model.alphas_cumprod": "cosine"}
        ),
        "schedule of complex numbers": official(
            folder / "complex.pt",
            ema=ema() | {"ema_model.alphas_cumprod": torch.zeros(10, dtype=torch.complex64)},
        ),
        "zeros": write("zeros.pt", bytes(5000)),
        "missing": folder / "nowhere.pt",
        "directory": folder,
        "fifo": fifo,
        "empty": write("empty.pt", b""),
        "garbage": write("garbage.pt", b"\x00\x01garbage" * 50),
        "web page": write("page.pt", b"<!DOCTYPE html><html></html>"),
        "lfs pointer": write("lfs.pt", b"version https://git-lfs.github.com/spec/v1\noid x\n"),
        "cut": write("cut.pt", whole[: len(whole) // 2]),
        "cut short": write("cut2.pt", whole[:-30]),
        "pickle that runs code": bomb,
        "raw pickle that runs code": write("raw.pt", pickle.dumps(Bomb())),
        "whole module": module,
        "other dict": official(folder / "d.pt", model="absent"),
        "list": write("list.pt", pickle.dumps([1, 2])),
        "missing tensor": official(folder / "m1.pt", ema=ema(**{"fc3.bias": None})),
        "extra tensor": official(folder / "m2.pt", ema=ema(fc9=torch.ones(2))),
        "misshapen tensor": official(
            folder / "m3.pt", ema=ema(**{"fc2.weight": torch.ones(3, 16)})
        ),
        "wrong dtype": official(
            folder / "m4.pt", ema=ema(**{"fc2.weight": torch.ones(16, 16, dtype=torch.float64)})
        ),
        "NaN weight": official(folder / "m5.pt", ema=ema(**{"fc2.weight": nan})),
        "shape bomb": official(
            folder / "m6.pt",
            ema={k: v.new_zeros(1).expand(v.shape) for k, v in ema().items()},
        ),
        "infinite own weight": own,
        "safetensors without card": cardless,
        "broken header": write("header.safetensors", b"\x10\0\0\0\0\0\0\0{not json at all"),
    }


def test_bad_checkpoints_give_one_line_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    monkeypatch.chdir(tmp_path)
    files = broken_files(tmp_path)
    recwarn.clear()  # of making them
    for name, path in files.items():
        with pytest.raises(Refusal) as refusal:
            checkpoints.load(path)
        line = str(refusal.value)
        assert "\n" not in line, name
        assert str(path) in line, name
        assert "weights_only" not in line, f"{name}: advises to switch the protection off"
    assert [str(w.message) for w in recwarn] == []
    assert not (tmp_path / "executed").exists()


def test_size_is_that_of_the_tensors_whatever_the_card_says(tmp_path: Path) -> None:
    path = own_with_card(tmp_path / "m.safetensors", '{"task": "inverse", "size": 10}')
    assert checkpoints.read_card(path)["size"] == checkpoints.load(path).size == 3


def test_own_file_is_no_web_page_whatever_its_header_length(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    for remark in range(0x3C00 - 3000, 0x3C20, 8):  # " <" are the first bytes of one of them
        data = own_with_card(path, json.dumps({"remark": "x" * remark})).read_bytes()
        if data.lstrip()[:1] == b"<":
            break
    else:
        pytest.fail("no header of that length was made")
    assert checkpoints.load(path).size == 3


def test_raw_weights_are_not_taken_from_a_file_of_averaged_ones(tmp_path: Path) -> None:
    path = own_with_card(tmp_path / "m.safetensors", '{"weights": "ema"}')
    assert checkpoints.load(path).size == 3
    for ask in (checkpoints.load, checkpoints.read_card):
        with pytest.raises(Refusal, match="averaged weights only"):
            ask(path, weights="model")


def test_unreadable_file_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = official(tmp_path / "m.pt")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(Refusal, match="Permission denied"):
        checkpoints.load(path)


def test_unknown_words_are_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="ema, model"):
        checkpoints.load(tmp_path, weights="raw")  # type: ignore[arg-type]
    with pytest.raises(Refusal, match="inverse"):
        checkpoints.load(tmp_path, task="sudoku")


ADAPTER = '''
import torch

class Bowl:
    """E = ‖ỹ − x‖⁴/4 + t·Σỹ: a foreign energy with a known Hessian."""
    size, n_in, task = 2, 4, "inverse"

    def energy(self, x, y, t):
        return ((y - x).square().sum(-1)) ** 2 / 4 + t * y.sum(-1)

def make(path):
    return Bowl()
'''


def test_any_other_energy_through_an_adapter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bowl_adapter.py").write_text(ADAPTER)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "weights.bin").write_bytes(b"anything")
    model = checkpoints.load(tmp_path / "weights.bin", adapter="bowl_adapter:make")
    x, y, t = points(model, 3)
    gap = y - x
    e, g = model.energy_and_gradient(x, y, t)
    torch.testing.assert_close(g, gap.square().sum(-1, keepdim=True) * gap + t[:, None])
    expected = gap.square().sum(-1)[:, None, None] * torch.eye(4, dtype=x.dtype)
    expected = expected + 2 * gap[:, :, None] * gap[:, None, :]
    torch.testing.assert_close(model.hessian(x, y, t), expected)
    torch.testing.assert_close(model.hessian_eigenvalues(x, y, t), torch.linalg.eigvalsh(expected))
    assert len(model.digest) == 24
    assert e.shape == (3,)


@pytest.mark.parametrize(
    "adapter", ["no_such_module:make", "..relative:make", "json", "json:no_such_name", ":"]
)
def test_adapter_that_cannot_be_imported(tmp_path: Path, adapter: str) -> None:
    with pytest.raises(Refusal, match="module:function"):
        checkpoints.load(tmp_path / "x", adapter=adapter)


@pytest.mark.parametrize("adapter", ["builtins:str", "os:getcwd", "json:loads"])
def test_adapter_that_makes_no_model_is_one_line(tmp_path: Path, adapter: str) -> None:
    (tmp_path / "weights.bin").write_bytes(b"anything")
    with pytest.raises(Refusal, match="adapter makes no model") as refusal:
        checkpoints.load(tmp_path / "weights.bin", adapter=adapter)
    assert adapter in str(refusal.value)


def test_model_of_an_adapter_follows_its_schedule_and_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "weights.bin").write_bytes(b"anything")
    monkeypatch.syspath_prepend(tmp_path)

    def load(name: str, more: str) -> str:
        """Digest of the bowl with more attributes."""
        text = ADAPTER.replace("def make(path):", f"    {more}\n\ndef make(path):")
        (tmp_path / f"{name}.py").write_text(text)
        return checkpoints.load(tmp_path / "weights.bin", adapter=f"{name}:make").digest

    falling = "alphas_cumprod = [0.9 ** i for i in range(1, 11)]"
    first = load("bowl_schedule", falling)
    assert load("bowl_schedule", f"{falling}; steps = 10") != first, "its code is part of it"
    assert load("bowl_schedule", falling.replace("0.9", "0.85")) != first
    assert load("bowl_schedule", falling) == first
    with pytest.raises(Refusal, match="schedule is unusable"):
        load("rising", "alphas_cumprod = [0.1 * i for i in range(10)]")
    with pytest.raises(Refusal, match="not of this task"):
        load("addition", 'task = "addition"')


def test_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.safetensors"
    checkpoints.save(small(), path)
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints.os, "fsync", full)
    with pytest.raises(Refusal, match="No space left"):
        checkpoints.save(small(seed=2), path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["m.safetensors"]


def test_digest_and_card_need_no_torch() -> None:
    code = (
        "import sys; from ired_interp_core import checkpoints as c;"
        f"c.read_digest({str(CHECKPOINTS / 'inverse.safetensors')!r});"
        "print(sorted(m for m in ('torch', 'streamlit') if m in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert json.loads(done.stdout.replace("'", '"')) == []
