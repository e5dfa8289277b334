"""Sparse codes, and the products with them that make a TopK step cheap.

Of f [B, m] only some k entries a row are not 0. With g = ∂L/∂x̂ [B, d] and active entries (n, i):
x̂_n = Σ_i f_ni W_i (embedding bag), ∂L/∂f_ni = g_n·W_i at active entries only (sampled product),
∂L/∂W = fᵀg and ∂L/∂Enc = (∂L/∂f)ᵀx as CSR products. Beside the dense encoding, 2Bdm operations, all
of it is 8Bdk: the dense step needs 10Bdm.
"""

import warnings
from dataclasses import dataclass

import numpy as np
import scipy.sparse
import torch
from jaxtyping import Float, Int
from torch import Tensor

# Said once by torch at the first CSR tensor; the products used here are tested against dense ones.
warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta state")

TILE = 256
"""Rows encoded together: at m = 8192 their pre-activations, 8 MB, are selected from while they are
in cache, and the 134 MB of a batch of 4096 are never written."""


@dataclass(frozen=True)
class Codes:
    """Codes f [B, m] in compressed rows; an entry may be 0 (a row with fewer than k positive).

    Args:
        crow: where each row starts in `col` and `value`.
        col: feature of each entry.
        value: f.
        features: m.
    """

    crow: Int[Tensor, "B+1"]
    col: Int[Tensor, "entry"]
    value: Float[Tensor, "entry"]
    features: int

    @property
    def rows(self) -> int:
        """B."""
        return len(self.crow) - 1

    @property
    def row(self) -> Int[Tensor, "entry"]:
        """Row of each entry."""
        rows = torch.arange(self.rows, device=self.col.device)
        return rows.repeat_interleave(self.crow.diff())

    def matrix(self) -> Tensor:
        """As a torch CSR matrix [B, m]."""
        return csr(self.crow, self.col, self.value, (self.rows, self.features))

    def dense(self) -> Float[Tensor, "B m"]:
        """As a dense matrix."""
        f = self.value.new_zeros(self.rows, self.features)
        f[self.row, self.col.long()] = self.value
        return f

    def scipy(self) -> scipy.sparse.csr_matrix:
        """As a SciPy CSR matrix [B, m] of its positive entries."""
        parts = (v.detach().cpu().numpy() for v in (self.value, self.col, self.crow))
        matrix = scipy.sparse.csr_matrix(tuple(parts), (self.rows, self.features))
        matrix.eliminate_zeros()
        return matrix

    def segment(self, start: int, stop: int) -> "Codes":
        """The entries of features start … stop − 1, numbered from 0.

        Args:
            start: first feature.
            stop: one past the last.

        Returns:
            Codes [B, stop − start]; itself where nothing falls away.
        """
        if start == 0 and stop >= self.features:
            return self
        kept = (self.col >= start) & (self.col < stop)
        counts = torch.bincount(self.row[kept], minlength=self.rows)
        return Codes(_starts(counts), self.col[kept] - start, self.value[kept], stop - start)

    def decode(self, decoder: Float[Tensor, "m d"]) -> Float[Tensor, "B d"]:
        """Rebuild: f W.

        Args:
            decoder: W.

        Returns:
            Σ_i f_ni W_i.
        """
        return torch.nn.functional.embedding_bag(
            self.col, decoder, self.crow, mode="sum", per_sample_weights=self.value,
            include_last_offset=True,
        )  # fmt: skip

    def backward(
        self, g: Float[Tensor, "B d"], x: Float[Tensor, "B d"], decoder: Float[Tensor, "m d"]
    ) -> tuple[Float[Tensor, "m d"], Float[Tensor, "m"], Float[Tensor, "m d"]]:
        """Gradients of a loss whose derivative by x̂ = f W is g; f = relu(Enc x + b) at entries.

        Args:
            g: ∂L/∂x̂.
            x: inputs of the encoder.
            decoder: W.

        Returns:
            Gradients of the encoder, of its bias, and of the decoder.
        """
        shape = (self.rows, self.features)
        pattern = csr(self.crow, self.col, torch.zeros_like(self.value), shape)
        by_f = torch.sparse.sampled_addmm(pattern, g, decoder.T, beta=0.0).values()
        by_f = torch.where(self.value > 0, by_f, 0.0)
        starts, rows, order = self._transposed()
        across = (self.features, self.rows)
        by_encoder = csr(starts, rows, by_f[order], across) @ x
        by_decoder = csr(starts, rows, self.value[order], across) @ g
        by_bias = torch.zeros(self.features, dtype=g.dtype, device=g.device)
        return by_encoder, by_bias.index_add_(0, self.col, by_f), by_decoder

    def _transposed(self) -> tuple[Tensor, Tensor, Tensor]:
        """Row starts, columns and places of the entries of fᵀ (a counting sort)."""
        places = np.arange(len(self.col), dtype=np.int32)
        matrix = scipy.sparse.csr_matrix(
            (places, self.col.cpu().numpy(), self.crow.cpu().numpy()), (self.rows, self.features)
        ).tocsc()
        parts = (matrix.indptr, matrix.indices, matrix.data)
        starts, rows, order = (torch.from_numpy(p).to(self.col.device) for p in parts)
        return starts, rows, order.long()


