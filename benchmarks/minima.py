"""Minima at ten levels and a path with its saddle, beside SciPy and ase on the same energy."""

from typing import Any

import numpy as np
import scipy.optimize
import torch

from benchmarks.measure import Row, interleaved
from benchmarks.networks import bundled
from ired_interp_core import registry, tasks
from ired_interp_core.minima.basins import Basins
from ired_interp_core.minima.newton import Look, stationary
from ired_interp_core.minima.saddles import BOWS, Network
from ired_interp_core.minima.states import lbfgs
from ired_interp_core.records import Block, ProblemSet
from ired_interp_core.schema import LEVELS

PROBLEMS = ProblemSet("completion", "same", 20, 0)
IMAGES = 20
FORCE = 0.003
"""Largest force at which ase's band stops: its saddle's energy is then right to about 1e-3."""
STARTS = 17
"""Of a level, as `minima` draws, takes and is given by default."""


class Setting:
    """The first problem of completion, and its two minima at level 0."""

    def __init__(self) -> None:
        self.model = bundled("completion")
        self.p = tasks.problems("completion", 1, 0, size=20)
        self.x = torch.from_numpy(self.p.x[0])
        self.look = Look(self.model, self.x, 0)
        rng = np.random.default_rng(0)
        self.noise = rng.normal(size=(LEVELS, 400))
        truth = self.model.schedule.sqrt_alpha_bar[0] * self.p.y[0]
        self.ends = [stationary(self.look, lbfgs(self.look, y)) for y in (truth, self.noise[0])]
        self.upstream = {"descent": self.answer("descent", {})}
        self.band_energy = np.nan

    def answer(self, name: str, upstream: dict[str, Any]) -> Any:
        """An analysis of the problem with its defaults."""
        spec = registry.get(name)
        asked = {key: one.default for key, one in spec.parameters.items()}
        block = Block(PROBLEMS, 0, self.p.x, self.p.y, {"model": self.model}, upstream)
        return spec.run(block, asked)

    def minima(self) -> None:
        """Everything that `minima` stores of the problem."""
        self.answer("minima", self.upstream)

    def path(self) -> float:
        """The saddle's energy, by a string and Newton's method, both descents made."""
        basins = Basins(self.model)
        for one in self.ends:
            basins.number(0, one, self.look)
        network = Network(basins, 0, self.look, budget=10**9, images=IMAGES)
        network.strung(0, 1, bows=BOWS[:1])
        return network.saddles[0].point.e

    def multistart(self) -> None:
        """One start of each level by SciPy, to be counted STARTS times."""
        for t, start in enumerate(self.noise):
            scipy.optimize.minimize(
                Look(self.model, self.x, t), start, jac=True, method="L-BFGS-B",
                options={"maxiter": 20_000, "maxfun": 20_000, "ftol": 0.0, "gtol": 1e-7},
            )  # fmt: skip

    def band(self) -> None:
        """A climbing nudged elastic band of ase between the same minima."""
        from ase import Atoms
        from ase.calculators.calculator import Calculator
        from ase.mep import NEB
        from ase.mep.neb import NEBOptimizer

        look = self.look

        class Entries(Calculator):
            """400 entries as coordinates of atoms; the last two do nothing."""

            implemented_properties = ("energy", "forces")

            def calculate(self, atoms=None, properties=("energy",), changes=()):
                super().calculate(atoms, properties, changes)
                e, g = look(atoms.positions.ravel()[:400])
                self.results = {"energy": e, "forces": -np.append(g, [0, 0]).reshape(-1, 3)}

        images = []
        for share in np.linspace(0, 1, IMAGES):
            y = (1 - share) * self.ends[0].y + share * self.ends[1].y
            images.append(Atoms("H134", positions=np.append(y, [0, 0]).reshape(-1, 3)))
            images[-1].calc = Entries()
        band = NEB(images, climb=True, method="improvedtangent", k=1.0)
        NEBOptimizer(band, logfile=None).run(fmax=FORCE, steps=2000)
        self.band_energy = max(one.get_potential_energy() for one in images)
        self.band_force = float(np.linalg.norm(band.get_forces().reshape(-1, 3), axis=1).max())

    def refined(self, spectrum: Any = None) -> None:
        """The truth's minimum from a tenth beside it, by Newton's method."""
        look = Look(self.model, self.x, 0)
        if spectrum is not None:
            look.spectrum = lambda y, dtype=None: spectrum(look, y)  # type: ignore[method-assign]
        found = stationary(look, self.ends[0].y + 0.1 * self.noise[0])
        assert found.stands


def differences(look: Look, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenpairs of central differences of gradients, one entry after the other."""
    step, d = 1e-4, len(y)
    hessian = np.stack([(look(y + one)[1] - look(y - one)[1]) / (2 * step)
                        for one in step * np.eye(d)])  # fmt: skip
    values, vectors = np.linalg.eigh((hessian + hessian.T) / 2)
    return values, vectors.T


def run() -> list[Row]:
    """The rows that are about minima and paths."""
    setting = Setting()
    saddle = setting.path()
    seconds = {
        name: float(np.median(values))
        for name, values in interleaved(
            {
                "minima": setting.minima, "path": setting.path, "multistart": setting.multistart,
                "band": setting.band, "exact": setting.refined,
                "differences": lambda: setting.refined(differences),
            },
            {"minima": 3, "path": 3, "multistart": 2, "band": 1, "exact": 5, "differences": 1},
        ).items()
    }  # fmt: skip
    multistart = STARTS * seconds["multistart"]
    ours, peers = seconds["minima"] + seconds["path"], multistart + seconds["band"]
    off = abs(setting.band_energy - saddle)
    return [
        Row(
            target="minima at ten levels and one path, per problem",
            ours=ours, peer=peers, unit="s",
            peer_name="SciPy's L-BFGS-B from as many starts, and a climbing band of ase",
            must=3, aim=10,
            accuracy=f"saddle: ‖∇E‖ ≤ 1e-8 | off by {off:.0e} at force {setting.band_force:.0e};"
            " ours with spectra, links and bounds, theirs without",
            more=seconds,
        ),
        Row(
            target="minima at ten levels, per problem",
            ours=seconds["minima"], peer=multistart, unit="s",
            peer_name="SciPy's L-BFGS-B from as many starts, ungrouped",
        ),
        Row(
            target="one path with its saddle",
            ours=seconds["path"], peer=seconds["band"], unit="s",
            peer_name=f"ase, climbing band of {IMAGES} images",
            accuracy=f"‖∇E‖ ≤ 1e-8 | off by {off:.0e}",
        ),
        Row(
            target="refinement of a minimum by Newton's method",
            ours=seconds["exact"], peer=seconds["differences"], unit="s",
            peer_name="the same with a Hessian by central differences of gradients",
            accuracy="both to ‖∇E‖ ≤ 1e-10 or rounding",
        ),
    ]  # fmt: skip
