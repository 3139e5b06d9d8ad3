"""A number that leads to people leads to exactly so many; and what pages weigh on their way."""

import re
from html import unescape

import pytest
from dashboard import HOME, Browser, Dashboard
from programs import Program
from service import PROGRAMME

from latsar_sync.store.filled_courses import others_there

NUMBERED = re.compile(
    r'<a[^>]*href="([^"]*/people\?[^"]+)"[^>]*>(.*?)</a>(?:\s*<span class="bar-number">\s*([\d.]+)\s*</span>)?',
    re.DOTALL,
)
"""A link to people, what it says, and the number of its bar."""
WITH_NUMBERS = ("", "/roster?angkatan=I", "/roster?angkatan=III", "/roster?angkatan=-", "/priority", "/clearances")


def numbered_links(page: str) -> dict[str, int]:
    """Return how many people each link to a list promises, by its address."""
    found = {}
    for address, said, bar in NUMBERED.findall(page):
        told = re.findall(r"\d[\d.]*", bar or re.sub(r"<[^>]+>", " ", said))
        if told:
            found[unescape(address)] = int(told[-1].replace(".", "") if ":" in said else told[0].replace(".", ""))
    return found


@pytest.mark.parametrize("page", WITH_NUMBERS)
def test_a_number_leads_to_exactly_so_many_people(sari: Browser, page: str) -> None:
    """Once *on the way* told of two and led to everybody who had a seat, those in class among them."""
    sari.get(f"{HOME}{page}")
    promised = numbered_links(sari.page.text)
    for address, number in promised.items():
        sari.get(address)
        total = re.search(r'role="status">([\d.]+) orang', sari.page.text)
        assert total, address
        assert int(total[1].replace(".", "")) == number, address
    assert promised or page in ("/priority", "/clearances")


def test_whoever_sits_in_the_group_besides_takes_a_seat_on_each_page(dashboard: Dashboard, sari: Browser) -> None:
    """Once they were counted by what is free alone: people waited for a seat beside seats that nobody had."""
    with dashboard.service.database.reading() as connection:
        others = others_there(connection, PROGRAMME)
    told = re.findall(r"Angkatan (I+) tanpa batas (\d+) (\d+) (\d+)", sari.get(f"{HOME}/priority"))
    taken = {name: sum(map(int, numbers)) for name, *numbers in told}

    assert (len(taken), others["I"]) == (3, 1)
    assert f"Kursi: {taken['I']} (orang lain di kelas: 1)" in sari.get(f"{HOME}/roster?angkatan=I")
    assert f"Kursi: {taken['II']} ·" in sari.get(f"{HOME}/roster?angkatan=II")
    cells = re.findall(r'data-label="Kursi">\s*(\d+)', sari.client.get(HOME).text)
    assert [int(each) for each in cells[:3]] == list(taken.values())
    [shape] = Program(dashboard, "sari").get("/api/v1/programmes").json()
    assert [each["seats"] + each["others"] for each in shape["angkatan"][:3]] == list(taken.values())


def test_pages_come_compressed_and_live_lines_at_once(dashboard: Dashboard, sari: Browser) -> None:
    sari.get(f"{HOME}/people")
    packed = sari.page.headers.get("content-encoding")
    plain = dashboard.browser("rina").client.get(f"{HOME}/people", headers={"accept-encoding": "identity"})
    document = sari.client.get(f"{HOME}/documents/roster.xlsx?angkatan=I")

    assert (packed, plain.headers.get("content-encoding")) == ("gzip", None)
    assert document.headers.get("content-encoding") is None
