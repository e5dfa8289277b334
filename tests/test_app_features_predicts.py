"""What a feature predicts, on its card: the surest level of every property, the surest first."""

import drawn
import fake_store
import numpy as np

import store
from app.features import predicts
from app.shared.page.contract import Missing

PROPERTIES = ("trace", "log10_condition", "error")


def opened(folder, probed: bool):
    fake = fake_store.Fake(folder / "store", count=8)
    dictionary = fake.ask("dictionary", parameters={"features": 8, "k": 2})
    if probed:
        low = np.full((3, 10, 8), -0.1)
        low[1, 4, 5], low[0] = 0.3, np.nan
        fake.ask(
            "probes", {"feature_low": low, "feature_gain": low + 0.05}, {"codes": True},
            {"feature": 8}, {"property": PROPERTIES, "level": range(10)}, dictionary=dictionary.key,
        )  # fmt: skip
    return store.open(fake.write_run())


def test_a_card_shows_what_its_feature_predicts(tmp_path):
    with opened(tmp_path, True) as found:
        shown = drawn.drawn(found, "features", "predicts", sheet="atoms", feature=5)
        assert list(shown.body.data[0].y) == ["log₁₀ condition number", "log₁₀ MSE of ŷ"]
        np.testing.assert_allclose(shown.body.data[0].x, [0.35, -0.05])
        assert shown.note == "1 of 2 properties beyond the control"
        assert shown.numbers["at_level"].values[0] == 4
        assert shown.questions[0].question.analysis == "probes"


def test_a_card_says_where_no_probes_have_looked(tmp_path):
    with opened(tmp_path, False) as found:
        page = drawn.page(found, "features", sheet="atoms", feature=5)
        assert isinstance(drawn.outcome(page, "predicts"), Missing)


def test_levels_without_numbers_are_passed_over():
    import xarray as xr

    low = np.array([[np.nan, 0.1, 0.4], [np.nan, np.nan, np.nan], [0.5, np.nan, -1.0]])
    dims = ("property", "level")
    one = xr.Dataset(
        {"feature_gain": (dims, low + 0.2), "feature_low": (dims, low)},
        {"property": ["a", "b", "c"], "level": [0, 1, 2]},
    )
    found = predicts.surest(one)
    assert found["property"].values.tolist() == ["c", "a"]
    assert found["at_level"].values.tolist() == [0, 2]
