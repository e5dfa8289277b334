"""How tests are dealt out to processes, and what browser tests ask for by name.

A module of browser tests gives its store as the fixture `root`. `browser` is imported where it is
needed: most tests need no playwright.
"""

import importlib
import os
import shutil
import sys
import tempfile
from collections import Counter

import kept
import pytest

# Before torch is loaded: matrix products round alike wherever their operands lie in memory.
os.environ.setdefault("MKL_CBWR", "AUTO")

MAIN = sys.modules["__main__"]

COUNTED = pytest.StashKey[bool]()
"""Whether a test counts what it covers, which makes Python half as fast: each quick test does, by
the first of its parameters."""

LONG = {
    "test_app_annealing": 75, "test_app_belonging": 30, "test_app_contract": 65,
    "test_app_features": 30, "test_app_features_compare": 35, "test_app_host": 95,
    "test_app_landscape": 90, "test_app_layout": 225, "test_app_live": 200,
    "test_app_live_early": 95, "test_app_live_points": 30, "test_app_live_steer": 50,
    "test_app_paper": 10, "test_app_plugged_in": 25, "test_app_problems": 115,
    "test_app_subsets": 165, "test_app_words": 18, "test_core_analyses": 110,
    "test_core_eigenvector": 30, "test_core_failure_prediction": 55, "test_core_live": 40,
    "test_core_minima": 25, "test_core_probes": 30, "test_core_saddles": 25, "test_core_tasks": 30,
    "test_docs_energy": 7, "test_fuzz": 40, "test_package": 115, "test_precompute_app_beside": 13,
    "test_precompute_commands": 20, "test_precompute_dictionaries": 80, "test_precompute_own": 40,
    "test_precompute_run": 60, "test_precompute_serve": 50, "test_precompute_sets": 15,
    "test_size": 12, "test_slurm_other": 25, "test_slurm_packing": 25, "test_slurm_preflight": 65,
    "test_slurm_submit_fake": 60, "test_store_catalog": 50, "test_store_crashes": 50,
    "test_store_odd": 40,
}  # fmt: skip
"""Seconds of modules that take much longer than others of as many tests: last, one of them would
keep one process busy while the others have nothing left."""


def pytest_configure(config):
    """Views register their parameters when the list of views is loaded."""
    importlib.import_module("app.views")
    if not hasattr(config, "workerinput"):  # the process that starts the others, or the only one
        os.environ[kept.FOLDER] = tempfile.mkdtemp(prefix="kept-stores-")
    kept.empty_files()


def pytest_unconfigure(config):
    """What the session kept goes with it."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(kept.FOLDER))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Without Chromium a browser test skips before its store is made; in CI it fails.

    Streamlit's AppTest leaves the app's script as the main module, which a process that a later
    test spawns would run.
    """
    sys.modules["__main__"] = MAIN
    if item.get_closest_marker("browser"):
        import browser

        browser.require()


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    """Count what a test covers, with what it sets up, where that is wanted."""
    plugin = item.config.pluginmanager.getplugin("_cov")
    counting = getattr(plugin, "cov_controller", None)
    if counting is None or item.stash[COUNTED]:
        yield
        return
    counting.pause()
    yield
    counting.resume()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Say which tests count coverage, and give each process whole modules.

    What a module sets up is set up once. What shares a Slurm stays together in one process, one
    after the other, and so do kills and clocks, which are `alone`. These two come first, since they
    take longest, mostly in waiting; then modules by their probable time, or what was measured.
    """
    seen = set()
    for item in items:
        test = (item.path, item.cls, getattr(item, "originalname", item.name))
        slow = any(map(item.get_closest_marker, ("alone", "browser", "slow", "slurm")))
        item.stash[COUNTED] = not slow and test not in seen
        seen.add(test)
    if not getattr(config.option, "loadgroup", False):  # set in the processes that run tests, alone
        return
    seconds, groups = Counter(), {}
    for item in items:
        together = (m for m in ("slurm", "alone") if item.get_closest_marker(m))
        group = next(together, item.path.stem)
        item.add_marker(pytest.mark.xdist_group(group))
        seconds[group] += 5 if any(map(item.get_closest_marker, ("browser", "slow"))) else 0.1
        groups[item] = group
    seconds |= Counter(LONG)
    seconds["alone"] = seconds["slurm"] = sum(seconds.values())
    items.sort(key=lambda item: (-seconds[groups[item]], groups[item]))


@pytest.fixture(scope="module")
def url(root):
    """Address of the app, which shows `root`."""
    import browser

    with browser.serve(root) as address:
        yield address


@pytest.fixture(scope="module")
def chromium():
    import browser

    with browser.chromium() as running:
        yield running


@pytest.fixture
def page(chromium):
    """A fresh window, see `browser.page_of`."""
    import browser

    with browser.page_of(chromium) as shown:
        yield shown
