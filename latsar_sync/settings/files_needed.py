"""Files that the configuration names, read when they are needed: one that is not there stops nothing else."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from latsar_sync.settings.whole import Settings


def files_not_there(settings: Settings) -> Mapping[str, Path]:
    """Return the files that are not there, or that this process may not read, each by the way to its key."""
    return {key: file for key, file in _named(settings) if not os.access(file, os.R_OK)}


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
