"""On a narrow terminal nothing that a table holds is left out: where it does not fit, a block a row; else as rich."""

import re
from datetime import UTC
from io import StringIO

import pytest
from rich import table as rich_table
from rich.console import Console
from rich.text import Text

from latsar_sync.cli.screens.errors import show_error
from latsar_sync.cli.screens.frames import FittingTable, figures, say, table, whole
from latsar_sync.cli.screens.runs import show_runs
from latsar_sync.domain import language
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.request import RunOutcome
from latsar_sync.domain.state_words import RUN_OUTCOME_TEXTS, word

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
    for each in [each for row in ROWS for cell in row for each in cell.split()]:
        assert each in run_together
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
    run |= {"kind": "incremental", "pushed": 66, "requests": 1200, "seconds": 120.5, "findings_in_full": []}
    for spoken, row in {
        "en": ("123 30/11/2026 02:10 latsar-2026-iii incremental", "66 1200 120.5"),
        "id": ("123 30/11/2026 02.10 latsar-2026-iii bertahap", "66 1200 120,5"),
    }.items():
        for outcome in RunOutcome:
            paper = StringIO()
            language.choose_zone(UTC)
            with language.speaking(spoken):
                show_runs(Console(file=paper, width=80), [{**run, "outcome": str(outcome)}], spoken, {})

            lines = [" ".join(line.split()) for line in paper.getvalue().splitlines()]
            [first, *_] = word(RUN_OUTCOME_TEXTS, outcome, spoken).split()
            assert f"{row[0]} {first} {row[1]}" in lines
            assert max(map(len, paper.getvalue().splitlines())) <= 80


def test_a_line_that_goes_on_begins_where_it_began_and_a_command_stays_whole() -> None:
    paper = StringIO()
    console = Console(file=paper, width=40)
    say(console, "1  nilai.csv\n   from the folder · 1 Dec 2026 04:16 WIB · taken · by latsar-sync")
    say(console, "  latsar-sync import take 1 --by NAME --accept")

    assert paper.getvalue().splitlines() == [
        "1  nilai.csv",
        "   from the folder · 1 Dec 2026 04:16",
        "   WIB · taken · by latsar-sync",
        "  latsar-sync import take 1 --by NAME --accept",
    ]


def test_an_error_breaks_between_words_on_a_screen_and_is_one_line_in_a_log() -> None:
    error = UsageError("The configuration config/latsar.toml cannot be read.", "Make one: latsar-sync init --moodle X.")
    screen, log = StringIO(), StringIO()
    show_error(Console(file=screen, width=40, force_terminal=True, no_color=True), error)
    show_error(Console(file=log, width=40), error)

    lines = re.sub("\x1b[^m]*m", "", screen.getvalue()).splitlines()
    assert [each.rstrip() for each in lines] == [
        "latsar-sync: The configuration",
        "config/latsar.toml cannot be read.",
        "  → Make one: latsar-sync init --moodle X.",
    ]
    assert log.getvalue().count("\n") == 2


def test_on_eighty_columns_it_is_a_table() -> None:
    assert f"1   {NIP}   Siti Nur’aini" in shown(80)


class LaidOutByRich(FittingTable):
    """The same table, of which rich does everything."""

    _measure_column = rich_table.Table._measure_column  # type: ignore[assignment]  # nothing is kept of what it measured
    _render = rich_table.Table._render  # type: ignore[assignment]  # cell by cell


def test_a_table_looks_as_if_rich_had_laid_out_each_cell() -> None:
    state = Text("in review", style="yellow").append("\nsomebody has to look at the account in class", style="dim")
    rows: list[tuple[str | Text, ...]] = [
        ("7", NIP, "Dewi  [b]Lestari[/b] \\[x] ", "82,50", state),
        ("1234", NIP, "李明 :smile: Rizky Ramadhan Saputra Wijaya Kusuma", " 9 ", Text("confirmed", style="green")),
        ("", "–", "Te\u00a0nang\tWi\u200dbowo", "", "pushed"),
        ("8", NIP, "Dewi", "7", state.copy()),
    ]

    def paper_of(kind: type[FittingTable], width: int, gap: int) -> str:
        made = frame()
        made.padding, made.__class__ = (0, gap, 0, 0), kind
        for row in rows:
            made.add_row(*row)
        paper = StringIO()
        grid = kind.grid(padding=(0, 1))
        grid.add_column(width=16, style="bold cyan", no_wrap=True)
        grid.add_column(overflow="fold")
        grid.add_row("  seen", "a_word_without_any_end_" * 5)
        console = Console(file=paper, width=width, force_terminal=True, color_system="truecolor", legacy_windows=False)
        console.print(made, grid)
        return paper.getvalue()

    for width in (66, 70, 76, 80, 100, 140):
        for gap in (0, 2):
            assert paper_of(FittingTable, width, gap) == paper_of(LaidOutByRich, width, gap)
