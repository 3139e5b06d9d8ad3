"""What the pages ask of the database, on SQLite and PostgreSQL alike."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from service import PROGRAMME, TOKENS, Service, new_postgres
from sqlalchemy import Connection, event, insert, select, update
from unattended import programme, small_campus, urls_of, write_config

from latsar_sync.domain.account import Account, Role
from latsar_sync.domain.entry import HOLDS_A_SEAT
from latsar_sync.domain.spelling import search_form, sort_form
from latsar_sync.domain.stages import FOLLOW_UP, NEEDS, ON_NO_ROSTER, SEATED, STAGES, UNSEATED, WITHOUT
from latsar_sync.exports.chase_list import lacks_something
from latsar_sync.exports.letters import LetterRequest, compose_letters
from latsar_sync.exports.one_letter import LetterKind
from latsar_sync.settings import load_settings
from latsar_sync.shapes.funnel import funnels, whole_in_brief
from latsar_sync.store import accounts, counts, institutions, ledger, listings, queue, queue_taking, searches
from latsar_sync.store.database import Database
from latsar_sync.store.identities import alike, sort_names
from latsar_sync.store.search_conditions import Search
from latsar_sync.store.searches import SORTS
from latsar_sync.store.tables import decisions, identities, participants, roster_entries

HOMES = (("1", "Ambon"), ("2", "Serang"))


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Give a service that has run over 12 people, on either database."""
    folder = tmp_path_factory.mktemp("searches")
    address = "" if request.param == "sqlite" else new_postgres(request.getfixturevalue("postgres_server"))
    with small_campus(12, 2) as campus:
        config = write_config(folder / "latsar.toml", programme(PROGRAMME), urls_of(campus), address)
        settings = load_settings(config, TOKENS)
        database = Database(settings.database_url)
        database.upgrade()
        service = Service(config, settings, database)
        service.run()
    yield service
    database.close()


def test_every_filter_finds_exactly_whom_a_listing_shows(service: Service) -> None:
    rows = list(service.participants().values())
    one = next(row for row in rows if row["state"] == "confirmed")
    low = [row for row in rows if "score_below_threshold" in dict(row["reasons"] or [])]

    def found(**wanted: Any) -> set[str]:
        with service.database.reading() as connection:
            people, total = searches.find_people(connection, PROGRAMME, Search(**wanted), 0, 50)
        assert total == len(people)
        return {row["participant_id"] for row in people}

    def expected(what: str, value: object) -> set[str]:
        return {row["participant_id"] for row in rows if row[what] == value}

    assert found() == {row["participant_id"] for row in rows}
    assert found(text=one["nip"]) == {one["participant_id"]}
    assert one["participant_id"] in found(text=one["name"].upper())
    assert found(text="%") == found(text="_") == set()
    assert found(stage="no such") == found(need="no such") == set()
    assert found(state="confirmed") == expected("state", "confirmed")
    assert found(state="not_yet") == expected("outcome", "not_yet")
    assert found(angkatan="1") == expected("angkatan", "1")
    assert found(angkatan="1", group="Angkatan 1", groups=("Angkatan 1", "Angkatan 2")) == expected(
        "groups", ["Angkatan 1"]
    )
    assert found(institution=one["institution"]) == expected("institution", one["institution"])
    assert found(reason="score_below_threshold") == {row["participant_id"] for row in low}
    seated = {row["participant_id"] for row in rows if row["state"] in HOLDS_A_SEAT}
    assert found(place=SEATED) == found(place=SEATED, admission="rule") == seated
    assert found(place=UNSEATED) == {row["participant_id"] for row in rows} - seated


