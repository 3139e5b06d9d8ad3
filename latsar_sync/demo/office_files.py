"""What offices send to the campus, clean and dirty: a folder of files, and mails of offices and of others."""

import os
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from latsar_sync.demo.mailbox import Mailbox
from latsar_sync.demo.records import User

SCORES = ("92,5", "70", "69,99", "85", "", "78,25")
PLACES = ("Barat", "Timur")
INSTITUTIONS = ("Kota Kudus", "Kabupaten Demak")
HEAD = "REKAP NILAI MOOC;;;\r\nNo;NIP;Nilai;Materi selesai\r\n"
SENDERS = ("diklat@kuduskota.example.go.id", "@demakkab.example.go.id")
"""From whom mails are taken: one address, and everybody of one domain."""


def write_files(folder: Path, somebody: Sequence[User]) -> None:
    """Write what an office lays into the folder; older than a moment, as if it had lain there."""
    from xlsxwriter import Workbook

    folder.mkdir()
    with Workbook(str(folder / "1 daftar peserta.xlsx")) as book:
        sheet = book.add_worksheet("Peserta")
        sheet.merge_range("A1:E1", "DAFTAR PESERTA PELATIHAN DASAR CPNS")
        sheet.write_row(2, 0, ["No", "NIP", "Nama dan Gelar", "Instansi", "Angkatan", "Lokasi"])
        for line, user in enumerate(somebody, start=1):
            office, place = INSTITUTIONS[line % 2], PLACES[line % 2]
            sheet.write_row(2 + line, 0, [line, f"'{user.idnumber}", user.fullname, office, "A", place])
    lines = [
        f"{number};{user.idnumber};{score};{'12/12' if score else '7/12'}"
        for number, (user, score) in enumerate(zip(somebody, SCORES, strict=False), start=1)
    ]
    (folder / "2 nilai mooc.csv").write_bytes(_table(lines))
    dirty = [lines[0].replace("92,5", "92,5%"), lines[1].replace("70", "seratus"), lines[2].replace("12/12", "13/12")]
    (folder / "3 nilai salah.csv").write_bytes(_table(dirty))
    then = (folder / "2 nilai mooc.csv").stat().st_mtime - 60
    for path in folder.iterdir():
        os.utime(path, (then, then))


def put_mails(box: Mailbox, somebody: Sequence[User]) -> None:
    """Put into the mailbox what offices send late, and what strangers send: one certificate, one dirty table."""
    kudus, demak = "BKPSDM Kota Kudus <diklat@kuduskota.example.go.id>", "Rina Kusuma <rina.k@demakkab.example.go.id>"
    late, failed = somebody[4], somebody[2]
    box.put(
        kudus,
        ("nilai susulan.csv", _table([f"1;{late.idnumber};81,75;12/12"])),
        subject="Nilai susulan MOOC Latsar",
        text="Yth. Panitia,\n\nterlampir nilai satu peserta kami yang menyusul.\n\nBKPSDM Kota Kudus",
    )
    box.put(
        demak,
        ("sertifikat.pdf", certificate(failed, "84,50")),
        ("tanda tangan.png", b"\x89PNG"),
        subject="Fwd: sertifikat MOOC",
        text="Mohon diperiksa: menurut sertifikat nilainya sudah memenuhi.",
    )
    box.put(
        demak,
        ("nilai dari kecamatan.csv", _table([f"1;{somebody[0].idnumber};sembilan puluh;12/12"])),
        subject="nilai",
    )
    box.put(
        "Promo Hemat <promo@murah.example.com>",
        ("tagihan.csv", _table([f"1;{late.idnumber};100;12/12"])),
        subject="Tagihan Anda",
        text="Segera buka lampiran.",
    )


def certificate(user: User, score: str) -> bytes:
    """Return a certificate of somebody as PDF, as people hand them in."""
    from fpdf import FPDF

    paper = FPDF(orientation="landscape")
    paper.add_page()
    lines = (
        ("SERTIFIKAT", 28),
        ("Nomor: 0412/MOOC/2026", 12),
        ("diberikan kepada:", 12),
        (user.fullname, 18),
        (f"NIP: {user.idnumber}", 12),
        ("telah menyelesaikan Pelatihan Mandiri MOOC", 12),
        (f"Nilai: {score}", 14),
        ("Jakarta, 12 November 2026", 12),
    )
    for text, size in lines:
        paper.set_font("Helvetica", size=size)
        legible = text.encode("latin-1", "replace").decode("latin-1")
        paper.cell(0, size * 0.9, legible, align="C", new_x="LMARGIN", new_y="NEXT")
    made = BytesIO()
    paper.output(made)
    return made.getvalue()


def _table(lines: Sequence[str]) -> bytes:
    return (HEAD + "\r\n".join([*lines, ""])).encode("cp1252")
