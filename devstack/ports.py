"""TCP ports on the loopback address: find free ones, refuse taken ones, check open ones."""

import random
import socket
from collections.abc import Callable, Mapping
from functools import partial

from devstack.errors import StackError

HOST = "127.0.0.1"
# Below the kernel's ephemeral range: a client that connects to an ephemeral port while its server is down may get that
# very port as its own and so connect to itself.
FREE_RANGE = range(20_000, 32_000)


def is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen()
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port on which nothing listens, and which no other call on this machine gets while this process runs.

    Raises StackError when 1,000 tries find none.
    """
    for port in random.sample(FREE_RANGE, 1_000):
        if is_free(port) and _reserve(port):
            return port
    raise StackError("No free TCP port was found between 20000 and 32000: stop some servers and try again")


def _reserve(port: int) -> bool:
    """Hold the UDP port of the same number until this process ends: a server listens only some seconds after it."""
    with socket.socket(type=socket.SOCK_DGRAM) as holder:
        try:
            holder.bind((HOST, port))
        except OSError:
            return False
        holder.detach()
    return True


def answers(host: str, port: int) -> bool:
    """Whether something accepts connections there."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def require_free(port: int, need: str, setting: str, instead: str = "") -> None:
    """Raise StackError, saying what to do, when the port is taken."""
    if not is_free(port):
        raise StackError(
            f"Port {port}, wanted for {need}, is taken by another program: stop that program, "
            f"or choose another port with {setting}=<port>{instead}"
        )


def require_server_ports(amqp_port: int, mongo_port: int, environ: Mapping[str, str]) -> None:
    """Raise StackError where a port is taken of a server that is to be started, that is, not named by its URL."""
    require_all(*server_port_checks(amqp_port, mongo_port, environ))


def server_port_checks(amqp_port: int, mongo_port: int, environ: Mapping[str, str]) -> list[Callable[[], None]]:
    """Return one check for each server that is to be started; each raises StackError where its port is taken."""
    return [
        partial(require_free, port, name, f"USERBUS_{kind}_PORT", f", or use that server: USERBUS_{kind}_URL=<url>")
        for port, name, kind in ((amqp_port, "RabbitMQ", "AMQP"), (mongo_port, "MongoDB", "MONGO"))
        if not environ.get(f"USERBUS_{kind}_URL")
    ]


def require_all(*checks: Callable[[], None]) -> None:
    """Run all checks, then raise one StackError with a line for each that has failed."""
    faults = []
    for check in checks:
        try:
            check()
        except StackError as error:
            faults.append(str(error))
    if faults:
        raise StackError("\n".join(faults))
