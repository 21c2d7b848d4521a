"""TCP ports on the loopback address: free ones for tests, a clear refusal for taken ones, a wait for open ones."""

import random
import socket

from devstack.errors import StackError

HOST = "127.0.0.1"
# Below the kernel's ephemeral range: a client that knocks on an ephemeral port while its server is down may be given
# that very port as its own and so connect to itself.
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
    """A port that nothing listens on; raises StackError when 1,000 tries find none."""
    for port in random.sample(FREE_RANGE, 1_000):
        if is_free(port):
            return port
    raise StackError("No free TCP port was found between 20000 and 32000: stop some servers and try again")


def answers(host: str, port: int) -> bool:
    """Whether something accepts connections there."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def require_free(port: int, need: str, setting: str, instead: str = "") -> None:
    """Raise StackError, saying what to do, when a port is taken."""
    if not is_free(port):
        raise StackError(
            f"Port {port}, wanted for {need}, is taken by another program: stop that program, "
            f"or choose another port with {setting}=<port>{instead}"
        )
