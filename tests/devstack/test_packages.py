"""System packages."""

from pathlib import Path

from devstack.packages import prevent_service_starts, refusal

RABBITMQ = ["rabbitmq-server"]


def test_root_with_apt_may_install() -> None:
    assert refusal(RABBITMQ, "RabbitMQ", has_apt=True, is_root=True) is None


def test_others_get_the_command_to_run() -> None:
    assert refusal(RABBITMQ, "RabbitMQ", has_apt=True, is_root=False) == (
        "RabbitMQ is not installed. Run this once, then try again: "
        "sudo apt-get install -y --no-install-recommends rabbitmq-server"
    )


def test_without_apt_the_package_is_named() -> None:
    words = refusal(RABBITMQ, "RabbitMQ", has_apt=False, is_root=True)
    assert words == "RabbitMQ is not installed and there is no apt-get here: install rabbitmq-server yourself"


def test_services_are_kept_from_starting_during_the_installation(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    with prevent_service_starts(policy):
        assert policy.read_text().endswith("exit 101\n")
        assert policy.stat().st_mode & 0o777 == 0o755
    assert not policy.exists()


def test_the_machines_own_policy_is_left_alone(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 0\n")
    with prevent_service_starts(policy):
        assert policy.read_text() == "#!/bin/sh\nexit 0\n"
    assert policy.exists()


def test_a_policy_left_by_a_killed_installation_is_removed(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    with prevent_service_starts(policy):
        left = policy.read_text()
    policy.write_text(left)
    with prevent_service_starts(policy):
        assert policy.exists()
    assert not policy.exists()
