"""What is written to people through Moodle. No text holds a NIP, and none says that anybody has failed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from latsar_sync.domain import figures
from latsar_sync.domain.language import _, counted


@dataclass(frozen=True, slots=True)
class InClassPhase:
    """What a message says of an angkatan: its id, group and first and last day."""

    angkatan: str
    group: str
    starts: date | None = None
    ends: date | None = None


def reminder_text(name: str, title: str, deadline: date | None, missing: Sequence[str], longest: int) -> str:
    """Return what is written to somebody who lacks something, with the ``deadline`` if it is to be told."""
    if deadline is None:
        head = _("Dear {name},\n\naccording to our records this is still missing in the MOOC of {title}:\n")
        tail = _(
            "\n\nPlease complete it soon. If you think that you have, ask the committee.\n\n"
            "This message was sent automatically; nobody reads answers to it."
        )
        return _fitting(head.format(name=name, title=title), missing, tail, longest)
    head = _(
        "Dear {name},\n\nthe MOOC of {title} ends on {date}. According to our records this is still missing:\n"
    ).format(name=name, title=title, date=_day(deadline))
    tail = _(
        "\n\nPlease complete it by {date}. If you think that you have, ask the committee.\n\n"
        "This message was sent automatically; nobody reads answers to it."
    ).format(date=_day(deadline))
    return _fitting(head, missing, tail, longest)


def admitted_text(name: str, course: str | None, group: InClassPhase, title: str, longest: int) -> str:
    """Return what is written to somebody who was seen in the in-class course."""
    head = _("Dear {name},\n\nyou are admitted to the in-class phase of {title}.\n").format(name=name, title=title)
    lines = [_("- In-class course: {course}, {group}").format(course=course, group=group.group)]
    if group.starts is not None:
        lines.append(_("- First day: {date}").format(date=_day(group.starts)))
    tail = _("\n\nThis message was sent automatically; nobody reads answers to it.")
    return _fitting(head, lines, tail, longest)


def digest_text(arrived: Sequence[tuple[str, str | None]], course: str | None, title: str, longest: int) -> str:
    """Return what is written to a course manager of who ``arrived``: each by name, with the group."""
    lines = [f"- {name} ({group})" for name, group in sorted(arrived, key=lambda each: (each[1] or "", each[0]))]
    head = counted(
        "{count} participant of {title} has newly arrived in the in-class course {course}:\n",
        "{count} participants of {title} have newly arrived in the in-class course {course}:\n",
        len(arrived),
    ).format(count=len(arrived), title=title, course=course)
    tail = _("\n\nEverybody stands on the course's Participants page. This message was sent automatically.")
    return _fitting(head, lines, tail, longest)


def _day(day: date) -> str:
    return figures.long_day(day)


def _fitting(head: str, lines: Sequence[str], tail: str, longest: int) -> str:
    """Join the parts; if they are more than ``longest`` bytes, leave out lines from the end and say how many."""
    kept = list(lines)
    while True:
        left_out = len(lines) - len(kept)
        more = [_("- … and {count} more").format(count=left_out)] if left_out else []
        text = head + "\n" + "\n".join([*kept, *more]) + tail
        if len(text.encode()) <= longest or not kept:
            return text
        kept.pop()
