"""What the catalog of one generation tells: records, questions, counts, failures."""

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from ired_interp_core.records import ProblemSet
from store import forms, generations, layout, naming, queries, records, series, shell
from store.catalog_counts import Cells, by_question, columns, count_tables
from store.catalog_form import scalar_tables
from store.faults import Fault
from store.layout import Root
from store.questions import QuestionInfo
from store.series import Series, from_record
from store.sides import Range, merged

if TYPE_CHECKING:
    import pandas as pd


class CatalogReader:
    """One generation of a store's catalog; safe to share between threads.

    Args:
        root: of the store.
        time_limit: seconds for one catalog query.
    """

    def __init__(self, root: Root, time_limit: float = queries.TIME_LIMIT) -> None:
        self.root = Path(root)
        generation = generations.current(root)
        self.generation = generation.name
        self._time_limit = time_limit
        self._connection = generations.connect(root, generation)

    def close(self) -> None:
        """Close the catalog."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def sql(self, query: str, params: Sequence[Any] | Mapping[str, Any] = ()) -> "pd.DataFrame":
        """Ask the catalog; a `Refusal` over the time limit or `queries.MOST_ROWS`.

        Args:
            query: one SELECT; values only as bound parameters (? or $name).
            params: their values.

        Returns:
            The rows.
        """
        return queries.ask(self._connection, query, params, self._time_limit)

    def runs(self) -> list[dict[str, Any]]:
        """Every run record (name, sweep, questions, models), sorted by name."""
        return [
            self._record(text, records.check_run_record)
            for text in self._column("SELECT record FROM run_records ORDER BY run")
        ]

    def models(self) -> dict[str, dict[str, Any]]:
        """Every model's card, by digest."""
        frame = self.sql("SELECT model, card FROM models ORDER BY model")
        return {m: self._record(c) for m, c in zip(frame["model"], frame["card"], strict=True)}

    def series(self) -> list[Series]:
        """Every training whose models were kept step by step, by task and name."""
        found = self._column("SELECT record FROM series ORDER BY series")
        read = [from_record(self._record(text, series.check), "catalog") for text in found]
        return sorted(read, key=lambda s: (s.task, s.name))

    def left_out(self) -> list[Fault]:
        """What `collect` found that does not hold, with the command that mends it, by path."""
        frame = self.sql("SELECT path, what, mend FROM left_out ORDER BY path")
        found = [Fault(*row) for row in frame.itertuples(index=False, name=None)]
        return found + self.odd_questions()

    def odd_questions(self) -> list[Fault]:
        """Rows of the catalog that are no questions; `collect` makes another catalog."""
        return list(self._read_questions[1])

    def diverged(self) -> dict[str, tuple[int, int]]:
        """Answers that are not finite: question → how many, of how many; those that have some."""
        found: dict[str, tuple[int, int]] = {}
        asked = {(q.analysis, q.version) for q in self._questions}
        for analysis in registry.analyses().values():
            for table, scalars in scalar_tables(analysis).items():
                names = [name for name, v in scalars.items() if v.diverges]
                if names and asked & {(analysis.name, analysis.version)}:
                    lost = " OR ".join(f'"{n}" IS NULL OR NOT isfinite("{n}")' for n in names)
                    frame = self.sql(
                        f"SELECT question, count(*) FILTER (WHERE {lost}) AS lost, count(*) AS n"
                        f" FROM {table} GROUP BY question HAVING lost > 0"
                    )
                    found |= {k: (int(a), int(b)) for k, a, b in frame.itertuples(index=False)}
        return found

    def counts(self, question: QuestionInfo, variable: str) -> Cells:
        """A pooled variable of all problems, counted, by the labels that its counts are told by."""
        analysis = registry.get(question.analysis)
        tables = {v: table for table, v in count_tables(analysis).items()}
        order = ", ".join(f'"{c}"' for c in columns(analysis, tables[variable]))
        frame = self.sql(
            f"SELECT {order} FROM {tables[variable]} WHERE question = ?", [question.key]
        )
        rows = list(frame.itertuples(index=False, name=None))
        return by_question(rows).get(question.key, {})

    def failures(self) -> list[dict[str, Any]]:
        """Units that failed and were not computed since.

        Returns:
            Records with analysis, question, start, stop, error, message, traceback, failed_at.
        """
        frame = self.sql("SELECT * FROM failures ORDER BY analysis, question, start")
        return [dict(zip(frame.columns, row, strict=True)) for row in frame.itertuples(index=False)]

    def _record(
        self, text: Any, check: Callable[[dict[str, Any], str], None] | None = None
    ) -> dict[str, Any]:
        """A record that the catalog holds."""
        try:
            record = forms.parsed(text)
            if check is not None:
                check(record, "catalog")
        except Refusal as refusal:
            raise generations.BrokenCatalog(
                self.root, "a record of the catalog does not hold", refusal.line
            ) from refusal
        return record

    def _column(self, query: str) -> list[Any]:
        return self.sql(query).iloc[:, 0].tolist()

    @functools.cached_property
    def _asked(self) -> dict[str, dict[str, int]]:
        """Rows asked by run and question."""
        asked: dict[str, dict[str, int]] = {
            n: {} for n in self._column("SELECT run FROM run_records")
        }
        frame = self.sql("SELECT run, question, max(rows_asked) AS n FROM runs GROUP BY ALL")
        for run, key, count in frame.itertuples(index=False):
            asked.setdefault(run, {})[key] = int(count)
        return asked

    @functools.cached_property
    def _spans(self) -> dict[str, list[Range]]:
        """Shards by question; a row that claims what no shard can hold is none."""
        spans: dict[str, list[Range]] = {}
        frame = self.sql(
            "SELECT question, start, stop FROM shards WHERE 0 <= start AND start < stop"
            " AND stop <= ? AND stop - start <= ? ORDER BY ALL",
            [naming.MOST_ROWS, naming.MOST_BLOCK],
        )
        for key, start, stop in frame.itertuples(index=False):
            spans.setdefault(key, []).append((int(start), int(stop)))
        return spans

    @functools.cached_property
    def _read_questions(self) -> tuple[list[QuestionInfo], list[Fault]]:
        """Questions of the catalog; those that an analysis changed since does not ask any more."""
        failed = dict(
            self.sql("SELECT question, count(*) FROM failures GROUP BY ALL").itertuples(index=False)
        )
        infos, faults = [], []
        for row in self.sql("SELECT * FROM questions").itertuples(index=False):
            try:
                infos.append(self._info(row, int(failed.get(row.question, 0))))
            except (Refusal, OSError) as error:
                where = f"{layout.generation(self.root, self.generation)}, question {row.question}"
                faults.append(Fault.of(where, error, shell.command(self.root, "collect")))
        return infos, faults

    def _info(self, row: Any, failures: int) -> QuestionInfo:
        key = naming.check_key(row.question)
        question = registry.read_question(
            {
                "analysis": naming.check_analysis(row.analysis),
                "version": int(row.version),
                "parameters": forms.parsed(row.parameters),
                "inputs": forms.parsed(row.inputs),
            }
        )
        asked = [run[key] for run in self._asked.values() if key in run]
        return QuestionInfo(
            key=key,
            analysis=question.analysis,
            version=question.version,
            parameters=question.parameters,
            inputs=question.inputs,
            title=row.title,
            model=row.model,
            problems=self._problem_set(row),
            rows_present=tuple(merged(self._spans.get(key, []))),
            rows_asked=max(asked, default=0),
            failures=failures,
        )

    @functools.cached_property
    def _questions(self) -> list[QuestionInfo]:
        order = {name: i for i, name in enumerate(registry.analyses())}
        return sorted(
            (q for q in self._read_questions[0] if q.analysis in order),
            key=lambda q: (order[q.analysis], q.title != "defaults", q.title, q.key),
        )

    def _problem_set(self, row: Any) -> ProblemSet:
        """The set of a row of the catalog; its own record where it has more fields than columns."""
        problems = ProblemSet(row.task, row.variant, int(row.size), int(row.seed))
        if problems.digest == row.problems:
            return problems
        return records.read_problem_set(self.root, naming.check_digest(row.problems))
