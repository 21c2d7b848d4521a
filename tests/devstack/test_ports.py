"""Ports on the loopback address."""

import socket
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


def test_a_taken_port_is_refused_with_the_setting_that_changes_it() -> None:
    with socket.create_server((HOST, free_port())) as taken:
        port = taken.getsockname()[1]
        assert answers(HOST, port)
        with pytest.raises(StackError, match=rf"Port {port}, wanted for RabbitMQ, .* USERBUS_AMQP_PORT=<port>"):
            require_free(port, "RabbitMQ", "USERBUS_AMQP_PORT")
