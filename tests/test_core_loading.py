"""Imports without the garbage collector: off meanwhile, as before afterwards, and only then."""

import gc
import subprocess
import sys
from pathlib import Path

import pytest
from cases import ROOT

from ired_interp_core.loading import load, uncollected


def test_the_collector_pauses_and_leaves_alone_what_is_there_by_then() -> None:
    assert gc.isenabled()
    before = gc.get_freeze_count()
    with uncollected():
        assert not gc.isenabled()
        made = [[] for _ in range(5000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(made)


def test_a_failed_import_turns_it_on_again() -> None:
    with pytest.raises(ModuleNotFoundError):
        load("no_such_module_here")
    assert gc.isenabled()


def test_it_stays_off_where_it_was_off() -> None:
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_only_a_first_import_takes_what_is_there_out_of_collection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "loaded_once.py").write_text("import gc\nPAUSED = not gc.isenabled()\n")
    monkeypatch.syspath_prepend(tmp_path)
    load("loaded_once")
    assert sys.modules.pop("loaded_once").PAUSED
    load("loaded_once", "gc")
    frozen, more = gc.get_freeze_count(), [[] for _ in range(5000)]
    load("loaded_once", "gc")
    assert gc.get_freeze_count() < frozen + len(more)
    sys.modules.pop("loaded_once")


def test_a_process_says_nothing_at_its_end() -> None:
    """DuckDB's binding reports what it finds frozen as leaked."""
    words = "from ired_interp_core.loading import load; load('duckdb')"
    done = subprocess.run([sys.executable, "-c", words], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
