"""`start`, which every process of a container begins with: it reads the role's secrets and takes nothing away."""

import os
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

START = Path(__file__).parents[2] / "docker" / "platform" / "start"


def started(secrets: Path, script: str) -> "subprocess.Popen[str]":
    environment = {"PATH": os.environ["PATH"], "FAULTLINE_SECRETS": str(secrets)}
    return subprocess.Popen([START, "sh", "-c", script], env=environment, stdout=subprocess.PIPE, text=True)


def test_the_process_takes_the_scripts_place(tmp_path: Path) -> None:
    process = started(tmp_path / "none", "echo $$; exit 3")
    assert process.communicate(timeout=20)[0] == f"{process.pid}\n"
    assert process.returncode == 3


def test_the_process_is_given_the_roles_secrets(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("PAY_DB_PASSWORD='two words $HOME'\n")
    process = started(tmp_path / "env", 'echo "$PAY_DB_PASSWORD"')
    assert process.communicate(timeout=20)[0] == "two words $HOME\n"


def test_without_secrets_the_process_begins_all_the_same(tmp_path: Path) -> None:
    process = started(tmp_path / "none", 'echo "${PAY_DB_PASSWORD-unset}"')
    assert process.communicate(timeout=20)[0] == "unset\n"
