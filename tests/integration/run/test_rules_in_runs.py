"""The rules of placement, admission and effect in whole runs against the campus: what the LMS and the roster show."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from service import PROGRAMME, TOKENS, Service, ServiceFactory, default_angkatan, silent

from latsar_sync.demo import CASES, Campus, seed_single_site
from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.request import Request, RunOutcome
from latsar_sync.run import pipeline
from latsar_sync.run.pipeline import RunResult
from latsar_sync.settings import load_settings
from latsar_sync.store import reports
from latsar_sync.store.database import Database
from latsar_sync.store.entries import load_entries, save_entries

EVALUATION = "EVAL-AKADEMIK"
MOOC = "MOOC-LATSAR"


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


# Placement


def test_a_placement_list_decides_who_goes_where_whatever_the_groups_say(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, tmp_path: Path
) -> None:
    to_three, to_two, not_yet = nip_of("passed", 0), nip_of("passed", 1), nip_of("score_69_99")
    file = tmp_path / "placement.csv"
    file.write_text(f"NIP;Angkatan\n{to_three};III\n'{to_two};II\n{not_yet};II\n", encoding="utf-8-sig")
    service = make_service(sqlite_url, programme='placement = "list"\nplacement_file = "placement.csv"')

    service.run()

    roster = service.roster()
    assert (roster[to_three]["angkatan"], roster[to_three]["state"]) == ("III", "confirmed")
    assert (roster[to_two]["angkatan"], roster[to_two]["state"]) == ("II", "confirmed")
    assert not_yet not in roster
    assert placed(service, "confirmed").keys() == {to_three, to_two}
    others = {row["roster_reason"] for row in placed(service, "review").values()}
    assert others == {"no_angkatan"}
    assert in_group(campus, "KLS-III", "Angkatan III") == {to_three}


def test_a_placement_list_with_a_mistake_stops_the_programme_and_names_the_line(
    make_service: ServiceFactory, sqlite_url: str, tmp_path: Path
) -> None:
    (tmp_path / "placement.csv").write_text(f"nip,angkatan\n{nip_of('passed')},IV\n", encoding="utf-8")
    service = make_service(sqlite_url, programme='placement = "list"\nplacement_file = "placement.csv"')

    result = service.run()

    assert isinstance(result.error, ConfigurationError)
    assert result.error.problems[0].startswith("line 2:")
    assert service.count("roster_entries") == 0


def first_come(service: Service) -> list[Mapping[str, Any]]:
    """Return the seated and the waiting in the order in which they reached the limit."""
    rows = [row for row in service.roster().values() if row["state"] in ("confirmed", "waitlisted")]
    return sorted(rows, key=lambda row: (row["reached_at"], row["source_user_id"]))


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
    service = make_service(sqlite_url, angkatan=angkatan("III", "capacity = 20"))
    service.first_run()
    waiting = [row for row in first_come(service) if row["state"] == "waitlisted"]
    assert len(placed(service, "confirmed")) == 18
    assert {row["roster_reason"] for row in waiting} == {"over_capacity"}

    quiet = service.run()
    stranger = next(iter(campus.kelas.group("KLS-III", "Angkatan III").members))
    campus.kelas.unenrol("KLS-III", stranger)
    moved = service.run()

    assert quiet.run.counts["pushed"] == 0
    assert moved.run.counts["confirmed"] == 1
    assert service.roster()[waiting[0]["nip"]]["state"] == "confirmed"
    assert len(campus.kelas.group("KLS-III", "Angkatan III").members) == 20


def test_nobody_gives_up_a_seat_for_somebody_who_reached_the_limit_earlier_but_qualified_later(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    late = campus.mooc.user_id(nip_of("override_up"))
    module = campus.mooc.module_named("LATIHAN-1")
    campus.mooc.set_completion(late, module.cmid, 0)
    service = make_service(sqlite_url, angkatan=angkatan("III", "capacity = 20"))
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
    assert before.run.counts["confirmed"] > 10


def test_whoever_sits_in_the_course_already_is_found_there_though_admission_has_closed(
    make_service: ServiceFactory, sqlite_url: str
) -> None:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    service = make_service(sqlite_url, angkatan=angkatan("I", f"admit_until = {yesterday}"))

    result = service.run()

    row = service.roster()[nip_of("already_in_group")]
    assert result.run.counts["pushed"] == 0
    assert (row["state"], row["origin"]) == ("confirmed", "found")


def test_without_another_date_admission_closes_when_the_course_has_started(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    today = datetime.now(UTC).date()
    service = make_service(
        sqlite_url, angkatan=angkatan("II", f"starts = {today - timedelta(days=2)}\nends = {today + timedelta(days=3)}")
    )

    result = service.run()

    assert result.run.counts["pushed"] == 0
    assert {row["roster_reason"] for row in placed(service, "waitlisted").values()} == {"admission_closed"}
    assert result.run.counts["qualified"] > 10


# Who confirms


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


# Effect of an unmet rule


def test_seats_that_are_left_are_filled_by_others_from_the_day_on_and_their_decision_stays(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    opens = datetime.now(UTC).date() + timedelta(days=3)
    service = make_service(
        sqlite_url,
        programme=f'effect = "prioritise"\nfill_from = {opens}',
        angkatan=angkatan("I", "capacity = 30"),
        guards="max_push_share = 1.0",
    )
    service.run()
    by_rule = service.roster().keys()
    before = service.participants()

    service.run(now=datetime.now(UTC) + timedelta(days=4))

    filled = {nip: row for nip, row in service.roster().items() if row["admission"] == "filled"}
    confirmed = [row for row in filled.values() if row["state"] == "confirmed"]
    assert {before[nip]["outcome"] for nip in filled} == {"not_yet"}
    assert {service.participants()[nip]["outcome"] for nip in filled} == {"not_yet"}
    assert {row["admission"] for nip, row in service.roster().items() if nip in by_rule} == {"rule"}
    assert confirmed
    holding = [row for row in service.roster().values() if row["state"] in ("confirmed", "review") and row["angkatan"]]
    assert len(holding) == 29  # one of the thirty is taken by a student who is not in the MOOC
    # the highest score goes first among those who fill
    lowest_seated = min(Decimal(row["score"] or 0) for row in confirmed)
    highest_waiting = max(Decimal(row["score"] or 0) for row in filled.values() if row["state"] == "waitlisted")
    assert lowest_seated >= highest_waiting


def test_before_the_day_nobody_fills_a_seat(make_service: ServiceFactory, sqlite_url: str) -> None:
    opens = datetime.now(UTC).date() + timedelta(days=3)
    service = make_service(sqlite_url, programme=f'effect = "prioritise"\nfill_from = {opens}')

    service.run()

    assert {row["admission"] for row in service.roster().values()} == {"rule"}


def test_whoever_fills_a_seat_and_qualifies_later_keeps_it(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    service = make_service(sqlite_url, programme=f'effect = "prioritise"\nfill_from = {yesterday}')
    service.first_run()
    nip = nip_of("score_69_99")
    assert (service.roster()[nip]["state"], service.roster()[nip]["admission"]) == ("confirmed", "filled")

    campus.mooc.set_grade(campus.mooc.user_id(nip), campus.mooc.module_named(EVALUATION).cmid, Decimal(90))
    service.run(full=True)

    assert service.participants()[nip]["outcome"] == "qualified"
    assert service.roster()[nip]["state"] == "confirmed"


def test_warn_lets_everybody_in_who_can_be_told_for_sure_and_says_so(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(
        sqlite_url, programme='effect = "warn"', angkatan=default_angkatan({"I": 90, "II": 90, "III": 90})
    )

    service.first_run()

    roster, people = service.roster(), service.participants()
    for case in ("score_69_99", "page_missing", "score_zero", "nothing_done"):
        assert (roster[nip_of(case)]["state"], roster[nip_of(case)]["admission"]) == ("confirmed", "warned")
        assert people[nip_of(case)]["outcome"] == "not_yet"
    assert roster[nip_of("passed")]["admission"] == "rule"
    undetermined = {key for key, row in people.items() if row["outcome"] == "undetermined"}
    assert undetermined
    assert undetermined & roster.keys() == set()


# Method


def test_a_classical_programme_asks_for_no_mooc_results(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    all_angkatan = default_angkatan({"I": 90, "II": 90, "III": 90})
    service = make_service(sqlite_url, programme='method = "classical"', angkatan=all_angkatan)

    result = service.run()

    assert result.run.counts["not_yet"] == 0
    assert service.roster()[nip_of("nothing_done")]["state"] == "confirmed"
    calls = [each for entry in campus.log if entry.site == "mooc" for each in (entry.function, *entry.inner_functions)]
    assert set(calls) - {"tool_mobile_call_external_functions"} == {
        "core_webservice_get_site_info",
        "core_course_get_courses_by_field",
        "core_enrol_get_enrolled_users",
    }


def test_a_distance_programme_sends_its_roster_to_the_online_course(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    campus.kelas.add_course("PJJ", "Pembelajaran jarak jauh")
    service = make_service(sqlite_url, programme='method = "distance"', angkatan=angkatan("III", course="PJJ"))

    service.run()

    assert enrolled(campus, "PJJ") == placed(service, "confirmed").keys()
    assert len(enrolled(campus, "PJJ")) > 20


def test_an_angkatan_without_an_in_class_phase_is_judged_and_sent_nowhere(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    without = '\n[[programmes.angkatan]]\nid = "I"\nsource_group = "Angkatan I"\n'
    service = make_service(sqlite_url, angkatan=without + angkatan("III"))
    before = enrolled(campus, "KLS-I"), in_group(campus, "KLS-I", "Angkatan I")

    result = service.run()

    assert result.run.outcome is RunOutcome.OK
    assert service.participants()[nip_of("score_exactly_70")]["groups"] == ["Angkatan I"]
    assert service.participants()[nip_of("score_exactly_70")]["outcome"] == "qualified"
    assert nip_of("score_exactly_70") not in service.roster()
    assert (enrolled(campus, "KLS-I"), in_group(campus, "KLS-I", "Angkatan I")) == before


# Groups


def test_two_angkatan_may_share_a_course_with_a_group_each(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url, angkatan=angkatan("II", course="KLS-II") + angkatan("III", course="KLS-II"))

    result = service.first_run()
    again = service.run(full=True)

    assert result.run.outcome is RunOutcome.OK
    for name in ("II", "III"):
        mine = {nip for nip, row in placed(service, "confirmed").items() if row["angkatan"] == name}
        assert in_group(campus, "KLS-II", f"Angkatan {name}") == mine
        assert len(mine) > 10
    assert again.run.counts["pushed"] == 0
    assert len(campus.kelas.course("KLS-II").groups) == 2


def test_a_person_in_the_other_angkatans_group_of_the_course_is_left_there_for_review(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    nip = nip_of("already_own_dates")
    campus.kelas.add_group("KLS-II", "Angkatan III", members=[campus.kelas.user_id(nip)])
    service = make_service(sqlite_url, angkatan=angkatan("II", course="KLS-II") + angkatan("III", course="KLS-II"))

    service.run()

    row = service.roster()[nip]
    assert (row["state"], row["roster_reason"]) == ("review", "target_other_group")
    assert nip in in_group(campus, "KLS-II", "Angkatan III")
    assert nip not in in_group(campus, "KLS-II", "Angkatan II")

    campus.kelas.remove_member("KLS-II", "Angkatan III", campus.kelas.user_id(nip))
    service.run()
    assert service.roster()[nip]["state"] == "confirmed"


def test_a_group_name_taken_under_another_idnumber_stops_that_angkatan_and_no_other(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    campus.kelas.add_group("KLS-II", "Angkatan II", idnumber="siakad:77")
    service = make_service(sqlite_url)

    result = service.run()

    assert result.run.outcome is RunOutcome.PARTIAL
    assert any("siakad:77" in message and "Angkatan II" in message for message in result.run.messages)
    assert in_group(campus, "KLS-II", "Angkatan II") == set()
    assert len(in_group(campus, "KLS-III", "Angkatan III")) > 20
    assert len(in_group(campus, "KLS-I", "Angkatan I")) > 10


def test_a_group_name_taken_in_a_shared_course_stops_only_the_angkatan_of_that_name(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    campus.kelas.add_group("KLS-II", "Angkatan III", idnumber="siakad:77")
    service = make_service(sqlite_url, angkatan=angkatan("II", course="KLS-II") + angkatan("III", course="KLS-II"))

    result = service.run()

    assert result.run.outcome is RunOutcome.PARTIAL
    assert any("siakad:77" in message for message in result.run.messages)
    assert in_group(campus, "KLS-II", "Angkatan III") == set()
    assert len(in_group(campus, "KLS-II", "Angkatan II")) > 10
    three = {nip for nip, row in service.roster().items() if row["angkatan"] == "III"}
    assert three & enrolled(campus, "KLS-II") == set()


def test_a_group_that_a_manager_renamed_is_found_again_by_its_idnumber(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url, angkatan=angkatan("II"))
    service.first_run()
    before = in_group(campus, "KLS-II", "Angkatan II")
    campus.kelas.group("KLS-II", "Angkatan II").name = "Kelas Mawar"
    newcomer = nip_of("score_69_996")
    campus.mooc.set_grade(campus.mooc.user_id(newcomer), campus.mooc.module_named(EVALUATION).cmid, Decimal(90))

    service.run(full=True)

    assert [group.name for group in campus.kelas.course("KLS-II").groups.values()] == ["Kelas Mawar"]
    assert in_group(campus, "KLS-II", "Kelas Mawar") == before | {newcomer}


def test_a_group_without_an_idnumber_is_found_by_its_name_and_not_doubled(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url)

    service.first_run()

    groups = campus.kelas.course("KLS-I").groups.values()
    assert [(group.name, group.idnumber) for group in groups] == [("Angkatan I", "")]
    made = campus.kelas.course("KLS-II").groups.values()
    assert [(group.name, group.idnumber) for group in made] == [("Angkatan II", f"latsar:{PROGRAMME}:II")]


# One Moodle for both


def test_mooc_and_courses_may_stand_in_one_moodle(tmp_path: Path) -> None:
    with Campus(seed=seed_single_site) as campus:
        config = tmp_path / "latsar.toml"
        site = f'url = "{campus.mooc.url}"\ntoken_env = "LATSAR_MOOC_TOKEN"\nrequests_per_second = 1000\n'
        config.write_text(
            f'database_url = "sqlite:///{tmp_path / "latsar.db"}"\n[sites.mooc]\n{site}[sites.kelas]\n{site}'
            f'[[programmes]]\nid = "{PROGRAMME}"\ntitle = "Latsar"\n'
            f'[programmes.source]\nkind = "moodle"\nsite = "mooc"\ncourse = "{MOOC}"\n'
            f"[programmes.evaluation]\n{threshold('70')}\n{default_angkatan()}",
            encoding="utf-8",
        )
        service = Service(config, load_settings(config, TOKENS), Database(f"sqlite:///{tmp_path / 'latsar.db'}"))
        service.database.upgrade()

        first, second = service.run(), service.run()

        in_class = {
            campus.mooc.users[user_id].idnumber for user_id in campus.mooc.group("KLS-II", "Angkatan II").members
        }
        mine = {nip for nip, row in placed(service, "confirmed").items() if row["angkatan"] == "II"}
        service.database.close()

    assert (first.run.outcome, second.run.outcome) == (RunOutcome.OK, RunOutcome.OK)
    assert first.run.counts["confirmed"] > 60
    assert second.run.counts["pushed"] == 0
    assert in_class == mine


# Several programmes


def second_programme(course: str) -> str:
    """Return another programme on the same sites as TOML."""
    return f'''
[[programmes]]
id = "latsar-2026-ii"
title = "Latsar CPNS Golongan II 2026"
[programmes.source]
kind = "moodle"
site = "mooc"
course = "{course}"
[programmes.evaluation]
{threshold("70")}
[[programmes.angkatan]]
id = "X"
source_group = "Angkatan III"
site = "kelas"
course = "KLS-II"
role_id = 5
'''


def run_all(service: Service) -> RunResult:
    """Run every programme of the configuration once."""
    return pipeline.run(service.settings, service.database, Request("test"), lambda: datetime.now(UTC), silent)


def test_a_programme_that_fails_does_not_stop_the_other(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    campus.mooc.add_course("MOOC-II", "MOOC Golongan II").visible = False
    campus.mooc.accounts[campus.mooc.token].capabilities.discard("moodle/course:view")
    campus.mooc.enrol(MOOC, campus.mooc.accounts[campus.mooc.token].user_id, role="teacher")
    service = make_service(sqlite_url, angkatan=angkatan("III") + second_programme("MOOC-II"))

    result = run_all(service)

    assert result.outcome is RunOutcome.PARTIAL
    assert {each.run.programme: each.run.outcome for each in result.programmes} == {
        PROGRAMME: RunOutcome.OK,
        "latsar-2026-ii": RunOutcome.FAILED,
    }
    assert len(in_group(campus, "KLS-III", "Angkatan III")) > 20


def test_two_programmes_over_one_mooc_keep_their_people_apart(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url, angkatan=angkatan("III") + second_programme(MOOC))

    first, second = run_all(service), run_all(service)

    assert first.outcome is RunOutcome.OK
    counts = [each.run.counts["participants"] for each in first.programmes]
    assert counts[0] == counts[1] > 100
    assert [each.run.counts["pushed"] for each in second.programmes] == [0, 0]
    assert in_group(campus, "KLS-III", "Angkatan III") == in_group(campus, "KLS-II", "Angkatan III")


# People who change


def test_people_whose_mooc_enrolment_ended_keep_their_evidence_and_their_seat(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url)
    service.first_run()
    qualified, waiting = nip_of("passed"), nip_of("score_69_99")
    before = service.participants()
    for nip in (qualified, waiting):
        campus.mooc.unenrol(MOOC, campus.mooc.user_id(nip))

    service.run(full=True)

    after = service.participants()
    for nip in (qualified, waiting):
        assert after[nip]["outcome"] == before[nip]["outcome"]
        assert (after[nip]["score"], after[nip]["materials_done"]) == (
            before[nip]["score"],
            before[nip]["materials_done"],
        )
        assert after[nip]["enrolment"] == "ended"
        assert "enrolment_ended" in codes(after[nip])
    assert len(after) == len(before)
    assert service.roster()[qualified]["state"] == "confirmed"

    campus.mooc.enrol(MOOC, campus.mooc.user_id(qualified))
    service.run()
    assert service.participants()[qualified]["enrolment"] == "active"


def test_a_nip_that_a_second_account_takes_later_makes_both_undetermined_and_undoes_nothing(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url)
    service.first_run()
    nip, other = nip_of("passed"), campus.mooc.user_id(nip_of("passed", 1))
    was_in = nip in enrolled(campus, service.roster()[nip]["course"])

    campus.mooc.users[other].idnumber = nip
    result = service.run()

    sharers = [row for row in everybody(service) if row["nip"] == nip]
    assert was_in
    assert [row["outcome"] for row in sharers] == ["undetermined", "undetermined"]
    assert all(codes(row)[0] == "nip_duplicate" for row in sharers)
    # the account in class of whoever took the NIP carries another one: that is looked at, and nobody is moved
    assert sorted(row["state"] for row in sharers) == ["confirmed", "review"]
    assert result.run.counts["pushed"] == 0
    assert nip in enrolled(campus, sharers[0]["course"]) | enrolled(campus, sharers[1]["course"])


def everybody(service: Service) -> list[Mapping[str, Any]]:
    """Return every participant, those with a shared NIP too."""
    with service.database.reading() as connection:
        return reports.participant_rows(connection, [PROGRAMME])


def test_somebody_who_cannot_be_told_for_sure_any_more_is_not_sent(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url, programme='push = "confirmed"')
    service.first_run()
    approve(service, "Sekretaris")
    nip, other = nip_of("passed"), campus.mooc.user_id(nip_of("score_69_99"))
    campus.mooc.users[other].idnumber = nip

    service.run()

    [row] = [row for row in everybody(service) if row["nip"] == nip and row["state"]]
    assert (row["state"], row["roster_reason"]) == ("planned", "undetermined")
    assert nip not in enrolled(campus, "KLS-I") | enrolled(campus, "KLS-II") | enrolled(campus, "KLS-III")


def test_a_grade_taken_back_after_admission_is_reviewed_and_nothing_is_undone(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url)
    service.first_run()
    nip = nip_of("override_up")
    cmid = campus.mooc.module_named(EVALUATION).cmid
    campus.mooc.set_grade(campus.mooc.user_id(nip), cmid, Decimal(40), overridden=True)

    service.run(full=True)

    row = service.roster()[nip]
    assert service.participants()[nip]["outcome"] == "not_yet"
    assert (row["state"], row["roster_reason"]) == ("review", "no_longer_qualifies")
    assert nip in in_group(campus, "KLS-III", "Angkatan III")


# The threshold


def test_a_changed_threshold_in_the_configuration_changes_nothing_and_is_told_by_every_run(
    make_service: ServiceFactory, sqlite_url: str
) -> None:
    service = make_service(sqlite_url, programme='push = "confirmed"')
    service.first_run()
    before = {nip: row["outcome"] for nip, row in service.participants().items()}
    decisions = service.count("decisions")
    changed = make_service(sqlite_url, programme='push = "confirmed"', evaluation=threshold("60"))

    results = [changed.run(), changed.run(full=True), changed.run(dry_run=True)]

    for result in results:
        assert any("60" in message and "70" in message for message in result.run.messages)
    assert {nip: row["outcome"] for nip, row in changed.participants().items()} == before
    assert (changed.count("decisions"), changed.count("thresholds")) == (decisions, 1)


def test_a_changed_scale_in_the_configuration_is_told_too(make_service: ServiceFactory, sqlite_url: str) -> None:
    make_service(sqlite_url, programme='push = "confirmed"').run()
    changed = make_service(sqlite_url, programme='push = "confirmed"', evaluation=threshold("70", "percent"))

    result = changed.run()

    assert any("per cent" in message for message in result.run.messages)
    assert changed.count("thresholds") == 1


def test_without_any_threshold_the_programme_stops_with_the_command_that_sets_one(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url, evaluation=f'item = "{EVALUATION}"')

    result = service.first_run()

    assert isinstance(result.error, ConfigurationError)
    assert "threshold set" in result.error.remedy
    assert service.count("decisions") == 0
    assert campus.log == []


def test_a_pass_grade_of_moodle_that_differs_from_the_recorded_threshold_is_told(
    make_service: ServiceFactory, sqlite_url: str
) -> None:
    service = make_service(sqlite_url, programme='push = "confirmed"', evaluation=threshold("65"))

    result = service.first_run()

    assert any("70" in message and "65" in message for message in result.run.messages)
    assert service.participants()[nip_of("score_69_99999")]["outcome"] == "qualified"


@pytest.mark.parametrize("kind", ["dry_run", "guarded"])
def test_what_does_not_push_leaves_the_lms_exactly_as_it_was(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, kind: str
) -> None:
    service = make_service(sqlite_url, guards="max_push = 5")
    before = campus.kelas.snapshot()

    result = service.run(dry_run=kind == "dry_run")

    assert result.run.outcome is RunOutcome.GUARDED
    assert campus.kelas.snapshot() == before
    assert service.count("pushes") == 0
    assert written_functions(campus) == []


def written_functions(campus: Campus) -> Iterable[str]:
    """Return the writes that the campus was asked for."""
    writes = ("enrol_manual_enrol_users", "core_group_create_groups", "core_group_add_group_members")
    return [entry.function for entry in campus.log if entry.function in writes]


def test_a_plan_says_what_it_could_not_read(make_service: ServiceFactory, sqlite_url: str, campus: Campus) -> None:
    campus.kelas.course("KLS-II").visible = False
    campus.kelas.accounts[campus.kelas.token].capabilities.discard("moodle/course:viewhiddencourses")
    service = make_service(sqlite_url)

    planned = service.run(dry_run=True)
    ended = service.run()

    assert ended.run.outcome is RunOutcome.PARTIAL
    assert any("KLS-II" in message for message in ended.run.messages)
    assert planned.run.outcome is RunOutcome.PARTIAL
    assert any("KLS-II" in message for message in planned.run.messages)
