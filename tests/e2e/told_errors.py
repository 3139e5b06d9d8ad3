"""What a command told of an error, and what it did to the in-class site."""

from office import Office
from typed import Ended

from latsar_sync.demo import Campus

WRITES = {"enrol_manual_enrol_users", "core_group_create_groups", "core_group_add_group_members"}

Decisions = dict[str, str]


def decisions(office: Office) -> Decisions:
    """Return everybody's decision by name."""
    return {line["name"]: line["decision"] for line in office.run("participants", "--json").json}


def error_of(ended: Ended) -> str:
    """Return what a failed command said, which must be one line for a person with nothing technical around it."""
    assert "Traceback" not in ended.out + ended.err
    shape = ended.json
    said = [shape.get("error")] + [line for each in shape.get("programmes", []) for line in (each["error"],)]
    texts = [text for text in said if text]
    assert texts
    assert all("\n" not in text for text in texts)
    return " ".join(texts)


def told(ended: Ended) -> str:
    """Return everything that a run said about what went wrong, by error or by message."""
    assert "Traceback" not in ended.out + ended.err
    [programme] = ended.json["programmes"]
    assert "\n" not in " ".join([programme["error"] or "", *programme["messages"]])
    return " ".join([programme["error"] or "", *programme["messages"]])


def writes(campus: Campus) -> list[str]:
    """Return the writes that the campus was asked for and did."""
    return [entry.function for entry in campus.log if entry.function in WRITES and entry.errorcode is None]
