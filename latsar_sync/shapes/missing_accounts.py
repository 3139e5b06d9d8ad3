"""The shape of who has no account on the in-class site."""

from collections.abc import Collection, Mapping, Sequence

from typing_extensions import TypedDict

from latsar_sync.exports.missing_accounts import WithoutAccount
from latsar_sync.moodle.new_accounts import Contact
from latsar_sync.shapes.fields import Nip, ParticipantId


class WithoutAccountShape(TypedDict):
    """Somebody on the roster without an account in class, as an account would be called; ``email`` null: not known.

    ``held_back``: they would not be enrolled yet, so no file enrols them.
    """

    participant_id: ParticipantId
    nip: Nip
    name: str
    username: str
    idnumber: str
    firstname: str
    lastname: str
    email: str | None
    institution: str
    angkatan: str
    site: str | None
    course: str | None
    group: str
    held_back: bool


def missing_accounts_json(
    people: Sequence[WithoutAccount], contacts: Mapping[str, Contact], held_back: Collection[str]
) -> list[WithoutAccountShape]:
    """Return the lines of ``export accounts --json``."""
    return [
        {
            "participant_id": each.participant.id,
            "nip": each.nip,
            "name": each.participant.person.name,
            "username": each.nip,
            "idnumber": each.nip,
            "firstname": contacts[each.participant.id].firstname,
            "lastname": contacts[each.participant.id].lastname,
            "email": contacts[each.participant.id].email or None,
            "institution": each.participant.person.institution,
            "angkatan": each.angkatan.id,
            "site": each.angkatan.site,
            "course": each.entry.course or each.angkatan.course,
            "group": each.entry.group or each.angkatan.group_name,
            "held_back": each.participant.id in held_back,
        }
        for each in people
    ]
