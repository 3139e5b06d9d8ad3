"""On a narrow terminal nothing that a table holds is left out: where it does not fit, a block a row."""

from io import StringIO

import pytest
from rich.console import Console

from latsar_sync.cli.screens.frames import FittingTable, figures, table, whole

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


def test_on_eighty_columns_it_is_a_table() -> None:
    assert f"1   {NIP}   Siti Nur’aini" in shown(80)
