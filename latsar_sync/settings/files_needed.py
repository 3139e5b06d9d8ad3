"""Files that the configuration names: which are not there, which stops nothing else, and which too many may read."""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from latsar_sync.settings.whole import Settings


def files_not_there(settings: Settings) -> Mapping[str, Path]:
    """Return the files that are not there, or that this process may not read, each by the way to its key."""
    return {key: file for key, file in _named(settings) if not os.access(file, os.R_OK)}


def open_to_everybody(settings: Settings) -> list[Path]:
    """Return the files with secrets that every account of this computer may read.

    What a manager of containers lays into ``/run`` has the rights that it gives, which nobody can change there.
    """
    return [each for each in settings.secret_files if not each.is_relative_to("/run") and _everybody_reads(each)]


def _everybody_reads(file: Path) -> bool:
    try:
        within = all(each.stat().st_mode & stat.S_IXOTH for each in file.resolve().parents)
        return within and bool(file.stat().st_mode & stat.S_IROTH)
    except OSError:  # a folder that this account may not look into: others hardly may
        return False


def _named(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Yield the files that one part of the service needs and no other: certificates, letters, the logo."""
    of_one_key = [
        *((f"sites.{name}.ca_bundle", site.ca_bundle) for name, site in settings.sites.items()),
        *((f"webhooks.{name}.ca_bundle", each.ca_bundle) for name, each in settings.webhooks.items()),
        ("mail.ca_bundle", settings.mail.ca_bundle if settings.mail else None),
        ("service.oidc.ca_bundle", settings.service.oidc.ca_bundle if settings.service.oidc else None),
        ("office.letters.call_up", settings.office.letters.call_up),
        ("office.letters.duty", settings.office.letters.duty),
        ("office.logo", settings.office.logo),
    ]
    yield from ((key, file) for key, file in of_one_key if file is not None)
    for programme in settings.programmes:
        mailbox = programme.intake.mailbox if programme.intake else None
        if mailbox is not None and mailbox.ca_bundle is not None:
            yield f"{programme.id}: mailbox.ca_bundle", mailbox.ca_bundle
