"""Fills the campus: a believable programme with every kind of case, and larger ones for load tests."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Final

from latsar_sync.demo import rights
from latsar_sync.demo.cases import CASES, FOREIGN_STUDENT, SeedPerson, people
from latsar_sync.demo.names import Identity
from latsar_sync.demo.reached import LAST, Completion, Quiz
from latsar_sync.demo.records import (
    COMPLETE,
    COMPLETE_FAIL,
    SEPARATE_GROUPS,
    TRACKING_AUTOMATIC,
    VISIBLE_GROUPS,
    Course,
    Module,
    User,
)
from latsar_sync.demo.world import Site

__all__ = ["CASES", "MOOC_COURSE", "seed_programme", "seed_single_site"]

MOOC_COURSE: Final = "MOOC-LATSAR"
ANGKATAN: Final = ("I", "II", "III")

DAY: Final = 86400
_PAGES: Final = (
    "Modul 1: Sikap Perilaku Bela Negara",
    "Modul 2: Berorientasi Pelayanan",
    "Modul 3: Akuntabel",
    "Modul 4: Kompeten",
    "Modul 5: Harmonis",
    "Modul 6: Loyal",
    "Modul 7: Adaptif",
    "Modul 8: Kolaboratif",
    "Modul 9: Manajemen ASN & SMART ASN",
)
_TEACHERS: Final = (
    ("Drs. Sutrisno", "Hadi, M.Pd."),
    ("Dr. Ratna", "Widyaningsih, M.Si."),
    ("Ir. Bonar", "Simatupang, M.T."),
    ("Dra. Ni Luh", "Suartini, M.M."),
    ("H. Abdul", "Rahman, M.A.P."),
    ("Yuliana", "Rumbiak, M.Pd."),
    ("Dr. Tjokorda", "Raka, M.Si."),
    ("Hj. Siti", "Aminah, M.Kes."),
)


def seed_programme(mooc: Site, kelas: Site, now: int) -> None:
    """Fill both sites with "Latsar CPNS Golongan III 2026" as of `now`; same `now`, same programme."""
    participants = people()
    _add_mooc(mooc, participants, now)
    mooc.token = rights.MOOC_TOKEN
    mooc.add_account(
        mooc.token, "svc-latsar", "Sinkronisasi Latsar", rights.SOURCE_CAPABILITIES, rights.SOURCE_FUNCTIONS
    )
    accounts = _add_target_accounts(kelas, participants)
    _add_in_class_courses(kelas, participants, accounts, now)
    kelas.token = rights.KELAS_TOKEN
    kelas.add_account(
        kelas.token, "svc-kelas", "Sinkronisasi Kelas", rights.TARGET_CAPABILITIES, rights.TARGET_FUNCTIONS
    )


def seed_single_site(mooc: Site, kelas: Site, now: int) -> None:
    """Put MOOC and in-class courses on `/mooc` alone, under one token; `/kelas` stays empty.

    Cases about missing or doubled accounts on the target do not exist here: everybody has the one account.
    """
    participants = people()
    _add_mooc(mooc, participants, now)
    accounts = {person.number: mooc.users[person.source_id] for person in participants}
    _add_in_class_courses(mooc, participants, accounts, now)
    mooc.token = kelas.token = rights.MOOC_TOKEN
    capabilities = rights.SOURCE_CAPABILITIES | rights.TARGET_CAPABILITIES
    functions = rights.SOURCE_FUNCTIONS | rights.TARGET_FUNCTIONS
    mooc.add_account(mooc.token, "svc-latsar", "Sinkronisasi Latsar", capabilities, functions)


def add_identity(site: Site, identity: Identity, idnumber: str, username: str = "") -> User:
    """Add the account of a made-up person."""
    return site.add_user(
        identity.firstname,
        identity.lastname,
        idnumber,
        username,
        identity.institution,
        identity.department,
        identity.city,
    )


def add_mooc_course(site: Site, now: int) -> Course:
    """Add the MOOC course with its pages, practice and evaluation."""
    site.add_user("Admin", "LMS", username="admin")
    course = site.add_course(MOOC_COURSE, "Pelatihan Mandiri MOOC Latsar", SEPARATE_GROUPS, now - 60 * DAY)
    course.summary = "Pelatihan mandiri (MOOC) bagi peserta Latsar CPNS."
    course.sections = ["General", "Agenda 1", "Agenda 2", "Agenda 3", "Agenda 4", "Evaluasi"]
    for number, name in enumerate(_PAGES):
        _add_page(site, name, 1 + number // 3)
    for number in (1, 2, 3):
        quiz = Quiz(Decimal(10), Decimal(3))
        attempted, name = ("completionminattempts",), f"Latihan Agenda {number}"
        site.add_module(MOOC_COURSE, "quiz", name, number, f"LATIHAN-{number}", TRACKING_AUTOMATIC, attempted, quiz)
    evaluation = Quiz(Decimal(100), Decimal(10), Decimal(70), LAST, weight=1)
    passed = ("completionusegrade", "completionpassgrade")
    site.add_module(
        MOOC_COURSE, "quiz", "Evaluasi Akademik", 5, "EVAL-AKADEMIK", TRACKING_AUTOMATIC, passed, evaluation
    )
    site.add_module(MOOC_COURSE, "forum", "Pengumuman", 0)
    draft = _add_page(site, "Modul 10 (draf): Peluang Perubahan", 4)
    site.hide_module(draft.cmid)
    return course


def _add_page(site: Site, name: str, section: int) -> Module:
    return site.add_module(MOOC_COURSE, "page", name, section, "", TRACKING_AUTOMATIC, ("completionview",))


def _add_mooc(site: Site, participants: list[SeedPerson], now: int) -> None:
    course = add_mooc_course(site, now)
    for person in participants:
        username = person.identity.nip if person.idnumber != person.identity.nip else ""
        user = add_identity(site, person.identity, person.idnumber, username)
        site.enrol(MOOC_COURSE, user.id)
    for name in ANGKATAN:
        group = f"Angkatan {name}"
        site.add_group(MOOC_COURSE, group, members=[p.source_id for p in participants if group in p.groups])
    chance = random.Random(99)
    for person in participants:
        _add_results(site, course, person, now - chance.randint(10 * DAY, 40 * DAY))
    for teacher, role in zip(_TEACHERS[:2], ("editingteacher", "teacher"), strict=True):
        user = site.add_user(*teacher, username=f"pengampu{len(site.users)}")
        site.enrol(MOOC_COURSE, user.id, role=role)
    site.run_cron()


def _add_results(site: Site, course: Course, person: SeedPerson, when: int) -> None:
    pages = [m for m in course.modules if m.modname == "page" and m.visible]
    practice = [m for m in course.modules if m.idnumber.startswith("LATIHAN")]
    evaluation = site.module_named("EVAL-AKADEMIK").cmid
    case = person.case
    study(site, person.source_id, pages[: case.pages], practice[: case.practice], when)
    if case.name == "practice_failed":
        site.set_completion(person.source_id, practice[1].cmid, COMPLETE_FAIL, when)
    if case.name == "attempt_in_progress":
        site.add_attempt(person.source_id, evaluation, None, "inprogress", when + DAY)
    for number, points in enumerate(person.attempts, start=1):
        site.add_attempt(person.source_id, evaluation, points / 10, when=when + number * DAY)
    if case.override is not None:
        site.set_grade(person.source_id, evaluation, Decimal(case.override), overridden=True, when=when + 4 * DAY)
    if case.pages:
        course.lastaccess[person.source_id] = site.users[person.source_id].lastaccess = (
            when + len(person.attempts) * DAY
        )
    if case.name == "mooc_suspended":
        site.suspend_enrolment(MOOC_COURSE, person.source_id)
    if case.name == "mooc_unenrolled":
        site.unenrol(MOOC_COURSE, person.source_id)


def study(site: Site, user_id: int, pages: list[Module], practice: list[Module], when: int) -> None:
    """Let somebody complete pages and practice."""
    for number, module in enumerate(pages):
        module.completions[user_id] = Completion(COMPLETE, when + number * 600)
    for number, module in enumerate(practice):
        site.add_attempt(user_id, module.cmid, Decimal(1 + user_id % 3), when=when + 7200 + number * 600)


def _add_target_accounts(site: Site, participants: list[SeedPerson]) -> dict[int, User]:
    """Accounts in another order than on the source, so that ids do not match; returns them by person number."""
    site.add_user("Admin", "LMS", username="admin")
    accounts: dict[int, User] = {}
    shuffled = list(participants)
    random.Random(5).shuffle(shuffled)
    for person in shuffled:
        if person.case.target_accounts == 0 or site.user_ids(person.idnumber):
            continue
        accounts[person.number] = add_identity(site, person.identity, person.idnumber)
        if person.case.target_accounts == 2:
            add_identity(site, person.identity, person.idnumber, f"{person.idnumber}.lama")
        if person.case.name == "target_suspended":
            site.suspend_user(accounts[person.number].id)
    return accounts


def _add_in_class_courses(site: Site, participants: list[SeedPerson], accounts: dict[int, User], now: int) -> None:
    for number, name in enumerate(ANGKATAN):
        shortname = f"KLS-{name}"
        site.add_course(shortname, f"Klasikal Angkatan {name}", VISIBLE_GROUPS, now + 14 * DAY)
        for teacher, role in zip(_TEACHERS[2 + 2 * number :], ("editingteacher", "teacher"), strict=False):
            user = site.add_user(*teacher, username=f"widyaiswara{len(site.users)}")
            site.enrol(shortname, user.id, role=role)
    site.add_group("KLS-I", "Angkatan I")
    for person in participants:
        if not person.case.name.startswith("already_"):
            continue
        user_id, shortname = accounts[person.number].id, f"KLS-{person.groups[0].split()[1]}"
        if person.case.name == "already_own_dates":
            site.enrol(shortname, user_id, timestart=now - 5 * DAY, timeend=now + 60 * DAY)
        else:
            site.enrol(shortname, user_id, suspended=person.case.name == "already_suspended")
        if person.case.name == "already_in_group":
            site.add_member("KLS-I", "Angkatan I", user_id)
    foreign = add_identity(site, FOREIGN_STUDENT, FOREIGN_STUDENT.nip)
    site.enrol("KLS-I", foreign.id)
    site.add_member("KLS-I", "Angkatan I", foreign.id)
