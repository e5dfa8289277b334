"""Probes: what the layers carry. Its sheet today is the gradient flow."""

from app.probes import flow_panels as panels
from app.probes.flow_words import WORDS
from app.probes.scene import ANALYSIS, scene
from app.shared.address import fields
from app.shared.page.contract import Panel, Sheet, View

FLOW = (
    Panel("headline", "Does the gradient reach all layers?", (ANALYSIS,), (), panels.headline,
          WORDS["headline"], span=24, height=0, kind="sentence"),
    Panel("rms", "Size of the gradient in each layer", (ANALYSIS,), (),
          panels.draw_rms, WORDS["rms"], span=12, height=320),
    Panel("ratio", "Ratio of neighbouring layers", (ANALYSIS,), (),
          panels.draw_ratio, WORDS["ratio"], span=12, height=320),
    Panel("units", "Units without gradient", (ANALYSIS,), (),
          panels.draw_units, WORDS["units"], span=16, height=264),
    Panel("dead", "Dead everywhere", (ANALYSIS,), (),
          panels.draw_dead, WORDS["dead"], span=8, height=264),
)  # fmt: skip

VIEW = View(
    name="probes",
    title="Probes",
    fields=dict(fields.SUBJECT),
    scene=scene,
    sheets=(Sheet("flow", "Gradient flow", FLOW),),
    has=lambda there: there.any(ANALYSIS),
    analyses=frozenset({ANALYSIS}),
)
