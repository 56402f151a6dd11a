"""An object store in a folder, with the listing and copying of Kubeflow's launcher.

Source: backend/src/v2/objectstore/object_store.go in kubeflow/pipelines.
"""

import shutil
from pathlib import Path

_FOLDERS = {"gs://": "gcs", "s3://": "s3", "minio://": "minio"}


class ObjectStore:
    """Objects by key; folders exist only as parts of keys, so empty ones are lost."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, uri: str) -> Path:
        """The file, or the folder of the files, that a URI names."""
        return self._folder / mounted(uri)

    def download(self, uri: str, mounts: Path) -> int:
        """Copies every object whose key begins with the URI's: `model` fetches `model_run` too.

        Returns:
            How many objects were copied.
        """
        source = self.path(uri)
        keys = sorted(source.parent.glob(f"{source.name}*")) if source.parent.is_dir() else []
        files = [f for key in keys for f in ([key] if key.is_file() else sorted(key.rglob("*")))]
        files = [file for file in files if file.is_file()]
        for file in files:
            target = mounts / file.relative_to(self._folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        return len(files)

    def upload(self, mounts: Path, uri: str) -> None:
        """Copies the files at or below the URI's mount; nothing there is no error."""
        source, target = mounts / mounted(uri), self.path(uri)
        files = [source] if source.is_file() else sorted(source.rglob("*"))
        for file in files:
            if file.is_file():
                copy = target / file.relative_to(source) if file != source else target
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)


def mounted(uri: str) -> str:
    """Where the launcher puts an artifact, below the folder of the mounts.

    Raises:
        ValueError: the launcher knows no such URI.
    """
    for scheme, folder in _FOLDERS.items():
        if uri.startswith(scheme):
            return f"{folder}/{uri.removeprefix(scheme)}"
    raise ValueError(f"{uri} is in no object store")
