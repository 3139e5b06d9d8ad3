"""Accounts for those who qualify and have none on the in-class site, where the office asks for that (off by default).

One at a time, each written down before it is sent. Moodle lets a username come once, so that no account can come
twice, and a later run sees by the username what became of one without an answer (rules 7 and 8).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from latsar_sync.domain.actions import Actions
from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entry import ACCOUNT_MISSING, Entry, EntryState
from latsar_sync.domain.errors import LatsarError, RecordRejected, WriteUnknown
from latsar_sync.domain.in_class import PushKind, PushState
from latsar_sync.domain.language import _, counted
from latsar_sync.domain.participant import Participant
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.new_accounts import Contact, in_use, make_account
from latsar_sync.moodle.spoiled_records import Patience, spoils
from latsar_sync.run.contacts import contacts_of
from latsar_sync.run.context import RunContext
from latsar_sync.run.in_class_courses import InClassCourses
from latsar_sync.run.report import RunReport
from latsar_sync.run.roster import Roster, entries_by_angkatan
from latsar_sync.store.actions import stopped_since
from latsar_sync.store.participants import load_participants
from latsar_sync.store.pushes import Push, accounts_sent, settle, write_ahead

NO_COURSE = 0
"""What stands for the course where an account is made: it belongs to none."""


class NewAccount(NamedTuple):
    """Somebody who is to have an account on a site."""

    participant_id: str
    nip: str
    site: str
    angkatan: str


def wanted(roster: Roster, entries: Mapping[str, Entry], courses: InClassCourses) -> list[NewAccount]:
    """Return who qualifies, or is admitted by a named person, and has no account to be sent by: whoever waits for
    anything else is not in that review. Nobody of an angkatan whose course or group was not read.
    """
    sites = {angkatan.id: angkatan.site for angkatan, _course in courses.each_angkatan()}
    found = []
    for rows in entries_by_angkatan(entries, roster.only).values():
        for entry in rows:
            who, angkatan = entry.participant_id, entry.angkatan or ""
            site = sites.get(angkatan)
            if entry.state is not EntryState.REVIEW or entry.reason != ACCOUNT_MISSING or site is None:
                continue
            nip = roster.nip_of(who)
            qualifies = roster.outcome_of(who) is Outcome.QUALIFIED
            if qualifies and nip is not None and roster.account_key_of(who, site) == nip:
                found.append(NewAccount(who, nip, site, angkatan))
    return found


class AccountMaker:
    """Makes the accounts of one run; what came of it is noted in ``report``.

    ``actions`` are those of named persons when the run began: none for whom something else was decided since.
    ``full_or_night`` says that the run looked at everybody.
    """

    def __init__(self, context: RunContext, report: RunReport, actions: Actions, full_or_night: bool) -> None:
        self._context = context
        self._actions = actions
        self._report = report
        self._full_or_night = full_or_night
        self._people: Mapping[str, Participant] = {}
        self._made = 0
        self._refused: list[str] = []
        self._refused_before: set[str] = set()
        self._patience = Patience()

    def make(self, people: Sequence[NewAccount], roster: Roster) -> None:
        """Make the accounts site by site; an error that concerns more than one person ends that site's."""
        try:
            self._settle_the_open(roster)
            with self._context.tools.database.reading() as connection:
                self._people = load_participants(connection, [each.participant_id for each in people])
            contacts = contacts_of(self._context.programme, self._people.values(), self._clients)
        except LatsarError as error:
            self._report.problems.append(error)
            return
        for site in sorted({each.site for each in people}):
            if site not in self._context.tools.left_alone:
                mine = [each for each in people if each.site == site and each.participant_id in self._people]
                self._on_site(site, mine, contacts)
        self._tell()

    @property
    def _clients(self) -> Mapping[str, MoodleClient]:
        left_alone = self._context.tools.left_alone
        return {name: client for name, client in self._context.tools.clients.items() if name not in left_alone}

    def _settle_the_open(self, roster: Roster) -> None:
        """Look for the accounts that were sent without an answer: there, or never arrived."""
        with self._context.tools.database.reading() as connection:
            sent = accounts_sent(connection, self._context.name)
        nips = {who: each.nip for who, each in roster.standings.items()}
        waiting = [each for each in sent if each.is_open and each.site in self._clients and nips.get(each.subject)]
        for site in sorted({each.site for each in waiting}):
            mine = {each.id: nips[each.subject] or "" for each in waiting if each.site == site}
            there = in_use(self._clients[site], "username", list(mine.values()))
            with self._context.lease.writing() as connection:
                now = self._context.tools.clock()
                settle(connection, [each for each, nip in mine.items() if nip in there], PushState.CONFIRMED, now)
                settle(connection, [each for each, nip in mine.items() if nip not in there], PushState.ABSENT, now)
        if not (self._context.of_one or self._full_or_night):
            # what Moodle refused once is tried again in a run over everybody, so in the night
            self._refused_before = {each.subject for each in sent if each.is_rejected}

    def _on_site(self, site: str, people: Sequence[NewAccount], contacts: Mapping[str, Contact]) -> None:
        client = self._context.tools.clients[site]
        reachable = []
        for each in people:
            if not contacts[each.participant_id].email:
                self._refused.append(_("no e-mail address is known"))
            elif each.participant_id not in self._refused_before:
                reachable.append(each)
        try:
            free = self._without_account(client, reachable, contacts)
            for each in free:
                self._make_one(client, each, contacts[each.participant_id])
        except LatsarError as error:
            self._report.problems.append(error)

    def _without_account(
        self, client: MoodleClient, people: Sequence[NewAccount], contacts: Mapping[str, Contact]
    ) -> list[NewAccount]:
        """Return those whose NIP nothing on the site carries, and whose address belongs to nobody there."""
        if not people:
            return []
        nips = [each.nip for each in people]
        numbers = in_use(client, "username", nips) | in_use(client, "idnumber", nips)
        addresses = in_use(client, "email", [contacts[each.participant_id].email for each in people])
        free = []
        for each in people:
            email = contacts[each.participant_id].email
            if each.nip in numbers:
                self._refused.append(_("an account carries the NIP in its other field"))
            elif email in addresses:
                self._refused.append(_("an account there has the same e-mail address"))
            else:
                addresses.add(email)
                free.append(each)
        return free

    def _make_one(self, client: MoodleClient, each: NewAccount, contact: Contact) -> None:
        context = self._context
        who, push = each.participant_id, Push(PushKind.ACCOUNT, each.participant_id, each.site, NO_COURSE)
        with context.lease.writing() as connection:
            now = context.tools.clock()
            if stopped_since(connection, context.name, {who: each.angkatan}, {who: each.nip}, self._actions, now):
                return
            [push_id] = write_ahead(connection, context.name, [push], context.run_id, now)
        context.lease.check()
        state: PushState = PushState.CONFIRMED
        error: LatsarError | None = None
        try:
            user_id = make_account(client, each.nip, contact, self._people[each.participant_id].person.institution)
            if each.nip not in in_use(client, "username", [each.nip]):
                state = PushState.ACKNOWLEDGED
            self._made += user_id > 0
        except LatsarError as failed:
            error = self._as_refused(client, each.nip, failed)
            state = PushState.UNKNOWN if isinstance(error, WriteUnknown) else PushState.REJECTED
        else:
            self._patience.answered()
        self._settle(push_id, state, error)
        if isinstance(error, RecordRejected):
            self._refused.append(_("Moodle refuses the account ({code})").format(code=error.errorcode))
        elif error is not None:
            raise error

    def _as_refused(self, client: MoodleClient, nip: str, error: LatsarError) -> LatsarError:
        """Return an error that one person can bring upon a request as a refusal, where no account came of it.

        Over one name Moodle may break off each time, and nobody after it would get an account.
        """
        if isinstance(error, RecordRejected) or not spoils(error):
            return error
        try:
            if isinstance(error, WriteUnknown) and nip in in_use(client, "username", [nip]):
                return error
            return self._patience.failed(error)
        except LatsarError:
            return error

    def _settle(self, push_id: int, state: PushState, error: LatsarError | None) -> None:
        with self._context.lease.writing() as connection:
            settle(connection, [push_id], state, self._context.tools.clock(), error.message if error else None)

    def _tell(self) -> None:
        if self._made:
            text = counted(
                "{number} account was made on the in-class site; Moodle mails the password, the next run enrols.",
                "{number} accounts were made on the in-class site; Moodle mails the passwords, the next run enrols.",
                self._made,
            )
            self._report.remarks.append(text.format(number=self._made))
        for reason in dict.fromkeys(self._refused):
            self._report.remarks.append(
                _("{number} without an account: {reason}.").format(number=self._refused.count(reason), reason=reason)
            )
