"""`doctor --self-test`: every part does its smallest work, and the first that cannot is named."""

import pytest

from precompute.cli import self_test


def test_every_room_does_its_smallest_work() -> None:
    found = list(self_test.findings())
    assert [f.subject.partition(":")[0] for f in found] == ["core and precompute", "store", "app"]
    assert all(f.ok for f in found), found


def test_the_first_that_fails_says_why_and_the_rest_is_not_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(self_test, "SWEEP", "name = ")
    (finding,) = self_test.findings()
    assert not finding.ok
    assert "not TOML" in finding.note