def test_what_is_counted_by_institution_is_what_its_documents_list(service: Service) -> None:
    settings = service.settings
    configured = settings.programme(PROGRAMME)
    everybody = [row for row in service.participants().values() if lacks_something(row)]
    with service.database.reading() as connection:
        lacking = institutions.lacking_by_institution(connection, PROGRAMME)
        called_up = {
            asked: institutions.called_up(connection, PROGRAMME, [asked] if asked else ["1", "2"], HOMES)
            for asked in (None, "1")
        }
        there = institutions.called_up(connection, PROGRAMME, ["1", "2"], HOMES, ["Serang"])
        rows = listings.roster_rows(connection, [PROGRAMME])
        some = listings.roster_rows(connection, [PROGRAMME], institutions=sorted(lacking)[:1])
    for angkatan in (None, "1"):
        request = LetterRequest(LetterKind.CALL_UP, datetime.now(UTC), angkatan)
        letters = compose_letters(settings, configured, rows, request)
        told = {name: (len(mine), sum(len(each.people) for each in mine)) for name, mine in letters.items()}

        assert {row["institution"]: (row["letters"], row["people"]) for row in called_up[angkatan]} == told
        assert told

    assert {row["institution"] for row in there} == {row["institution"] for row in rows if row["angkatan"] == "2"}
    assert lacking == Counter(row["institution"] for row in everybody)
    assert list(lacking) == sorted(lacking)
    assert some == [row for row in rows if row["institution"] == sorted(lacking)[0]]


def call(connection: Connection, who: str, name: str, institution: str = "Dinas Kesehatan Kota Ambon") -> None:
    """Give somebody a name, as a run writes it."""
    words, order = search_form(f"{name} {institution}"), sort_form(name)
    connection.execute(
        update(identities)
        .where(identities.c.participant_id == who)
        .values(name=name, institution=institution, search_words=words, sort_name=order)
    )


@pytest.mark.parametrize(
    "typed", ["desiree", "MANSUR siti", "kesehatan mansur", "{digits} {last}", "ambon  désirée", "Siti Mansur"]
)
def test_any_words_in_any_order_without_accents_and_any_digits_find_somebody(service: Service, typed: str) -> None:
    """Once a NIP was found from its first digits only, and no two words in another order, no accent, no institution."""
    who = next(iter(service.participants().values()))
    typed = typed.format(digits=who["nip"][8:14], last=who["nip"][14:])
    with service.database.engine.connect() as connection:  # never committed
        call(connection, who["participant_id"], "dr. Désirée Siti Mansur")
        people, _total = searches.find_people(connection, PROGRAMME, Search(text=typed), 0, 50)

    assert who["participant_id"] in {row["participant_id"] for row in people}


def test_accounts_of_one_name_and_birth_date_under_two_nips_are_found(service: Service) -> None:
    ids = [row["participant_id"] for row in service.participants().values()][:5]
    names = ["dr. Siti Mansur", "SITI MANSUR, S.Ked.", "Siti Mansur", "Siti Mansur", "Siti Mansuri"]
    nips = [
        "198003122009042007",
        "198003122009042107",
        "198003132009042007",
        "198003122009042007",
        "198003122009042009",
    ]
    with service.database.engine.connect() as connection:  # never committed
        for who, name, nip in zip(ids, names, nips, strict=True):
            call(connection, who, name)
            connection.execute(update(identities).where(identities.c.participant_id == who).values(nip=nip))
        found, named = alike(connection, PROGRAMME), sort_names(connection, ids)
        connection.execute(update(participants).where(participants.c.id == ids[1]).values(merged_into=ids[0]))
        merged = alike(connection, PROGRAMME)

    assert found == [frozenset({ids[0], ids[1], ids[3]})]
    assert [named[who] for who in ids] == ["siti mansur"] * 4 + ["siti mansuri"]
    assert merged == []


def test_whoever_is_alike_is_looked_for_by_going_through_everybody_once(service: Service) -> None:
    """Once PostgreSQL compared each with everybody: 50,000 whom a first run had just written took ten minutes."""
    engine, asked = service.database.engine, list[tuple[str, Any]]()

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        alike(connection, PROGRAMME)
        event.remove(engine, "before_cursor_execute", note)
        statement, parameters = asked[-1]  # what comes first begins the transaction
        how = "EXPLAIN " if engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
        plan = "\n".join(map(str, connection.exec_driver_sql(how + statement, parameters)))

    assert len(re.findall(r"(?:SCAN|SEARCH|Scan) .*participants", plan)) == 1


def test_titles_before_a_name_do_not_count_in_its_order(service: Service) -> None:
    """Once apt., dr. and drg. stood after Z."""
    names = ["drg. Budi", "apt. Citra", "Abdul", "Prof. Dr. Ir. Dewi", "Eka"]
    people = [row["participant_id"] for row in service.participants().values()]
    with service.database.engine.connect() as connection:  # never committed
        for who, name in zip(people, [*names, *("Zainal",) * len(people)], strict=False):
            call(connection, who, name)
        found, _total = searches.find_people(connection, PROGRAMME, Search(), 0, 5)

    assert [row["name"] for row in found] == ["Abdul", "drg. Budi", "apt. Citra", "Prof. Dr. Ir. Dewi", "Eka"]


