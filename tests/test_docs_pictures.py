"""The pictures of the documents: there, of one size, small, and of addresses that the app takes."""

import importlib.util
from urllib.parse import parse_qs, urlsplit

import pytest
from cases import ROOT
from documents import DOCUMENTS, links
from PIL import Image

from app import views
from app.shared.address import address

spec = importlib.util.spec_from_file_location("pictures", ROOT / "docs" / "pictures.py")
pictures = importlib.util.module_from_spec(spec)
spec.loader.exec_module(pictures)
ADDRESSES = pictures.PICTURES | {name: at for name, (_, at) in pictures.ENERGIES.items()}

assert views.VIEWS  # registers their addresses


@pytest.mark.parametrize("name", ADDRESSES)
def test_the_address_is_taken_as_it_is_written(name: str) -> None:
    parts = urlsplit(ADDRESSES[name].format(model="0" * 24))
    view = parts.path.strip("/") or "overview"
    asked = address.parse(view, parse_qs(parts.query))
    assert not asked.messages
    assert set(parse_qs(parts.query)) <= set(asked.values)


@pytest.mark.parametrize("name", ADDRESSES)
def test_the_picture_is_there_and_small(name: str) -> None:
    path = ROOT / "docs" / "pictures" / f"{name}.png"
    assert Image.open(path).size == pictures.SIZE
    assert path.stat().st_size <= pictures.MOST_BYTES


def test_no_picture_is_left_over() -> None:
    shown = {link for document in DOCUMENTS for link in links(document) if link.endswith(".png")}
    there = {path.stem for path in (ROOT / "docs" / "pictures").iterdir()}
    assert there == set(ADDRESSES)
    assert {f"docs/pictures/{n}.png" for n in ("overview", "problems", "landscape")} <= shown
