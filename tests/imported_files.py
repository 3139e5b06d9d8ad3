"""Files as offices write them, and commands that import them, for the tests of what files hold."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import xlsxwriter
from service import PROGRAMME, Command, Service

from latsar_sync.demo import CASES

PEOPLE = [str(case) for case in CASES["passed"][:6]]
IMPORTER, CONFIRMER = "Siti Aminah", "Budi Santoso"


def name_of(nip: str) -> str:
    return f"Orang {'ABCDEFGHIJ'[PEOPLE.index(nip)] * 4}"


def people_file(folder: Path, nips: Sequence[str], name: str = "daftar.xlsx") -> Path:
    """Write a list as an office would: merged titles above, numbered columns, one column nobody asked for."""
    path = folder / name
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Peserta")
        sheet.merge_range("A1:F1", "DAFTAR PESERTA LATSAR CPNS")
        sheet.write_row(2, 0, ["No", "NIP", "Nama Peserta", "Instansi", "Angkatan/Kelompok", "Jabatan"])
        sheet.write_row(3, 0, [1, 2, 3, 4, 5, 6])
        for line, nip in enumerate(nips):
            angkatan = "Angkatan I" if line % 2 == 0 else "2"
            sheet.write_row(4 + line, 0, [line + 1, f"'{nip}", name_of(nip), "Kota Kudus", angkatan, "Analis"])
    return path


def scores_file(folder: Path, scores: dict[str, str], name: str = "nilai.csv", materials: str = "12/12") -> Path:
    """Write scores as an old Excel would: semicolons, decimal commas, Windows-1252."""
    lines = ["REKAP NILAI – MOOC;;;;", "No;NIP;Nilai;Materi selesai;Keterangan"]
    lines += [f"{number};{nip};{score};{materials};" for number, (nip, score) in enumerate(scores.items(), 1)]
    path = folder / name
    path.write_bytes("\r\n".join(lines).encode("cp1252"))
    return path


def told(command: Command, service: Service, *words: object, code: int = 0) -> Any:
    """Run a command that must end with ``code`` and return what it says as JSON."""
    by_account = words[:2] == ("import", "confirm")
    proof = {"LATSAR_ACCOUNT_TOKEN": service.token_of(str(words[words.index("--by") + 1]))} if by_account else {}
    with patch.dict(os.environ, proof):
        found, output, error = command(service, *words, "--json")
    assert found == code, output + error
    return json.loads(output)


def confirmed(command: Command, service: Service, number: str) -> str:
    """Confirm an import as people read it, and return what is said."""
    with patch.dict(os.environ, {"LATSAR_ACCOUNT_TOKEN": service.token_of(CONFIRMER)}):
        return command(service, "import", "confirm", number, "--by", CONFIRMER)[1]


def import_people(command: Command, service: Service, path: Path, *more: str, code: int = 0) -> Any:
    words = ("import", "participants", path, "--programme", PROGRAMME, "--by", IMPORTER, *more)
    return told(command, service, *words, code=code)


def import_scores(command: Command, service: Service, path: Path, *more: str, code: int = 0) -> Any:
    words = ("import", "scores", path, "--programme", PROGRAMME, "--by", IMPORTER, *more)
    return told(command, service, *words, code=code)


def reasons(service: Service, nip: str) -> list[str]:
    return [code for code, _ in service.participants()[nip]["reasons"]]
