"""A report as one HTML file: styles and pictures are inside, nothing is loaded, no script runs."""

from __future__ import annotations

import base64
from html import escape

from workbench.engine.comparison_text import LEFT
from workbench.engine.report.document import Bullets, Document, Paragraph, Part, Table, Verbatim
from workbench.engine.texts import printable

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; color: #1c1c1c; }
h1, h2, h3 { line-height: 1.2; } h2 { margin-top: 2.5rem; border-bottom: 1px solid #ccc; }
div.wide { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: 13px; white-space: nowrap; }
caption { text-align: left; padding-bottom: .4rem; white-space: normal; }
th, td { padding: .2rem .7rem; border-bottom: 1px solid #ddd; text-align: left; }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; }
pre { background: #f4f4f4; padding: .6rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
figure { margin: 1rem 0; } img { max-width: 100%; } figcaption { color: #555; font-size: 13px; }
@media (prefers-color-scheme: dark) {
  body { background: #161616; color: #e4e4e4; } pre { background: #222; } img { background: #fff; }
  th, td { border-color: #333; } figcaption { color: #aaa; }
}
"""


def render(document: Document) -> str:
    """The whole file."""
    title = _text(document.title)
    body = [f"<h1>{title}</h1>"]
    for section in document.sections:
        body.append(f"<h{section.level}>{_text(section.heading)}</h{section.level}>")
        body += [_part(part) for part in section.parts]
    head = (
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title>",
        f"<style>{STYLE}</style>",
    )
    lines = ["<!doctype html>", '<html lang="en">', "<head>", *head, "</head>", "<body>", *body, "</body>", "</html>"]
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    return escape(printable(text))


def _part(part: Part) -> str:
    if isinstance(part, Paragraph):
        return f"<p>{_text(part.text)}</p>"
    if isinstance(part, Bullets):
        return f"<ul>{''.join(f'<li>{_text(point)}</li>' for point in part.points)}</ul>"
    if isinstance(part, Table):
        return _table(part)
    if isinstance(part, Verbatim):
        return f"<pre>{_text(part.text)}</pre>"
    image = base64.b64encode(part.png).decode("ascii")
    caption = _text(part.caption)
    picture = f'<img alt="{caption}" src="data:image/png;base64,{image}">'
    return f"<figure>{picture}<figcaption>{caption}</figcaption></figure>"


def _table(table: Table) -> str:
    header, rows = table.grid
    classes = ["" if title in LEFT or title in table.left else ' class="number"' for title in header]
    head = "".join(f"<th{kind}>{_text(title)}</th>" for title, kind in zip(header, classes, strict=True))
    body = "".join(
        f"<tr>{''.join(f'<td{kind}>{_text(cell)}</td>' for cell, kind in zip(row, classes, strict=True))}</tr>\n"
        for row in rows
    )
    caption = f"<caption>{_text(table.caption)}</caption>" if table.caption else ""
    return f'<div class="wide"><table>{caption}<thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table></div>'
