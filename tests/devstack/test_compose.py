"""compose.yaml and deploy/cluster.yaml: what each container may do and reach, and what Compose makes of the files."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
SERVERS = {"rabbitmq", "mongo"}
CLUSTER = ROOT / "deploy" / "cluster.yaml"
PASSWORDS = ("RABBITMQ_PASSWORD", "RABBITMQ_COOKIE", "MONGO_PASSWORD", "USERBUS_SECRET_KEY")
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


def test_callers_are_checked_and_strangers_are_limited() -> None:
    worker, bridge = SERVICES["worker"]["environment"], SERVICES["bridge"]["environment"]
    assert worker["USERBUS_REQUIRE_CALLER"] == "true"
    assert all(int(bridge[f"USERBUS_{each}_PER_MINUTE"]) > 0 for each in ("SIGN_UPS", "CHECKS", "SENDS"))


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


def test_a_program_reads_its_own_secrets_alone() -> None:
    mounted = {
        name: [at for at in service.get("volumes", ()) if ":/secrets" in at] for name, service in SERVICES.items()
    }
    made = mounted.pop("setup")
    assert made == [f"{name}:/secrets/{name}" for name in ("admin", "worker", "bridge", "operator")]
    read = {name: [f"{name}:/secrets/{name}:ro"] for name in ("worker", "bridge", "operator")}
    assert mounted == {"rabbitmq": [], "mongo": [], **read}


def test_ports_are_open_on_this_machine_alone() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert len(ports) == 3
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_programs_of_a_cluster_are_confined_likewise() -> None:
    services = yaml.safe_load(CLUSTER.read_text())["services"]
    programs = [service for service in services.values() if service["image"] == "userbus"]
    assert len(programs) == 2
    confined = ("read_only", "tmpfs", "cap_drop", "security_opt", "mem_limit")
    for service in programs:
        assert {name: service.get(name) for name in confined} == {name: SERVICES["worker"][name] for name in confined}


def run(*words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", "compose", *words], env=env, capture_output=True, text=True, check=False)


def render(file: Path, passwords: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What `docker compose config` makes of a file; it needs no engine."""
    if shutil.which("docker") is None or run("version").returncode != 0:
        pytest.skip("docker compose, which reads the files, is not installed")
    env = {name: value for name, value in os.environ.items() if name not in PASSWORDS} | passwords
    return run("--env-file", os.devnull, "-f", str(file), "config", "--format", "json", env=env)


def test_compose_takes_the_file_of_one_machine_without_any_setting() -> None:
    rendered = render(ROOT / "compose.yaml", {})
    assert rendered.returncode == 0, rendered.stderr
    assert json.loads(rendered.stdout)["services"].keys() == SERVICES.keys() - {"operator"}  # it has a profile


def test_compose_takes_the_file_of_the_cluster_with_its_passwords() -> None:
    rendered = render(CLUSTER, {name: f"of-{name.lower()}" for name in PASSWORDS})
    assert rendered.returncode == 0, rendered.stderr
    services = json.loads(rendered.stdout)["services"]
    assert services.keys() == yaml.safe_load(CLUSTER.read_text())["services"].keys()
    nodes = ",".join(f"amqp://userbus:of-rabbitmq_password@rabbitmq{number}:5672" for number in (1, 2, 3))
    assert {services[name]["environment"]["USERBUS_AMQP_URL"] for name in ("worker", "bridge")} == {nodes}
    assert services["worker"]["environment"]["USERBUS_SECRET_KEY"] == "of-userbus_secret_key"
    assert [services[name]["deploy"]["replicas"] for name in ("worker", "bridge")] == [3, 2]


@pytest.mark.parametrize("name", PASSWORDS)
def test_compose_names_the_password_of_the_cluster_that_is_missing(name: str) -> None:
    rendered = render(CLUSTER, {each: "given" for each in PASSWORDS if each != name})
    assert rendered.returncode != 0
    assert f"required variable {name} is missing" in rendered.stderr
