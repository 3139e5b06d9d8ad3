"""The campus as a process of its own, so that its work does not slow what is measured.

Prints one line of JSON with the sites' addresses, then one per line that it reads: ``change`` lets one person who had
failed pass the evaluation and tells the NIP; the end of its input ends it.
"""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from functools import partial

from latsar_sync.demo import Campus, seed_large
from latsar_sync.demo.latency import Latency
from latsar_sync.demo.records import Report
from latsar_sync.demo.seed import MOOC_COURSE
from latsar_sync.demo.seed_large import seed_national

PEOPLE_A_GROUP = 50
REPORT = 7
"""The number of the report that an admin has made of the people of the MOOC."""
REPORT_FUNCTIONS = {
    "core_reportbuilder_retrieve_report",
    "core_user_get_course_user_profiles",
    "core_user_get_users_by_field",
}


def main() -> None:
    """Seed so many people, so many of them ours, with a report or without, and serve until nobody asks any more."""
    people, ours, cores, with_report = map(int, sys.argv[1:])
    if ours < people:
        seed = partial(seed_national, people=people, ours=ours)
    else:
        seed = partial(seed_large, participants=people, groups=max(1, people // PEOPLE_A_GROUP))
    with Campus(seed=seed) as campus:
        leave_material_open(campus, ours // 10)
        if with_report:
            make_a_report(campus)
        campus.latency = Latency(cores) if cores else None
        print(json.dumps({"mooc": campus.mooc.url, "kelas": campus.kelas.url}), flush=True)  # noqa: T201
        for _line in sys.stdin:
            print(json.dumps({"nip": let_one_pass(campus)}), flush=True)  # noqa: T201


def make_a_report(campus: Campus) -> None:
    """Let there be a report of the MOOC's people, and what reads it in the service."""
    course = campus.mooc.course(MOOC_COURSE)
    campus.mooc.reports[REPORT] = Report(REPORT, course.id, newest_first=True)
    campus.mooc.accounts[campus.mooc.token].functions |= REPORT_FUNCTIONS


def leave_material_open(campus: Campus, people: int) -> None:
    """Take one page from so many people: whoever of them passed lacks only material, and is asked in turn."""
    page = next(module for module in campus.mooc.course(MOOC_COURSE).modules if module.modname == "page")
    for user_id in list(page.completions)[:people]:
        del page.completions[user_id]


def let_one_pass(campus: Campus) -> str:
    """Let the first who had failed take the evaluation once more and pass; return the NIP."""
    site = campus.mooc
    module = site.module_named("EVAL-AKADEMIK")
    assert module.quiz is not None
    for user_id in site.course(MOOC_COURSE).enrolments:
        grade = module.quiz.grades.get(user_id)
        if grade is not None and grade.final is not None and grade.final < Decimal(70):
            site.add_attempt(user_id, module.cmid, Decimal(9))
            return site.users[user_id].idnumber
    raise SystemExit("nobody had failed")


if __name__ == "__main__":
    main()
