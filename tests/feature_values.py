"""What a dictionary and the answers about it hold, drawn so that a view can be counted by hand.

Codes are drawn first; activations, records and examples follow from them. Metrics, intervals and
logs are drawn and mean nothing.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ired_interp_core.dictionaries.names import (
    CONCEPTS,
    CONTROLS,
    INTERVENTIONS,
    QUANTILES,
    STATUS,
    WAYS,
)
from ired_interp_core.records import Question, seeded
from ired_interp_core.schema import LEVELS
from ired_interp_core.tasks import PROPERTIES

COUNT, STEPS, SIDE, ACTIVE = 24, 6, 4, 5
POINT = (COUNT, LEVELS, STEPS)
TESTED = 16
"""Features whose causal effect is measured."""
WALKED = 4
"""Problems walked for each."""
DEAD = 3
"""The last features are never active."""
Values = Mapping[str, Any]


class Made:
    """One dictionary: atoms and codes.

    Args:
        parameters: of the analysis `dictionary`.
        question: of it.
    """

    @classmethod
    def of(cls, question: Question) -> "Made":
        """The dictionary that a question asks for."""
        return cls(question.parameters, question)

    def __init__(self, parameters: Mapping[str, Any], question: Question) -> None:
        self.question = question
        self.m = m = int(parameters["features"])
        seed = int(parameters["seed"])
        atoms = seeded("atoms", 0).standard_normal((m, SIDE, SIDE))
        atoms[: m // 4] += atoms[: m // 4].swapaxes(1, 2)  # some are symmetric
        if seed:  # every second atom of the first seed is found again, one place on
            other = seeded("atoms", seed).standard_normal((m, SIDE, SIDE))
            other[1::2] = atoms[:-1:2]
            atoms = other
        atoms = atoms.reshape(m, -1)
        self.decoder = (atoms / np.linalg.norm(atoms, axis=1, keepdims=True)).astype("f4")
        rng = seeded("codes", question.key)
        weight = np.r_[1 / np.arange(1, m - DEAD + 1), np.zeros(DEAD)]
        score = np.log(np.maximum(weight, 1e-30)) + rng.gumbel(size=(*POINT, m))
        chosen = np.argsort(-score, axis=-1)[..., :ACTIVE]
        self.codes = np.zeros((*POINT, m), "f4")
        values = rng.lognormal(0.0, 0.6, chosen.shape).astype("f4")
        np.put_along_axis(self.codes, chosen, values, axis=-1)


def trained(made: Made) -> Values:
    """Atoms, encoder and a log that falls."""
    m, rng = made.m, seeded("log", made.question.key)
    entries = 30
    fall = np.exp(-np.arange(entries) / 8)
    pairs = made.question.parameters["orthogonality"] == "pairs"

    def drawn(low: float, high: float) -> np.ndarray:
        return low + (high - low) * fall * rng.uniform(0.9, 1.1, entries)

    nothing = np.full(entries, np.nan)
    return {
        "decoder": made.decoder,
        "encoder": made.decoder,
        "encoder_bias": np.zeros(m),
        "decoder_bias": np.zeros(SIDE**2),
        "threshold": np.zeros(m),
        "centre": np.zeros(SIDE**2),
        "scale": 1.0,
        "steps_taken": 290,
        "samples_seen": 290 * 64,
        "training_samples": 19 * LEVELS * STEPS,
        "log_step": 10 * np.arange(1, entries + 1),
        "log_taken": 10 * np.arange(1, entries + 1) - (np.arange(entries) > 12) * 2,
        "log_loss": drawn(0.2, 1.0),
        "log_reconstruction": drawn(0.15, 0.9),
        "log_sparsity": np.zeros(entries),
        "log_auxiliary": drawn(0.01, 0.05),
        "log_orthogonality": drawn(0.001, 0.02) if pairs else np.zeros(entries),
        "log_explained_variance": 0.8 - 0.8 * fall,
        "log_held_out_explained_variance": 0.7 - 0.7 * fall,
        "log_live_cosine": drawn(0.1, 0.2),
        "log_live_cosine_sd": drawn(0.02, 0.05),
        "log_l0": np.full(entries, float(ACTIVE)),
        "log_dead_share": drawn(DEAD / m, 0.3),
        "log_rate": 1e-3 * fall,
        "log_tau": drawn(0.3, 0.6) if pairs else nothing,
        "log_pair_cosine": drawn(0.25, 0.5) if pairs else nothing,
        "log_pair_cosine_sd": drawn(0.05, 0.1) if pairs else nothing,
        "log_pair_stability": 1 - 0.7 * fall if pairs else nothing,
    }


def metrics(made: Made) -> Values:
    """Metrics in plausible order; absorption of a few concepts measured, of the others not."""
    rng = seeded("metrics", made.question.key)
    ev = 0.72 + 0.1 * rng.random()
    status = np.full(len(CONCEPTS), STATUS.index("undefined"))
    status[:4] = STATUS.index("measured")
    status[4] = STATUS.index("weak_probe")
    seen = status == STATUS.index("measured")
    rate = np.where(seen, rng.uniform(0.02, 0.3, len(status)), np.nan)
    level = 0.9 - 0.05 * np.arange(LEVELS)
    numbers = {
        "l0": float(ACTIVE), "explained_variance": ev, "fvu": 1 - ev,
        "explained_variance_training": ev + 0.04, "cosine": 0.86, "norm_ratio": 0.9,
        "dead_share": DEAD / made.m, "rare_share": 0.6, "forced_density": ACTIVE / made.m,
        "live_cosine": 0.21, "random_explained_variance": 0.2, "mse_original": 0.011,
        "mse_zero": 0.09, "held_out_problems": 4.0, "walked_problems": 3.0,
        "absorption": np.nanmean(rate) + 0.05, "full_absorption": np.nanmean(rate),
        "splitting": 2.5, "probe_auroc": 0.82,
    }  # fmt: skip
    codings = np.array([ev, 0.9, 0.55, 0.1])
    beyond = np.array([0.6, 0.7, 0.4, 0.0]) + np.zeros((3, 1))
    gain = beyond[:, :1] - beyond
    count = np.array([ACTIVE, ACTIVE, ACTIVE, 0.0])
    known = np.where(np.arange(4) < 3, 1.0, np.nan)
    return {
        **numbers,
        "coding_explained": codings,
        "mse_replaced": np.array([0.013, 0.012, 0.02, 0.08]),
        "loss_recovered": np.array([0.975, 0.98, 0.9, 0.1]),
        "loss_recovered_low": np.array([0.94, 0.96, 0.8, 0.05]),
        "loss_recovered_high": np.array([0.99, 0.995, 0.95, 0.2]),
        "walk_l0": 3 * count,
        "sparse_auroc_mean": np.array([0.6, 0.7, 0.75]) * known[:, None],
        "beyond": beyond,
        "beyond_low": beyond - 0.01,
        "beyond_high": beyond + 0.02,
        "gain": gain,
        "gain_low": gain - 0.03,
        "gain_high": gain + 0.04,
        "coding_l0": count + np.zeros((3, 1)),
        "explained_variance_level": codings[:, None] * level,
        "l0_level": count[:, None] + np.zeros(LEVELS),
        "walk_l0_level": 3 * count[:, None] + np.zeros(LEVELS),
        "one_concept_share": 0.05 * known[:, None] + np.zeros(LEVELS),
        "sparse_auroc": np.where(seen[:, None], 0.7, np.nan) * known[:, None, None] * np.ones(3),
        "absorption_rate": rate,
        "absorption_fraction": rate + 0.05,
        "absorption_status": status,
        "concept_positives": np.where(status == 1, 0, 150),
        "concept_points": np.where(status == 1, 0, 300),
        "concept_auroc": np.where(status == 1, np.nan, 0.82),
        "concept_auroc_latents": np.where(seen, 0.78, np.nan),
        "split_latents": np.where(seen, 2.0, np.nan),
    }


def record(made: Made) -> Values:
    """Everything that follows from the codes; correlations are drawn."""
    m, codes = made.m, made.codes.astype("f8")
    active = codes > 0
    flat = codes.reshape(-1, m)
    count, top = active.reshape(-1, m).sum(axis=0), flat.max(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        strength = (codes.sum(axis=0) / active.sum(axis=0)).transpose(2, 0, 1)
        mean = flat.sum(axis=0) / count
    share = (flat**2).sum(axis=0) / (flat**2).sum()
    histogram = [
        np.histogram(flat[flat[:, i] > 0, i], 40, (0.0, top[i] or 1.0))[0] for i in range(m)
    ]
    by_level = active.sum(axis=(0, 2)).T
    rng = seeded("record", made.question.key)
    cosine = made.decoder @ made.decoder.T - 2 * np.eye(m)
    near = np.argsort(-cosine, axis=1)[:, :12]
    together = (flat.T @ flat) / np.sqrt(np.outer((flat**2).sum(0), (flat**2).sum(0)) + 1e-30)
    together -= 2 * np.eye(m)
    beside = np.argsort(-together, axis=1)[:, :12]
    beside_cosine = np.take_along_axis(together, beside, axis=1)
    rho = rng.uniform(-0.9, 0.9, (m, len(PROPERTIES)))
    p = np.minimum(1.0, 10.0 ** (-8 * rho**2))
    best = np.abs(rho).argmax(axis=1)
    matrices = made.decoder.reshape(m, SIDE, SIDE).astype("f8")
    turned = matrices.swapaxes(1, 2)
    diagonal = np.diagonal(matrices, axis1=1, axis2=2)
    parts = [((matrices + turned) ** 2).sum((1, 2)) / 4, ((matrices - turned) ** 2).sum((1, 2)) / 4,
             (diagonal**2).sum(1), diagonal.sum(1) ** 2 / SIDE]  # fmt: skip
    singular = np.linalg.svd(matrices, compute_uv=False)
    q = singular**2 / (singular**2).sum(axis=1, keepdims=True)
    return {
        "density": count / len(flat),
        "density_held_out": active[4::5].reshape(-1, m).mean(axis=0),
        "problem_share": active.any(axis=(1, 2)).mean(axis=0),
        "mean_activation": mean,
        "max_activation": top,
        "energy_share": share,
        "peak_level": np.where(count > 0, by_level.argmax(axis=1), -1),
        "activity": active.mean(axis=0).transpose(2, 0, 1),
        "strength": strength,
        "histogram": np.array(histogram),
        **_examples(codes),
        "near_feature": near,
        "near_cosine": np.take_along_axis(cosine, near, axis=1),
        "together_feature": np.where(beside_cosine > 0, beside, -1),
        "together_cosine": np.where(beside_cosine > 0, beside_cosine, np.nan),
        "atom_share": np.stack(parts, axis=1),
        "atom_share_random": np.array([10, 6, 4, 1]) / SIDE**2,
        "atom_singular": singular,
        "atom_rank": np.exp(-(q * np.log(q)).sum(axis=1)),
        "atom_rank_random": 2.7,
        "correlation": rho,
        "correlation_p": p,
        "strongest_property": best,
        "strongest_correlation": rho[np.arange(m), best],
        "strongest_p": p[np.arange(m), best],
        "property_used": np.ones(len(PROPERTIES)),
        "going_share": 0.6,
        "going_share_others": [0.5, 0.4, 0.2, 0.01],
        "going_beyond_low": [-0.1, 0.0, 0.2, 0.4],
        "going_beyond_high": [0.3, 0.4, 0.6, 0.7],
        "data_share_before": [0.92, 0.08, 0.48, 0.44],
        "data_share_after": [0.87, 0.13, 0.38, 0.33],
    }


def _examples(codes: np.ndarray) -> dict[str, Any]:
    """Strongest points, one a problem, and the points at quantiles of what is positive."""
    m = codes.shape[-1]
    top, at = (m, 12), (m, len(QUANTILES))
    names = ("problem", "level", "step", "value")
    example = [np.full(top, -1.0) for _ in names]
    quantile = [np.full(at, -1.0) for _ in names]
    example[3][:] = quantile[3][:] = np.nan
    points = np.zeros(m)
    for i in range(m):
        of = codes[..., i].reshape(COUNT, -1)
        order = np.argsort(-of.max(axis=1), kind="stable")[:12]
        order = order[of.max(axis=1)[order] > 0]
        point = of.argmax(axis=1)[order]
        for kept, v in zip(example, (order, point // STEPS, point % STEPS, of[order, point]),
                           strict=True):  # fmt: skip
            kept[i, : len(order)] = v
        positive = np.sort(of[of > 0])
        points[i] = len(positive)
        for j, wanted in enumerate(QUANTILES if len(positive) else ()):
            value = positive[round(wanted * (len(positive) - 1))]
            problem, point = np.argwhere(of == value)[0]
            for kept, v in zip(quantile, (problem, point // STEPS, point % STEPS, value),
                               strict=True):  # fmt: skip
                kept[i, j] = v
    kept = {f"example_{n}": v for n, v in zip(names, example, strict=True)}
    kept |= {f"quantile_{n}": v for n, v in zip(names, quantile, strict=True)}
    return {**kept, "quantile_points": points}


def causal(made: Made) -> Values:
    """Effects of the first features; NaN for the others."""
    rng, m = seeded("causal", made.question.key), made.m
    tested = np.arange(m) < TESTED
    values: dict[str, Any] = {"tested": tested, "causal_problems": WALKED}

    def some(drawn: np.ndarray) -> np.ndarray:
        return np.where(tested.reshape(-1, *[1] * (drawn.ndim - 1)), drawn, np.nan)

    for name, size in (("shift", 0.03), ("error", 2e-4)):
        for intervention, controls in INTERVENTIONS.items():
            head, count = f"{intervention}_{name}", len(CONTROLS)
            effect = size * rng.lognormal(0.0, 0.6, m)
            width = size * rng.uniform(0.1, 0.4, m)
            others = size * rng.lognormal(-1.0, 0.6, (m, count))
            others[:, len(controls) :] = np.nan
            beyond, reach = effect[:, None] - others, width[:, None]
            rival = np.nanargmin(beyond, axis=1)
            least = np.nanmin(beyond - reach, axis=1)
            values |= {
                head: some(effect),
                f"{head}_low": some(effect - width),
                f"{head}_high": some(effect + width),
                f"{head}_controls": some(others),
                f"{head}_control": some(others[np.arange(m), rival]),
                f"{head}_beyond": some(beyond),
                f"{head}_beyond_low": some(beyond - reach),
                f"{head}_beyond_high": some(beyond + reach),
                f"{head}_rival": np.where(tested, rival + 1, 0),
                f"{head}_p": some(np.where(least > 0, 0.01, 0.6)),
                f"{head}_found": some(2 * width),
                f"{head}_verdict": np.where(tested, np.where(least > 0, 1, 2), 0),
            }
    for ending in ("", "_random"):
        for part, value in {"slope": 1.0, "low": 0.9, "high": 1.1, "r2": 0.8, "sign": 0.95}.items():
            values[f"prediction_{part}{ending}"] = value
            values[f"shift_prediction_{part}{ending}"] = (
                value if part in {"r2", "sign"} else 0.9 * value
            )
    each = (len(WAYS), TESTED, WALKED)
    predicted = rng.normal(size=(2, TESTED, WALKED))
    return values | {
        "trial_feature": np.arange(TESTED),
        "walked_problem": np.arange(4, 5 * WALKED, 5),
        "shift_each": rng.lognormal(-3.0, 0.5, each),
        "error_each": 1e-4 * rng.normal(size=each),
        "predicted_energy": predicted,
        "measured_energy": predicted + 0.3 * rng.normal(size=predicted.shape),
        "predicted_shift": np.abs(predicted),
        "shift_along": 0.8 * np.abs(predicted),
    }


def mapped(made: Made) -> Values:
    """PCA of the atoms; what stands for UMAP is another plane."""
    centred = made.decoder - made.decoder.mean(axis=0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    return {
        "pca": u[:, :2] * s[:2],
        "pca_share": (s**2 / (s**2).sum())[:2],
        "umap": 10 * u[:, 2:4],
        "neighbours_kept": 0.4,
        "neighbours_kept_random": 15 / (made.m - 1),
    }


def sparse(made: Made) -> Values:
    """The codes, strongest first."""
    order = np.argsort(-made.codes, axis=-1)[..., :32]
    values = np.take_along_axis(made.codes, order, axis=-1)
    return {
        "code_feature": np.where(values > 0, order, -1),
        "code_value": values,
        "code_count": (made.codes > 0).sum(axis=-1),
        "code_error": np.full(POINT, 0.2),
    }


def matched(one: Made, other: Made) -> Values:
    """Pairs by signed cosine; means as declared."""
    cosine = one.decoder @ other.decoder.T
    pair = np.arange(one.m)
    pair[:-1:2] += 1  # the atoms that the other seed has found, too
    pair[1::2] -= 1
    got = cosine[np.arange(one.m), pair]
    numbers = {
        "pw_mcc": np.abs(got).mean(), "mmcs": cosine.max(axis=1).mean(),
        "mmcs_back": cosine.max(axis=0).mean(), "matched_share": (np.abs(got) >= 0.7).mean(),
        "alive_pw_mcc": np.abs(got).mean(), "alive_share": 1 - DEAD / one.m,
        "alive_share_other": 1 - DEAD / other.m, "null_pw_mcc": 0.45, "null_pw_mcc_sd": 0.01,
        "null_mmcs": 0.4, "null_mmcs_sd": 0.01,
    }  # fmt: skip
    return {
        **numbers,
        "match": pair,
        "match_cosine": got,
        "nearest": cosine.argmax(axis=1),
        "nearest_cosine": cosine.max(axis=1),
    }
