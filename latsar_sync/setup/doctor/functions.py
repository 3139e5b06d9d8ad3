"""Which functions the service of a site must hold, and had better hold, and what to do where one lacks."""

from collections.abc import Iterable
from dataclasses import dataclass

from latsar_sync.domain.language import _
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.functions import Function
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.setup.checks import Page
from latsar_sync.setup.doctor.messages import sites_written_on
from latsar_sync.setup.doctor.moodle_marks import functions_of
from latsar_sync.setup.rights import IN_CLASS

ATTEMPTS = frozenset({Function.USER_ATTEMPTS, Function.USER_QUIZ_ATTEMPTS})


@dataclass(frozen=True, slots=True)
class Needs:
    """What a site's service must hold for the configured programmes, and what it had better hold."""

    functions: frozenset[Function]
    useful: frozenset[Function] = frozenset()


def needs_of(site: str, programmes: Iterable[ProgrammeSettings]) -> Needs:
    """Return the functions that these programmes call on the site (docs/moodle-setup.md lists the same)."""
    needed, useful = {Function.SITE_INFO}, set[Function]()
    for programme in programmes:
        if programme.source.site == site:
            needed |= {Function.COURSES_BY_FIELD, Function.ENROLLED_USERS}
            if programme.method != "classical":
                needed |= _evidence_functions(programme)
                useful |= {Function.BEST_GRADE, Function.CALL_EXTERNAL_FUNCTIONS}
                useful |= {Function.UPDATES_SINCE, Function.USER_ATTEMPTS}
                if programme.materials.mode == "activities":
                    useful.add(Function.CHECK_UPDATES)
        if any(angkatan.site == site for angkatan in programme.angkatan):
            needed |= {*IN_CLASS.functions} - {Function.CALL_EXTERNAL_FUNCTIONS}
            needed |= functions_of(programme)
            useful.add(Function.CALL_EXTERNAL_FUNCTIONS)
            if programme.accounts.create:
                needed.add(Function.CREATE_USERS)
        if programme.source.site == site and programme.accounts.create:
            useful.add(Function.COURSE_USER_PROFILES)
        if site in sites_written_on(programme):
            needed.add(Function.SEND_MESSAGES)
    return Needs(frozenset(needed), frozenset(useful))


def _evidence_functions(programme: ProgrammeSettings) -> set[Function]:
    needed = {Function.GRADE_ITEMS}
    if programme.materials.mode == "activities":
        needed |= {Function.COURSE_CONTENTS, Function.ACTIVITIES_COMPLETION_STATUS}
    if programme.materials.mode == "course":
        needed.add(Function.COURSE_COMPLETION_STATUS)
    if programme.evaluation is not None and programme.evaluation.basis == "best_attempt":
        needed |= {Function.QUIZZES_BY_COURSES, Function.USER_ATTEMPTS}
    return needed


def examine_functions(page: Page, client: MoodleClient, needs: Needs) -> None:
    """Say which functions lack, each with its remedy; of those that are only useful, what it costs."""
    # either of the two functions that read attempts will do; which one the site has depends on its version
    there = {function for function in needs.functions | ATTEMPTS if client.supports(function)}
    lacking = sorted(
        function for function in needs.functions - there if not (function in ATTEMPTS and there & ATTEMPTS)
    )
    for function in lacking:
        page.fail("functions", missing(function), where_to_add())
    if not lacking:
        page.ok(
            "functions", _("The service has all {count} functions that are needed.").format(count=len(needs.functions))
        )
    texts = {
        Function.BEST_GRADE: _("without it the grade to pass cannot be compared with the threshold"),
        Function.CALL_EXTERNAL_FUNCTIONS: _("without it every person costs a request of their own"),
        Function.UPDATES_SINCE: _("without it every run asks again about everybody who is not confirmed"),
        Function.CHECK_UPDATES: _("without it an activity that the account may not view can go unnoticed"),
        Function.COURSE_USER_PROFILES: _("without it the addresses of those who need an account are not known"),
        Function.USER_ATTEMPTS: _("without it every run asks again about everybody who is not confirmed"),
    }
    for function in sorted(needs.useful - needs.functions):
        if not client.supports(function) and not (function in ATTEMPTS and there & ATTEMPTS):
            page.warn("functions", f"{missing(function)[:-1]}: {texts[function]}.", where_to_add())


def missing(function: Function) -> str:
    """Say that a function lacks."""
    return _("The service lacks the function {function}.").format(function=function)


def where_to_add() -> str:
    """Return where in Moodle a function is added to the service."""
    return _("Add it: Site administration > Server > Web services > External services > Functions > Add functions.")