@pytest.mark.parametrize("typed", ["nuraini", "NUR'AINI", "nur\u2019aini", "nur\u200baini"])
def test_a_name_with_an_apostrophe_is_found_however_it_is_typed(service: Service, typed: str) -> None:
    who = next(iter(service.participants().values()))

    with service.database.engine.connect() as connection:  # never committed
        call(connection, who["participant_id"], "Siti Nur\u2019aini")
        people, _total = searches.find_people(connection, PROGRAMME, Search(text=typed), 0, 50)

    assert [row["participant_id"] for row in people] == [who["participant_id"]]


def test_pages_follow_each_other_by_name_and_leave_nobody_out(service: Service) -> None:
    seen: list[str] = []
    for start in range(0, 12, 5):
        with service.database.reading() as connection:
            people, total = searches.find_people(connection, PROGRAMME, Search(), start, 5)
        seen += [row["name"] for row in people]

    assert total == len(seen) == 12
    assert set(seen) == {row["name"] for row in service.participants().values()}


def test_the_funnel_ends_with_whom_the_roster_says_is_confirmed(service: Service) -> None:
    with service.database.reading() as connection:
        standing = searches.standing(connection, PROGRAMME)
        arrived = ledger.arrivals(connection, PROGRAMME, "1")
        sending = searches.found_origins(connection, PROGRAMME, Search())[0]
    whole, parts = funnels(service.settings.programme(PROGRAMME), standing)
    roster = list(service.roster().values())

    assert whole.people["enrolled"] == sum(part.people["enrolled"] for part in parts) == 12
    assert whole.people["confirmed"] == sum(row["state"] == "confirmed" for row in roster) > 0
    assert arrived.keys() == {row["participant_id"] for row in roster if row["angkatan"] == "1"}
    assert set(sending) == {row["institution"] for row in service.participants().values()}


def test_an_account_comes_back_with_its_bounds_and_its_name_is_given_once(service: Service, quick_hashes: None) -> None:
    now = next(iter(service.participants().values()))["first_seen_at"]
    bound = Account("sari", Role.VIEWER, (PROGRAMME,), ("kelas/KLS-1",), "uji", now, has_password=True, has_token=False)
    with service.database.writing() as connection:
        added = [accounts.add_account(connection, bound, "kuda laut biru") for _ in range(2)]
    found = accounts.check_password(service.database, "sari", "kuda laut biru")
    wrong = accounts.check_password(service.database, "sari", "kuda laut hijau")

    assert added == [True, False]
    assert found is not None
    assert (found.programmes, found.courses, found.role, found.added_at) == (
        (PROGRAMME,),
        ("kelas/KLS-1",),
        Role.VIEWER,
        now,
    )
    assert wrong is None


def test_the_plan_of_a_preview_and_the_key_of_the_sessions_are_kept(service: Service) -> None:
    plan = {"looked_at": ["too_many_pushes|x|1|2"], "more": False, "lines": []}
    now = next(iter(service.participants().values()))["first_seen_at"]
    number = queue.ask(service.database, PROGRAMME, queue.PREVIEW, "1", "sari", now)
    holder = queue_taking.claim(service.database, number, now)
    assert holder is not None
    queue_taking.finish(service.database, number, holder, None, service.run(dry_run=True).run.outcome, None, now, plan)

    with service.database.reading() as connection:
        assert queue.last_plan(connection, PROGRAMME) == plan
        assert queue.last_plan(connection, "another") is None
    assert accounts.session_key(service.database) == accounts.session_key(service.database)


