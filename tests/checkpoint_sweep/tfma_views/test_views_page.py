import base64
import gzip
import html.parser
import importlib.resources
import re

import pytest

from checkpoint_sweep.tfma_views import (
    TfmaResults,
    View,
    plots,
    slicing_metrics,
    time_series,
)

_BUNDLE = importlib.resources.files("tensorflow_model_analysis") / "static/vulcanized_tfma.js"


@pytest.fixture(scope="module")
def four_panels(results: TfmaResults) -> View:
    by_hour, by_payment = (slicing_metrics(results, 900, column) for column in ("hour", "payment"))
    return time_series(results) + by_hour + by_payment + plots(results, 900)


def _attributes(fragment: str) -> dict[str, str | None]:
    found: dict[str, str | None] = {}

    class Parser(html.parser.HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag == "iframe":
                found.update(attrs)

    Parser().feed(fragment)
    return found


def test_a_page_holds_tfmas_bundle_once_and_unchanged(four_panels: View, tmp_path) -> None:
    page = four_panels.save(tmp_path / "page.html").read_text()

    (packed,) = re.findall(r'id="bundle">([^<]*)<', page)
    assert gzip.decompress(base64.b64decode(packed)) == _BUNDLE.read_bytes()


def test_a_view_of_four_panels_is_small(four_panels: View) -> None:
    assert len(four_panels.panels) == 4
    assert len(four_panels._repr_html_().encode()) <= 2_500_000


def test_a_frame_may_run_scripts_and_nothing_else(four_panels: View) -> None:
    attributes = _attributes(four_panels._repr_html_())

    assert attributes["sandbox"] == "allow-scripts"
    assert "src" not in attributes


def test_a_frame_holds_a_whole_document(four_panels: View) -> None:
    document = _attributes(four_panels._repr_html_())["srcdoc"]

    assert document is not None
    assert document.startswith("<!DOCTYPE html>")
    assert "default-src 'none'" in document


def test_a_saved_view_is_one_file(four_panels: View, tmp_path) -> None:
    path = four_panels.save(tmp_path / "page.html")

    assert [path] == list(tmp_path.iterdir())


def test_the_text_of_a_view_names_its_panels(four_panels: View) -> None:
    assert repr(four_panels).splitlines() == [
        "Metrics by training step, all examples: 3 checkpoints",
        "Step 900, by hour: 22 slices",
        "Step 900, by payment: 3 slices",
        "Step 900, plots for all examples: calibrationHistogramBuckets, "
        "confusionMatrixAtThresholds",
    ]
