"""What the guards say of the source as read, before anything is asked of each of its people (rule 6)."""

from latsar_sync.domain.nip import check_nip
from latsar_sync.domain.records import Finding
from latsar_sync.domain.request import Step
from latsar_sync.domain.source_as_read import PeopleAndGrades
from latsar_sync.rules import guards
from latsar_sync.rules.configuration_guard import roles_findings
from latsar_sync.rules.threshold import against_moodle, of_another_range, out_of_reach
from latsar_sync.run.configured import source_course_of
from latsar_sync.run.context import RunContext
from latsar_sync.run.known import KnownProgramme
from latsar_sync.run.report import RunReport
from latsar_sync.settings.rule_values import effects_of


def guard_source(
    context: RunContext, report: RunReport, known: KnownProgramme, found: PeopleAndGrades
) -> list[Finding]:
    """Let the guards look at the source as read; return what they found, which a person released."""
    context.step(Step.GUARD_SOURCE, found.number)
    people = known.baseline.people if found.how_found.alone and known.baseline else found.number
    findings = guards.source_findings(
        known.baseline, found.shortname, people, found.evaluation, found.required, context.limits
    )
    findings += opened_otherwise(known, found)
    findings += guards.unseen_findings(known.baseline, found.shortname, found.activities.unseen)
    if not (
        found.how_found.only_ours or found.how_found.alone
    ):  # else a group that shows nobody has stopped the reading
        groups = source_course_of(context.programme).groups
        findings += guards.group_findings(found.shortname, groups, found.people, known.people.participant)
    if not context.programme.by_files:  # files have no accounts that may be those of other people now
        findings += _accounts_of_others(context, known, found)
    newcomers = (each for each in found.people if each.user_id not in known.people)
    findings += roles_findings(known.baseline, context.name, effects_of(context.programme), newcomers)
    report.hold_unless_released(findings, known.accepted, known.baseline)
    return findings


def opened_otherwise(known: KnownProgramme, found: PeopleAndGrades) -> list[Finding]:
    """Say which activities are open to others than before, where the groups of everybody were read."""
    open_to = None if found.how_found.alone else found.activities.open_to
    return guards.access_findings(known.baseline, found.shortname, found.required, open_to)


def _accounts_of_others(context: RunContext, known: KnownProgramme, found: PeopleAndGrades) -> list[Finding]:
    """Say whether the accounts of the MOOC, as read, are those of other people than before.

    Where nobody is known, it is told of which programme that is no longer configured they may be.
    """
    if not known.people:
        return guards.renamed_findings(context.name, found.people, known.courses.lost)
    return guards.accounts_of_others(
        found.shortname,
        known.people.participant,
        found.people,
        lambda key: check_nip(key, context.today).nip,
        context.limits.max_lost,
        context.limits.max_lost_share,
        found.chosen.others,
    )


def about_the_threshold(known: KnownProgramme, found: PeopleAndGrades) -> list[str]:
    """Return what speaks against the threshold in the evaluation as it was read."""
    limit, evaluation = known.threshold, found.evaluation
    before = known.baseline.evaluation if known.baseline else None
    to_pass = evaluation.grade_to_pass if evaluation else None
    told = of_another_range(limit, before, evaluation)
    return [*told, *against_moodle(limit, to_pass), *out_of_reach(limit, evaluation)]
