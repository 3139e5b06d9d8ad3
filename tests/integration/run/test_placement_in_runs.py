"""Who is placed where and until when, in whole runs: what the LMS and the roster show (rules 11 and 17)."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from seen_in_runs import (
    EVALUATION,
    angkatan,
    approve,
    enrolled,
    in_group,
    nip_of,
    placed,
)
from service import Service, ServiceFactory, default_angkatan

from latsar_sync.demo import CASES, Campus
from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.request import RunOutcome


def test_a_placement_list_decides_who_goes_where_whatever_the_groups_say(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, tmp_path: Path
) -> None:
    to_three, to_two, not_yet = nip_of("passed", 0), nip_of("passed", 1), nip_of("score_69_99")
    file = tmp_path / "placement.csv"
    lines = f"NIP;Angkatan;Lokasi\n{to_three};III;Timur\n'{to_two};II;\n{not_yet};II;Barat\n"
    file.write_text(lines, encoding="utf-8-sig")
    service = make_service(sqlite_url, programme='placement = "list"\nplacement_file = "placement.csv"')

    service.run()
    places = {who: service.participants()[who]["place"] for who in (to_three, to_two, not_yet)}
    file.write_text(lines.replace("Timur", "Barat"), encoding="utf-8-sig")
    service.run()
    moved = service.participants()[to_three]["place"]

    roster = service.roster()
    assert (roster[to_three]["angkatan"], roster[to_three]["state"]) == ("III", "confirmed")
    assert (roster[to_two]["angkatan"], roster[to_two]["state"]) == ("II", "confirmed")
    assert not_yet not in roster
    assert places == {to_three: "Timur", to_two: None, not_yet: "Barat"}
    assert moved == "Barat"
    assert placed(service, "confirmed").keys() == {to_three, to_two}
    others = {row["roster_reason"] for row in placed(service, "review").values()}
    assert others == {"no_angkatan"}
    assert in_group(campus, "KLS-III", "Angkatan III") == {to_three}

    file.write_text(lines.replace("III;Timur", "II;Timur"), encoding="utf-8-sig")  # said after they had a seat
    [said] = service.run(full=True).run.messages

    assert f"stays where the seat is: {roster[to_three]['participant_id']} (III → II)" in said
    assert service.roster()[to_three]["angkatan"] == "III"


def test_a_placement_list_with_a_mistake_stops_the_programme_and_names_the_line(
    make_service: ServiceFactory, sqlite_url: str, tmp_path: Path
) -> None:
    (tmp_path / "placement.csv").write_text(f"nip,angkatan\n{nip_of('passed')},IV\n", encoding="utf-8")
    service = make_service(sqlite_url, programme='placement = "list"\nplacement_file = "placement.csv"')

    result = service.run()

    assert isinstance(result.error, ConfigurationError)
    assert result.error.details[0].startswith("line 2:")
    assert service.count("roster_entries") == 0

    (tmp_path / "placement.csv").unlink()
    gone = make_service(sqlite_url, programme='placement = "list"\nplacement_file = "placement.csv"').run()
    assert "placement.csv was not taken: No such file" in str(gone.error)


def first_come(service: Service) -> list[Mapping[str, Any]]:
    """Return the seated and the waiting in the order in which they reached the limit."""
    rows = [row for row in service.roster().values() if row["state"] in ("confirmed", "waitlisted")]
    return sorted(rows, key=lambda row: (row["reached_at"], row["source_user_id"]))


def test_another_placement_sends_nobody_before_a_person_released_it(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url)
    service.first_run()
    waiting = {row["participant_id"] for row in placed(service, "waitlisted").values()}
    courses = campus.kelas.snapshot()
    other = make_service(sqlite_url, programme='placement = "first_qualified"')

    held = other.run().run
    unchanged = campus.kelas.snapshot() == courses
    released, after = other.run(accept=True, by="Rina").run, other.run().run

    assert [finding.code for finding in held.findings] == ["placement_changed"]
    assert waiting <= set(held.findings[0].people)
    assert unchanged
    assert (released.outcome, released.counts["pushed"]) == (RunOutcome.OK, len(held.findings[0].people))
    assert (after.outcome, after.findings) == (RunOutcome.OK, ())


def test_first_qualified_fills_the_courses_in_the_order_in_which_the_limit_was_reached(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    all_angkatan = angkatan("III", "capacity = 20") + angkatan("II", "capacity = 20")
    service = make_service(sqlite_url, programme='placement = "first_qualified"', angkatan=all_angkatan)

    result = service.run()

    assert result.run.outcome is RunOutcome.OK
    roster = service.roster()
    seated = Counter(row["angkatan"] for row in roster.values() if row["state"] in ("confirmed", "review"))
    assert (seated["III"], seated["II"]) == (20, 20)
    by_hand = {nip_of("already_enrolled", 1), nip_of("already_own_dates")}
    in_line = [row for row in first_come(service) if row["nip"] not in by_hand]
    waiting = [row["state"] == "waitlisted" for row in in_line]
    # everybody seated comes before everybody waiting, and the first course is filled first
    assert waiting == sorted(waiting)
    first_course = [row["angkatan"] == "II" for row in in_line if row["state"] == "confirmed"]
    assert first_course == sorted(first_course)
    second = service.run()
    assert second.run.counts["pushed"] == 0


def test_first_qualified_moves_people_on_to_the_next_course_when_strangers_fill_the_first(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    strangers = fill_with_strangers(campus, "KLS-III", "Angkatan III", 19)
    all_angkatan = angkatan("III", "capacity = 20") + angkatan("II", "capacity = 20")
    service = make_service(sqlite_url, programme='placement = "first_qualified"', angkatan=all_angkatan)

    service.run()

    roster = service.roster()
    seated = Counter(row["angkatan"] for row in roster.values() if row["state"] in ("confirmed", "review"))
    assert seated == {"III": 1, "II": 20}
    missing = {nip for nip, row in roster.items() if row["roster_reason"] == "target_account_missing"}
    assert missing <= {nip_of("no_target_account")}
    assert strangers <= in_group(campus, "KLS-III", "Angkatan III")


def test_first_qualified_never_overfills_a_course_that_strangers_have_filled_meanwhile(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    nip = nip_of("score_69_99")
    all_angkatan = angkatan("III", "capacity = 85") + angkatan("II", "capacity = 5")
    service = make_service(sqlite_url, programme='placement = "first_qualified"', angkatan=all_angkatan)
    service.first_run()
    seats = sum(row["angkatan"] == "III" for row in service.roster().values())
    fill_with_strangers(campus, "KLS-III", "Angkatan III", 85 - seats)
    strangers = fill_with_strangers(campus, "KLS-II", "Angkatan II", 5)
    campus.mooc.set_grade(campus.mooc.user_id(nip), campus.mooc.module_named(EVALUATION).cmid, Decimal(90))

    service.run()
    service.run()

    assert in_group(campus, "KLS-II", "Angkatan II") == strangers
    assert (service.roster()[nip]["state"], service.roster()[nip]["roster_reason"]) == ("waitlisted", "over_capacity")


def fill_with_strangers(campus: Campus, course: str, group: str, number: int) -> set[str]:
    """Let a manager put students into a group who are not in the MOOC; return their numbers."""
    if group not in {each.name for each in campus.kelas.course(course).groups.values()}:
        campus.kelas.add_group(course, group)
    made = set()
    for _ in range(number):
        user = campus.kelas.add_user("Peserta", "Titipan", username=f"titipan{len(campus.kelas.users)}")
        user.idnumber = f"T{user.id}"
        campus.kelas.enrol(course, user.id)
        campus.kelas.add_member(course, group, user.id)
        made.add(user.idnumber)
    return made


def test_a_waiting_list_moves_up_when_a_managers_foreign_student_leaves(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    fill_with_strangers(campus, "KLS-III", "Angkatan III", 2)
    service = make_service(sqlite_url, angkatan=angkatan("III", "capacity = 8"))
    service.first_run()
    waiting = [row for row in first_come(service) if row["state"] == "waitlisted"]
    assert len(placed(service, "confirmed")) == 6
    assert {row["roster_reason"] for row in waiting} == {"over_capacity"}

    quiet = service.run()
    stranger = next(iter(campus.kelas.group("KLS-III", "Angkatan III").members))
    campus.kelas.unenrol("KLS-III", stranger)
    moved = service.run()

    assert quiet.run.counts["pushed"] == 0
    assert moved.run.counts["confirmed"] == 1
    assert service.roster()[waiting[0]["nip"]]["state"] == "confirmed"
    assert len(campus.kelas.group("KLS-III", "Angkatan III").members) == 8


def test_nobody_gives_up_a_seat_for_somebody_who_reached_the_limit_earlier_but_qualified_later(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    late = campus.mooc.user_id(nip_of("override_up"))
    module = campus.mooc.module_named("LATIHAN-1")
    campus.mooc.set_completion(late, module.cmid, 0)
    service = make_service(sqlite_url, angkatan=angkatan("III", "capacity = 8"))
    service.first_run()
    seated = placed(service, "confirmed").keys()

    campus.mooc.set_completion(late, module.cmid, 1)
    service.run()

    assert placed(service, "confirmed").keys() == seated
    assert service.roster()[nip_of("override_up")]["state"] == "waitlisted"


def test_after_the_last_day_of_admission_nobody_new_is_pushed_and_whoever_was_in_stays(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    closing = datetime.now(UTC).date() + timedelta(days=3)
    service = make_service(sqlite_url, angkatan=angkatan("II", f"admit_until = {closing}"))
    service.first_run()
    confirmed = placed(service, "confirmed").keys()
    newcomer = campus.mooc.user_id(nip_of("score_69_99", 1))
    campus.mooc.set_grade(newcomer, campus.mooc.module_named(EVALUATION).cmid, Decimal(90))

    service.run(now=datetime.now(UTC) + timedelta(days=5))

    row = service.roster()[nip_of("score_69_99", 1)]
    assert (row["state"], row["roster_reason"]) == ("waitlisted", "admission_closed")
    assert service.participants()[nip_of("score_69_99", 1)]["outcome"] == "qualified"
    assert placed(service, "confirmed").keys() == confirmed
    assert nip_of("score_69_99", 1) not in enrolled(campus, "KLS-II")


def test_the_last_day_of_admission_is_a_day_of_the_programmes_own_zone(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    before_midnight_in_jakarta = datetime.now(UTC).replace(hour=16, minute=30)
    closing = angkatan("II", f"admit_until = {before_midnight_in_jakarta.date()}")
    too_late = make_service(f"{sqlite_url}.late", angkatan=closing)
    in_time = make_service(sqlite_url, angkatan=closing)

    after = too_late.run(now=before_midnight_in_jakarta + timedelta(hours=1))
    before = in_time.run(now=before_midnight_in_jakarta)

    assert after.run.counts["pushed"] == 0
    assert before.run.counts["confirmed"] > 5


def test_whoever_sits_in_the_course_already_is_found_there_though_admission_has_closed(
    make_service: ServiceFactory, sqlite_url: str
) -> None:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    service = make_service(sqlite_url, angkatan=angkatan("I", f"admit_until = {yesterday}"))

    result = service.run()

    row = service.roster()[nip_of("already_in_group")]
    assert result.run.counts["pushed"] == 0
    assert (row["state"], row["origin"]) == ("confirmed", "found")


def test_without_another_date_nobody_new_is_admitted_once_the_course_has_started(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    today = datetime.now(UTC).date()
    service = make_service(
        sqlite_url, angkatan=angkatan("II", f"starts = {today - timedelta(days=2)}\nends = {today + timedelta(days=3)}")
    )

    result = service.run()

    assert result.run.counts["pushed"] == 0
    waiting = placed(service, "waitlisted")
    assert {row["roster_reason"] for row in waiting.values()} == {"admission_closed"}
    [said] = result.run.messages
    assert f"{len(waiting)} people who may enter are not sent: the admission to angkatan II is closed" in said
    assert result.run.counts["qualified"] > 10


def test_with_confirmation_nothing_is_sent_until_a_person_approves(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url, programme='push = "confirmed"')

    before = [service.first_run(), service.run()]
    waiting = placed(service, "planned")
    approve(service, "Sekretaris Badan", only="III")
    approved = service.run()

    assert [result.run.counts["pushed"] for result in before] == [0, 0]
    assert service.count("pushes") > 0
    assert {row["roster_reason"] for row in waiting.values()} == {"awaiting_approval"}
    sent = {nip for nip, row in waiting.items() if row["angkatan"] == "III"}
    assert approved.run.counts["confirmed"] == len(sent)
    assert enrolled(campus, "KLS-III") == sent
    assert {service.roster()[nip]["approved_by"] for nip in sent} == {"Sekretaris Badan"}
    assert {row["angkatan"] for row in placed(service, "planned").values()} == {"I", "II"}


def test_people_are_found_by_either_field_where_the_angkatan_of_one_course_ask_for_different_ones(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    nips = [str(nip) for nip in CASES["passed"]][:2]
    for nip, field in zip(nips, ("username", "idnumber"), strict=True):  # the NIP of each stands in one of them alone
        setattr(campus.kelas.users[campus.kelas.user_id(nip)], field, f"lain{nip[:4]}")
    one_course = default_angkatan({"I": 200, "II": 200}).replace("KLS-II", "KLS-I")
    by_two_fields = one_course.replace('id = "II"', 'id = "II"\ntarget_key = "username"')
    service = make_service(sqlite_url, angkatan=by_two_fields, programme='placement = "first_qualified"')

    service.run()

    assert {service.roster()[nip]["roster_reason"] for nip in nips} == {None}
