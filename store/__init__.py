"""The store keeps answers: immutable verified shards, and a catalog that finds them.

Reading: `open(root)` → `.sql`, `.read`, `.runs`, `.questions`, `.models`, `.series`;
`read_tables` for the tables that ship with the weights; `LiveAnswers` by address, also live ones.
Writing: `shards.publish`, `publish_question`, `publish_problem_set`, `publish_model`,
`publish_series`, `write_run`; then `catalog.collect`.
`verify` looks whether everything holds. Knows no torch.
"""

from store import catalog, layout, notes, shards
from store.faults import Fault
from store.live import LiveAnswers
from store.models import publish as publish_model
from store.opened import Store
from store.opened import open_store as open
from store.questions import QuestionInfo
from store.reading import read_shards
from store.records import publish_problem_set, publish_question, read_run, write_run
from store.series import Series
from store.series import publish as publish_series
from store.tables import read_tables
from store.verification import Report, verify

__all__ = [
    "Fault",
    "LiveAnswers",
    "QuestionInfo",
    "Report",
    "Series",
    "Store",
    "catalog",
    "layout",
    "notes",
    "open",
    "publish_model",
    "publish_problem_set",
    "publish_question",
    "publish_series",
    "read_run",
    "read_shards",
    "read_tables",
    "shards",
    "verify",
    "write_run",
]
