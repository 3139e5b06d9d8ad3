"""The page of the threshold: how the scores lie, and what another value would do, where and to whom."""

import re
from datetime import timedelta
from io import BytesIO

from dashboard import HOME, Browser, Dashboard
from openpyxl import load_workbook
from service import PROGRAMME

from latsar_sync.store import listings


def test_the_scores_stand_as_a_picture_and_in_numbers_with_the_limit(dashboard: Dashboard, sari: Browser) -> None:
    with dashboard.service.database.reading() as connection:
        rows = listings.participant_rows(connection, [PROGRAMME])
    scored = [row for row in rows if row["score"] is not None]
    text = sari.get(f"{HOME}/threshold")
    numbers = re.findall(r"(?:sampai|sampai di bawah) [\d,]+ *: (\d+)", text)

    assert "Sebaran nilai" in text
    assert "berlaku: 70" in text
    assert sum(map(int, numbers)) == len(scored)
    assert 'class="scores-limit" x1="420.0"' in sari.page.text


def test_what_a_value_would_do_is_told_by_angkatan_and_handed_out_by_name(dashboard: Dashboard, sari: Browser) -> None:
    text = sari.get(f"{HOME}/threshold?value=90")
    with dashboard.service.database.reading() as connection:
        rows = listings.participant_rows(connection, [PROGRAMME])
    fall = [row for row in rows if row["outcome"] == "qualified" and row["score"] < 90]
    lose = {each: sum(row["angkatan"] == each for row in fall if row["state"]) for each in ("I", "II", "III")}
    [link] = sari.links("threshold.xlsx")
    content = sari.client.get(link).content
    cells = {str(cell) for line in load_workbook(BytesIO(content)).worksheets[0].values for cell in line}

    for angkatan, number in lose.items():
        assert number > 0
        assert re.search(rf" {angkatan} 0 {number} \d+ −{number} ", text)
    assert {str(row["participant_id"]) for row in fall} <= cells
    assert dashboard.accesses()[0].action == "export threshold xlsx"


def test_a_threshold_of_a_later_day_is_said_to_judge_from_that_day_on(dashboard: Dashboard, sari: Browser) -> None:
    sari.in_english().get(f"{HOME}/threshold?value=75")
    later = dashboard.clock().date() + timedelta(days=40)
    checked = sari.post(f"{HOME}/threshold", legal_basis="Perka 10/2021", since=str(later))
    recorded = sari.confirm()

    for text in (checked, recorded):
        assert f"judges from {later:%-d %B %Y} on" in text
        assert "next run judges" not in text
    assert "In force 70 points (" in checked  # by what it would be judged otherwise


def test_a_value_above_the_maximum_is_not_even_tried(dashboard: Dashboard, sari: Browser) -> None:
    text = sari.in_english().get(f"{HOME}/threshold?value=170")

    assert sari.page.status_code == 400
    assert "gives at most 100" in text
