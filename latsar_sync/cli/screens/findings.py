"""What a guard found, with the people whom it is about by name; ``--json`` has the internal ids of all of them."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from latsar_sync.cli.context import note_view
from latsar_sync.cli.screens.frames import nip
from latsar_sync.domain.finding_remedies import finding_text
from latsar_sync.domain.language import _, counted
from latsar_sync.domain.records import Finding
from latsar_sync.domain.request import PlanLine
from latsar_sync.store.database import Database

if TYPE_CHECKING:
    from latsar_sync.store.listings import Row

Names = Mapping[str, "Row"]
"""People by internal id, as the listings have them."""

SHOWN = 200
"""People listed under a finding; more are counted, and stand whole in ``--json``."""
A_FEW = 5
"""People listed where many findings stand under each other."""


def finding_of(shape: Mapping[str, Any]) -> Finding:
    """Return the finding that a listing's shape shows."""
    return Finding(shape["code"], shape["subject"], shape["before"], shape["now"], tuple(shape["people"]))


def shown_of_each(findings: Sequence[Finding]) -> int:
    """Return how many people of each finding a screen lists: all of its lists together stay within ``SHOWN``."""
    return max(A_FEW, SHOWN // max(1, sum(bool(each.people) for each in findings)))


def planned_names(lines: Iterable[PlanLine]) -> dict[str, "Row"]:
    """Return those of a plan by internal id, as ``names_of`` returns people."""
    told = ("nip", "name", "angkatan")
    return {
        each.participant_id: {**{name: getattr(each, name) for name in told}, "institution": None} for each in lines
    }


def names_of(database: Database, action: str, findings: Iterable[Finding], shown: int = SHOWN) -> dict[str, "Row"]:
    """Return the people whom findings are about, as many as will be shown; that they are looked at is written down.

    ``action`` says by which command.
    """
    wanted = {who for finding in findings for who in finding.people[:shown]}
    if not wanted:
        return {}
    from latsar_sync.store import searches

    with database.reading() as connection:
        rows = {row["participant_id"]: row for row in searches.people_of(connection, None, sorted(wanted))}
    note_view(database, action, [row["programme"] for row in rows.values()])
    return rows


def show_finding(
    console: Console, label: str, finding: Finding, names: Names, language: str, shown: int = SHOWN
) -> None:
    """Print a finding as a labelled sentence, and the people whom it is about, a line each."""
    console.print(Text.assemble((f"  {label}: ", "yellow"), finding_text(finding, language)), soft_wrap=True)
    for who in islice(finding.people, shown):
        console.print(f"    - {_line(who, names.get(who))}", markup=False, highlight=False, soft_wrap=True)
    more = len(finding.people) - shown
    if more > 0:
        text = counted("… and {count} person more (--json has all)", "… and {count} people more (--json has all)", more)
        console.print(f"    {text.format(count=more)}", markup=False, highlight=False, soft_wrap=True)


def _line(who: str, row: "Row | None") -> str:
    if row is None:
        return who
    name = row["name"] or _("(erased)")
    place = _("Angkatan {name}").format(name=row["angkatan"]) if row["angkatan"] else ""
    return " · ".join(part for part in (nip(row["nip"]), name, place, row["institution"] or "") if part)
