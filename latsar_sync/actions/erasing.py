"""A named person has one person erased, or taken in again (rule 16); what is due by its age stands in ``destroying``.

Done at once, or when the run under way has ended: it is refused by none (rule 15).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from latsar_sync.actions.action_transaction import BY_COMMAND, Clock, Sent
from latsar_sync.actions.erasing_files import let_go_of_refused, looked_into, require_named_in_no_file
from latsar_sync.domain.actions import ErasureKind
from latsar_sync.domain.errors import SeenChanged, UsageError
from latsar_sync.domain.language import _, command, see
from latsar_sync.rules.fingerprints import difference
from latsar_sync.settings import Settings
from latsar_sync.store import action_keys, erasable_people, erasure, waiting_orders
from latsar_sync.store.acting import acting_on
from latsar_sync.store.database import Database
from latsar_sync.store.erasable_people import FoundPerson
from latsar_sync.store.forgetting import rewrite_what_is_owed
from latsar_sync.store.waiting_orders import Order


@dataclass(frozen=True, slots=True)
class Done:
    """What came of orders: how many were carried out and how many wait for the end of a run; whether nothing of what
    went is left in the database's file (True where nothing went).
    """

    at_once: int
    waiting: int
    file_clean: bool


def find_people(connection: Connection, nip_or_id: str) -> list[FoundPerson]:
    """Return the records of one person by a whole NIP or an internal id, of each of their accounts. Raise UsageError
    for none, or for two in one programme of which nobody said that they are one person.
    """
    people = erasable_people.with_other_accounts(connection, erasable_people.find_people(connection, nip_or_id))
    if not people:
        raise UsageError(
            _("No participant has this NIP or id."),
            _("Run {sync} first, or see {where}.").format(sync=command("sync"), where=command("participants")),
        )
    if _are_several(people):
        ids = ", ".join(person.participant_id for person in people)
        raise UsageError(
            _("Two accounts of one programme carry this NIP, perhaps of two people."),
            _("Name one by its internal id: {ids}.").format(ids=ids),
        )
    return people


def _are_several(people: Sequence[FoundPerson]) -> bool:
    """Say whether accounts of one programme count for several people."""
    return len({each.programme for each in people}) < len({each.counts for each in people})


def not_erased(connection: Connection, people: Sequence[FoundPerson]) -> list[FoundPerson]:
    """Return those of them who can be erased. Raise UsageError if nobody can."""
    found = [each for each in people if each.identity or not erasure.register(connection, each.participant_id)]
    if not found:
        raise UsageError(_("This person was erased already."), see("person erasures"))
    return found


def require_nameless(reason: str, people: Sequence[FoundPerson]) -> None:
    """Raise UsageError if a reason, which stands on record for good, names one of these people."""
    if erasure.names_somebody(reason, people):
        raise UsageError(
            _("The reason holds the person's name or NIP, and would stand on record for good."),
            _("Say it without them, for example by the number of a letter."),
        )


def erase(
    database: Database, clock: Clock, people: Sequence[FoundPerson], reason: str, by: str, sent: Sent = BY_COMMAND
) -> Done:
    """Destroy these people's identities, in one transaction where no run is under way.

    Raise NotReady while a file waits that names one of them.
    """
    require_nameless(reason, people)
    require_as_shown(sent, people)
    known = looked_into(database, people)
    orders = [Order.to_erase(each.programme, each.participant_id, reason, by) for each in people]

    def look_once_more(connection: Connection) -> None:
        require_named_in_no_file(connection, people, known)
        let_go_of_refused(connection, people)

    return carry_out(database, clock, orders, by, sent, look_once_more)


def find_erased(connection: Connection, participant_id: str) -> FoundPerson:
    """Return somebody erased by internal id. Raise UsageError if nobody of that id was."""
    people = [each for each in erasable_people.find_people(connection, participant_id) if not each.identity]
    history = erasure.register(connection, participant_id)
    if not people or not history or history[-1].kind is not ErasureKind.ERASED:
        raise UsageError(_("Nobody with this internal id was erased."), see("person erasures"))
    return people[0]


def resume(
    database: Database,
    clock: Clock,
    settings: Settings,
    person: FoundPerson,
    reason: str,
    by: str,
    sent: Sent = BY_COMMAND,
) -> Done:
    """Take an erased person in again. Raise UsageError where people come from files."""
    if any(each.by_files for each in settings.programmes if each.id == person.programme):
        raise UsageError(
            _("Programme {programme} takes its people from files.").format(programme=person.programme),
            _("Import a list that holds the person: they come back as a new participant."),
        )
    order = Order.to_resume(person.programme, person.participant_id, reason, by)
    return carry_out(database, clock, [order], by, sent)


def carry_out(
    database: Database,
    clock: Clock,
    orders: Sequence[Order],
    by: str,
    sent: Sent,
    before: Callable[[Connection], None] = lambda connection: None,
) -> Done:
    """Do what is ordered where no run is under way, write the rest down. Raise AlreadyDone for a form sent twice.

    ``before`` is done first, in the same transaction.
    """
    touched: set[str] = set()
    at_once = 0
    with acting_on(database, [each.programme for each in orders], clock) as (connection, free):
        now = clock()
        if sent.key is not None:
            action_keys.claim(connection, by, sent.key, now)
        before(connection)
        for order in orders:
            if free[order.programme]:
                touched |= waiting_orders.carry_out(connection, order, now)
                at_once += 1
            else:
                waiting_orders.put_off(connection, order, now)
    clean = not touched or rewrite_what_is_owed(database) is None
    return Done(at_once, len(orders) - at_once, clean)


def everywhere(connection: Connection, participant_id: str) -> list[FoundPerson]:
    """Return the records of one person in all programmes, named by one of their internal ids; nobody: none.

    Of two accounts with one NIP in a programme, perhaps of two people, it is the one that was named.
    """
    named = erasable_people.find_people(connection, participant_id)
    found = erasable_people.with_other_accounts(connection, named)
    if not named or named[0].nip is None:
        return found
    all_of_them = erasable_people.with_other_accounts(connection, erasable_people.find_people(connection, named[0].nip))
    return found if _are_several(all_of_them) else all_of_them


def seen_of(people: Sequence[FoundPerson]) -> dict[str, str]:
    """Return what is shown of those who would be erased, as values that a fingerprint can be made of."""
    return {
        each.participant_id: f"{each.programme} {sorted(each.numbers)} {each.name} {each.roster_state}"
        for each in people
    }


def require_as_shown(sent: Sent, people: Sequence[FoundPerson]) -> None:
    """Raise SeenChanged if other things are held about a person than were shown."""
    require_shown(sent, seen_of(people), _("What is held about this person has changed; it stands below as it is now."))


def require_shown(sent: Sent, now: dict[str, str], told: str) -> None:
    if sent.seen is not None and difference(sent.seen, now):
        raise SeenChanged((told,))
