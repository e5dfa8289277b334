"""What imports what: no circle within a room, and no arrow up its floors.

Read from the source, so that imports inside functions count too; those for type checkers alone do
not.
"""

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from cases import ROOT

FLOORS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "ired_interp_core": (
        ("counts", "desk", "errors", "loading", "roles", "spelling"),
        ("dims", "parameters", "schema", "records", "record_checks", "problem_kinds", "schedule",
         "made_to_order", "live", "contents", "messages", "registry", "curvature.names",
         "dictionaries.names", "accuracy.names", "probing.names", "failure.names", "minima.names",
         "geometry.names"),
        ("tasks",),
        ("*",),
        ("analyses",),
    ),
    "store": (),
    "precompute": (
        ("ground",), ("plan",), ("work",), ("cluster", "exports", "serve", "train"), ("cli",),
        ("__main__",), ("command",),
    ),
    "app": (
        ("shared.address", "shared.drawing"), ("shared.asks",), ("shared.table",),
        ("components", "live"),
        ("shared.page",),
        ("overview", "paper", "problems", "landscape", "annealing", "training", "features",
         "probes", "minima", "geometry", "more"),
        ("views",), ("server", "script", "panel_numbers"), ("main",),
    ),
}  # fmt: skip
"""Room → its floors, lowest first, each the modules and folders on it; `*` is whatever no other
floor names. A module imports from its own floor and those below. A room without floors is held to
have no circle."""

Arrows = Mapping[str, set[str]]


def modules(folder: Path) -> dict[str, Path]:
    """Files of a room by dotted name, the room itself left out; packages by their `__init__`."""
    named = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        named[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return named


def imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    """(module, name) of every import that runs."""
    below: Iterator[ast.AST] = ast.iter_child_nodes(node)
    if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
        below = iter(node.orelse)
    elif isinstance(node, ast.Import):
        yield from ((alias.name, "") for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert not node.level, f"line {node.lineno}: imports are spelled from the room on"
        yield from ((node.module or "", alias.name) for alias in node.names)
    for child in below:
        yield from imported(child)


def arrows(room: str, root: Path = ROOT) -> Arrows:
    """Module → modules of the same room that it imports."""
    named = modules(root / room)
    known = {f"{room}.{name}".rstrip("."): name for name in named}
    graph: dict[str, set[str]] = {}
    for name, path in named.items():
        met = graph[name] = set()
        for module, member in imported(ast.parse(path.read_text())):
            whole = f"{module}.{member}".rstrip(".")
            target = known.get(whole, known.get(module))
            if target not in (None, name):
                met.add(target)
    return graph


def circle(graph: Arrows) -> list[str]:
    """The modules of one circle in order, or none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def floor(name: str, floors: tuple[tuple[str, ...], ...]) -> int:
    """The floor that names a module, or the folder that it lies in; the longest name decides."""
    named = {
        prefix: height
        for height, prefixes in enumerate(floors)
        for prefix in prefixes
        if prefix == "*" or name == prefix or name.startswith(f"{prefix}.")
    }
    return named[max(named, key=lambda prefix: (prefix != "*", len(prefix)))]


def upward(graph: Arrows, floors: tuple[tuple[str, ...], ...]) -> list[str]:
    """Arrows from a lower floor to a higher one."""
    return [
        f"{name} → {target}"
        for name, targets in graph.items()
        for target in sorted(targets)
        if name and target and floor(name, floors) < floor(target, floors)
    ]


@pytest.mark.parametrize("room", FLOORS)
def test_no_circle_within_a_room(room: str) -> None:
    graph = arrows(room)
    assert sum(map(len, graph.values())) > len(graph) / 2
    assert circle(graph) == []


@pytest.mark.parametrize("room", [room for room, floors in FLOORS.items() if floors])
def test_no_arrow_goes_up(room: str) -> None:
    assert upward(arrows(room), FLOORS[room]) == []


def test_circles_and_arrows_up_are_seen_where_they_are(tmp_path: Path) -> None:
    files = {
        "__init__.py": "",
        "low.py": "def f():\n    from room.high import middle\n",
        "high/__init__.py": "",
        "high/middle.py": "import room.high.top\n",
        "high/top.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
                       "    from room.high import middle\nelse:\n    from room import low\n",
    }  # fmt: skip
    for name, text in files.items():
        path = tmp_path / "room" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    graph = arrows("room", tmp_path)
    assert graph["high.middle"] == {"high.top"}
    assert graph["high.top"] == {"low"}, "the import for type checkers is no arrow"
    assert set(circle(graph)) == {"low", "high.middle", "high.top"}
    floors = (("low",), ("*",), ("high.top",))
    assert upward(graph, floors) == ["high.middle → high.top", "low → high.middle"]
    (tmp_path / "room" / "low.py").write_text("")
    assert circle(arrows("room", tmp_path)) == []


ONE_PLACE = ("plotly_chart", "dataframe", "data_editor", "download_button", "cache_data",
             "cache_resource", "v2.component")  # fmt: skip
"""What of Streamlit shows, saves or keeps; a view does it by the contract."""


def test_views_leave_figures_files_and_caches_to_what_they_share() -> None:
    """No figure call, download, cache or browser part outside app/shared and app/components."""
    met = []
    for path in sorted((ROOT / "app").rglob("*.py")):
        if {"shared", "components"} & set(path.relative_to(ROOT / "app").parts[:1]):
            continue
        text = path.read_text()
        met += [
            f"{path.relative_to(ROOT)}: st.{word}" for word in ONE_PLACE if f"st.{word}" in text
        ]
    assert met == []
