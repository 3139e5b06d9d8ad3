"""Whatever files come, cut anywhere, twice, in any order and under any name: nothing is half taken, the end is one."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from service import PROGRAMME, Service
from sqlalchemy import select

from latsar_sync.demo import CASES
from latsar_sync.domain.errors import LatsarError
from latsar_sync.files import receiving
from latsar_sync.files.receiving import Arrival
from latsar_sync.store import received
from latsar_sync.store.database import Database
from latsar_sync.store.received import ReceivedState, Way
from latsar_sync.store.tables import identities, imported_scores, participants

PEOPLE = [str(case) for case in CASES["passed"][:4]]
NAMES = ["Sri Wahyuni", "Budi Santoso", "Dewi Lestari", "Agus Salim"]
LIST = [["NIP", "Nama", "Angkatan"], *([nip, name, "I"] for nip, name in zip(PEOPLE, NAMES, strict=True))]
SCORES = [["NIP", "Nilai", "Materi selesai"], *([nip, "80,5", "12/12"] for nip in PEOPLE)]


def now() -> datetime:
    return datetime.now(UTC)


def as_csv(rows: list[list[str]], separator: str = ";") -> bytes:
    return "".join(separator.join(f'"{cell}"' for cell in row) + "\r\n" for row in rows).encode()


def as_xlsx(rows: list[list[str]]) -> bytes:
    made = BytesIO()
    with xlsxwriter.Workbook(made) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return made.getvalue()


FILES = [
    as_csv(LIST),
    as_csv(LIST, ",").decode().replace("Nama", "Nama Lengkap").encode("utf-16"),
    as_xlsx(LIST),
    as_csv(SCORES),
    as_xlsx(SCORES),
]
WHOLE = (FILES[0], FILES[3])
"""The two files that come at the end, as a person would send them who saw that something was amiss."""


@pytest.fixture
def empty(by_files: Callable[..., Service], sqlite_url: str, tmp_path: Path) -> tuple[Service, Path]:
    """Return a programme that takes lists by itself, and its database before anything came."""
    service = by_files(sqlite_url, coming=f'[programmes.intake]\nfolder = "{tmp_path}"\napply_participants = true\n')
    service.database.close()
    return service, Path(sqlite_url.removeprefix("sqlite:///"))


def stands(database: Database) -> tuple[set[tuple[str, str, str]], set[tuple[str, str]]]:
    """Return who takes part, and the newest score of each."""
    with database.reading() as connection:
        people = connection.execute(
            select(identities.c.nip, identities.c.name, participants.c.enrolment).join(participants)
        ).all()
        scores = connection.execute(
            select(identities.c.nip, imported_scores.c.raw)
            .join(participants, participants.c.id == imported_scores.c.participant_id)
            .join(identities, identities.c.participant_id == participants.c.id)
            .order_by(imported_scores.c.version)
        ).all()
    return {(nip, name, str(state)) for nip, name, state in people}, {
        (nip, f"{raw.normalize():f}") for nip, raw in dict(map(tuple, scores)).items()
    }


def take_all(service: Service, database: Database) -> None:
    """Let a person take whatever waits, the lists first; what cannot be taken as it is goes on waiting."""
    with database.reading() as connection:
        waiting = received.listed(connection, [PROGRAMME], ReceivedState.WAITING)
    for each in sorted(waiting, key=lambda file: file.kind == "scores"):
        try:
            receiving.take(service.settings, database, each.id, "Siti", now, accept=True)
        except LatsarError:
            continue


arrivals = st.lists(
    st.tuples(st.integers(0, len(FILES) - 1), st.one_of(st.none(), st.floats(0, 0.999)), st.text(max_size=12)),
    max_size=4,
)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(coming=arrivals, taken=st.booleans())
def test_whatever_comes_nothing_is_half_taken_and_whole_files_come_to_the_same_end(
    empty: tuple[Service, Path], coming: list[tuple[int, float | None, str]], taken: bool
) -> None:
    service, template = empty
    [programme] = service.settings.programmes
    file = template.with_name("one.db")
    for each in template.parent.glob("one.db*"):
        each.unlink()
    shutil.copy(template, file)
    database = Database(f"sqlite:///{file}")
    known = dict(zip(PEOPLE, NAMES, strict=True))
    try:
        for number, cut, name in coming:
            content = FILES[number] if cut is None else FILES[number][: int(len(FILES[number]) * cut)]
            receiving.receive(service.settings, database, programme, Arrival(f"{name}.csv", content, Way.FOLDER), now)
            if taken:
                take_all(service, database)
            people, scores = stands(database)
            # a list that ends with a line may be a shorter list; no line of it is ever read in part
            assert {(nip, name) for nip, name, _state in people} <= set(known.items())
            assert scores <= {(nip, "80.5") for nip in PEOPLE}
        for number, content in enumerate(WHOLE):
            arrival = Arrival(f"akhir {number}.csv", content, Way.FOLDER)
            receiving.receive(service.settings, database, programme, arrival, now)
            take_all(service, database)

        assert stands(database) == (
            {(nip, name, "active") for nip, name in known.items()},
            {(nip, "80.5") for nip in PEOPLE},
        )
    finally:
        database.close()


def test_an_old_list_that_comes_again_waits_for_a_person_and_undoes_nothing_by_itself(
    empty: tuple[Service, Path],
) -> None:
    service, file = empty
    [programme] = service.settings.programmes
    database = Database(f"sqlite:///{file}")
    renamed = as_csv([LIST[0], [PEOPLE[0], "Sri Wahyuni Dewi", "I"], *LIST[2:]])

    def come(content: bytes) -> str:
        arrival = Arrival("daftar.csv", content, Way.FOLDER)
        return str(receiving.receive(service.settings, database, programme, arrival, now)[0].state)

    try:
        first, newer, again = come(FILES[0]), come(renamed), come(FILES[0])
        before = stands(database)[0]
        take_all(service, database)
        after = stands(database)[0]
        settled = come(FILES[0])
    finally:
        database.close()

    assert (first, newer, again) == ("taken", "taken", "waiting")
    assert (PEOPLE[0], "Sri Wahyuni Dewi", "active") in before
    assert (PEOPLE[0], "Sri Wahyuni", "active") in after
    assert settled == "taken"
