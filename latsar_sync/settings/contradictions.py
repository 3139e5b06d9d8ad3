"""Find what no single key gets wrong: keys that need, exclude or repeat each other. In one programme: its own file."""

from collections.abc import Iterator

from latsar_sync.domain.language import _
from latsar_sync.settings.addresses import moodle_at
from latsar_sync.settings.angkatan import AngkatanSettings
from latsar_sync.settings.contradictions_in_programmes import contradiction, in_a_programme, repeated
from latsar_sync.settings.intake import IntakeSettings
from latsar_sync.settings.judging import SourceSettings
from latsar_sync.settings.office import OfficeSettings
from latsar_sync.settings.problems import Location, Problem, did_you_mean, key_path
from latsar_sync.settings.programmes import ProgrammeSettings
from latsar_sync.settings.retention import RetentionSettings
from latsar_sync.settings.service import ServiceSettings
from latsar_sync.settings.sites import SiteSettings
from latsar_sync.settings.whole import Settings
from latsar_sync.settings.written import WrittenTable


def find_contradictions(document: dict[str, object], refused: frozenset[Location]) -> Iterator[Problem]:
    """Given the parsed file and the ways to keys already refused, yield what does not fit together."""
    root = WrittenTable((), document, Settings, refused)
    programmes = list(root.tables("programmes", ProgrammeSettings))
    yield from repeated(programmes, "id", "programme")
    for programme in programmes:
        angkatan = list(programme.tables("angkatan", AngkatanSettings))
        yield from repeated(angkatan, "id", "angkatan")
        yield from in_a_programme(programme, angkatan)
    office = root.table("office", OfficeSettings)
    if office is not None:
        yield from _in_office(office)
    service = root.table("service", ServiceSettings)
    if service is not None and service.has("oidc") and not service.has("public_url"):
        remedy = _("Add the address by which people reach the dashboard: the provider sends them back there.")
        yield Problem(service.at("public_url"), _("is missing, {given} needs it").format(given="oidc"), remedy)
    yield from _in_retention(root)
    yield from _unknown_sites(root, programmes)
    yield from _shared_folders(programmes)
    yield from _shared_groups(root, programmes)


def _in_office(office: WrittenTable) -> Iterator[Problem]:
    if office.has("signer_nip") and not office.has("signer_name"):
        yield Problem(
            office.at("signer_name"), _("is missing, signer_nip needs it"), _("Add the name of whoever signs.")
        )


def _in_retention(root: WrittenTable) -> Iterator[Problem]:
    retention = root.table("retention", RetentionSettings)
    if retention is None:
        return
    if not retention.has("legal_basis") and any(map(retention.has, ("identities", "ledger", "access_log"))):
        remedy = _("Name the archive schedule (JRA) or rule that sets the periods: a report of destruction cites it.")
        yield Problem(retention.at("legal_basis"), _("is missing, a period needs it"), remedy)
    identities, ledger = retention.number("identities"), retention.number("ledger")
    if identities is not None and ledger is not None and identities > ledger:
        reason = _("is longer than ledger = {months}, which takes the identities with it").format(months=ledger)
        yield contradiction(retention, "identities", reason, _("Shorten it, or lengthen ledger."))


def _shared_folders(programmes: list[WrittenTable]) -> Iterator[Problem]:
    """A file belongs to one programme, and is moved by it."""
    seen: dict[str, Location] = {}
    for programme in programmes:
        intake = programme.table("intake", IntakeSettings)
        folder = intake.text("folder") if intake else None
        if intake is None or folder is None:
            continue
        if folder in seen:
            reason = _("is used by {seen} already").format(seen=key_path(seen[folder]))
            yield contradiction(intake, "folder", reason, _("Give every programme a folder of its own."))
        seen.setdefault(folder, intake.at("folder"))


def _unknown_sites(root: WrittenTable, programmes: list[WrittenTable]) -> Iterator[Problem]:
    sites = root.written.get("sites")
    known = [name for name in sites if isinstance(name, str)] if isinstance(sites, dict) else []
    for programme in programmes:
        source = programme.table("source", SourceSettings)
        for table in (source, *programme.tables("angkatan", AngkatanSettings)):
            name = table.text("site") if table is not None else None
            if table is not None and name is not None and name not in known:
                remedy = did_you_mean(name, known) or _("Add a [sites.{name}] table with url and token_env.").format(
                    name=name
                )
                yield contradiction(table, "site", _("is not the name of a [sites] table"), remedy)


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


def _group_marks(programme: WrittenTable, angkatan: WrittenTable) -> Iterator[tuple[str, str]]:
    """Yield what a group is found by, as ``AngkatanSettings.group_name`` and ``group_key`` work it out."""
    name, programme_id = angkatan.text("id"), programme.text("id")
    group = angkatan.text("group") or angkatan.text("source_group") or (name and f"Angkatan {name}")
    if group:
        yield "group", group
    idnumber = angkatan.text("group_idnumber")
    if idnumber is None and name and programme_id:
        idnumber = f"latsar:{programme_id}:{name}"
    if idnumber:
        yield "group_idnumber", idnumber


def _moodle_of(root: WrittenTable, site: str) -> str:
    """Return the address behind a site's name, in one spelling; the name itself where there is none."""
    sites = root.table("sites", Settings)
    below = sites.table(site, SiteSettings) if sites else None
    url = below.text("url") if below else None
    return site if url is None else moodle_at(url)
