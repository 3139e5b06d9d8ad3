"""A run about one person looks at few of many people, and decides and places as one that looks at them all."""

from decimal import Decimal
from pathlib import Path

import pytest
from service import PROGRAMME, Command, KnownCampus, ServiceFactory
from timed_office import MOOC, Office, Time, TwoOffices

from latsar_sync.demo import Campus
from latsar_sync.demo.rights import MOOC_TOKEN
from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entries_of_one import EntriesRead
from latsar_sync.domain.entry import EntryState
from latsar_sync.domain.nip import BORN
from latsar_sync.domain.standings_of_one import Sought
from latsar_sync.moodle.people_by_list import NEEDED
from latsar_sync.store.entries import load_entries, roster_of_one
from latsar_sync.store.known_of_one import KnownOfOne
from latsar_sync.store.known_people import load_known

PLACED = 6
GROUPS = ("Angkatan I", "Angkatan II", "Angkatan III")


@pytest.fixture
def campus(timed_campus: KnownCampus) -> Campus:
    return timed_campus


@pytest.fixture
def two(
    make_service: ServiceFactory, tmp_path: Path, campus: Campus, time: Time, monkeypatch: pytest.MonkeyPatch
) -> TwoOffices:
    return TwoOffices(make_service, tmp_path, campus, time, monkeypatch)


def both(two: TwoOffices, command: Command, *words: str) -> None:
    """Let a named person do the same in both services."""
    for office in (two.all_known, two.few_known):
        assert command(office.service, *words, "--by", "Ratna", "--reason", "Berita acara 7")[0] == 0


def test_one_person_is_decided_about_and_placed_as_where_everybody_is_looked_at(
    two: TwoOffices, campus: Campus, command: Command
) -> None:
    office, same, mooc = two.all_known, two.decide_alike, campus.mooc
    before = same()
    failed, waits = office.person("score_69_99"), office.person("page_missing")
    somebody, third = [number for number, each in before.items() if each[2].outcome == "qualified"][:2]
    nip, others, thirds = (mooc.users[each].idnumber for each in (failed, somebody, third))

    mooc.add_attempt(failed, office.evaluation, Decimal(9))
    passed = same(nip=nip)
    mooc.users[failed].idnumber = others
    twins = same(nip=others)
    mooc.users[failed].idnumber = nip
    new = mooc.add_user(mooc.users[failed].firstname, mooc.users[failed].lastname, f"{nip[:-3]}987")
    mooc.enrol(MOOC, new.id)
    mooc.set_grade(new.id, office.evaluation, Decimal(90), overridden=True)
    newcomer = same(nip=new.idnumber)
    both(two, command, "override", "hold", thirds)
    held = same(nip=thirds)
    office.finish_materials(waits)
    finished = same(nip=mooc.users[waits].idnumber)

    assert (before[failed][2].outcome, passed[failed][2].outcome) == ("not_yet", "qualified")
    assert passed[failed][PLACED] is not None
    assert twins[failed][2].reasons[0].code == "nip_duplicate"
    assert new.id in newcomer
    assert held[third][2].outcome == "held"
    assert (held[waits][2].outcome, finished[waits][2].outcome) == ("not_yet", "qualified")


