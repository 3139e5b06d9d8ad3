"""What a course manager reads inside Moodle: who was put there by the service, when, on what ground. Pure (rule 16).

A mark is sent like a message: once per kind, ``recipient`` and ``occasion``, and never again once it may have arrived.
No mark holds a NIP or another person's name.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from html import escape

from latsar_sync.domain import figures
from latsar_sync.domain.actions import Finalisation
from latsar_sync.domain.decision import Scale, Threshold
from latsar_sync.domain.entry import Admission, Entry, EntryState, Origin
from latsar_sync.domain.language import _
from latsar_sync.domain.records import Record
from latsar_sync.rules.sent_messages import Message, MessageEvent


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark: the log line, where it goes, and a title where it has one. ``starts`` is the day of an event."""

    line: Message
    course_id: int
    group_id: int
    title: str = ""
    starts: date | None = None


@dataclass(frozen=True, slots=True)
class MarkedAngkatan:
    """What marks say of an angkatan: its id and first day, and the page of the dashboard that shows its list."""

    id: str
    starts: date | None = None
    page: str = ""


@dataclass(frozen=True, slots=True)
class MarkFacts:
    """What marks are made of: the programme's title and thresholds, decrees, records by participant id, and when each
    was sent into the course. ``pages`` is the dashboard's address before a person's id, empty without one.
    """

    title: str
    thresholds: Mapping[int, Threshold]
    decrees: tuple[Finalisation, ...]
    records: Mapping[str, Record]
    sent_at: Mapping[str, datetime]
    pages: str = ""


def notes(entries: Iterable[Entry], known: MarkFacts, with_score: bool) -> list[Mark]:
    """Return a note for everybody whom the service put into a course: when, why, by which decree."""
    found = []
    for entry in entries:
        record, sent = known.records.get(entry.participant_id), known.sent_at.get(entry.participant_id)
        if not _was_put_there(entry) or record is None or not record.participant.person.name or sent is None:
            continue
        lines = [
            _("Put into the group {group} of {course} by latsar-sync on {date}.").format(
                group=entry.group, course=entry.course, date=figures.long_day(sent.date())
            ),
            _("Programme: {title}.").format(title=known.title),
            _ground(entry, record, known),
        ]
        if decree := _decree(entry, known.decrees):
            lines.append(
                _("Decree {number} of {date}.").format(number=decree.number, date=figures.long_day(decree.dated))
            )
        if with_score and record.decision is not None and record.decision.score is not None:
            lines.append(_("Score: {score}.").format(score=figures.number(record.decision.score)))
        if known.pages:
            lines.append(_("More: {address}").format(address=known.pages + entry.participant_id))
        line = Message(
            MessageEvent.NOTE,
            entry.site or "",
            entry.target_user_id or 0,
            entry.participant_id,
            entry.angkatan or "",
            "\n".join(lines),
        )
        found.append(Mark(line, entry.course_id or 0, entry.group_id or 0))
    return found


def descriptions(entries: Iterable[Entry], all_angkatan: Iterable[MarkedAngkatan], known: MarkFacts) -> list[Mark]:
    """Return for each filled group a description: who fills it, where its list is; ``title`` is the group's name."""
    found = []
    for angkatan, entry in _filled(entries, all_angkatan):
        said = _("latsar-sync fills this group: {title}, angkatan {angkatan}.").format(
            title=known.title, angkatan=angkatan.id
        )
        where = _("The list")
        text = f"<p>{escape(said)}</p>"
        if angkatan.page:
            text += f'<p><a href="{escape(angkatan.page)}">{escape(where)}</a></p>'
        line = _of_group(MessageEvent.DESCRIPTION, entry, angkatan.id, text)
        found.append(Mark(line, entry.course_id or 0, entry.group_id or 0, entry.group or ""))
    return found


def events(
    entries: Iterable[Entry], all_angkatan: Iterable[MarkedAngkatan], known: MarkFacts, today: date
) -> list[Mark]:
    """Return for each filled group the calendar event of its first day, unless that is over."""
    found = []
    for angkatan, entry in _filled(entries, all_angkatan):
        if angkatan.starts is None or angkatan.starts < today:
            continue
        title = _("{title}: the in-class phase begins ({group})").format(title=known.title, group=entry.group)
        text = _("Entered by latsar-sync for the group {group}.").format(group=entry.group)
        line = _of_group(MessageEvent.EVENT, entry, angkatan.starts.isoformat(), text)
        found.append(Mark(line, entry.course_id or 0, entry.group_id or 0, title, angkatan.starts))
    return found


def _filled(entries: Iterable[Entry], all_angkatan: Iterable[MarkedAngkatan]) -> list[tuple[MarkedAngkatan, Entry]]:
    """Return each angkatan with somebody who was put into its group."""
    first: dict[str, Entry] = {}
    for entry in entries:
        if _was_put_there(entry) and entry.angkatan is not None:
            first.setdefault(entry.angkatan, entry)
    return [(each, first[each.id]) for each in all_angkatan if each.id in first]


def _was_put_there(entry: Entry) -> bool:
    there = None not in (entry.site, entry.course_id, entry.group_id, entry.target_user_id)
    return entry.state is EntryState.CONFIRMED and entry.origin is Origin.PUSHED and there


def _of_group(event: MessageEvent, entry: Entry, occasion: str, text: str) -> Message:
    return Message(event, entry.site or "", 0, f"{entry.site}:group:{entry.group_id}", occasion, text)


def _ground(entry: Entry, record: Record, known: MarkFacts) -> str:
    if entry.admission is Admission.OVERRIDE:
        return _("Ground: admitted by a decision of the committee.")
    if entry.admission is not Admission.RULE:
        return _("Ground: admitted to a seat that was left, without meeting the condition of the MOOC.")
    threshold = known.thresholds.get(record.threshold_version or 0)
    if threshold is None:
        return _("Ground: meets the conditions of the programme.")
    return _("Ground: meets the condition of the MOOC, threshold {value} ({basis}).").format(
        value=figures.number(threshold.value) + (" %" if threshold.scale is Scale.PERCENT else ""),
        basis=threshold.legal_basis,
    )


def _decree(entry: Entry, decrees: Iterable[Finalisation]) -> Finalisation | None:
    mine = [each for each in decrees if each.angkatan == entry.angkatan and entry.participant_id in each.members]
    return mine[-1] if mine else None
