"""Measures the service against the LMS's own floor and against loops of one call per person, in one run on one machine.

    scripts/bench --people 2000

(a) our full pull, beside the bare HTTP calls that it makes; (b) one call per person and function, one after another and
eight people at once; (c) a run in which nothing has changed; (d) a run in which one person has; (e) what the service
itself does with the answers, on both databases. Without more it measures the campus, with answer times modelled on a
real Moodle. If LATSAR_LIVE_CONFIG names a configuration, its first programme is measured on the real site instead,
without (e); nothing is written there, since its courses are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plots import shown
from report import OwnWork, Report, Row, circumstances
from wire import Sent, cpu_seconds, listening, send_bare

from latsar_sync.demo.rights import KELAS_TOKEN, MOOC_TOKEN
from latsar_sync.domain.request import Request, RunOutcome, Step
from latsar_sync.moodle import source
from latsar_sync.moodle.survey import Before
from latsar_sync.run import pipeline
from latsar_sync.run.clients import connect
from latsar_sync.run.configured import source_course_of
from latsar_sync.settings import Settings, load_settings
from latsar_sync.store import participants
from latsar_sync.store.database import Database

HERE = Path(__file__).parent
TOKENS = {"LATSAR_MOOC_TOKEN": MOOC_TOKEN, "LATSAR_KELAS_TOKEN": KELAS_TOKEN}
ALLOWED_OVER_BARE = 1.2
ALLOWED_QUIET = 10
ALLOWED_ONE = 5.0
OWN_WORK = [1_000, 10_000, 100_000]
PEOPLE_OF_THE_TARGETS = 2000
"""The last two targets are for a course of about this size: the list of people grows with it."""


class Bench:
    """One measurement; ``rows`` fill up."""

    def __init__(self, settings: Settings, folder: Path, wanted: argparse.Namespace) -> None:
        """Take what is measured, by settings whose programme sends nothing."""
        self.settings = settings
        self.wanted = wanted
        self.rows: list[Row] = []
        self.programme = settings.programmes[0]
        self.site = settings.sites[self.programme.source.site]
        self.database = Database(f"sqlite:///{folder / 'bench.db'}")
        self.database.upgrade()
        self.people = 0

    def measure(self, change: Callable[[], str | None]) -> None:
        """Measure everything; ``change`` lets one person change and tells the NIP, None if nobody can be changed."""
        for _ in range(self.wanted.repeat):
            self._bare(self._ours("(a) full pull", full=True))
        full, bare = (min(self.rows[start::2], key=lambda row: row.seconds) for start in (0, 1))
        self.rows = [full, bare]
        self._loops()
        self._ours("(c) nothing has changed")
        changed = change()
        if changed is None:
            self._ours("(d) one person, asked for by NIP", nip=self._somebody())
        else:
            self._ours("(d) one person has changed")
        self._against(full)

    def release(self) -> str:
        """Return the site's version of Moodle, as it tells it."""
        client = connect(self.programme.source.site, self.site)
        try:
            return (client.site_info().release or "").split(" ")[0]
        finally:
            client.close()

    def _ours(self, what: str, **wanted: Any) -> list[Sent]:
        before = self._cpu()
        with listening() as sent:
            began = time.monotonic()
            result = pipeline.run(self.settings, self.database, Request("bench", **wanted), now, silent)
            seconds = time.monotonic() - began
        run = result.programmes[0].run
        if run.outcome is not RunOutcome.OK:
            raise SystemExit(f"{what}: {run.outcome}: {run.error or run.findings or run.messages}")
        self.people = run.counts["participants"] or self.people
        received = sum(each.received for each in sent) / 1e6
        self.rows.append(Row(what, len(sent), seconds, received, self._cpu_since(before)))
        return sent

    def _bare(self, sent: Sequence[Sent]) -> None:
        before = self._cpu()
        seconds, received = send_bare(sent, self.site.max_parallel)
        self.rows.append(
            Row("    the same requests, bare", len(sent), seconds, received / 1e6, self._cpu_since(before))
        )

    def _loops(self) -> None:
        """Ask a sample of the people as a plain script would, and scale it up to all of them."""
        client = connect(self.programme.source.site, self.site)
        try:
            wanted = source_course_of(self.programme)
            seen = source.see_people(client, wanted, source.look_at_course(client, wanted), Before(), whole=False)
            found = source.read_values(client, wanted, seen, seen.people[:1], whole=False)
        finally:
            client.close()
        if found.evaluation is None:
            raise SystemExit("the evaluation was not found")
        chosen = [person.user_id for person in found.people][: self.wanted.loop_people or None]
        for workers, name in ((1, "one after another"), (8, "8 people at once")):
            asked = {
                "url": self.site.url,
                "token": self.site.token.get_secret_value(),
                "course_id": found.course_id,
                "quiz_id": found.evaluation.instance,
                "user_ids": chosen,
                "workers": workers,
            }
            before = self._cpu()
            loop = subprocess.run(
                [self.wanted.loop_python, str(HERE / "loops.py")],
                input=json.dumps(asked),
                capture_output=True,
                text=True,
                check=True,
            )
            told = json.loads(loop.stdout)
            scale = len(found.people) / len(chosen)
            used = self._cpu_since(before)
            note = told["library"] + (f", {len(chosen)} people × {scale:g}" if scale > 1 else "")
            self.rows.append(
                Row(
                    f"(b) one call a person, {name}",
                    round(told["requests"] * scale),
                    told["seconds"] * scale,
                    told["bytes"] * scale / 1e6,
                    None if used is None else used * scale,
                    note,
                )
            )

    def _against(self, full: Row) -> None:
        """Say after each row what it means beside the full pull, and after ours whether the target is met."""
        for row in self.rows:
            if row is not full and not row.note.startswith("target"):
                ratio = row.seconds / full.seconds
                row.note = "; ".join(filter(None, [f"{shown(ratio)} × the full pull", row.note]))
        bare = self.rows[1]
        full.note = verdict(full.seconds / bare.seconds, ALLOWED_OVER_BARE, "× the bare calls")
        if self.people > 1.1 * PEOPLE_OF_THE_TARGETS:
            return
        quiet = next(row for row in self.rows if row.what.startswith("(c)"))
        quiet.note = verdict(quiet.requests, ALLOWED_QUIET, "requests")
        one = next(row for row in self.rows if row.what.startswith("(d)"))
        one.note = verdict(one.seconds, ALLOWED_ONE, "seconds")

    def _somebody(self) -> str:
        with self.database.reading() as connection:
            known = participants.load_records(connection, self.programme.id)
        return next(record.participant.nip for record in known.values() if record.participant.nip)

    def _cpu(self) -> float | None:
        return cpu_seconds(self.wanted.server_process) if self.wanted.server_process else None

    def _cpu_since(self, before: float | None) -> float | None:
        after = self._cpu()
        return None if before is None or after is None else after - before


