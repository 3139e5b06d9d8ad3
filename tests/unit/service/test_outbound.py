"""What is told of an address outside that does not take something."""

import ssl
from typing import Any

import pytest
import requests

from latsar_sync.service.outbound import NotTaken, Receiver


def refused(code: int) -> requests.exceptions.SSLError:
    """Return the error of requests for a certificate that OpenSSL refuses."""
    cause = ssl.SSLCertVerificationError("https://hook.example.go.id/rahasia")
    cause.verify_code = code
    return requests.exceptions.SSLError(cause)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (10, "its TLS certificate has expired, or the clock of this machine is wrong"),
        (19, "its TLS certificate is from an authority of its own: name its file in ca_bundle"),
        (62, "its TLS certificate is for another name"),
        (999, "its TLS certificate cannot be verified"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_told_without_the_address(
    monkeypatch: pytest.MonkeyPatch, code: int, why: str
) -> None:
    def refuse(*_asked: Any, **_options: Any) -> None:
        raise refused(code)

    monkeypatch.setattr(requests.Session, "post", refuse)
    receiver = Receiver("webhooks.x", "https://hook.example.go.id/rahasia")

    assert receiver.post(b"{}", {}) == NotTaken(why)
    receiver.close()
