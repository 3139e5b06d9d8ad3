"""Reading by a list of NIPs: nobody but the people of the list is read, and the same is decided as by course."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from few_people import seed_few
from service import PROGRAMME, KnownCampus, Service, ServiceFactory

from latsar_sync.demo import CASES, Campus
from latsar_sync.demo.rights import MOOC_TOKEN
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.nip import check_nip
from latsar_sync.domain.participant import Enrolment
from latsar_sync.domain.request import RunOutcome
from latsar_sync.moodle import transport
from latsar_sync.moodle.functions import Arguments, Function
from latsar_sync.run.pipeline import ProgrammeResult
from latsar_sync.store import participants

BY_NUMBER = "core_user_get_users_by_field"
PROFILES = "core_user_get_course_user_profiles"
PEOPLE = "core_enrol_get_enrolled_users"
MOOC = "MOOC-LATSAR"
NOW = 1_790_000_000
Outcomes = dict[int, tuple[Enrolment, str, list[str]]]


def by_list(campus: Campus) -> None:
    """Let the service of the MOOC hold what reading by list needs."""
    campus.mooc.accounts[MOOC_TOKEN].functions |= {PROFILES, BY_NUMBER}


@dataclass
class Pair:
    """Two services of one campus and one placement list: one reads by course, one by list."""

    by_course: Service
    by_list: Service
    campus: Campus
    nips: frozenset[str]

    def run(self, **asked: object) -> tuple[ProgrammeResult, ProgrammeResult]:
        """Run both; while it is the course's turn the function that reading by list needs is not in the service."""
        functions = self.campus.mooc.accounts[MOOC_TOKEN].functions
        functions.discard(PROFILES)
        first = self.by_course.run(**asked)
        by_list(self.campus)
        self.campus.log.clear()
        return first, self.by_list.run(**asked)

    def outcomes(self, service: Service) -> Outcomes:
        """Return enrolment, outcome and reasons of everybody known, by user id in the MOOC."""
        with service.database.reading() as connection:
            records = participants.load_records(connection, PROGRAMME)
        return {
            user_id: (
                each.participant.person.enrolment,
                str(each.decision.outcome),
                [r.code for r in each.decision.reasons],
            )
            for user_id, each in records.items()
            if each.decision is not None
        }

    def compare(self, **asked: object) -> Outcomes:
        """Run both and show that they decide the same about everybody whom reading by list knows; return that."""
        for result in self.run(**asked):
            assert result.run.outcome is RunOutcome.OK, result
        return self.same()

    def same(self) -> Outcomes:
        """Show that both have decided the same about everybody whom reading by list knows; return that."""
        mine, others = self.outcomes(self.by_list), self.outcomes(self.by_course)
        assert mine == {who: others[who] for who in mine}
        return mine

    def person(self, case: str) -> int:
        """Return the MOOC account of a case's person."""
        name = CASES[case][0]
        return name if isinstance(name, int) else self.campus.mooc.user_id(name)


@pytest.fixture
def campus() -> Iterator[KnownCampus]:
    with KnownCampus(NOW, seed_few) as campus:
        yield campus


@pytest.fixture
def pair(make_service: ServiceFactory, tmp_path: Path, campus: KnownCampus) -> Pair:
    """Give two services after their first runs; the list holds the people of the angkatan's groups."""
    mooc = campus.mooc
    [course] = [each for each in mooc.courses.values() if each.shortname == MOOC]
    rows = {}
    for group in course.groups.values():
        for user_id in group.members:
            nip = check_nip(mooc.users[user_id].idnumber, date(2026, 9, 21)).nip
            if nip is not None and group.name.startswith("Angkatan"):
                rows[nip] = group.name.removeprefix("Angkatan ")
    (tmp_path / "list.csv").write_text("NIP,angkatan\n" + "".join(f"{nip},{name}\n" for nip, name in rows.items()))
    placed = 'push = "confirmed"\nplacement = "list"\nplacement_file = "list.csv"'
    services = [make_service(f"sqlite:///{tmp_path / name}.db", programme=placed) for name in ("course", "list")]
    pair = Pair(services[0], services[1], campus, frozenset(rows))
    services[0].first_run()
    campus.log.clear()
    campus.begin_with(by_list)
    services[1].first_run()
    assert pair.same()
    return pair


