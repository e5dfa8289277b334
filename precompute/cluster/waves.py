"""A submission on its way into the queue, in waves, each step written down before it is taken."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ired_interp_core.spelling import counted, part_of
from precompute.cluster import packed_code, profiles, queue
from precompute.cluster.job_lines import Jobs, client_of, turn, watch
from precompute.cluster.profiles import Profile
from precompute.cluster.slurm import ME, Client, Limit
from precompute.ground.exits import DONE, SOME_LEFT, Later, Usage
from precompute.ground.tell import say
from store import layout, submissions


@dataclass
class Flight:
    """A submission on its way into the queue.

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
            done = queue.elements_submitted(self.record)
            say(f"{part_of(done, self.record['elements'], 'element')} submitted; {GO_ON}")
            return SOME_LEFT
        except Usage:
            if not self.record["waves"] or not self.record["waves"][0].get("job_id"):
                self.record["state"] = "refused"
                self._save()
            raise
        self.record["state"] = "submitted"
        self._save()
        ids = ", ".join(str(wave["job_id"]) for wave in self.record["waves"])
        elements = counted(self.record["elements"], "element")
        say(
            f"submitted {self.name}: array {ids} ({elements}), reduce"
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
        largest, pauses = 0, self.client.pauses()
        while (first := queue.elements_submitted(self.record)) < count:
            last = min(first + most, self._stage_end(first)) - 1
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
                which = f"element {first}" if first == last else f"elements {first}–{last}"
                say(f"  {which} submitted")
            largest = most = max(largest, last - first + 1)
            pauses = self.client.pauses()

    def _stage_end(self, first: int) -> int:
        """One past the last element of the stage of an element."""
        return min(
            (s for s in self.record.get("stages", []) if s > first), default=self.record["elements"]
        )

    def _before(self, first: int, last: int) -> list[int]:
        """Jobs that must have ended before a wave: of lower stages, else of an earlier turn."""
        begin = max((s for s in self.record.get("stages", [0]) if s <= first), default=0)
        there = [w for w in self.record["waves"] if w["job_id"]]
        same = [w for w in there if w["first"] >= begin]
        spans = [*((w["first"], w["last"]) for w in same), (first, last)]
        if earlier := turn(spans, self.profile.submit.max_running):
            return [same[i]["job_id"] for i in earlier]
        return [w["job_id"] for w in there if w["first"] < begin]

    def _wave(self, first: int, last: int) -> None:
        name = self.jobs.array_name(first)
        wave = {"job_name": name, "job_id": None, "first": first, "last": last, "state": "asking"}
        self.record["waves"].append(wave)
        self._save()
        try:
            words = self.jobs.array(first, last, self._before(first, last))
            wave["job_id"] = self.client.submit(name, words)
        except (Limit, Usage):  # said no: there is no such job
            self.record["waves"].remove(wave)
            self._save()
            raise
        wave["state"] = "submitted"
        self._save()

    def _settle(self) -> None:
        """Find out what became of waves whose answer an earlier submit did not hear."""
        for wave in [w for w in self.record["waves"] if w["state"] == "asking"]:
            found = queue.look_up(self.root, self.name, self.client, wave["job_name"])
            if found is None:
                self.record["waves"].remove(wave)
            else:
                wave["job_id"], wave["state"] = found, "submitted"
            self._save()

    def _last(self, job: str, jobs: Sequence[int]) -> None:
        entry = self.record[job]
        if entry and entry.get("job_id"):
            return
        name = self.jobs.name(job)
        if entry:
            found = queue.look_up(self.root, self.name, self.client, name)
            if found is not None:
                self.record[job] = {"job_name": name, "job_id": found}
                self._save()
                return
        self.record[job] = {"job_name": name, "job_id": None}
        self._save()
        pauses = self.client.pauses()
        while True:
            try:
                number = self.client.submit(name, self.jobs.after(job, jobs))
                break
            except Limit as limit:
                if not pauses.take(f"{job}: {limit}"):
                    raise
        self.record[job] = {"job_name": name, "job_id": number}
        self._save()


GO_ON = "the same command goes on"


def take_up(root: Path, run: str, text: str, profile: Profile) -> Flight | None:
    """Go on with a submission that was ended half-way.

    Returns:
        The submission, if the last one of this run is unfinished and asks the same.
    """
    names = submissions.names(root, run)
    if not names:
        return None
    record = submissions.read(root, names[-1])
    if record["state"] != "submitting":
        return None
    same = record["sweep"] == text and record["commit"] == packed_code.commit()
    kept = profiles.parse(record["profile"], profile.name, names[-1])
    if same and kept == replace(profile, name=kept.name, path=""):
        say(f"going on with {names[-1]}")
        if record.get("user") != ME:  # its jobs are of two people from here on
            record["user"] = ""
        return Flight(root, names[-1], record, kept)
    record["state"] = "left"  # its jobs stay; the rest is planned anew
    submissions.write(root, names[-1], record)
    return None
