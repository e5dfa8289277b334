"""Parts of long work that outlive it."""

import numpy as np
import pytest

from ired_interp_core.desk import Desk
from ired_interp_core.errors import Paused
from ired_interp_core.probing import saved
from ired_interp_core.probing.saved import Parts


class Kept(Desk):
    """Keeps the newest checkpoint, and leaves when told to."""

    content: bytes | None = None
    leaves = False

    def load(self):
        return self.content

    def save(self, content):
        self.content = content

    def pause(self):
        return self.leaves


def made(desk: Desk, name: str) -> tuple[np.ndarray, bool]:
    """A part, and whether it had to be made."""
    parts, again = Parts(desk, 2), []
    parts.restore()

    def make():
        again.append(name)
        return {"a|b": np.arange(3.0), "flags": np.array([1], dtype=np.int8)}

    return parts.part(name, name, make)["a|b"], bool(again)


def test_a_finished_part_is_not_made_again():
    desk = Kept()
    first, fresh = made(desk, "level 3")
    second, again = made(desk, "level 3")
    np.testing.assert_array_equal(first, second)
    assert (fresh, again) == (True, False)
    desk.leaves = True
    assert not made(desk, "level 3")[1], "what is there needs no work"
    with pytest.raises(Paused):
        made(desk, "level 4")


@pytest.mark.parametrize("content", [b"", b"no checkpoint", None])
def test_what_cannot_be_read_is_made_again(content):
    desk = Kept()
    made(desk, "level 3")
    desk.content = desk.content[:-40] if content is None else content
    assert made(desk, "level 3")[1]


def test_a_checkpoint_of_older_code_is_not_continued(monkeypatch):
    desk = Kept()
    made(desk, "level 3")
    monkeypatch.setattr(saved, "FORMAT", 2)
    assert made(desk, "level 3")[1]
