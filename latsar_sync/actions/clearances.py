"""A named person records checked documents of a participant or of a whole angkatan, or revokes one (rule 12).

Command line and pages turn words into these calls; nothing here reads an argument or prints.
"""

from collections.abc import Sequence

from latsar_sync.actions import shown_values
from latsar_sync.actions.action_transaction import BY_COMMAND, Action, Clock, Sent, acting
from latsar_sync.domain.actions import Clearance
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, see
from latsar_sync.files.clearances import NewClearance, Register, document_of, kinds_of
from latsar_sync.rules.finalisation import is_old
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.store import clearances, runs
from latsar_sync.store.database import Database
from latsar_sync.store.order_of_words import newest_words


def is_required(programme: ProgrammeSettings, document: NewClearance) -> bool:
    """Say whether a programme asks for documents of this kind, of a participant or of an angkatan as this one is."""
    wanted = programme.clearances
    required = wanted.of_participant if document.participant_id else wanted.of_angkatan
    return any(document.kind in kinds.split("/") for kinds in required)


def record_documents(
    database: Database,
    clock: Clock,
    programme: str,
    documents: Sequence[NewClearance],
    by: str,
    apply: bool = True,
    sent: Sent = BY_COMMAND,
) -> tuple[list[Clearance], int]:
    """Record what is not on record yet; return it, and how much was. Nothing is written to try (``apply`` false)."""
    with acting(database, programme, clock, by, sent) as action:
        added = record_in(action, documents, apply)
    return added, len(documents) - len(added)


def record_in(action: Action, documents: Sequence[NewClearance], apply: bool = True) -> list[Clearance]:
    """Record, within an action, what of these documents is not on record yet, and return it."""
    known = clearances.load_clearances(action.connection, action.programme)
    people = {each.participant_id for each in documents if each.participant_id is not None}
    dated = newest_words(action.connection, people, action.now)
    standing = {document_of(each) for each in known if not each.revoked}
    new = [document for document in documents if document not in standing]
    added = [
        Clearance(
            len(known) + count,
            each.participant_id,
            each.angkatan,
            each.kind,
            each.number,
            each.issuer,
            each.issued,
            each.valid_until,
            action.by,
            dated.get(each.participant_id or "", action.now),
        )
        for count, each in enumerate(new, start=1)
    ]
    if apply and added:
        clearances.add_clearances(action.connection, action.programme, added)
    return added


def record_document(
    settings: Settings,
    database: Database,
    clock: Clock,
    programme: str,
    document: NewClearance,
    by: str,
    sent: Sent,
    is_compared: bool = False,
) -> Clearance:
    """Record one document. Raise UsageError if it cannot be right, or is on record already.

    ``is_compared`` says that its participant, or the roster of its angkatan, was shown: raise SeenChanged if that has
    changed.
    """
    wanted = settings.programme(programme)
    today = settings.today(clock(), programme)
    register = Register({}, [each.id for each in wanted.angkatan], set(kinds_of(wanted)), today)
    problem = register.problem_with(document.kind, document.issued, document.valid_until)
    if problem is not None:
        raise UsageError(_("The clearance was not recorded: {problem}").format(problem=problem))
    with acting(database, programme, clock, by, sent) as action:
        if is_compared and document.participant_id is not None:
            shown_values.require_person_unchanged(action, document.participant_id)
        elif is_compared and document.angkatan is not None:
            roster = shown_values.of_roster(action.connection, programme, document.angkatan, action.now)
            shown_values.require_people_unchanged(action, roster, angkatan=document.angkatan)
        added = record_in(action, [document])
        if not added:
            raise UsageError(_("This very document is on record already."), see("clearance list"))
    return added[0]


def revoke_document(
    database: Database, clock: Clock, programme: str, number: int, reason: str, by: str, sent: Sent = BY_COMMAND
) -> None:
    """Revoke a document by its number. Raise UsageError if there is none, or it is revoked already."""
    with acting(database, programme, clock, by, sent) as action:
        found = clearances.clearance_numbered(action.connection, programme, number)
        if found is None:
            text = _("Programme {programme} has no clearance no. {no}.").format(programme=programme, no=number)
            raise UsageError(text, see("clearance list"))
        if found.revoked_at is not None:
            text = _("Clearance no. {no} is revoked already: {name}, {reason}.")
            told = {"no": number, "name": found.revoked_by, "reason": found.revoked_reason}
            raise UsageError(text.format(**told), see("clearance list"))
        last, at = runs.last_good_run(action.connection, programme), action.now
        if last is not None and last.started_at is not None and not is_old(last.started_at, at):
            at = max(at, last.started_at)  # after what was judged before it, also by a clock that was set back
        clearances.revoke_clearance(action.connection, programme, number, reason, by, at)
