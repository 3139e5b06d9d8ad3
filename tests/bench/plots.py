"""Bar charts as plain SVG: readable on light and dark pages, and by programs that read aloud."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

WIDTH, LABEL, ROW, BAR = 760, 330, 30, 18
OURS, OTHER, TEXT = "#0f6cbf", "#8f959e", "#6a737b"


def bars(title: str, unit: str, rows: Sequence[tuple[str, float, bool]]) -> str:
    """Return one chart: a bar for each row of label, value, and whether it is ours."""
    most = max((value for _, value, _ in rows), default=1.0) or 1.0
    height = 50 + ROW * len(rows)
    described = "; ".join(f"{label}: {shown(value)} {unit}" for label, value, _ in rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'font-family="sans-serif" font-size="13" fill="{TEXT}">',
        f"<title>{escape(title)}</title><desc>{escape(described)}</desc>",
        f'<text x="0" y="20" font-size="15" font-weight="bold">{escape(title)}</text>',
    ]
    module = WIDTH - LABEL - 90
    for number, (label, value, ours) in enumerate(rows):
        top = 40 + ROW * number
        length = max(1.0, module * value / most)
        parts += [
            f'<text x="{LABEL - 8}" y="{top + 14}" text-anchor="end">{escape(label)}</text>',
            f'<rect x="{LABEL}" y="{top}" width="{length:.1f}" height="{BAR}" fill="{OURS if ours else OTHER}"/>',
            f'<text x="{LABEL + length + 6:.1f}" y="{top + 14}">{shown(value)} {escape(unit)}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])


def shown(value: float) -> str:
    """Return a number with three digits that mean something, at least down to the units."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
