"""What pages say when a run has acted on what somebody decided on them."""

import re
from datetime import UTC, datetime

import pytest
from dashboard import HOME, MISSED, PASSED, Dashboard
from service import Command, Service, ServiceFactory
from unattended import Clock

from latsar_sync.domain.account import Role


@pytest.fixture
def dashboard(make_service: ServiceFactory, sqlite_url: str, quick_hashes: None) -> Dashboard:
    """Give the pages over a service that has run and can run again."""
    service: Service = make_service(sqlite_url)
    service.first_run()
    made = Dashboard(service, Clock(datetime.now(UTC)))
    made.add("sari", Role.PANITIA)
    return made


def test_whoever_is_admitted_against_the_rule_stopped_nowhere_and_need_not_do_what_it_wants(
    dashboard: Dashboard,
) -> None:
    sari, address = dashboard.browser("sari").in_english(), f"/people/{dashboard.id_of(MISSED)}"
    sari.get(address)
    sari.post(f"{address}/decide", kind="admit", reason="Berita acara 12/2026")
    sari.confirm()
    dashboard.service.run()
    text = sari.get(address)

    assert "though it stopped before" not in text
    assert "Admitted by the committee against the rule. Nothing to do." in text
    assert "take the evaluation again" not in text


def test_whoever_sits_in_class_and_does_not_qualify_is_nowhere_called_qualified(dashboard: Dashboard) -> None:
    sari, address = dashboard.browser("sari").in_english(), f"/people/{dashboard.id_of(PASSED)}"
    sari.get(address)
    sari.post(f"{address}/decide", kind="hold", reason="Sedang dirawat")
    dashboard.service.run()
    text = sari.get(HOME)
    found = re.search(r"(\d+) qualified \d+ not yet (\d+) confirmed in class", text)
    assert found
    in_table = re.findall(r'data-label="Qualified">\s*(?:<a[^>]*>)?(\d+)', sari.page.text)
    in_class = re.findall(r'data-label="In class">\s*(?:<a[^>]*>)?(\d+)', sari.page.text)

    assert (sum(map(int, in_table)), sum(map(int, in_class))) == (int(found[1]), int(found[2]))
    assert f"Qualified, or has a seat {int(found[1]) + 1} " in text


def test_the_roster_that_somebody_left_says_that_they_are_still_in_its_course(dashboard: Dashboard) -> None:
    sari, address = dashboard.browser("sari").in_english(), f"/people/{dashboard.id_of(PASSED)}"
    home = dashboard.service.roster()[PASSED]["angkatan"]
    sari.get(address)
    sari.post(f"{address}/move", to="III" if home == "I" else "I", why="Cuti melahirkan")
    dashboard.service.run()
    text = sari.get(f"{HOME}/roster?angkatan={home}")

    assert "Still in this course, and not of this angkatan any more" in text
    assert f'href="{address}"' in sari.page.text
    assert f"still in KLS-{home} of angkatan {home}" in text


def test_a_hold_of_the_account_that_was_merged_stands_with_the_one_that_counts(
    dashboard: Dashboard, command: Command
) -> None:
    service, words = dashboard.service, ("--reason", "Nota 4", "--by", "Ratna")
    assert command(service, "override", "hold", MISSED, *words)[0] == 0
    assert command(service, "identity", "merge", PASSED, MISSED, "--although-different", *words)[0] == 0
    service.run()
    sari, address = dashboard.browser("sari").in_english(), f"/people/{dashboard.id_of(PASSED)}"
    _code, explained, _errors = command(service, "explain", PASSED)

    assert "Release: the rule decides again." in sari.get(address)
    assert "Nota 4 · binds now" in " ".join(explained.split())
    sari.post(f"{address}/decide", kind="release", reason="Nota 5")
    service.run()
    assert "Release: the rule decides again." not in sari.get(address)
    assert "binds now" not in command(service, "explain", PASSED)[1]
