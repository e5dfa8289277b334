"""Make the two fonts that saved pictures carry, from those that Streamlit and matplotlib bring.

    pip install "fonttools[woff]" && python docs/figure_font.py

A picture has its letters with it, so that it looks the same in every program and no text is cut.
Source Sans (SIL Open Font License 1.1) lacks some signs of the field; they come from DejaVu Sans
(Bitstream Vera licence). A font made from Source Sans may not carry its name: it is "Ired Figure".
Kerning is left out: the PDF writer knows none, and lines must be as long in all three formats.
"""

from pathlib import Path

import matplotlib
import streamlit
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import Glyph
from fontTools.varLib.instancer import instantiateVariableFont

NAME = "Ired Figure"
WEIGHTS = {"regular": 400, "bold": 600}
RANGES = (
    (0x20, 0x7E), (0xA0, 0x17F), (0x2C6, 0x2DD), (0x300, 0x308), (0x391, 0x3C9), (0x1D40, 0x1D6A),
    (0x1E22, 0x1E23), (0x1E58, 0x1E59), (0x1E90, 0x1E91), (0x1EF2, 0x1EF9), (0x1FB0, 0x1FB1),
    (0x2009, 0x200B), (0x2010, 0x2044), (0x2070, 0x209C), (0x210E, 0x2135), (0x2190, 0x21A6),
    (0x2200, 0x2265), (0x2282, 0x22C5), (0x2308, 0x230B), (0x25A0, 0x25CF), (0x27E8, 0x27E9),
)  # fmt: skip
OUT = Path(__file__).parents[1] / "app" / "components" / "fonts"
SOURCE = Path(streamlit.__file__).parent / "static" / "static" / "media"
OTHER = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
LICENCE = (
    "Made from Source Sans 3, © 2023 Adobe, SIL Open Font License 1.1 (scripts.sil.org/OFL), and"
    " DejaVu Sans, © Bitstream and others, Bitstream Vera licence."
)


def drawn(font: TTFont, glyph: str, scale: float) -> tuple[Glyph, int]:
    """Outline of a glyph, brought to another size of the em, and how wide it is."""
    glyphs = font.getGlyphSet()
    whole, pen = DecomposingRecordingPen(glyphs), TTGlyphPen(None)
    glyphs[glyph].draw(whole)
    whole.replay(TransformPen(pen, (scale, 0, 0, scale, 0, 0)))
    return pen.glyph(), round(glyphs[glyph].width * scale)


def make(style: str, weight: int) -> Path:
    """Write one weight of the font; gives its file."""
    (path,) = SOURCE.glob("SourceSansVF-Upright*.woff2")
    first = instantiateVariableFont(TTFont(path), {"wght": weight})
    other = TTFont(OTHER / ("DejaVuSans-Bold.ttf" if style == "bold" else "DejaVuSans.ttf"))
    em = first["head"].unitsPerEm
    fonts = ((first, first.getBestCmap(), 1.0),
             (other, other.getBestCmap(), em / other["head"].unitsPerEm))  # fmt: skip
    outlines = {".notdef": drawn(first, ".notdef", 1.0)}
    names: dict[int, str] = {}
    for code in (c for low, high in RANGES for c in range(low, high + 1)):
        found = next(((f, m[code], s) for f, m, s in fonts if code in m), None)
        if found:
            names[code] = f"u{code:04X}"
            outlines[names[code]] = drawn(*found)
    builder = FontBuilder(em, isTTF=True)
    builder.setupGlyphOrder(list(outlines))
    builder.setupCharacterMap(names)
    builder.setupGlyf({name: outline for name, (outline, _) in outlines.items()})
    builder.setupHorizontalMetrics(
        {name: (width, getattr(outline, "xMin", 0)) for name, (outline, width) in outlines.items()}
    )
    rise, fall = first["hhea"].ascent, first["hhea"].descent
    builder.setupHorizontalHeader(ascent=rise, descent=fall)
    builder.setupNameTable(
        {"familyName": NAME, "styleName": style.title(), "psName": f"IredFigure-{style.title()}",
         "copyright": LICENCE}
    )  # fmt: skip
    builder.setupOS2(sTypoAscender=rise, sTypoDescender=fall, usWinAscent=rise, usWinDescent=-fall,
                     usWeightClass=weight)  # fmt: skip
    builder.setupPost()
    out = OUT / f"ired-figure-{style}.ttf"
    builder.save(out)
    return out


if __name__ == "__main__":
    for made in (make(style, weight) for style, weight in WEIGHTS.items()):
        print(made, made.stat().st_size)
