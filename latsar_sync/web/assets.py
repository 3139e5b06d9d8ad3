"""The files that pages are drawn with: compressed once, and kept by browsers for good; a changed one has a new name."""

import gzip
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from bootstrap_wrapper import get_bootstrap_dir
from fastapi import APIRouter, HTTPException, Request, Response

from latsar_sync.settings import Settings
from latsar_sync.settings.values import PNG_BEGINNING

FOR_GOOD = "public, max-age=31536000, immutable"
KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its content, plain and compressed, and its kind."""

    plain: bytes
    packed: bytes
    kind: str


@cache
def _assets() -> tuple[dict[str, str], dict[str, Asset]]:
    """Return the hashed name of each file by its own, and the files by their hashed names."""
    static = files("latsar_sync.web").joinpath("static")
    contents = {each.name: each.read_bytes() for each in static.iterdir() if Path(each.name).suffix in KINDS}
    contents["bootstrap.css"] = Path(get_bootstrap_dir(), "css", "bootstrap.min.css").read_bytes()
    names, assets = {}, {}
    for name, content in contents.items():
        # the comment at its end names a file that is not served
        plain = content.split(b"/*# sourceMappingURL")[0]
        stem, suffix = Path(name).stem, Path(name).suffix
        names[name] = f"{stem}.{sha256(plain).hexdigest()[:16]}{suffix}"
        assets[names[name]] = Asset(plain, gzip.compress(plain, 9, mtime=0), KINDS[suffix])
    return names, assets


def address_of(name: str) -> str:
    """Return the address of a file, below the application's own path."""
    return f"/assets/{_assets()[0][name]}"


@router.get("/assets/office/logo.png")
def logo(request: Request) -> Response:
    """Return the office's logo, which stands in the head of each page; looked for anew after an hour."""
    settings: Settings = request.app.state.context.settings
    file = settings.office.logo
    try:
        content = file.read_bytes() if file is not None else b""
    except OSError:
        content = b""
    if not content.startswith(PNG_BEGINNING):
        raise HTTPException(404)
    return Response(content, media_type="image/png", headers={"Cache-Control": "public, max-age=3600"})


@router.get("/assets/{name}")
def asset(request: Request, name: str) -> Response:
    """Return a file by its hashed name."""
    found = _assets()[1].get(name)
    if found is None:
        raise HTTPException(404)
    headers = {"Cache-Control": FOR_GOOD, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.packed, media_type=found.kind, headers={**headers, "Content-Encoding": "gzip"})
    return Response(found.plain, media_type=found.kind, headers=headers)
