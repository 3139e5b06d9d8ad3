"""The questions of ``init``, one function each, in the order in which they are asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from latsar_sync.cli.init_questions import Choice, Interview
from latsar_sync.cli.init_tokens import Token, TokenPlace, token_of
from latsar_sync.domain.errors import LatsarError, UsageError
from latsar_sync.domain.figures import number
from latsar_sync.domain.language import _
from latsar_sync.domain.site_limits import SiteLimits
from latsar_sync.domain.state_words import SCALE_TEXTS
from latsar_sync.moodle import payloads
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.connection import site_url
from latsar_sync.settings.values import GREATEST_NUMBER
from latsar_sync.setup.onboarding.discovery import KEYS, MoocCourse, courses_of, read_mooc
from latsar_sync.setup.onboarding.draft import SiteDraft

ASK_ONCE = SiteLimits(retry_budget=0.0)
"""Somebody waits at the keyboard: a site that does not answer is told at once."""
MATERIALS = ("activities", "course", "none")


@dataclass(frozen=True, slots=True)
class SiteAnswers:
    """What the options say about one site; ``name`` is the one it gets in the configuration."""

    name: str
    option: str
    title: str
    place: TokenPlace
    url: str | None = None
    ca_bundle: Path | None = None
    proxy: str | None = None


@dataclass(frozen=True, slots=True)
class OpenSite:
    """A site that answered: its draft, the client, and the token that was typed, None where it is kept elsewhere."""

    draft: SiteDraft
    client: MoodleClient
    token: Token


def open_site(
    interview: Interview,
    config: Path,
    wanted: SiteAnswers,
    default_url: str | None = None,
    other: OpenSite | None = None,
) -> OpenSite:
    """Ask for address and token until the site answers; return ``other`` if it is that site under the same account.

    Raise what the site answers with if nobody may be asked again.
    """
    given, default = wanted.url, default_url
    while True:
        url = interview.answer(
            f"--{wanted.option}-url",
            _("Address of {title}").format(title=wanted.title),
            given,
            lambda said: site_url(wanted.name, said),
            default,
        )
        same = other is not None and other.draft.url == url
        token = token_of(interview, config, wanted.place, _("Token for {url}").format(url=url), may_be_same=same)
        if token is None and other is not None:
            return other
        if token is None:
            continue
        draft = SiteDraft(wanted.name, url, token.variable, token.file, wanted.ca_bundle, wanted.proxy)
        client: MoodleClient | None = None
        try:
            client = MoodleClient(
                wanted.name, url, token.value, ca_bundle=wanted.ca_bundle, proxy=wanted.proxy, limits=ASK_ONCE
            )
            info = client.site_info()
        except LatsarError as error:
            if client is not None:
                client.close()
            if interview.silent or not token.typed:
                raise
            interview.tell(error)
            given, default = None, url
            continue
        interview.say(f"  {info.sitename} · Moodle {info.release} · {info.username}")
        return OpenSite(draft, client, token)


def mooc_course(interview: Interview, client: MoodleClient, given: str | None, today: date) -> MoocCourse:
    """Ask which course is the MOOC and read what it offers."""
    courses = {course.shortname: course for course in courses_of(client)}
    chosen = interview.choice("--mooc-course", _("MOOC course"), given, _listed(list(courses.values())))
    found = read_mooc(client, courses[chosen], today)
    interview.say(
        "  "
        + _("{people} participants, {groups} groups, {graded} graded activities").format(
            people=found.participants, groups=len(found.groups), graded=len(found.graded)
        )
    )
    return found


def evaluation(interview: Interview, found: MoocCourse, given: str | None) -> tuple[payloads.GradeItem, bool]:
    """Ask which graded activity is the evaluation; the second part says whether its idnumber names it alone."""
    numbers = [item.idnumber for item in found.graded if item.idnumber]
    keyed = {
        item.idnumber if item.idnumber and numbers.count(item.idnumber) == 1 else str(item.cmid): item
        for item in found.graded
    }
    choices = [
        Choice(
            key,
            _("{name} ({kind}, up to {maximum})").format(
                name=item.itemname or "",
                kind=item.itemmodule or "?",
                maximum="?" if item.grademax is None else f"{item.grademax.normalize():f}",
            ),
        )
        for key, item in keyed.items()
    ]
    if given is not None and given not in keyed:
        given = next((key for key, item in keyed.items() if str(item.cmid) == given), given)
    chosen = interview.choice("--evaluation", _("Evaluation that must be passed"), given, choices)
    item = keyed[chosen]
    return item, item.idnumber == chosen


def participant_key(interview: Interview, found: MoocCourse, given: str | None) -> str:
    """Ask where the NIP stands, unless the accounts show it; where both fields hold it, idnumber is the usual place."""
    held = [key for key in KEYS if len(found.nips[key]) * 2 > found.participants]
    choices = [
        Choice(key, _("{count} of {people} are a NIP").format(count=len(found.nips[key]), people=found.participants))
        for key in KEYS
    ]
    question = _("Where the NIP stands in the MOOC's accounts")
    return interview.choice(
        "--participant-key", question, given, [choice for choice in choices if choice.key in held[:1]] or choices
    )


def materials(interview: Interview, found: MoocCourse, given: str | None) -> str:
    """Ask what must be studied; a course that tracks completion answers it: every tracked activity."""
    texts = (
        _("every tracked activity besides the evaluation"),
        _("the completion of the course as Moodle states it"),
        _("nothing: the evaluation alone decides"),
    )
    choices = [Choice(*each) for each in zip(MATERIALS, texts, strict=True)]
    offered = choices[:1] if found.tracked and given is None else choices
    if not found.tracked and given is None:
        interview.say("  " + _("Completion tracking is off in this course."))
    return interview.choice("--materials", _("What must be studied"), given, offered)


def whole_number(option: str, text: str) -> int:
    """Read a number above 0. Raise UsageError for anything else."""
    if not text.strip().isdecimal() or int(text) < 1:
        raise UsageError(
            _('{option}: "{said}" is no number above 0.').format(option=option, said=text), _("Write it in digits.")
        )
    if int(text) > GREATEST_NUMBER:
        raise UsageError(
            _("{option}: {said} is too great a number.").format(option=option, said=text.strip()),
            _("Write at most {number}.").format(number=GREATEST_NUMBER),
        )
    return int(text)


def number_of_seats(text: str) -> int | None:
    """Read the seats of an angkatan; ``-`` is without limit. Raise UsageError for anything else."""
    return None if text.strip() == "-" else whole_number("--capacity", text)


def summary(interview: Interview, lines: Sequence[tuple[str, str]]) -> None:
    """Show what will be written."""
    interview.say("")
    width = max(len(name) for name, _value in lines)
    for name, value in lines:
        interview.say(f"  {name:<{width}}  {value}")


def limit_text(value: Decimal, scale: str, legal_basis: str) -> str:
    """Return the threshold as the summary shows it."""
    return f"{number(value)} {_(SCALE_TEXTS[scale])} · {legal_basis}"


def _listed(courses: Sequence[payloads.Course]) -> list[Choice]:
    return [Choice(course.shortname, course.fullname) for course in courses]
