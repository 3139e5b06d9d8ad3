"""The page docs/json.md: what each command and each call of the API answers, key by key, from the shapes themselves."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter

from latsar_sync.shapes.actions import ClearanceShape
from latsar_sync.shapes.certificates import CertificateShape, ProposalShape
from latsar_sync.shapes.commands import COMMANDS
from latsar_sync.shapes.decided import DecidedShape, FingerprintShape, MovedPeopleShape, RemindedShape
from latsar_sync.shapes.explain_shape import PersonExplainedShape
from latsar_sync.shapes.letters import LetterShape
from latsar_sync.shapes.notices import MessagesPreviewShape
from latsar_sync.shapes.one_command import FailureShape
from latsar_sync.shapes.participants import ChaseListShape, PeopleShape
from latsar_sync.shapes.programmes import ProgrammeShape
from latsar_sync.shapes.received import ReceivedFileShape
from latsar_sync.shapes.requests import RequestShape
from latsar_sync.shapes.thresholds import ThresholdShape

API: Mapping[str, Any] = {
    "GET /programmes": list[ProgrammeShape],
    "POST /programmes/{programme}/participants/search": PeopleShape,
    "POST /programmes/{programme}/participants/chase": ChaseListShape,
    "GET /participants/{participant_id}": PersonExplainedShape,
    "GET /programmes/{programme}/roster": COMMANDS["roster"],
    "GET /programmes/{programme}/runs": COMMANDS["runs"],
    "GET /programmes/{programme}/thresholds": list[ThresholdShape],
    "POST /programmes/{programme}/sync": RequestShape,
    "GET /programmes/{programme}/sync/{request_id}": RequestShape,
    "POST /programmes/{programme}/overrides": DecidedShape,
    "POST /programmes/{programme}/approvals": COMMANDS["roster approve"],
    "GET /programmes/{programme}/clearances": list[ClearanceShape],
    "POST /programmes/{programme}/clearances": ClearanceShape,
    "POST /programmes/{programme}/clearances/{number}/revocation": ClearanceShape,
    "POST /programmes/{programme}/imports/{number}/confirmation": COMMANDS["import confirm"],
    "POST /programmes/{programme}/runs/{number}/preview": RequestShape,
    "POST /programmes/{programme}/runs/{number}/acceptance": RequestShape,
    "GET /programmes/{programme}/decrees": COMMANDS["roster finalised"],
    "POST /programmes/{programme}/decrees": COMMANDS["roster finalise"],
    "GET /programmes/{programme}/thresholds/preview": COMMANDS["threshold preview"],
    "POST /programmes/{programme}/thresholds": ThresholdShape,
    "GET /programmes/{programme}/thresholds/seen": FingerprintShape,
    "POST /participants/{participant_id}/move": COMMANDS["roster move"],
    "POST /participants/{participant_id}/nip": COMMANDS["identity correct"],
    "POST /participants/{participant_id}/merge": COMMANDS["identity merge"],
    "POST /participants/{participant_id}/account": COMMANDS["identity account"],
    "POST /programmes/{programme}/participants/seen": FingerprintShape,
    "GET /participants/{participant_id}/seen": FingerprintShape,
    "GET /programmes/{programme}/roster/seen": FingerprintShape,
    "GET /programmes/{programme}/files/{number}": ReceivedFileShape,
    "GET /programmes/{programme}/files": COMMANDS["import received"],
    "POST /programmes/{programme}/files": COMMANDS["import dismiss"],
    "GET /programmes/{programme}/files/{number}/changes": COMMANDS["import take"],
    "GET /programmes/{programme}/files/{number}/seen": FingerprintShape,
    "POST /programmes/{programme}/files/{number}/import": COMMANDS["import take"],
    "POST /programmes/{programme}/files/{number}/dismissal": COMMANDS["import dismiss"],
    "POST /programmes/{programme}/files/{number}/columns": COMMANDS["import dismiss"],
    "GET /programmes/{programme}/column-profiles": COMMANDS["import profiles"],
    "GET /programmes/{programme}/column-profiles/seen": FingerprintShape,
    "POST /programmes/{programme}/column-profiles/forgetting": COMMANDS["import profiles"],
    "GET /programmes/{programme}/imports": COMMANDS["import list"],
    "GET /programmes/{programme}/imports/{number}": COMMANDS["import show"],
    "GET /programmes/{programme}/certificates": COMMANDS["certificate list"],
    "POST /programmes/{programme}/certificates": COMMANDS["certificate add"],
    "GET /programmes/{programme}/certificates/{number}": CertificateShape,
    "GET /programmes/{programme}/certificates/{number}/seen": FingerprintShape,
    "POST /programmes/{programme}/certificates/{number}/proposal": ProposalShape,
    "POST /programmes/{programme}/certificates/{number}/confirmation": COMMANDS["certificate confirm"],
    "POST /programmes/{programme}/certificates/{number}/refusal": COMMANDS["certificate reject"],
    "POST /programmes/{programme}/moves": MovedPeopleShape,
    "POST /programmes/{programme}/places": COMMANDS["roster place"],
    "POST /programmes/{programme}/reminders": RemindedShape,
    "GET /programmes/{programme}/messages": COMMANDS["notices list"],
    "GET /programmes/{programme}/messages/next": MessagesPreviewShape,
    "GET /programmes/{programme}/chase-mails": COMMANDS["notices chase"],
    "GET /programmes/{programme}/chase-mails/seen": FingerprintShape,
    "GET /programmes/{programme}/letters": list[LetterShape],
    "GET /programmes/{programme}/imports/{number}/seen": FingerprintShape,
    "GET /programmes/{programme}/runs/{number}/seen": FingerprintShape,
    "POST /programmes/{programme}/chase-mails": COMMANDS["notices chase"],
    "POST /programmes/{programme}/sync/{request_id}/stop": RequestShape,
    "GET /programmes/{programme}/priority": COMMANDS["roster priority"],
    "GET /participants/{participant_id}/export": COMMANDS["person export"],
    "GET /participants/{participant_id}/erasure": COMMANDS["person erase"],
    "POST /participants/{participant_id}/erasure": COMMANDS["person erase"],
    "GET /participants/{participant_id}/erasure/seen": FingerprintShape,
    "POST /participants/{participant_id}/resumption": COMMANDS["person resume"],
    "GET /erasures": COMMANDS["person erasures"],
    "GET /access-log": COMMANDS["access-log"],
    "GET /retention": COMMANDS["retention show"],
    "GET /programmes/{programme}/destruction/seen": FingerprintShape,
    "POST /programmes/{programme}/destruction": COMMANDS["retention apply"],
}
"""The shape of each answer of ``/api/v1``."""

HEAD = """# JSON

