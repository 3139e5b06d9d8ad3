"""What an erasure destroys, leaves and does not reach, before it is ordered (rule 16)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from latsar_sync.actions.erasing_files import notes_on_files
from latsar_sync.domain.entry import HOLDS_A_SEAT, EntryState
from latsar_sync.domain.language import _
from latsar_sync.domain.participant import Enrolment
from latsar_sync.files.mentions import whole_text
from latsar_sync.settings import Settings
from latsar_sync.store import erasure, names_in_texts
from latsar_sync.store.erasable_people import FoundPerson


def consequences_json(connection: Connection, settings: Settings, people: Sequence[FoundPerson]) -> dict[str, Any]:
    """Say what goes, what stays and why, and what the next run does; nothing is changed."""
    ids = [person.participant_id for person in people]
    seats = [each for each in people if each.roster_state in (EntryState.WAITLISTED, *map(str, HOLDS_A_SEAT))]
    return {
        "people": [
            {
                "participant_id": person.participant_id,
                "programme": person.programme,
                "nip": person.nip,
                "name": person.name,
                "enrolment": person.enrolment,
                "roster_state": person.roster_state,
            }
            for person in people
        ],
        "goes": {
            "identities": sum(bool(person.identity) for person in people),
            "requests": len(erasure.waiting_requests(connection, people)),
        },
        "stays": erasure.what_stays(connection, ids),
        "texts": [
            {"table": each.table, "column": each.column, "key": each.key}
            for each in erasure.traces_in_free_texts(connection, people)
        ],
        "notes": [
            *notes_on_files(connection, people),
            *_next_run(people),
            *_in_class(seats),
            *_elsewhere(settings, people),
        ],
    }


def _next_run(people: Sequence[FoundPerson]) -> list[str]:
    if all(person.enrolment == str(Enrolment.ENDED) for person in people):
        return [_("The enrolment in the MOOC has ended: the next run meets nobody.")]
    return [
        _(
            "The MOOC still lists the person: every run passes the account over, neither judges nor enrols it, and "
            "says so until the enrolment there is ended."
        )
    ]


def _in_class(people: Sequence[FoundPerson]) -> list[str]:
    if not people:
        return []
    return [_("Whoever sits in the in-class course stays; a seat or a place in line that is only planned is given up.")]


def _elsewhere(settings: Settings, people: Sequence[FoundPerson]) -> list[str]:
    """Name the places that this command does not reach."""
    found = [
        _("Not reached: Moodle itself, files that were exported, and backups."),
    ]
    pattern = names_in_texts.pattern_of([], [number for person in people for number in person.numbers])
    for programme in settings.programmes:
        file = programme.placement_file
        if pattern and file is not None and pattern.search(_texts_in(file)):
            found.append(_("{file} names the NIP: delete that line by hand.").format(file=file))
    return found


def _texts_in(file: Path) -> str:
    """Return what stands in a file of an office, a workbook or text, a cell a line; as text where it cannot be read."""
    return whole_text(file.name, file.read_bytes()) if file.exists() else ""
