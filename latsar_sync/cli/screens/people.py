"""What the terminal shows of people: roster, chase list, one person's five steps, thresholds, decisions by name."""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from latsar_sync.cli.screens import actions
from latsar_sync.cli.screens.frames import decimal, figures, line, nip, print_rows, styled, table, whole
from latsar_sync.cli.screens.imports import imported_line, listed_line
from latsar_sync.cli.screens.moments import day, moment, short_moment
from latsar_sync.domain.decision import Reason
from latsar_sync.domain.entry import HOLDS_A_SEAT
from latsar_sync.domain.language import _
from latsar_sync.domain.reason_sentences import sentence
from latsar_sync.domain.state_words import (
    ENROLMENT_TEXTS,
    ORIGIN_TEXTS,
    OUTCOME_TEXTS,
    OVERRIDE_TEXTS,
    PUSH_KIND_TEXTS,
    PUSH_STATE_TEXTS,
    SCALE_TEXTS,
    STATE_TEXTS,
    word,
)
from latsar_sync.exports.set_aside import SetAside
from latsar_sync.store.participants import IMPORTED

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
        cells = nip(row["nip"]), escape(row["name"] or ""), decision, escape(" ".join(row["missing"]))
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
        what = f"{word(OVERRIDE_TEXTS, each['kind'], language)}\n{_override_days(each)}"
        row = (_name(each["name"]), what, escape(each["by"]), escape(each["reason"]))
        frame.add_row("→" if each["in_force"] else "", nip(each["nip"]), *row)
    console.print(frame if lines else _("Nobody was admitted or held by a person yet."))


def _override_days(override: Line) -> str:
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
        if move["after"] == "not_yet" and move["roster_state"] in SEATED:
            then += ", " + _("keeps the seat, in review")
        before = word(OUTCOME_TEXTS, move["before"], language)
        frame.add_row(nip(move["nip"]), escape(move["name"]), decimal(move["score"]), before, then)
    console.print(frame)


def show_explanation(console: Console, found: Line, language: str) -> None:
    """Print one person's five steps: matched, seen, judged, placed, confirmed; and where it stopped."""
    person, roster = found["participant"], found["roster"]
    console.print(Text.assemble((person["name"] or _("(erased)"), "bold"), f" · NIP {nip(person['nip'])}"))
    line(console, "1 " + _("matched"), _matched(person, language))
    if found["listed"] is not None:
        line(console, "", listed_line(found["listed"]))
    if found["evidence"] is None:
        line(console, "2 " + _("seen"), _("nothing yet"))
        return
    line(console, "2 " + _("seen"), _seen(found["evidence"]))
    for each in found["imports"]:
        line(console, "", imported_line(each))
    if found["decisions"]:
        judged = found["decisions"][-1]
        line(console, "3 " + _("judged"), _judged(judged, found["threshold"], language))
        for text in judged["sentences"]:
            line(console, "", text)
    for told in _overrides(found, language):
        line(console, _("override"), told)
    for label, told in actions.told_of_actions(found, language):
        line(console, label, told)
    if roster is None:
        line(console, "4 " + _("placed"), _("not on the roster"))
    else:
        _show_place(console, roster, found["pushes"], language)
    if len(found["decisions"]) > 1:
        text = _("{count} decisions; all of them with --json").format(count=len(found["decisions"]))
        line(console, _("history"), text)


def _overrides(found: Line, language: str) -> Iterator[str]:
    """Yield what persons decided about somebody, and say which of it binds now."""
    said, binding = found["overrides"], found["override_in_force"]
    for override in said if binding in (*said, None) else [*said, binding]:
        told = _("{kind} by {by}, {days}: {reason}").format(
            kind=word(OVERRIDE_TEXTS, override["kind"], language),
            by=override["by"],
            days=_override_days(override),
            reason=override["reason"],
        )
        yield told + (_(" · binds now") if override == binding else "")


def _matched(person: Line, language: str) -> str:
    if person["source_site"] == IMPORTED:
        account = _("imported list, number {number}").format(number=person["source_user_id"])
    else:
        account = _("{site}, user {number}").format(site=person["source_site"], number=person["source_user_id"])
    return _("{account}, enrolment {enrolment}, groups: {groups}").format(
        account=account,
        enrolment=word(ENROLMENT_TEXTS, person["enrolment"], language),
        groups=", ".join(person["groups"]) or _("none"),
    )


