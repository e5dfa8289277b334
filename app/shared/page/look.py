"""How figures look on the light and on the dark page: one Plotly template for each.

The colours of quantities stand in `drawing.colours`, nearly all the same on both grounds; here are
only ink and ground, and they agree with `app/.streamlit/config.toml` (a test compares them).
"""

from dataclasses import dataclass
from functools import lru_cache

import plotly.graph_objects as go
import streamlit as st

from app.shared.drawing import colours
from app.shared.drawing.colours import Ground

FONT = '"Source Sans", "Source Sans Pro", "Segoe UI", "Helvetica Neue", Arial, sans-serif'


@dataclass(frozen=True)
class Ink:
    """Colours of ground, text and lines.

    Args:
        ground: the page.
        raised: bars, heads of tables.
        text: words and numbers.
        muted: captions, tick labels.
        rule: axes and borders.
        grid: grid lines.
        accent: links, selection.
    """

    ground: str
    raised: str
    text: str
    muted: str
    rule: str
    grid: str
    accent: str


INK: dict[Ground, Ink] = {
    "light": Ink(
        "#fcfcfb", "#f1f3f2", "#1b2227", "#5b666d", "#b9c1bf", "rgba(27,34,39,0.09)", "#17656e"
    ),
    "dark": Ink(
        "#13181c", "#1c2329", "#dfe5e8", "#97a3ab", "#46525a", "rgba(223,229,232,0.10)", "#62b6c0"
    ),
}


@dataclass(frozen=True)
class Look:
    """What a figure takes from the ground that it stands on.

    Args:
        ground: light or dark.
        ink: colours of text and lines.
        template: Plotly template.
    """

    ground: Ground
    ink: Ink
    template: go.layout.Template


def look(ground: Ground) -> Look:
    """The look of a ground."""
    return Look(ground, INK[ground], template(ground))


def active() -> Ground:
    """Which ground the browser shows; light until it has said."""
    return "dark" if st.context.theme.type == "dark" else "light"


@lru_cache(maxsize=2)
def template(ground: Ground) -> go.layout.Template:
    """Plotly template of one ground; transparent, so that the page shows through."""
    own = INK[ground]
    spelled = {"exponentformat": "e", "minexponent": 5, "separatethousands": True}  # never "20μ"
    axis = {
        **spelled,
        "color": own.muted,
        "linecolor": own.rule,
        "gridcolor": own.grid,
        "zerolinecolor": own.rule,
        "zerolinewidth": 1,
        "showline": True,
        "linewidth": 1,
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": own.rule,
        "tickfont": {"size": 11, "color": own.muted},
        "title": {"font": {"size": 12, "color": own.text}, "standoff": 8},
        "automargin": True,
    }
    colourbar = {
        **spelled,
        "outlinewidth": 0,
        "thickness": 10,
        "tickfont": {"size": 11, "color": own.muted},
        "title": {"font": {"size": 12, "color": own.text}},
    }
    scene_axis = {
        **spelled,
        "backgroundcolor": "rgba(0,0,0,0)",
        "gridcolor": own.grid,
        "color": own.muted,
        "zerolinecolor": own.rule,
        "tickfont": {"size": 11, "color": own.muted},
    }
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 12, "color": own.text},
            "title": {"font": {"size": 13, "color": own.text}, "x": 0, "xanchor": "left"},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": [own.accent, colours.SECOND, colours.BULK, colours.NEGATIVE, own.muted],
            "colorscale": {"sequential": colours.ENERGY, "diverging": colours.SIGNED},
            "margin": {"l": 8, "r": 8, "t": 24, "b": 8},
            "xaxis": axis,
            "yaxis": axis,
            "scene": {"xaxis": scene_axis, "yaxis": scene_axis, "zaxis": scene_axis},
            "legend": {
                "font": {"size": 11, "color": own.text},
                "bgcolor": "rgba(0,0,0,0)",
                "orientation": "h",
                "yanchor": "bottom",
                "y": 1.0,
                "x": 0,
            },
            "hoverlabel": {
                "bgcolor": own.raised,
                "bordercolor": own.rule,
                "font": {"family": FONT, "size": 12, "color": own.text},
            },
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": own.muted, "activecolor": own.accent},
            "coloraxis": {"colorbar": colourbar},
        },
        data={
            "heatmap": [{"colorbar": colourbar}],
            "surface": [{"colorbar": colourbar}],
            "contour": [{"colorbar": colourbar}],
        },
    )
