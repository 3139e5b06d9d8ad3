"""Measures incremental runs by a report of a large course of our people alone, and runs about one of them, on the
campus as a process.

    scripts/bench-incremental --people 50000

Each run is a process of its own; its seconds of processor time are those of the run, without the start of Python. The
campus answers at once, and the in-class courses are left out. All answers of a run are kept to be counted: the peak of
memory of the first run is theirs.
"""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import HERE, campus, campus_configuration, run_product
from campus_process import REPORT

ONE = "one person, who just passed"
HEADING = f"{'run':30}{'requests':>9}{'own s':>9}{'peak MB':>9}"


def main() -> None:
    """Measure a first run, incremental ones and some about one person, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=50_000, help="people of the course, all of them ours")
    parser.add_argument("--changed", type=int, default=3, help="people who pass before the runs that find somebody")
    parser.add_argument("--repeat", type=int, default=2, help="incremental runs of each kind")
    wanted = parser.parse_args()
    wanted.national, wanted.cores, wanted.report = False, 0, True
    print(HEADING, flush=True)  # noqa: T201
    with TemporaryDirectory() as temporary, campus(wanted) as (mooc, kelas, change, _pid):
        config = campus_configuration(Path(temporary), mooc, kelas, max(1, wanted.people // 50), by_group=False)
        text = config.read_text(encoding="utf-8")
        config.write_text(text.replace('course = "MOOC-LATSAR" }', f'course = "MOOC-LATSAR", report = {REPORT} }}'))
        kinds = [("everybody new", 0), *[("nothing changed", 0)] * wanted.repeat]
        kinds += [(f"{wanted.changed} changed", wanted.changed)] * wanted.repeat
        kinds += [(ONE, 1)] * wanted.repeat
        for what, changed in kinds:
            passed = [change() for _ in range(changed)]
            database, full = Path(temporary, "latsar.db"), what == "everybody new"
            nip = passed[0] if what == ONE else None
            told = run_product("now", sys.executable, HERE.parents[1], config, database, full, nip)
            line = f"{what:30}{told['requests']:>9}{told['own']:>9.2f}{told['peak_mb']:>9}"
            print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
