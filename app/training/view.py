"""Sheet of the annealing view: how the landscape comes about, training step by training step."""

import shlex
from dataclasses import replace

import streamlit as st

from app.annealing.frame import STYLE, VIEW, heading, sheets
from app.annealing.scene import Missing
from app.shared.address import address as links
from app.shared.address import session
from app.shared.address.address import Address
from app.shared.asks import reading
from app.shared.page import foot as citing
from app.shared.page import frame as chrome
from app.shared.page import look as theme
from app.shared.page.foot import Download
from app.training import arrays as series_arrays
from app.training import citing as series_citing
from app.training import controls, quantities, words
from app.training import slices as series_slices
from app.training.panels import DRAW
from app.training.scene import Drawn, Scene, scene_of
from ired_interp_core.errors import Refusal
from store import Store


def show(s: Store, address: Address) -> None:
    """Show the sheet.

    Args:
        s: the store.
        address: its subject settled.
    """
    scene = _settle(scene_of(s, address))
    address = scene.address
    session.bind(address)
    chrome.head(s, address)
    chrome.messages(address)
    st.html(STYLE)
    if not scene.chosen:
        sheets()
        _empty(s)
        return
    controls.bar(scene)
    shown: dict[str, Drawn | Missing | None] = {}
    with st.container(key="series-grid"):
        for name in words.TITLES:
            shown[name] = _panel(scene, name)
    _feet(scene, shown)


def _settle(scene: Scene) -> Scene:
    """Settle quantity, plane, problem and question with what the series have."""
    address = scene.address
    if scene.problems is None:
        return scene
    known = quantities.quantities(scene.s, scene.chosen, scene.problems)
    if known and address["quantity"] not in known:
        first = next(iter(known))
        if address["quantity"] == links.VIEWS[VIEW]["quantity"].default:
            address = address.replace(quantity=first)
        else:
            why = "no such number of these models on these problems"
            address = address.refuse("quantity", why, first)
    q = address["q"]
    members = {digest for one in scene.chosen for _, digest in one.models}
    if q and not any(x.key.startswith(q) and x.model in members
                     for x in reading.questions(scene.s)):  # fmt: skip
        address = address.refuse("q", "no such question of these models", "")
    scene = replace(scene, address=address)
    where = series_slices.plane_of(scene)
    if where is not None:
        way = series_slices.slices(scene)[where]
        address = _plane(address, *where)
        there = series_arrays.common(list(way.of.values()))
        if not len(there):
            there = reading.problems_present(next(iter(way.of.values())))
        problem = address["problem"]
        if problem is None:
            address = address.replace(problem=int(there[0]))
        elif problem not in there:
            nearest = int(there[abs(there - problem).argmin()])
            why = f"no slice of it at every step; {len(there)} problems have one"
            address = address.refuse("problem", why, nearest)
    return replace(scene, address=address)


def _plane(address: Address, plane: str, centre: str) -> Address:
    """Settle the plane; another one than the reader has named is shown with a message only."""
    why = "no such slice along these series"
    if address["plane"] not in {plane, links.VIEWS[VIEW]["plane"].default}:
        address = address.refuse("plane", why, plane)
    elif address["centre"] not in {centre, ""}:
        address = address.refuse("centre", why, centre)
    return address.replace(plane=plane, centre=centre)


def _empty(s: Store) -> None:
    run = shlex.join(["python", "-m", "precompute", "run", "precompute/sweeps/series.toml",
                      "--store", str(s.root)])  # fmt: skip
    chrome.nothing(
        "This store has no series of checkpoints. A training keeps its weights at log-spaced steps;"
        " a sweep then asks about every one of them:",
        "python -m precompute train --task inverse --out trainings/official --series 4\n\n"
        "# in the sweep, in the place of a checkpoint\n"
        '[[models]]\nseries = "trainings/official"\n\n'
        f"# an example, two ways of making negatives side by side\n{run}",
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def _drawn(identity: tuple[object, ...], _scene: Scene, _name: str) -> Drawn | Missing:
    return DRAW[_name](_scene)


FIELDS = {
    "curves": (),
    "quantity": ("quantity", "level", "place", "frame", "q"),
    "spectra": ("level", "place", "frame", "spectrum", "q"),
    "planes": ("level", "plane", "centre", "shade", "problem"),
}
"""What of the address a panel depends on."""


def _identity(scene: Scene, name: str) -> tuple[object, ...]:
    s, a = scene.s, scene.address
    ids = tuple(one.id for one in scene.chosen)
    values = tuple(a[n] for n in ("set", *FIELDS[name]))
    return (s.generation, str(s.root), name, ids, theme.active(), *values)


def _panel(scene: Scene, name: str) -> Drawn | Missing | None:
    with st.container(key=f"panel-{name}"):
        try:
            shown = _drawn(_identity(scene, name), scene, name)
        except Refusal as error:  # one broken answer must not take the other panels away
            heading(words.TITLES[name], "")
            chrome.refusal(error)
            return None
        heading(words.TITLES[name], shown.note if isinstance(shown, Drawn) else "")
        controls.of(scene, name)
        if isinstance(shown, Missing):
            chrome.nothing(shown.text, shown.command)
            return shown
        st.plotly_chart(
            shown.figure,
            theme=None,
            key=f"series:{name}",
            config={
                **theme.PLOT_CONFIG,
                "toImageButtonOptions": {"filename": f"series-{name}", "scale": 2},
            },
        )
        st.caption(shown.reading)
        return shown


def _feet(scene: Scene, shown: dict[str, Drawn | Missing | None]) -> None:
    """Under the panels, one figure at a time: how to read it, sources, copies, files."""
    there = {k: words.TITLES[k] for k, v in shown.items() if isinstance(v, Drawn)}
    if not there:
        return
    if st.session_state.get("series-foot") not in there:
        st.session_state["series-foot"] = next(iter(there))
    with st.container(key="series-feet", gap="xsmall"):
        chosen = st.selectbox(
            "Take a figure along",
            list(there),
            format_func=there.__getitem__,
            key="series-foot",
            width=360,
        )
        drawn = shown[chosen]
        if not isinstance(drawn, Drawn):
            return
        name = f"series-{chosen}-{scene.chosen[0].id[:8]}"
        citing.foot(
            scene.address,
            f"series-{chosen}",
            drawn.long,
            f"{series_citing.citation(scene, drawn)}. {words.CITATIONS[chosen]}",
            python=series_citing.python(scene, chosen, drawn),
            command=series_citing.command(scene, chosen, drawn),
            downloads=[
                Download(
                    "CSV", f"{name}.csv", "text/csv", lambda: drawn.table().to_csv(index=False)
                ),
                citing.netcdf(drawn.numbers, name),
                citing.html(drawn.figure, name),
            ],
        )
