"""Measures the service beside loops, an earlier version of itself and the floor, in one run on one machine.

    scripts/bench --people 2000
    scripts/bench --national

*Loop*: one call per person and function, one after another and eight people at once. *Before*: an earlier version of
the product. *Floor*: the requests of the product now, sent bare; nothing is done with the answers. *Now*: the product.
Of both products three runs: everybody read, nothing changed, one person changed (on a real site: one asked for by NIP).
Beside them what the service itself does with the answers, on both databases.

Without more it measures the campus, with answer times modelled on a real Moodle. If LATSAR_LIVE_CONFIG names a
configuration, its first programme is measured on the real site instead; nothing is written there, since its courses are
left out. ``read`` counts the people of whom something stood in an answer.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from plots import shown
from report import OwnWork, Report, Row, on_record
from wire import cpu_seconds, send_bare

from latsar_sync.demo.rights import KELAS_TOKEN, MOOC_TOKEN
from latsar_sync.moodle import mooc_course
from latsar_sync.moodle.mooc_values import Expected
from latsar_sync.run.clients import connect
from latsar_sync.run.configured import source_course_of
from latsar_sync.settings import Settings, load_settings

HERE = Path(__file__).parent
TOKENS = {"LATSAR_MOOC_TOKEN": MOOC_TOKEN, "LATSAR_KELAS_TOKEN": KELAS_TOKEN}
ALLOWED_OVER_BARE = 1.2
ALLOWED_QUIET = 10
ALLOWED_ONE = 5.0
LOOP, BEFORE, FLOOR, NOW = "loop: one call a person", "before", "floor", "now"
EVERYBODY, QUIET, ONE = "everybody read", "nothing has changed", "one person"
OWN_WORK = [1_000, 10_000, 100_000]
NATIONAL, NATIONAL_OURS, NATIONAL_GROUPS = 50_000, 160, 4
PEOPLE_OF_THE_TARGETS = 2000
"""The last two targets are for a course of about this size: the list of people grows with it."""


class Bench:
    """One measurement; ``rows`` fill up: the loops, the product before, the floor, the product now."""

    def __init__(self, config: Path, settings: Settings, folder: Path, wanted: argparse.Namespace) -> None:
        """Take what is measured; ``config`` is its file, of which nothing is sent."""
        self.config = config
        self.wanted = wanted
        self.folder = folder
        self.rows: list[Row] = []
        self.programme = settings.programmes[0]
        if self.programme.source.site is None:
            sys.exit(f"{config}: the first programme reads no site; only reading a MOOC can be measured.")
        self.site_name = self.programme.source.site
        self.site = settings.sites[self.site_name]
        self.server: psutil.Process | None = None
        self.people = 0

    def measure(self, change: Callable[[], str | None]) -> None:
        """Measure everything; ``change`` lets one person change and tells the NIP, None if nobody is."""
        self._loops()
        if self.wanted.before_python:
            self._product(BEFORE, self.wanted.before_python, change)
        for what, calls in self._product(NOW, sys.executable, change).items():
            self._bare(what, calls)
        self._against()

    def release(self) -> str:
        """Return the site's version of Moodle, as it tells it."""
        client = connect(self.site_name, self.site)
        try:
            return (client.site_info().release or "").split(" ")[0]
        finally:
            client.close()

    def _product(self, which: str, python: str, change: Callable[[], str | None]) -> dict[str, list[tuple[str, str]]]:
        """Measure three runs of a version of the product; return the requests of each.

        The first run of the product now is not shown: it learns what the others need not ask again.
        """
        database = self.folder / f"{which}.db"
        if which == NOW:
            self._run(which, python, database, full=True)
        full = [self._row(which, python, database, EVERYBODY, full=True) for _ in range(self.wanted.repeat)]
        calls = {EVERYBODY: min(full)[1]}
        calls[QUIET] = self._row(which, python, database, QUIET)[1]
        calls[ONE] = self._row(which, python, database, ONE, nip=change() or self._somebody(database))[1]
        return calls

    def _row(
        self, which: str, python: str, database: Path, what: str, **wanted: Any
    ) -> tuple[float, list[tuple[str, str]]]:
        before = self._cpu()
        told = self._run(which, python, database, **wanted)
        used = self._cpu_since(before)
        self.people = told["people"] or self.people
        row = Row(f"{which}: {what}", told["requests"], told["seconds"], told["bytes"] / 1e6, used, told["read"])
        self.rows = [each for each in self.rows if each.what != row.what or each.seconds < row.seconds]
        if all(each.what != row.what for each in self.rows):
            self.rows.append(row)
        return told["seconds"], told["calls"]

    def _run(self, which: str, python: str, database: Path, full: bool = False, nip: str | None = None) -> Any:
        """Run a version of the product once, in a process of its own; return what it tells."""
        root = self.wanted.before_root if which == BEFORE else HERE.parents[1]
        return run_product(which, python, root, self.config, database, full, nip)

    def _bare(self, what: str, calls: Sequence[tuple[str, str]]) -> None:
        before = self._cpu()
        seconds, received = send_bare(calls, self.site.max_parallel)
        self.rows.append(Row(f"{FLOOR}: {what}", len(calls), seconds, received / 1e6, self._cpu_since(before)))

    def _loops(self) -> None:
        """Ask a sample of our people as a plain script would, and scale it up to all of them."""
        client = connect(self.site_name, self.site)
        try:
            wanted = source_course_of(self.programme)
            course = mooc_course.look_at_course(client, wanted)
            way = mooc_course.way_of(client, wanted)
            seen = mooc_course.see_people(client, wanted, way, course, Expected(), enrolments=False)
            found = mooc_course.read_grades_and_requirements(
                client, wanted, seen, seen.people[:1], grade_to_pass=False, compare_activities=False
            )
        finally:
            client.close()
        if found.evaluation is None:
            raise SystemExit("the evaluation was not found")
        ours = [person.user_id for person in found.people]
        chosen = ours[: self.wanted.loop_people or None]
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
            told, used = json.loads(loop.stdout), self._cpu_since(before)
            scale = len(ours) / len(chosen)
            note = told["library"] + (f", {len(chosen)} people × {scale:g}" if scale > 1 else "")
            row = Row(f"{LOOP}, {name}", round(told["requests"] * scale), told["seconds"] * scale, 0.0, None, len(ours))
            row.megabytes, row.note = told["bytes"] * scale / 1e6, note
            row.cpu = None if used is None else used * scale
            self.rows.append(row)

    def _against(self) -> None:
        """Say after each row what it means beside the product now, and after those whether the target is met."""
        rows = {row.what: row for row in self.rows}
        for row in self.rows:
            what = EVERYBODY if row.what.startswith(LOOP) else row.what.partition(": ")[2]
            ratio = row.seconds / rows[f"{NOW}: {what}"].seconds
            if not row.what.startswith(NOW):
                row.note = "; ".join(filter(None, [f"{shown(ratio)} × as long", row.note]))
        full, quiet, one = (rows[f"{NOW}: {what}"] for what in (EVERYBODY, QUIET, ONE))
        full.note = verdict(full.seconds / rows[f"{FLOOR}: {EVERYBODY}"].seconds, ALLOWED_OVER_BARE, "× the floor")
        if self.people <= 1.1 * PEOPLE_OF_THE_TARGETS:
            quiet.note = verdict(quiet.requests, ALLOWED_QUIET, "requests")
            one.note = verdict(one.seconds, ALLOWED_ONE, "seconds")

    def _somebody(self, database: Path) -> str:
        """Return the NIP of somebody who is known: whatever the version, it stands in this column."""
        with closing(sqlite3.connect(database)) as connection:
            [nip] = connection.execute("SELECT nip FROM identities WHERE nip IS NOT NULL LIMIT 1").fetchone()
        return str(nip)

    def _cpu(self) -> float | None:
        if self.server is not None:
            times = self.server.cpu_times()
            return times.user + times.system
        return cpu_seconds(self.wanted.server_process) if self.wanted.server_process else None

    def _cpu_since(self, before: float | None) -> float | None:
        after = self._cpu()
        return None if before is None or after is None else after - before


