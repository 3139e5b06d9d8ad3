"""The people of the demo programme: which kinds of case there are, and who is one."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from latsar_sync.demo.names import Identity, draw_identity

ALL_PAGES: Final = 9

# The first accounts of the source site are its administrator (2), then the participants in order.
FIRST_SOURCE_ID: Final = 3


@dataclass(frozen=True)
class Case:
    """One kind of person. `text` says what is special; `qualified` is None where the answer is undetermined.

    `attempts` are evaluation results in points, the last one counts; `pages` of 9 were read, `practice` of 3 done.
    """

    name: str
    text: str
    qualified: bool | None
    where: tuple[str, ...]
    attempts: tuple[str, ...] = ()
    pages: int = ALL_PAGES
    practice: int = 3
    override: str | None = None
    target_accounts: int = 1


@dataclass(frozen=True)
class SeedPerson:
    """One participant. `groups` are the angkatan in the MOOC; `idnumber` is what the LMS holds as NIP."""

    number: int
    case: Case
    identity: Identity
    idnumber: str
    groups: tuple[str, ...]
    attempts: tuple[Decimal, ...] = field(default=())

    @property
    def source_id(self) -> int:
        """The user id on the source site."""
        return FIRST_SOURCE_ID + self.number


_P: Final = ("82",)
_ONE, _TWO, _THREE = "I", "II", "III"

CASE_TABLE: Final[tuple[Case, ...]] = (
    Case(
        "passed", "studied everything and passed; points are drawn", True, (_ONE,) * 17 + (_TWO,) * 17 + (_THREE,) * 27
    ),
    Case("score_69_99", "one hundredth below the limit", False, (_ONE, _TWO), ("69.99",)),
    Case("score_exactly_70", "exactly at the limit", True, (_ONE, _THREE), ("70",)),
    Case("score_69_99999", "one unit of Moodle's last decimal below the limit", False, (_ONE,), ("69.99999",)),
    Case("score_69_996", "shows as 70.00 and is below the limit", False, (_TWO,), ("69.996",)),
    Case("override_up", "quiz says 55, a teacher wrote 85", True, (_THREE,), ("55",), override="85"),
    Case("override_down", "quiz says 80, a teacher wrote 60", False, (_ONE,), ("80",), override="60"),
    Case(
        "evaluation_failed",
        "materials done, evaluation in state 3",
        False,
        (_ONE,) * 3 + (_TWO,) * 3 + (_THREE,) * 3,
        ("52", "61"),
    ),
    Case("practice_failed", "a practice quiz in state 3, evaluation passed", False, (_TWO,), _P),
    Case("page_missing", "passed, but pages were not read", False, (_ONE, _ONE, _TWO, _THREE, _THREE), _P, pages=7),
    Case("nothing_done", "never started", False, (_ONE, _TWO, _TWO, _THREE, _THREE, _THREE), pages=0, practice=0),
    Case(
        "in_progress",
        "half way, no evaluation yet",
        False,
        (_ONE,) * 2 + (_TWO,) * 3 + (_THREE,) * 4,
        pages=5,
        practice=1,
    ),
    Case("score_zero", "evaluation with 0: a grade, not none", False, (_TWO,), ("0",)),
    Case("attempt_in_progress", "only an unfinished attempt", False, (_ONE, _THREE)),
    Case("best_attempt_earlier", "first attempt 78, last 62: the quiz counts the last", False, (_TWO,), ("78", "62")),
    Case("nip_missing", "no NIP in the source account", None, (_ONE,), _P, target_accounts=0),
    Case("nip_malformed", "a 16-digit NIK stands where the NIP should", None, (_TWO,), _P),
    Case("nip_shared", "two source accounts with one NIP", None, (_ONE, _TWO), _P),
    Case("no_target_account", "qualified, no account on the target", True, (_ONE,), _P, target_accounts=0),
    Case("two_target_accounts", "qualified, two accounts on the target", True, (_TWO,), _P, target_accounts=2),
    Case("target_suspended", "qualified, account on the target suspended", True, (_ONE,), _P),
    Case("already_enrolled", "in the in-class course by hand, in no group", True, (_ONE, _TWO), _P),
    Case("already_in_group", "in the in-class course by hand and in the group", True, (_ONE, _ONE), _P),
    Case("already_suspended", "in the in-class course by hand, enrolment suspended", True, (_ONE,), _P),
    Case("already_own_dates", "in the in-class course by hand, with a start and an end", True, (_TWO,), _P),
    Case("no_angkatan", "qualified, in no angkatan group", True, ("",), _P),
    Case("two_angkatan", "qualified, in two angkatan groups", True, ("I+II",), _P),
    Case("mooc_suspended", "passed, MOOC enrolment suspended", None, (_TWO,), _P),
    Case("mooc_unenrolled", "passed, then taken out of the MOOC", None, (_ONE,), _P),
    Case("name_ampersand", "a name with &", True, (_ONE,), _P),
    Case("name_apostrophe", "a name with an apostrophe", True, (_TWO,), _P),
    Case("name_multibyte", "a name beyond ASCII", True, (_THREE,), _P),
)

_SPECIAL_NAMES: Final = {
    "name_ampersand": ("Ratna & Dewi", "Lestari, S.Kom."),
    "name_apostrophe": ("Nur'aini", "D'Souza, S.T."),
    "name_multibyte": ("Désirée Zoë", "Müller-Sitompul, S.Si."),
}


def people() -> list[SeedPerson]:
    """All participants of the demo programme, always the same ones."""
    chance = random.Random(2026)
    wanted = [(case, where) for case in CASE_TABLE for where in case.where]
    chance.shuffle(wanted)
    result: list[SeedPerson] = []
    for number, (case, where) in enumerate(wanted):
        identity = draw_identity(chance, number)
        if case.name in _SPECIAL_NAMES:
            first, last = _SPECIAL_NAMES[case.name]
            identity = replace(identity, firstname=first, lastname=last)
        groups = tuple(f"Angkatan {part}" for part in where.split("+") if part)
        attempts = tuple(Decimal(points) for points in case.attempts)
        if case.name == "passed":
            attempts = _drawn_attempts(chance)
        result.append(SeedPerson(number, case, identity, _idnumber(case, identity, result), groups, attempts))
    return result


def _drawn_attempts(chance: random.Random) -> tuple[Decimal, ...]:
    passing = Decimal(chance.randint(71, 98))
    return (Decimal(chance.randint(40, 68)), passing) if chance.random() < 0.3 else (passing,)


def _idnumber(case: Case, identity: Identity, earlier: list[SeedPerson]) -> str:
    if case.name == "nip_missing":
        return ""
    if case.name == "nip_malformed":
        return identity.nip[:16]
    if case.name == "nip_shared":
        return next((person.idnumber for person in earlier if person.case is case), identity.nip)
    return identity.nip


FOREIGN_STUDENT: Final = draw_identity(random.Random(7), 900)

# By case name: NIPs; source user ids (numbers) where a NIP does not name exactly one source account.
# `foreign_student` is a student of KLS-I who is not in the MOOC; `mooc_teacher` the teachers of the MOOC.
CASES: Final[dict[str, list[str | int]]] = {
    case.name: [
        person.source_id if case.name in ("nip_missing", "nip_shared") else person.idnumber
        for person in people()
        if person.case == case
    ]
    for case in CASE_TABLE
}
CASES["foreign_student"] = [FOREIGN_STUDENT.nip]
CASES["mooc_teacher"] = [FIRST_SOURCE_ID + len(people()) + position for position in (0, 1)]
