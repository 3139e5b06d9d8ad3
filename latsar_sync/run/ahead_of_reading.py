"""What a reading of the MOOC is known to ask, by what is known of its people, sent in few requests before it asks.

It only saves requests: a wrong guess costs one and decides nothing, and where nobody is known nothing is asked. Whoever
follows how people are read may pass it over.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from threading import Thread

from sqlalchemy import Connection

from latsar_sync.domain.known_people import PeopleInMemory
from latsar_sync.domain.records import Checkpoint, SourceIds
from latsar_sync.moodle.answers_ahead import Call
from latsar_sync.moodle.asking_ahead import AboutOne
from latsar_sync.moodle.calls_ahead import LISTS, Known, calls_about, calls_of, calls_of_an_unknown_course
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.course_by_name import find_course
from latsar_sync.moodle.functions import Arguments, Function
from latsar_sync.moodle.mooc_values import Expected, SeenPeople
from latsar_sync.rules.refused_readings import unanswered_last
from latsar_sync.rules.signals import OVERLAP
from latsar_sync.run.configured import source_course_of
from latsar_sync.run.context import RunContext
from latsar_sync.run.custom_report import CustomReport
from latsar_sync.run.whom_to_look_for import KnownInMooc
from latsar_sync.store import source_ids
from latsar_sync.store.brief_lines import who_shows_a_grade


class AskedAlready:
    """What is asked in a thread of its own while it is still read from the database who is known."""

    def __init__(self, client: MoodleClient, calls: Sequence[Call]) -> None:
        """Begin to ask."""
        self._client = client
        self._calls: Sequence[Call] | None = calls
        self._problem: BaseException | None = None
        self._thread = Thread(target=self._ask, args=(calls,), name=f"ahead {client.name}", daemon=True)
        self._thread.start()

    def _ask(self, calls: Sequence[Call]) -> None:
        try:
            self._client.ask_ahead(calls)
        except BaseException as problem:  # noqa: BLE001 raised where it is waited for
            self._problem = problem

    def are(self, calls: Sequence[Call]) -> bool:
        """Wait for the answers; say whether they are those of these calls, which is true once."""
        asked, self._calls = self._calls, None
        self._thread.join()
        if self._problem is not None:
            raise self._problem
        return asked == calls


def begin_by_report(connection: Connection, context: RunContext, checkpoint: Checkpoint) -> AskedAlready | None:
    """Begin to ask what an incremental run asks first where a report stands in for the list; None where none does.

    Whom it asks about is found alone: to read everybody takes as long as half an answer.
    """
    programme, wanted = context.programme, source_course_of(context.programme)
    if wanted.names_ours or programme.source.site is None:
        return None
    client = context.tools.clients[programme.source.site]
    known_in_mooc = KnownInMooc(wanted, PeopleInMemory(), {}, ids=source_ids.load_ids(connection, context.name))
    asked = CustomReport(client, known_in_mooc, programme.source.report, context.now, full_or_night=False).first_call
    witness = who_shows_a_grade(connection, context.name, programme.source.site) if asked else None
    if asked is None or witness is None:
        return None
    return AskedAlready(client, calls_by_report(known_in_mooc, witness, checkpoint, asked))


@dataclass(frozen=True, slots=True)
class AheadOfReading:
    """Asks ahead what a reading of the MOOC will ask; of no more than ``exact_up_to`` who are open the grades too."""

    client: MoodleClient
    known_in_mooc: KnownInMooc
    exact_up_to: int

    def of_everything(self, custom_report: Arguments | None) -> None:
        """Ask what a reading of everything asks first; of a course of which nothing is known, once it was found."""
        course = self.known_in_mooc.wanted.course
        guess = (
            self.known_in_mooc.of_the_course(find_course(self.client, course).id)
            if self._begins
            else self.known_in_mooc
        )
        expected = guess.what_to_expect(full_or_night=True, only_ours=guess.wanted.names_ours)
        self.client.ask_ahead(
            calls_of_all(guess, expected, True, self.exact_up_to, (), custom_report), LISTS, calls_about_each(guess, ())
        )

    def of_each(self, seen: SeenPeople) -> None:
        """Ask for grades and completion of everybody, in requests that follow each other without a pause.

        Reports of groups serve where all of these may be read; not by list, where others sit in the groups too.
        """
        known_in_mooc, course = self.known_in_mooc, seen.course
        user_ids = [
            person.user_id
            for person in unanswered_last(known_in_mooc.not_erased(seen.people), known_in_mooc.unanswered)
        ]
        members = None if known_in_mooc.wanted.nips is not None else seen.members_asked
        calls = calls_of_an_unknown_course(known_in_mooc.wanted, course, user_ids) if self._begins else []
        self.client.ask_more_ahead(
            calls, calls_about(known_in_mooc.wanted, course.payload.id, user_ids, members, known_in_mooc.unanswered)
        )

    def of_what_changed(
        self,
        since: Checkpoint | None,
        custom_report: CustomReport,
        exactly: frozenset[int],
        already: AskedAlready | None = None,
    ) -> object:
        """Ask in one request what this reading asks; return who shows the evaluation in it, if anybody.

        In a night what is asked of whoever is read ``exactly`` goes out behind it. What is asked ``already`` is waited
        for.
        """
        known_in_mooc, full_or_night = self.known_in_mooc, custom_report.full_or_night
        expected = known_in_mooc.what_to_expect(
            full_or_night=full_or_night, only_ours=known_in_mooc.wanted.names_ours, checkpoint=since
        )
        first_call = custom_report.first_call
        calls = calls_of_all(known_in_mooc, expected, full_or_night, self.exact_up_to, exactly, first_call)
        custom_report.look_for_ours()
        if already is None or not already.are(calls):
            self.client.ask_ahead(
                calls, LISTS if full_or_night else (), calls_about_each(known_in_mooc, exactly) if full_or_night else ()
            )
        return next((each.arguments["userid"] for each in calls if each.function is Function.GRADE_ITEMS), None)

    @property
    def _begins(self) -> bool:
        """Whether nothing is known of the course yet, and several calls go in one request."""
        return not self.known_in_mooc.knows_the_course and self.client.supports(Function.CALL_EXTERNAL_FUNCTIONS)


def calls_of_all(
    known_in_mooc: KnownInMooc,
    expected: Expected,
    full_or_night: bool,
    exact_up_to: int,
    exactly: Collection[int] = (),
    custom_report: Arguments | None = None,
) -> list[Call]:
    """Return what a reading of everybody is known to ask; the grades of so many who are open are asked anyway.

    ``exactly`` are user ids of those who are asked whatever is told, where that is not everybody. ``custom_report``
    asks for such a one, which stands in for the list of a course in an incremental run. One that served nothing
    last is not asked ahead: it would end the batch, and the list would be asked after it in each run.
    """
    # whoever is expected by a list may have left the course
    whom = known_in_mooc.there() if known_in_mooc.wanted.nips is not None else sorted(expected.people)
    there = [user_id for user_id in whom if user_id in expected.people]
    by_report = custom_report is not None and not full_or_night and not known_in_mooc.wanted.names_ours and bool(there)
    still_open = None if by_report else known_in_mooc.few_who_are_open(there, exact_up_to)
    everybody = full_or_night and not exactly
    asked = [each for each in there if everybody or each in exactly or each in (still_open or ())]
    # a call that the site refuses ends the batch: best is who is asked anyway and was answered before
    lowest = next(chain(filter(known_in_mooc.shows_the_evaluation, there), there), None)
    first = next(chain(filter(known_in_mooc.shows_the_evaluation, chain(asked, there)), asked), None)
    since = expected.checkpoint.site_time - OVERLAP if expected.checkpoint else None
    known = Known(
        _ids(known_in_mooc),
        first,
        lowest,
        len(known_in_mooc.known),
        since,
        by_signals=still_open is None and not by_report,
        custom_report=custom_report,
        by_report=by_report,
    )
    return _calls(known_in_mooc, expected, full_or_night, known)


def calls_by_report(
    known_in_mooc: KnownInMooc, witness: int, checkpoint: Checkpoint, custom_report: Arguments
) -> list[Call]:
    """Return the same of an incremental run by a report: only who shows the evaluation need be known for it."""
    since = checkpoint.site_time - OVERLAP
    known = Known(_ids(known_in_mooc), witness, witness, 1, since, custom_report=custom_report, by_report=True)
    return calls_of(known_in_mooc.wanted, known, False)


def calls_of_one(known_in_mooc: KnownInMooc, expected: Expected, accounts: Collection[int]) -> list[Call]:
    """Return what a reading of one person is known to ask."""
    first, there = min(accounts, default=None), sorted(expected.people)
    shows = next(chain(filter(known_in_mooc.shows_the_evaluation, there), there), None)
    alone = replace(known_in_mooc, wanted=replace(known_in_mooc.wanted, nips=expected.lookup, groups=()))
    return _calls(alone, expected, False, Known(_ids(known_in_mooc), first, shows, 1, None, alone=True))


def calls_about_each(known_in_mooc: KnownInMooc, exactly: Collection[int]) -> list[AboutOne]:
    """Return what is known to be asked about those who are read whatever is told of them."""
    if known_in_mooc.ids is None or not known_in_mooc.knows_the_course:
        return []
    there = [user_id for user_id in known_in_mooc.there() if user_id in exactly]
    late, by_grade = known_in_mooc.unanswered, known_in_mooc.by_grade
    return calls_about(known_in_mooc.wanted, known_in_mooc.ids.course_id, there, None, late, by_grade)


def _calls(known_in_mooc: KnownInMooc, expected: Expected, full_or_night: bool, known: Known) -> list[Call]:
    if not known_in_mooc.knows_the_course:
        return []
    without_account = expected.lookup - known_in_mooc.numbers_there() if expected.lookup else expected.lookup
    known = replace(known, user_ids=expected.people, nips=expected.lookup, without_account=without_account)
    return calls_of(known_in_mooc.wanted, known, full_or_night)


def _ids(known_in_mooc: KnownInMooc) -> SourceIds:
    return known_in_mooc.ids or SourceIds(known_in_mooc.wanted.course, 0)
