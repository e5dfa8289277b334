"""A dictionary in SAELens' layout says the same there; ours and foreign ones come back."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from planted import planted
from safetensors.torch import save_file

from ired_interp_core.dictionaries import fit
from ired_interp_core.dictionaries.dictionary import Dictionary
from ired_interp_core.dictionaries.saelens import (
    CONFIG_NAME,
    WEIGHTS_NAME,
    from_saelens,
    to_saelens,
)
from ired_interp_core.dictionaries.variants import KINDS
from ired_interp_core.errors import Refusal

X, _ = planted(1200, 16, 20)
X = X * 7 + 3


def learned(variant: str) -> Dictionary:
    return fit(X, variant, 24, k=4, steps=60, batch=128, rate=5e-3)


def as_published(config: dict, tensors: dict, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """SAELens' formulas in NumPy, float64: sae.py and {standard,topk,jumprelu}_sae.py of 6.54."""
    w = {name: t.double().numpy() for name, t in tensors.items()}
    lengths = np.linalg.norm(w["W_dec"], axis=1)
    shift = w["b_dec"] if config["apply_b_dec_to_input"] else 0
    z = (x - shift) @ w["W_enc"] + w["b_enc"]
    if config["architecture"] == "topk":
        if config["rescale_acts_by_decoder_norm"]:
            z = z * lengths
        edge = np.sort(z, axis=1)[:, -config["k"]][:, None]
        f = np.where(z >= edge, np.maximum(z, 0), 0)
        back = f / lengths if config["rescale_acts_by_decoder_norm"] else f
        return f, back @ w["W_dec"] + w["b_dec"]
    f = np.maximum(z, 0)
    if config["architecture"] == "jumprelu":
        f = f * (z > w["threshold"])
    return f, f @ w["W_dec"] + w["b_dec"]


@pytest.mark.parametrize("variant", KINDS)
def test_codes_and_rebuilt_are_the_same_there(variant: str) -> None:
    dictionary = learned(variant)
    config, tensors = to_saelens(dictionary, {"site": "gradient"})
    json.dumps(config, allow_nan=False)
    f, rebuilt = as_published(config, tensors, X.astype("f8"))
    ours = dictionary.encode(X)
    # a code at the very edge of the gate may fall on the other side in another arithmetic
    differs = np.abs(f - ours.numpy()) > 1e-3
    assert differs.mean() < 1e-4
    same = ~differs.any(axis=1)
    np.testing.assert_allclose(rebuilt[same], dictionary.decode(ours).numpy()[same], atol=1e-3)
    assert config["architecture"] == {"relu": "standard", "topk": "topk"}.get(variant, "jumprelu")
    assert config["metadata"]["site"] == "gradient"


@pytest.mark.parametrize("variant", KINDS)
def test_the_way_back_gives_the_same_dictionary(variant: str) -> None:
    dictionary = learned(variant)
    config, tensors = to_saelens(dictionary)
    back = from_saelens(json.loads(json.dumps(config)), tensors)
    assert (back.variant, back.k) == (dictionary.variant, dictionary.k)
    assert back.scale == dictionary.scale
    for name in ("encoder", "encoder_bias", "decoder", "decoder_bias", "threshold", "centre"):
        torch.testing.assert_close(
            getattr(back, name), getattr(dictionary, name), atol=1e-4, rtol=1e-4
        )


def foreign(architecture: str, **config) -> tuple[dict, dict]:
    g = torch.Generator().manual_seed(3)
    m, d = 24, 16
    tensors = {
        "W_enc": torch.randn(d, m, generator=g) / 4, "b_enc": torch.randn(m, generator=g),
        "W_dec": torch.randn(m, d, generator=g), "b_dec": torch.randn(d, generator=g),
    }  # fmt: skip
    if architecture == "jumprelu":
        tensors["threshold"] = torch.randn(m, generator=g)
    full = {"architecture": architecture, "d_in": d, "d_sae": m, "apply_b_dec_to_input": True}
    return full | {"k": 5, "rescale_acts_by_decoder_norm": False} | config, tensors


@pytest.mark.parametrize("subtract", [False, True])
@pytest.mark.parametrize("architecture", ["standard", "jumprelu", "topk"])
def test_a_foreign_dictionary_is_the_same_function(architecture: str, subtract: bool) -> None:
    config, tensors = foreign(
        architecture, apply_b_dec_to_input=subtract, rescale_acts_by_decoder_norm=True
    )
    dictionary = from_saelens(config, tensors)
    f, rebuilt = as_published(config, tensors, X.astype("f8"))
    np.testing.assert_allclose(dictionary.decoder.norm(dim=1), 1, atol=1e-5)
    codes = dictionary.encode(X)
    np.testing.assert_allclose(dictionary.decode(codes), rebuilt, atol=2e-2, rtol=1e-4)
    np.testing.assert_array_equal((codes > 0).float().mean(0), (f > 0).astype("f4").mean(0))


