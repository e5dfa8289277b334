"""Landscape: one problem, ten annealed energies, and one level control for all of them."""

from collections.abc import Sequence
from dataclasses import replace

from app.landscape import (
    attribution,
    controls,
    descents,
    eigen,
    own,
    panels,
    point,
    readout,
    steering,
)
from app.landscape.address import FIELDS
from app.landscape.chosen import CODES
from app.landscape.scene import Scene, scene
from app.landscape.words import WORDS
from app.shared.asks import slices
from app.shared.drawing.eigenvalues import AXES
from app.shared.drawing.planes import SCALES
from app.shared.page import choices
from app.shared.page.contract import Control, Panel, Sheet, View

CONTROLS = (
    (controls.problem, controls.plane, controls.pin),
    (
        choices.PLACE,
        choices.FRAME,
        Control("axis", "Spectrum", {"eigenvalue": "λ", "variance": "variance"},
                f"what the spectrum shows: {' or '.join(AXES.values())}"),
        Control("scale", "Slice", {"energy": "E", "log": "log E", "percent": "% centre"},
                f"colours of the slice: {', '.join(SCALES.values())}", resets={"lock": None}),
        Control("view", "Slice as", {"heatmap": "map", "surface": "3-D"},
                "draw the slice as a map with contours, or as a surface that can be rotated"),
        controls.lock,
        controls.attributed,
        controls.clear,
        Control("attribution", "Attribution", attribution.SHOWN,
                "where the path begins, or another way to attribute E, or the final error",
                kind="select", width=300, shown=lambda scene, address: scene.attributed),
        Control("walk", "Descent", controls.walks, "the descent in Matrices and Descent",
                kind="select", width=280, shown=lambda scene, address: len(scene.walks) > 1),
    ),
)  # fmt: skip

SLICES = ("landscape_slice", *slices.ALONG, "atom_slice")
PLANE = ("problem", "plane", "centre", "through", "q", "scale", "lock", "pin")
HESSIAN = ("hessian_spectrum",)

PANELS = (
    Panel("slice", "Slice", (), (*PLANE, "frame", "view", "point", "probe"), panels.draw_slice,
          WORDS["slice"],
          span=9, height=320, asks=("Other plane", "compute another plane of this problem", ""),
          on_answer=eigen.another_plane,
          on_pick=point.picked, then=("point", "point_spectrum"), drafts="coarse · draft",
          drafts_of=SLICES),
    Panel("spectrum", "Spectrum", HESSIAN, ("problem", "place", "frame", "axis", "pin"),
          panels.draw_spectrum, WORDS["spectrum"], span=9, height=320, drafts="draft",
          on_pick=eigen.picked(at_point=False), then=("eigenvector", "along")),
    Panel("numbers", "Curvature in numbers", HESSIAN, ("problem", "place", "frame", "pin"),
          panels.draw_numbers, WORDS["numbers"], span=6, height=320, kind="table",
          two="last"),
    Panel("matrices", "Matrices", ("problem_properties",), ("problem", "walk", "origin", "pin"),
          descents.draw_matrices, WORDS["matrices"], span=12, height=208, drafts="draft",
          drafts_of=("descent",), two="whole"),
    Panel("traces", "Descent", ("descent",), ("problem", "walk", "pin"),
          descents.draw_traces, WORDS["traces"], span=7, height=208, least=360, drafts="draft",
          asks=("Sampler", "walk down again with other settings of the sampler", ""),
          on_answer=lambda address, key: {"walk": key}),
    Panel("cuts", "Cuts through the centre", (), PLANE, panels.draw_cuts, WORDS["cuts"],
          span=5, height=208, drafts="draft", drafts_of=SLICES),
)  # fmt: skip

ATTRIBUTED = Panel(
    "attribution", "Attribution", ("problem_properties",), ("problem", "attribution"),
    attribution.draw, WORDS["attribution"], span=12, height=208,
    asks=("Other level", "attribute at another level, or with other settings", ""),
    on_answer=lambda address, key: {"attribution": address["attribution"]},
)  # fmt: skip

PINNED = Panel("pinned_slice", "Slice, pinned", (), (*PLANE, "frame", "view"),
               panels.draw_pinned_slice, WORDS["pinned_slice"], span=8, height=320)  # fmt: skip

