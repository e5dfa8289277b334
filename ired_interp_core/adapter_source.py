"""The code of an adapter: which files it is, their digest, and exactly these when it is imported.

An answer depends on this code, so its digest is part of the model's. Found by reading import
statements, without running anything; what is the standard library's, installed or this project's is
not part of it, unless the adapter itself is installed. Light: no torch.
"""

import ast
import hashlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from ired_interp_core.errors import Refusal
from ired_interp_core.records import KEY_LENGTH

OURS = frozenset({"ired_interp_core", "store", "precompute", "app"})
INSTALLED = frozenset({"site-packages", "dist-packages"})
MOST_FILES = 1000

EXPECTED = "module:function on the Python path"


@dataclass(frozen=True)
class Module:
    """A module of an adapter.

    Args:
        path: its file.
        data: bytes of it.
        package: whether others lie within it.
    """

    path: Path
    data: bytes = field(repr=False)
    package: bool

    @property
    def sha(self) -> str:
        """Of its bytes."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True)
class Source:
    """All code that an adapter brings.

    Args:
        modules: dotted name → module.
    """

    modules: Mapping[str, Module]

    @property
    def digest(self) -> str:
        """Of names and bytes."""
        sha = hashlib.sha256()
        for name in sorted(self.modules):
            sha.update(f"{name} {self.modules[name].sha}\n".encode())
        return sha.hexdigest()[:KEY_LENGTH]

    @property
    def files(self) -> dict[str, bytes]:
        """Path below a folder of the Python path → bytes: what a job has to carry along."""
        return {
            name.replace(".", "/") + ("/" if module.package else "")
            + (module.path.name if module.package else module.path.name.removeprefix(
                name.rpartition(".")[2])): module.data
            for name, module in self.modules.items()
        }  # fmt: skip


def source(adapter: str) -> Source:
    """Find the code of an adapter without running it.

    Args:
        adapter: "module:function".

    Returns:
        Its module, and what that imports and brings along.

    Raises:
        Refusal: no such module, or one without a file.
    """
    name, _, function = adapter.partition(":")
    if not function or not all(part.isidentifier() for part in name.split(".")):
        raise Refusal("adapter cannot be imported", came=adapter, expected=EXPECTED)
    importlib.invalidate_caches()
    found: dict[str, Module] = {}
    todo = [name]
    while todo:
        one = todo.pop()
        spec = None if one in found else _spec(one)
        if spec is None or not _brought(spec, one, name):
            continue
        todo += [one.rpartition(".")[0]] if "." in one else []
        if spec.origin is None or not spec.has_location:
            continue  # a folder without a file
        module = Module(Path(spec.origin), _read(spec), spec.submodule_search_locations is not None)
        found[one] = module
        if module.path.suffix == ".py":
            todo += [n for n in _imports(module, one) if n not in found]
        if len(found) > MOST_FILES:
            raise Refusal("adapter imports too many files", came=adapter,
                          expected=f"at most {MOST_FILES} besides what is installed")  # fmt: skip
    top = name.partition(".")[0]
    if name not in found and top not in sys.stdlib_module_names | OURS:
        raise Refusal(
            "adapter cannot be imported", came=f"{adapter} (no module {name!r} with a file)",
            expected=EXPECTED, next_step="run the command in the folder of its file",
        )  # fmt: skip
    return Source(found)


def brought(module: ModuleType) -> bool:
    """Whether an imported module is of the kind that an adapter brings."""
    spec = getattr(module, "__spec__", None)
    return spec is not None and spec.has_location and _brought(spec, module.__name__, "")


def imported(adapter: str, code: Source) -> Any:
    """The adapter's function, of exactly this code, whatever was imported before.

    Args:
        adapter: "module:function".
        code: of it.

    Returns:
        The function.
    """
    name, _, function = adapter.partition(":")
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)
    stale = [n for n, m in code.modules.items() if _FINDER.loaded.get(n) != m.sha]
    if stale:
        for known in code.modules:
            sys.modules.pop(known, None)
    _FINDER.modules = {**_FINDER.modules, **code.modules}
    return getattr(importlib.import_module(name), function)


def _spec(name: str) -> importlib.machinery.ModuleSpec | None:
    """Where a module is; nothing of it is run, nor of the packages around it."""
    top, *rest = name.split(".")
    try:
        spec = importlib.machinery.PathFinder.find_spec(top) or importlib.util.find_spec(top)
        for depth, _ in enumerate(rest, 2):
            if spec is None or spec.submodule_search_locations is None:
                return None
            places = list(spec.submodule_search_locations)
            spec = importlib.machinery.PathFinder.find_spec(
                ".".join(name.split(".")[:depth]), places
            )
    except (ImportError, ValueError, AttributeError):
        return None
    return spec


def _brought(spec: importlib.machinery.ModuleSpec, name: str, adapter: str) -> bool:
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names | OURS:
        return False
    places = [spec.origin or "", *(spec.submodule_search_locations or ())]
    installed = any(INSTALLED & set(Path(place).parts) for place in places)
    return not installed or top == adapter.partition(".")[0]


def _read(spec: importlib.machinery.ModuleSpec) -> bytes:
    try:
        return Path(str(spec.origin)).read_bytes()
    except OSError as error:
        raise Refusal(
            "code of the adapter cannot be read", where=str(spec.origin), came=error.strerror or ""
        ) from error


def _imports(module: Module, name: str) -> Iterator[str]:
    """Dotted names that a file may import, also within functions and by `import_module("…")`."""
    try:
        tree = ast.parse(module.data)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise Refusal(
            "code of the adapter is no Python", where=str(module.path), came=str(error)
        ) from error
    package = name if module.package else name.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*(parts if node.level else []), *filter(None, [node.module])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(
                node.func, "id", "")  # fmt: skip
            if called in ("import_module", "__import__"):
                yield str(node.args[0].value)


class _Loader(importlib.machinery.SourceFileLoader):
    """Runs the bytes that were digested: never a compiled copy, nor a file changed since."""

    def get_code(self, fullname: str) -> Any:
        module = _FINDER.modules[fullname]
        _FINDER.loaded[fullname] = module.sha
        return compile(module.data, str(module.path), "exec", dont_inherit=True)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the modules of adapters that were read."""

    def __init__(self) -> None:
        self.modules: dict[str, Module] = {}
        self.loaded: dict[str, str] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        module = self.modules.get(fullname)
        if module is None or module.path.suffix != ".py":
            return None
        return importlib.util.spec_from_file_location(
            fullname, module.path, loader=_Loader(fullname, str(module.path)),
            submodule_search_locations=[str(module.path.parent)] if module.package else None,
        )  # fmt: skip


_FINDER = _Finder()
