"""Measures a first run that fills in-class courses, of few people and of many, on the campus as a process.

    scripts/bench-pushes --people 1000 10000

Six in ten have passed; each is enrolled into the course of their angkatan, one for fifty people, put into its group,
and read back. Then comes a run in which nothing has changed, and one about somebody who just passed and gets a seat.
Each run is a process of its own; its seconds of processor time are those of the run, without the start of Python, and
so are the microseconds of each person of the programme. The campus answers at once.
"""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import HERE, campus, campus_configuration, run_product
from campus_process import PEOPLE_A_GROUP

FIRST, ONE = "everybody sent", "one who just passed"
HEADING = f"{'people':>8} {'run':20}{'requests':>9}{'confirmed':>10}{'own s':>8}{'us each':>8}{'peak MB':>8}"


def main() -> None:
    """Measure the runs of each size and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="+", default=[1_000, 10_000], help="people of the course, all ours")
    wanted = parser.parse_args()
    print(HEADING, flush=True)  # noqa: T201
    for people in wanted.people:
        seeded = argparse.Namespace(people=people, national=False, cores=0, report=True)
        with TemporaryDirectory() as folder, campus(seeded) as (mooc, kelas, change, _pid):
            temporary = Path(folder)
            config = configuration(temporary, mooc, kelas, max(1, people // PEOPLE_A_GROUP))
            for what in (FIRST, "nothing changed", ONE):
                nip = [change() for _ in range(people // 30)][-1] if what == ONE else None  # the first lack material
                database, full = temporary / "latsar.db", what == FIRST
                told = run_product("now", sys.executable, HERE.parents[1], config, database, full, nip, sends=True)
                line = f"{people:>8} {what:20}{told['requests']:>9}{told['confirmed']:>10}{told['own']:>8.2f}"
                print(f"{line}{told['own'] * 1e6 / people:>8.0f}{told['peak_mb']:>8}", flush=True)  # noqa: T201


def configuration(folder: Path, mooc: str, kelas: str, groups: int) -> Path:
    """Return a configuration for the campus as it is seeded, in which each angkatan has its in-class course."""
    file = campus_configuration(folder, mooc, kelas, groups, by_group=True)
    text = file.read_text(encoding="utf-8").replace('id = "bench"\n', 'id = "bench"\npush = "auto"\n')
    for number in range(1, groups + 1):
        alone = f'id = "{number}"\n'
        text = text.replace(alone, f'{alone}site = "kelas"\ncourse = "KLS-{number}"\nrole_id = 5\n')
    file.write_text(f"{text}[programmes.guards]\nmax_push = 1000000\nmax_push_share = 1.0\n", encoding="utf-8")
    return file


if __name__ == "__main__":
    main()
