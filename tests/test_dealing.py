"""Tests of one module run in one process: what it sets up, it sets up once."""

import os

import pytest


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="all run in one process")
def test_a_module_is_one_group(request: pytest.FixtureRequest) -> None:
    assert request.node.nodeid.endswith("@test_dealing")