def _seen(evidence: Line) -> str:
    if evidence["grade"] is None:
        seen = [_("no grade")]
    elif evidence["grade_max"] is None:
        seen = [_("grade {grade}").format(grade=decimal(evidence["grade"]))]
    else:
        seen = [
            _("grade {grade} of {maximum}").format(
                grade=decimal(evidence["grade"]), maximum=decimal(evidence["grade_max"])
            )
        ]
    if evidence["overridden"]:
        seen.append(_("(set by a teacher)"))
    materials = evidence["materials"]
    read = _("materials {done}/{total}").format_map(materials) if materials else _("materials not read")
    exactly = _("read exactly {moment}")
    if evidence["grade_as_of"]:
        seen.append(exactly.format(moment=moment(evidence["grade_as_of"])))
    if evidence["materials_as_of"]:
        read += ", " + exactly.format(moment=moment(evidence["materials_as_of"]))
    if evidence["attempts_as_of"]:
        read += " · " + _("attempts") + ", " + exactly.format(moment=moment(evidence["attempts_as_of"]))
    if evidence["attempts"] and evidence["attempts"]["best"] is not None:
        read += ", " + _("the best {best}").format(best=decimal(evidence["attempts"]["best"]))
    return f"{', '.join(seen)} · {read}"


def _judged(judged: Line, threshold: Line | None, language: str) -> str:
    terms = judged["judged_by"]
    return _judged_against(judged, threshold, language) + (_by_terms(terms) if terms else "")


def _by_terms(terms: Line) -> str:
    text = _(" · basis {basis}, materials by {materials_mode}, method {method}, NIP from {participant_key}")
    return text.format_map({**terms, "basis": terms["basis"] or "–"})


def _judged_against(judged: Line, threshold: Line | None, language: str) -> str:
    outcome = word(OUTCOME_TEXTS, judged["decision"], language)
    if threshold is None:
        return f"{outcome}, {moment(judged['decided_at'])}"
    told = _("{outcome} against {value} {scale} ({basis}), {moment}").format(
        outcome=outcome,
        value=decimal(threshold["value"]),
        scale=word(SCALE_TEXTS, threshold["scale"], language),
        basis=threshold["legal_basis"],
        moment=moment(judged["decided_at"]),
    )
    return told + (_(" · score {score}").format(score=decimal(judged["score"])) if judged["score"] is not None else "")


def _show_place(console: Console, roster: Line, pushes: Sequence[Line], language: str) -> None:
    where = f"angkatan {roster['angkatan'] or '–'}: {word(STATE_TEXTS, roster['state'], language)}"
    line(console, "4 " + _("placed"), where + (f". {roster['sentence']}" if roster["sentence"] else ""))
    for push in pushes:
        told = _("{kind}, attempt {attempt}: {state}, sent {moment}").format(
            kind=word(PUSH_KIND_TEXTS, push["kind"], language),
            attempt=push["attempt"],
            state=word(PUSH_STATE_TEXTS, push["state"], language),
            moment=moment(push["sent_at"]),
        )
        line(console, "", f"{told}: {push['error']}" if push["error"] else told)
    told = _("no")
    if roster["state"] == "confirmed":
        told = _("{site}: {course}, group {group} ({origin})").format(
            site=roster["site"],
            course=roster["course"],
            group=roster["group"],
            origin=word(ORIGIN_TEXTS, roster["origin"], language),
        )
    line(console, "5 " + _("confirmed"), told)


def _name(name: str | None) -> str:
    return escape(name or _("(erased)"))


def show_priority(console: Console, shape: Mapping[str, Any]) -> None:
    """Print the seats by angkatan: who is preferred, who fills, what is free, and who would fill it."""
    if shape["fill_from"] is None:
        line(console, _("others"), _("nobody who does not qualify fills a seat"))
    else:
        told = _("fill what is left since {day}") if shape["fills_now"] else _("fill what is left from {day} on")
        line(console, _("others"), told.format(day=day(shape["fill_from"])))
    titles = (_("Seats"), _("Preferred"), _("Filled"), _("Free"), _("Would fill"))
    frame = table("", _("Angkatan"), *map(figures, titles))
    for each in shape["angkatan"]:
        seats, free = ("–" if each[key] is None else str(each[key]) for key in ("capacity", "free"))
        numbers = (str(each[key]) for key in ("preferred", "filled"))
        frame.add_row(each["angkatan"], seats, *numbers, free, str(each["would_fill"]))
    console.print(frame)