Written by `scripts/json-shapes` from the models in `latsar_sync/shapes`; do not edit it by hand. Keys are added and
never lost, and come in this order. *decimal* is a text with a point and five places (`"70.00000"`), never a float;
*time* is ISO 8601 with the offset of the configured zone, *day* ISO 8601 without a time; *null* stands where there is
nothing. A key *in some* stands only where there is something to tell. `[]` is a list.
"""
KINDS = {"string": "text", "integer": "integer", "number": "number", "boolean": "true or false"}


def page() -> str:
    """Return the whole page."""
    shapes: dict[str, Any] = {}
    commands = [(f"`latsar-sync {name}`", shape) for name, shape in COMMANDS.items()]
    calls = [(f"`{name}`", shape) for name, shape in API.items()]
    parts = [HEAD, "## Commands with `--json`\n", _table(commands, shapes), "## Answers of `/api/v1`\n"]
    parts += [_table(calls, shapes), "## Shapes\n"]
    _schema(FailureShape, shapes)
    parts += ["\n".join(_shape(name, shapes)) for name in sorted(shapes) if "properties" in shapes[name]]
    return "\n".join(parts)


def _table(lines: list[tuple[str, Any]], shapes: dict[str, Any]) -> str:
    told = "\n".join(f"| {name} | {_kind(_schema(shape, shapes), shapes)} |" for name, shape in lines)
    return f"| What | Answer |\n|---|---|\n{told}\n"


def _schema(shape: Any, shapes: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON schema of a shape, and put what it refers to into ``shapes``."""
    schema = TypeAdapter(shape).json_schema(mode="serialization")
    shapes |= schema.pop("$defs", {})
    if "properties" in schema:
        shapes[schema["title"]] = schema
        return {"$ref": f"#/$defs/{schema['title']}"}
    return schema


def _shape(name: str, shapes: Mapping[str, Any]) -> Iterator[str]:
    schema = shapes[name]
    yield f"### {_named(name)}\n"
    if "description" in schema:
        yield re.sub(r"\s*\n\s*", " ", schema["description"].strip()).replace("``", "`") + "\n"
    yield "| Key | Value |"
    yield "|---|---|"
    needed = schema.get("required", ())
    for key, value in schema["properties"].items():
        yield f"| `{key}` | {_kind(value, shapes)}{'' if key in needed else ', in some'} |"
    yield ""


def _named(name: str) -> str:
    return name.removesuffix("Shape")


def _kind(schema: Mapping[str, Any], shapes: Mapping[str, Any]) -> str:
    """Return in words what a value may be."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        if "properties" in shapes[name]:
            return f"[{_named(name)}](#{_named(name).lower()})"
        return _kind(shapes[name], shapes)
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(each, shapes) for each in schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    return _kind_of_type(schema, shapes)


def _kind_of_type(schema: Mapping[str, Any], shapes: Mapping[str, Any]) -> str:
    match schema.get("type"):
        case "array":
            return f"{_kind(schema['items'], shapes)} []"
        case "object" if isinstance(schema.get("additionalProperties"), dict):
            return f"object: name → {_kind(schema['additionalProperties'], shapes)}"
        case "object" | "null" as name:
            return str(name)
        case None:
            return "any value"
    formats = {"date-time": "time", "date": "day"}
    if schema.get("format") in formats:
        return formats[schema["format"]]
    if "five places" in schema.get("description", ""):
        return "decimal"
    return schema.get("description") or KINDS[schema["type"]]
