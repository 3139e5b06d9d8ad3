"""What a placement list tells. Plain frozen values; ``files.placement_list`` reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PlacementList:
    """What a list tells, by NIP (18 digits): everybody's angkatan, and the place of whom one stands there.

    ``lines`` says in which line of the file each number stands.
    """

    angkatan: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
