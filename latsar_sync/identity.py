"""Who is who among the accounts of a programme: which of those that carry one NIP counts. Pure (rules 4 and 19)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from latsar_sync.model import HOLDS_A_SEAT, Enrolment, Entry, Participant
from latsar_sync.reasons import Reason


@dataclass(frozen=True, slots=True)
class Sharing:
    """How many accounts carry each NIP that more than one carries: ``counting`` of them, and all together.

    An account counts while it is enrolled in the MOOC, or holds a seat: who was unenrolled there for carrying somebody
    else's NIP stands in nobody's way any more.
    """

    counting: Mapping[str, int] = field(default_factory=dict)
    all: Mapping[str, int] = field(default_factory=dict)

    def reason(self, participant: Participant, entries: Mapping[str, Entry]) -> Reason | None:
        """Return why this participant's NIP cannot be used, None if it can."""
        if participant.nip_reason is not None:
            return Reason(participant.nip_reason, {"detail": participant.nip_detail or ""})
        nip = participant.nip or ""
        if nip not in self.all:
            return None
        counting = self.counting.get(nip, 0)
        if counts(participant, entries):
            return Reason("nip_duplicate") if counting > 1 else None
        return Reason("other_account_counts" if counting else "nip_duplicate")


def sharing(participants: Iterable[Participant], entries: Mapping[str, Entry]) -> Sharing:
    """Given everybody who is known, and the roster by internal id, return who shares a NIP."""
    everybody: Counter[str] = Counter()
    uncounted: Counter[str] = Counter()
    for participant in participants:
        if participant.nip is not None:
            everybody[participant.nip] += 1
            if not counts(participant, entries):
                uncounted[participant.nip] += 1
    shared = {nip: times for nip, times in everybody.items() if times > 1}
    return Sharing({nip: times - uncounted[nip] for nip, times in shared.items()}, shared)


def counts(participant: Participant, entries: Mapping[str, Entry]) -> bool:
    """Say whether a participant is enrolled in the MOOC, or was and holds a seat in a class."""
    if participant.person.enrolment is not Enrolment.ENDED:
        return True
    entry = entries.get(participant.id)
    return entry is not None and entry.state in HOLDS_A_SEAT and entry.angkatan is not None
