"""One course a name: who reads it knows what it is, and a search finds it."""

import ast
from collections import Counter
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "latsar_sync"


def test_no_course_name_stands_twice() -> None:
    # the campus stands apart: it may call a thing of Moodle's as the service calls it
    files = [each for each in PACKAGE.rglob("*.py") if "demo" not in each.relative_to(PACKAGE).parts]
    names = Counter(
        node.name
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )

    assert [name for name, times in names.items() if times > 1] == []
