"""The shapes of certificates as evidence."""

from typing import Any
from zoneinfo import ZoneInfo

from typing_extensions import TypedDict

from latsar_sync.domain.spelling import names_differ
from latsar_sync.rules.score_against_threshold import plain
from latsar_sync.shapes.fields import DecimalText, Moment, Nip, ParticipantId, moment, told
from latsar_sync.store.certificates import Row


class CertificateShape(TypedDict):
    """A certificate: ``facts`` were read in it and are gone with the document, ``confirmed`` a person took over.

    ``names_another``: it was read to name somebody else than ``person``.
    """

    id: int
    programme: str
    file: str
    digest: str
    state: str
    participant_id: ParticipantId | None
    nip: Nip | None
    person: str | None
    names_another: bool
    facts: dict[str, str]
    confirmed: dict[str, str]
    reason: str | None
    import_id: int | None
    added_by: str
    added_at: Moment
    decided_by: str | None
    decided_at: Moment | None


class ConfirmedCertificateShape(TypedDict):
    """The import that a certificate became."""

    certificate: int
    import_id: int


class RefusedCertificateShape(TypedDict):
    """A certificate that was refused, and why.

    ``import_id``: of one that was taken over, the import that says that it counts no more.
    """

    certificate: int
    reason: str
    import_id: int | None


class ProposalShape(TypedDict):
    """What would be taken over of a certificate, and of whom; ``seen`` is for ``If-Match``.

    ``names_another``: it was read to name somebody else; whoever takes it over then says by the NIP whose it is.
    """

    certificate: int
    participant_id: ParticipantId
    nip: Nip | None
    name: str
    score: DecimalText
    score_max: DecimalText
    date: Moment | None
    number: str
    names_another: bool
    seen: str


def proposal_json(proposal: Any, number: int, seen: str, zone: ZoneInfo) -> ProposalShape:
    """What would be taken over of the certificate of a number, as ``actions.certificates`` proposes it."""
    participant = proposal.person.participant
    return {
        "certificate": number,
        "participant_id": participant.id,
        "nip": participant.nip,
        "name": participant.person.name,
        "score": plain(proposal.score),
        "score_max": plain(proposal.maximum),
        "date": moment(proposal.at, zone),
        "number": proposal.number,
        "names_another": proposal.names_another,
        "seen": seen,
    }


def certificate_json(row: Row, zone: ZoneInfo) -> CertificateShape:
    """One certificate with whom it was matched to."""
    return {
        "id": row["id"],
        "programme": row["programme"],
        "file": row["name"],
        "digest": row["digest"],
        "state": row["state"],
        "participant_id": row["participant_id"],
        "nip": row["nip"],
        "person": row["person"],
        "names_another": names_differ(row["facts"].get("name", ""), row["person"] or ""),
        "facts": row["facts"],
        "confirmed": row["confirmed"],
        "reason": row["reason"],
        "import_id": row["import_id"],
        "added_by": row["added_by"],
        "added_at": told(row["added_at"], zone),
        "decided_by": row["decided_by"],
        "decided_at": moment(row["decided_at"], zone),
    }
