"""Take the pictures of the documents anew: `make pictures`.

The app is started on a store, each address below is opened in Chromium, and what the window shows
once it stands still is written to `docs/pictures/`. The addresses are those of `make demo`.
"""

import argparse
import io
import sys
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

DOCS = Path(__file__).resolve().parent
sys.path[:0] = [str(DOCS.parent), str(DOCS.parent / "tests")]
from browser import chromium, page_of, serve, settled  # noqa: E402 - found by the line above

from store import files  # noqa: E402 - likewise

INVERSE = "fa41c70653031476bd295aaa"
"""Digest of the bundled inverse model; `checkpoints/README.md` has all three."""

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
}
"""Name of the file → address in the app."""


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


def main() -> None:
    """Take the pictures that are asked for, all by default."""
    parser = argparse.ArgumentParser(description="Take the pictures of the documents anew.")
    parser.add_argument("--store", required=True, type=Path, help="as `make demo-store` makes it")
    parser.add_argument("--out", type=Path, default=DOCS / "pictures", help="folder to write to")
    parser.add_argument("names", nargs="*", help=f"some of: {', '.join(PICTURES)}")
    given = parser.parse_args()
    if unknown := set(given.names) - set(PICTURES):
        parser.error(f"no picture {', '.join(sorted(unknown))}; known: {', '.join(PICTURES)}")
    if not (given.store / "catalog" / "CURRENT").is_file():
        parser.error(f"{given.store} is no store with a catalog; next: make demo-store")
    given.out.mkdir(parents=True, exist_ok=True)
    with serve(given.store.resolve(), live="local") as address, chromium() as browser:
        for name in given.names or PICTURES:
            with page_of(browser, SIZE) as page:
                page.goto(address + PICTURES[name])
                if name in ACTS:
                    ACTS[name](page)
                content = compressed(still(page))
            files.replace(given.out / f"{name}.png", content)
            print(f"{name}.png  {len(content) / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    main()
