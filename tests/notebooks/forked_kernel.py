"""A kernel of notebooks that is forked from a process that has imported, as the tests' runs are.

`write` makes the specification by which Jupyter finds it; it runs this module.
"""

import json
import os
import sys
from pathlib import Path

from tests.support import warm_pipeline

NAME = "forked"
_REPOSITORY = Path(__file__).resolve().parents[2]


def write(folder: Path) -> None:
    """Writes the specification into a folder for `JUPYTER_PATH`."""
    specification = {
        "argv": [sys.executable, "-m", __name__, "-f", "{connection_file}"],
        "display_name": NAME,
        "language": "python",
        "env": {"PYTHONPATH": os.pathsep.join([str(_REPOSITORY), str(_REPOSITORY / "components")])},
    }
    file = folder / "kernels" / NAME / "kernel.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(specification))


def _main() -> int:
    # The kernel is no child of who starts it, for whose end it would wait.
    environment = {"JPY_PARENT_PID": ""}
    kernel = warm_pipeline.parent().start(
        "ipykernel_launcher", sys.argv[1:], environment, Path(os.devnull), cwd=Path.cwd()
    )
    return kernel.wait()


if __name__ == "__main__":
    sys.exit(_main())
