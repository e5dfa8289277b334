"""Every link of the documents leads somewhere, and every document is reached."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from cases import ROOT
from documents import DOCUMENTS, anchors, links, name, prose

CITATION = re.compile(r"docs/(\w[\w-]*\.md)(?:,)? §(\d+(?:\.\d+)?)")
SECTION = re.compile(r"^#{2,3} (\d+(?:\.\d+)?)\.? ", re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_links_resolve(document: Path) -> None:
    broken = []
    for link in links(document):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.is_relative_to(ROOT) or not target.exists():
            broken.append(f"{link}: no such file")
        elif anchor and (target.suffix != ".md" or anchor not in anchors(target)):
            broken.append(f"{link}: no such heading")
    assert not broken


def test_every_page_is_reached_from_the_readme() -> None:
    reached, new = set(), {ROOT / "README.md"}
    while new:
        reached |= new
        new = {
            (document.parent / link.partition("#")[0]).resolve()
            for document in new
            for link in links(document)
            if link.partition("#")[0].endswith(".md") and not re.match(r"[a-z]+:", link)
        } - reached
    assert {name(d) for d in DOCUMENTS} <= {name(d) for d in reached}


def test_cited_sections_exist() -> None:
    sections = {
        page.name: set(SECTION.findall(page.read_text())) for page in (ROOT / "docs").glob("*.md")
    }
    missing = [
        f"{source.relative_to(ROOT)}: {page} §{section}"
        for folder in ("app", "ired_interp_core", "precompute", "store", "tests", "docs")
        for source in (ROOT / folder).rglob("*")
        if source.suffix in (".py", ".md")
        for page, section in CITATION.findall(source.read_text())
        if section not in sections.get(page, ())
    ]
    assert not missing


def test_own_sections_exist() -> None:
    page = ROOT / "docs" / "definitions.md"
    cited = set(re.findall(r"§(\d+(?:\.\d+)?)", prose(page)))
    assert cited <= set(SECTION.findall(page.read_text()))


def test_a_broken_link_is_found() -> None:
    known = anchors(ROOT / "docs" / "definitions.md")
    assert "3-curvature-of-e-in-ỹ" in known
    assert "3-curvature" not in known
