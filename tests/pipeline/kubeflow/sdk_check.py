"""Loads the compiled packages by the SDKs that would submit them; writes what they understood.

Runs in the environment of the Kubeflow SDK:
`python -m tests.pipeline.kubeflow.sdk_check YAML JSON`.
"""

import json
import sys
from pathlib import Path

from google.auth.credentials import AnonymousCredentials
from kfp import components

from pipeline.kubeflow import submit
from pipeline.kubeflow.run_values import Given, vertex_values


def main(kubeflow: Path, vertex: Path) -> None:
    """Prints one JSON object: the inputs that Kubeflow sees, the job that Vertex AI would get."""
    component = components.load_component_from_file(str(kubeflow))
    values = vertex_values(json.loads(vertex.read_text()), Given("gs://bucket/other"))
    job = submit.vertex_job(
        vertex, "project", "europe-west4", values, credentials=AnonymousCredentials()
    )
    understood = {
        "kubeflow": {name: i.type for name, i in component.component_spec.inputs.items()},
        "vertex": job.to_dict(),
    }
    json.dump(understood, sys.stdout)


if __name__ == "__main__":
    main(*(Path(arg) for arg in sys.argv[1:]))
