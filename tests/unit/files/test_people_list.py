"""A list of people for a decision: NIPs one a line, and the line that is none is named."""

from datetime import date
from pathlib import Path

import pytest

from latsar_sync.domain.errors import UsageError
from latsar_sync.files.dates import day_of
from latsar_sync.files.people_list import read_people

ONE, OTHER = "199508172025042003", "200111122025031004"


@pytest.mark.parametrize("text", [f"{ONE}\n{OTHER}", f"NIP\n\n'{ONE}\n{OTHER[:8]} {OTHER[8:]}\n{ONE}\n\n"])
def test_people_stand_one_a_line_below_a_title_or_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "orang.txt"
    file.write_text(text, encoding="utf-8")

    assert read_people(file, date(2026, 11, 30)) == [ONE, OTHER]


@pytest.mark.parametrize("title", ["", "NIP\n"])
def test_a_line_that_is_no_nip_is_named_and_nothing_of_the_list_is_taken(tmp_path: Path, title: str) -> None:
    file = tmp_path / "orang.csv"
    file.write_text(f"{title}{ONE}\n{OTHER[:17]}\n", encoding="utf-8")

    with pytest.raises(UsageError, match="1 of its lines are wrong") as refused:
        read_people(file, date(2026, 11, 30))

    assert [line.partition(":")[0] for line in refused.value.details] == [f"line {3 if title else 2}"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-12-07", date(2026, 12, 7)),
        ("7/12/2026", date(2026, 12, 7)),
        ("Senin, 7 Desember 2026", date(2026, 12, 7)),
        ("31/2/2026", None),
        ("7/12/26", None),
        ("2026-12-07 08:00", None),
        ("7 Desember 2026 pukul 08.00 WIB", None),
        ("2026-12-07T00:00", None),
    ],
)
def test_a_day_that_is_typed_has_no_time_beside_it_that_would_not_count(typed: str, meant: date | None) -> None:
    assert day_of(typed) == meant
