"""A sweep to the cluster: plan what is missing, pack, submit in waves, never anything twice.

Every step is written down before it is taken (`submission.json`), so that a submit that was ended
at any moment is taken up by the next one: the same command goes on.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ired_interp_core.spelling import counted
from precompute.cluster import (
    carried,
    packed_code,
    packing,
    preflight,
    profiles,
    queue,
    schedulers,
    submission,
)
from precompute.cluster.job_lines import Jobs, client_of, impatient, turn, watch, waves
from precompute.cluster.packed_code import Code
from precompute.cluster.profiles import Profile
from precompute.cluster.submission import Contents
from precompute.cluster.waves import Flight, take_up
from precompute.ground import storage
from precompute.ground.exits import BAD_DATA, DONE, SOME_LEFT
from precompute.ground.tell import say, spell
from precompute.plan import plan, series, sweep
from precompute.plan.models import ModelRef
from precompute.plan.plan import Unit
from precompute.work.prepare import prepare
from store import layout, shell, submissions


@dataclass(frozen=True)
class Plan:
    """What is to be submitted.

    Args:
        run: name.
        sweep: text.
        sweep_path: of the file.
        profile: of the site.
        models: of the units.
        units: missing, and in no queue.
        answers: rows asked for, over all questions.
        flying: units missing that another submission has in the queue.
        scheduler: that a person asks; empty for Slurm.
    """

    run: str
    sweep: str
    sweep_path: str
    profile: Profile
    models: Sequence[ModelRef]
    units: Sequence[Unit]
    answers: int = 0
    flying: int = 0
    scheduler: str = ""


def submit(
    path: Path, root: Path, profile_name: str, dry_run: bool, allow_dirty: bool,
    overruled: Collection[str] = (), scheduler: str = schedulers.SLURM,
) -> int:  # fmt: skip
    """Submit what is missing of a sweep; safe to repeat, and to call twice at once.

    Args:
        path: sweep file.
        root: store.
        profile_name: name or path of a profile.
        dry_run: print what would be done; nothing is written or submitted.
        allow_dirty: take uncommitted changes along, and mark the results.
        overruled: keys of checks that may fail.
        scheduler: slurm, which is asked from here; any other is asked by a script for a person.

    Returns:
        Exit code: 0 submitted (or nothing to do), 65 when a check failed, 75 when the same command
        goes on later.
    """
    profile = profiles.read(profile_name)
    other = "" if schedulers.check(scheduler) == schedulers.SLURM else scheduler
    root = root.resolve()
    if dry_run:
        planned = _plan(path, root, impatient(profile), publish=False)
        planned = replace(planned, scheduler=other)
        return _dry_run(planned, root, allow_dirty, overruled)
    wanted = sweep.read(path)
    storage.writable(root)
    with submissions.alone(root, "submit") as free:
        if not free:
            return busy(root)
        if resumed := take_up(root, wanted.name, wanted.text, profile):
            return resumed.finish()
        planned = _plan(path, root, profile, publish=True)
        return launch(replace(planned, scheduler=other), root, allow_dirty, overruled)


def busy(root: Path) -> int:
    """Another submit works on this store: say so."""
    said = [
        f"{name} ({queue.elements_submitted(record)} of {counted(record['elements'], 'element')})"
        for name in submissions.names(root)
        if (record := submissions.read(root, name))["state"] == "submitting"
    ]
    what = f"; under way: {', '.join(said)}" if said else ""
    say(f"another submit is at work on {root}{what} · next: the same command when it has ended")
    return SOME_LEFT


def _plan(path: Path, root: Path, profile: Profile, publish: bool) -> Plan:
    """What is missing and in no queue."""
    if publish:
        prepared = prepare(path, root)
        wanted, found, asked, units = (
            prepared.sweep, prepared.models, prepared.asked, prepared.units
        )  # fmt: skip
    else:
        wanted = sweep.read(path)
        named = series.named(wanted, root)
        asked = plan.questions(wanted, named.models, str(path))
        found = named.used(a.model for a in asked).models
        units = plan.missing_units(root, asked)
    flying = queue.flying(root, client_of(profile)) if units else {}
    free = [u for u in units if u.span not in flying]
    return Plan(
        wanted.name, wanted.text, str(path.absolute()), profile, found, free,
        sum(a.count for a in asked), len(units) - len(free),
    )  # fmt: skip


def launch(planned: Plan, root: Path, allow_dirty: bool, overruled: Collection[str] = ()) -> int:
    """Check, write the submission's folder, submit.

    Args:
        planned: what.
        root: store.
        allow_dirty: take uncommitted changes along.
        overruled: keys of checks that may fail.

    Returns:
        Exit code.
    """
    name, units = planned.run, planned.units
    if planned.flying:
        say(f"{name}: in the queue already: {counted(planned.flying, 'missing unit')}, left alone")
    if not units:
        if planned.flying:
            say(f"{name}: nothing to submit · next: {watch(root, name)}")
        else:
            say(
                f"{name}: nothing to submit: {counted(planned.answers, 'answer')} asked,"
                f" none missing · next: {shell.command(root, 'collect')}"
            )
        return DONE
    code = packed_code.pack(allow_dirty, carried.files(planned.models))
    elements, rates = pack(planned, root)
    subject = _subject(planned, root, code, allow_dirty, elements, rates)
    if not preflight.show(preflight.check(subject), overruled):
        return BAD_DATA
    made = submission.write(
        root,
        Contents(
            name, planned.sweep, planned.sweep_path, planned.profile, code, planned.models,
            units, elements, rates, planned.scheduler,
        ),
    )  # fmt: skip
    if planned.scheduler:
        folder = layout.submission(root, made)
        say(f"wrote {made}: {counted(len(elements), 'element')} for {planned.scheduler}")
        say(f"next: {shell.line('bash', folder / schedulers.SUBMIT)}, then {watch(root, name)}")
        return DONE
    return Flight(root, made, submissions.read(root, made), planned.profile).finish()


def _subject(
    planned: Plan, root: Path, code: Code, allow_dirty: bool,
    elements: Sequence[packing.Element], rates: Mapping[str, packing.Rate],
) -> preflight.Subject:  # fmt: skip
    return preflight.Subject(
        planned.profile, root, planned.models, planned.units, code, allow_dirty, rates,
        elements, None if planned.scheduler else client_of(planned.profile),
    )  # fmt: skip


def pack(planned: Plan, root: Path) -> tuple[list[packing.Element], dict[str, packing.Rate]]:
    """Pack the units of a plan, and say what the packing goes by."""
    profile, units = planned.profile, planned.units
    rates = packing.rates(root, units, profile.device)
    elements = packing.pack(units, rates, profile.workers(), profile.submit.minutes)
    seconds = [e.seconds for e in elements]
    say(
        f"{planned.run}: {counted(len(units), 'unit')} in {counted(len(elements), 'element')}"
        f" of about {spell(sum(seconds) / len(seconds))} (longest {spell(max(seconds))})"
    )
    names = {u.asked.question.key: u.asked.question.analysis for u in units}
    said: dict[tuple[str, str], list[float]] = {}
    for key, rate in rates.items():
        said.setdefault((names[key], rate.source), []).append(rate.seconds)
    for (analysis, source), each in said.items():
        span = f"{min(each):.3g}" + (f"–{max(each):.3g}" if max(each) > min(each) else "")
        say(f"  {analysis}: {span} s a problem, {source}")
    return elements, rates


def _dry_run(planned: Plan, root: Path, allow_dirty: bool, overruled: Collection[str]) -> int:
    """Say and print everything, and do nothing."""
    units = planned.units
    if planned.flying:
        say(f"{planned.run}: in the queue already: {counted(planned.flying, 'missing unit')}")
    if not units:
        say(f"{planned.run}: nothing to submit")
        return DONE
    code = packed_code.pack(allow_dirty, carried.files(planned.models))
    elements, rates = pack(planned, root)
    subject = _subject(planned, root, code, allow_dirty, elements, rates)
    good = preflight.show(preflight.check(replace(subject, dry=True)), overruled)
    folder = layout.submission(root, submissions.new_name(planned.run))
    stages = submission.stages(elements)
    if planned.scheduler:
        spelled = schedulers.script(
            planned.scheduler, code.script, folder, planned.profile, len(elements), stages
        )
        say(f"\n--- {schedulers.SUBMIT}\n{spelled}")
    else:
        _show_sbatch(planned, folder, len(elements), stages)
    scripts = [f"other/{s}" for s in schedulers.SCRIPTS]
    for script in (scripts if planned.scheduler else submission.SCRIPTS) if good else ():
        say(f"\n--- {script}\n{code.script(script)}")
    say(f"\n--- environment.sh\n{submission.environment_script(planned.profile.environment)}")
    say("nothing was written or submitted (--dry-run)")
    return DONE if good else BAD_DATA


def _show_sbatch(planned: Plan, folder: Path, elements: int, stages: Sequence[int]) -> None:
    """Print the commands that would submit."""
    jobs = Jobs(folder, planned.profile)
    most = jobs.array_limit(client_of(planned.profile))
    lines = waves(elements, most, stages)
    for first, last in lines:
        begin = max(s for s in stages if s <= first)
        spans = [w for w in lines if begin <= w[0] <= first]
        after = ["ARRAY"] if first >= next(iter(stages[1:]), elements) else []
        after = after or [f"ARRAY{i + 1}" for i in turn(spans, planned.profile.submit.max_running)]
        say(_spelled(jobs.array_name(first), jobs.array(first, last, after)))
    say(_spelled(jobs.name("reduce"), jobs.after("reduce", ["ARRAY"])))
    say(_spelled(jobs.name("collect"), jobs.after("collect", ["REDUCE"])))


def _spelled(name: str, words: Sequence[str]) -> str:
    return shell.line("sbatch", "--parsable", f"--job-name={name}", *words)
