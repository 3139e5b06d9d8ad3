"""What a reading changes in what is known: new evidence and decisions, with versions that count up. Pure (rules 4, 8).

A record that nothing changes comes out equal to the one that went in. What stays of what was known is told in
``kept_from_before``.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from latsar_sync.domain.actions import Override, OverrideKind
from latsar_sync.domain.decision import NO_GATES, Basis, Decision, Outcome, Reason, Rules, Standing, Threshold
from latsar_sync.domain.entry import Entry
from latsar_sync.domain.evidence import Evidence, GradeStatus
from latsar_sync.domain.known_people import KnownPeople
from latsar_sync.domain.participant import Enrolment, Participant
from latsar_sync.domain.records import Record
from latsar_sync.domain.source_as_read import SourceReading
from latsar_sync.rules import merged_accounts
from latsar_sync.rules.clearances import ClearanceRules
from latsar_sync.rules.deciding import decide, gates_lacking
from latsar_sync.rules.kept_from_before import evidence_of, reached_when_first, unreadable_still
from latsar_sync.rules.mooc_accounts_of_one_nip import AboutAccount, AllAccounts, better, bound_by_persons
from latsar_sync.rules.people_as_read import PeopleAsRead

_UNREAD = (GradeStatus.GRADE_UNREAD, GradeStatus.RECORD_UNREADABLE)


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What is on record when a run judges, and when that is; ``today`` is the date in the programme's zone.

    ``thresholds`` is the recorded history by version; ``overrides`` are those in force, by internal id;
    ``clearances`` None where a programme requires none; ``entries`` is the roster as it stands, by internal id, and
    ``moved`` are those whom a person moved.
    """

    now: datetime
    today: date
    required_version: int | None = None
    thresholds: Mapping[int, Threshold] = field(default_factory=dict)
    overrides: Mapping[str, Override] = field(default_factory=dict)
    clearances: ClearanceRules | None = None
    entries: Mapping[str, Entry] = field(default_factory=dict)
    terms_version: int | None = None
    moved: Collection[str] = ()

    @property
    def bound(self) -> frozenset[str]:
        """Whom a person holds, admits or moved."""
        return bound_by_persons(self.overrides, self.moved)


def records_after_reading(
    known: KnownPeople,
    reading: SourceReading,
    rules: Rules,
    on_record: OnRecord,
    new_id: Callable[[int], str],
) -> Iterator[tuple[Record | None, Record]]:
    """Yield everybody whose record this reading makes or touches: what was known of them, and the record now.

    ``known`` is by user id in the MOOC; whoever was yielded may be let go of there, but for an account that was merged
    into another, which is judged by its evidence too. ``new_id`` gives the same internal id for the same number.

    Whoever is no longer enrolled keeps the last evidence, flagged (rule 5). Everybody known is judged again, since a
    new threshold or a NIP that is now shared changes decisions without any new evidence.
    """
    people = PeopleAsRead(known, reading, rules, (on_record.today, on_record.now), new_id)
    all_accounts = AllAccounts(
        people.everybody, people.judged(), on_record.clearances, on_record.entries, on_record.bound
    )
    judging = _Judging(known, reading, rules, on_record)
    for user_id in people.judged_ids():
        before = known.get(user_id)
        participant = people.of(user_id, before.participant if before is not None else None)
        about = all_accounts.about(participant)
        evidence = judging.evidence(participant, before)
        decision = judging.decision_in_the_end(participant, before, evidence, about)
        dates = judging.dates(participant, before, evidence, is_there=user_id not in people.ended)
        yield before, Record(participant, evidence, decision, *dates, *judging.versions(before, evidence, decision))


