"""compose.yaml: what each container may do, and whom it can reach."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
SERVERS = {"rabbitmq", "mongo"}
TO_STEP_DOWN = {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_has_no_rights_that_it_does_not_need(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service.get("cap_add", ())) == (TO_STEP_DOWN if name in SERVERS else set())
    assert not service.get("privileged")


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_writes_to_its_volumes_alone_and_has_a_limit_of_memory(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert "/tmp" in service["tmpfs"]
    assert service["mem_limit"].endswith("g}")


def test_only_the_worker_reaches_both_servers() -> None:
    networks = {name: service.get("networks") for name, service in SERVICES.items()}
    assert networks.pop("setup") is None  # it is in that of MongoDB, which takes its first user from its own host alone
    assert SERVICES["setup"]["network_mode"] == "service:mongo"
    assert networks == {
        "rabbitmq": ["bus"],
        "mongo": ["database"],
        "worker": ["bus", "database"],
        "bridge": ["bus"],
        "operator": ["bus"],
    }


def test_ports_are_open_on_this_machine_alone() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert len(ports) == 3
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_programs_of_a_cluster_are_confined_likewise() -> None:
    services = yaml.safe_load((ROOT / "deploy/cluster.yaml").read_text())["services"]
    programs = [service for service in services.values() if service["image"] == "userbus"]
    assert len(programs) == 2
    confined = ("read_only", "tmpfs", "cap_drop", "security_opt", "mem_limit")
    for service in programs:
        assert {name: service.get(name) for name in confined} == {name: SERVICES["worker"][name] for name in confined}
