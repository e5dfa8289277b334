"""Energies of others: what breaks the contract is said at the door; their code is in the digest."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from cases import small
from torch.nn import functional

from ired_interp_core import adapter_source, checkpoints
from ired_interp_core.curvature import generic
from ired_interp_core.curvature.eigen import extreme_eigenvectors
from ired_interp_core.energy import AdaptedEnergy
from ired_interp_core.errors import Refusal

HEAD = """
import torch
class Toy:
    size, n_in, task = 2, 4, "inverse"
    weight = torch.ones(4)
    def energy(self, x, y, t):
        {body}
def make(path):
    return Toy()
"""
GOOD = "return (y - x).pow(4).sum(-1) / 4 + t * y.sum(-1)"


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AdaptedEnergy]:
    """Load a toy whose energy has this body; helpers are further modules."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "w.bin").write_bytes(b"anything")

    def made(body: str = GOOD, head: str = HEAD, **helpers: str) -> AdaptedEnergy:
        for name, text in helpers.items():
            path = tmp_path / f"{name}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        (tmp_path / "toy_adapter.py").write_text(head.format(body=body))
        return checkpoints.load(tmp_path / "w.bin", adapter="toy_adapter:make")

    return made


BROKEN = {
    "[B, 1]": ("return y.pow(2).sum(-1, keepdim=True)", r"wrong shape.*came: \[10, 1\].*\[10\]"),
    "scalar": ("return y.pow(2).sum()", r"wrong shape.*came: \[\]"),
    "[B, d]": ("return y.pow(2)", r"wrong shape.*came: \[10, 4\]"),
    "numpy": ("return y.detach().numpy().sum(-1)", "ndarray, no tensor"),
    "no_grad": ("with torch.no_grad(): return y.pow(2).sum(-1)", "no derivative.*no_grad"),
    "detached": ("return y.detach().pow(2).sum(-1)", "no derivative"),
    "of x alone": ("return (x * torch.ones(4, requires_grad=True)).sum(-1)", "not depend on ỹ"),
    "of the batch": ("return (y - y.mean(0)).pow(2).sum(-1)", "depends on other rows"),
    "random": ("return (y * torch.rand_like(y)).pow(2).sum(-1)", "other rows|asked again"),
    "in place": ("return y.data.mul_(2).sum(-1) + y.pow(2).sum(-1)", "changes its arguments"),
    "NaN": ("return (y.pow(2).sum(-1) - 1e9).sqrt()", "not finite.*first at t = 0"),
    "NaN at a level": ("return y.pow(2).sum(-1) / (t - 7)", "not finite.*first at t = 7"),
    "float32 alone": (
        "return (y @ self.weight.float()).pow(2)",
        r"float64 points.*weight.to\(y.dt",
    ),
    "rounded": ("return y.float().pow(2).sum(-1)", "another dtype"),
    "raises": ("raise SystemExit('no')", "SystemExit: no"),
    "hidden Hessian": ("return Once.apply(y)", "∇²E is hidden"),
    "partly detached": ("return (y * y.detach()).sum(-1)", "∇E is not the derivative"),
    "half a Hessian": ("return Once.apply(y.pow(2))", "∇²E is not the derivative"),
    "no second derivative": ("return Once.apply(y).pow(2)", "∇²E"),
    "root at 0": ("return (y - y).pow(2).sum(-1).sqrt()", "∇E is not finite"),
}
ONCE = """
import torch
from torch.autograd.function import once_differentiable
class Once(torch.autograd.Function):
    @staticmethod
    def forward(ctx, y):
        ctx.save_for_backward(y)
        return y.pow(2).sum(-1)
    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        return 2 * ctx.saved_tensors[0] * g[:, None]
"""


@pytest.mark.parametrize("name", BROKEN)
def test_what_breaks_the_contract_is_one_line_at_the_door(
    load: Callable[..., AdaptedEnergy], name: str
) -> None:
    body, said = BROKEN[name]
    with pytest.raises(Refusal, match=said) as refusal:
        load(body, ONCE + HEAD)
    line = str(refusal.value)
    assert "toy_adapter:make" in line
    assert " · expected: " in line
    assert " · next: " in line


def test_sizes_are_whole_numbers(load: Callable[..., AdaptedEnergy]) -> None:
    for size in ("2.5", "-1", "None", "'2'", "True"):
        with pytest.raises(Refusal, match=r"size is .*, not a whole number"):
            load(GOOD, HEAD.replace("size, n_in, task = 2", f"size, n_in, task = {size}"))


def test_an_answer_that_is_no_matrix_has_no_more_entries_than_there_are(
    load: Callable[..., AdaptedEnergy],
) -> None:
    said = 'task = 2, 4, "inverse"'
    assert load(GOOD, HEAD.replace(said, f"{said}\n    entries = 3")).card["entries"] == 3
    for entries in ("0", "5", "2.0", "True"):
        with pytest.raises(Refusal, match=r"entries is .*, not a whole number from 1 to 4"):
            load(GOOD, HEAD.replace(said, f"{said}\n    entries = {entries}"))


