"""One cell along a training: every checkpoint that was probed alike, each a link to its probes."""

from dataclasses import replace

import drawn
import numpy as np
import pytest
import series_store
from series_store import STEPS

import store
from app.components.said import Picked
from app.probes import along
from app.shared.page.contract import Missing

READS = ("problem_properties", "descent", "layer_states", "probes")
CELL = {"property": "trace", "input": "h2", "level": 4}


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    root = tmp_path_factory.mktemp("along") / "store"
    with store.open(series_store.make(root, names=("official",), analyses=READS)) as found:
        yield found


def test_every_checkpoint_stands_there_with_its_control_and_opens_its_probes(opened):
    here = series_store.model("official", 100)
    subject = {"model": here, "set": "inverse-same-4-0", **CELL}
    found = drawn.drawn(opened, "probes", "along", **subject)
    assert found.numbers["training_step"].values.tolist() == list(STEPS)
    control, score = found.body.data
    for place, step in enumerate(STEPS):
        model = series_store.model("official", step)
        (asked,) = (q for q in opened.questions("probes") if q.model == model)
        one = opened.read(asked, problems=[0]).sel(CELL)
        assert score.y[place] == float(one["score"])
        assert control.y[place] == pytest.approx(float(one["score"] - one["gain"]))
        to = along.to_step(drawn.address("probes"), Picked(custom=tuple(score.customdata[place])))
        assert to == {"model": model}
    assert (score.error_y.array >= 0).all()
    (shade,) = found.body.layout.shapes
    assert np.isclose((shade.x0 + shade.x1) / 2, STEPS.index(100))
    assert found.note.endswith("official, 4 checkpoints")
    assert along.to_step(drawn.address("probes"), Picked(custom=(3,))) is None


def test_a_model_of_no_series_has_no_such_panel(opened):
    lonely = {"model": series_store.model("lonely", 500), "set": "inverse-same-4-0"}
    assert "along" not in [p.id for p in drawn.page(opened, "probes", **lonely).panels]
    page = drawn.page(opened, "probes", model=series_store.model("official", 10), **CELL)
    assert isinstance(along.draw(replace(page.scene, asked={}), {}), Missing)
