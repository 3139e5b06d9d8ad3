"""From handing in the evaluation to a confirmed seat, with a daemon whose schedule is every minute: median and worst.

On the campus or, with LATSAR_LIVE_CONFIG, on a real Moodle; there ``--hand-in`` names a command that lets one person
pass, in which ``{user}`` stands for the MOOC account. Nothing is reckoned: people hand in at random moments within
``--within`` seconds, some perhaps while others wait, and the clock of each stops when the database says ``confirmed``,
which a run read in the course.
"""

import argparse
import os
import random
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select

from latsar_sync.demo import Campus, seed_large
from latsar_sync.demo.latency import Latency
from latsar_sync.demo.rights import GROUP_FUNCTIONS, KELAS_TOKEN, MOOC_TOKEN
from latsar_sync.domain.entry import EntryState
from latsar_sync.settings import Settings, load_settings
from latsar_sync.store import listings
from latsar_sync.store.database import Database
from latsar_sync.store.tables import roster_entries

LATE = 600.0
"""Seconds after which a seat does not come any more."""
LOOK_EVERY = 0.2

PEOPLE, GROUPS = 240, 4
"""How many there are on the campus: one in five of them lacks nothing but the score."""

CONFIG = """
database_url = "sqlite:///{folder}/latsar.db"
[service]
port = {port}
[sites.mooc]
url = "{mooc}"
token_env = "LATSAR_MOOC_TOKEN"
[sites.kelas]
url = "{kelas}"
token_env = "LATSAR_KELAS_TOKEN"
[[programmes]]
id = "latsar"
title = "Latsar"
schedule = "* * * * *"
[programmes.source]
kind = "moodle"
site = "mooc"
course = "MOOC-LATSAR"
[programmes.evaluation]
item = "EVAL-AKADEMIK"
threshold = {{ value = 70, scale = "points", legal_basis = "Uji" }}
"""
ANGKATAN = """
[[programmes.angkatan]]
id = "{name}"
source_group = "Angkatan {name}"
site = "kelas"
course = "KLS-{name}"
role_id = 5
"""


def main() -> None:
    """Measure, and print one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=20, help="how many people hand in (20)")
    parser.add_argument("--within", type=float, default=300.0, help="seconds in which all of them do (300)")
    parser.add_argument("--hand-in", help="on a real Moodle: a command that lets {user} pass")
    parser.add_argument("--port", type=int, default=18750, help="where the daemon answers on the campus (18750)")
    wanted = parser.parse_args()
    live = os.environ.get("LATSAR_LIVE_CONFIG")
    if live and not wanted.hand_in:
        raise SystemExit("On a real Moodle --hand-in must say how somebody passes.")
    with real_moodle(Path(live), wanted.hand_in) if live else campus(wanted.port) as (config, hand_in):
        settings = load_settings(config, os.environ)
        if not all(each.schedule for each in settings.programmes):
            raise SystemExit(f'{config}: give the programme schedule = "* * * * *".')
        seconds = measure(config, settings, hand_in, wanted.times, wanted.within)
    print(  # noqa: T201
        f"{len(seconds)} times from handing in to a confirmed seat: median {median(seconds):.1f} s, "
        f"worst {max(seconds):.1f} s, best {min(seconds):.1f} s"
    )


@contextmanager
def real_moodle(config: Path, command: str) -> Iterator[tuple[Path, Callable[[Any], object]]]:
    """Give a configuration as it is, and the command by which somebody hands in."""

    def hand_in(row: Any) -> None:
        words = [each.format(user=f"id:{row['source_user_id']}") for each in shlex.split(command)]
        subprocess.run(words, check=True, capture_output=True)

    yield config, hand_in


@contextmanager
def campus(port: int) -> Iterator[tuple[Path, Callable[[Any], object]]]:
    """Give a configuration for a campus that answers as slowly as a real Moodle, and how somebody hands in there."""
    os.environ |= {"LATSAR_MOOC_TOKEN": MOOC_TOKEN, "LATSAR_KELAS_TOKEN": KELAS_TOKEN}
    with Campus(seed=partial(seed_large, participants=PEOPLE, groups=GROUPS)) as there, TemporaryDirectory() as folder:
        there.mooc.accounts[MOOC_TOKEN].functions |= GROUP_FUNCTIONS
        there.latency = Latency(2)
        config = Path(folder, "latsar.toml")
        text = CONFIG.format(folder=folder, port=port, mooc=there.mooc.url, kelas=there.kelas.url)
        config.write_text(text + "".join(ANGKATAN.format(name=name) for name in range(1, GROUPS + 1)), encoding="utf-8")
        evaluation = there.mooc.module_named("EVAL-AKADEMIK").cmid
        yield config, lambda row: there.mooc.add_attempt(row["source_user_id"], evaluation, Decimal(9))


def measure(
    config: Path, settings: Settings, hand_in: Callable[[Any], object], times: int, within: float
) -> list[float]:
    """Let a daemon work, and return the seconds from each hand-in to its confirmed seat."""
    command = [str(Path(sys.executable).with_name("latsar-sync")), "--config", str(config)]
    subprocess.run([*command, "sync"], check=True, capture_output=True)
    database = Database(settings.database_url)
    with database.reading() as connection:
        people = listings.participant_rows(connection, [each.id for each in settings.programmes])
    waiting = who_could_get_a_seat(people)
    if len(waiting) < times:
        raise SystemExit(f"Only {len(waiting)} people lack nothing but the score; {times} are needed.")

    def seated(who: Collection[str]) -> set[str]:
        column = roster_entries.c.participant_id
        there = select(column).where(column.in_(who), roster_entries.c.state == EntryState.CONFIRMED)
        with database.reading() as connection:
            return set(connection.execute(there).scalars())

    moments = sorted(random.uniform(0, within) for _ in range(times))
    with subprocess.Popen([*command, "run"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as daemon:
        try:
            return watch(random.sample(waiting, times), moments, hand_in, seated, lambda: daemon.poll() is None)
        finally:
            daemon.terminate()
            database.close()


def who_could_get_a_seat(people: Sequence[Any]) -> list[Any]:
    """Return those who lack nothing but the score, and were never placed: whom a manager removed is not put back."""
    lacking = [row for row in people if {code for code, _ in row["reasons"] or ()} == {"score_below_threshold"}]
    return [row for row in lacking if row["state"] is None]


def watch(
    people: Sequence[Any],
    moments: Sequence[float],
    hand_in: Callable[[Any], object],
    seated: Callable[[Collection[str]], set[str]],
    alive: Callable[[], bool],
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> list[float]:
    """Let each of the people hand in at their moment, in seconds from now; return how long each waits for the seat.

    Raise SystemExit where a seat does not come, or the daemon is not alive any more.
    """
    began, to_come, handed_in = clock(), list(zip(moments, people, strict=True)), dict[str, float]()
    seconds: list[float] = []
    while to_come or handed_in:
        if to_come and clock() - began >= to_come[0][0]:
            _, row = to_come.pop(0)
            hand_in(row)
            handed_in[row["participant_id"]] = clock()
        for who in sorted(seated(handed_in), key=handed_in.__getitem__) if handed_in else ():
            seconds.append(clock() - handed_in.pop(who))
            print(f"  {seconds[-1]:.1f} s", file=sys.stderr, flush=True)  # noqa: T201
        longest = max((clock() - at for at in handed_in.values()), default=0.0)
        if longest > LATE or not alive():
            raise SystemExit(f"No seat after {longest:.0f} s.")
        pause(LOOK_EVERY)
    return seconds


if __name__ == "__main__":
    main()