def test_what_no_energy_can_be_asked_is_refused(load: Callable[..., AdaptedEnergy]) -> None:
    for model in (load(), small(size=2)):
        x, y = torch.zeros(3, 4), torch.zeros(3, 4)
        for a, b, t, said in (
            (x, y, -1, "no such level.*came: -1"),
            (x, y, 10, "no such level"),
            (x, y, torch.tensor([0, 1, -2]), "no such level.*-2 … 1"),
            (x, y, torch.tensor([0, 1]), "no such level"),
            (x, y, 1.5, "no such level"),
            (x.numpy(), y, 1, "x is no tensor.*ndarray"),
            (x, y[0], 1, r"ỹ has the wrong shape.*came: \[4\]"),
            (x, y.reshape(3, 2, 2), 1, r"wrong shape.*\[3, 2, 2\]"),
            (x[:2], y, 1, "belong together"),
            (x.double(), y, 1, "belong together.*float64"),
        ):
            for ask in (model.energy, model.energy_and_gradient, model.hessian):
                with pytest.raises(Refusal, match=said):
                    ask(a, b, t)  # type: ignore[arg-type]


def test_attention_has_a_hessian(load: Callable[..., AdaptedEnergy]) -> None:
    body = (
        "q = y.reshape(len(y), 1, 2, 2); "
        "return torch.nn.functional.scaled_dot_product_attention(q, q, q).pow(2).sum((1, 2, 3))"
    )
    model = load(body)
    x, y = torch.zeros(2, 4).double(), torch.randn(2, 4, dtype=torch.float64)

    class Plain:
        """The same by its formula."""

        def energy(self, x: torch.Tensor, y: torch.Tensor, t: object) -> torch.Tensor:
            q = y.reshape(len(y), 2, 2)
            return (functional.softmax(q @ q.mT / np.sqrt(2), -1) @ q).pow(2).sum((1, 2))

    torch.testing.assert_close(model.hessian(x, y, 3), generic.hessian_twin(Plain(), x, y, 3))


def test_a_linear_energy_has_no_curvature(load: Callable[..., AdaptedEnergy]) -> None:
    model = load("return (t + 1) * y.sum(-1)")
    assert not model.hessian(torch.zeros(2, 4), torch.zeros(2, 4), 1).any()


def test_every_file_of_an_adapter_is_in_its_digest(load: Callable[..., AdaptedEnergy]) -> None:
    head = "import toys.one\ndef late():\n    from toys import two\n" + HEAD
    helpers = {"toys/__init__": "", "toys/one": "from . import three", "toys/three": "A = 1",
               "toys/two": "import numpy"}  # fmt: skip
    first = load(GOOD, head, **helpers)
    assert load(GOOD, head, **helpers).digest == first.digest
    source = adapter_source.source("toy_adapter:make")
    assert set(source.files) == {"toy_adapter.py", "toys/__init__.py", "toys/one.py",
                                 "toys/two.py", "toys/three.py"}  # fmt: skip
    digests = {
        load(GOOD, head, **helpers | {name: f"{text}\nB = 2\n"}).digest
        for name, text in helpers.items()
    }
    assert len(digests | {first.digest}) == len(helpers) + 1


def test_the_code_that_runs_is_the_code_that_was_digested(
    load: Callable[..., AdaptedEnergy],
) -> None:
    x, y, found = torch.zeros(1, 4), torch.ones(1, 4), {}
    for factor in (1, 9, 1, 7):  # files of one length, written within the same second
        model = load(f"return {factor} * y.pow(2).sum(-1)")
        found.setdefault(model.digest, set()).add(float(model.energy(x, y, 0)))
    assert sorted(found.values(), key=sorted) == [{4.0}, {28.0}, {36.0}]


def test_code_that_no_file_names_is_refused(load: Callable[..., AdaptedEnergy]) -> None:
    hidden = "import importlib\nimportlib.import_module('hid' + 'den_toy')\n" + HEAD
    with pytest.raises(Refusal, match=r"do not name.*hidden_toy.*write `import hidden_toy`"):
        load(GOOD, hidden, hidden_toy="A = 1")


@pytest.mark.parametrize("scale", [0.25, 1e-12, 1e-14])
def test_a_spectrum_of_almost_equal_eigenvalues_has_its_ends(scale: float) -> None:
    """I − s·ΞᵀΞ, a Hopfield network's at a memory: the subset solver finds 0 or 1 of 3 there."""
    xi = np.random.default_rng(0).choice([-0.5, 0.5], (6, 64))
    h = np.eye(64) - scale * xi.T @ xi
    values = np.linalg.eigvalsh(h)
    ends = zip(extreme_eigenvectors(torch.from_numpy(h), 2), (values[::-1], values), strict=True)
    for vectors, wanted in ends:
        assert vectors.shape == (2, 64)
        np.testing.assert_allclose(h @ vectors.T, vectors.T * wanted[:2], atol=1e-10)
