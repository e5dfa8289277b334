"""Tests of one module run in one process: what it sets up, it sets up once."""

import os
from pathlib import Path

import pytest
from conftest import LONG


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="all run in one process")
def test_a_module_is_one_group(request: pytest.FixtureRequest) -> None:
    assert request.node.nodeid.endswith("@test_dealing")


def test_the_long_ones_are_there() -> None:
    assert {name for name in LONG if not Path(__file__).with_name(f"{name}.py").exists()} == set()
