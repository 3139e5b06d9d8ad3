"""What the answer to one message proves: sent, not delivered to this person, nothing sent at all, or nothing."""

from urllib.parse import parse_qsl

import pytest
import requests

from latsar_sync.domain.errors import LatsarError, RecordRejected, SiteRefuses, SiteUnavailable, WriteUnknown
from latsar_sync.moodle import messages

SUCCESS = '[{"msgid":7,"clientmsgid":"latsar-1","text":"<p>Halo</p>","useridfrom":269,"conversationid":1}]'
EXCEPTION = '{{"exception":"moodle_exception","errorcode":"{}","message":"m"}}'


def send(client):
    messages.send(client, 43, "Halo & apa kabar", "latsar-1")


def test_a_message_is_plain_text_to_one_person(client, site, answer_with):
    answer_with(SUCCESS)

    send(client)

    fields = dict(parse_qsl(site.calls[0].request.body))
    assert fields["messages[0][touserid]"] == "43"
    assert fields["messages[0][text]"] == "Halo & apa kabar"
    assert fields["messages[0][textformat]"] == "2"
    assert fields["messages[0][clientmsgid]"] == "latsar-1"
    assert "messages[1][touserid]" not in fields


@pytest.mark.parametrize("name", ["nothing-shared", "too-long", "low-token"])
def test_a_person_whom_moodle_does_not_deliver_to_is_rejected_without_being_named(client, answer_with, recording, name):
    answer = recording(f"core_message_send_instant_messages.{name}")
    first = answer.body.decode().strip().removeprefix("[").partition("}")[0] + "}"
    answer_with(f"[{first}]")

    with pytest.raises(RecordRejected) as caught:
        send(client)

    assert "Putri" not in str(caught.value)
    assert ("messageanyuser" in str(caught.value)) == (name != "too-long")


@pytest.mark.parametrize(
    "name", ["error-nocap", "error-messaging-off", "error-not-in-service", "error-bad-clientmsgid"]
)
def test_a_site_that_refuses_has_sent_nothing(client, answer_with, recording, name):
    answer_with(recording(f"core_message_send_instant_messages.{name}"))

    with pytest.raises(SiteRefuses) as caught:
        send(client)

    assert caught.value.remedy


@pytest.mark.parametrize("code", ["sitemaintenance", "upgraderunning", "dbconnectionfailed"])
def test_a_site_that_is_away_before_it_looks_at_the_message_has_sent_nothing(client, answer_with, code):
    answer_with(EXCEPTION.format(code))

    with pytest.raises(SiteUnavailable) as caught:
        send(client)

    assert not isinstance(caught.value, WriteUnknown)


@pytest.mark.parametrize(
    "answer",
    [
        EXCEPTION.format("dmlwriteexception"),
        EXCEPTION.format("codingerror"),
        EXCEPTION.format("errorinamailplugin"),
        "[]",
        "[" + SUCCESS[1:-1] + "," + SUCCESS[1:],
        "",
        requests.exceptions.ReadTimeout("too slow"),
    ],
    ids=["while writing", "unlisted", "a plugin", "no answer in it", "two answers", "empty", "time-out"],
)
def test_whatever_may_have_come_after_the_message_was_sent_proves_nothing(client, site, answer_with, answer):
    answer_with(answer)

    with pytest.raises(WriteUnknown):
        send(client)

    assert len(site.calls) == 1


def test_a_mixed_call_of_a_real_moodle_ends_in_an_error_after_it_has_sent_and_is_taken_as_unknown(
    client, answer_with, recording
):
    answer_with(recording("core_message_send_instant_messages.mixed-unknown-user"))

    with pytest.raises(WriteUnknown):
        send(client)


def test_a_service_without_the_function_is_told_how_to_get_it(client, answer_with, recording):
    listed = recording("core_webservice_get_site_info.success")
    answer_with(listed.body.replace(b"core_message_send_instant_messages", b"core_message_get_messages"))

    with pytest.raises(LatsarError, match="core_message_send_instant_messages"):
        messages.require_messages(client)
