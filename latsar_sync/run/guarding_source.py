"""What the guards say of the source as read, before anything is asked of each of its people (rule 6)."""

from collections.abc import Sequence

from latsar_sync.domain.nip import check_nip
from latsar_sync.domain.records import Finding
from latsar_sync.domain.request import Step
from latsar_sync.domain.source_as_read import PeopleAndGrades
from latsar_sync.rules import source_guards
from latsar_sync.rules.configuration_guard import roles_findings
from latsar_sync.rules.released_findings import OF_THE_COURSE, unreleased
from latsar_sync.rules.threshold import against_moodle, of_another_range, out_of_reach
from latsar_sync.run import mooc_remarks
from latsar_sync.run.configured import source_course_of
from latsar_sync.run.context import RunContext
from latsar_sync.run.known import KnownProgramme
from latsar_sync.run.report import RunReport
from latsar_sync.settings.for_the_rules import effects_of


def guard_source(
    context: RunContext, report: RunReport, known: KnownProgramme, as_read: PeopleAndGrades
) -> list[Finding]:
    """Let the guards look at the source as read; return what they found, which a person released."""
    context.step(Step.GUARD_SOURCE, as_read.number)
    people = known.baseline.people if as_read.how_found.of_one and known.baseline else as_read.number
    findings = source_guards.source_findings(
        known.baseline, as_read.shortname, people, as_read.evaluation, as_read.required, context.limits
    )
    findings += opened_otherwise(known, as_read)
    findings += source_guards.unseen_findings(known.baseline, as_read.shortname, as_read.activities.unseen)
    if not (
        as_read.how_found.only_ours or as_read.how_found.of_one
    ):  # else a group that shows nobody has stopped the reading
        groups = source_course_of(context.programme).groups
        findings += source_guards.group_findings(as_read.shortname, groups, as_read.people, known.people.participant)
    if not context.programme.by_files:  # files have no accounts that may be those of other people now
        findings += _accounts_of_others(context, known, as_read)
    report.remarks += mooc_remarks.of_fewer_people(as_read, findings)
    newcomers = (each for each in as_read.people if each.user_id not in known.people)
    findings += roles_findings(known.baseline, context.name, effects_of(context.programme), newcomers)
    if held_after_judging(context, known, findings):
        report.note(findings, known.accepted)
    else:
        report.hold_unless_released(findings, known.accepted, known.baseline)
    return findings


def held_after_judging(context: RunContext, known: KnownProgramme, findings: Sequence[Finding]) -> list[Finding]:
    """Return which findings hold the run once it is known whom they would move: those about what the course asks.

    None where anything else holds it, too: by a source that is not to be believed nobody is judged.
    """
    holding = unreleased(findings, known.accepted, known.baseline)
    told_with_people = not context.of_one and all(each.code in OF_THE_COURSE for each in holding)
    return holding if told_with_people else []


def opened_otherwise(known: KnownProgramme, as_read: PeopleAndGrades) -> list[Finding]:
    """Say which activities are open to others than before, where the groups of everybody were read."""
    open_to = None if as_read.how_found.of_one else as_read.activities.open_to
    return source_guards.access_findings(known.baseline, as_read.shortname, as_read.required, open_to)


def _accounts_of_others(context: RunContext, known: KnownProgramme, as_read: PeopleAndGrades) -> list[Finding]:
    """Say whether the accounts of the MOOC, as read, are those of other people than before.

    Where nobody is known, it is told of which programme that is no longer configured they may be.
    """
    if not known.people:
        return source_guards.renamed_findings(context.name, as_read.people, known.courses.lost)
    return source_guards.accounts_of_others(
        as_read.shortname,
        known.people.participant,
        as_read.people,
        lambda key: check_nip(key, context.today).nip,
        context.limits.max_lost,
        context.limits.max_lost_share,
        as_read.extent.as_known,
    )


def about_the_threshold(known: KnownProgramme, as_read: PeopleAndGrades) -> list[str]:
    """Return what speaks against the threshold in the evaluation as it was read."""
    threshold, evaluation = known.threshold, as_read.evaluation
    before = known.baseline.evaluation if known.baseline else None
    to_pass = evaluation.grade_to_pass if evaluation else None
    told = of_another_range(threshold, before, evaluation)
    return [*told, *against_moodle(threshold, to_pass), *out_of_reach(threshold, evaluation)]