POINT = (
    Panel("point_spectrum", "Spectrum at the point", (), (*PLANE, "point", "frame", "axis"),
          point.draw_spectrum, WORDS["point_spectrum"], span=15, height=300, drafts="draft",
          drafts_of=("point",),
          on_pick=eigen.picked(at_point=True), then=("eigenvector", "along")),
    Panel("point", "Point", (), (*PLANE, "point", "frame"), point.draw_numbers, WORDS["point"],
          span=9, height=300, kind="table", drafts="draft", drafts_of=("point",),
          asks=("Descend from here", "let the sampler down at this point", "traces"),
          on_answer=lambda address, key: {"walk": key}),
)  # fmt: skip

EIGEN = (
    Panel("eigenvector", "Eigenvector", (), eigen.READS, eigen.draw_matrix, WORDS["eigenvector"],
          span=9, height=260,
          asks=("Plane along it", "compute a plane along it and another direction", "slice"),
          on_answer=eigen.another_plane),
    Panel("along", "Energy along it", (), eigen.READS, eigen.draw_along, WORDS["along"], span=15,
          height=260),
)  # fmt: skip

OWN = Panel(
    "own",
    "Your problem",
    ("problem_properties",),
    ("problem", "origin"),
    own.draw,
    WORDS["own"],
    span=24,
    height=0,
    kind="sentence",
    drafts="draft",
    drafts_of=("descent",),
)

STEERED = Panel(
    "steered",
    "Steered descent",
    (),
    ("problem", "dictionary", "steer"),
    steering.draw,
    WORDS["steered"],
    span=24,
    height=0,
    kind="sentence",
)

READOUT = Panel(
    "readout", "Probe's direction", ("probes",), ("problem", "probe"), readout.draw,
    WORDS["readout"], span=24, height=0, kind="sentence",
    asks=("Steer", "walk down again, pushed along the probe's direction", "steered"),
    on_answer=lambda address, key: {"steer": key},
)  # fmt: skip

FEATURES = Panel(
    "features", "Active features", ("dictionary",), ("problem", "dictionary"),
    panels.draw_features, WORDS["features"], span=24, height=0, kind="table",
    asks=("Steer", "walk down again with a feature scaled, or its atom added", "steered"),
    on_answer=lambda address, key: {"steer": key},
    controls=(
        Control("dictionary", "Features of", controls.dictionaries,
                "the dictionary whose active features are shown", kind="select", width=520,
                shown=lambda scene, address: len(scene.dictionaries) > 1),
    ),
)  # fmt: skip


def shown(scene: Scene) -> Sequence[Panel]:
    """The panels of a subject; features and probes only where it has them."""
    first = (OWN,) if scene.subject.problems.content else ()
    at = (*(POINT if scene.point else ()), *(EIGEN if scene.eigen else ()))
    steered = (STEERED,) if scene.steer else ()
    read = (READOUT,) if "probes" in scene.asked else ()
    last = (*steered, *read, *((FEATURES,) if scene.dictionaries else ()))
    panels = [ATTRIBUTED if scene.attributed and one.id == "matrices" else one for one in PANELS]
    if scene.pinned is None:
        return (*first, *panels[:3], *at, *panels[3:], *last)
    return (*first, *_beside_pinned(*panels), *at, *last)


def _beside_pinned(
    slice_: Panel, spectrum: Panel, numbers: Panel, matrices: Panel, traces: Panel, cuts: Panel
) -> Sequence[Panel]:
    """The same panels with the pinned slice, three in the first row and two in the others."""
    return (
        replace(slice_, span=8),
        PINNED,
        replace(spectrum, span=8),
        replace(matrices, span=14),
        replace(cuts, span=10),
        replace(traces, span=14, height=320),
        replace(numbers, span=10),
    )


VIEW = View(
    name="landscape",
    title="Landscape",
    fields=FIELDS,
    scene=scene,
    sheets=(Sheet("landscape", "Landscape", shown, CONTROLS, levels=True, line=True),),
    has=lambda there: there.any(*SLICES, *HESSIAN, CODES),
    analyses=frozenset(
        {
            *SLICES,
            *HESSIAN,
            CODES,
            "descent",
            "problem_properties",
            "point",
            "steered_descent",
            "probe_steered",
            "descent_from",
            "many_starts",
            "eigenvector",
            attribution.ANALYSIS,
        }
    ),
    any_problems=True,
)
