"""The page of messages: what the next run would write, to whom, and reminders that somebody asks for."""

from dashboard import HOME, MISSED, PASSED, Browser, Dashboard
from service import PROGRAMME

from latsar_sync.settings.programmes import MessageSettings
from latsar_sync.store import queue


def writing(dashboard: Dashboard, **wanted: object) -> None:
    """Let the programme write what is wanted."""
    settings = dashboard.service.settings
    messages = MessageSettings(**wanted)  # type: ignore[arg-type]
    programmes = [each.model_copy(update={"messages": messages}) for each in settings.programmes]
    dashboard.app.state.context.settings = settings.model_copy(update={"programmes": tuple(programmes)})


def test_reminders_are_asked_for_by_selection_once_a_day_and_the_next_run_is_shown_with_its_text(
    dashboard: Dashboard, sari: Browser
) -> None:
    writing(dashboard, reminders=(3,))
    who = [dashboard.id_of(nip) for nip in (PASSED, MISSED)]
    name = str(dashboard.service.participants()[MISSED]["name"])
    sari.in_english().get(f"{HOME}/people")
    checked = sari.post(f"{HOME}/selected", action="remind", who=who)
    before = dashboard.service.count("messages")
    done = sari.confirm()
    sari.get(f"{HOME}/people")
    sari.post(f"{HOME}/selected", action="remind", who=who)
    again = sari.confirm()
    log = sari.get(f"{HOME}/messages")
    coming = sari.get(f"{HOME}/messages/next")
    noted = dashboard.accesses()[0]
    with dashboard.service.database.reading() as connection:
        [asked] = queue.open_requests(connection, PROGRAMME)

    assert "what is still missing, in Moodle" in checked
    assert before == 0
    assert "recorded for 1 person" in done
    assert "Nothing is missing that they could do something about" in done
    assert "A reminder was asked for today already" in again
    assert "asked for, goes with the next run asked for by sari" in log
    assert f"Yth. {name}" in coming
    assert "batas kelulusan" in coming
    assert (noted.action, noted.people) == ("messages next", 1)
    assert (asked.scope, asked.requested_by) == ("incremental", "sari")


def test_no_reminders_are_offered_or_taken_where_the_programme_has_none(dashboard: Dashboard, sari: Browser) -> None:
    offered = sari.in_english().get(f"{HOME}/people")
    refused = sari.post(f"{HOME}/selected", action="remind", who=dashboard.id_of(MISSED))

    assert "Remind through Moodle" not in offered
    assert sari.page.status_code == 400
    assert "writes no reminders" in refused
    assert dashboard.service.count("messages") == 0


def test_of_whom_course_managers_will_be_told_is_counted_by_course(dashboard: Dashboard, sari: Browser) -> None:
    writing(dashboard, managers=True)
    arrived = sum(
        row["state"] == "confirmed" and row["angkatan"] == "III" for row in dashboard.service.roster().values()
    )
    text = sari.in_english().get(f"{HOME}/messages/next")

    assert arrived > 0
    assert "To the managers of kelas: KLS-III:" in text
