"""The first state of a cluster's data folders, made once and kept in the user's cache.

A standby's data folder is a byte-for-byte copy of its primary's plus an empty file `standby.signal`. So the snapshot is
made without starting a server: `initdb`, the roles and the database in PostgreSQL's single-user mode, and a copy.
Patroni adopts such folders as soon as raft has a leader, as quickly as it would resume a stopped cluster, so raft's own
files are not part of it; nor are ports, which Patroni passes on the command line.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from harness.core.errors import ProvisionError
from harness.core.target import Progress
from harness.provision.cache import cache_lock
from harness.provision.postgres.account import Account
from harness.provision.postgres.binaries import Binaries
from harness.provision.postgres.settings import APPLICATION_ROLE, DATABASE, READER_ROLE, Passwords, parameters
from harness.provision.processes.ending import own_marks

_LAYOUT = 3
_INITDB = ("-E", "UTF8", "--no-locale", "-k", "-N", "-U", "postgres", "-A", "scram-sha-256", "--wal-segsize=4")


def first_cluster(binaries: Binaries, account: Account, progress: Progress) -> Path:
    """Return the snapshot's folder, making it where it is not there yet."""
    with cache_lock("cluster") as cache:
        snapshot = cache / "clusters" / _key(binaries, account)
        if not (snapshot / "passwords.json").is_file():
            progress(f"creating the first PostgreSQL cluster ({binaries.source} {binaries.version})")
            _build(snapshot, binaries, account)
        return snapshot


def restore(
    destination: Path, binaries: Binaries, account: Account, progress: Progress, nodes: Sequence[str]
) -> Passwords:
    """Fill `destination` with a fresh data folder for each node (`data-a`); return their passwords.

    The first is the primary's.
    """
    snapshot = first_cluster(binaries, account, progress)
    with cache_lock("cluster"):
        shutil.rmtree(destination, ignore_errors=True)
        destination.mkdir(parents=True)
        account.own(destination)
        for node in nodes:
            _copy(snapshot / "data", destination / f"data-{node}")
        passwords = Passwords.load(snapshot / "passwords.json")
    for node in nodes[1:]:
        signal_file = destination / f"data-{node}" / "standby.signal"
        signal_file.touch()
        account.own(signal_file)
    return passwords


def _key(binaries: Binaries, account: Account) -> str:
    facts = [_LAYOUT, str(binaries.folder), binaries.version, account.uid, _INITDB, _roles(Passwords("", "", "", ""))]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def _build(snapshot: Path, binaries: Binaries, account: Account) -> None:
    """Make the snapshot beside its place and move it there in one step."""
    snapshot.parent.mkdir(parents=True, exist_ok=True)
    for left in (snapshot, *snapshot.parent.glob("building-*")):
        shutil.rmtree(left, ignore_errors=True)
    passwords = Passwords()
    with tempfile.TemporaryDirectory(prefix="building-", dir=snapshot.parent) as folder:
        building = Path(folder) / "cluster"
        building.mkdir()
        account.own(building)
        password_file = building / "superuser"
        password_file.write_text(passwords.superuser)
        password_file.chmod(0o600)
        account.own(password_file)
        data = building / "data"
        _run(account, binaries, "initdb", "-D", str(data), "--pwfile", str(password_file), *_INITDB)
        password_file.unlink()
        _single_user(account, binaries, data, "postgres", _roles(passwords))
        if "shared_preload_libraries" in parameters(binaries, fsync=True):
            extension = ["CREATE SCHEMA monitoring", "CREATE EXTENSION pg_stat_statements SCHEMA monitoring"]
            _single_user(account, binaries, data, DATABASE, extension)
        secret = building / "passwords.json"
        secret.write_text(passwords.as_json())
        secret.chmod(0o600)
        building.rename(snapshot)


def _roles(passwords: Passwords) -> list[str]:
    return [
        f"CREATE ROLE replicator LOGIN REPLICATION PASSWORD '{passwords.replication}'",
        f"CREATE ROLE {APPLICATION_ROLE} LOGIN PASSWORD '{passwords.application}'",
        f"CREATE DATABASE {DATABASE} OWNER {APPLICATION_ROLE}",
        f"CREATE ROLE {READER_ROLE} LOGIN PASSWORD '{passwords.reader}' IN ROLE pg_read_all_data, pg_monitor",
        f"ALTER ROLE {READER_ROLE} SET default_transaction_read_only = on",
    ]


def _single_user(account: Account, binaries: Binaries, data: Path, database: str, statements: list[str]) -> None:
    # Single-user mode takes one statement a line and reports errors only in its output.
    output = _run(
        account, binaries, "postgres", "--single", "-D", str(data), database, text="\n".join(statements) + "\n"
    )
    if "ERROR:" in output or "FATAL:" in output:
        raise ProvisionError(f"the new PostgreSQL cluster refused its roles: {output[-600:]}")


def _run(account: Account, binaries: Binaries, program: str, *arguments: str, text: str = "") -> str:
    command = [*account.prefix, str(binaries.folder / program), *arguments]
    try:
        ran = subprocess.run(
            command,
            input=text,
            capture_output=True,
            text=True,
            timeout=120,
            cwd="/",
            env={"LC_ALL": "C", "PATH": os.defpath} | own_marks(),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ProvisionError(f"{program} could not be run: {error}") from error
    output = ran.stdout + ran.stderr
    if ran.returncode != 0:
        raise ProvisionError(f"{program} failed with status {ran.returncode}: {output[-800:]}")
    return output


def _copy(source: Path, destination: Path) -> None:
    """Copy a folder with its owners and modes (`cp` is many times faster at a thousand small files)."""
    ran = subprocess.run(["cp", "-pR", str(source), str(destination)], capture_output=True, text=True, timeout=120)
    if ran.returncode != 0:
        raise ProvisionError(f"the cluster's snapshot cannot be copied to {destination}: {ran.stderr.strip()[:300]}")
