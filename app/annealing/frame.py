"""What the sheets of the annealing view share: their style, headings of panels, choices."""

import html
from collections.abc import Mapping

import streamlit as st

from app.annealing.figures.ridges import AXES
from app.shared.drawing.colours import PLACE_NAMES
from app.shared.page import choices

VIEW = "annealing"
SHEETS = {"levels": "By level", "training": "Along training"}
SHORT_PLACES = {**PLACE_NAMES, "noised_truth": "noised"}
FRAMES = {"level": "level ỹ", "data": "data y"}
SPECTRA = {"relative": "σλ", "eigenvalue": "λ", "variance": "variance"}
HELP = {
    "place": "where the Hessian is taken",
    "frame": "level frame ỹ: what the network sees; data frame y",
    "spectrum": "; ".join(AXES.values()),
}

STYLE = """<style>
.st-key-annealing-grid { display: grid; gap: 10px;
  grid-template-columns: repeat(3, minmax(0, 1fr)); grid-auto-flow: dense;
  align-items: stretch; }
.st-key-annealing-grid > div { min-width: 0; width: auto; display: flex; }
.st-key-annealing-grid > div:has(> .st-key-panel-spectrum),
.st-key-annealing-grid > div:has(> .st-key-panel-alignment) { grid-column: span 2; }
.st-key-annealing-grid > div:has(> .st-key-panel-energy) { grid-column: 1 / -1; }
@media (max-width: 1150px) {
  .st-key-annealing-grid { grid-template-columns: repeat(2, minmax(0, 1fr)); }
}
@media (max-width: 640px) { .st-key-annealing-grid { display: flex; } }
.st-key-series-grid { display: grid; gap: 10px; grid-template-columns: repeat(2, minmax(0, 1fr));
  align-items: stretch; }
.st-key-series-grid > div { min-width: 0; width: auto; display: flex; }
.st-key-series-grid > div:has(> .st-key-panel-curves),
.st-key-series-grid > div:has(> .st-key-panel-planes) { grid-column: 1 / -1; }
@media (max-width: 1150px) { .st-key-series-grid { grid-template-columns: minmax(0, 1fr); } }
[class*="st-key-panel-"] { border: 1px solid rgba(128, 140, 150, .32); border-radius: 8px;
  padding: 6px 8px 6px; flex: 1 1 0; min-width: 0; height: auto; gap: .1rem; }
.an-head { display: flex; align-items: baseline; gap: 8px; min-height: 20px; }
.an-head b { font-size: 12.5px; font-weight: 600; white-space: nowrap; }
.an-head span { flex: 1; min-width: 0; font-size: 11px; opacity: .68; overflow: hidden;
  text-overflow: ellipsis; white-space: nowrap; }
.an-head span:hover { white-space: normal; }
[class*="st-key-panel-"] [data-testid="stCaptionContainer"] p { font-size: 10.5px;
  line-height: 1.3; }
div:has(> .st-key-annealing-behind) { position: sticky; top: 0; z-index: 20; }
.st-key-annealing-behind { background: light-dark(#fcfcfb, #13181c); min-height: 2.9rem;
  border-bottom: 1px solid rgba(128, 140, 150, .32); padding: .25rem 0; row-gap: 0; }
.st-key-annealing-behind [data-testid="stPageLink"] a { padding: .05rem .25rem; }
.st-key-annealing-behind p, .st-key-annealing-behind [data-testid="stText"] { font-size: .86rem; }
[class*="st-key-choice-"] { position: relative; }
@media (min-width: 1300px) {
  [class*="st-key-choice-"] { display: flex; flex-direction: row; align-items: center; gap: .4rem; }
  [class*="st-key-choice-"]::before { font-size: .75rem; opacity: .65; }
  .st-key-choice-place::before { content: "place"; }
  .st-key-choice-frame::before { content: "frame"; }
  .st-key-choice-spectrum::before { content: "eigenvalues"; }
  .st-key-choice-energy::before { content: "energy"; }
}
</style>"""


def choice(name: str, options: Mapping[str, str], help: str) -> None:
    """A choice of a few words, a parameter of the address.

    Args:
        name: of the parameter.
        options: value → word.
        help: shown on hover.
    """
    with st.container(key=f"choice-{name}", width="content"):
        choices.words(VIEW, name, options, name, help)


def sheets() -> None:
    """Choose the sheet; what an address asks of one sheet's question is no question of another."""
    choices.words(VIEW, "sheet", SHEETS, "Sheet", q="", pick="")


def heading(title: str, note: str) -> None:
    """Title of a panel and one line beside it.

    Args:
        title: in words.
        note: in words; nothing of them is markup.
    """
    told = html.escape(note)
    st.html(
        f'<div class="an-head"><b>{html.escape(title)}</b><span title="{told}">{told}</span></div>'
    )
