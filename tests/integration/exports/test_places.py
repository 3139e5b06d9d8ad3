"""Two places of one angkatan: who comes together where, as named persons, a file or the configuration say."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook
from service import PROGRAMME, TOKENS, Command, Service, ServiceFactory
from sqlalchemy import select, update

from latsar_sync.domain import language
from latsar_sync.settings import load_settings
from latsar_sync.store.tables import place_choices, roster_entries

PLACES = """
[[programmes.places]]
name = "Barat"
venue = "Aula Barat"
[[programmes.places]]
name = "Timur"
venue = "Aula Timur"
"""
WHY = ("--reason", "dekat rumah", "--by", "Rina", "--programme", PROGRAMME)


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with language.speaking("en"):
        yield


@pytest.fixture
def settled(make_service: ServiceFactory, sqlite_url: str) -> Service:
    """Return a programme with two places, of which angkatan I has one."""
    service = make_service(sqlite_url)
    service.first_run()
    text = service.config.read_text(encoding="utf-8").replace('id = "I"', 'id = "I"\nplace = "Barat"')
    days = "starts = 2100-12-06\nends = 2100-12-11\nadmit_until = 2100-12-06\ncapacity"
    service.config.write_text(text.replace("capacity", days) + PLACES, encoding="utf-8")
    service.settings = load_settings(service.config, TOKENS)
    return service


def going(service: Service, number: int) -> list[str]:
    """Return the NIPs of some people with a seat in angkatan I."""
    rows = service.roster().values()
    return [row["nip"] for row in rows if row["angkatan"] == "I" and row["state"] == "confirmed"][:number]


def test_a_named_person_sends_people_to_another_place_and_takes_it_back(settled: Service, command: Command) -> None:
    [someone, other] = going(settled, 2)
    code, _out, said = command(settled, "roster", "place", someone, other, "--to", "timur", *WHY)
    moved = {row["nip"]: row["place"] for row in settled.participants().values()}
    twice = (someone, settled.participants()[someone]["participant_id"])
    again = json.loads(command(settled, "roster", "place", *twice, "--to", "Timur", *WHY, "--json")[1])
    command(settled, "roster", "place", other, "--to", "-", *WHY)
    back = {row["nip"]: row["place"] for row in settled.participants().values()}
    with settled.database.reading() as connection:
        history = connection.execute(
            select(place_choices.c.place, place_choices.c.by, place_choices.c.reason)
            .where(place_choices.c.participant_id == settled.participants()[other]["participant_id"])
            .order_by(place_choices.c.version)
        ).all()

    assert code == 0, said
    assert (moved[someone], moved[other]) == ("Timur", "Timur")
    assert again == {"programme": PROGRAMME, "recorded": 0, "unchanged": 1, "unknown": 0}
    assert (back[someone], back[other]) == ("Timur", None)
    assert [tuple(each) for each in history] == [
        ("Timur", "Rina", "dekat rumah"),
        (None, "Rina", "dekat rumah"),
    ]


def test_a_place_chosen_for_either_account_is_the_persons_until_their_merge_is_undone(
    settled: Service, command: Command
) -> None:
    def places() -> tuple[str | None, str | None]:
        now = settled.participants()
        return now[someone]["place"], now[other]["place"]

    [someone, other] = going(settled, 2)
    merge = ("identity", "merge", "--reason", "satu orang", "--by", "Rina", "--although-different")
    command(settled, "roster", "place", other, "--to", "Timur", *WHY)
    assert command(settled, *merge, someone, other)[0] == 0
    merged = places()
    assert command(settled, "identity", "merge", other, "--undo", "--reason", "keliru", "--by", "Rina")[0] == 0
    parted = places()
    command(settled, "roster", "place", someone, "--to", "Barat", *WHY)
    command(settled, *merge, someone, other)

    assert (merged, parted, places()) == (("Timur", "Timur"), (None, "Timur"), ("Barat", "Timur"))


def test_a_file_tells_the_place_of_many_and_with_a_wrong_line_nothing_of_it_is_taken(
    settled: Service, command: Command, tmp_path: Path
) -> None:
    [someone, other] = going(settled, 2)
    file, wrong = tmp_path / "lokasi.csv", tmp_path / "salah.csv"
    file.write_text(f"NIP;Lokasi\n{someone};TIMUR\n{other};Barat\n199001012025031999;Timur\n")
    wrong.write_text(f"NIP;Lokasi\n{someone};Utara\n{other};\n")
    refused, _out, why = command(settled, "roster", "place", "--file", wrong, *WHY)
    before = settled.count("place_choices")
    counts = json.loads(command(settled, "roster", "place", "--file", file, *WHY, "--json")[1])

    assert refused == 2
    assert 'line 2: "Utara" is none of the programme\'s places: Barat, Timur.' in why
    assert "line 3: There is no place." in why
    assert before == 0
    assert counts == {"programme": PROGRAMME, "recorded": 2, "unchanged": 0, "unknown": 1}


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (("199001012025031999", "--to", "Timur"), "No participant has this NIP"),
        (("199001012025031999", "--to", "Utara"), '"Utara" is no place of the programme'),
        (("199001012025031999",), "Give NIPs with --to, or a --file"),
        (("--to", "Timur"), "Give NIPs with --to, or a --file"),
    ],
)
def test_what_names_nobody_or_no_place_is_refused(
    settled: Service, command: Command, order: tuple[str, ...], said: str
) -> None:
    code, _out, why = command(settled, "roster", "place", *order, *WHY)

    assert code == 2
    assert said in why


def test_a_plan_tells_the_place_of_whom_it_would_send(
    make_service: ServiceFactory, sqlite_url: str, command: Command
) -> None:
    service = make_service(sqlite_url)
    text = service.config.read_text(encoding="utf-8").replace('id = "II"', 'id = "II"\nplace = "Barat"')
    service.config.write_text(text, encoding="utf-8")
    service.settings = load_settings(service.config, TOKENS)
    service.first_run()
    with service.database.writing() as connection:
        connection.execute(update(roster_entries).values(state="planned", course_id=None, target_user_id=None))
    _code, told, said = command(service, "plan", "--json")
    lines = json.loads(told)["programmes"][0]["plan"]

    places = {(each["angkatan"], each["place"]) for each in lines}
    assert ("II", "Barat") in places, said
    assert {place for angkatan, place in places if angkatan != "II"} == {None}


def test_an_attendance_sheet_is_written_for_each_place_with_its_venue(
    settled: Service, command: Command, tmp_path: Path
) -> None:
    [someone] = going(settled, 1)
    command(settled, "roster", "place", someone, "--to", "Timur", *WHY)
    file = tmp_path / "hadir.xlsx"
    code, _out, said = command(settled, "export", "attendance", "--angkatan", "I", "-o", file)
    sheets = [
        {str(cell.value) for row in sheet.iter_rows() for cell in row} for sheet in load_workbook(file).worksheets
    ]

    assert code == 0, said
    assert [("Venue: Aula Barat" in each, "Venue: Aula Timur" in each) for each in sheets] == [
        (True, False),
        (False, True),
    ]
    assert [someone in each for each in sheets] == [False, True]
