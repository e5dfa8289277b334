"""A sweep to the cluster: plan what is missing, pack, submit in waves, never anything twice.

Every step is written down before it is taken (`submission.json`), so that a submit that was ended
at any moment is taken up by the next one: the same command goes on.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from precompute import inflight, packing, plan, preflight, profiles, storage, submission, sweep
from precompute import models as model_files
from precompute.exits import BAD_DATA, DONE, SOME_LEFT, Later, Usage
from precompute.models import ModelRef
from precompute.plan import Unit
from precompute.profiles import Profile
from precompute.progress import spell
from precompute.run import prepare, say
from precompute.slurm import Client, Limit, Pauses
from precompute.submission import Code, Contents
from store import layout, submissions

DEFAULT_ARRAY = 1000
"""Elements in one sbatch where the cluster does not say: MaxArraySize is 1001 unless changed."""


@dataclass(frozen=True)
class Plan:
    """What is to be submitted.

    Args:
        run: name.
        sweep: text.
        sweep_path: of the file.
        profile: of the site.
        models: of the units.
        units: missing, and in no inflight.
        answers: rows asked for, over all questions.
        flying: units missing that another submission has in the inflight.
    """

    run: str
    sweep: str
    sweep_path: str
    profile: Profile
    models: Sequence[ModelRef]
    units: Sequence[Unit]
    answers: int = 0
    flying: int = 0


def client_of(profile: Profile) -> Client:
    """Slurm's commands, as patient as the profile says.

    Args:
        profile: of the site.

    Returns:
        The client.
    """
    s = profile.submit
    return Client(s.retry_seconds, 60.0 * s.patience_minutes, s.command_seconds, say)


def impatient(profile: Profile) -> Profile:
    """For a dry run, which shows what is known now.

    Args:
        profile: of the site.

    Returns:
        The same, without patience.
    """
    return replace(profile, submit=replace(profile.submit, patience_minutes=0.0))


def submit(path: Path, root: Path, profile_name: str, dry_run: bool, allow_dirty: bool) -> int:
    """Submit what is missing of a sweep; safe to repeat, and to call twice at once.

    Args:
        path: sweep file.
        root: store.
        profile_name: name or path of a profile.
        dry_run: print what would be done; nothing is written or submitted.
        allow_dirty: take uncommitted changes along, and mark the results.

    Returns:
        Exit code: 0 submitted (or nothing to do), 65 when a check failed, 75 when the same command
        goes on later.
    """
    profile = profiles.read(profile_name)
    root = root.absolute()
    if dry_run:
        return _dry_run(_plan(path, root, impatient(profile), publish=False), root, allow_dirty)
    wanted = sweep.read(path)
    storage.writable(root)
    with submissions.alone(root, "submit") as free:
        if not free:
            return busy(root)
        if resumed := take_up(root, wanted.name, wanted.text, profile):
            return resumed.finish()
        planned = _plan(path, root, profile, publish=True)
        return launch(planned, root, allow_dirty)


def busy(root: Path) -> int:
    """Another submit works on this store: say so.

    Args:
        root: store.

    Returns:
        Exit code 75.
    """
    said = [
        f"{name} ({inflight.elements_submitted(record)} of {record.get('elements')} elements)"
        for name in submissions.names(root)
        if (record := submissions.read(root, name))["state"] == "submitting"
    ]
    what = f"; under way: {', '.join(said)}" if said else ""
    say(f"another submit is at work on {root}{what} · next: the same command when it has ended")
    return SOME_LEFT


def _plan(path: Path, root: Path, profile: Profile, publish: bool) -> Plan:
    """What is missing and in no inflight.

    Returns:
        The plan.
    """
    if publish:
        prepared = prepare(path, root)
        wanted, found, asked, units = (
            prepared.sweep, prepared.models, prepared.asked, prepared.units
        )  # fmt: skip
    else:
        wanted = sweep.read(path)
        found = model_files.distinct(model_files.identify(e, root) for e in wanted.models)
        asked = plan.questions(wanted, found, str(path))
        used = {a.model for a in asked}
        found = [m for m in found if m.digest in used]
        units = plan.missing_units(root, asked)
    flying = inflight.flying(root, client_of(profile)) if units else {}
    free = [u for u in units if inflight.place(u) not in flying]
    return Plan(
        wanted.name, wanted.text, str(path.absolute()), profile, found, free,
        sum(a.count for a in asked), len(units) - len(free),
    )  # fmt: skip


def launch(planned: Plan, root: Path, allow_dirty: bool) -> int:
    """Check, write the submission's folder, submit.

    Args:
        planned: what.
        root: store.
        allow_dirty: take uncommitted changes along.

    Returns:
        Exit code.
    """
    name, units = planned.run, planned.units
    if planned.flying:
        say(f"{name}: {planned.flying} missing units are in the queue already; they are left alone")
    if not units:
        if planned.flying:
            say(f"{name}: nothing to submit · next: {watch(root, name)}")
        else:
            say(
                f"{name}: nothing to submit, all {planned.answers} answers are there · next:"
                f" {shlex.join(['python', '-m', 'precompute', 'collect', '--store', str(root)])}"
            )
        return DONE
    code = submission.code(allow_dirty)
    elements, rates = pack(planned, root)
    if not preflight.show(preflight.check(_subject(planned, root, code, allow_dirty, rates))):
        return BAD_DATA
    made = submission.write(
        root,
        Contents(
            name, planned.sweep, planned.sweep_path, planned.profile, code, planned.models,
            units, elements, rates,
        ),
    )  # fmt: skip
    return Flight(root, made, submissions.read(root, made), planned.profile).finish()


def _subject(
    planned: Plan, root: Path, code: Code, allow_dirty: bool, rates: Mapping[str, packing.Rate]
) -> preflight.Subject:
    return preflight.Subject(
        planned.profile, root, planned.models, planned.units, code, allow_dirty, rates,
        client_of(planned.profile),
    )  # fmt: skip


def pack(planned: Plan, root: Path) -> tuple[list[packing.Element], dict[str, packing.Rate]]:
    """Pack the units of a plan, and say what the packing goes by.

    Args:
        planned: what.
        root: store.

    Returns:
        Elements and rates.
    """
    profile, units = planned.profile, planned.units
    rates = packing.rates(root, units, profile.device)
    workers = 1 if profile.device == "cuda" else profile.slurm.cpus
    elements = packing.pack(units, rates, workers, profile.submit.minutes)
    seconds = [e.seconds for e in elements]
    say(
        f"{planned.run}: {len(units)} units in {len(elements)} elements of about"
        f" {spell(sum(seconds) / len(seconds))} (longest {spell(max(seconds))})"
    )
    names = {u.asked.question.key: u.asked.question.analysis for u in units}
    said: dict[tuple[str, str], list[float]] = {}
    for key, rate in rates.items():
        said.setdefault((names[key], rate.source), []).append(rate.seconds)
    for (analysis, source), each in said.items():
        span = f"{min(each):.3g}" + (f"–{max(each):.3g}" if max(each) > min(each) else "")
        say(f"  {analysis}: {span} s a problem, {source}")
    return elements, rates


def watch(root: Path, run: str) -> str:
    """Spell the command that shows how far a run is.

    Args:
        root: store.
        run: name.

    Returns:
        A shell line.
    """
    words = ["python", "-m", "precompute", "status", "--store", str(root), run, "--watch"]
    return shlex.join(words)


def _dry_run(planned: Plan, root: Path, allow_dirty: bool) -> int:
    """Say and print everything, and do nothing.

    Returns:
        Exit code.
    """
    units = planned.units
    if planned.flying:
        say(f"{planned.run}: {planned.flying} missing units are in the queue already")
    if not units:
        say(f"{planned.run}: nothing to submit")
        return DONE
    code = submission.code(allow_dirty)
    elements, rates = pack(planned, root)
    good = preflight.show(preflight.check(_subject(planned, root, code, allow_dirty, rates)))
    folder = layout.submission(root, submissions.new_name(planned.run))
    jobs = Jobs(folder, planned.profile)
    for first, last in waves(len(elements), jobs.array_limit(client_of(planned.profile))):
        say(_spelled(jobs.array_name(first), jobs.array(first, last)))
    say(_spelled(jobs.name("reduce"), jobs.after("reduce", ["ARRAY"])))
    say(_spelled(jobs.name("collect"), jobs.after("collect", ["REDUCE"])))
    for script in submission.SCRIPTS if good else ():
        say(f"\n--- {script}\n{code.script(script)}")
    say(f"\n--- environment.sh\n{submission.environment_script(planned.profile.environment)}")
    say("nothing was written or submitted (--dry-run)")
    return DONE if good else BAD_DATA


def _spelled(name: str, words: Sequence[str]) -> str:
    return shlex.join(["sbatch", "--parsable", f"--job-name={name}", *words])


def waves(count: int, most: int) -> list[tuple[int, int]]:
    """Elements of each sbatch.

    Args:
        count: elements.
        most: in one array.

    Returns:
        (first, last) of each.
    """
    return [(first, min(first + most, count) - 1) for first in range(0, count, most)]


@dataclass(frozen=True)
class Jobs:
    """Command lines of a submission's jobs.

    Args:
        folder: of the submission.
        profile: of the site.
    """

    folder: Path
    profile: Profile

    def name(self, what: str) -> str:
        """A job's name: no other job has it.

        Args:
            what: of the submission's jobs.

        Returns:
            ired-SUBMISSION-WHAT.
        """
        return f"ired-{self.folder.name}-{what}"

    def array_name(self, first: int) -> str:
        """The name of a wave.

        Args:
            first: element.

        Returns:
            A name.
        """
        return self.name(f"from{first}")

    def array(self, first: int, last: int) -> list[str]:
        """Words for sbatch of a wave.

        Args:
            first: element.
            last: element.

        Returns:
            Options, script and arguments.
        """
        limit = self.profile.submit.max_running
        at_once = f"%{limit}" if limit else ""
        return [
            f"--array=0-{last - first}{at_once}",
            f"--signal=B:USR1@{self.profile.submit.signal_seconds}",
            *self._common(self.profile.slurm.words(), "%A_%a"),
            str(self.folder / "array.sbatch"), str(self.folder), str(first),
        ]  # fmt: skip

    def after(self, what: str, jobs: Sequence[object]) -> list[str]:
        """Words for sbatch of a job that begins when others have ended, whatever became of them.

        Args:
            what: reduce or collect.
            jobs: ids.

        Returns:
            Options, script and arguments.
        """
        after = [f"--dependency=afterany:{':'.join(map(str, jobs))}"] if jobs else []
        return [
            *after,
            *self._common(self.profile.reduce.words(), f"{what}_%j"),
            str(self.folder / f"{what}.sbatch"), str(self.folder),
        ]  # fmt: skip

    def _common(self, words: Sequence[str], log: str) -> list[str]:
        folder = str(self.folder)
        logs = folder.replace("%", "%%")  # Slurm reads %A, %a, %j in a log's path
        return [*words, f"--chdir={folder}", f"--output={logs}/logs/{log}.out"]

    def array_limit(self, client: Client) -> int:
        """Most elements in one sbatch.

        Args:
            client: to ask the cluster.

        Returns:
            As the profile says, but never more than MaxArraySize lets the last index be.
        """
        site = preflight.max_array_size(client) or DEFAULT_ARRAY
        return min(self.profile.submit.max_array or site, site)


@dataclass
class Flight:
    """A submission on its way into the inflight.

    Args:
        root: store.
        name: of the submission.
        record: of it.
        profile: of the site.
    """

    root: Path
    name: str
    record: dict[str, Any]
    profile: Profile
    client: Client = field(init=False)
    jobs: Jobs = field(init=False)

    def __post_init__(self) -> None:
        self.client = client_of(self.profile)
        self.jobs = Jobs(layout.submission(self.root, self.name), self.profile)

    def _save(self) -> None:
        submissions.write(self.root, self.name, self.record)

    def finish(self) -> int:
        """Submit what of the submission is not in the queue yet.

        Returns:
            0 when all of it is, 75 when the same command must go on later.

        Raises:
            Usage: sbatch refuses for good.
        """
        try:
            self._arrays()
            self._last("reduce", [w["job_id"] for w in self.record["waves"]])
            self._last("collect", [self.record["reduce"]["job_id"]])
        except Later as error:
            say(f"{self.record['run']}: {error}")
            done = inflight.elements_submitted(self.record)
            say(f"{done} of {self.record['elements']} elements are submitted; {GO_ON}")
            return SOME_LEFT
        except Usage:
            if not self.record["waves"] or not self.record["waves"][0].get("job_id"):
                self.record["state"] = "refused"
                self._save()
            raise
        self.record["state"] = "submitted"
        self._save()
        ids = ", ".join(str(wave["job_id"]) for wave in self.record["waves"])
        say(
            f"submitted {self.name}: array {ids} ({self.record['elements']} elements), reduce"
            f" {self.record['reduce']['job_id']}, collect {self.record['collect']['job_id']}"
        )
        say(f"next: {watch(self.root, self.record['run'])}")
        return DONE

    def _arrays(self) -> None:
        """Submit the waves: at a limit smaller ones at first, then as large ones again, later.

        Whatever room there is when patience ends is taken before this ends.

        Raises:
            Limit: no room for a single element for as long as the profile is patient.
        """
        count = self.record["elements"]
        most = self.jobs.array_limit(self.client)
        self._settle()
        largest, pauses = 0, Pauses(self.client)
        while (first := inflight.elements_submitted(self.record)) < count:
            last = min(first + most, count) - 1
            try:
                self._wave(first, last)
            except Limit as limit:
                if last > first and (not largest or pauses.over):
                    most = (last - first + 1) // 2
                elif pauses.take(f"{self.record['run']}: {limit}"):
                    most = largest or 1
                elif last == first:
                    raise
                continue
            if last + 1 < count:
                say(f"  elements {first}–{last} submitted")
            largest = most = max(largest, last - first + 1)
            pauses = Pauses(self.client)

    def _wave(self, first: int, last: int) -> None:
        name = self.jobs.array_name(first)
        wave = {"job_name": name, "job_id": None, "first": first, "last": last, "state": "asking"}
        self.record["waves"].append(wave)
        self._save()
        try:
            wave["job_id"] = self.client.submit(name, self.jobs.array(first, last))
        except (Limit, Usage):  # said no: there is no such job
            self.record["waves"].remove(wave)
            self._save()
            raise
        wave["state"] = "submitted"
        self._save()

    def _settle(self) -> None:
        """Find out what became of waves whose answer an earlier submit did not hear."""
        for wave in [w for w in self.record["waves"] if w["state"] == "asking"]:
            found = inflight.look_up(self.root, self.name, self.client, wave["job_name"])
            if found is None:
                self.record["waves"].remove(wave)
            else:
                wave["job_id"], wave["state"] = found, "submitted"
            self._save()

    def _last(self, what: str, jobs: Sequence[int]) -> None:
        entry = self.record[what]
        if entry and entry.get("job_id"):
            return
        name = self.jobs.name(what)
        if entry:
            found = inflight.look_up(self.root, self.name, self.client, name)
            if found is not None:
                self.record[what] = {"job_name": name, "job_id": found}
                self._save()
                return
        self.record[what] = {"job_name": name, "job_id": None}
        self._save()
        pauses = Pauses(self.client)
        while True:
            try:
                job = self.client.submit(name, self.jobs.after(what, jobs))
                break
            except Limit as limit:
                if not pauses.take(f"{what}: {limit}"):
                    raise
        self.record[what] = {"job_name": name, "job_id": job}
        self._save()


GO_ON = "the same command goes on"


def take_up(root: Path, run: str, text: str, profile: Profile) -> Flight | None:
    """Go on with a submission that was ended half-way.

    Args:
        root: store.
        run: name.
        text: of the sweep.
        profile: of the site.

    Returns:
        The submission, if the last one of this run is unfinished and asks the same.
    """
    names = submissions.names(root, run)
    if not names:
        return None
    record = submissions.read(root, names[-1])
    if record["state"] != "submitting":
        return None
    same = record["sweep"] == text and record["commit"] == submission.commit()
    kept = profiles.parse(record["profile"], profile.name, names[-1])
    if same and kept == replace(profile, name=kept.name):
        say(f"going on with {names[-1]}")
        return Flight(root, names[-1], record, kept)
    record["state"] = "left"  # its jobs stay; the rest is planned anew
    submissions.write(root, names[-1], record)
    return None
