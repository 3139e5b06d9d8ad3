"""On a narrow terminal nothing that a table holds is left out: where it does not fit, a block a row."""

from datetime import UTC
from io import StringIO

import pytest
from rich.console import Console

from latsar_sync.cli.screens.frames import FittingTable, figures, table, whole
from latsar_sync.cli.screens.runs import show_runs
from latsar_sync.domain import language

NIP = "19950817 202504 2 003"
ROWS = [
    ("1", NIP, "Siti Nur’aini", "82,50", "confirmed"),
    ("2", NIP, "Budi", "", "review\nin another group of Tasikmalayaraya"),
]


def frame() -> FittingTable:
    made = table("latsar · angkatan I", figures("No"), whole("NIP"), "Name", figures("Score"), "State")
    for row in ROWS:
        made.add_row(*row)
    return made


def shown(width: int) -> str:
    paper = StringIO()
    Console(file=paper, width=width).print(frame())
    return paper.getvalue()


@pytest.mark.parametrize("width", [12, 20, 40, 50, 60, 64, 72, 80, 120])
def test_every_word_of_a_table_can_be_read_at_every_width(width: int) -> None:
    text = shown(width)
    run_together = "".join(text.split())

    assert "…" not in text
    assert all(len(line) <= width for line in text.splitlines())
    for word in [word for row in ROWS for cell in row for word in cell.split()]:
        assert word in run_together
    assert run_together.count("Name") >= 1


def test_on_forty_columns_each_person_is_a_block_with_a_named_line_for_each_cell() -> None:
    assert shown(40).splitlines()[:7] == [
        "latsar · angkatan I",
        "",
        "No: 1",
        f"NIP: {NIP}",
        "Name: Siti Nur’aini",
        "Score: 82,50",
        "State: confirmed",
    ]


def test_the_runs_of_a_programme_are_a_table_on_eighty_columns_in_both_languages() -> None:
    run = {"run_id": 123, "finished_at": "2026-11-30T02:10:00+00:00", "programme": "latsar-2026-iii"}
    run |= {"kind": "incremental", "outcome": "failed", "pushed": 66, "requests": 1200, "seconds": 120.5}
    for spoken, row in {
        "en": "123 30/11/2026 02:10 latsar-2026-iii incremental failed 66 1200 120.5",
        "id": "123 30/11/2026 02.10 latsar-2026-iii bertahap terputus 66 1200 120,5",
    }.items():
        paper = StringIO()
        language.choose_zone(UTC)
        with language.speaking(spoken):
            show_runs(Console(file=paper, width=80), [{**run, "findings_in_full": []}], spoken, {})

        lines = [" ".join(line.split()) for line in paper.getvalue().splitlines()]
        assert row in lines
        assert max(map(len, paper.getvalue().splitlines())) <= 80


def test_on_eighty_columns_it_is_a_table() -> None:
    assert f"1   {NIP}   Siti Nur’aini" in shown(80)
