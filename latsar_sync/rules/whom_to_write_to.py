"""Who is written to through Moodle, and on which occasion: pure, from what is known (rule 4).

A message goes to one person. What it says stands in ``message_texts``, whether it went already in ``sent_messages``.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entry import NIP_CHANGED, Entry, EntryState, Origin
from latsar_sync.domain.language import in_use
from latsar_sync.domain.participant import Enrolment
from latsar_sync.domain.reason_sentences import sentence
from latsar_sync.domain.records import Record
from latsar_sync.rules.holding_back import is_held_back
from latsar_sync.rules.message_texts import InClassPhase, admitted_text, digest_text, reminder_text
from latsar_sync.rules.sent_messages import ASKED_FOR, Message, MessageEvent

WITHIN_THEIR_POWER = frozenset({"score_below_threshold", "no_grade", "materials_incomplete", "materials_failed"})
"""Reasons that a participant can do something about; the others are for the committee."""


def reminder(
    record: Record, site: str, title: str, deadline: date | None, days_before: Sequence[int], today: date, longest: int
) -> Message | None:
    """Return the reminder that is due today, None if there is none.

    Only somebody with a MOOC enrolment that is active and a decision ``not_yet``, which needs full reading, is
    reminded, and whom a person admits is not: they need it no more. Of several days that have come the last counts, so
    that switching it on late reminds once.
    """
    if deadline is None or today > deadline:
        return None
    reached = [days for days in days_before if (deadline - today).days <= days]
    missing = what_they_lack(record)
    if not reached or not missing or (record.decision is not None and record.decision.by_admission):
        return None
    text = reminder_text(record.participant.person.name, title, deadline, missing, longest)
    return _to_participant(record, MessageEvent.REMINDER, site, f"{deadline.isoformat()}/{min(reached)}", text)


def asked_occasion(day: date) -> str:
    """Return the occasion of a reminder that a person asked for on a day: once for each person and day."""
    return f"{ASKED_FOR}{day.isoformat()}"


def asked_reminder(
    record: Record, site: str, title: str, deadline: date | None, occasion: str, today: date, longest: int
) -> Message | None:
    """Return the reminder that a named person asked for, None if nothing is missing any more that the person could do.

    A ``deadline`` that has passed is not told.
    """
    missing = what_they_lack(record)
    if not missing:
        return None
    told = deadline if deadline is not None and today <= deadline else None
    text = reminder_text(record.participant.person.name, title, told, missing, longest)
    return _to_participant(record, MessageEvent.REMINDER, site, occasion, text)


def what_they_lack(record: Record) -> list[str]:
    """Return, a line each, what somebody lacks and can do something about; nothing for whom no reminder is meant."""
    decision, person = record.decision, record.participant.person
    if decision is None or not person.name or record.participant.merged_into is not None:
        return []
    if decision.outcome is not Outcome.NOT_YET or person.enrolment is not Enrolment.ACTIVE:
        return []
    return [f"- {sentence(each, in_use())}" for each in decision.reasons if each.code in WITHIN_THEIR_POWER]


def admitted(record: Record, entry: Entry | None, group: InClassPhase | None, site: str, title: str, today: date,
             longest: int) -> Message | None:  # fmt: skip
    """Return the message to somebody seen in the course, once per angkatan; None if there is none to send.

    Of whom it cannot be told whose the results are, or the account there, nobody is written to by that account.
    """
    decision, person = record.decision, record.participant.person
    if entry is None or entry.state is not EntryState.CONFIRMED or group is None or not person.name:
        return None
    if decision is None or person.enrolment is Enrolment.ENDED or entry.reason == NIP_CHANGED:
        return None
    if is_held_back(decision):
        return None
    if group.ends is not None and group.ends < today:
        return None
    text = admitted_text(person.name, entry.course, group, title, longest)
    return _to_participant(record, MessageEvent.ADMITTED, site, group.angkatan, text)


def arrivals(
    records: Mapping[str, Record], entries: Iterable[Entry], told: Mapping[tuple[str, int], frozenset[str]]
) -> dict[tuple[str, int], list[Entry]]:
    """Return who was brought into which in-class course (site, course id) and of whom no digest has told yet.

    ``records`` and ``told`` are by participant id; somebody whose identity was erased is not told of.
    """
    found: dict[tuple[str, int], list[Entry]] = {}
    for entry in entries:
        record = records.get(entry.participant_id)
        if entry.state is not EntryState.CONFIRMED or entry.origin is not Origin.PUSHED or entry.site is None:
            continue
        if record is None or not record.participant.person.name or entry.course_id is None:
            continue
        if entry.participant_id not in told.get((entry.site, entry.course_id), frozenset()):
            found.setdefault((entry.site, entry.course_id), []).append(entry)
    return found


@dataclass(frozen=True, slots=True)
class NewsOfCourse:
    """Of whom managers of an in-class course are to be told: of who is ``new``; and whom a digest did not reach, of who
    stood in that one, too (``owed``, by the manager's user id), if they are ``there`` still.
    """

    there: Sequence[Entry]
    new: frozenset[str]
    owed: Mapping[int, frozenset[str]]

    def of(self, manager: int) -> list[Entry]:
        """Return of whom one manager is to be told."""
        mine = self.new | self.owed.get(manager, frozenset())
        return [each for each in self.there if each.participant_id in mine]

    @property
    def of_any(self) -> list[Entry]:
        """Of whom anybody is to be told."""
        mine = self.new.union(*self.owed.values())
        return [each for each in self.there if each.participant_id in mine]


def news_of_courses(
    records: Mapping[str, Record],
    entries: Collection[Entry],
    told: Mapping[tuple[str, int], frozenset[str]],
    owed: Mapping[tuple[str, int], Mapping[int, frozenset[str]]],
) -> dict[tuple[str, int], NewsOfCourse]:
    """Return of whom managers are to be told now, by in-class course; ``told`` as ``arrivals`` wants it."""
    new = {
        course: frozenset(each.participant_id for each in of) for course, of in arrivals(records, entries, told).items()
    }
    found = {
        course: NewsOfCourse(there, new.get(course, frozenset()), owed.get(course, {}))
        for course, there in arrivals(records, entries, {}).items()
    }
    return {course: news for course, news in found.items() if news.of_any}


def digest(
    arrived: Sequence[Entry], records: Mapping[str, Record], managers: Iterable[int], title: str, today: date,
    longest: int,
) -> list[Message]:  # fmt: skip
    """Return the digest of one course's newly arrived people to each of its managers, once a day."""
    first = arrived[0]
    people = [(records[each.participant_id].participant.person.name, each.group) for each in arrived]
    text = digest_text(people, first.course, title, longest)
    covers = tuple(entry.participant_id for entry in arrived)
    return [
        Message(
            MessageEvent.ARRIVALS,
            first.site or "",
            user_id,
            f"{first.site}:{user_id}",
            f"{first.course_id}/{today.isoformat()}",
            text,
            covers,
        )
        for user_id in managers
    ]


def _to_participant(record: Record, event: MessageEvent, site: str, occasion: str, text: str) -> Message:
    participant = record.participant
    return Message(event, site, participant.person.user_id, participant.id, occasion, text)
