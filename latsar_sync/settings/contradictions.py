"""Find what no single key gets wrong: keys that need, exclude or repeat each other.

What concerns one programme stands in ``contradictions_in_programmes``, what two of them share in
``contradictions_between_programmes``.
"""

from collections.abc import Iterator

from latsar_sync.domain.language import _
from latsar_sync.settings.angkatan import AngkatanSettings
from latsar_sync.settings.contradictions_between_programmes import between_programmes
from latsar_sync.settings.contradictions_in_programmes import contradiction, in_a_programme, repeated
from latsar_sync.settings.institutions import MailSettings
from latsar_sync.settings.judging import SourceSettings
from latsar_sync.settings.office import OfficeSettings
from latsar_sync.settings.problems import Location, Problem, did_you_mean
from latsar_sync.settings.programmes import ProgrammeSettings
from latsar_sync.settings.retention import RetentionSettings
from latsar_sync.settings.service import ServiceSettings
from latsar_sync.settings.whole import Settings
from latsar_sync.settings.written import WrittenTable

TLS_FROM_THE_FIRST_BYTE = 465
"""The port of mail servers on which nothing is said in the clear (RFC 8314)."""


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
    yield from _in_mail(root)
    yield from _in_retention(root)
    yield from _unknown_sites(root, programmes)
    yield from between_programmes(root, programmes)


def _in_office(office: WrittenTable) -> Iterator[Problem]:
    if office.has("signer_nip") and not office.has("signer_name"):
        yield Problem(
            office.at("signer_name"), _("is missing, signer_nip needs it"), _("Add the name of whoever signs.")
        )


def _in_mail(root: WrittenTable) -> Iterator[Problem]:
    mail = root.table("mail", MailSettings)
    if mail is None:
        return
    password = next(filter(mail.has, ("password_env", "password_file")), None)
    if password is not None and not mail.has("user"):
        remedy = _("Add the account that the password is for, or remove {given}.").format(given=password)
        yield Problem(mail.at("user"), _("is missing, {given} needs it").format(given=password), remedy)
    if mail.number("port") == TLS_FROM_THE_FIRST_BYTE and mail.text("security") == "starttls":
        reason = _('is "starttls", and port {port} speaks TLS from the first byte').format(port=TLS_FROM_THE_FIRST_BYTE)
        yield Problem(mail.at("security"), reason, _('Set security = "tls", or port = 587.'))


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
