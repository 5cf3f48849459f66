"""Writing SVG elements: every text and attribute is escaped here and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symmeter.report.text import printable

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["number", "picture", "tag"]


def number(value: float) -> str:
    """A coordinate with two decimals, without trailing zeros."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def tag(name: str, *children: object, **attributes: object) -> Markup:
    """An element; underscores in attribute names become hyphens, ``None`` leaves an attribute out.

    Examples
    --------
    >>> print(tag("text", "a<b", x=1.50, class_="label"))
    <text x="1.5" class="label">a&lt;b</text>
    """
    from markupsafe import Markup, escape

    written = []
    for key, value in attributes.items():
        if value is None:
            continue
        text = number(value) if isinstance(value, float) else printable(value)
        written.append(f' {key.rstrip("_").replace("_", "-")}="{escape(text)}"')
    inside = "".join(str(c) if isinstance(c, Markup) else str(escape(printable(c))) for c in children)
    opening = f"<{name}{''.join(written)}"
    return Markup(f"{opening}>{inside}</{name}>" if inside else f"{opening}/>")


def picture(kind: str, width: float, height: float, label: str, *children: object, scale: float = 1.0) -> Markup:
    """An ``<svg>`` with a text alternative, ``width`` x ``height`` units large."""
    return tag(
        "svg",
        tag("title", label),
        *children,
        class_=f"svg-{kind}",
        viewBox=f"0 0 {number(width)} {number(height)}",
        width=width * scale,
        height=height * scale,
        role="img",
        aria_label=label,
        xmlns="http://www.w3.org/2000/svg",
    )
