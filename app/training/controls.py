"""Choices of the sheet along training: series, problems, level, quantity, plane."""

import streamlit as st

from app.annealing.frame import FRAMES, HELP, SHORT_PLACES, SPECTRA, VIEW, choice, sheets
from app.landscape import slices as scene_slices
from app.shared.address import address as links
from app.shared.address import session
from app.shared.asks import series
from app.shared.drawing.planes import SCALES
from app.training import quantities as series_quantities
from app.training import questions
from app.training import slices as series_slices
from app.training.address import MOST_SERIES
from app.training.scene import Scene
from ired_interp_core.schema import LEVELS

SHADES = {"percent": "% centre", "log": "log E", "energy": "E"}


def bar(scene: Scene) -> None:
    """Series, problem set, sheet; level, place, frame, axis of eigenvalues.

    Args:
        scene: everything, its address bound.
    """
    with st.container(key="series-controls", gap="xsmall"):
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            _series(scene)
            _problems(scene)
            sheets()
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.selectbox(
                "Level",
                list(range(LEVELS))[::-1],
                key=session.key(VIEW, "level"),
                format_func=lambda t: f"level t = {t}",
                label_visibility="collapsed",
                on_change=session.push,
                args=(VIEW,),
                width=150,
                help="t = 9 is the smoothest landscape, t = 0 the sharpest",
            )
            choice("place", SHORT_PLACES, HELP["place"])
            choice("frame", FRAMES, HELP["frame"])
            choice("spectrum", SPECTRA, HELP["spectrum"])


def _series(scene: Scene) -> None:
    known = {one.id: one for one in series.known(scene.s)}
    key = "series:chosen"
    st.session_state[key] = [one.id for one in scene.chosen]

    def choose() -> None:
        ids = list(st.session_state[key])
        # A series of another task takes the place of the others: no figure shows two tasks.
        if ids:
            last = known[ids[-1]]
            ids = [i for i in ids if (known[i].task, known[i].size) == (last.task, last.size)]
        ids = ids[-MOST_SERIES:]
        sets = [links.set_name(p) for p in questions.sets(scene.s, [known[i] for i in ids])]
        kept = scene.address["set"]
        shown = kept if kept in sets or not sets else sets[0]
        session.push(VIEW, series=tuple(ids), set=shown, q="")

    st.multiselect(
        "Series",
        list(known),
        key=key,
        format_func=lambda i: f"{series.name(scene.s, known[i])} · {known[i].task}",
        label_visibility="collapsed",
        on_change=choose,
        placeholder="series of checkpoints",
        help=f"trainings whose weights were kept; at most {MOST_SERIES}, of one task",
    )


def _problems(scene: Scene) -> None:
    there = {links.set_name(p): p for p in questions.sets(scene.s, scene.chosen)}
    if not there:
        return
    st.selectbox(
        "Problems",
        list(there),
        key=session.key(VIEW, "set"),
        format_func=lambda n: (
            f"{there[n].variant} · {there[n].size}×{there[n].size} · seed {there[n].seed}"
        ),
        label_visibility="collapsed",
        on_change=session.push,
        args=(VIEW,),
        kwargs={"q": "", "problem": None},
        width=260,
        help="the seeded set of problems that every step was asked about",
    )


def of(scene: Scene, name: str) -> None:
    """What a panel alone can be asked.

    Args:
        scene: everything.
        name: of the panel.
    """
    if scene.problems is None:
        return
    if name == "quantity":
        _quantity(scene)
    elif name == "planes":
        _planes(scene)


def _quantity(scene: Scene) -> None:
    if scene.problems is None:
        return
    known = series_quantities.quantities(scene.s, scene.chosen, scene.problems)
    if not known:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.selectbox(
            "Quantity",
            list(known),
            key=session.key(VIEW, "quantity"),
            format_func=lambda i: f"{known[i].label} · {known[i].group.lower()}",
            label_visibility="collapsed",
            on_change=session.push,
            args=(VIEW,),
            kwargs={"q": ""},
            help="any scalar of the catalog that these models have",
        )
        analysis = known[scene.address["quantity"]].analysis
        ways = questions.alike(scene.s, scene.chosen, scene.problems, analysis)
        if len(ways) > 1:
            _ways(scene, ways)


def _ways(scene: Scene, ways: tuple[questions.Alike, ...]) -> None:
    """How the analysis was asked, where it was asked in several ways."""
    keys = {next(iter(w.of.values())).key: w for w in ways}
    prefix = scene.address["q"]
    here = next((k for k, w in keys.items() if prefix and any(
        q.key.startswith(prefix) for q in w.of.values())), next(iter(keys)))  # fmt: skip
    key = "series:way"
    st.session_state[key] = here
    st.selectbox(
        "Setting",
        list(keys),
        key=key,
        format_func=lambda k: f"{keys[k].title} · {len(keys[k].of)} models",
        label_visibility="collapsed",
        on_change=lambda: session.push(VIEW, q=st.session_state[key]),
        width=240,
        help="what differs from the default parameters",
    )


def _planes(scene: Scene) -> None:
    there = series_slices.slices(scene)
    if not there:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        key = "series:plane"
        st.session_state[key] = series_slices.plane_of(scene)
        every = tuple(next(iter(w.of.values())) for w in there.values())
        names = {k: scene_slices.name(q, every) for k, q in zip(there, every, strict=True)}

        def choose() -> None:
            plane, centre = st.session_state[key]
            session.push(VIEW, plane=plane, centre=centre)

        st.selectbox(
            "Slice",
            list(there),
            key=key,
            format_func=names.__getitem__,
            label_visibility="collapsed",
            on_change=choose,
            width=380,
            help="the plane, and the point at its centre",
        )
        most = max((q.rows_present[-1][1] - 1 for q in every if q.rows_present), default=0)
        st.number_input(
            "Problem",
            0,
            max(most, scene.address["problem"] or 0),
            key=session.key(VIEW, "problem"),
            label_visibility="collapsed",
            on_change=session.push,
            args=(VIEW,),
            width=130,
            help="index of the problem in its set",
        )
        choice("shade", SHADES, f"colour: {', '.join(SCALES.values())}")
