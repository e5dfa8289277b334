"""`store.open`: one generation of the catalog and the shards it names, for reading."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from ired_interp_core.spelling import counted
from store import asked, layout, lazily, queries, reading, shell
from store.catalog_reader import CatalogReader
from store.faults import Fault
from store.layout import Root
from store.questions import QuestionInfo, only


class Store(CatalogReader):
    """A store at one generation of its catalog; safe to share between threads.

    Args:
        root: of the store.
        time_limit: seconds for one catalog query.
    """

    def questions(
        self,
        analysis: str | None = None,
        run: str | None = None,
        *,
        inputs: Mapping[str, str] | None = None,
        **words: Any,
    ) -> list[QuestionInfo]:
        """Questions that the store holds answers to, or that a run asked.

        Args:
            analysis: only its questions.
            run: only the questions of this run.
            inputs: only those that read these: role → beginning of a key or digest.
            words: only those of which they are true: task, variant, size and seed of the problem
                set, the beginning of the model's digest (model), or values of parameters (one named
                as these words: parameters={"seed": 1}).

        Returns:
            Questions, upstream analyses first, defaults before variants.

        Raises:
            Refusal: unknown analysis, run or word, answered with the known ones.
        """
        found = self._questions
        if analysis is not None:
            registry.get(analysis)
            found = [q for q in found if q.analysis == analysis]
        if run is not None:
            known = self._asked.get(run)
            if known is None:
                names = ", ".join(sorted(self._asked)) or "none"
                raise Refusal("unknown run", where=str(self.root), came=repr(run), expected=names)
            found = [q for q in found if q.key in known]
        return asked.fitting(found, words, inputs or {}, analysis or str(self.root))

    def read(
        self,
        analysis: str | QuestionInfo,
        *,
        question: str | None = None,
        run: str | None = None,
        problems: asked.Problems = None,
        variables: Iterable[str] | None = None,
        left_out: list[Fault] | None = None,
        lazy: bool = False,
        at: Mapping[str, Any] | None = None,
        inputs: Mapping[str, str] | None = None,
        **words: Any,
    ) -> xr.Dataset:
        """Read answers.

        Args:
            analysis: name, or one of `questions`.
            question: key or a prefix of it that only one question has; may be left out where the
                analysis has one question only (within the run, and of which the words are true).
            run: only look at the questions of this run.
            problems: an index, indices in the order wanted, or a slice of those that are present;
                all of these when left out. The dim problem stays in every case.
            variables: one name, or names; all when left out.
            left_out: gets the shards that cannot be read, whose problems are then not in the
                answer; where it is not given, such a shard is a refusal.
            lazy: read an array when it is looked at, and of it only the problems that are chosen
                (`.isel`, `.sel`) by then; damage is then met by then, too.
            at: dim → the one label that is read along it, which is then gone; not lazily.
            inputs: as for `questions`.
            words: as for `questions`.

        Returns:
            The declared variables with dims, units, frame and help. No question that fits, or
            several, or problems or variables that are not there, are a `Refusal`.
        """
        if isinstance(analysis, QuestionInfo):
            info = self._resolve(analysis.analysis, analysis.key, run, inputs, words)
        else:
            info = self._resolve(analysis, question, run, inputs, words)
        wanted = asked.indices(info, problems)
        names = [variables] if isinstance(variables, str) else variables
        chosen = None if names is None else list(names)
        if not lazy:
            return self._answer(info, wanted, chosen, left_out, at)
        return lazily.dataset(
            lambda rows, some: self._answer(info, rows, some, None), wanted, chosen
        )

    def weights(self, model: str) -> Path:
        """The weights of a model, which `checkpoints.load` takes.

        Args:
            model: its digest, or a beginning that no other model has.

        Returns:
            Path of a safetensors file.

        Raises:
            Refusal: none, or several.
        """
        there = self.models()
        found = [m for m in there if m.startswith(model)]
        if len(found) != 1:
            known = ", ".join(f"{m[:8]} ({c.get('task', '?')})" for m, c in there.items())
            raise Refusal(
                "several models fit" if found else "unknown model", where=str(self.root),
                came=repr(model), expected=known or "none yet",
            )  # fmt: skip
        return layout.model_weights(self.root, found[0])

    def __repr__(self) -> str:
        """What is in it, in one line."""
        analyses = len({q.analysis for q in self._questions})
        return (
            f"<store {self.root}: {counted(len(self._questions), 'question')} of"
            f" {counted(analyses, 'analysis', 'analyses')},"
            f" {counted(len(self.models()), 'model')}, generation {self.generation}>"
        )

    def _answer(
        self,
        info: QuestionInfo,
        problems: np.ndarray,
        names: Sequence[str] | None,
        left_out: list[Fault] | None,
        at: Mapping[str, Any] | None = None,
    ) -> xr.Dataset:
        """What is read of a question."""
        spans = self._spans.get(info.key, [])
        return reading.read(self.root, info.question, spans, problems, names, left_out, at)

    def _resolve(
        self,
        analysis: str,
        prefix: str | None,
        run: str | None,
        inputs: Mapping[str, str] | None = None,
        words: Mapping[str, Any] | None = None,
    ) -> QuestionInfo:
        there = self.questions(analysis, run)
        where = f"{analysis} in run {run}" if run is not None else f"{analysis} in {self.root}"
        fit = asked.fitting(there, words or {}, inputs or {}, where)
        if there and not fit:
            said = ", ".join(f"{k}={v!r}" for k, v in {**(words or {}), **(inputs or {})}.items())
            listed = "; ".join(map(str, there))
            raise Refusal("no question fits", where=where, came=said, expected=listed)
        there = fit
        others = dict.fromkeys(q.analysis for q in self._questions)
        return only(there, prefix, where, others, shell.again(self.root))


def open_store(root: Root, time_limit: float = queries.TIME_LIMIT) -> Store:
    """Open a store at the generation in force; `time_limit` is the seconds a query may take."""
    return Store(root, time_limit)
