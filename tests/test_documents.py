"""The documents: what they show is what `examples/` has, links lead somewhere, words are those of
the glossary, in the code too."""

import dataclasses
import re
import runpy
from pathlib import Path

import pytest

from checkpoint_sweep.evaluation.results.ledger import Entry
from checkpoint_sweep.selection.sweep_verdicts import SweepVerdicts
from checkpoint_sweep.selection.verdict import Verdict
from pipeline.problems.problem import repository

_ROOT = repository()
_DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "docs/decisions/*.md", "benchmarks/*.md", "tests/*.md")
    for path in _ROOT.glob(pattern)
)
_GLOSSARY = _ROOT / "docs" / "glossary.md"
# The changelog says what was, the glossary which words are retired.
_OTHER_WORDS = {"CHANGELOG.md", "glossary.md"}
_EXAMPLE = re.compile(r"<!-- (part of )?(examples/\S+) -->\n```\w+\n(.*?)```", re.DOTALL)


def _name(path: Path) -> str:
    return str(path.relative_to(_ROOT))


def _examples() -> list[tuple[str, bool, str, str]]:
    found = []
    for path in _DOCUMENTS:
        for part, file, code in _EXAMPLE.findall(path.read_text()):
            found.append((_name(path), bool(part), file, code))
    return found


@pytest.mark.parametrize(
    ("document", "is_part", "file", "code"),
    [pytest.param(*example, id=f"{example[0]}-{example[2]}") for example in _examples()],
)
def test_a_document_shows_the_example_that_is_run(
    document: str, is_part: bool, file: str, code: str
) -> None:
    text = (_ROOT / file).read_text()
    assert code in text if is_part else code == text


def test_every_example_is_shown() -> None:
    files = {str(path.relative_to(_ROOT)) for path in _ROOT.glob("examples/**/*.py")}
    assert files == {file for _, is_part, file, _ in _examples() if not is_part}


@pytest.mark.parametrize("path", _DOCUMENTS, ids=_name)
def test_every_link_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", _prose(path.read_text()))
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", _DOCUMENTS, ids=_name)
def test_every_link_into_a_page_meets_a_heading(path: Path) -> None:
    for file, anchor in re.findall(r"\]\(([^)#\s:]*\.md)?#([^)\s]+)\)", path.read_text()):
        target = path.parent / file if file else path
        headings = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
        assert anchor in {_anchor(heading) for heading in headings}, (file, anchor)


def _anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _prose(text: str) -> str:
    """A document without its code, which has words of its own."""
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def test_the_site_has_a_page_for_each_document_and_leads_from_one_to_another(
    tmp_path: Path,
) -> None:
    runpy.run_path(str(_ROOT / "scripts" / "build_docs.py"))["build"](tmp_path)
    pages = [tmp_path / path.relative_to(_ROOT).with_suffix(".html") for path in _DOCUMENTS]
    (tmp_path / "checkpoint_sweep.html").touch()  # which pdoc writes
    for page in pages:
        links = re.findall(r'(?:href|src)="(?!https?:)([^"#]+\.(?:html|png|svg))', page.read_text())
        assert [link for link in links if not (page.parent / link).exists()] == []
        assert ".md" not in "".join(links)
    # Without Mermaid, a chart is a table of its arrows.
    readme = " ".join((tmp_path / "README.html").read_text().split())
    arrow = "<tr><td>Trainer</td><td>model: the graph</td><td>CheckpointSweep</td></tr>"
    assert arrow in readme
    assert "<tr><td>Transform</td><td></td><td>Trainer</td></tr>" in readme
    assert "flowchart" not in readme


@pytest.mark.parametrize("kind", [Verdict, Entry, SweepVerdicts])
def test_the_keys_of_a_file_are_documented(kind: type) -> None:
    text = (_ROOT / "docs" / "outputs.md").read_text()
    keys = {field.name for field in dataclasses.fields(kind)} - {"verdicts"}
    named = set(re.findall(r"`(\w+)`", "\n".join(re.findall(r"^\| `.*?\|", text, re.MULTILINE))))
    assert keys - named == set()


def _retired() -> set[str]:
    """The retired words, in the last column of the tables."""
    rows = re.findall(r"^\|.+\| (`.+`) \|$", _GLOSSARY.read_text(), re.MULTILINE)
    return {word.lower() for row in rows for word in re.findall("`(.+?)`", row)}


def test_the_glossary_retires_words() -> None:
    assert {"equal within noise", "taken over", "left out", "less the chosen"} <= _retired()


@pytest.mark.parametrize(
    "path", [path for path in _DOCUMENTS if path.name not in _OTHER_WORDS], ids=_name
)
def test_a_document_uses_no_retired_word(path: Path) -> None:
    text = " ".join(re.sub("`[^`]*`", "", _prose(path.read_text())).split()).lower()
    assert [word for word in sorted(_retired()) if word in text] == []


_CODE = ("components", "pipeline", "benchmarks", "examples", "notebooks", "scripts")
_OF_CODE = (".py", ".html", ".js", ".pbtxt", ".ipynb")


@pytest.mark.parametrize("folder", _CODE)
def test_code_uses_no_retired_word(folder: str) -> None:
    files = [p for p in sorted((_ROOT / folder).rglob("*")) if p.suffix in _OF_CODE]
    found = []
    for path in files:
        # A text may be divided between lines.
        text = re.sub(r'"\s*\n\s*f?"', "", path.read_text()).lower()
        # A reader of old files names what they have.
        text = re.sub(r'== "[^"]*"', "", " ".join(text.split()))
        found += [(_name(path), word) for word in sorted(_retired()) if word in text]
    assert files
    assert found == []
