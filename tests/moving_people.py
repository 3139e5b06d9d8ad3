"""Whom tests move between angkatan, and what is shown of them: on the roster, at the commands, in Moodle."""

import json
from decimal import Decimal
from typing import Any

from service import Command, Service

from latsar_sync.demo import CASES, Campus

ANI, BUDI = (str(CASES["passed"][number]) for number in (2, 4))
"""Two people of angkatan I."""
MISSED = str(CASES["score_69_99999"][0])
EVALUATION = "EVAL-AKADEMIK"


def move(command: Command, service: Service, nip: str, to: str, *more: str) -> tuple[int, str, str]:
    return command(service, "roster", "move", nip, "--to", to, "--reason", "Cuti", "--by", "Ratna", *more)


def admit(command: Command, service: Service, nip: str, by: str = "Ratna") -> int:
    return command(service, "override", "admit", nip, "--reason", "BA 12", "--by", by)[0]


def line(service: Service, nip: str) -> tuple[str | None, str | None, str | None]:
    """Return somebody's state, angkatan and reason on the roster."""
    row = service.roster().get(nip)
    return (row["state"], row["angkatan"], row["roster_reason"]) if row else (None, None, None)


def shown(command: Command, service: Service, nip: str, *more: str) -> dict[str, Any]:
    """Return somebody's line of ``roster --json``."""
    lines = json.loads(command(service, "roster", "--json", *more)[1])
    return next(each for each in lines if each["nip"] == nip)


def enrolled(campus: Campus, nip: str) -> set[str]:
    user_id = campus.kelas.user_id(nip)
    return {name for name in ("I", "II", "III") if user_id in campus.kelas.course(f"KLS-{name}").enrolments}


def fail_the_evaluation(campus: Campus, nip: str) -> None:
    cmid = campus.mooc.module_named(EVALUATION).cmid
    campus.mooc.set_grade(campus.mooc.user_id(nip), cmid, Decimal(50))
