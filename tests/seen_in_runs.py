"""What tests of whole runs write into a configuration, and what they look at: the courses, the roster."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from service import PROGRAMME, Service

from latsar_sync.demo import CASES, Campus
from latsar_sync.store.entries import load_entries, save_entries

EVALUATION = "EVAL-AKADEMIK"
MOOC = "MOOC-LATSAR"
WRITES = ("core_group_create_groups", "enrol_manual_enrol_users", "core_group_add_group_members")


def angkatan(name: str, more: str = "", course: str | None = None, source_group: str | None = None) -> str:
    """Return one angkatan's table as TOML; the course is ``KLS-{name}`` unless named."""
    group = f'source_group = "{source_group or f"Angkatan {name}"}"'
    place = f'site = "kelas"\ncourse = "{course or f"KLS-{name}"}"\nrole_id = 5'
    return f'\n[[programmes.angkatan]]\nid = "{name}"\n{group}\n{place}\n{more}\n'


def threshold(value: str, scale: str = "points") -> str:
    """Return the evaluation's table as TOML."""
    return f'item = "{EVALUATION}"\nthreshold = {{ value = {value}, scale = "{scale}", legal_basis = "Uji" }}'


def nip_of(case: str, number: int = 0) -> str:
    """Return the NIP of a case's person."""
    return str(CASES[case][number])


def in_group(campus: Campus, course: str, group: str) -> set[str]:
    """Return the NIPs of a group's members in an in-class course."""
    return {campus.kelas.users[user_id].idnumber for user_id in campus.kelas.group(course, group).members}


def enrolled(campus: Campus, course: str) -> set[str]:
    """Return the NIPs of everybody enrolled in an in-class course."""
    return {campus.kelas.users[user_id].idnumber for user_id in campus.kelas.course(course).enrolments} - {""}


def states(service: Service) -> Counter[str]:
    """Count the roster entries by state."""
    return Counter(row["state"] for row in service.roster().values())


def placed(service: Service, state: str) -> dict[str, Mapping[str, Any]]:
    """Return the roster entries of one state by NIP."""
    return {nip: row for nip, row in service.roster().items() if row["state"] == state}


def codes(row: Mapping[str, Any]) -> list[str]:
    """Return the reason codes of a participant's row."""
    return [code for code, _ in row["reasons"]]


def approve(service: Service, by: str, only: str | None = None) -> None:
    """Approve planned entries as ``roster approve`` does."""
    with service.database.writing() as connection:
        entries = load_entries(connection, PROGRAMME)
        waiting = [
            entry._replace(approved_by=by, reason=None)
            for entry in entries.values()
            if entry.reason == "awaiting_approval" and only in (None, entry.angkatan)
        ]
        save_entries(connection, PROGRAMME, entries, waiting, datetime.now(UTC), None, by)


def line(service: Service, nip: str) -> tuple[str, str | None]:
    """Return where somebody stands on the roster, and why."""
    row = service.roster()[nip]
    return row["state"], row["roster_reason"]


def is_in_class(campus: Campus, nip: str, course: str = "KLS-I") -> bool:
    """Whether somebody is enrolled in an in-class course."""
    return campus.kelas.user_id(nip) in campus.kelas.course(course).enrolments


def let_pass(campus: Campus, nip: str) -> None:
    """Let somebody who has studied everything reach the limit."""
    cmid = campus.mooc.module_named(EVALUATION).cmid
    campus.mooc.set_grade(campus.mooc.user_id(nip), cmid, Decimal(90))


def writes_in(campus: Campus) -> int:
    """Count the writes that the campus was asked for."""
    return sum(entry.function in WRITES for entry in campus.log)
