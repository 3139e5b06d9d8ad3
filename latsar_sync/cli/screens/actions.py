"""What the terminal shows of the actions of named persons: clearances, moves, finalised lists, who is who."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from rich.console import Console
from rich.markup import escape

from latsar_sync.cli.screens.frames import decimal, figures, nip, table, whole
from latsar_sync.cli.screens.moments import day, moment
from latsar_sync.domain.language import _, counted
from latsar_sync.domain.reason_sentences import clearance_name
from latsar_sync.domain.spelling import decree_number
from latsar_sync.exports.set_aside import RowsAside, SetAside

Line = Mapping[str, Any]

NEWCOMERS = 1_000_000
"""Comes after every amendment: those whom no decree has taken in."""


def lists_of(rows: Iterable[Line]) -> Iterator[tuple[tuple[str, str | None, str], Iterable[Sequence[Any]]]]:
    """Yield the roster's lines by programme, angkatan and the decree that took them in, the list itself first.

    The third part of the key is the decree in words; empty where the angkatan was not finalised. Lines of an angkatan
    come one after another, and are set aside until they are printed.
    """
    for (programme, angkatan), members in groupby(rows, key=itemgetter("programme", "angkatan")):
        aside, decrees, where = SetAside(), dict[int, Line | None](), dict[int, list[int]]()
        for row in members:
            decree = row.get("finalised")
            amendment = decree["amendment"] if decree else NEWCOMERS
            decrees[amendment] = decree
            where.setdefault(amendment, []).append(aside.put((row,)))
        for amendment, places in sorted(where.items()):
            words = _decree(decrees[amendment], any(decrees.values()))
            yield (programme, angkatan, words), RowsAside(aside, places)


def _decree(decree: Line | None, finalised: bool) -> str:
    if decree is not None:
        return " · " + decree_in_words(decree)
    return " · " + _("not on the finalised list") if finalised else ""


def decree_in_words(decree: Line) -> str:
    """Return which decree it is: the list itself, or which amendment."""
    if decree["amendment"]:
        return _("amendment {count}, SK {number} of {day}").format(
            count=decree["amendment"], number=decree_number(decree["sk"]), day=day(decree["date"])
        )
    return _("SK {number} of {day}").format(number=decree_number(decree["sk"]), day=day(decree["date"]))


def remarks(row: Line) -> Iterator[str]:
    """Yield what a line of the roster says beside its state."""
    if row.get("late"):
        yield _("late comer (susulan)")
    for left in row.get("left_behind", ()):
        if left["wrong_account"]:
            yield _("another account still in {course}: user {number}").format(
                course=left["course"], number=left["target_user_id"]
            )
        else:
            yield _("still enrolled in {course} of angkatan {angkatan}").format(
                course=left["course"], angkatan=left["angkatan"]
            )


def left_in(lines: Sequence[Line], angkatan: str | None) -> list[tuple[Line, Line]]:
    """Return who is still in the course of an angkatan (None: of any) that they left, or by an account that is not
    theirs, with that in-class course.
    """
    return [(line, left) for line in lines for left in line["left_behind"] if angkatan in (None, left["angkatan"])]


def show_left_behind(console: Console, left: Sequence[tuple[Line, Line]]) -> None:
    """Print who must be taken out of the in-class course that they were moved from; nothing is undone there."""
    if not left:
        return
    title = _("Moved, or found by another account, and still in the old course: a person must take them out in Moodle")
    frame = table(title, whole("NIP"), _("Name"), _("Old course"), _("Now in"))
    for line, where in left:
        old = _("angkatan {angkatan}: {course}, group {group}").format(
            angkatan=where["angkatan"], course=where["course"], group=where["group"]
        )
        if where["wrong_account"]:
            old += " · " + _("user {number}, not their account").format(number=where["target_user_id"])
        frame.add_row(nip(line["nip"]), escape(line["name"] or ""), escape(old), line["angkatan"] or "–")
    console.print(frame)


def show_clearances(console: Console, lines: Sequence[Line], language: str) -> None:
    """Print every clearance, oldest first, and whether it counts today."""
    words = {"valid": _("valid"), "expired": _("expired"), "revoked": _("revoked")}
    frame = table(_("clearances"), figures(_("No")), _("Of"), _("Document"), _("Valid until"), _("Checked by"))
    for line in lines:
        owner = f"angkatan {line['angkatan']}" if line["angkatan"] else f"{nip(line['nip'])}\n{line['name'] or '–'}"
        document = f"{clearance_name(line['kind'], language)}\n{line['number']}, {line['issuer']}, {day(line['date'])}"
        state = f"{day(line['valid_until'])}\n{words[line['state']]}"
        frame.add_row(str(line["no"]), escape(owner), escape(document), state, escape(line["by"]))
    console.print(frame if lines else _("No clearance is on record yet."))


def show_finalisations(console: Console, lines: Sequence[Line]) -> None:
    """Print every decree, oldest first, with whom it took in and who left the list."""
    frame = table(_("finalised rosters"), _("Angkatan"), _("Decree"), _("On the list"), _("Recorded by"))
    for line in lines:
        change = counted("{number} person", "{number} persons", len(line["members"])).format(
            number=len(line["members"])
        )
        if line["amendment"]:
            change = f"+ {change}"
        if line["left"]:
            change += "\n– " + counted("{number} person", "{number} persons", len(line["left"])).format(
                number=len(line["left"])
            )
        by = f"{line['by']}\n{moment(line['at'])}"
        frame.add_row(line["angkatan"], escape(decree_in_words(line)), change, escape(by))
    console.print(frame if lines else _("No roster was finalised yet."))


def show_identities(console: Console, lines: Sequence[Line], language: str) -> None:
    """Print every word about who is who, oldest first, and whether it binds."""
    frame = table(_("who is who"), whole("NIP"), _("Name"), _("What"), _("Reason"), _("By"), _("Binds"))
    for line in lines:
        by = f"{line['by']}\n{moment(line['at'])}"
        binds = _("yes") if line["in_force"] else _("no")
        name = escape(line["name"] or _("(erased)"))
        frame.add_row(nip(line["nip"]), name, escape(line["sentence"]), escape(line["reason"]), escape(by), binds)
    console.print(frame if lines else _("Nothing was said about who is who yet."))


def _told_of_identity(found: Line) -> Iterator[tuple[str, str]]:
    """Yield label and text of each action about who somebody is, and of the person's other accounts."""
    for each in found["acts"]:
        told = _("{what}, by {by}, {day}: {reason}").format(
            what=each["sentence"], by=each["by"], day=day(each["at"]), reason=each["reason"]
        )
        yield _("who is who"), told
    for each in found["other_accounts"]:
        told = _("user {number} in the MOOC: score {score}, materials {done}/{total}").format(
            number=each["source_user_id"],
            score="–" if each["score"] is None else decimal(each["score"]),
            done="–" if each["materials_done"] is None else each["materials_done"],
            total="–" if each["materials_total"] is None else each["materials_total"],
        )
        yield _("same person"), told


