"""The results as people meet them: a table, figures (JSON) and charts (SVG), and their section in a document."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from plots import bars, shown


@dataclass
class Row:
    """One line of the table: megabytes are unpacked, ``cpu`` is the LMS's, None where it cannot be seen.

    ``read`` counts the people of whom something was read, None where nothing is done with the answers.
    """

    what: str
    requests: int
    seconds: float
    megabytes: float
    cpu: float | None = None
    read: int | None = None
    note: str = ""


@dataclass(frozen=True)
class OwnWork:
    """One round of the service's own work over so many people; ``each`` is microseconds a person, both sides together.

    ``peak`` is the most memory that the process held, in megabytes.
    """

    database: str
    people: int
    what: str
    seconds: float
    each: float
    peak: int


@dataclass(frozen=True)
class Report:
    """All results of one measurement: ``command`` repeats it, ``on_record`` says when and where it ran."""

    name: str
    title: str
    command: str
    on_record: str
    rows: Sequence[Row]
    own_work: Sequence[OwnWork] = ()

    def text(self) -> str:
        """Return the section of a document, without the charts."""
        parts = [f"### {self.title}", "", f"`{self.command}`: {self.on_record}.", "", *_table(self.rows)]
        if self.own_work:
            parts += [
                "",
                "The service's own work, with an LMS that answers at once:",
                "",
                *_own_table(self.own_work),
            ]
        return "\n".join([*parts, ""])

    def charts(self) -> dict[str, str]:
        """Return the charts by file name."""
        drawn = {}
        for unit in ("seconds", "requests"):
            chosen = [(row.what.strip(), float(getattr(row, unit)), row.what.startswith("now")) for row in self.rows]
            drawn[f"{self.name}-{unit}.svg"] = bars(f"{self.title}: {unit}", unit, chosen)
        if self.own_work:
            worst = [line for line in self.own_work if line.what == "everybody new"]
            each = [(f"{line.database}, {line.people:,} people", line.each, True) for line in worst]
            drawn[f"{self.name}-own-work.svg"] = bars("Own work, everybody new: microseconds a person", "µs", each)
        return drawn

    def save(self, folder: Path) -> None:
        """Write figures and charts."""
        folder.mkdir(parents=True, exist_ok=True)
        figures = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        (folder / f"{self.name}.json").write_text(figures + "\n", encoding="utf-8")
        for name, chart in self.charts().items():
            (folder / name).write_text(chart, encoding="utf-8")

    def write_into(self, document: Path, folder: Path) -> None:
        """Put the section into a document, in place of what an earlier run of this name left there, else at its end."""
        begin, end = f"<!-- bench {self.name}: written by scripts/bench -->", f"<!-- end of bench {self.name} -->"
        place = Path(os.path.relpath(folder, document.parent)).as_posix()
        images = [f"![{name.removesuffix('.svg')}]({place}/{name})" for name in self.charts()]
        section = "\n".join([begin, self.text(), *images, end])
        before = document.read_text(encoding="utf-8")
        whole = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        after = whole.sub(lambda _: section, before) if whole.search(before) else f"{before.rstrip()}\n\n{section}\n"
        document.write_text(after, encoding="utf-8")


def on_record(now: datetime, moodle: str) -> str:
    """Return when and where something was measured, without the name of anything."""
    return f"{now:%Y-%m-%d}, {moodle}, {os.cpu_count()} cores for both sides, Python {platform.python_version()}"


def _table(rows: Sequence[Row]) -> list[str]:
    with_cpu = any(row.cpu is not None for row in rows)
    head = ["What", "Requests", "Seconds", "MB unpacked", *(["LMS CPU s"] if with_cpu else []), "People read", "Note"]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for row in rows:
        cpu = ["–" if row.cpu is None else shown(row.cpu)] if with_cpu else []
        cells = [row.what.strip(), f"{row.requests:,}", shown(row.seconds), shown(row.megabytes), *cpu]
        cells += ["–" if row.read is None else f"{row.read:,}", row.note]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _own_table(lines: Sequence[OwnWork]) -> list[str]:
    shown_lines = ["| Database | People | Round | Seconds | µs a person | Peak MB |", "|---" * 6 + "|"]
    for line in lines:
        cells = [line.database, f"{line.people:,}", line.what, shown(line.seconds), shown(line.each), str(line.peak)]
        shown_lines.append("| " + " | ".join(cells) + " |")
    return shown_lines
