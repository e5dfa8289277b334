"""The view of probes: what its sentence concludes, and that its panels draw what they export."""

import dataclasses

import drawn
import fake_store
import numpy as np
import pytest

import store
from app.probes.gradients import Flow
from ired_interp_core.probing.names import LAYERS, NETWORKS

PROBLEMS, STEPS, UNITS = 4, 7, 20


def a_flow(**ends: float) -> Flow:
    """Gradients that grow by 2 from layer to layer; of one problem and step by something else."""
    size = np.ones((PROBLEMS, 2, 10, STEPS, 3)) * np.array([1.0, 2.0, 4.0])
    size[2, 0, 9, 1, 0] *= ends.get("factor", 1.0)
    dead = np.zeros((2, 3, UNITS))
    dead[0, 1, : int(ends.get("dead", 0))] = 1.0
    dead[0, 2, 0] = 0.5
    return Flow(size, dead)


@pytest.mark.parametrize(
    ("ends", "holds"),
    [
        ({}, True),
        ({"factor": 0.19}, False),  # 0.095
        ({"factor": 19.9}, True),
        ({"factor": 21.0}, False),
        ({"dead": 2}, True),  # of 60
        ({"dead": 3}, False),
        ({"factor": np.nan}, True),
    ],
)
def test_it_holds_within_the_band_and_below_the_limit_of_dead_units(ends, holds):
    flow = a_flow(**ends)
    assert flow.holds is holds
    assert flow.ends("untrained") == (0.5, 0.5)
    assert flow.everywhere.tolist() == [[0, int(ends.get("dead", 0)), 0], [0, 0, 0]]


def test_a_model_without_numbers_holds_nothing():
    flow = dataclasses.replace(a_flow(), size=np.full((1, 2, 10, STEPS, 3), np.nan))
    assert flow.holds is False


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    root = fake_store.make(
        tmp_path_factory.mktemp("probes") / "store", analyses=("descent", "gradient_flow")
    )
    with store.open(root) as found:
        yield found


def test_panels_draw_what_they_export_and_the_sentence_says_it(opened):
    question = next(q for q in opened.questions() if q.analysis == "gradient_flow")
    answer = opened.read("gradient_flow", question=question.key)
    size = answer["layer_gradient"].transpose("problem", "network", "level", "step", "layer").values
    found = {
        id_: drawn.drawn(opened, "probes", id_, sheet="flow")
        for id_ in ("headline", "rms", "ratio", "units", "dead")
    }
    middle = np.median(size, axis=0)[:, ::-1]
    np.testing.assert_allclose(found["rms"].numbers["layer_gradient"], middle)
    lines = [t for t in found["rms"].body.data if t.mode == "lines"]
    assert len(lines) == len(NETWORKS) * len(LAYERS)
    np.testing.assert_allclose(lines[0].y, middle[0, ..., 0].ravel().astype("f4"))
    ratio = size[..., :-1] / size[..., 1:]
    np.testing.assert_allclose(found["ratio"].numbers["least"], ratio[:, 0, ::-1].min(0))
    numbers = found["headline"].numbers
    np.testing.assert_allclose(numbers["least_ratio"], [ratio[:, n].min() for n in (0, 1)])
    np.testing.assert_allclose(numbers["largest_ratio"], [ratio[:, n].max() for n in (0, 1)])
    shares = found["units"].numbers["dead_share"].values
    assert (np.diff(shares, axis=-1) <= 0).all()
    np.testing.assert_array_equal(found["units"].body.data[0].z, shares.astype("f4"))
    bars = [trace.y for trace in found["dead"].body.data]
    np.testing.assert_allclose(bars, found["dead"].numbers["dead_everywhere"], rtol=1e-6)
