"""By what a programme places people: the settings, and what named persons decided. Pure (rules 4, 11, 14, 15, 17)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from latsar_sync.domain.decision import Gate, Standing
from latsar_sync.domain.entry import LISTED_ANEW, PERHAPS_ONE_PERSON, Admission
from latsar_sync.domain.in_class import Angkatan
from latsar_sync.rules.imported_list import OffTheList
from latsar_sync.rules.which_angkatan import PossibleAngkatan, WhichAngkatan


@dataclass(frozen=True, slots=True)
class Placement:
    """How a programme places people, what named persons decided of it, and who is in doubt.

    What named persons decided is by internal id.
    """

    kind: str
    """By what somebody belongs to an angkatan: "group", "list" or "first_qualified"."""
    effect: str
    """The effect of an unmet gate."""
    today: date
    """The date in the programme's zone."""
    fill_from: date | None = None
    approval_needed: bool = False
    """True for ``push = "confirmed"`` (rule 17)."""
    makes_accounts: bool = False
    """Whether who has no account in class gets one."""
    clearance_effect: str | None = None
    """The effect of unmet clearances, None where it is the same."""
    finalised: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The participants on each finalised roster by its angkatan, amendments included."""
    without_clearance: frozenset[str] = frozenset()
    """The angkatan in which nobody is newly seated by the rule, since a clearance of their own is missing."""
    unconfigured: Mapping[str, str | None] = field(default_factory=dict)
    """Angkatan with people that are no longer configured and that nobody closed, each with its group in the MOOC as
    last known: nobody is placed as if they had never been."""
    listed: Mapping[str, str] = field(default_factory=dict)
    """The angkatan of each NIP by the list, for the kind "list"."""
    moves: Mapping[str, str] = field(default_factory=dict)
    """To which angkatan a person moved somebody."""
    admitted: frozenset[str] = frozenset()
    """Whom a person admits against the rule."""
    off_the_list: OffTheList = field(default_factory=OffTheList)
    """Those whom an imported list names no more, and who on it may be one of them: nobody of them is sent, or newly
    seated, by the rule."""
    second_accounts: frozenset[str] = frozenset()
    """Who may be somebody else of the programme: nobody of them is sent, or newly seated, by the rule."""

    def which(self, all_angkatan: Sequence[Angkatan]) -> WhichAngkatan:
        """Return what tells of everybody in which of these angkatan they may sit."""
        return WhichAngkatan(self.kind, all_angkatan, self.today, self.without_clearance, self.unconfigured)

    def doubt_who_this_is(self, participant_id: str) -> str | None:
        """Return the reason why somebody may be another participant, too; None where nothing says so."""
        if participant_id in self.off_the_list.anew:
            return LISTED_ANEW
        return PERHAPS_ONE_PERSON if participant_id in self.second_accounts else None

    def effects_on(self, unmet: Collection[Gate]) -> frozenset[str]:
        """Return the effects of the gates that are not met."""
        own = self.clearance_effect or self.effect
        return frozenset(own if gate is Gate.CLEARANCE else self.effect for gate in unmet)

    def lets_in_by_effect(self) -> bool:
        """Say whether anybody who does not qualify may be let in, on whatever day, but by a person."""
        return self.fill_from is not None or "warn" in (self.effect, self.clearance_effect)

    def ground_by_effect(self, unmet: Collection[Gate], day: date) -> Admission | None:
        """Return on what ground somebody who lacks these gates is let in on a day; the strictest effect counts."""
        if not self.lets_in_by_effect():
            return None
        effects = self.effects_on(unmet)
        if effects == {"warn"}:
            return Admission.WARNED
        return Admission.FILLED if "block" not in effects and self.fill_from and day >= self.fill_from else None

    def is_not_on_finalised_roster(self, participant_id: str, angkatan: str | None) -> bool:
        """Say whether the angkatan's roster was finalised without this participant."""
        on_the_list = self.finalised.get(angkatan or "")
        return on_the_list is not None and participant_id not in on_the_list


def where_they_may_sit(
    standing: Standing, which: WhichAngkatan, placement: Placement
) -> tuple[PossibleAngkatan | None, str | None]:
    """Return the angkatan that somebody may sit in, or the reason why there is none."""
    listed, moved = placement.listed.get(standing.nip or ""), placement.moves.get(standing.participant_id)
    return which.possible_for(standing.groups, listed, moved)
