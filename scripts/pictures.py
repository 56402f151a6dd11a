"""Renews the pictures of the documents: `python scripts/pictures.py RUNS`, or `make pictures`.

`docs/images/report.png` is the top of the newest report below RUNS, `docs/images/terminal.svg` what
`checkpoint-sweep` prints of the run that `scripts/sample_run.py` makes. Chromium is needed.
"""

import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright import sync_api
from rich.console import Console
from rich.text import Text

_ROOT = Path(__file__).resolve().parents[1]
_IMAGES = _ROOT / "docs" / "images"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_WIDTH, _HEIGHT, _COLUMNS = 1120, 1100, 100


def report(runs: Path) -> None:
    """Takes the picture of a report.

    Args:
        runs: Folder below which the report is; the newest if there are several.
    """
    pages = sorted(runs.rglob("report.html"), key=lambda path: path.stat().st_mtime)
    if not pages:
        sys.exit(f"There is no report below {runs}. Make one: make run PROBLEM={runs.name}")
    browser = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        sys.exit(f"None of {', '.join(_BROWSERS)} was found. Install Chromium.")
    page, target = pages[-1], _IMAGES / "report.png"
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        shown = chromium.new_page(viewport={"width": _WIDTH, "height": _HEIGHT})
        shown.goto(page.resolve().as_uri())
        shown.wait_for_selector("body[data-drawn]")
        shown.screenshot(path=target)
        chromium.close()
    with Image.open(target) as image:
        image.convert("RGB").quantize(256).save(target, optimize=True)


def terminal() -> None:
    """Takes the picture of a sweep on the terminal."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, str(_ROOT / "scripts" / "sample_run.py"), "sample"],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        inputs = ["--model=sample/export", "--examples=sample/eval.csv"]
        config, _ = _printed(folder, ["init", *inputs])
        (Path(folder) / "eval_config.pbtxt").write_text(config, encoding="utf-8")
        command = ["sweep", "sample/run", *inputs, "--config=eval_config.pbtxt", "--select=auc"]
        _, progress = _printed(folder, command)
        verdicts, _ = _printed(folder, ["show", "sample/run-sweep"], FORCE_COLOR="1")
        verdicts = verdicts.replace(f"{folder}/", "")
    console = Console(record=True, width=_COLUMNS, file=io.StringIO())
    console.print(f"$ checkpoint-sweep {' '.join(command)}", highlight=False)
    for line in filter(None, map(str.strip, progress.splitlines())):
        console.print(line, style="dim", highlight=False)
    console.print(Text.from_ansi(verdicts))
    console.save_svg(str(_IMAGES / "terminal.svg"), title="checkpoint-sweep")


def _printed(folder: str, arguments: list[str], **environment: str) -> tuple[str, str]:
    """Runs `checkpoint-sweep` in a folder, and returns its output and its messages."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "checkpoint_sweep.cli.main", *arguments],
        cwd=folder,
        env=os.environ | {"COLUMNS": str(_COLUMNS)} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout, done.stderr


if __name__ == "__main__":
    report(Path(sys.argv[1]))
    terminal()
