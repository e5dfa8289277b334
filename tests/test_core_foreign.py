"""Checkpoints of others: wrapped, narrow, with extras; refused before they cost memory."""

import argparse
import json
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from cases import ROOT, random_tensors
from safetensors.torch import save_file

from ired_interp_core import checkpoints
from ired_interp_core.errors import Refusal
from ired_interp_core.training import formats

TENSORS = {k: torch.from_numpy(v) for k, v in random_tensors().items()}
DIGEST = checkpoints.from_tensors(random_tensors(), {}).digest
ALPHAS = torch.from_numpy(np.float32(checkpoints.cosine().alphas_cumprod))


def saved(path: Path, state: dict, new: bool = True, **more: object) -> Path:
    whole = {"step": 3, "model": state, "ema": state, "opt": {}, "scaler": None, **more}
    torch.save(whole, path, _use_new_zipfile_serialization=new)
    return path


@pytest.mark.parametrize(
    "prefix",
    [
        "ema_model.model.ebm.", "ema_model._orig_mod.model.ebm.", "ema_model.model.module.ebm.",
        "module.ema_model.model.ebm._orig_mod.", "network.", "",
    ],
)  # fmt: skip
@pytest.mark.parametrize("new", [True, False])
def test_wrapped_names_are_the_same_model(tmp_path: Path, prefix: str, new: bool) -> None:
    state = {prefix + name: tensor for name, tensor in TENSORS.items()}
    head = prefix.partition("model.ebm")[0] if "ebm" in prefix else prefix
    path = saved(tmp_path / "m.pt", state | {f"{head}alphas_cumprod": ALPHAS}, new)
    assert checkpoints.load(path).digest == DIGEST


def test_a_bare_state_dict_is_a_model(tmp_path: Path) -> None:
    for whole in (TENSORS, {"state_dict": {f"model.{k}": v for k, v in TENSORS.items()}}):
        torch.save(whole, tmp_path / "m.pt")
        model = checkpoints.load(tmp_path / "m.pt")
        assert (model.digest, model.card["weights"]) == (DIGEST, "unstated")


def test_names_of_another_network_are_shown(tmp_path: Path) -> None:
    state = {"blocks.0.attn.qkv": torch.zeros(2), "head.weight": torch.zeros(2)}
    with pytest.raises(Refusal, match=r"blocks.0.attn.qkv, head.weight"):
        checkpoints.load(saved(tmp_path / "m.pt", state))
    twice = {f"{who}.{k}": v for who in "ab" for k, v in TENSORS.items()}
    with pytest.raises(Refusal, match=r"several networks.*a\., b\."):
        checkpoints.load(saved(tmp_path / "m.pt", twice))


def test_harmless_extras_are_passed_by_and_others_are_named(tmp_path: Path) -> None:
    extras = {
        "loss": np.float64(0.3), "curve": np.arange(3), "args": argparse.Namespace(lr=1e-4),
        "folder": tmp_path, "optim": torch.optim.Adam([torch.nn.Parameter(ALPHAS)]).state_dict(),
    }  # fmt: skip
    assert checkpoints.load(saved(tmp_path / "m.pt", TENSORS, **extras)).digest == DIGEST
    path = saved(tmp_path / "m.pt", TENSORS, net=torch.nn.Linear(1, 1))
    with pytest.raises(Refusal, match=r"torch.nn.modules.linear.Linear.*next: save it again"):
        checkpoints.load(path)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_narrow_weights_become_float32_exactly(tmp_path: Path, dtype: torch.dtype) -> None:
    narrow = {k: v.to(dtype) for k, v in TENSORS.items()}
    save_file(narrow, tmp_path / "m.safetensors")
    for path in (saved(tmp_path / "m.pt", narrow), tmp_path / "m.safetensors"):
        model = checkpoints.load(path, bare=True)
        assert all(torch.equal(model.weights[k], v.float()) for k, v in narrow.items())
        assert model.card["stored_as"] == str(dtype).removeprefix("torch.")


