"""What needs a committee today, counted once for the overview of a programme and for what its people are told."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from latsar_sync.domain.language import _, counted, in_use
from latsar_sync.domain.reason_labels import LABELS
from latsar_sync.domain.state_words import word
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.shapes.funnel import Funnel
from latsar_sync.store import certificates, received, scores_of_files
from latsar_sync.store.finalisations import finalisation_history
from latsar_sync.store.received import ReceivedState

BEFORE_START = timedelta(days=14)
"""A list that is not finalised is told so long before the first day in class."""
FILES, START = "files", "start"


@dataclass(frozen=True, slots=True)
class Task:
    """Something that needs a person today: how many, of what, and where they are found (below the public address).

    ``code`` is that of a need of people (``domain.stages``), ``FILES`` or ``START``; ``about`` is the angkatan of it.
    """

    code: str
    number: int
    text: str
    address: str
    about: str = ""


def find_tasks(
    connection: Connection,
    programme: ProgrammeSettings,
    whole: Funnel,
    today: date,
    soon: timedelta = BEFORE_START,
) -> list[Task]:
    """Return what needs somebody today, the most urgent first; each leads to exactly those whom it counts."""
    address = f"/programmes/{programme.id}"
    found = [task for need in whole.todo for task in _of_people(*need, whole.causes, f"{address}/people?need=")]
    waiting = len({score.import_id for _who, score in scores_of_files.scores_that_wait(connection, programme.id)})
    if waiting:
        text = counted("imported file waits for a second person", "imported files wait for a second person", waiting)
        found.append(Task(FILES, waiting, text, f"{address}/imports"))
    came = len(received.listed(connection, [programme.id], ReceivedState.WAITING))
    if came:
        text = counted("received file waits to be taken", "received files wait to be taken", came)
        found.append(Task(FILES, came, text, f"{address}/imports"))
    unread = certificates.count_waiting(connection, programme.id)
    if unread:
        text = counted("certificate waits to be looked at", "certificates wait to be looked at", unread)
        found.append(Task(FILES, unread, text, f"{address}/certificates"))
    fixed = {each.angkatan for each in finalisation_history(connection, programme.id)}
    return found + _starts(programme, fixed, today, soon)


def _of_people(code: str, text: str, number: int, causes: Mapping[str, int], address: str) -> list[Task]:
    """Return what people need somebody for, whoever is in follow-up by cause."""
    if code != "review" or "" in causes:
        return [Task(code, number, _(text), f"{address}{code}")]
    text = _("in need of follow-up: {cause}")
    return [
        Task(code, people, text.format(cause=word(LABELS, cause, in_use())), f"{address}{code}&reason={cause}")
        for cause, people in causes.items()
    ]


def _starts(programme: ProgrammeSettings, fixed: Collection[str], today: date, soon: timedelta) -> list[Task]:
    tasks = []
    for each in programme.angkatan:
        if each.course and each.starts and each.id not in fixed and today <= each.starts <= today + soon:
            days = (each.starts - today).days
            text = counted(
                "day to the start of angkatan {name}, and its list is not finalised",
                "days to the start of angkatan {name}, and its list is not finalised",
                days,
            ).format(name=each.id)
            address = f"/programmes/{programme.id}/roster?angkatan={each.id}"
            tasks.append(Task(START, days, text, address, about=each.id))
    return tasks
