"""Asking a campus as any client would, and comparing its answer with a recorded one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

from latsar_sync.demo import Site


def form(value: object, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Parameters as PHP reads them from a form body."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from form(item, f"{prefix}[{name}]" if prefix else str(name))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from form(item, f"{prefix}[{position}]")
    else:
        yield prefix, str(value)


def ask(site: Site, fields: dict[str, object]) -> tuple[int, dict[str, str], str]:
    """Post one web-service request; returns status, headers and body."""
    target = urlsplit(site.url)
    connection = HTTPConnection(str(target.hostname), target.port, timeout=10)
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        path = f"{target.path}/webservice/rest/server.php"
        connection.request("POST", path, urlencode(list(form(fields))), headers)
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode()
    finally:
        connection.close()


def kind_of(value: object) -> str:
    """The JSON type; whole and broken numbers are one type."""
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, (int, float)):
        return "number"
    return type(value).__name__


def unpacked(value: object) -> object:
    """The value, with the JSON texts inside a batch answer read."""
    if isinstance(value, dict):
        return {
            name: json.loads(item)
            if name in ("data", "exception") and isinstance(item, str) and item[0] in "{["
            else item
            for name, item in value.items()
        }
    return value


def differences(recorded: list[object], ours: object, path: str = "answer", same_number: bool = False) -> list[str]:
    """How our value differs in keys and types from all the recorded values that stand at the same place.

    ``same_number`` also compares how long the lists are that stand outside of any other. A recorded null fits any
    value and the other way round.
    """
    recorded = [unpacked(value) for value in recorded if value is not None]
    ours = unpacked(ours)
    if ours is None or not recorded:
        return []
    if kind_of(ours) not in {kind_of(value) for value in recorded}:
        return [f"{path}: {kind_of(ours)} instead of {kind_of(recorded[0])}"]
    if isinstance(ours, list):
        lists = [value for value in recorded if isinstance(value, list)]
        if same_number and len(lists) == 1 and len(ours) != len(lists[0]):
            return [f"{path}: {len(ours)} items instead of {len(lists[0])}"]
        if bool(ours) not in {bool(value) for value in lists}:
            return [f"{path}: {len(ours)} items, recorded {len(lists[0])}"]
        items = [item for value in lists for item in value]
        return [text for item in ours for text in differences(items, item, f"{path}[]")]
    if not isinstance(ours, dict):
        return []
    objects = [value for value in recorded if isinstance(value, dict)]
    allowed = {name for value in objects for name in value}
    required = {name for name in allowed if all(name in value for value in objects)}
    texts = [f"{path}: unknown key {name}" for name in ours.keys() - allowed]
    texts += [f"{path}: missing key {name}" for name in required - ours.keys()]
    for name in (ours.keys() & allowed) - {"link"}:  # of an error: a text or an empty object, as it comes
        texts += differences([value.get(name) for value in objects], ours[name], f"{path}.{name}", same_number)
    return texts