def test_the_list_of_programmes_counts_nobody_by_an_account_that_was_merged(service: Service) -> None:
    settings = service.settings.programme(PROGRAMME)
    everybody = list(service.participants().values())
    stuck = [row["participant_id"] for row in everybody if row["outcome"] == "undetermined"]
    seated = [row["participant_id"] for row in everybody if row["state"] == "confirmed"]
    connection = service.database.engine.connect()
    try:
        followed_up = update(roster_entries).where(roster_entries.c.participant_id.in_(seated[:3]))
        connection.execute(followed_up.values(state="review", reason="target_removed"))
        before = whole_in_brief(searches.standing_in_brief(connection, PROGRAMME)).stuck
        merged = update(participants).where(participants.c.id.in_([*seated[:2], *stuck[:1]]))
        connection.execute(merged.values(merged_into=seated[-1]))
        whole, _parts = funnels(settings, searches.standing(connection, PROGRAMME))
        brief = whole_in_brief(searches.standing_in_brief(connection, PROGRAMME))
    finally:
        connection.rollback()
        connection.close()

    assert (brief.outcomes, brief.stuck) == (whole.outcomes, whole.stuck)
    assert before - brief.stuck == 2 + len(stuck[:1])


def test_day_by_day_ends_with_those_who_qualify_now(service: Service) -> None:
    """Once whoever qualified no more, or was merged into another account, still counted on the last day."""
    some = [row["participant_id"] for row in service.participants().values() if row["outcome"] == "qualified"]
    connection = service.database.engine.connect()
    try:
        merged = update(participants).where(participants.c.id == some[0])
        connection.execute(merged.values(merged_into=some[1]))
        was = decisions.c.participant_id == some[2]
        again = dict(connection.execute(select(decisions).where(was)).one()._mapping)
        connection.execute(insert(decisions).values({**again, "version": again["version"] + 1, "outcome": "not_yet"}))
        lost = update(participants).where(participants.c.id == some[2])
        connection.execute(lost.values(decision_version=again["version"] + 1, outcome="not_yet"))
        by_day = counts.qualified_since(connection, PROGRAMME)
        whole, _parts = funnels(service.settings.programme(PROGRAMME), searches.standing(connection, PROGRAMME))
    finally:
        connection.rollback()
        connection.close()

    assert sum(number for _at, number in by_day) == whole.outcomes["qualified"] == len(some) - 2


def test_what_is_counted_is_what_its_link_lists(service: Service) -> None:
    """Once an angkatan was 26 of 40 here and 25 people there: each count is asked as a search, and must agree."""
    seated = [row["participant_id"] for row in service.participants().values() if row["state"] == "confirmed"]
    connection = service.database.engine.connect()
    try:
        unplaced = update(roster_entries).where(roster_entries.c.participant_id.in_(seated[:2]))
        connection.execute(unplaced.values(state="review", reason="no_angkatan", angkatan=None))
        settings = service.settings.programme(PROGRAMME)
        whole, parts = funnels(settings, searches.standing(connection, PROGRAMME))
        brief = whole_in_brief(searches.standing_in_brief(connection, PROGRAMME))
        groups = tuple(filter(None, map(settings.source_group_of, settings.angkatan)))
        group = {each.id: settings.source_group_of(each) or "" for each in settings.angkatan}

        def number(**asked: Any) -> int:
            return searches.find_people(connection, PROGRAMME, Search(groups=groups, **asked), 0, 1)[1]

        told = {
            "stage": {stage: whole.people[stage] for stage in STAGES},
            "reason": {code: count for code, count in whole.reasons.items() if code != "held"},
            "need": {code: whole.needs[code] for code in NEEDS},
            "decision": dict(whole.outcomes),
            "place": {
                **whole.states,
                ON_NO_ROSTER: whole.states[ON_NO_ROSTER],
                FOLLOW_UP: whole.review,
                SEATED: whole.seats,
                UNSEATED: whole.people["enrolled"] - whole.seats,
            },
        }
        asked = {kind: {code: number(**{kind: code}) for code in counts} for kind, counts in told.items()}
        by_angkatan = [number(angkatan=part.angkatan, group=group.get(part.angkatan or "", "")) for part in parts]
        pages = {sort: searches.find_ids(connection, PROGRAMME, Search(), 0, 50, sort) for sort in SORTS}
    finally:
        connection.rollback()
        connection.close()

    assert asked == told
    assert (brief.outcomes, brief.stuck) == (whole.outcomes, whole.stuck)
    assert by_angkatan == [part.people["enrolled"] for part in parts]
    assert (parts[-1].angkatan, parts[-1].seats) == (WITHOUT, 0)
    assert {frozenset(ids) for ids in pages.values()} == {frozenset(pages["name"])}
