"""docs/first-ten-minutes.md is what a new user meets: everything in it is typed again, on a campus of our own."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import blocks, words
from requests import Session
from typer.testing import CliRunner

from latsar_sync.cli import app
from latsar_sync.demo import Campus
from latsar_sync.domain import language
from latsar_sync.moodle import connection, transport

PAGE = "docs/first-ten-minutes.md"
PORT = "8791"


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = language.in_use()
    language.choose("en")
    for name, value in (("LC_ALL", "en"), ("COLUMNS", "80")):
        monkeypatch.setenv(name, value)
    for name in ("LATSAR_CONFIG", "LATSAR_MOOC_TOKEN", "LATSAR_KELAS_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    yield
    language.choose(before)


def quoted(beginning: str) -> str:
    """Return the block of the page that begins so."""
    [found] = [text for _, text in blocks(PAGE) if text.startswith(beginning)]
    return found


def answers(conversation: str) -> list[str]:
    """Return what the user typed in the quoted conversation, without the tokens, which do not show."""
    typed = re.findall(r"^(?:.*\]|[A-Z][^·→\n]*): (.+)$", conversation, re.MULTILINE)
    return [text for text in typed if text not in {"MOOC-LATSAR", "idnumber", "activities"} and "…" not in text]


def shown(output: str, campus: Campus) -> str:
    return words(output.replace(f":{campus.port}/", f":{PORT}/"))


def fits(quote: str, output: str) -> bool:
    """Say whether a quote stands in what was shown; an ellipsis is one word that differs between computers."""
    return re.search(re.escape(words(quote)).replace("…", r"\S+"), output) is not None


def hurried(name: str, url: str, ca_bundle: Path | None, proxy: str | None, _rate: float, at_once: int) -> Session:
    """Return a session that asks the campus as fast as it answers."""
    return connection.open_session(name, url, ca_bundle, proxy, 1000.0, at_once)


def test_the_page_is_what_a_new_user_types_and_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(transport, "open_session", hurried)  # what is set up is polite to a real site
    conversation = quoted("$ latsar-sync init").partition("\n")[2]
    with Campus() as campus:
        visible = iter(text.replace(f":{PORT}/", f":{campus.port}/") for text in answers(conversation))
        mooc_url, class_url = next(visible), next(visible)
        typed = [mooc_url, campus.mooc.token, class_url, campus.kelas.token, *visible]
        said = CliRunner().invoke(app, ["init"], input="\n".join([*typed, ""]))
        run = CliRunner().invoke(app, ["sync"])
        roster = CliRunner().invoke(app, ["roster", "--angkatan", "I"])

        assert (said.exit_code, run.exit_code, roster.exit_code) == (0, 0, 0)
        assert fits(conversation, shown(said.stdout, campus))
        assert fits(quoted("programme latsar-2026-iii"), shown(said.stdout, campus))
        assert fits(quoted("$ latsar-sync sync").partition("\n")[2], shown(run.stdout, campus))
        assert fits(quoted("$ latsar-sync roster").partition("\n")[2], shown(roster.stdout, campus))


def test_the_tokens_and_addresses_that_the_page_shows_are_those_of_the_campus() -> None:
    quote = quoted("$ latsar-sync demo --campus-only")

    for site in Campus().sites.values():
        assert f"http://127.0.0.1:{PORT}/{site.name}\n    token: {site.token}" in quote
