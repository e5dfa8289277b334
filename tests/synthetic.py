"""The small store of the app's tests by its old name."""

from fake_store import BASELINES, CARD, PLANES, answer, make, model_digest

__all__ = ["BASELINES", "CARD", "PLANES", "answer", "make", "model_digest"]
