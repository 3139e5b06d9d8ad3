"""What stands in a ZIP, unpacked within bounds: what it says of itself is not believed."""

import zipfile
from collections.abc import Collection

MAX_UNPACKED_BYTES = 100_000_000
MAX_MEMBERS = 5_000
AS_OFFICES_PACK = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""Of what is packed in the other ways a few bytes unpack to gigabytes at once, however little was asked for."""


def unpack_to_too_much(members: Collection[zipfile.ZipInfo]) -> bool:
    """Say whether these unpack to more than any file of an office does, by what the archive says of them."""
    return sum(each.file_size for each in members) > MAX_UNPACKED_BYTES


def unpacked(archive: zipfile.ZipFile, member: str | zipfile.ZipInfo) -> bytes:
    """Return a member: no more is unpacked than the archive says of its size, whatever it packs.

    Raise NotImplementedError for one that no office packs so, else what zipfile raises for one that is broken.
    """
    info = archive.getinfo(member) if isinstance(member, str) else member
    if info.compress_type not in AS_OFFICES_PACK:
        raise NotImplementedError(info.compress_type)
    with archive.open(info) as part:
        return part.read(info.file_size)  # without a number all of it is unpacked, and cut then