class _Judging(NamedTuple):
    """What everybody is judged by: what was ``known`` of all, what was read of them, the rules, and what is on record.

    Of each ``before`` is the record that was known, None of somebody new.
    """

    known: Mapping[int, Record]
    reading: SourceReading
    rules: Rules
    on_record: OnRecord

    def evidence(self, participant: Participant, before: Record | None) -> Evidence:
        """Return what was read of an account, else what was known; what is equal is the very one of before.

        That saves memory, and tells ``versions`` that nothing changed.
        """
        evidence = evidence_of(participant, before, self.reading, self.rules)
        return before.evidence if before is not None and evidence == before.evidence else evidence

    def decision_in_the_end(
        self, participant: Participant, before: Record | None, evidence: Evidence, about: AboutAccount
    ) -> Decision:
        """Return what is decided of an account: by the rules, then by what stays of before and what persons decided."""
        rules, reading, user_id = self.rules, self.reading, participant.person.user_id
        merged = [
            (each.person.user_id, evidence_of(each, self.known.get(each.person.user_id), reading, rules))
            for each in about.merged
        ]
        by_the_rules = decision_by_all_accounts(evidence, merged, about, rules)
        dated = reached_when_first(by_the_rules, evidence, participant, before, rules, self.on_record.thresholds)
        unreadable_told = unreadable_still(dated, before, reading, user_id)
        decision = overridden(unreadable_told, _binding(participant, self.on_record))
        return before.decision if before is not None and decision == before.decision else decision

    def dates(
        self, participant: Participant, before: Record | None, evidence: Evidence, is_there: bool
    ) -> tuple[datetime, datetime | None, datetime | None, datetime | None, str | None]:
        """Return when somebody was seen last, and grade, materials and attempts were read, and the row of the report:
        now, or as it was. In the order of ``Record``.
        """
        reading, user_id, now = self.reading, participant.person.user_id, self.on_record.now
        grade_as_of, row = (before.grade_as_of, before.report_row) if before else (None, None)
        if user_id in reading.grades and evidence.grade.status not in _UNREAD:
            # a row stands for values that were read when it was shown, and for no others
            grade_as_of, row = now, reading.as_read.custom_report.rows.get(user_id, row)
        materials_read = user_id in reading.materials and evidence.materials is not None
        materials_as_of = now if materials_read else before and before.materials_as_of
        attempts_as_of = now if reading.attempts.get(user_id) else before and before.attempts_as_of
        return (
            now if is_there or before is None else before.last_seen_at,
            grade_as_of,
            materials_as_of if self.rules.by_materials else None,
            attempts_as_of if self.rules.basis is Basis.BEST_ATTEMPT else None,
            row,
        )

    def versions(
        self, before: Record | None, evidence: Evidence, decision: Decision
    ) -> tuple[int, int, int | None, int | None, int | None]:
        """Return the versions of evidence and decision, which count up where these are not those of before, and of the
        threshold, the required set and the terms that judged. In the order of ``Record``.
        """
        threshold = self.rules.threshold.version if self.rules.threshold else None
        required, terms = self.on_record.required_version, self.on_record.terms_version
        if before is None:
            return 1, 1, threshold, required, terms
        new_evidence = evidence is not before.evidence
        judged_alike = (decision, threshold, required) == (
            before.decision,
            before.threshold_version,
            before.required_version,
        ) and before.terms_version in (None, terms)  # None: made before terms were recorded
        if judged_alike and not new_evidence:
            return before.evidence_version, before.decision_version, threshold, required, before.terms_version
        return before.evidence_version + int(new_evidence), before.decision_version + 1, threshold, required, terms


def decision_by_all_accounts(
    evidence: Evidence, merged: Sequence[tuple[int, Evidence]], about: AboutAccount, rules: Rules
) -> Decision:
    """Return the decision by the better evidence of a person's accounts; an account that was merged says so.

    ``merged`` is the evidence of the accounts merged into it, by user id in the MOOC.
    """
    own = decide(evidence, rules, about.nip_reason, about.lacking)
    if merged:
        return better(own, [(who, decide(theirs, rules, about.nip_reason, about.lacking)) for who, theirs in merged])
    if about.merged_into is None:
        return own
    return own._replace(reasons=(*own.reasons, Reason("merged_account", {"account": str(about.merged_into)})))


def _binding(participant: Participant, on_record: OnRecord) -> Override | None:
    """Return what a person decided about somebody: who has an account now is not admitted by what was said before."""
    override, since = on_record.overrides.get(participant.id), participant.handed_over_at
    if override is None or since is None:
        return override
    since = max(since, override.at + timedelta(microseconds=1)) if since == on_record.now else since  # seen by this run
    return merged_accounts.of_whoever_has_it({participant.id: override}, {participant.id: since}).get(participant.id)


def overridden(decision: Decision, override: Override | None) -> Decision:
    """Let a hold beat the rule, and show an admission beside the rule's own answer, which stays (rule 15)."""
    if override is None:
        return decision
    if override.kind is OverrideKind.HOLD:
        return decision._replace(outcome=Outcome.HELD, reasons=(Reason("held_by_override"), *decision.reasons))
    return decision._replace(reasons=(Reason("admitted_by_override"), *decision.reasons))


def standing_of(record: Record, participant_id: str | None = None, with_name: bool = False) -> Standing:
    """Return where somebody stands by their record; with their name only if ``with_name``.

    ``participant_id`` is their internal id where it is at hand: it is then held once.
    """
    participant, decision = record.participant, record.decision
    person = participant.person
    return Standing(
        participant_id or participant.id,
        person.user_id,
        participant.nip,
        person.groups,
        person.enrolment is not Enrolment.ENDED,
        participant.merged_into is not None,
        decision.outcome if decision else None,
        decision.reached_at if decision else None,
        decision.score if decision else None,
        gates_lacking(decision) if decision and decision.outcome is Outcome.NOT_YET else NO_GATES,
        person.name if with_name else "",
    )