def _sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Arguments]]:
    """Note every call from now on, those inside batches by themselves."""
    sent: list[tuple[str, Arguments]] = []
    original = transport.form_body

    def note(function: Function, arguments: Arguments, token: str) -> str:
        inner = arguments.get("requests")
        calls = [(each["function"], json.loads(each["arguments"])) for each in inner] if inner else None  # type: ignore
        sent.extend(calls or [(str(function), arguments)])
        return original(function, arguments, token)

    monkeypatch.setattr(transport, "form_body", note)
    return sent


def test_nobody_but_the_people_of_the_list_is_known_and_the_same_is_decided(pair: Pair) -> None:
    mine, everybody = pair.outcomes(pair.by_list), pair.outcomes(pair.by_course)

    assert mine.keys() < everybody.keys()
    assert {pair.campus.mooc.users[who].idnumber for who in mine} <= pair.nips
    listed = {who for who in everybody if pair.campus.mooc.users[who].idnumber in pair.nips}
    assert mine.keys() == listed


def test_quiet_full_and_single_runs_read_no_stranger_in_a_few_requests(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = pair.outcomes(pair.by_list)
    requests = {}
    for name, asked in (("quiet", {}), ("full", {"full": True}), ("one", {"nip": min(pair.nips)})):
        sent = _sent(monkeypatch)
        pair.campus.log.clear()
        assert pair.by_list.run(**asked).run.outcome is RunOutcome.OK
        requests[name] = sum(entry.site == "mooc" for entry in pair.campus.log)
        lists = [arguments for function, arguments in sent if function == PEOPLE and len(arguments) == 2]
        about = {each["userid"] for _function, each in sent if each.get("userid")}
        profiles = {each["userid"] for function, them in sent if function == PROFILES for each in them["userlist"]}
        in_the_mooc = [each for each in lists if each["courseid"] == 2 and "groupid" not in json.dumps(each)]
        assert not in_the_mooc
        assert about | profiles <= mine.keys()
    assert requests["quiet"] <= 4
    assert requests["full"] <= 6
    assert requests["one"] == 1
    assert pair.outcomes(pair.by_list) == mine


def _suspend(pair: Pair, who: int) -> None:
    pair.campus.mooc.suspend_enrolment(MOOC, who)


def _end(pair: Pair, who: int) -> None:
    pair.campus.mooc.unenrol(MOOC, who)


def _delete(pair: Pair, who: int) -> None:
    pair.campus.mooc.unenrol(MOOC, who)
    pair.campus.mooc.users[who].deleted = True
    pair.campus.mooc.users[who].idnumber = ""


def _share(pair: Pair, who: int) -> None:
    other = pair.person("no_angkatan")
    pair.campus.mooc.users[other].idnumber = pair.campus.mooc.users[who].idnumber


def _change(pair: Pair, who: int) -> None:
    pair.campus.mooc.users[who].idnumber = "199001012025041999"


def _spoil(pair: Pair, who: int) -> None:
    pair.campus.mooc.users[who].idnumber = "3578"


def _blanks(pair: Pair, who: int) -> None:
    nip = pair.campus.mooc.users[who].idnumber
    pair.campus.mooc.users[who].idnumber = f"{nip[:8]} {nip[8:14]} {nip[14]} {nip[15:]}"


BEFALLS: tuple[Callable[[Pair, int], None], ...] = (_suspend, _end, _delete, _share, _change, _spoil, _blanks)


def test_what_befalls_somebody_of_the_list_is_decided_as_by_course(pair: Pair) -> None:
    before = pair.outcomes(pair.by_list)
    people = dict(zip(BEFALLS, sorted(before), strict=False))
    for change, who in people.items():
        change(pair, who)

    after = pair.compare(full=True)

    unchanged = {change for change, who in people.items() if after[who] == before[who]}
    assert unchanged == {_blanks, _change}


def test_who_comes_back_and_who_gets_the_right_number_are_taken_in_by_an_incremental_run(pair: Pair) -> None:
    gone, wrong = sorted(pair.outcomes(pair.by_list))[:2]
    mooc = pair.campus.mooc
    number = mooc.users[wrong].idnumber
    mooc.unenrol(MOOC, gone)
    mooc.users[wrong].idnumber = ""
    outcomes = pair.compare(full=True)
    assert outcomes[gone][0] is Enrolment.ENDED
    assert "nip_missing" in outcomes[wrong][2]

    mooc.enrol(MOOC, gone)
    mooc.users[wrong].idnumber = number

    outcomes = pair.compare()
    assert outcomes[gone][0] is Enrolment.ACTIVE
    assert "nip_missing" not in outcomes[wrong][2]


def test_a_hidden_course_tells_suspended_people_by_their_ids_alone(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    [course] = [each for each in pair.campus.mooc.courses.values() if each.shortname == MOOC]
    course.visible = False
    who = min(pair.outcomes(pair.by_list))
    pair.campus.mooc.suspend_enrolment(MOOC, who)
    sent = _sent(monkeypatch)

    assert pair.compare(full=True)[who][0] is Enrolment.SUSPENDED

    asked = [
        json.dumps(arguments)
        for function, arguments in sent
        if function == PEOPLE and "onlysuspended" in json.dumps(arguments)
    ]
    assert asked
    assert all('"value": "id"' in each for each in asked)


def test_numbers_that_no_participant_carries_are_told_however_people_are_read_and_stop_nothing(pair: Pair) -> None:
    pair.campus.mooc.add_user("Bukan", "Peserta", "199002022025041002", username="bukan.peserta")
    file = pair.by_list.config.parent / "list.csv"
    file.write_text(file.read_text() + "199001012025041999,I\n199002022025041002,I\n")
    pair.campus.mooc.unenrol(MOOC, pair.person("score_69_99"))  # who was known says so themselves

    for result in pair.run():
        assert result.run.outcome is RunOutcome.OK
        assert any("2 numbers of the list" in each for each in result.run.messages), result.run.messages


def test_an_account_that_sees_no_numbers_stops_the_first_run_with_the_right_it_lacks(
    pair: Pair, make_service: ServiceFactory, tmp_path: Path
) -> None:
    pair.campus.mooc.accounts[MOOC_TOKEN].capabilities.discard("moodle/user:viewalldetails")
    placed = 'push = "confirmed"\nplacement = "list"\nplacement_file = "list.csv"'

    result = make_service(f"sqlite:///{tmp_path / 'new'}.db", programme=placed).run()

    assert result.run.outcome is RunOutcome.FAILED
    assert "moodle/user:viewalldetails" in str(result.error)


def test_a_person_who_is_not_in_the_course_is_refused_by_their_number(pair: Pair) -> None:
    result = pair.by_list.run(nip="199001012025041999")

    assert isinstance(result.error, UsageError)


def test_somebody_in_the_course_who_is_on_no_list_is_neither_read_nor_kept(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [each.idnumber for each in pair.campus.mooc.users.values()]
    stranger = next(each for each in numbers if each.isdigit() and len(each) == 18 and each not in pair.nips)
    known, sent = pair.outcomes(pair.by_list), _sent(monkeypatch)
    result = pair.by_list.run(nip=stranger)

    assert isinstance(result.error, UsageError)
    assert "on no list of this programme" in str(result.error)
    assert not [name for name, _ in sent if "user" in name]
    assert pair.outcomes(pair.by_list) == known


def test_people_known_from_reading_the_course_are_left_as_they_were(pair: Pair) -> None:
    before = pair.outcomes(pair.by_course)
    assert pair.by_course.run(full=True).run.outcome is RunOutcome.OK

    assert pair.outcomes(pair.by_course) == before


def test_an_account_made_anew_with_the_number_of_one_that_is_gone_counts_once_that_one_was_seen_to_be_gone(
    pair: Pair,
) -> None:
    mooc, old = pair.campus.mooc, pair.person("score_69_99")
    nip = mooc.users[old].idnumber
    mooc.delete_user(old)
    new = mooc.add_user("Dibuat", "Kembali", nip, username="kembali").id
    mooc.enrol(MOOC, new)

    pair.run()
    pair.run()
    mine = pair.same()

    assert (mine[old][0], mine[new][0]) == (Enrolment.ENDED, Enrolment.ACTIVE)
    assert mine[new][2][0] == "no_grade"
