"""A named person asks for reminders through Moodle: the next run writes them, once a day for each participant."""

from collections.abc import Sequence
from dataclasses import dataclass

from latsar_sync.actions import shown_values
from latsar_sync.actions.action_transaction import BY_COMMAND, Clock, Sent, acting
from latsar_sync.actions.overrides import PassedOver, must_be_some
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.rules.sent_messages import MessageEvent
from latsar_sync.rules.whom_to_write_to import asked_occasion, what_they_lack
from latsar_sync.settings import Settings
from latsar_sync.store import messages, participants
from latsar_sync.store.database import Database


@dataclass(frozen=True, slots=True)
class AskedFor:
    """How many reminders were asked for, and whom it ``passed_over`` and why."""

    number: int
    passed_over: tuple[PassedOver, ...]


def ask_for_reminders(
    settings: Settings,
    database: Database,
    clock: Clock,
    programme: str,
    people: Sequence[str],
    by: str,
    sent: Sent = BY_COMMAND,
) -> AskedFor:
    """Ask for a reminder to each of these participants, by internal id, who lacks what they can do something about.

    Raise UsageError where the programme writes no reminders, or there are none or too many; SeenChanged if something
    else stands of one of them than was shown.
    """
    must_be_some(people)
    configured = settings.programme(programme)
    site = configured.source.site
    if not configured.messages.reminders or site is None:
        raise UsageError(
            _("This programme writes no reminders to participants."),
            _("They are switched on in the configuration: messages.reminders."),
        )
    with acting(database, programme, clock, by, sent) as action:
        connection, now = action.connection, action.now
        chosen = list(dict.fromkeys(people))
        shown_values.require_people_unchanged(
            action, shown_values.of_people(connection, programme, chosen, now), chosen
        )
        records = {each.participant.id: each for each in participants.load_records(connection, programme).values()}
        occasion = asked_occasion(settings.today(now, programme))
        known = messages.load_messages(connection, programme)
        passed, mine = [], []
        for who in chosen:
            record = records.get(who)
            if record is None or not what_they_lack(record):
                passed.append(PassedOver(who, _("Nothing is missing that they could do something about.")))
            elif (str(MessageEvent.REMINDER), who, occasion) in known:
                passed.append(PassedOver(who, _("A reminder was asked for today already.")))
            else:
                mine.append((who, site, record.participant.person.user_id))
        messages.ask_for(connection, programme, occasion, mine, by, now)
    return AskedFor(len(mine), tuple(passed))
