"""What the terminal shows of one person: their five steps, and where it stopped."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from latsar_sync.cli.screens import actions
from latsar_sync.cli.screens.frames import decimal, line, nip
from latsar_sync.cli.screens.imports import imported_line, listed_line
from latsar_sync.cli.screens.moments import moment
from latsar_sync.cli.screens.people import override_days
from latsar_sync.domain.language import _
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
from latsar_sync.store.participants import IMPORTED

Line = Mapping[str, Any]


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
        _show_no_place(console, found["not_placed"])
    else:
        _show_place(console, roster, found["pushes"], language)
    if len(found["decisions"]) > 1:
        text = _("{count} decisions; all of them with --json").format(count=len(found["decisions"]))
        line(console, _("history"), text)


def _show_no_place(console: Console, why: str | None) -> None:
    line(console, "4 " + _("placed"), _("not on the roster"))
    if why:
        line(console, "", why)


def _overrides(found: Line, language: str) -> Iterator[str]:
    """Yield what persons decided about somebody, and say which of it binds now."""
    said, binding = found["overrides"], found["override_in_force"]
    for override in said if binding in (*said, None) else [*said, binding]:
        told = _("{kind} by {by}, {days}: {reason}").format(
            kind=word(OVERRIDE_TEXTS, override["kind"], language),
            by=override["by"],
            days=override_days(override),
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
