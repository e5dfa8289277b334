"""The table of what training problems are like, which ships with the core: `make ranges`."""

import json

from ired_interp_core import tasks
from ired_interp_core.own import training_range
from store import files


def make() -> bytes:
    """The bytes of the table: for each task, quantiles of what its training problems have."""
    found = {task: training_range.quantiles(task) for task in tasks.TASKS}
    return (json.dumps(found, indent=1) + "\n").encode()


if __name__ == "__main__":
    files.replace(training_range.TABLE, make())