def told_of_actions(found: Line, language: str) -> Iterator[tuple[str, str]]:
    """Yield label and text of each clearance, move and decree in what ``explain`` found of one person."""
    words = {"valid": _("valid"), "expired": _("expired"), "revoked": _("revoked")}
    for each in found["clearances"]:
        yield (
            _("clearance"),
            _("{kind}, {number} of {issuer}, valid until {until} ({state}), checked by {by}").format(
                kind=clearance_name(each["kind"], language),
                number=each["number"],
                issuer=each["issuer"],
                until=day(each["valid_until"]),
                state=words[each["state"]],
                by=each["by"],
            ),
        )
    for each in found["moves"]:
        yield (
            _("moved"),
            _("from angkatan {before} to {after} by {by}, {day}: {reason}").format(
                before=each["from"] or "–",
                after=each["to"],
                by=each["by"],
                day=day(each["at"]),
                reason=each["reason"],
            ),
        )
    yield from _told_of_identity(found["identity"])
    for each in found["left_behind"]:
        still = (
            _("user {number}, not their account, is still in {course}, group {group}; a person must take it out")
            if each["wrong_account"]
            else _("still in {course}, group {group}; a person must take them out")
        )
        told = still.format(course=each["course"], group=each["group"], number=each["target_user_id"])
        yield _("left behind"), told
    if found["finalised"]:
        yield _("finalised"), decree_in_words(found["finalised"])
