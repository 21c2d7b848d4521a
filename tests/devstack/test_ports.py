"""Ports on the loopback address."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from devstack.errors import StackError
from devstack.ports import HOST, answers, free_port, is_free, require_free

EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


def test_a_free_port_is_free_and_answers_nobody() -> None:
    port = free_port()
    assert is_free(port)
    assert not answers(HOST, port)


def test_a_free_port_is_never_one_that_the_kernel_gives_to_clients() -> None:
    first = int(EPHEMERAL.read_text().split()[0])
    assert all(free_port() < first for _ in range(20))


def test_no_port_is_given_out_twice_before_a_server_listens_on_it() -> None:
    asked = [sys.executable, "-c", "from devstack.ports import free_port; print(*(free_port() for _ in range(500)))"]
    ours = [free_port() for _ in range(500)]
    theirs = [int(port) for port in subprocess.run(asked, capture_output=True, check=True).stdout.split()]
    assert len({*ours, *theirs}) == 1000


def test_a_taken_port_is_refused_with_the_setting_that_changes_it() -> None:
    with socket.create_server((HOST, free_port())) as taken:
        port = taken.getsockname()[1]
        assert answers(HOST, port)
        with pytest.raises(StackError, match=rf"Port {port}, wanted for RabbitMQ, .* USERBUS_AMQP_PORT=<port>"):
            require_free(port, "RabbitMQ", "USERBUS_AMQP_PORT")
