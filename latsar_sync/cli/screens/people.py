"""What the terminal shows of people: roster, chase list, thresholds, decisions by name."""

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from latsar_sync.cli.screens import actions
from latsar_sync.cli.screens.frames import decimal, figures, line, nip, print_rows, styled, table, whole
from latsar_sync.cli.screens.moments import day, short_moment
from latsar_sync.domain.decision import Reason
from latsar_sync.domain.entry import HOLDS_A_SEAT
from latsar_sync.domain.language import _
from latsar_sync.domain.reason_sentences import sentence
from latsar_sync.domain.state_words import (
    OUTCOME_TEXTS,
    OVERRIDE_TEXTS,
    SCALE_TEXTS,
    STATE_TEXTS,
    word,
)
from latsar_sync.exports.set_aside import SetAside

SEATED = frozenset(map(str, HOLDS_A_SEAT))

STATE_STYLES = {"confirmed": "green", "pushed": "green", "planned": "cyan", "waitlisted": "blue", "withdrawn": "red"}

Line = Mapping[str, Any]


def show_roster(console: Console, rows: Iterable[Line], language: str) -> None:
    """Print the roster, a table for each angkatan in the order of placement, the lines of which come together."""
    is_empty = True
    for (programme, angkatan, decree), members in actions.lists_of(rows):
        is_empty, counts = False, Counter(row["state"] for (row,) in members)
        summary = ", ".join(
            f"{counts[state]} {word(STATE_TEXTS, state, language)}" for state in STATE_TEXTS if counts[state]
        )
        title = f"{programme} · angkatan {angkatan or '–'}{decree} · {summary}"
        cells = (_seat(position, row, language) for position, (row,) in enumerate(members, start=1))
        print_rows(
            console,
            title,
            lambda: (figures(_("No")), whole("NIP"), _("Name"), figures(_("Score")), _("State")),
            cells,
        )
    if is_empty:
        console.print(_("The roster is empty: nobody has qualified yet, or no run has been made."))


def _seat(position: int, row: Line, language: str) -> tuple[str | Text, ...]:
    state = styled(row["state"], STATE_STYLES, word(STATE_TEXTS, row["state"], language))
    if row["reason"]:
        state.append(f"\n{sentence(Reason(row['reason']), language)}", style="dim")
    for remark in actions.remarks(row):
        state.append(f"\n{remark}", style="dim")
    return str(position), nip(row["nip"]), _name(row["name"]), decimal(row["score"]), state


def show_participants(console: Console, rows: Iterable[Line], language: str) -> None:
    """Print the chase list, a table for each sending institution: who stands where and what is missing."""
    aside = SetAside()
    institutions: dict[str, array[int]] = {}
    for row in rows:
        decision = word(OUTCOME_TEXTS, row["decision"], language) if row["decision"] else "–"
        number, name = nip(row["nip"] or row["shared_nip"]), escape(row["name"] or "")
        cells = number, name, decision, escape(" ".join(row["missing"]))
        institutions.setdefault(row["institution"] or "–", array("Q")).append(aside.put(cells))
    if not institutions:
        console.print(_("Nobody matches."))
    for institution, sent in sorted(institutions.items()):
        print_rows(
            console,
            f"{institution} ({len(sent)})",
            lambda: (whole("NIP"), _("Name"), _("Decision"), _("Missing")),
            map(aside.read, sent),
        )


def show_thresholds(console: Console, shape: Line, language: str) -> None:
    """Print a programme's threshold history; the row in force is marked."""
    title = _("{programme} · threshold").format(programme=shape["programme"])
    frame = table(title, "", _("Value"), _("Legal basis"), _("Effective from"), _("Recorded by"))
    for each in shape["history"]:
        frame.add_row(
            "→" if each["version"] == shape["in_force"] else "",
            f"{decimal(each['value'])} {word(SCALE_TEXTS, each['scale'], language)}",
            escape(each["legal_basis"]),
            _("always") if each["always"] else short_moment(each["effective_from"]),
            escape(each["recorded_by"]),
        )
    if shape["history"]:
        console.print(frame)
        return
    none = _("{programme}: none recorded yet; the first run takes it from the configuration.")
    console.print(none.format(programme=shape["programme"]), markup=False, highlight=False)


def show_overrides(console: Console, lines: Sequence[Line], language: str) -> None:
    """Print every override, oldest first; an arrow marks what binds now."""
    frame = table(_("overrides"), "", whole("NIP"), _("Name"), whole(_("What")), _("By"), _("Reason"))
    for each in lines:
        what = f"{word(OVERRIDE_TEXTS, each['kind'], language)}\n{override_days(each)}"
        row = (_name(each["name"]), what, escape(each["by"]), escape(each["reason"]))
        frame.add_row("→" if each["in_force"] else "", nip(each["nip"]), *row)
    console.print(frame if lines else _("Nobody was admitted or held by a person yet."))


def override_days(override: Line) -> str:
    """Return from when and to which last day an override binds."""
    if not override["until"]:
        return day(override["at"])
    last = datetime.fromisoformat(override["until"]) - timedelta(seconds=1)
    return f"{day(override['at'])} – {day(last.isoformat())}"


def show_preview(
    console: Console, programme: str, limit: str, people: int, moves: Sequence[Line], language: str
) -> None:
    """Print who another threshold would move; whoever holds a seat keeps it and would go to review."""
    if not moves:
        none = _("{programme}: with {limit} none of {people} decisions would change.")
        console.print(none.format(programme=programme, limit=limit, people=people), markup=False, highlight=False)
        return
    title = _("{programme} · with {limit}: {count} of {people} would move").format(
        programme=programme, limit=limit, count=len(moves), people=people
    )
    frame = table(title, whole("NIP"), _("Name"), figures(_("Score")), _("Now"), _("Then"))
    for move in moves:
        then = word(OUTCOME_TEXTS, move["after"], language)
        if move["after"] == "not_yet" and move["roster_state"] in SEATED and move["angkatan"]:
            then += ", " + _("keeps the seat, in review")
        before = word(OUTCOME_TEXTS, move["before"], language)
        frame.add_row(nip(move["nip"]), escape(move["name"]), decimal(move["score"]), before, then)
    console.print(frame)


def _name(name: str | None) -> str:
    return escape(name or _("(erased)"))


def show_priority(console: Console, shape: Mapping[str, Any]) -> None:
    """Print the seats by angkatan: who is preferred, who fills, what is free, and who would fill it."""
    if shape["fill_from"] is None:
        line(console, _("others"), _("nobody who does not qualify fills a seat"))
    else:
        told = _("fill what is left since {day}") if shape["fills_now"] else _("fill what is left from {day} on")
        line(console, _("others"), told.format(day=day(shape["fill_from"])))
    titles = (_("Seats"), _("Preferred"), _("Filled"), _("Others there"), _("Free"), _("Would fill"))
    frame = table("", _("Angkatan"), *map(figures, titles))
    for each in shape["angkatan"]:
        seats, free = ("–" if each[key] is None else str(each[key]) for key in ("capacity", "free"))
        numbers = (str(each[key]) for key in ("preferred", "filled", "others"))
        frame.add_row(each["angkatan"], seats, *numbers, free, str(each["would_fill"]))
    console.print(frame)
