"""What an unmet rule does, and the methods of a programme, in whole runs (rules 13 and 14)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from seen_in_runs import EVALUATION, angkatan, enrolled, in_group, nip_of, placed
from service import PROGRAMME, Command, ServiceFactory, default_angkatan

from latsar_sync.demo import Campus
from latsar_sync.domain.request import RunOutcome
from latsar_sync.store import baselines


def test_seats_that_are_left_are_filled_by_others_from_the_day_on_and_their_decision_stays(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    opens = datetime.now(UTC).date() + timedelta(days=3)
    service = make_service(
        sqlite_url,
        programme=f'effect = "prioritise"\nfill_from = {opens}',
        angkatan=angkatan("I", "capacity = 21"),
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
    assert len(holding) == 20  # one of the seats is taken by a student who is not in the MOOC
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
    assert len(enrolled(campus, "PJJ")) > 10


def test_an_angkatan_without_an_in_class_phase_is_judged_and_sent_nowhere_and_whoever_asks_is_told_why(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, command: Command
) -> None:
    without = '\n[[programmes.angkatan]]\nid = "I"\nsource_group = "Angkatan I"\n'
    service = make_service(sqlite_url, angkatan=without + angkatan("III"))
    before = enrolled(campus, "KLS-I"), in_group(campus, "KLS-I", "Angkatan I")

    result = service.run()
    told = " ".join(command(service, "explain", nip_of("score_exactly_70"))[1].split())

    assert result.run.outcome is RunOutcome.OK
    assert "not on the roster Their angkatan has no in-class phase" in told
    assert service.participants()[nip_of("score_exactly_70")]["groups"] == ["Angkatan I"]
    assert service.participants()[nip_of("score_exactly_70")]["outcome"] == "qualified"
    assert nip_of("score_exactly_70") not in service.roster()
    assert (enrolled(campus, "KLS-I"), in_group(campus, "KLS-I", "Angkatan I")) == before


def test_another_effect_lets_nobody_in_before_a_person_released_it(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    seats = default_angkatan({"I": 90, "II": 90, "III": 90})
    make_service(sqlite_url, angkatan=seats).first_run()
    courses = campus.kelas.snapshot()
    other = make_service(sqlite_url, programme='effect = "warn"', angkatan=seats)
    not_yet = {row["participant_id"] for row in other.participants().values() if row["outcome"] == "not_yet"}

    held = other.run().run
    unchanged = campus.kelas.snapshot() == courses
    released, after = other.run(accept=True, by="Rina").run, other.run().run

    [found] = held.findings
    assert (found.code, found.before, found.now) == ("effect_changed", "block", "warn")
    assert set(found.people) == not_yet
    assert unchanged
    assert other.roster()[nip_of("score_69_99")]["state"] == "confirmed"
    assert (released.outcome, after.outcome, after.findings) == (RunOutcome.OK, RunOutcome.OK, ())


def test_nobody_is_sent_without_the_approval_that_was_asked_for_before_a_person_released_it(
    make_service: ServiceFactory, sqlite_url: str
) -> None:
    asked = make_service(sqlite_url, programme='push = "confirmed"')
    asked.first_run()
    with asked.database.writing() as connection:  # as an older version left it
        known = baselines.load_baseline(connection, PROGRAMME)
        assert known is not None
        baselines.save_baseline(connection, PROGRAMME, replace(known, effects=None), 1, datetime.now(UTC))
    asked.run()
    waiting = {row["participant_id"] for row in asked.roster().values() if row["roster_reason"] == "awaiting_approval"}
    other = make_service(sqlite_url)

    held = other.run().run
    released = other.run(accept=True, by="Rina").run

    [found] = held.findings
    assert (found.code, found.before, found.now, held.counts["pushed"]) == ("push_changed", "confirmed", "auto", 0)
    assert waiting
    assert waiting <= set(found.people)
    assert (released.outcome, released.counts["pushed"]) == (RunOutcome.OK, len(waiting))


def test_whoever_holds_another_role_in_the_mooc_is_no_participant_before_a_person_released_it(
    make_service: ServiceFactory, sqlite_url: str
) -> None:
    make_service(sqlite_url).first_run()
    other = make_service(sqlite_url, programme='participant_roles = ["student", "editingteacher"]')

    held = other.run(full=True).run
    people = len(other.participants())
    released = other.run(accept=True, by="Rina").run

    assert [(each.code, each.now) for each in held.findings] == [("roles_changed", "editingteacher, student")]
    assert (released.outcome, len(other.participants())) == (RunOutcome.OK, people + 1)