def run_product(
    which: str,
    python: str,
    root: Path,
    config: Path,
    database: Path,
    full: bool,
    nip: str | None = None,
    sends: bool = False,
) -> Any:
    """Run the product that lies at ``root`` once, in a process of its own; return what it tells (``product.py``)."""
    wanted = {"config": str(config), "database": str(database), "full": full, "nip": nip, "sends": sends}
    ended = subprocess.run(
        [python, str(HERE / "product.py")],
        input=json.dumps(wanted),
        capture_output=True,
        text=True,
        check=False,
        env={**TOKENS, **os.environ, "PYTHONPATH": str(root)},
    )
    if ended.returncode:
        raise SystemExit(f"{which}: {ended.stderr}")
    return json.loads(ended.stdout)


def verdict(value: float, allowed: float, unit: str) -> str:
    """Return a measured value beside its target."""
    return f"target: at most {allowed:g} {unit}; it is {shown(value)}" + ("" if value <= allowed else ": MISSED")


def now() -> datetime:
    """Return the time, for runs."""
    return datetime.now(UTC)


@contextmanager
def campus(wanted: argparse.Namespace) -> Iterator[tuple[str, str, Callable[[], str | None], int]]:
    """Give the addresses of the campus in a process of its own, a way to let one person change, and its process id."""
    size = [NATIONAL, NATIONAL_OURS] if wanted.national else [wanted.people, wanted.people]
    last = [wanted.cores, int(getattr(wanted, "report", False))]
    command = [sys.executable, str(HERE / "campus_process.py"), *map(str, [*size, *last])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())

        def change() -> str:
            process.stdin.write("change\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
            return str(json.loads(process.stdout.readline())["nip"])  # type: ignore[union-attr]

        try:
            yield told["mooc"], told["kelas"], change, process.pid
        finally:
            process.stdin.close()


def campus_configuration(folder: Path, mooc: str, kelas: str, groups: int, by_group: bool) -> Path:
    """Return a configuration for the campus as it is seeded; ``by_group``: all our people are in the groups."""
    place = "group" if by_group else "first_qualified"
    group = 'source_group = "Angkatan {n}"\n' if by_group else ""
    angkatan = ('[[programmes.angkatan]]\nid = "{n}"\n' + group).format
    courses = "".join(angkatan(n=number) for number in range(1, groups + 1))
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
placement = "{place}"
source = {{ kind = "moodle", site = "mooc", course = "MOOC-LATSAR" }}
[programmes.evaluation]
item = "EVAL-AKADEMIK"
threshold = {{ value = 70, scale = "points", legal_basis = "bench" }}
{courses}
''',
        encoding="utf-8",
    )
    return file


def repeatable(arguments: Sequence[str], live: bool) -> str:
    """Return what a reader types to measure the same: without what scripts/bench adds, and where files are put."""
    left_out = (
        "--loop-python", "--before-python", "--before-root", "--save", "--document", "--name", "--server-process"
    )  # fmt: skip
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
    parser.add_argument("--national", action="store_true", help="50,000 people in the course, 160 of ours in 4 groups")
    parser.add_argument("--cores", type=int, default=2, help="cores of the modelled server; 0 answers at once")
    parser.add_argument("--repeat", type=int, default=1, help="runs that read everybody; the fastest counts")
    parser.add_argument("--loop-people", type=int, default=200, help="people whom the loops ask before scaling; 0: all")
    parser.add_argument("--loop-python", default=sys.executable, help="Python with moodlepy; scripts/bench makes one")
    parser.add_argument("--before-python", help="Python for the version before; scripts/bench makes one")
    parser.add_argument("--before-root", type=Path, help="where the version before lies")
    parser.add_argument("--server-process", default="", help="name of the site's processes here, for their CPU time")
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
            bench = Bench(Path(live), load_settings(Path(live), os.environ), folder, wanted)
            bench.measure(lambda: None)
        else:
            with campus(wanted) as (mooc, kelas, change, pid):
                groups = NATIONAL_GROUPS if wanted.national else max(1, wanted.people // 50)
                config = campus_configuration(folder, mooc, kelas, groups, wanted.national)
                bench = Bench(config, load_settings(config, {**os.environ, **TOKENS}), folder, wanted)
                bench.server = psutil.Process(pid)
                bench.measure(change)
    sizes = ([] if live else OWN_WORK) if wanted.own_work is None else wanted.own_work
    place = f"a real Moodle {bench.release()}" if live else "the campus with modelled answer times"
    title = f"{bench.people:,} people"
    if wanted.national and not live:
        title = f"{bench.people:,} of ours in a course of {NATIONAL:,}"
    report = Report(
        name=wanted.name,
        title=f"{'A real Moodle' if live else 'The campus'}, {title}",
        command=repeatable(sys.argv[1:], bool(live)),
        on_record=on_record(now(), place),
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
