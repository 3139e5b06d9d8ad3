"""Names of people and groups as Moodle prints them: cleaned of tags, and refused where cleaning would alter them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from latsar_sync.demo import failures
from latsar_sync.demo.records import Group
from latsar_sync.demo.world import Site

_TAG: Final = re.compile(r"<[a-zA-Z/!?][^>]*>?")


def html_name(name: str) -> str:
    """A name as format_string prints it: tags taken out, one never closed to the end; & and angle brackets escaped."""
    return escaped(_TAG.sub("", name) if "<" in name else name)


def escaped(name: str) -> str:
    """A name with & and angle brackets escaped, quotes left alone."""
    return name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def group_name(site: Site, group: Group) -> str:
    """The name of a group in lists: as it is stored in 4.0, formatted since 4.3."""
    return html_name(group.name) if site.moodle.escapes_group_names else group.name


def require_tidy_names(names: Iterable[str]) -> None:
    """Raise `invalidresponse` if a name would be altered by cleaning: one such person spoils the whole answer."""
    if any("<" in name and html_name(name) != escaped(name) for name in names):
        raise failures.invalid_response()
