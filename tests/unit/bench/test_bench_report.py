"""The bench's results: as a table, and as a section that the next measurement of that name replaces."""

import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
from report import OwnWork, Report, Row

ROWS = [Row("now: everybody read", 66, 29.6, 16.8, note="target"), Row("loop: one call a person", 6000, 320.3, 15.6)]
REPORT = Report("kampus", "The campus, 2,000 people", "scripts/bench", "2026-11-24, 2 cores", ROWS)


def test_the_table_has_the_servers_time_only_where_it_could_be_seen() -> None:
    assert "| loop: one call a person | 6,000 | 320 | 15.6 | – |  |" in REPORT.text()
    seen = replace(REPORT, rows=[replace(ROWS[0], cpu=23.1), ROWS[1]])
    assert "| loop: one call a person | 6,000 | 320 | 15.6 | – | – |  |" in seen.text()


def test_own_work_has_a_table_and_a_chart_of_its_own() -> None:
    report = replace(REPORT, own_work=[OwnWork("sqlite", 100_000, "everybody new", 9.5, 95.0, 280)])
    assert "| sqlite | 100,000 | everybody new | 9.50 | 95.0 | 280 |" in report.text()
    assert "kampus-own-work.svg" in report.charts()
    assert "kampus-own-work.svg" not in REPORT.charts()


def test_a_section_is_put_at_the_end_and_replaced_by_the_next_measurement(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text("# Speed\n", encoding="utf-8")
    REPORT.write_into(document, tmp_path / "performance")
    document.write_text(document.read_text(encoding="utf-8") + "\nAfter it.\n", encoding="utf-8")

    replace(REPORT, title="Once more").write_into(document, tmp_path / "performance")

    written = document.read_text(encoding="utf-8")
    assert "Once more" in written
    assert "The campus" not in written
    assert written.startswith("# Speed\n")
    assert written.endswith("\nAfter it.\n")
    assert "![kampus-seconds](performance/kampus-seconds.svg)" in written
