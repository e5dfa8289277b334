"""A run that was submitted before: what is missing once more, or nothing any more."""

from collections.abc import Collection
from pathlib import Path

from ired_interp_core.spelling import counted
from precompute.cluster import profiles, queue
from precompute.cluster.job_lines import client_of
from precompute.cluster.submit import Plan, busy, launch
from precompute.ground import storage
from precompute.ground.exits import DONE, Usage
from precompute.ground.storage import exists
from precompute.ground.stored import rows_left
from precompute.ground.tell import say
from precompute.plan.manifest import read_manifest
from precompute.plan.models import ModelRef
from precompute.plan.plan import Span, Unit
from store import layout, naming, read_run, shell, submissions
from store import records as store_records


def resubmit(
    run: str, root: Path, profile_name: str, allow_dirty: bool, overruled: Collection[str] = ()
) -> int:
    """Submit what is missing of everything that was submitted of a run.

    Args:
        run: name.
        root: store.
        profile_name: name or path; the file of the last submission's when empty.
        allow_dirty: take uncommitted changes along, and mark the results.
        overruled: keys of checks that may fail.

    Returns:
        Exit code, as of `submit`.
    """
    root = root.resolve()
    names = _submitted(run, root)
    last = submissions.read(root, names[-1])
    kept = last["profile"]
    profile = (
        profiles.read(profile_name)
        if profile_name
        else profiles.own(str(kept.get("name", "")), str(last.get("profile_path", "")), root)
    )
    storage.writable(root)
    with submissions.alone(root, "submit") as free:
        if not free:
            return busy(root)
        units, models = _missing(run, root, names)
        for name in names:
            record = submissions.read(root, name)
            if record["state"] == "submitting":  # its jobs stay; the rest is submitted here
                submissions.write(root, name, record | {"state": "left"})
        flying = queue.flying(root, client_of(profile)) if units else {}
        rest = [u for u in units if u.span not in flying]
        used = {u.asked.model for u in rest}
        planned = Plan(
            run, last["sweep"], last["sweep_path"], profile,
            [m for m in models if m.digest in used], rest,
            sum(q["count"] for q in read_run(root, run)["questions"]), len(units) - len(rest),
        )  # fmt: skip
        return launch(planned, root, allow_dirty, overruled)


def _submitted(run: str, root: Path) -> list[str]:
    exists(root)
    names = submissions.names(root, naming.check_run(run))
    if not names:
        known = sorted({submissions.read(root, n)["run"] for n in submissions.names(root)})
        raise Usage(
            "nothing was submitted of this run", where=str(root), came=run,
            expected=", ".join(known) or "no submission yet",
            next_step=shell.command(root, "submit", "SWEEP.toml", "--profile", "P"),
        )  # fmt: skip
    return names


def _missing(run: str, root: Path, names: list[str]) -> tuple[list[Unit], list[ModelRef]]:
    """Units of all submissions of a run that are not there and that the run still asks for.

    Returns:
        Units, each once, and the models of all of them.

    Raises:
        Usage: they are of a version of their analysis that is no longer installed.
    """
    asked = {q["key"]: q["count"] for q in read_run(root, run)["questions"]}
    units: dict[Span, Unit] = {}
    models: dict[str, ModelRef] = {}
    for name in names:
        folder = layout.submission(root, name)
        manifest = read_manifest(folder / "manifest.json").allowed(folder)
        models |= manifest.models
        for unit in manifest.units:
            question = unit.asked.question
            where = (question.analysis, question.key, unit.start, unit.stop)
            if unit.stop <= asked.get(question.key, 0) and rows_left(root, *where):
                units[unit.span] = unit
    old = [u for u in units.values() if not store_records.is_installed(u.asked.question)]
    if old:
        raise Usage(
            "analysis has another version now", where=names[-1], came=old[0].name,
            expected="units of the installed version",
            next_step=shell.command(root, "submit", "SWEEP.toml", "--profile", "P"),
        )  # fmt: skip
    ordered = sorted(units.values(), key=lambda u: (u.asked.depth, u.start))
    return ordered, list(models.values())


def cancel(run: str, root: Path) -> int:
    """Take a run's jobs out of the queue.

    Returns:
        0, or 75 when a submit is at work on this store.

    Raises:
        Usage: Slurm refuses.
    """
    root = root.resolve()
    names = _submitted(run, root)
    with submissions.alone(root, "submit") as free:
        if not free:
            return busy(root)
        count = 0
        for name in names:
            record = submissions.read(root, name)
            if record["state"] in ("over", "cancelled"):
                continue
            client = client_of(profiles.parse(record["profile"], "", name))
            jobs = queue.job_names(record)
            tasks = client.queue(jobs, users=queue.users([record])) or []
            for job in jobs:
                answer = client.cancel([f"--name={job}"])
                if answer.code != 0 and any(t.name == job for t in tasks):
                    raise Usage("scancel refuses", where=job, came=answer.line)
            count += len(tasks)
            submissions.write(root, name, record | {"state": "cancelled"})
        say(f"{run}: {counted(count, 'job')} removed from the queue; finished answers stay")
        say(f"next: {shell.command(root, 'resubmit', run)}")
    return DONE
