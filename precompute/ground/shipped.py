"""What the project brings along. It lies beside its packages, in a clone as when installed."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
"""The clone, or the site-packages that the project is installed in."""

APP = REPOSITORY / "app" / "main.py"
"""What `streamlit run` is given; its settings lie beside it, in `.streamlit`."""

SWEEPS = REPOSITORY / "precompute" / "sweeps"


def sweep_file(given: Path) -> Path | None:
    """The sweep that is meant: a file, or one of the project's by its path or its bare name."""
    tried = [given, REPOSITORY / given]
    if given.name == str(given):
        tried += [SWEEPS / given, SWEEPS / f"{given}.toml"]
    return next((path for path in tried if path.is_file()), None)


def sweep_names() -> list[str]:
    """Sweeps of the project, by their bare names."""
    return sorted(path.stem for path in SWEEPS.glob("*.toml"))
