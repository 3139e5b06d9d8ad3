"""The diagnosis: every check of both sites, each with its remedy; one that fails hides no other that can be made.

Nothing is changed anywhere. Two calls look like writes: they ask to enrol and to write to somebody who does not exist;
see ``in_class_courses`` and ``messages``. Nothing outside this folder makes them.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.in_class import Angkatan
from latsar_sync.domain.language import _
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.rules.filled_courses import with_group_idnumbers_in_use
from latsar_sync.run.clients import connect
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.settings.for_the_rules import angkatan_of
from latsar_sync.setup.checks import Check, Page, Status
from latsar_sync.setup.doctor.accounts import examine_accounts, examine_long_requests, examine_making_of_accounts
from latsar_sync.setup.doctor.custom_report import examine_report
from latsar_sync.setup.doctor.database import Kept, examine_database, examine_named_files
from latsar_sync.setup.doctor.evidence import examine_evidence
from latsar_sync.setup.doctor.functions import needs_of
from latsar_sync.setup.doctor.imports import examine_files
from latsar_sync.setup.doctor.in_class_courses import examine_in_class_course, say_what_is_not_proved
from latsar_sync.setup.doctor.messages import examine_messages, sites_written_on
from latsar_sync.setup.doctor.mooc_people import examine_people
from latsar_sync.setup.doctor.sites import examine_site
from latsar_sync.setup.doctor.threshold import examine_first_push, examine_limit, examine_terms

__all__ = ["Check", "Status", "examine"]

Progress = Callable[[str], None]


def examine(
    settings: Settings, programme: str | None, clock: Callable[[], datetime], progress: Progress
) -> list[Check]:
    """Examine the sites, courses and thresholds of one programme (its id) or of all.

    ``progress`` is told what is being examined. Raise UsageError for an unknown programme, and nothing else of ours:
    whatever goes wrong is a check that failed.
    """
    chosen = [settings.programme(programme)] if programme is not None else list(settings.programmes)
    pages = examine_named_files(settings)
    kept = examine_database(pages, settings, chosen, clock())
    needed = sorted(frozenset().union(*(each.sites for each in chosen)))
    clients: dict[str, MoodleClient] = {}
    try:
        for name in needed:
            progress(name)
            # a diagnosis does not wait for a site to come back
            site = settings.sites[name].model_copy(update={"retry_budget": 0.0})
            try:
                clients[name] = connect(name, site)
            except ConfigurationError as error:
                pages.append(Page(_("site {name} ({url})").format(name=name, url=site.url)))
                pages[-1].fail("ca_bundle", error.message, error.remedy)
                continue
            page, usable = examine_site(clients[name], needs_of(name, chosen), clock)
            pages.append(page)
            if not usable:
                clients.pop(name).close()
        for each in chosen:
            progress(each.id)
            pages += _examine_programme(settings, each, clients, kept.get(each.id), clock())
    finally:
        for client in clients.values():
            client.close()
    return [check for page in pages for check in page.checks]


def _examine_programme(
    settings: Settings,
    programme: ProgrammeSettings,
    clients: Mapping[str, MoodleClient],
    kept: Kept | None,
    now: datetime,
) -> list[Page]:
    evaluation, people = None, dict[str, tuple[str, ...]]()
    if programme.by_files:
        page = Page(_("programme {id}, imported files").format(id=programme.id))
        if kept is not None and kept.files is not None:
            examine_files(page, programme.id, kept.files)
            people = dict(kept.files.people)
    else:
        site = programme.source.site or ""
        page = Page(_("programme {id}, MOOC course {course}").format(id=programme.id, course=programme.source.course))
        if site in clients:
            today = now.astimezone(settings.zone_of(programme)).date()
            found = examine_people(page, clients[site], programme, today)
            if found is not None:
                people = found.groups_by_nip
                if programme.method != "classical":
                    evaluation = examine_evidence(page, clients[site], programme, found)
                    examine_report(page, clients[site], programme, found)
        else:
            page.warn("not_examined", *_unreachable(site))
    if programme.method != "classical":
        examine_limit(page, programme, kept.history if kept is not None else None, evaluation, now)
    examine_terms(page, programme, kept.terms.terms if kept is not None and kept.terms is not None else None)
    all_angkatan = with_group_idnumbers_in_use(angkatan_of(programme), kept.filled if kept is not None else {})
    if kept is not None and not kept.sent:
        examine_first_push(page, programme, people)
    given = kept.roles if kept is not None else frozenset()
    in_class_courses = _examine_in_class_courses(programme, all_angkatan, clients, people, given)
    return [page, *in_class_courses, *_examine_messages(programme, clients, kept)]


def _examine_messages(
    programme: ProgrammeSettings, clients: Mapping[str, MoodleClient], kept: Kept | None
) -> list[Page]:
    pages = []
    for site in sorted(sites_written_on(programme)):
        page = Page(_("programme {id}, messages on {site}").format(id=programme.id, site=site))
        pages.append(page)
        if site in clients:
            examine_messages(page, clients[site], kept is not None and site in kept.messages)
        else:
            page.warn("not_examined", *_unreachable(site))
    return pages


def _examine_in_class_courses(
    programme: ProgrammeSettings,
    configured: Sequence[Angkatan],
    clients: Mapping[str, MoodleClient],
    people: Mapping[str, tuple[str, ...]],
    given: Collection[tuple[str, int, int]],
) -> list[Page]:
    """Examine the in-class courses, and the accounts of ``people`` (NIP and group names) on their sites.

    ``given`` are site, course id and role id of enrolments that Moodle took before.
    """
    all_angkatan = [angkatan for angkatan in configured if angkatan.site is not None and angkatan.course is not None]
    pages: list[Page] = []
    unproved: dict[int, list[str]] = {}
    for site, course in dict.fromkeys((angkatan.site or "", angkatan.course or "") for angkatan in all_angkatan):
        page = Page(_("programme {id}, in-class course {course}").format(id=programme.id, course=course))
        pages.append(page)
        if site in clients:
            members = [angkatan for angkatan in all_angkatan if (angkatan.site, angkatan.course) == (site, course)]
            for role_id in examine_in_class_course(page, clients[site], course, members, given, programme):
                unproved.setdefault(role_id, []).append(course)
        else:
            page.warn("not_examined", *_unreachable(site))
    if unproved:
        pages.append(Page(_("programme {id}, role assignments").format(id=programme.id)))
        for role_id, courses in unproved.items():
            say_what_is_not_proved(pages[-1], role_id, courses)
    return pages + _examine_accounts(programme, all_angkatan, clients, people)


def _examine_accounts(
    programme: ProgrammeSettings,
    all_angkatan: Sequence[Angkatan],
    clients: Mapping[str, MoodleClient],
    people: Mapping[str, tuple[str, ...]],
) -> list[Page]:
    """Examine the accounts of ``people`` on the sites of the in-class courses, by the field in which NIPs stand."""
    pages = []
    for site, key in dict.fromkeys((angkatan.site or "", angkatan.target_key) for angkatan in all_angkatan):
        if site not in clients:
            continue
        mine = [each for each in all_angkatan if (each.site, each.target_key) == (site, key)]
        groups = {angkatan.source_group for angkatan in mine}
        # whoever may come to the site: by group, or everybody where groups do not place them
        expected = {
            nip for nip, theirs in people.items() if programme.placement != "group" or not groups.isdisjoint(theirs)
        }
        page = Page(_("programme {id}, accounts on {site}").format(id=programme.id, site=site))
        examine_accounts(page, clients[site], key, expected)
        examine_long_requests(page, clients[site])
        if programme.accounts.create:
            examine_making_of_accounts(page, clients[site])
        pages.append(page)
    return pages


def _unreachable(site: str) -> tuple[str, str]:
    return (
        _("Not examined: the site {site} does not answer as it should.").format(site=site),
        _("Mend what is said about the site first, then run doctor again."),
    )
