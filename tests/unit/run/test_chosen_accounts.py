"""The account that a person chose counts on its own site alone: that number elsewhere is somebody else (rule 19)."""

from datetime import date

from latsar_sync.domain.actions import Actions
from latsar_sync.domain.decision import Outcome, Standing
from latsar_sync.domain.entry import ACCOUNT_MISSING, Entry, EntryState, Origin
from latsar_sync.domain.in_class import AccountInClass, Angkatan, CourseAsRead, Enrolled
from latsar_sync.rules.placement import Placement
from latsar_sync.rules.whose_account_in_class import key_of_account
from latsar_sync.run.in_class_courses import InClassCourses
from latsar_sync.run.new_accounts import wanted
from latsar_sync.run.roster import Roster
from latsar_sync.run.seats_by_courses import give_seats_by_courses

ONE, TWO = (
    Angkatan(name, f"Grup {name}", f"latsar:x:{name}", f"Grup {name}", site, "KLS", role_id=5, capacity=2)
    for name, site in (("I", "satu"), ("II", "dua"))
)
CHOSEN_ON_ONE, CHOSEN_ON_TWO, BY_NIP = "a", "b", "c"
NIPS = {CHOSEN_ON_ONE: "199001012025031001", CHOSEN_ON_TWO: "199001012025031002", BY_NIP: "199001012025031003"}


def roster(*entries: Entry) -> Roster:
    standings = {
        who: Standing(who, number, nip, frozenset({"Grup II" if who == CHOSEN_ON_TWO else "Grup I"}))._replace(
            outcome=Outcome.QUALIFIED
        )
        for number, (who, nip) in enumerate(NIPS.items(), start=1)
    }
    return Roster(
        (ONE, TWO),
        Placement("group", "block", date(2026, 12, 1)),
        standings,
        {each.participant_id: each for each in entries},
        (),
        Actions(accounts={CHOSEN_ON_ONE: ("satu", 5), CHOSEN_ON_TWO: ("dua", 5)}),
    )


def course_of_one(*accounts: tuple[str, int]) -> InClassCourses:
    sits = Enrolled(5, True, frozenset({5}), frozenset({8}))
    course = CourseAsRead(
        "satu", 3, "KLS", {5: sits}, groups={"I": 8}, accounts={key: (AccountInClass(user),) for key, user in accounts}
    )
    return InClassCourses({("satu", "KLS"): [ONE], ("dua", "KLS"): [TWO]}, {("satu", "KLS"): course}, {"II"})


def test_whoever_sits_there_by_a_chosen_account_takes_one_seat_whatever_is_chosen_on_another_site() -> None:
    sits = Entry(CHOSEN_ON_ONE, EntryState.CONFIRMED, "I", origin=Origin.FOUND, target_user_id=5, group_id=8)
    known = roster(sits._replace(site="satu", course_id=3), Entry(CHOSEN_ON_TWO, EntryState.PLANNED, "II"))
    courses = course_of_one((key_of_account("satu", 5), 5), (NIPS[BY_NIP], 6))

    given = give_seats_by_courses(known, courses, known.seat_changes(), frozenset())

    assert [each.entry.participant_id for each in given.entrants] == [BY_NIP]


def test_an_account_is_made_for_whom_one_was_chosen_on_another_site_alone() -> None:
    lacks = Entry(CHOSEN_ON_TWO, EntryState.REVIEW, "I", reason=ACCOUNT_MISSING)
    has_one = Entry(CHOSEN_ON_ONE, EntryState.REVIEW, "I", reason=ACCOUNT_MISSING)
    known = roster(lacks, has_one)

    found = wanted(known, known.entries, course_of_one())

    assert [each.participant_id for each in found] == [CHOSEN_ON_TWO]
