"""The manifests in deploy/kubernetes: what they set is known to the programs, and no pod may more than it must."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from bridge.settings import Settings as BridgeSettings
from devstack.rabbitmq import MAX_MESSAGE
from tests.support.cluster.broker_cluster import DETECTION
from worker.settings import Settings as WorkerSettings

FOLDER = Path(__file__).parents[1] / "deploy" / "kubernetes"
FILES = sorted(file for file in FOLDER.glob("*.yaml") if file.name != "kustomization.yaml")
PAGE = (FOLDER.parents[1] / "docs" / "kubernetes.md").read_text()
RESOURCES: list[dict[str, Any]] = [each for file in FILES for each in yaml.safe_load_all(file.read_text())]
WORKLOADS = {each["metadata"]["name"]: each for each in RESOURCES if each["kind"] == "Deployment"}


def pod(name: str) -> dict[str, Any]:
    found: dict[str, Any] = WORKLOADS[name]["spec"]["template"]["spec"]
    return found


def test_the_base_has_every_manifest() -> None:
    base = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
    assert sorted(base["resources"]) == [file.name for file in FILES]


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_pod_sets_what_its_program_knows(name: str) -> None:
    (container,) = pod(name)["containers"]
    settings = BridgeSettings if "userbus_server.bridge" in container["command"] else WorkerSettings
    given = {each["name"].removeprefix("USERBUS_").lower() for each in container["env"]}
    assert given - {"secrets_dir"} <= settings.model_fields.keys()


@pytest.mark.parametrize("name", WORKLOADS)
def test_callers_are_checked_and_strangers_are_limited(name: str) -> None:
    (container,) = pod(name)["containers"]
    given = {each["name"]: each.get("value") for each in container["env"]}
    if "userbus_server.bridge" in container["command"]:
        assert all(int(given[f"USERBUS_{each}_PER_MINUTE"]) > 0 for each in ("SIGN_UPS", "CHECKS", "SENDS"))
    else:
        assert given["USERBUS_REQUIRE_CALLER"] == "true"


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_pod_may_no_more_than_it_must(name: str) -> None:
    found = pod(name)
    (container,) = found["containers"]
    assert found["automountServiceAccountToken"] is False
    assert found["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert "memory" in container["resources"]["limits"]


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_worker_has_the_time_to_drain_and_each_probe_its_port(name: str) -> None:
    found = pod(name)
    (container,) = found["containers"]
    assert found["terminationGracePeriodSeconds"] > WorkerSettings.model_fields["drain_seconds"].default
    ports = {port["name"] for port in container["ports"]}
    assert {container[f"{kind}Probe"]["httpGet"]["port"] for kind in ("startup", "liveness", "readiness")} <= ports


def test_together_the_workers_serve_every_family() -> None:
    listed = [
        each["value"] for name in WORKLOADS for each in pod(name)["containers"][0]["env"]
        if each["name"] == "USERBUS_FAMILIES"
    ]  # fmt: skip
    families = [family for value in listed for family in value.split(",")]
    assert sorted(families) == sorted(WorkerSettings.model_fields["families"].default)


def test_the_page_names_what_must_be_there_before() -> None:
    volumes = [volume for name in WORKLOADS for volume in pod(name)["volumes"]]
    secrets = {volume["secret"]["secretName"] for volume in volumes if "secret" in volume}
    maps = {volume["configMap"]["name"] for volume in volumes if "configMap" in volume}
    assert {*re.findall(r"^\| Secret `([\w-]+)`", PAGE, flags=re.M)} == secrets
    assert {*re.findall(r"^\| ConfigMap `([\w-]+)`", PAGE, flags=re.M)} == maps


def test_what_the_page_makes_is_what_the_pods_read() -> None:
    made = dict(
        re.findall(r"^    kubectl .*create (?:secret generic|configmap) ([\w-]+) --from-file=(\S+)$", PAGE, re.M)
    )
    assert made == {"userbus-worker": "worker", "userbus-bridge": "bridge", "services": "services.toml"}
    (first, *_, last) = re.findall(r"^    kubectl (.+)$", PAGE, flags=re.M)
    assert (first, last) == ("apply -f deploy/kubernetes/namespace.yaml", "apply --kustomize .")


def test_the_keys_of_the_secrets_are_settings_that_the_programs_require(tmp_path: Path) -> None:
    values = {
        "userbus_amqp_url": "amqp://worker:password@rabbitmq",
        "userbus_mongo_url": "mongodb://mongodb/userbus",
        "userbus_secret_key": "a secret key that is long enough for it",
        "userbus_encryption_key": "YSBrZXkgZm9yIHRlc3RzIHRoYXQgaXMgMzIgYnl0ZXM=",
    }
    for name, settings in (("userbus-worker", WorkerSettings), ("userbus-bridge", BridgeSettings)):
        (row,) = re.findall(rf"^\| Secret `{name}` \|(.+)\|$", PAGE, flags=re.M)
        keys = re.findall(r"`(userbus_\w+)`", row)
        (tmp_path / name).mkdir()
        for key in keys:
            (tmp_path / name / key).write_text(values[key] + "\n")
        found = settings(_secrets_dir=tmp_path / name)
        read = {key: getattr(found, key.removeprefix("userbus_")) for key in keys}
        told = {key: each.get_secret_value() if isinstance(each, SecretStr) else each for key, each in read.items()}
        assert told == {key: values[key] for key in keys}


def rabbitmq_settings(text: str) -> dict[str, str]:
    lines = (line.partition(" = ") for line in text.splitlines() if " = " in line)
    return {key: value for key, _, value in lines}


def test_the_example_of_rabbitmqs_operator_has_the_settings_of_the_cluster_in_containers() -> None:
    cluster = yaml.safe_load((FOLDER.parent / "cluster.yaml").read_text())["configs"]["rabbitmq"]["content"]
    example = yaml.safe_load((FOLDER / "operators" / "rabbitmq.yaml").read_text())["spec"]["rabbitmq"]
    # the operator makes the cluster; how soon a node is given up depends on the network (docs/scaling.md)
    wanted = {
        key: value for key, value in rabbitmq_settings(cluster).items()
        if not key.startswith("cluster_formation.") and key != "net_ticktime"
    }  # fmt: skip
    assert rabbitmq_settings(example["additionalConfig"]) == wanted
    assert wanted["max_message_size"] == str(MAX_MESSAGE)


def test_the_example_of_rabbitmqs_operator_runs_what_the_cluster_in_containers_runs_in_the_server() -> None:
    cluster = yaml.safe_load((FOLDER.parent / "cluster.yaml").read_text())
    spec = yaml.safe_load((FOLDER / "operators" / "rabbitmq.yaml").read_text())["spec"]
    name, _, argument = spec["rabbitmq"]["envConfig"].strip().partition("=")
    expected = cluster["services"]["rabbitmq1"]["environment"][name]
    assert argument.strip("'").replace("/etc/userbus/", "/etc/rabbitmq/") == expected
    assert expected.startswith(f"{DETECTION} ")  # what the tests on a cluster run
    (pod,) = [spec["override"]["statefulSet"]["spec"]["template"]["spec"]]
    assert pod["containers"][0]["volumeMounts"][0]["mountPath"] == "/etc/userbus"