def verdict(value: float, allowed: float, unit: str) -> str:
    """Return a measured value beside its target."""
    return f"target: at most {allowed:g} {unit}; it is {shown(value)}" + ("" if value <= allowed else ": MISSED")


def now() -> datetime:
    """Return the time, for runs."""
    return datetime.now(UTC)


def silent(programme: str, step: Step, count: int) -> None:
    """Listen to progress and say nothing."""


@contextmanager
def campus(people: int, cores: int) -> Iterator[tuple[str, str, Callable[[], str | None]]]:
    """Give the addresses of the campus in a process of its own, and a way to let one person change."""
    command = [sys.executable, str(HERE / "campus_process.py"), str(people), str(cores)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())

        def change() -> str:
            process.stdin.write("change\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
            return str(json.loads(process.stdout.readline())["nip"])  # type: ignore[union-attr]

        try:
            yield told["mooc"], told["kelas"], change
        finally:
            process.stdin.close()


def campus_settings(folder: Path, mooc: str, kelas: str, people: int) -> Settings:
    """Return a configuration for the campus as it is seeded."""
    groups = range(1, max(1, people // 50) + 1)
    courses = "".join(f'[[programmes.angkatan]]\nid = "{n}"\nsource_group = "Angkatan {n}"\n' for n in groups)
    file = folder / "bench.toml"
    file.write_text(
        f'''
[sites.mooc]
url = "{mooc}"
token_env = "LATSAR_MOOC_TOKEN"
[sites.kelas]
url = "{kelas}"
token_env = "LATSAR_KELAS_TOKEN"
[[programmes]]
id = "bench"
title = "Bench"
source = {{ kind = "moodle", site = "mooc", course = "MOOC-LATSAR" }}
[programmes.evaluation]
item = "EVAL-AKADEMIK"
threshold = {{ value = 70, scale = "points", legal_basis = "bench" }}
{courses}
''',
        encoding="utf-8",
    )
    return load_settings(file, {**os.environ, **TOKENS})


def live_settings(path: Path) -> Settings:
    """Return a real site's configuration without its courses: nothing can be sent then."""
    settings = load_settings(path, os.environ)
    programme = settings.programmes[0]
    alone = [each.model_copy(update={"site": None, "course": None}) for each in programme.angkatan]
    return settings.model_copy(update={"programmes": (programme.model_copy(update={"angkatan": tuple(alone)}),)})


def shell(command: str) -> Callable[[], str]:
    """Return a way to let one person change by a command of the reader's own."""

    def change() -> str:
        subprocess.run(shlex.split(command), check=True)
        return command

    return change


def repeatable(arguments: Sequence[str], live: bool) -> str:
    """Return what a reader types to measure the same: without what scripts/bench adds, and where files are put."""
    left_out = ("--loop-python", "--save", "--document", "--name", "--server-process", "--change")
    kept = [
        word
        for before, word in zip(["", *arguments], arguments, strict=False)
        if word not in left_out and before not in left_out
    ]
    return " ".join([*(["LATSAR_LIVE_CONFIG=FILE"] if live else []), "scripts/bench", *kept])


def own_work(sizes: Sequence[int]) -> list[OwnWork]:
    """Measure the service's own work on both databases, in processes of their own."""
    if not sizes:
        return []
    command = [sys.executable, str(HERE / "own_work.py"), "--json", "--people", *map(str, sizes)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lines = [json.loads(line) for line in told.splitlines()]
    return [
        OwnWork(
            line["database"],
            line["people"],
            line["what"],
            line["seconds"],
            (line["own"] + line["server"]) * 1e6 / line["people"],
            line["megabytes"][1],
        )
        for line in lines
    ]


def main() -> None:
    """Measure one place and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=2000, help="people of the campus; a real site has its own")
    parser.add_argument("--cores", type=int, default=2, help="cores of the modelled server; 0 answers at once")
    parser.add_argument(
        "--repeat", type=int, default=1, help="full pulls, each followed by its bare calls; the best count"
    )
    parser.add_argument("--loop-people", type=int, default=200, help="people whom the loops ask before scaling; 0: all")
    parser.add_argument("--loop-python", default=sys.executable, help="Python with moodlepy; scripts/bench makes one")
    parser.add_argument("--change", help="command that lets one person change on the real site, for (d)")
    parser.add_argument("--server-process", default="", help="name of the server's processes here, for their CPU time")
    parser.add_argument(
        "--own-work", type=int, nargs="*", metavar="PEOPLE", help="sizes of (e); without any it is left out"
    )
    parser.add_argument("--save", type=Path, help="folder for the figures (JSON) and charts (SVG)")
    parser.add_argument("--document", type=Path, help="Markdown into which the section of that name is written")
    parser.add_argument("--name", default="campus", help="name of the saved files and of the section")
    wanted = parser.parse_args()
    live = os.environ.get("LATSAR_LIVE_CONFIG")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if live:
            bench = Bench(live_settings(Path(live)), folder, wanted)
            bench.measure(shell(wanted.change) if wanted.change else lambda: None)
        else:
            with campus(wanted.people, wanted.cores) as (mooc, kelas, change):
                bench = Bench(campus_settings(folder, mooc, kelas, wanted.people), folder, wanted)
                bench.measure(change)
    sizes = ([] if live else OWN_WORK) if wanted.own_work is None else wanted.own_work
    place = f"a real Moodle {bench.release()}" if live else "the campus with modelled answer times"
    report = Report(
        name=wanted.name,
        title=f"{'A real Moodle' if live else 'The campus'}, {bench.people:,} people",
        command=repeatable(sys.argv[1:], bool(live)),
        circumstances=circumstances(now(), place),
        rows=bench.rows,
        own_work=own_work(sizes),
    )
    print(report.text())  # noqa: T201
    if wanted.save:
        report.save(wanted.save)
    if wanted.save and wanted.document:
        report.write_into(wanted.document, wanted.save)
    if any("MISSED" in row.note for row in bench.rows):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
