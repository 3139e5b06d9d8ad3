"""The configuration that is about to be written: plain values in, commented TOML out."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SiteDraft:
    """One Moodle: its name in the file, and where its token is kept, a variable or a file."""

    name: str
    url: str
    token_env: str | None = None
    token_file: Path | None = None
    ca_bundle: Path | None = None
    proxy: str | None = None


@dataclass(frozen=True, slots=True)
class AngkatanDraft:
    """One angkatan; ``course`` None has no in-class phase. ``group_idnumber`` only where the group has one already."""

    id: str
    source_group: str | None
    course: str | None
    group: str | None = None
    group_idnumber: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """One programme on one or two sites. The evaluation is named by exactly one of ``item`` and ``cmid``."""

    sites: Sequence[SiteDraft]
    in_class_site: str
    programme_id: str
    title: str
    course: str
    participant_key: str
    item: str | None
    cmid: int | None
    materials: str
    threshold: Decimal
    scale: str
    legal_basis: str
    all_angkatan: Sequence[AngkatanDraft]
    target_key: str
    role_id: int
    capacity: int | None


def as_toml(draft: Draft, database_url: str = "sqlite:///data/latsar.db") -> str:
    """Return the whole file; what is not asked for stands in config/latsar.example.toml and keeps its default."""
    return "\n".join(_lines(draft, database_url)) + "\n"


def _lines(draft: Draft, database_url: str) -> Iterator[str]:
    yield "# latsar-sync: made by latsar-sync init. All other options, with their defaults, are in"
    yield "# config/latsar.example.toml; docs/configuration.md explains them. latsar-sync doctor checks this file."
    yield ""
    yield "# Where participants, decisions and pushes are kept; a relative path starts from this file's folder."
    yield f'database_url = "{database_url}"'
    yield ""
    yield "# Time zone of all dates and schedules: Asia/Jakarta (WIB), Asia/Makassar (WITA), Asia/Jayapura (WIT)."
    yield 'timezone = "Asia/Jakarta"'
    for site in draft.sites:
        yield from _site(site)
    yield ""
    yield "[[programmes]]"
    yield "# Never change the id once the programme runs: groups in Moodle and the records carry it."
    yield f"id = {_text(draft.programme_id)}"
    yield f"title = {_text(draft.title)}"
    yield "# When the daemon looks: minute hour day month weekday. full_schedule is for nights: whoever waits,"
    yield "# the others in turn within full_turn_nights (1: everybody in each), everything of everybody once a week."
    yield 'schedule = "* 6-21 * * *"'
    yield 'full_schedule = "0 2 * * *"'
    yield "#full_turn_nights = 14"
    yield '# "auto": whoever qualifies is enrolled. "confirmed": only after latsar-sync roster approve --by NAME.'
    yield '#push = "auto"'
    if not any(angkatan.source_group for angkatan in draft.all_angkatan):
        yield "# The MOOC has no groups for the angkatan: seats go in the order in which the limit was reached."
        yield 'placement = "first_qualified"'
    yield ""
    yield "[programmes.source]"
    yield "# The MOOC course, and where the NIP stands in its accounts: idnumber or username."
    yield 'kind = "moodle"'
    yield f"site = {_text(draft.sites[0].name)}"
    yield f"course = {_text(draft.course)}"
    yield f"participant_key = {_text(draft.participant_key)}"
    yield ""
    yield "[programmes.evaluation]"
    yield "# The evaluation: idnumber of the activity, or its number (cmid)."
    yield f"item = {_text(draft.item)}" if draft.item is not None else f"cmid = {draft.cmid}"
    yield "# The first run records this threshold; later it is changed by latsar-sync threshold set only."
    yield (
        f"threshold = {{ value = {draft.threshold.normalize():f}, scale = {_text(draft.scale)}, "
        f"legal_basis = {_text(draft.legal_basis)} }}"
    )
    yield ""
    yield "[programmes.materials]"
    yield '# What must be studied: "activities" (every tracked activity), "course" (completion of the course), "none".'
    yield f"mode = {_text(draft.materials)}"
    for angkatan in draft.all_angkatan:
        yield from _angkatan(draft, angkatan)


def _site(site: SiteDraft) -> Iterator[str]:
    yield ""
    yield f"[sites.{site.name}]"
    yield f"url = {_text(site.url)}"
    if site.token_env is not None:
        yield "# The NAME of the variable with the token, looked for in the environment and in .env; never the token."
        yield f"token_env = {_text(site.token_env)}"
    else:
        yield "# The file that holds the token; readable for the service's account only."
        yield f"token_file = {_text(str(site.token_file))}"
    if site.ca_bundle is not None:
        yield f"ca_bundle = {_text(str(site.ca_bundle))}"
    if site.proxy is not None:
        yield f"proxy = {_text(site.proxy)}"


def _angkatan(draft: Draft, angkatan: AngkatanDraft) -> Iterator[str]:
    yield ""
    yield "[[programmes.angkatan]]"
    yield f"id = {_text(angkatan.id)}"
    if angkatan.source_group is not None:
        yield f"source_group = {_text(angkatan.source_group)}"
    if angkatan.course is None:
        yield "# No in-class phase: site, course and role_id would stand here."
        return
    yield f"site = {_text(draft.in_class_site)}"
    yield f"course = {_text(angkatan.course)}"
    yield f"target_key = {_text(draft.target_key)}"
    if angkatan.group is not None:
        yield "# The group in that course; it is made if it is missing."
        yield f"group = {_text(angkatan.group)}"
    if angkatan.group_idnumber is not None:
        yield f"group_idnumber = {_text(angkatan.group_idnumber)}"
    yield f"role_id = {draft.role_id}"
    yield "# Seats; without it there is no limit."
    yield f"capacity = {draft.capacity}" if draft.capacity is not None else "#capacity = 40"
    yield "# First and last day in class; nobody new is admitted after the first, or after admit_until."
    yield "#starts = 2026-12-07"
    yield "#ends = 2026-12-12"


def _text(value: str) -> str:
    """Return a TOML text; JSON's escapes are TOML's, except that TOML also escapes the DEL character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
