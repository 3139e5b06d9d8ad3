"""What a named person decides about one participant beats the rule, is shown, and survives later runs (rule 15)."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from service import PROGRAMME, Command, Service, ServiceFactory, default_angkatan
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from latsar_sync.demo import CASES, Campus
from latsar_sync.domain.request import RunOutcome, Step
from latsar_sync.store.listings import participant_rows

JUST_MISSED = str(CASES["score_69_99999"][0])
PASSED, OTHER, THIRD = (str(CASES["passed"][number]) for number in (0, 2, 4))
FOUND_INACTIVE = str(CASES["already_suspended"][0])


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    """Give the service for the bundled campus."""
    return make_service(sqlite_url)


def override(command: Command, service: Service, kind: str, nip: str, *more: str) -> tuple[int, str, str]:
    return command(service, "override", kind, nip, "--reason", "Berita acara 12/2026", "--by", "Ratna", *more)


def is_in_class(campus: Campus, nip: str) -> bool:
    user_id = campus.kelas.user_id(nip)
    return any(user_id in campus.kelas.course(f"KLS-{each}").enrolments for each in ("I", "II", "III"))


def codes(service: Service, nip: str) -> list[str]:
    return [code for code, _ in service.participants()[nip]["reasons"]]


def row(service: Service, nip: str) -> tuple[str | None, str | None, str | None]:
    found = service.roster().get(nip)
    return (found["state"], found["roster_reason"], found["admission"]) if found else (None, None, None)


def test_whoever_is_admitted_by_name_is_pushed_though_the_rule_says_not_yet(
    service: Service, campus: Campus, command: Command
) -> None:
    service.first_run()

    code, _, _ = override(command, service, "admit", JUST_MISSED)
    service.run()
    later = service.run(full=True)

    assert code == 0
    assert is_in_class(campus, JUST_MISSED)
    assert row(service, JUST_MISSED) == ("confirmed", None, "override")
    assert service.participants()[JUST_MISSED]["outcome"] == "not_yet"
    assert "admitted_by_override" in [code for code, _ in service.participants()[JUST_MISSED]["reasons"]]
    assert later.run.counts["pushed"] == 0


def test_an_admission_beats_a_full_course_and_a_date_that_has_passed(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, command: Command
) -> None:
    closed = default_angkatan({"I": 2}) + "admit_until = 2020-01-01\n"
    service = make_service(sqlite_url, angkatan=closed)
    service.first_run()

    override(command, service, "admit", JUST_MISSED)
    full = service.run(full=True)

    assert row(service, JUST_MISSED)[0] == "confirmed"
    assert is_in_class(campus, JUST_MISSED)
    assert not [said for said in full.run.messages if "seats taken" in said]
    assert command(service, "db", "check")[0] == 0


def test_whoever_is_held_before_the_first_push_is_not_sent_until_released(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, command: Command
) -> None:
    service = make_service(sqlite_url, programme='push = "confirmed"')
    service.first_run()

    override(command, service, "hold", PASSED)
    command(service, "roster", "approve", "--by", "Sari")
    held = service.run()
    state_while_held = row(service, PASSED)
    decision_while_held = service.participants()[PASSED]["outcome"]
    override(command, service, "release", PASSED)
    service.run()

    assert held.run.counts["held"] == 1
    assert (state_while_held[:2], decision_while_held) == (("planned", "held"), "held")
    assert row(service, PASSED)[0] == "confirmed"


def test_whoever_is_held_gets_in_by_no_new_account_with_the_same_number(
    service: Service, campus: Campus, command: Command
) -> None:
    service.first_run()
    mooc, evaluation = campus.mooc, campus.mooc.module_named("EVAL-AKADEMIK").cmid
    override(command, service, "hold", JUST_MISSED)
    old = mooc.user_id(JUST_MISSED)
    mooc.delete_user(old)
    new = mooc.add_user("Akun", "Baru", JUST_MISSED, username="akun.baru").id
    mooc.enrol("MOOC-LATSAR", new)
    mooc.add_member("MOOC-LATSAR", "Angkatan I", new)
    for module in mooc.course("MOOC-LATSAR").modules:
        mooc.set_completion(new, module.cmid, 1)
    mooc.set_grade(new, evaluation, Decimal(90))

    service.run()

    with service.database.reading() as connection:
        people = participant_rows(connection, [PROGRAMME], nip=JUST_MISSED)
    assert {each["source_user_id"]: each["outcome"] for each in people} == {old: "held", new: "undetermined"}
    assert not is_in_class(campus, JUST_MISSED)


def test_an_admission_sends_nobody_else_who_has_the_account_now(
    service: Service, campus: Campus, command: Command
) -> None:
    service.first_run()
    override(command, service, "admit", JUST_MISSED)
    given = campus.mooc.users[campus.mooc.user_id(JUST_MISSED)]
    given.firstname, given.lastname, given.idnumber = "Bambang", "Sutejo", "198011232009112003"
    campus.kelas.add_user("Bambang", "Sutejo", given.idnumber)

    service.run()

    assert not is_in_class(campus, given.idnumber)
    assert codes(service, given.idnumber) == ["account_handed_over", "score_below_threshold"]

    by = ("--reason", "Surat 5", "--by", "Ratna")
    assert command(service, "identity", "correct", given.idnumber, "--to", given.idnumber, *by)[0] == 0
    service.run()
    assert not is_in_class(campus, given.idnumber)
    assert codes(service, given.idnumber) == ["score_below_threshold"]

    assert command(service, "identity", "correct", given.idnumber, "--undo", *by)[0] == 0
    service.run()
    assert "account_handed_over" in codes(service, given.idnumber)
    override(command, service, "admit", given.idnumber)
    service.run()
    assert is_in_class(campus, given.idnumber)


def test_a_hold_ends_by_itself_after_its_last_day(service: Service, command: Command) -> None:
    service.first_run()
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    override(command, service, "hold", PASSED, "--until", str(tomorrow))

    service.run()
    during = service.participants()[PASSED]["outcome"]
    service.run(now=datetime.now(UTC) + timedelta(days=3))

    assert (during, service.participants()[PASSED]["outcome"]) == ("held", "qualified")


def test_whoever_is_in_the_course_stays_there_while_held(service: Service, campus: Campus, command: Command) -> None:
    service.first_run()

    override(command, service, "hold", PASSED)
    service.run()
    service.run(full=True)

    assert is_in_class(campus, PASSED)
    assert row(service, PASSED)[0] == "confirmed"


def test_whoever_a_manager_removed_comes_back_only_by_an_admission(
    service: Service, campus: Campus, command: Command
) -> None:
    service.first_run()
    campus.kelas.unenrol(str(service.roster()[PASSED]["course"]), campus.kelas.user_id(PASSED))
    service.run(full=True)
    removed = row(service, PASSED)

    override(command, service, "admit", PASSED)
    service.run()

    assert removed[:2] == ("withdrawn", "target_removed")
    assert row(service, PASSED) == ("confirmed", None, "override")
    assert is_in_class(campus, PASSED)


def test_an_admission_in_the_same_words_is_a_new_one_where_something_befell_them_since_the_first(
    service: Service, campus: Campus, command: Command
) -> None:
    service.first_run()
    assert override(command, service, "admit", PASSED)[0] == 0
    service.run()
    while_confirmed = override(command, service, "admit", PASSED)[0]
    campus.kelas.unenrol(str(service.roster()[PASSED]["course"]), campus.kelas.user_id(PASSED))
    service.run(full=True)
    removed = row(service, PASSED)[:2]

    once, twice = (override(command, service, "admit", PASSED)[0] for _ in range(2))
    service.run()

    assert (while_confirmed, removed, once, twice) == (2, ("withdrawn", "target_removed"), 0, 2)
    assert row(service, PASSED) == ("confirmed", None, "override")
    assert service.count("overrides") == 2


def test_an_admission_that_is_released_before_anything_was_sent_puts_nobody_back(
    service: Service, campus: Campus, command: Command
) -> None:
    service.first_run()
    people = (PASSED, OTHER, THIRD, FOUND_INACTIVE)
    ids = {nip: campus.kelas.user_id(nip) for nip in people}
    course = {nip: str(service.roster()[nip]["course"]) for nip in people}
    campus.kelas.unenrol(course[PASSED], ids[PASSED])
    campus.kelas.suspend_enrolment(course[OTHER], ids[OTHER])
    campus.kelas.remove_member(course[THIRD], course[THIRD].replace("KLS-", "Angkatan "), ids[THIRD])
    service.run(full=True)
    before, courses = [row(service, nip)[:2] for nip in people], campus.kelas.snapshot()

    for nip in people:
        override(command, service, "admit", nip)
        override(command, service, "release", nip)
    service.run()
    after, left_as_it_was = [row(service, nip)[:2] for nip in people], campus.kelas.snapshot() == courses
    for nip in people:
        override(command, service, "admit", nip)
    service.run()

    assert before == [
        ("withdrawn", "target_removed"),
        ("withdrawn", "target_removed"),
        ("review", "target_group_left"),
        ("review", "target_enrolment_inactive"),
    ]
    assert (after, left_as_it_was) == (before, True)
    assert {row(service, nip) for nip in people} == {("confirmed", None, "override")}


def test_whoever_no_longer_qualifies_leaves_review_by_an_admission(
    service: Service, campus: Campus, command: Command
) -> None:
    service.first_run()
    cmid = campus.mooc.module_named("EVAL-AKADEMIK").cmid
    campus.mooc.set_grade(campus.mooc.user_id(PASSED), cmid, Decimal(50))
    service.run(full=True)
    dropped = row(service, PASSED)

    override(command, service, "admit", PASSED)
    service.run()
    quiet = service.run(full=True)

    assert dropped[:2] == ("review", "no_longer_qualifies")
    assert row(service, PASSED) == ("confirmed", None, "override")
    assert (quiet.run.outcome, quiet.run.counts["pushed"]) == (RunOutcome.OK, 0)


def test_an_override_needs_a_reason_a_name_and_one_participant(service: Service, command: Command) -> None:
    service.first_run()
    people = service.participants().values()
    shared = next(each["nip"] for each in people if ["nip_duplicate", {}] in each["reasons"])

    blank, _, said = command(service, "override", "hold", PASSED, "--reason", " ", "--by", "Ratna")
    nobody, _, _ = override(command, service, "hold", "199508172025042003")
    several, _, told = override(command, service, "hold", str(shared))
    nothing, _, _ = override(command, service, "release", PASSED)
    past, _, _ = override(command, service, "hold", PASSED, "--until", "2020-01-01")

    assert (blank, nobody, several, nothing, past) == (2, 2, 2, 2, 2)
    assert "--reason is empty" in said
    assert "internal id" in told
    assert service.count("overrides") == 0


def test_the_list_and_the_explanation_show_who_decided_what_and_why(service: Service, command: Command) -> None:
    service.first_run()
    override(command, service, "hold", PASSED)
    override(command, service, "admit", PASSED)

    _, listed, _ = command(service, "override", "list", "--json")
    _, explained, _ = command(service, "explain", PASSED, "--json")
    _, shown, _ = command(service, "explain", PASSED)

    lines = json.loads(listed)
    assert [(line["kind"], line["in_force"]) for line in lines] == [("hold", False), ("admit", True)]
    assert [each["by"] for each in json.loads(explained)["overrides"]] == ["Ratna", "Ratna"]
    assert "Berita acara 12/2026" in shown


def test_the_database_refuses_to_change_an_override(
    make_service: ServiceFactory, database_url: str, command: Command
) -> None:
    service = make_service(database_url)
    service.first_run()
    override(command, service, "hold", PASSED)

    for statement in ("UPDATE overrides SET reason = 'x'", "DELETE FROM overrides"):
        with pytest.raises(DBAPIError, match="append-only"), service.database.writing() as connection:
            connection.execute(text(statement))


def test_a_preview_names_who_would_move_and_records_nothing(service: Service, command: Command) -> None:
    service.first_run()
    before = (service.count("thresholds"), service.count("decisions"), service.roster())

    _, higher, _ = command(service, "threshold", "preview", "70,5", "--programme", PROGRAMME, "--json")
    _, lower, _ = command(service, "threshold", "preview", "69.99999", "--programme", PROGRAMME, "--json")
    _, same, _ = command(service, "threshold", "preview", "70", "--programme", PROGRAMME)
    wrong, _, _ = command(service, "threshold", "preview", "no", "--programme", PROGRAMME)

    exactly = {str(nip) for nip in CASES["score_exactly_70"]}
    assert exactly <= {move["nip"] for move in json.loads(higher)["moves"] if move["after"] == "not_yet"}
    assert {move["nip"] for move in json.loads(lower)["moves"]} == {str(nip) for nip in CASES["score_69_99999"]} | {
        move["nip"] for move in json.loads(lower)["moves"] if move["score"] in ("69.99999", "69.99600")
    }
    assert f"none of {service.count('decisions')} decisions would change" in same
    assert wrong == 2
    assert (service.count("thresholds"), service.count("decisions"), service.roster()) == before


def test_whoever_is_held_or_to_be_erased_while_a_run_is_under_way_is_not_sent_by_it(
    service: Service, campus: Campus, command: Command
) -> None:
    def decide_at_the_last_moment(_programme: str, step: Step, _count: int) -> None:
        if step is Step.ENROL and service.count("overrides") == 0:
            assert override(command, service, "hold", PASSED)[0] == 0
            erase = "person", "erase", OTHER, "--reason", "permintaan 3", "--by", "Siti", "--apply"
            assert command(service, *erase)[0] == 0

    # the first run knows nobody by their NIP before it has read them
    first = service.run(progress=decide_at_the_last_moment)
    state = row(service, PASSED)[0]
    service.run()

    assert first.run.outcome is RunOutcome.OK
    assert first.run.counts["confirmed"] > 10
    assert (is_in_class(campus, PASSED), is_in_class(campus, OTHER)) == (False, False)
    assert state == "planned"
    assert service.participants()[PASSED]["outcome"] == "held"


def test_whoever_is_held_after_the_enrolment_is_not_put_into_the_group_until_released(
    service: Service, campus: Campus, command: Command
) -> None:
    def hold_between(_programme: str, step: Step, _count: int) -> None:
        if step is Step.ADD_TO_GROUPS and service.count("overrides") == 0:
            override(command, service, "hold", PASSED)

    service.run(progress=hold_between)
    service.run(full=True)
    held = row(service, PASSED)[:2], campus.kelas.user_id(PASSED) in campus.kelas.group("KLS-II", "Angkatan II").members
    override(command, service, "release", PASSED)
    service.run()

    assert held == (("pushed", "held"), False)
    assert row(service, PASSED)[0] == "confirmed"


def test_what_is_decided_while_a_run_is_under_way_is_carried_out_when_it_ends(
    service: Service, campus: Campus, command: Command
) -> None:
    service.first_run()
    account = campus.kelas.course("KLS-II").enrolments.pop(campus.kelas.user_id(PASSED))
    service.run(full=True)
    withdrawn = row(service, PASSED)[0]

    def admit(_programme: str, step: Step, _count: int) -> None:
        if step is Step.PLACE and service.count("overrides") == 0:
            assert override(command, service, "admit", PASSED)[0] == 0

    service.run(full=True, progress=admit)
    after = row(service, PASSED)
    service.run()

    assert account is not None
    assert withdrawn == "withdrawn"
    assert after[0] in ("waitlisted", "planned")
    assert is_in_class(campus, PASSED)
