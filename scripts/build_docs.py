"""Writes the Markdown documents as pages: `python scripts/build_docs.py FOLDER`, without network.

A page lies where its document does; `make docs` adds the reference, by pdoc. Links to documents
lead to their pages, and links to other files into the checkout.
"""

import argparse
import itertools
import os
import re
import shutil
from pathlib import Path

import jinja2
from markdown_it import MarkdownIt
from markdown_it.token import Token

_ROOT = Path(__file__).resolve().parents[1]
_PATTERNS = ("*.md", "docs/**/*.md", "benchmarks/*.md", "tests/*.md")
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }} – Checkpoint Sweep</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: auto; padding: 1rem; }
nav { border-bottom: 1px solid #8888; padding-bottom: .5rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border-bottom: 1px solid #8888; padding: .25rem .75rem; text-align: left; }
pre { background: #8882; overflow-x: auto; padding: .75rem; }
img { max-width: 100%; }
@media (max-width: 600px) { pre { white-space: pre-wrap; overflow-wrap: anywhere; } }
</style>
</head>
<body>
<nav><a href="{{ home }}README.html">Documents</a> ·
<a href="{{ home }}checkpoint_sweep.html">Python reference</a></nav>
{{ body }}</body>
</html>
"""
_CHART = """<table>
<thead><tr><th>from</th><th>what</th><th>to</th></tr></thead>
<tbody>
{% for source, label, target in rows %}
<tr><td>{{ source }}</td><td>{{ label }}</td><td>{{ target }}</td></tr>
{% endfor %}
</tbody>
</table>
"""


def build(site: Path) -> None:
    """Writes a page for each document.

    Args:
        site: Folder of the pages; what else is in it stays.
    """
    page = jinja2.Template(_PAGE)
    documents = sorted({path for pattern in _PATTERNS for path in _ROOT.glob(pattern)})
    for path in documents:
        target = site / path.relative_to(_ROOT).with_suffix(".html")
        target.parent.mkdir(parents=True, exist_ok=True)
        home = os.path.relpath(site, target.parent) + "/"
        title, body = _render(path.read_text(), path, target)
        target.write_text(page.render(title=title, body=body, home=home))


def _render(text: str, path: Path, target: Path) -> tuple[str, str]:
    """Renders a document: its title, and HTML."""
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    tokens = reader.parse(text)
    title = ""
    for token, content in itertools.pairwise(tokens):
        if token.type == "heading_open":
            token.attrSet("id", re.sub(r"[^\w\- ]", "", content.content.lower()).replace(" ", "-"))
            title = title or content.content
    for token in tokens:
        if token.type == "fence" and token.info == "mermaid":
            token.type, token.content = "html_block", _chart(token.content)
    for link in (child for token in tokens for child in token.children or ()):
        _lead(link, path, target)
    return title, reader.renderer.render(tokens, reader.options, {})


# An arrow of a flow chart, with or without a label.
_ARROW = re.compile(r" --(?: (.+?) --)?> ")


def _chart(text: str) -> str:
    """Writes a flow chart as a table of its arrows.

    Mermaid, which draws it on GitHub, is a library of 3 MB that the site does without.

    Args:
        text: Chart in Mermaid's language.
    """
    texts = {name: shown.strip('("[])') for name, shown in re.findall(r"([\w.]+)(\[.+?\]+)", text)}
    rows = []
    for line in text.splitlines():
        nodes = _ARROW.split(line.strip())  # node, label, node, label, node ...
        names = [node.partition("[")[0] for node in nodes[::2]]
        for (source, target), label in zip(itertools.pairwise(names), nodes[1::2], strict=True):
            rows.append(
                (texts.get(source, source), (label or "").strip('"'), texts.get(target, target))
            )
    return jinja2.Template(_CHART, autoescape=True).render(rows=rows)


def _lead(token: Token, path: Path, target: Path) -> None:
    """Has a link lead to the page of a document, or to another file; copies an image."""
    if token.type == "image" and not re.match(r"[a-z]+:", image := str(token.attrGet("src"))):
        (target.parent / image).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path.parent / image, target.parent / image)
    link = str(token.attrGet("href") or "")
    if not link or re.match(r"[a-z]+:|#", link):
        return
    file, hash_mark, anchor = link.partition("#")
    if file.endswith(".md"):
        token.attrSet("href", f"{file[:-3]}.html{hash_mark}{anchor}")
    else:
        token.attrSet("href", os.path.relpath(path.parent / file, target.parent))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", type=Path)
    build(parser.parse_args().site.resolve())
