"""What function a cfg.json of SAELens states, in the spellings of its versions 3 to 6."""

from collections.abc import Mapping
from typing import Any, NoReturn

from ired_interp_core.errors import Refusal

KINDS = ("standard", "topk", "jumprelu")

PLAIN = {
    "normalize_activations": ("none", None), "reshape_activations": ("none", None),
    "finetuning_scaling_factor": (False, None), "use_error_term": (False, None),
    "scaling_factor": (None, 1, 1.0),
}  # fmt: skip
"""Fields that change the function unless they have one of these values."""

TRAINING = {
    "normalize_sae_decoder", "scale_sparsity_penalty_by_decoder_norm", "noise_scale",
    "mse_loss_normalization", "lp_norm", "b_dec_init_method", "jumprelu_init_threshold",
    "jumprelu_bandwidth", "normalize_sae_decoder_grad", "sparsity_threshold",
    "dead_feature_threshold", "init_encoder_as_decoder_transpose", "autocast", "autocast_lm",
    "decoder_heuristic_init_norm", "activations_mixing_fraction",
}  # fmt: skip
"""Fields of trainers that sound like the function and do not change it."""

READ = {
    "activation_fn", "activation_fn_str", "activation_fn_kwargs", "apply_b_dec_to_input",
    "rescale_acts_by_decoder_norm",
}  # fmt: skip

SOUNDS = ("activation_fn", "act_fn", "normaliz", "scaling", "rescale", "threshold", "gate",
          "transform", "b_dec", "b_enc", "clip", "softcap")  # fmt: skip


def stated(config: Mapping[str, Any], where: str) -> tuple[str, int]:
    """The architecture, and k of a TopK.

    Args:
        config: of cfg.json.
        where: named in refusals.

    Returns:
        One of `KINDS`, and k, or 0; a `Refusal` for another function, and for a field that may
        change it and is not known.
    """
    for name, plain in PLAIN.items():
        if name in config and config[name] not in plain:
            _no("dictionary does more to its inputs than this project reads", where, name,
                config[name], repr(plain[0]), "fold it into the weights")  # fmt: skip
    for name in ("apply_b_dec_to_input", "rescale_acts_by_decoder_norm"):
        if not isinstance(config.get(name, False), bool):
            _no("field is not true or false", where, name, config[name], "true, false")
    for name in config:
        sounds = any(word in name for word in SOUNDS) and config[name] not in (None, False)
        if sounds and name not in TRAINING | READ | set(PLAIN):
            _no("field may change the function and is not known", where, name, config[name],
                "fields of SAELens 3 to 6", "remove it if it is of the training")  # fmt: skip
    kind = config.get("architecture", "standard" if _function(config) else None)
    if kind not in KINDS:
        _no("unknown architecture", where, "architecture", kind, ", ".join(sorted(KINDS)))
    usual = "topk" if kind == "topk" else "relu"
    function = _function(config) or usual
    if function not in ("relu", "topk") or (kind == "jumprelu" and function != "relu"):
        _no("unknown activation function", where, "activation_fn_str", function, "relu, topk")
    if kind == "standard" and function == "topk":
        kind = "topk"  # as versions 3 to 5 spell it
    if kind == "topk" and function != "topk":
        _no("activation function is not that of the architecture", where, "activation_fn_str",
            function, "topk")  # fmt: skip
    return str(kind), _k(config, where) if kind == "topk" else 0


def _function(config: Mapping[str, Any]) -> Any:
    found = [config[n] for n in ("activation_fn_str", "activation_fn") if config.get(n)]
    return found[0] if found else None


def _k(config: Mapping[str, Any], where: str) -> int:
    extra = config.get("activation_fn_kwargs") or {}
    extra = extra if isinstance(extra, Mapping) else {}
    given = {c["k"] if type(c["k"]) is int else repr(c["k"])
             for c in (config, extra) if c.get("k") is not None}  # fmt: skip
    others = sorted(n for n in extra if n != "k" and extra[n] is not None)
    most = config.get("d_sae")
    (k,) = given if len(given) == 1 else (None,)
    if type(k) is not int or type(most) is not int or not 1 <= k <= most or others:
        _no("k out of range", where, "k", ", ".join(map(str, [*given, *others])) or None,
            "1 … d_sae, once")  # fmt: skip
    return k


def _no(what: str, where: str, name: str, came: Any, expected: str, step: str = "") -> NoReturn:
    raise Refusal(
        what, where=f"{where}, {name}", came=repr(came), expected=expected, next_step=step
    )
