"""What the pages ask of the database, on SQLite and PostgreSQL alike."""

from collections.abc import Iterator

import pytest
from service import PROGRAMME, TOKENS, Service, new_postgres
from sqlalchemy import text
from unattended import programme, small_campus, urls_of, write_config

from latsar_sync.settings import load_settings
from latsar_sync.shapes.funnel import funnels
from latsar_sync.store import accounts, queue, reports, searches
from latsar_sync.store.accounts import Account, Role
from latsar_sync.store.database import Database
from latsar_sync.store.searches import Search


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

    def found(**wanted: str) -> set[str]:
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
    assert found(state="confirmed") == expected("state", "confirmed")
    assert found(state="not_yet") == expected("outcome", "not_yet")
    assert found(angkatan="1") == expected("angkatan", "1")
    assert found(angkatan="1", group="Angkatan 1") == expected("groups", ["Angkatan 1"])
    assert found(institution=one["institution"]) == expected("institution", one["institution"])
    assert found(reason="score_below_threshold") == {row["participant_id"] for row in low}


@pytest.mark.parametrize("typed", ["nuraini", "NUR'AINI", "nur\u2019aini", "nur\u200baini"])
def test_a_name_with_an_apostrophe_is_found_however_it_is_typed(service: Service, typed: str) -> None:
    who = next(iter(service.participants().values()))
    rename = text("UPDATE identities SET name = :name WHERE participant_id = :who")

    with service.database.engine.connect() as connection:  # never committed
        connection.execute(rename, {"name": "Siti Nur\u2019aini", "who": who["participant_id"]})
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
        arrived = reports.arrivals(connection, PROGRAMME, "1")
        institutions = searches.institutions(connection, PROGRAMME)
    whole, parts = funnels(service.settings.programme(PROGRAMME), standing)
    roster = list(service.roster().values())

    assert whole.people["enrolled"] == sum(part.people["enrolled"] for part in parts) == 12
    assert whole.people["confirmed"] == sum(row["state"] == "confirmed" for row in roster) > 0
    assert arrived.keys() == {row["participant_id"] for row in roster if row["angkatan"] == "1"}
    assert set(institutions) == {row["institution"] for row in service.participants().values()}


def test_an_account_comes_back_with_its_bounds_and_its_name_is_given_once(service: Service, quick_hashes: None) -> None:
    now = next(iter(service.participants().values()))["first_seen_at"]
    bound = Account(
        "sari", Role.VIEWER, (PROGRAMME,), ("kelas/KLS-1",), 1, "uji", now, has_password=True, has_token=False
    )
    with service.database.writing() as connection:
        added = [accounts.add_account(connection, bound, "kuda laut biru") for _ in range(2)]
    with service.database.reading() as connection:
        found = accounts.check_password(connection, "sari", "kuda laut biru")
        wrong = accounts.check_password(connection, "sari", "kuda laut hijau")

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
    holder = queue.claim(service.database, number, now)
    assert holder is not None
    queue.finish(service.database, number, holder, None, service.run(dry_run=True).run.outcome, None, now, plan)

    with service.database.reading() as connection:
        assert queue.last_plan(connection, PROGRAMME) == plan
        assert queue.last_plan(connection, "another") is None
    assert accounts.session_key(service.database) == accounts.session_key(service.database)