def from_dense(f: Float[Tensor, "B m"]) -> Codes:
    """Keep the positive entries of dense codes.

    Args:
        f: codes, at least 0.

    Returns:
        The same, sparse.
    """
    row, col = (f > 0).nonzero(as_tuple=True)
    counts = torch.bincount(row, minlength=len(f))
    return Codes(_starts(counts), col.int(), f[row, col], f.shape[1])


def top_of_rows(
    encoder: Float[Tensor, "m d"], bias: Float[Tensor, "m"], x: Float[Tensor, "B d"], k: int
) -> Codes:
    """The k largest relu(Enc x + b) of every row.

    Args:
        encoder: rows of the encoder.
        bias: of the encoder.
        x: inputs.
        k: entries of a row; all where there are fewer.

    Returns:
        Codes with exactly k entries a row, some of them 0 where fewer are positive.
    """
    m = len(encoder)
    k = min(k, m)
    tiles = [_top(torch.addmm(bias, part, encoder.T), k) for part in x.split(TILE)]
    values, cols = (torch.cat(column) for column in zip(*tiles, strict=True))
    crow = torch.arange(0, k * len(x) + 1, k, dtype=torch.int32, device=x.device)
    return Codes(crow, cols.reshape(-1).int(), values.reshape(-1).relu_(), m)


def _top(z: Float[Tensor, "B m"], k: int) -> tuple[Tensor, Tensor]:
    """Exact top k by groups: each lies in one of the k groups with the largest maxima.

    Of any group outside these, k maxima are at least as large as all that is in it. Selecting among
    m/G maxima and then k·G candidates is 1.5–3 times as fast as among all m.
    """  # noqa: DOC201
    rows, m = z.shape
    size = 1 << max(0, round(np.log2(max(m / k, 1)) / 2))
    while m % size:
        size //= 2
    groups = m // size
    if size == 1 or groups <= k:
        return z.topk(k, dim=1, sorted=False)
    # Group j is {j, j + groups, …}: its maximum is taken along contiguous memory.
    shaped = z.view(rows, size, groups)
    chosen = shaped.amax(1).topk(k, dim=1, sorted=False).indices
    candidates = shaped.gather(2, chosen[:, None, :].expand(rows, size, k)).view(rows, size * k)
    values, places = candidates.topk(k, dim=1, sorted=False)
    return values, chosen.gather(1, places % k) + (places // k) * groups


def top_of_batch(
    encoder: Float[Tensor, "m d"],
    bias: Float[Tensor, "m"],
    x: Float[Tensor, "B d"],
    k: int,
    guess: float,
) -> tuple[Codes, float]:
    """The B·k largest relu(Enc x + b) of the whole batch.

    Args:
        encoder: rows of the encoder.
        bias: of the encoder.
        x: inputs.
        k: entries of a row on average.
        guess: of the smallest kept activation; decides the time it takes and nothing else.

    Returns:
        Codes of at most B·k entries, all positive, and the smallest of them (0 if none).
    """
    wanted = min(k * len(x), len(x) * len(encoder))
    low = guess
    if low <= 0:
        first = torch.addmm(bias, x[:TILE], encoder.T).flatten()
        low = 0.8 * float(first.kthvalue(max(1, len(first) - k * len(x[:TILE]))).values)
    while True:
        low = max(low, 0.0)
        tiles = [_above(torch.addmm(bias, part, encoder.T), low) for part in x.split(TILE)]
        counts, cols, values = (torch.cat(column) for column in zip(*tiles, strict=True))
        if low == 0 or len(values) >= wanted:
            break
        low = low / 2 if low > 1e-3 else 0.0
    if len(values) > wanted:
        smallest = values.kthvalue(len(values) - wanted + 1).values
        kept = values >= smallest
        ties = (values == smallest).nonzero().flatten()
        kept[ties[len(ties) - (int(kept.sum()) - wanted) :]] = False
        rows = torch.arange(len(x), device=x.device).repeat_interleave(counts)
        counts = torch.bincount(rows[kept], minlength=len(x))
        cols, values = cols[kept], values[kept]
    smallest_kept = float(values.min()) if len(values) else 0.0
    return Codes(_starts(counts), cols.int(), values, len(encoder)), smallest_kept


def _above(z: Float[Tensor, "B m"], low: float) -> tuple[Tensor, Tensor, Tensor]:
    """Count in each row, columns and values of the entries above `low`."""
    row, col = (z > low).nonzero(as_tuple=True)
    return torch.bincount(row, minlength=len(z)), col, z[row, col]


def _starts(counts: Tensor) -> Tensor:
    """Row starts of rows with so many entries."""
    return torch.nn.functional.pad(counts.cumsum(0), (1, 0)).int()


def csr(crow: Tensor, col: Tensor, value: Tensor, shape: tuple[int, int]) -> Tensor:
    """A CSR matrix whose parts are known to fit.

    Args:
        crow: row starts.
        col: columns.
        value: entries.
        shape: rows and columns.

    Returns:
        The matrix.
    """
    return torch.sparse_csr_tensor(crow, col, value, shape, check_invariants=False)
