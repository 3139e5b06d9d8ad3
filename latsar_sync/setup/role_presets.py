"""Roles as Moodle reads them at Define roles > Add a new role > Use role preset, and a service's functions at once.

The files are shipped in ``config/moodle``; ``scripts/role-presets`` writes them anew.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape

from latsar_sync.setup.rights import IN_CLASS, MOOC, AccountNeeds

SITE_LEVELS: Final = ("system",)
COURSE_LEVELS: Final = ("coursecat", "course")


def preset_files() -> Mapping[str, str]:
    """Return every file by name: a role for the site and one for the courses of each side, and their functions."""
    return {
        "latsar-site-mooc.xml": _role("latsar-site-mooc", "Latsar: MOOC, situs", SITE_LEVELS, MOOC.system),
        "latsar-mooc.xml": _role("latsar-mooc", "Latsar: MOOC, kursus", COURSE_LEVELS, MOOC.course),
        "latsar-site-kelas.xml": _role("latsar-site-kelas", "Latsar: kelas, situs", SITE_LEVELS, IN_CLASS.system),
        "latsar-kelas.xml": _role(
            "latsar-kelas", "Latsar: kelas, kursus", COURSE_LEVELS, IN_CLASS.course, IN_CLASS.assigns
        ),
        "functions-mooc.js": _choosing(MOOC),
        "functions-kelas.js": _choosing(IN_CLASS),
    }


def _role(shortname: str, name: str, levels: Sequence[str], rights: Sequence[str], assigns: Sequence[str] = ()) -> str:
    """Return a role in the format of ``admin/roles/role_schema.xml``; what a Moodle does not know it leaves out."""
    described = "Hak terkecil bagi akun layanan latsar-sync. The least that the account of latsar-sync needs."
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<role>",
        f"  <shortname>{shortname}</shortname>",
        f"  <name>{escape(name)}</name>",
        f"  <description>{escape(described)}</description>",
        "  <archetype></archetype>",
        "  <contextlevels>",
        *(f"    <level>{level}</level>" for level in levels),
        "  </contextlevels>",
        "  <allowassign>",
        *(f"    <shortname>{role}</shortname>" for role in assigns),
        "  </allowassign>",
        "  <permissions>",
        *(f"    <allow>{right}</allow>" for right in sorted(rights)),
        "  </permissions>",
        "</role>",
    ]
    return "\n".join(lines) + "\n"


def _choosing(needs: AccountNeeds) -> str:
    """Return a line for the browser's console that chooses these functions in the list of Add functions."""
    names = json.dumps([str(function) for function in needs.functions])
    return (
        "// For the browser's console (F12) on External services > Functions > Add functions; then press the button.\n"
        f"for (const each of document.querySelectorAll('select[name=\"fids[]\"] option'))\n"
        f"  each.selected = {names}.includes(each.text.split(':')[0].trim());\n"
    )
