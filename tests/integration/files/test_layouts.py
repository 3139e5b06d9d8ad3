"""An office's own layout is learned once and known again; examples to fill in are read as they are written."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook
from service import PROGRAMME, Command, Service

from latsar_sync.demo import CASES

PEOPLE = [str(case) for case in CASES["passed"][:3]]
LIST = "NIP;Nama;Angkatan\r\n" + "".join(f"{nip};Peserta {'ABC'[n]} Uji;I\r\n" for n, nip in enumerate(PEOPLE))
ODD = "Nomor Pegawai;Hasil Akhir (%);Nilai;Tuntas\r\n" + "".join(f"{nip};85%;1;ya\r\n" for nip in PEOPLE)
TOLD = ("--column", "nip=Nomor Pegawai", "--column", "score=Hasil Akhir", "--column", "materials=Tuntas", "--percent")
HEAD = ("--programme", PROGRAMME, "--by", "Siti")


@pytest.fixture
def listed(by_files: Callable[..., Service], sqlite_url: str, tmp_path: Path, command: Command) -> Service:
    service = by_files(sqlite_url)
    assert command(service, "import", "participants", written(tmp_path, LIST), *HEAD, "--apply")[0] == 0
    return service


def written(folder: Path, text: str, name: str = "berkas.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_a_layout_is_learned_once_and_used_without_a_question_until_it_changes(
    listed: Service, tmp_path: Path, command: Command
) -> None:
    odd = written(tmp_path, ODD)
    unknown, _out, asked = command(listed, "import", "scores", odd, *HEAD)
    learned, _out, _err = command(listed, "import", "scores", odd, *HEAD, *TOLD, "--profile", "LAN 2026", "--apply")
    again = written(tmp_path, ODD.replace("85%", "90%").replace("Nilai", "Catatan"), "lagi.csv")
    code, told, _err = command(listed, "import", "scores", again, *HEAD, "--json")
    changed = written(tmp_path, ODD.replace("Hasil Akhir", "Nilai Akhir Baru"), "lain.csv")
    other, _out, asked_again = command(listed, "import", "scores", changed, *HEAD)
    _code, profiles, _err = command(listed, "import", "profiles", "--json")

    assert (unknown, learned, code, other) == (2, 0, 0, 2)
    assert "--column" in asked
    assert "--column" in asked_again
    report = json.loads(told)
    assert report["profile"] == "LAN 2026"
    assert {Decimal(each["score"]) for each in report["changed"]} == {Decimal(90)}
    assert [each["name"] for each in json.loads(profiles)] == ["LAN 2026"]


def test_what_may_be_a_share_is_not_taken_for_a_per_cent(listed: Service, tmp_path: Path, command: Command) -> None:
    path = written(tmp_path, ODD.replace("85%", "0,85"))

    code, told, _err = command(listed, "import", "scores", path, *HEAD, *TOLD, "--json")

    assert code == 1
    assert {each["reason"] for each in json.loads(told)["rejected"]} == {"score_share_or_percent"}


def test_a_forgotten_layout_is_asked_about_again(listed: Service, tmp_path: Path, command: Command) -> None:
    odd = written(tmp_path, ODD)
    command(listed, "import", "scores", odd, *HEAD, *TOLD, "--profile", "LAN", "--apply")
    command(listed, "import", "profiles", "--forget", "LAN", "--by", "Budi")

    code, _out, _err = command(listed, "import", "scores", odd, *HEAD)
    none, _out, _err = command(listed, "import", "profiles", "--forget", "LAN", "--by", "Budi")

    assert (code, none) == (2, 2)


@pytest.mark.parametrize("told", ["nip", "nip=", "gaji=Gaji", "nip=Nomor Pegawai"])
def test_columns_that_are_told_wrong_or_in_part_are_refused(
    listed: Service, tmp_path: Path, command: Command, told: str
) -> None:
    code, _out, said = command(listed, "import", "scores", written(tmp_path, ODD), *HEAD, "--column", told)

    assert code == 2
    assert "FIELD=TITLE" in said


@pytest.mark.parametrize("kind", ["participants", "scores", "clearances", "placement"])
def test_an_example_that_was_filled_in_is_imported(
    listed: Service, tmp_path: Path, command: Command, kind: str
) -> None:
    file = tmp_path / "contoh.xlsx"
    code, way, _err = command(listed, "import", "example", kind, "-o", file)
    book = load_workbook(file)
    sheet = book.worksheets[0]
    row = {"NIP": PEOPLE[0], "Name": "Peserta A Uji", "Angkatan": "II", "Score": 80.5, "Materials done": "12/12"}
    titles = [str(cell.value) for cell in sheet[1]]
    sheet.append([row.get(title) for title in titles])
    checked = {rule.type for rule in sheet.data_validations.dataValidation}
    book.save(file)

    assert code == 0
    assert {"clearances": "latsar-sync clearance import.", "placement": "the page Imports."}.get(
        kind, f"latsar-sync import {kind}."
    ) in " ".join(way.split())
    assert "custom" in checked
    if kind in ("participants", "scores"):
        taken, told, said = command(listed, "import", kind, file, *HEAD, "--json")
        assert taken in (0, 4), said  # two others are missing from it
        assert json.loads(told)["rejected"] == []


def test_scores_of_another_range_than_the_evaluation_has_are_not_taken_for_points(
    listed: Service, tmp_path: Path, command: Command
) -> None:
    path = written(tmp_path, "NIP;Nilai (0-10);Materi\r\n" + "".join(f"{nip};8,5;ya\r\n" for nip in PEOPLE))

    code, _out, said = command(listed, "import", "scores", path, *HEAD)

    assert code == 2
    assert '"Nilai (0-10)"' in said