def test_views_and_parameters_are_read_as_torch_reads_them(tmp_path: Path) -> None:
    base = torch.cat([torch.zeros(5), TENSORS["fc2.weight"].T.flatten()])
    state = TENSORS | {"fc2.weight": base[5:].view(16, 16).T}
    state["fc1.bias"] = torch.nn.Parameter(TENSORS["fc1.bias"])
    for new in (True, False):
        assert checkpoints.load(saved(tmp_path / "m.pt", state, new)).digest == DIGEST


def test_another_number_of_levels_is_said_in_words(tmp_path: Path) -> None:
    path = saved(tmp_path / "m.pt", TENSORS | {"alphas_cumprod": torch.tensor([0.9, 0.5])})
    with pytest.raises(Refusal, match="came: 2 diffusion steps · expected: 10"):
        checkpoints.load(path)


def test_tensors_without_a_card_are_imported(tmp_path: Path) -> None:
    save_file(TENSORS, tmp_path / "m.safetensors")
    with pytest.raises(Refusal, match="next: python -m precompute import-checkpoint FILE"):
        checkpoints.load(tmp_path / "m.safetensors")
    assert checkpoints.load(tmp_path / "m.safetensors", bare=True, task="inverse").digest == DIGEST


def test_a_flipped_bit_of_a_tensor_is_seen(tmp_path: Path) -> None:
    data = bytearray(saved(tmp_path / "m.pt", TENSORS).read_bytes())
    at = data.index(TENSORS["fc2.weight"].numpy().tobytes())
    data[at + 100] ^= 4
    (tmp_path / "m.pt").write_bytes(data)
    with pytest.raises(Refusal, match="checksum"):
        checkpoints.load(tmp_path / "m.pt")


def test_a_card_that_no_reader_takes_is_not_written() -> None:
    model = checkpoints.from_tensors(random_tensors(), {"remark": "x" * 2**23})
    with pytest.raises(Refusal, match="card is too large"):
        checkpoints.to_bytes(model)


def costly(folder: Path) -> list[Path]:
    """Files that cost gigabytes where numbers are read before shapes are looked at."""
    schedule = saved(folder / "schedule.pt", TENSORS | {"alphas_cumprod": torch.zeros(2**24)})
    entry = '"t%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}'
    head = ("{" + ",".join(entry % i for i in range(200_000)) + "}").encode()
    header = folder / "header.safetensors"
    header.write_bytes(struct.pack("<Q", len(head)) + head)
    zeros = folder / "zeros.pt"
    with zipfile.ZipFile(zeros, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", b"\x80\x02}.")
        archive.writestr("a/data/0", bytes(2**28))
    sizes = folder / "sizes.pt"
    sizes.write_bytes(b"\x80\x02cbuiltins\nbytearray\nJ\xff\xff\xff\x7f\x85R.")
    memo = folder / "memo.pt"
    memo.write_bytes(b"\x80\x02}r\xff\xff\xff\x3f.")
    return [schedule, header, zeros, sizes, memo]


def test_a_refusal_costs_little_memory(tmp_path: Path) -> None:
    code = (
        "import json, resource, sys\n"
        "from ired_interp_core import checkpoints\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before, took = peak(), {}\n"
        "for path in sys.argv[1:]:\n"
        "    try:\n"
        "        checkpoints.load(path)\n"
        "    except checkpoints.Refusal:\n"
        "        took[path] = peak() - before\n"
        "print(json.dumps(took))\n"
    )
    files = costly(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, files)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    took = json.loads(done.stdout)
    assert set(took) == set(map(str, files)), "each is refused"
    assert max(took.values()) < 100 * 1024  # KiB, for all of them together


def test_own_trainings_files_are_read_without_torch_unpickling(tmp_path: Path) -> None:
    buffers = formats.buffers(checkpoints.cosine())
    state = {f"ema_model.model.ebm.{k}": v for k, v in TENSORS.items()}
    state |= {f"ema_model.{k}": v for k, v in buffers.items()}
    assert checkpoints.load(saved(tmp_path / "m.pt", state)).digest == DIGEST
