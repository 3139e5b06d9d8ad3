"""Which accounts on the in-class sites are whose: each site is asked once for each NIP of a run."""

from collections.abc import Collection, Iterable, Mapping, MutableMapping
from itertools import chain, islice

from latsar_sync.domain import many_people
from latsar_sync.domain.entry import ACCOUNT_MISSING, ACCOUNT_UNREADABLE, NIP_CHANGED, Entry, EntryState
from latsar_sync.domain.in_class import AccountInClass, Angkatan
from latsar_sync.moodle import accounts_by_nip
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.functions import Arguments
from latsar_sync.run.roster import Roster

PEOPLE_A_CALL = 2000
"""People whose accounts one request asks for, beside what else it asks."""
LOOKED_UP = frozenset({EntryState.PLANNED, EntryState.PUSHED, EntryState.REVIEW, EntryState.WAITLISTED})
"""States whose people are looked up on the in-class site; the others only when everything is read."""

Accounts = MutableMapping[str, tuple[AccountInClass, ...]]
"""The accounts that carry a NIP, by NIP."""


class AccountLookup:
    """Looks up accounts for one run, by NIP.

    ``everybody`` has those looked up too who are confirmed or withdrawn.
    ``entries`` are the roster's as they may become: whoever may end up in a course is looked up before it is read.
    ``by_angkatan`` are the same entries, by their angkatan.
    What comes of it, beside the answers: ``unread``, the NIPs whose accounts could not be read so far.
    """

    def __init__(
        self,
        clients: Mapping[str, MoodleClient],
        roster: Roster,
        entries: Mapping[str, Entry],
        by_angkatan: Mapping[str | None, many_people.Several[Entry]],
        everybody: bool,
    ) -> None:
        self.unread: set[str] = set()
        self._clients = clients
        self._roster = roster
        self._entries = entries
        self._by_angkatan = by_angkatan
        self._states = LOOKED_UP | ({EntryState.CONFIRMED, EntryState.WITHDRAWN} if everybody else frozenset())
        self._anybody = roster.placement.kind == "first_qualified" and roster.only is None
        self._answers: dict[tuple[str, str], Accounts] = {}
        self._of_everybody: dict[tuple[str, frozenset[str]], Accounts] = {}
        self._witnesses: dict[str, set[str]] = {}
        self._expected: dict[tuple[str, str], set[str]] = {}
        about = chain.from_iterable(by_angkatan.values())
        odd = [each for each in about if each.reason in (ACCOUNT_MISSING, ACCOUNT_UNREADABLE)]
        roster.preload(each.participant_id for each in odd)
        nips = [(nip, each.reason) for each in odd if (nip := roster.nip_of(each.participant_id)) is not None]
        self._missing = {nip for nip, reason in nips if reason == ACCOUNT_MISSING}
        # asked alone: in an answer together with others they would have to be found by halves once more
        self._unreadable = {nip for nip, reason in nips if reason == ACCOUNT_UNREADABLE}

    def by_nip(self, site: str, these: Iterable[Angkatan], besides: Collection[str] = ()) -> Accounts:
        """Return, by NIP, the accounts of everybody who may end up in one of the angkatan, and of the NIPs ``besides``.

        With ``first_qualified`` a seat taken by somebody else moves people between angkatan, so anybody may.
        """
        these = tuple(these)
        fields = frozenset(angkatan.target_key for angkatan in these)
        if self._anybody and not besides and (site, fields) in self._of_everybody:
            return self._of_everybody[site, fields]
        answers: list[Accounts] = []
        for field in fields:
            mine = (entry for each in these if each.target_key == field for entry in self._by_angkatan.get(each.id, ()))
            people = self._entries.values() if self._anybody else mine
            answers.append(self._ask(site, field, self._nips(people, site).union(besides)))
        found, *others = answers
        for nip, accounts in chain.from_iterable(each.items() for each in others):
            known = found.get(nip, ())  # whoever has one by each field has two, unless they are the same
            found[nip] = (*known, *(each for each in accounts if each not in known))
        if self._anybody:
            self._of_everybody[site, fields] = found  # one for all courses: each would hold everybody otherwise
        return found

    def expect(self, site: str, all_angkatan: Iterable[Angkatan]) -> list[Arguments]:
        """Let whoever may end up in one of these angkatan be asked for together; return what that will ask."""
        for each in all_angkatan:
            here = (site, each.target_key)
            if self._anybody and here in self._answers:
                continue  # everybody was asked for with the first of them
            nips = self._nips(self._entries.values() if self._anybody else self._by_angkatan.get(each.id, ()), site)
            if not self._anybody or len(nips) <= PEOPLE_A_CALL:
                self._expected.setdefault(here, set()).update(nips)
        calls: list[Arguments] = []
        for (where, field), nips in self._expected.items():
            known = self._answers.get((where, field), {})
            # a difference of sets would go through all that is known
            asked = {nip for nip in nips if nip not in known and nip not in self._unreadable}
            if where == site and asked:
                calls += accounts_by_nip.calls_of(field, asked | self._known_to_be_there(site), self._missing & asked)
        return calls

    def _nips(self, entries: Iterable[Entry], site: str) -> set[str]:
        nips = {
            self._roster.nip_asked_for(entry.participant_id, site)
            for entry in entries
            if entry.state in self._states or entry.reason == NIP_CHANGED
        }
        return {nip for nip in nips if nip is not None}

    def _ask(self, site: str, field: str, nips: set[str]) -> Accounts:
        """Ask for the NIPs that were not asked before, by a ``field`` of profiles; return the accounts of all."""
        known = self._answers.setdefault((site, field), many_people.accounts_like(self._entries))
        unknown = {nip for nip in nips | self._expected.pop((site, field), set()) if nip not in known}
        together = unknown - self._unreadable
        if together:
            there = self._known_to_be_there(site)
            accounts = accounts_by_nip.read_accounts(
                self._clients[site], field, together | there, self.unread, some_were_there=bool(there)
            )
            known.update((nip, accounts.get(nip, ())) for nip in together)
        for nip in sorted(unknown & self._unreadable):
            known[nip] = accounts_by_nip.read_accounts(self._clients[site], field, {nip}, self.unread).get(nip, ())
        return many_people.some_of(known, nips)

    def _known_to_be_there(self, site: str) -> set[str]:
        """Return a few people whose accounts were found before: if they are not found now, rights were lost."""
        if site not in self._witnesses:
            enough = accounts_by_nip.TOO_MANY_TO_BE_ABSENT
            there = many_people.a_few(self._roster.entries, 2 * enough, site=site, state=str(EntryState.CONFIRMED))
            found = (self._roster.nip_asked_for(entry.participant_id, site) for entry in there)
            self._witnesses[site] = set(islice((nip for nip in found if nip is not None), enough))
        return self._witnesses[site]