def test_topk_with_rows_of_equal_length_needs_no_rescaling() -> None:
    config, tensors = foreign("topk")
    tensors["W_dec"] = 3 * torch.nn.functional.normalize(tensors["W_dec"], dim=1)
    dictionary = from_saelens(config, tensors)
    _, rebuilt = as_published(config, tensors, X.astype("f8"))
    np.testing.assert_allclose(dictionary.rebuild(X), rebuilt, atol=2e-2, rtol=1e-4)
    assert dictionary.scale == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("architecture", "config", "spoil"),
    [
        ("topk", {}, None),
        ("gated", {}, None),
        (["topk"], {}, None),
        ("standard", {"normalize_activations": "layer_norm"}, None),
        ("standard", {"reshape_activations": "hook_z"}, None),
        ("standard", {"d_sae": 23}, None),
        ("standard", {"d_in": None}, None),
        ("topk", {"k": 0, "rescale_acts_by_decoder_norm": True}, None),
        ("topk", {"k": "5", "rescale_acts_by_decoder_norm": True}, None),
        ("topk", {"k": 99, "rescale_acts_by_decoder_norm": True}, None),
        ("standard", {}, lambda t: t.pop("b_enc")),
        ("jumprelu", {}, lambda t: t.pop("threshold")),
        ("standard", {}, lambda t: t.update(more=torch.zeros(3))),
        ("standard", {}, lambda t: t["W_enc"].fill_(float("nan"))),
        ("standard", {}, lambda t: t["W_dec"][3].zero_()),
    ],
)
def test_what_cannot_be_read_is_refused(architecture, config: dict, spoil) -> None:
    full, tensors = foreign(architecture, **config)
    if spoil:
        spoil(tensors)
    with pytest.raises(Refusal) as refusal:
        from_saelens(full, tensors, "some/cfg.json")
    assert "some/cfg.json" in str(refusal.value)


@pytest.mark.parametrize(
    "ours", [3, {}, {"variant": "topk"}, {"variant": "relu", "centre": "x", "scale": 1.0}]
)
def test_damaged_metadata_are_as_none(ours) -> None:
    config, tensors = foreign("standard", metadata={"ired_interp": ours})
    assert from_saelens(config, tensors).scale == 1.0


@pytest.mark.parametrize("variant", KINDS)
def test_saelens_itself_reads_it(variant: str, tmp_path: Path) -> None:
    """The package, where it is installed: codes and x̂ of its own encode and decode."""
    sae_lens = pytest.importorskip("sae_lens", reason="sae-lens is not among the requirements")
    dictionary = learned(variant)
    config, tensors = to_saelens(dictionary)
    (tmp_path / CONFIG_NAME).write_text(json.dumps(config))
    save_file(tensors, tmp_path / WEIGHTS_NAME)
    theirs = sae_lens.SAE.load_from_disk(tmp_path)
    x = torch.from_numpy(X)
    with torch.no_grad():
        f = theirs.encode(x)
        rebuilt = theirs.decode(f)
    ours = dictionary.encode(x)
    same = ~((f - ours).abs() > 1e-3).any(1)
    assert float(same.float().mean()) > 0.99
    torch.testing.assert_close(rebuilt[same], dictionary.decode(ours)[same], atol=1e-3, rtol=1e-4)
    theirs.save_model(tmp_path / "again")
    from safetensors.torch import load_file

    back = from_saelens(
        json.loads((tmp_path / "again" / CONFIG_NAME).read_text()),
        load_file(tmp_path / "again" / WEIGHTS_NAME),
    )
    torch.testing.assert_close(back.decoder, dictionary.decoder, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(
        back.rebuild(X)[same], dictionary.rebuild(X)[same], atol=1e-2, rtol=1e-3
    )


@pytest.mark.parametrize("place", ["activation_fn_str", "activation_fn"])
def test_topk_as_versions_three_to_five_spell_it(place: str) -> None:
    config, tensors = foreign("topk", rescale_acts_by_decoder_norm=True)
    wanted = from_saelens(config, tensors)
    old = {k: v for k, v in config.items() if k != "k"} | {"architecture": "standard"}
    old |= {place: "topk", "activation_fn_kwargs": {"k": 5}, "sae_lens_training_version": "5.9.0"}
    found = from_saelens(old, tensors)
    assert (found.variant, found.k) == ("topk", 5)
    torch.testing.assert_close(found.encode(X), wanted.encode(X))
    assert int((found.encode(X) > 0).sum(1).max()) == 5
    del old["architecture"]
    assert from_saelens(old, tensors).k == 5


@pytest.mark.parametrize(
    "changed",
    [
        {"activation_fn_str": "tanh-relu"}, {"activation_fn": "gelu"}, {"k": None},
        {"activation_fn_str": "topk", "activation_fn_kwargs": {}, "k": None},
        {"activation_fn_str": "topk", "activation_fn_kwargs": {"k": 6}, "k": 5},
        {"activation_fn_str": "topk", "activation_fn_kwargs": {"k": 5, "postact_fn": "gelu"}},
        {"activation_fn_str": "relu", "architecture": "topk"},
        {"activation_fn_str": "topk", "architecture": "jumprelu"},
        {"normalize_activations": "layer_norm"}, {"finetuning_scaling_factor": True},
        {"apply_b_dec_to_input": "false"}, {"use_error_term": True}, {"act_fn_slope": 0.1},
        {"architecture": "gated"}, {"architecture": ["topk"]},
    ],
)  # fmt: skip
def test_a_field_that_changes_the_function_is_read_or_refused(changed: dict) -> None:
    architecture = "topk" if changed == {"k": None} else changed.get("architecture", "standard")
    config, tensors = foreign(architecture if isinstance(architecture, str) else "topk")
    with pytest.raises(Refusal):
        from_saelens(config | changed, tensors)
    trained = {"normalize_sae_decoder": True, "lp_norm": 1.0, "model_name": "x", "noise_scale": 0}
    config, tensors = foreign("standard")
    assert from_saelens(config | trained | {"activation_fn_str": "relu"}, tensors).variant == "relu"