def test_whoever_is_sought_beside_one_is_found_among_all_who_are_counted(
    make_service: ServiceFactory, database_url: str, campus: Campus, time: Time, command: Command
) -> None:
    service = make_service(database_url)
    office = Office(service, campus, time)
    office.begin()
    erased = campus.mooc.users[office.person("page_missing")].idnumber
    assert command(service, "person", "erase", erased, "--by", "Ratna", "--reason", "Surat 5", "--apply")[0] == 0
    with service.database.reading() as connection:
        known = KnownOfOne(service.database, PROGRAMME, "mooc", connection, "", (), beside=0)
        all_known, entries = load_known(connection, PROGRAMME), load_entries(connection, PROGRAMME)
    everybody = dict(known.standings({}))
    assert (len(everybody), known.outcomes()) == (len(all_known), all_known.outcomes())
    confirmed = {who for who, entry in entries.items() if entry.state is EntryState.CONFIRMED and not entry.reason}
    waiting = Outcome.NOT_YET
    one = next(each for each in everybody.values() if each.nip is not None and each.groups)
    told = {
        Sought(people=frozenset({one.participant_id})): lambda each: each == one,
        Sought(numbers=frozenset({one.nip or ""})): lambda each: each.nip == one.nip,
        Sought(born=frozenset({(one.nip or "")[:BORN]})): lambda each: (each.nip or "").startswith(one.nip[:BORN]),
        Sought(groups=frozenset(one.groups)): lambda each: not set(one.groups).isdisjoint(each.groups),
        Sought(outcomes=frozenset({waiting})): lambda each: each.outcome is waiting or each.merged,
        Sought(outcomes=frozenset({Outcome.QUALIFIED})): lambda each: (
            each.merged or (each.outcome is Outcome.QUALIFIED and each.participant_id not in confirmed)
        ),
        Sought(numbers=frozenset({one.nip or ""}), outcomes=frozenset({waiting})): lambda each: (
            each.nip == one.nip or each.outcome is waiting or each.merged
        ),
    }

    for sought, is_told in told.items():
        found = known.standings({}).sought(sought)
        assert found == {who: each for who, each in everybody.items() if is_told(each)}
        assert list(found) == [who for who in everybody if who in found]
    assert confirmed

    some = {
        "participant_id": [*list(entries)[:2], "nobody"],
        "angkatan": ["I", None],
        "reason": [next(filter(None, (each.reason for each in entries.values())))],
        "target_user_id": [next(filter(None, (each.target_user_id for each in entries.values()))), None],
    }
    for name, values in some.items():
        found_so = {who: each for who, each in entries.items() if getattr(each, name) in values}
        assert roster_of_one(service.database, PROGRAMME).among({name: values}) == found_so
    few = roster_of_one(service.database, PROGRAMME).a_few(2, site="kelas", state=EntryState.CONFIRMED)
    assert [(each.site, each.state) for each in few] == [("kelas", EntryState.CONFIRMED)] * 2


def test_one_person_is_placed_and_sent_by_the_entries_that_bear_on_them_as_by_the_whole_roster(
    make_service: ServiceFactory,
    tmp_path: Path,
    campus: Campus,
    time: Time,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    by_group = 'push = "auto"\nplacement = "group"'
    two = TwoOffices(make_service, tmp_path, campus, time, monkeypatch, programme=by_group)
    office, same, mooc, kelas = two.all_known, two.send_alike, campus.mooc, campus.kelas
    mooc.accounts[MOOC_TOKEN].functions |= set(map(str, NEEDED))  # one person is read alone
    before = same(full=True)

    def group_of(number: int) -> str:
        [name] = [each for each in GROUPS if number in mooc.group(MOOC, each).members]
        return name

    def seated(angkatan: str) -> list[int]:
        entries = {number: each[PLACED] for number, each in before.items() if each[PLACED] is not None}
        return [number for number, each in entries.items() if each[:2] == ("confirmed", angkatan)]

    failed, home = office.person("score_69_99"), group_of(office.person("score_69_99"))
    nip, course = mooc.users[failed].idnumber, home.replace("Angkatan ", "KLS-")
    elsewhere = next(each for each in GROUPS if each != home).removeprefix("Angkatan ")
    monkeypatch.setattr(EntriesRead, "look_at_all", lambda _read: pytest.fail("all entries were read"))

    # of those with a seat elsewhere somebody sits in the group, too, and an account carries the number of this one
    sits, carries = (kelas.user_ids(mooc.users[each].idnumber)[0] for each in seated(elsewhere)[-2:])
    kelas.enrol(course, sits)
    kelas.add_member(course, home, sits)
    kelas.users[kelas.user_ids(nip)[0]].idnumber, kelas.users[carries].idnumber = "", nip
    mooc.add_attempt(failed, office.evaluation, Decimal(9))
    doubled = same(nip=nip)
    waits = office.person("page_missing")
    office.finish_materials(waits)
    finished = same(nip=mooc.users[waits].idnumber)

    assert before[failed][2].outcome == "not_yet"
    assert doubled[failed][PLACED][3] == "target_account_taken"
    assert finished[waits][PLACED][0] is EntryState.CONFIRMED
