"""What a file would change, a line each, in words: for whoever looks at it before it is taken."""

from collections.abc import Iterator
from dataclasses import dataclass

from latsar_sync.domain import figures
from latsar_sync.domain.language import _
from latsar_sync.domain.participant import Participant, Person
from latsar_sync.files.column_titles import usual_title
from latsar_sync.files.comparison import ListComparison, PeopleComparison, PersonChange
from latsar_sync.files.comparison_of_scores import ScoreComparison
from latsar_sync.files.import_request import Report


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """One line: where it stands in the file (None: somebody who is missing from it), whom it is about, what changes.

    ``kind`` is new, changed or ended; ``participant_id`` None: nobody who is known yet, or a whole angkatan.
    """

    line: int | None
    kind: str
    name: str
    nip: str | None
    participant_id: str | None
    words: str


def changed_lines(report: Report) -> list[ChangedLine]:
    """Return every line of a file that would change something, in the order of the file."""
    taken = report.taken
    if isinstance(taken, PeopleComparison):
        return list(_of_people(taken))
    if isinstance(taken, ScoreComparison):
        return list(_of_scores(taken))
    return list(_of_list(taken))


def _of_people(taken: PeopleComparison) -> Iterator[ChangedLine]:
    for each in taken.new:
        person = each.record.participant.person
        words = ", ".join(filter(None, [person.institution, *person.groups]))
        yield ChangedLine(each.line, "new", person.name, each.record.participant.nip, None, words)
    for each in taken.changed:
        yield _about(each.record.participant, each.line, "changed", _differences(each))
    for each in taken.ended:
        yield _about(each.record.participant, None, "ended", _("is missing from the file"))


def _of_scores(taken: ScoreComparison) -> Iterator[ChangedLine]:
    for each in taken.changes:
        words = figures.number(each.after.raw)
        if each.before is not None:
            words = f"{figures.number(each.before.raw)} → {words}"
        if each.after.materials_total is not None:
            words += f" · {usual_title('materials')} {each.after.materials_done}/{each.after.materials_total}"
        kind = "new" if each.before is None else "changed"
        yield _about(each.record.participant, each.after.line, kind, words)


def _of_list(taken: ListComparison) -> Iterator[ChangedLine]:
    for each in taken.new:
        if each.participant is None:
            yield ChangedLine(each.line, "new", "–", None, None, each.words)
        else:
            yield _about(each.participant, each.line, "new", each.words)


def _about(participant: Participant, line: int | None, kind: str, words: str) -> ChangedLine:
    return ChangedLine(line, kind, participant.person.name, participant.nip, participant.id, words)


def _differences(change: PersonChange) -> str:
    now = change.record.participant.person
    was = change.before.participant.person if change.before else now
    told = [
        f"{usual_title(what)}: {_value(was, what)} → {_value(now, what)}" for what in change.what if what != "enrolment"
    ]
    if "enrolment" in change.what:
        told.append(_("listed again"))
    return "; ".join(told)


def _value(person: Person, what: str) -> str:
    if what == "angkatan":
        return ", ".join(person.groups) or "–"
    return getattr(person, what) or "–"
