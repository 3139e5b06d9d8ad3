"""Find what programmes must not share: a folder or mailbox of files, or one group of one course for two angkatan."""

import os
from collections.abc import Collection, Iterator

from latsar_sync.domain.language import _
from latsar_sync.settings.addresses import moodle_at
from latsar_sync.settings.angkatan import AngkatanSettings, own_idnumber, usual_group
from latsar_sync.settings.contradictions_in_programmes import contradiction
from latsar_sync.settings.problems import Location, Problem, key_path
from latsar_sync.settings.received_files import IntakeSettings, MailboxSettings
from latsar_sync.settings.sites import SiteSettings
from latsar_sync.settings.whole import Settings
from latsar_sync.settings.written import WrittenTable


def between_programmes(root: WrittenTable, programmes: list[WrittenTable]) -> Iterator[Problem]:
    """Yield what two programmes, or two angkatan of whichever programmes, have in common and must not."""
    yield from _shared_folders(programmes)
    yield from _shared_mailboxes(programmes)
    yield from _shared_groups(root, programmes)
    yield from _several_names(root, programmes)


def _shared_folders(programmes: list[WrittenTable]) -> Iterator[Problem]:
    """A file belongs to one programme, and is moved by it."""
    seen: dict[str, Location] = {}
    for programme in programmes:
        intake = programme.table("intake", IntakeSettings)
        folder = intake.text("folder") if intake else None
        if intake is None or folder is None:
            continue
        place = os.path.normpath(folder)
        if place in seen:
            reason = _("is used by {seen} already").format(seen=key_path(seen[place]))
            yield contradiction(intake, "folder", reason, _("Give every programme a folder of its own."))
        seen.setdefault(place, intake.at("folder"))


def _shared_mailboxes(programmes: list[WrittenTable]) -> Iterator[Problem]:
    """A mail is read once, by whichever programme looks first."""
    seen: dict[tuple[str | None, ...], list[tuple[Location, frozenset[str]]]] = {}
    for programme in programmes:
        intake = programme.table("intake", IntakeSettings)
        mailbox = intake.table("mailbox", MailboxSettings) if intake else None
        if mailbox is None:
            continue
        senders = frozenset(each.casefold() for each in mailbox.entries("senders") if isinstance(each, str))
        others = seen.setdefault(tuple(mailbox.text(key) for key in ("host", "user", "folder")), [])
        for where, theirs in others:
            if shared := _from_whom_both_take(senders, theirs):
                reason = _("has {sender}, whose mails {seen} takes from the same mailbox")
                remedy = _("A mail is read once: give each programme senders, a folder or a mailbox of its own.")
                said = reason.format(sender=shared, seen=key_path(where))
                yield Problem(mailbox.at("senders"), said, remedy)
                break
        others.append((mailbox.location, senders))


def _from_whom_both_take(some: Collection[str], others: Collection[str]) -> str | None:
    """Return a sender from whom both take mails, an address or a whole domain; None where there is none."""

    def takes(senders: Collection[str], one: str) -> bool:
        return one in senders or one[one.rfind("@") :] in senders

    both = [one for one in some if takes(others, one)] + [one for one in others if takes(some, one)]
    return min(both, default=None)


def _shared_groups(root: WrittenTable, programmes: list[WrittenTable]) -> Iterator[Problem]:
    """Two angkatan must not fill one group of one course: each would take the other's people for strangers.

    Two names of one address are one Moodle. Groups meet by their name or by their idnumber.
    """
    seen: dict[tuple[str, str, str, str], Location] = {}
    for programme in programmes:
        for angkatan in programme.tables("angkatan", AngkatanSettings):
            site, course = angkatan.text("site"), angkatan.text("course")
            if site is None or course is None:
                continue
            for key, value in _group_marks(programme, angkatan):
                first = seen.setdefault((_moodle_of(root, site), course, key, value), angkatan.location)
                if first != angkatan.location:
                    reason = _('"{value}" of the course "{course}" is filled by {first} already').format(
                        value=value, course=course, first=key_path(first)
                    )
                    yield Problem(angkatan.at(key), reason, _("Give every angkatan a group of its own."))
                    break


def _several_names(root: WrittenTable, programmes: list[WrittenTable]) -> Iterator[Problem]:
    """One programme names the Moodle of its in-class courses by one name: an account there would else be two."""
    for programme in programmes:
        names: dict[str, str] = {}
        for angkatan in programme.tables("angkatan", AngkatanSettings):
            site = angkatan.text("site")
            if site is not None and (first := names.setdefault(_moodle_of(root, site), site)) != site:
                reason = _("has the same address as {first}, which another angkatan names").format(first=first)
                remedy = _('Write site = "{first}" in every angkatan of this programme.').format(first=first)
                yield contradiction(angkatan, "site", reason, remedy)


def _group_marks(programme: WrittenTable, angkatan: WrittenTable) -> Iterator[tuple[str, str]]:
    """Yield what a group is found by, as ``AngkatanSettings.group_name`` and ``group_key`` work it out."""
    name, programme_id = angkatan.text("id"), programme.text("id")
    group = angkatan.text("group") or angkatan.text("source_group") or (name and usual_group(name))
    if group:
        yield "group", group
    idnumber = angkatan.text("group_idnumber")
    if idnumber is None and name and programme_id:
        idnumber = own_idnumber(programme_id, name)
    if idnumber:
        yield "group_idnumber", idnumber


def _moodle_of(root: WrittenTable, site: str) -> str:
    """Return the address behind a site's name, in one spelling; the name itself where there is none."""
    sites = root.table("sites", Settings)
    below = sites.table(site, SiteSettings) if sites else None
    url = below.text("url") if below else None
    return site if url is None else moodle_at(url)
