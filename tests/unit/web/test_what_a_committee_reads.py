"""What a committee reads of what is said to whoever runs the service: by what a text is made of, never by its words."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import latsar_sync
from latsar_sync.domain.errors import ConfigurationError, RecordRejected, SiteRefuses, UsageError
from latsar_sync.domain.finding_sentences import TERM_WORDS, finding_sentence
from latsar_sync.domain.language import (
    ADMIN_SEES_MORE,
    _,
    command,
    for_admins,
    joined,
    packed,
    see,
    speaking,
    unpacked,
)
from latsar_sync.domain.records import Finding, Terms
from latsar_sync.web.pages_for_commands import told_to_a_committee, told_to_an_admin

PACKAGE = Path(latsar_sync.__file__).parent
READ_ON_PAGES = ("actions", "domain", "exports", "files", "rules", "run", "shapes")
"""The folders whose texts stand on the pages of a committee, too."""
OF_THE_TERMINAL = re.compile(
    r"latsar-sync|(?<![\w-])--[a-z]|\b(?:moodle|mod|webservice|gradereport|enrol)/[\w…]+:|\[\[?\w+[.\w]*\]|https?://"
    r"|\b[a-z]+(?:_[a-z]+)+\b|\.(?:toml|env|db)\b"
)
"""A command, an option, a capability, an address, a key of the configuration, a file of the service."""
FOR_ADMINS = {"for_admins", "ConfigurationError", "SiteRefuses", "SiteUnavailable", "RecordRejected", "Fault"}
TYPED_OR_SIGNED = {
    "Such as surat_sehat.",  # what is to be typed, in a file to fill in
    "{moment} by {name}, latsar-sync {version}",  # who made a document
    "latsar-sync fills this group: {title}, angkatan {angkatan}.",  # what is left in Moodle
    "Entered by latsar-sync for the group {group}.",
    "Put into the group {group} of {course} by latsar-sync on {date}.",
    "Everything that latsar-sync holds about one person, with the trail of its processing (UU 27/2022, articles 7, 31 "
    "and 32).",
    "How: the rows were deleted from the database in one transaction with this record (latsar-sync {version}).",
}
"""Whose name the service signs, and an example of what somebody types."""


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with speaking("en"):
        yield


def test_of_a_command_below_another_the_page_is_named_on_which_that_one_is_done() -> None:
    said = _("{count} people who are to be in class have no account there: {where} lists them for Moodle.")

    told = told_to_a_committee(said.format(count=5, where=command("export accounts")))

    assert told.endswith("no account there: the page “Roster” lists them for Moodle.")


def test_what_was_told_to_a_committee_stays_so_within_another_text() -> None:
    told = told_to_a_committee(for_admins(_("No connection to {url}.").format(url="http://mooc"), _("It is down.")))
    last = joined(_("The last run broke off."), told)

    assert last == "The last run broke off. It is down."
    assert _("Held: {finding}").format(finding=told) == "Held: It is down."


def test_a_command_is_to_a_committee_the_page_where_that_is_done_also_after_it_was_kept() -> None:
    said = joined(see("clearance list"), _("Run {sync} first.").format(sync=command("sync --full")))
    kept = json.loads(json.dumps(packed(said)))

    assert said == "See latsar-sync clearance list. Run latsar-sync sync --full first."
    assert told_to_a_committee(unpacked(kept)) == "See the page “Documents”. Run “Read everything again” first."
    with speaking("id"):
        assert told_to_a_committee(unpacked(kept)).startswith("Lihat halaman “Dokumen”.")


def test_an_admin_before_a_page_reads_everything_but_a_command_that_a_page_does() -> None:
    said = joined(_("It is held."), see("override list"), see("sync --full"), see("db check"), for_admins("Set a_key."))

    assert told_to_an_admin(said) == (
        "It is held. See the page “Participants”. See “Read everything again”. See latsar-sync db check. Set a_key."
    )
    assert (told_to_an_admin("as a site said it"), told_to_an_admin(None)) == ("as a site said it", "")


def test_what_is_for_admins_is_held_back_and_that_there_is_more_is_said_once() -> None:
    said = joined(_("The token is refused."), for_admins("Set a_key."), for_admins("Set another.", ""), for_admins("c"))

    assert said == "The token is refused. Set a_key. Set another. c"
    assert told_to_a_committee(said) == f"The token is refused. {ADMIN_SEES_MORE}"
    assert (told_to_a_committee("as a site said it"), told_to_a_committee(None)) == ("as a site said it", "")


def test_an_error_says_by_its_kind_what_a_committee_reads_of_it() -> None:
    refused = SiteRefuses("mooc: core_webservice_get_site_info: access refused.", "Make a new token.", "invalidtoken")
    refused.came_from("mooc")
    passed_on = SiteRefuses(refused.message, refused.remedy)
    text = _("{reason} Nobody was asked.").format(reason=refused.message)

    assert str(refused) == "mooc: core_webservice_get_site_info: access refused. Make a new token."
    assert told_to_a_committee(str(refused)) == f"The site mooc does not answer as it should. {ADMIN_SEES_MORE}"
    assert told_to_a_committee(str(passed_on)) == told_to_a_committee(str(refused))
    assert told_to_a_committee(text) == f"{told_to_a_committee(refused.message)} Nobody was asked."
    # it may be of a group, or of somebody among all, and then ends the run
    of_a_group = told_to_a_committee(str(RecordRejected("kelas: core_group_create_groups: no.")))
    assert of_a_group == f"The site rejects a record that it was asked about. {ADMIN_SEES_MORE}"
    assert "url" not in told_to_a_committee(str(ConfigurationError("sites.mooc.url is no address.", "Write it.")))
    assert told_to_a_committee(str(UsageError("There is no import 7.", see("import list")))) == (
        "There is no import 7. See the page “Imports”."
    )


def test_that_an_admin_sees_more_is_said_once_where_a_remedy_is_theirs_too() -> None:
    refused = SiteRefuses("mooc: nobody is visible.", for_admins(_("Give the account the right to see people.")))

    assert told_to_a_committee(str(refused)) == "A site does not answer as it should. " + ADMIN_SEES_MORE
    assert str(refused) == "mooc: nobody is visible. Give the account the right to see people."


def test_what_a_guard_found_is_told_without_a_word_of_the_configuration() -> None:
    placed = Finding("placement_changed", "p", "group (I: Angkatan I)", "first_qualified", ("a",))
    terms = Finding("terms_changed", "basis, clearances", "gradebook, –", "best_attempt, surat_sehat", ("a",))

    assert "by the group in the MOOC (I: Angkatan I) became in the order of qualifying" in finding_sentence(
        placed, "en"
    )
    assert "(nilai mana yang dipakai, dokumen yang disyaratkan)" in finding_sentence(terms, "id")
    assert set(Terms._fields) == set(TERM_WORDS)


def test_no_text_of_a_page_names_anything_of_the_terminal_but_for_admins() -> None:
    """Once such sentences were cut out of what was said, by a pattern: whatever it did not know was shown."""
    found = {
        text
        for folder in READ_ON_PAGES
        for file in (PACKAGE / folder).rglob("*.py")
        for text in _texts(ast.parse(file.read_text(encoding="utf-8")), held_back=False)
        if OF_THE_TERMINAL.search(re.sub(r"\{\w*\}", "", text))
    }

    assert found - TYPED_OR_SIGNED == set()


def _texts(node: ast.AST, held_back: bool) -> Iterator[str]:
    """Yield the texts that are said below a node and not held back from a committee."""
    if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "FINDING_REMEDIES":
        return
    name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
    held_back = held_back or name in FOR_ADMINS
    if isinstance(node, ast.Call) and name in ("_", "mark", "counted") and not held_back:
        yield from (each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str))
    for each in ast.iter_child_nodes(node):
        yield from _texts(each, held_back)
