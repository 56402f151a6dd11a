import re
from pathlib import Path

import pytest

from pipeline.checks.schema import check_schema
from pipeline.config import ConfigError
from pipeline.problems import registry


@pytest.mark.parametrize("name", registry.definitions())
def test_the_projects_schemas_pass(name: str) -> None:
    check_schema(registry.get(name).schema)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("# A page\n", r"has no feature\. Correct it, or name another by --schema\."),
        ("feature { nome: 'x' }", r'cannot be read: 1:11 : .* no field named "nome"\. Correct .*'),
        ("\xff", r"cannot be read: .*\. Correct it, or name another by --schema\."),
    ],
)
def test_a_file_without_a_schema_is_refused(content: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "schema.pbtxt"
    file.write_text(content, "latin-1")
    with pytest.raises(ConfigError, match=f"^The schema {re.escape(str(file))} {message}$"):
        check_schema(file)
