"""Take the pictures of the documents anew: `make pictures`.

The app is started on a store, each address below is opened in Chromium, and what the window shows
once it stands still is written to `docs/pictures/`. The addresses are those of `make demo`, and of
the two energies of `docs/energies`, which are computed here in a few seconds.
"""

import argparse
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

DOCS = Path(__file__).resolve().parent
sys.path[:0] = [str(DOCS.parent), str(DOCS.parent / "tests")]
from browser import chromium, page_of, serve, settled  # noqa: E402 - found by the line above

from store import Store, files  # noqa: E402 - likewise

INVERSE = "fa41c70653031476bd295aaa"
COMPLETION = "ea4e9e3ed62454b184f6f5d7"
"""Digests of bundled models; `checkpoints/README.md` has all three."""

PICTURES = {
    "overview": f"/?model={INVERSE}",
    "paper": f"/?model={INVERSE}&sheet=paper",
    "problems": f"/problems?model={INVERSE}&problem=7",
    "landscape": f"/landscape?model={INVERSE}&problem=7&level=3",
    "live": f"/landscape?model={INVERSE}&problem=7",
    "annealing": f"/annealing?model={INVERSE}",
    "features": f"/features?model={INVERSE}&sheet=dictionaries",
    "atoms": f"/features?model={INVERSE}&sheet=atoms&map=pca&feature=156",
    "probes": f"/probes?model={INVERSE}",
    "failures": f"/probes?model={INVERSE}&sheet=failures",
    "minima": f"/minima?model={COMPLETION}",
    "geometry": f"/geometry?model={INVERSE}",
}
"""Name of the file → address in the app."""

ENERGIES = {
    "mixture": ("wells.txt", "/landscape?model={model}&level=1"),
    "hopfield": ("memories.npy", "/landscape?model={model}&level=1"),
}
"""Name of the file → the file of `docs/energies` that the model was made of, and the address."""


def edit_an_entry(page: Page) -> None:
    """Change one entry of the problem, and wait for all that is computed of it."""
    settled(page)
    page.locator("[data-panel=matrices]").get_by_role("button", name="edit").click()
    page.locator(".ip-bubble").wait_for()
    for key, count in (("ArrowDown", 3), ("ArrowRight", 7)):
        for _ in range(count):
            page.keyboard.press(key)
    page.keyboard.type("0.5")
    page.keyboard.press("Enter")
    page.wait_for_url("**-own-**")
    for panel in ("own", "slice", "spectrum", "numbers", "matrices", "traces", "cuts"):
        page.locator(f"[data-panel={panel}][data-state=drawn]").wait_for()


ACTS = {"live": edit_an_entry}
"""Name of the file → what is done before the picture is taken."""

SIZE = (1440, 900)
COLOURS = 256
"""Of the palette: enough for figures, and a fifth of the bytes."""
MOST_BYTES = 400_000
STILL_SECONDS = 1.5
MOST_SECONDS = 120.0


def energies_store(folder: Path) -> Path:
    """Compute the two energies of `docs/energies`.

    Args:
        folder: of the store to make.

    Returns:
        The folder.
    """
    command = [sys.executable, "-m", "precompute", "run", "energies.toml", "--allow-code"]
    subprocess.run(
        [*command, "--store", str(folder)],
        cwd=DOCS / "energies",
        env=os.environ | {"PYTHONPATH": str(DOCS.parent)},
        check=True,
    )
    return folder


def energies_addresses(folder: Path) -> dict[str, str]:
    """Addresses of `ENERGIES`, whose digests follow from their files and code.

    Args:
        folder: of their store.

    Returns:
        Name of the file → address.
    """
    models = Store(folder).models()
    of = {about["source_file"]: digest for digest, about in models.items()}
    return {name: at.format(model=of[source]) for name, (source, at) in ENERGIES.items()}


def still(page: Page) -> bytes:
    """Wait until the page shows the same for a while.

    Args:
        page: opened at an address.

    Returns:
        The picture, PNG.

    Raises:
        TimeoutError: it never stands still.
    """
    until = time.monotonic() + MOST_SECONDS
    settled(page)
    before = b""
    while time.monotonic() < until:
        page.wait_for_timeout(1000 * STILL_SECONDS)
        settled(page)
        now = page.screenshot()
        if now == before:
            return now
        before = now
    raise TimeoutError(f"{page.url} does not stand still within {MOST_SECONDS:g} s")


def compressed(picture: bytes) -> bytes:
    """Write a picture with a palette.

    Args:
        picture: PNG.

    Returns:
        PNG.

    Raises:
        ValueError: larger than a document should carry.
    """
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    small = io.BytesIO()
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    if len(small.getvalue()) > MOST_BYTES:
        raise ValueError(f"a picture of {len(small.getvalue())} bytes; at most {MOST_BYTES}")
    return small.getvalue()


def take(folder: Path, addresses: Mapping[str, str], out: Path) -> None:
    """Take pictures of the app on a store.

    Args:
        folder: of the store.
        addresses: name of the file → address.
        out: folder to write to.
    """
    with serve(folder.resolve(), live="local") as address, chromium() as browser:
        for name, at in addresses.items():
            with page_of(browser, SIZE) as page:
                page.goto(address + at)
                if name in ACTS:
                    ACTS[name](page)
                content = compressed(still(page))
            files.replace(out / f"{name}.png", content)
            print(f"{name}.png  {len(content) / 1000:.0f} kB", flush=True)


def main() -> None:
    """Take the pictures that are asked for, all by default."""
    every = (*PICTURES, *ENERGIES)
    parser = argparse.ArgumentParser(description="Take the pictures of the documents anew.")
    parser.add_argument("--store", required=True, type=Path, help="as `make demo-store` makes it")
    parser.add_argument("--out", type=Path, default=DOCS / "pictures", help="folder to write to")
    parser.add_argument("names", nargs="*", help=f"some of: {', '.join(every)}")
    given = parser.parse_args()
    asked = given.names or every
    if unknown := set(asked) - set(every):
        parser.error(f"no picture {', '.join(sorted(unknown))}; known: {', '.join(every)}")
    if not (given.store / "catalog" / "CURRENT").is_file():
        parser.error(f"{given.store} is no store with a catalog; next: make demo-store")
    given.out.mkdir(parents=True, exist_ok=True)
    if of_demo := {name: at for name, at in PICTURES.items() if name in asked}:
        take(given.store, of_demo, given.out)
    if set(ENERGIES) & set(asked):
        with tempfile.TemporaryDirectory() as folder:
            energies = energies_store(Path(folder) / "my-energies")
            addresses = energies_addresses(energies)
            take(energies, {name: addresses[name] for name in ENERGIES if name in asked}, given.out)


if __name__ == "__main__":
    main()
