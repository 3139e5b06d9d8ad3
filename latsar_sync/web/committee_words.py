"""What a run or an error says as a committee reads it: without a terminal."""

import re
from collections.abc import Mapping

from latsar_sync.domain.language import _, joined, mark


def for_a_committee(text: str | None) -> str:
    """Return what a run or an error says as a committee reads it: with the page for a command that has one.

    Sentences for whoever runs the service are left out: those that name another command, an option, a capability or a
    key of the configuration; admins read the whole.
    """
    sentences = [_COMMAND.sub(_page_for, each) for each in _SENTENCE.split(text or "")]
    kept = [each for each in sentences if not _OF_THE_TERMINAL.search(each)]
    if len(kept) < len(sentences):
        kept.append(_("The admin of this service sees the details."))
    return " ".join(kept)


def why_it_broke_off(error: str | None) -> str:
    """Return what ended a run, as a committee reads it: of a site that failed its name, and nothing to mend there."""
    site = _ASKED_A_SITE.match(error or "")
    if not site:
        return for_a_committee(error)
    failed = _("The site {site} does not answer as it should.").format(site=site[1])
    return joined(failed, _("The admin of this service sees the details."))


def _page_for(command: re.Match[str]) -> str:
    """Return where on the pages somebody does what a command does."""
    words = command[0].split()
    if words[1] == "sync":
        button = _("Read everything again") if "--full" in words else _("Sync now")
        return f"“{button}”"
    page = _(_PAGES[words[1]])
    return _("the page {page}").format(page=f"“{page}”")


_PAGES: Mapping[str, str] = {
    "sync": mark("Sync now"),
    **dict.fromkeys(("status", "runs"), mark("Runs")),
    **dict.fromkeys(("participants", "explain", "override", "identity"), mark("Participants")),
    "roster": mark("Roster"),
    "clearance": mark("Documents"),
    "import": mark("Imports"),
    "certificate": mark("Certificates"),
}
_BELOW = (
    "account|add|admit|amend|approve|confirm|finalise|hold|list|merge|move|participants|profiles|received|release|show"
)
_COMMAND = re.compile(
    rf"latsar-sync (?:{'|'.join(_PAGES)})\b(?: (?:{_BELOW})\b)?"
    r"(?: --[a-z-]+(?: [^\s,.;:()]*[A-Z0-9][^\s,.;:()]*)?| [A-Z]{3,}\b| \d+\b)*"
)
_ASKED_A_SITE = re.compile(r"([\w.-]+): \w+_\w+: ")
"""How what a site answered begins: its name, then the function that was called."""
_SENTENCE = re.compile(r"(?<=[.!?]) +(?=[^a-z]|latsar-sync)")
_OF_THE_TERMINAL = re.compile(
    r"latsar-sync|(?<![\w-])--[a-z]|\b(?:moodle|mod|webservice|gradereport|enrol)/[\w…]+:|\[\[?\w+[.\w]*\]|https?://"
    r"|\b[a-z]+(?:_[a-z]+)+\b|\.(?:toml|env|db)\b|\bdaemon\b"
)
