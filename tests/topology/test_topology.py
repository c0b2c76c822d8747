"""The topology is read from its files; nothing ever moves, and what does not fit together is said all at once."""

from pathlib import Path

import pytest

from harness.core.database_controls import NODES
from harness.provision.ports import declared
from tests.topology.places import PLACES
from topology import TopologyError, load, ports
from topology.told import addresses, role, secrets

TOPOLOGY = load()

ECHO = """
about = "Says what it is told."
role = "echo"
kind = "service"
module = "system.echo"
listeners = [{name = "http", port = 8000, setting = "PAY_PORT"}]
health = {listener = "http", path = "/health"}
"""


def made(folder: Path, **files: str) -> Path:
    """Write a folder with these services, one replica each."""
    (folder / "services.toml").write_text("[services]\n" + "".join(f'{name} = "{name}"\n' for name in files))
    for name, text in files.items():
        (folder / name).mkdir()
        (folder / name / "service.toml").write_text(text)
    return folder


def test_nothing_ever_moves() -> None:
    listeners = {item.offset: item.called for item in TOPOLOGY.listeners()}
    found = listeners | {link.offset: f"link {link.name}" for link in TOPOLOGY.links}
    assert {offset: what for offset, what in found.items() if offset in PLACES} == PLACES
    assert found == PLACES, "add what is new to places.py"


def test_no_block_overflows_and_listeners_stay_below_links() -> None:
    for service in TOPOLOGY.services:
        first = service.number * ports.BLOCK
        assert [item.offset for item in service.listeners] == list(range(first, first + len(service.listeners)))
        assert len(service.listeners) <= ports.FIRST_LINK
        links = [link.offset - first for link in TOPOLOGY.links_from(service.name)]
        assert all(ports.FIRST_LINK <= place < ports.BLOCK for place in links)


def test_the_databases_nodes_are_those_that_the_harness_breaks() -> None:
    assert tuple(service.suffix for service in TOPOLOGY.of_group("database")) == NODES


def test_a_service_is_told_where_those_are_whom_it_calls_and_nobody_else() -> None:
    def told(name: str) -> dict[str, str]:
        return addresses(TOPOLOGY, TOPOLOGY.service(name), lambda link: ("proxy", link.offset), absent={"pg-c"})

    assert told("stripe") == {"PAY_WEBHOOK_URLS": "http://proxy:43/webhooks/stripe,http://proxy:44/webhooks/stripe"}
    assert told("worker")["PAY_PAYPAL_URL"] == "http://proxy:34"
    assert told("worker")["PAY_DATABASE_URL"].startswith("host=proxy,proxy port=35,36 dbname=payments ")
    assert told("sink") == told("pg-a") == {}


def test_secrets_are_known_to_their_service_and_its_callers_alone() -> None:
    known = {service.name: set(secrets(TOPOLOGY, service).values()) for service in TOPOLOGY.services}
    assert known["stripe"] == {"stripe_api_key", "stripe_webhook"} < known["api1"] == known["worker"]
    assert known["api1"] & known["pg-a"] == {"database_application"}
    assert {name for name, names in known.items() if "operator_token" in names} == {"api1", "api2", "worker"}
    assert not known["sink"] | known["haproxy"] | known["toxiproxy"]
    assert secrets(TOPOLOGY, TOPOLOGY.service("api1"))["PAY_STRIPE_API_KEY"] == "stripe_api_key"
    assert {role(service) for service in TOPOLOGY.of_kind("platform")} == {"platform"}


def test_a_folder_and_a_line_are_a_service(tmp_path: Path) -> None:
    found = load(made(tmp_path, caller=ECHO, echo=ECHO + 'called_by = {caller = 5}\ntold = {setting = "PAY_ECHO_URL"}'))
    (link,) = found.links
    assert (link.name, link.offset, link.listener) == ("caller-to-echo", 5, "echo")
    assert found.service("echo").listeners[0].offset == 10
    told = addresses(found, found.service("caller"), lambda link: ("h", link.offset))
    assert told == {"PAY_ECHO_URL": "http://h:5"}


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("called_by = {nobody = 3}", "a link from nobody to echo: there is no nobody; valid: caller, echo"),
        ("called_by = {caller = 2}", "link caller-to-echo: its port is outside of caller's block; places are 3 to 9"),
        ("called_by = {caller = 10}", "its port is outside of caller's block"),
        ("calls = {echo = 3}\ncalled_by = {echo = 3}", "there is more than one link echo-to-echo"),
        ('metrics = {job = "echo", listener = "admin"}', "echo: metrics names the listener 'admin'; there are http"),
        ("calls_by = {caller = 3}", "Object contains unknown field `calls_by`"),
        ("container = {addresses = {echo = 100}}", "there is more than one address 100"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, more: str, says: str) -> None:
    with pytest.raises(TopologyError) as refused:
        load(made(tmp_path, caller=ECHO, echo=ECHO + more))
    assert says in str(refused.value)


def test_every_problem_is_named_at_once(tmp_path: Path) -> None:
    crowded = ECHO.replace("setting = ", "called = 'same', setting = ") + "called_by = {caller = 3}"
    with pytest.raises(TopologyError) as refused:
        load(made(tmp_path, caller=ECHO, one=crowded, other=crowded))
    assert refused.value.problems == (
        "there is more than one listener same",
        "there is more than one link caller-to-same",
        "there is more than one link's port, as an offset, 3",
    )


def test_files_that_cannot_be_read_are_all_named(tmp_path: Path) -> None:
    folder = made(tmp_path, one="about = 1", other="[[")
    (folder / "services.toml").write_text('[services]\none = "one"\nother = "other"\nthird = "third"\n')
    with pytest.raises(TopologyError) as refused:
        load(folder)
    assert [Path(line.partition(": ")[0]).parent.name for line in refused.value.problems] == ["one", "other", "third"]


def test_a_broken_file_ends_the_program_with_one_line_and_a_hint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = made(tmp_path, echo=ECHO.replace("about", "abuot"))
    with pytest.raises(SystemExit) as ended:
        declared(folder)
    assert ended.value.code == 64
    told, hint = capsys.readouterr().err.splitlines()
    assert told.startswith(f"error: the platform is declared wrongly: {folder / 'echo' / 'service.toml'}: ")
    assert "`abuot`" in told
    assert hint.startswith("hint: ")
