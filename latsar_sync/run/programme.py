"""One run of one programme, from top to bottom: load → read → judge → place → push → confirm → tell.

Two halves follow each other: everybody is judged by what the source says, then the in-class courses are filled. Each
ends early where a guard holds the run. No HTTP inside a transaction; killed anywhere, the next run converges (rule 8).
"""

from dataclasses import replace

from latsar_sync.domain.request import Step
from latsar_sync.rules.restored_database import in_doubt
from latsar_sync.run.context import RunContext
from latsar_sync.run.decisions import judge_and_record
from latsar_sync.run.fill_courses import fill_courses
from latsar_sync.run.known import load
from latsar_sync.run.known_courses import record_filled
from latsar_sync.run.moodle_marks import Marks
from latsar_sync.run.reading import read_source
from latsar_sync.run.report import HeldByGuard, RunReport
from latsar_sync.run.sending_messages import MessagesToPeople
from latsar_sync.store import baselines


def run_programme(context: RunContext, report: RunReport) -> None:
    """Run one programme under its lease, noting in ``report`` how it goes.

    Raise the error that stops it; a guard that holds it, and what fails in a part of it, is only noted.
    """
    try:
        # first everybody is judged; what was known and read of people is let go of with that
        context.step(Step.LEASE)
        known = load(context, report)
        reading, source_state = read_source(context, report, known)
        judged = judge_and_record(context, report, known, reading, source_state)
        known = known.without_people(judged.baseline)
        del reading

        # then the courses are filled
        courses = fill_courses(context, report, known, source_state, judged)
        if context.writes and not context.of_one:
            _write_to_people(context, report)
            record_filled(context, known.courses, courses)
        if report.nothing_done_in_class is not None:
            raise report.nothing_done_in_class
    except HeldByGuard:
        _remember_released(context, report)


def _remember_released(context: RunContext, report: RunReport) -> None:
    """Keep what a person released with a run that something else holds: it is not asked again while that holds."""
    if not (report.released and context.writes):
        return
    with context.lease.writing() as connection:
        baseline = baselines.load_baseline(connection, context.name)
        if baseline is not None:
            kept = replace(baseline, released=baseline.released | report.released)
            baselines.save_baseline(connection, context.name, kept, context.run_id, context.now)


def _write_to_people(context: RunContext, report: RunReport) -> None:
    """Send the messages, and leave the marks, that are due after a run over everybody; a guard holds them too.

    Where the database may not know what was sent, they count as sent: nobody is written to twice. Where nothing could
    be done in class, those sites are left alone; what goes through the MOOC waits for nobody (rule 20).
    """
    tools, lease, why_not = context.tools, context.lease, report.nothing_done_in_class
    in_class = context.programme.sites - {context.programme.source.site} if why_not is not None else ()
    left_alone = {**tools.left_alone, **dict.fromkeys(in_class, str(why_not))}
    people = MessagesToPeople(tools.settings, tools.database, context.programme, tools.clients, tools.clock, left_alone)
    marks = Marks(context)
    if in_doubt(report.findings):
        report.remarks += people.leave_out(lease, context.run_id)
        report.remarks += marks.leave_out()
    else:
        report.remarks += people.send(lease, context.run_id, tools.progress)
        report.remarks += marks.leave() if why_not is None else []
