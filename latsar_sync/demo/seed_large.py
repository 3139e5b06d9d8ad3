"""Fills the campus with so many people as load tests need."""

from __future__ import annotations

import random
from decimal import Decimal

from latsar_sync.demo import rights
from latsar_sync.demo.names import draw_identity
from latsar_sync.demo.records import VISIBLE_GROUPS
from latsar_sync.demo.seed import DAY, MOOC_COURSE, add_identity, add_mooc_course, study
from latsar_sync.demo.world import Site


def seed_large(mooc: Site, kelas: Site, now: int, participants: int = 2000, groups: int = 40) -> None:
    """Fill both sites with many ordinary people: six in ten passed, two failed, two have not finished.

    Groups are `Angkatan 1` and so on, in-class courses `KLS-1` and so on. Use functools.partial to set the size.
    """
    chance = random.Random(participants)
    course = add_mooc_course(mooc, now)
    source_groups = [mooc.add_group(MOOC_COURSE, f"Angkatan {number}") for number in range(1, groups + 1)]
    pages = [m for m in course.modules if m.modname == "page" and m.visible]
    evaluation = mooc.module_named("EVAL-AKADEMIK")
    practice = [m for m in course.modules if m.quiz is not None and m is not evaluation]
    for number in range(groups):
        kelas.add_course(f"KLS-{number + 1}", f"Klasikal Angkatan {number + 1}", VISIBLE_GROUPS, now)
    for number in range(participants):
        # A three-digit sequence would repeat within 20,000 people, so the month of appointment moves on.
        identity = draw_identity(chance, number, f"20{24 - number // 11988 % 10:02d}{number // 999 % 12 + 1:02d}")
        user = add_identity(mooc, identity, identity.nip)
        add_identity(kelas, identity, identity.nip)
        mooc.enrol(MOOC_COURSE, user.id)
        source_groups[number % groups].members[user.id] = now
        luck = chance.random()
        when = now - chance.randint(5, 40) * DAY
        study(mooc, user.id, pages if luck < 0.8 else pages[:4], practice if luck < 0.8 else [], when)
        if luck < 0.8:
            points = chance.randint(71, 98) if luck < 0.6 else chance.randint(30, 69)
            mooc.set_grade(user.id, evaluation.cmid, Decimal(points), when=when + DAY)
    mooc.run_cron()
    mooc.token, kelas.token = rights.MOOC_TOKEN, rights.KELAS_TOKEN
    mooc.add_account(mooc.token, "svc-latsar", "Sinkronisasi", rights.SOURCE_CAPABILITIES, rights.SOURCE_FUNCTIONS)
    kelas.add_account(kelas.token, "svc-kelas", "Sinkronisasi", rights.TARGET_CAPABILITIES, rights.TARGET_FUNCTIONS)


def seed_national(mooc: Site, kelas: Site, now: int, people: int = 50_000, ours: int = 160, groups: int = 4) -> None:
    """Fill both sites as ``seed_large`` does with ``ours``, in groups of their own, and the course with strangers.

    Of the strangers there are accounts, enrolments, groups of forty and every second one's grade.
    """
    seed_large(mooc, kelas, now, ours, groups)
    mooc.accounts[rights.MOOC_TOKEN].functions |= rights.GROUP_FUNCTIONS
    chance, evaluation = random.Random(people), mooc.module_named("EVAL-AKADEMIK").cmid
    elsewhere = [mooc.add_group(MOOC_COURSE, f"Kelompok {number}") for number in range(max(1, (people - ours) // 40))]
    for number in range(ours, people):
        identity = draw_identity(chance, number, f"20{14 + number // 11988 % 10:02d}{number // 999 % 12 + 1:02d}")
        user = add_identity(mooc, identity, identity.nip)
        mooc.enrol(MOOC_COURSE, user.id)
        elsewhere[number % len(elsewhere)].members[user.id] = now
        if number % 2:
            mooc.set_grade(user.id, evaluation, Decimal(chance.randint(40, 98)), when=now - DAY)
