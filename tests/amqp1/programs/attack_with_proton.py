"""Try what a service may not, over AMQP 1.0: `attack_with_proton.py HOST:PORT USER PASSWORD REQUESTS`.

REQUESTS are names with commas. Prints one JSON object: `requests` are the names that the broker took, by each of two
ways to address them, and `ways` what became of each other attempt: "taken", or the condition of its refusal.
"""

import json
import sys
from typing import Any

from proton import Endpoint, Message, symbol  # type: ignore[import-not-found]
from proton.handlers import MessagingHandler  # type: ignore[import-not-found]
from proton.reactor import Container  # type: ignore[import-not-found]

COMMANDS = "/exchanges/userbus.commands"


class Attempt(MessagingHandler):  # type: ignore[misc]
    """One message to a target, or without one a consumer of a source; a refusal may end link, session, connection."""

    def __init__(self, url: str, login: dict[str, str], place: str | None, message: Any = None) -> None:
        super().__init__()
        self._url, self._login, self._place, self._message = url, login, place, message
        self._connection: Any = None
        self.outcome = ""

    def on_start(self, event: Any) -> None:
        self._connection = event.container.connect(self._url, reconnect=False, allowed_mechs="PLAIN", **self._login)
        make = event.container.create_sender if self._message else event.container.create_receiver
        make(self._connection, self._place)

    def on_sendable(self, event: Any) -> None:
        if self._message:
            event.sender.send(self._message)
            self._message = None

    def on_link_opened(self, event: Any) -> None:
        if event.link.is_receiver and event.link.state & Endpoint.REMOTE_ACTIVE and event.link.remote_source.address:
            self._end("taken")

    def on_accepted(self, _: Any) -> None:
        self._end("taken")

    def on_released(self, _: Any) -> None:
        self._end("released")

    def on_rejected(self, _: Any) -> None:
        self._end("rejected")

    def on_link_error(self, event: Any) -> None:
        self._end(event.link.remote_condition.name)

    def on_session_error(self, event: Any) -> None:
        self._end(event.session.remote_condition.name)

    def on_connection_error(self, event: Any) -> None:
        self._end(event.connection.remote_condition.name)

    def _end(self, outcome: str) -> None:
        self.outcome = self.outcome or outcome
        self._connection.close()


class Attacker:
    """One user; each attempt has a connection of its own."""

    def __init__(self, address: str, user: str, password: str) -> None:
        self._url = f"amqp://{address}"
        self._login = {"user": user, "password": password}
        self.own = user.encode()

    def send(self, target: str | None, **properties: Any) -> str:
        """Send an empty request; without a target the message names its own."""
        message = Message(body=b"{}", inferred=True, **{"user_id": self.own, **properties})
        return self._run(Attempt(self._url, self._login, target, message))

    def listen(self, source: str) -> str:
        """Ask for the messages of a queue."""
        return self._run(Attempt(self._url, self._login, source))

    def _run(self, attempt: Attempt) -> str:
        Container(attempt).run()
        return attempt.outcome


def try_ways(attacker: Attacker) -> dict[str, str]:
    """Everything but the names of requests."""
    as_type = {symbol("x-basic-type"): "user.delete"}
    return {
        "in its own name": attacker.send(f"{COMMANDS}/user.get"),
        "in the name of another": attacker.send(f"{COMMANDS}/user.get", user_id=b"admin"),
        "to a queue": attacker.send("/queues/userbus.user", annotations=as_type),
        "to a queue, by the message": attacker.send(None, address="/queues/userbus.user", annotations=as_type),
        "events": attacker.send("/exchanges/userbus.events/user.created"),
        "retries": attacker.send("/exchanges/userbus.retry.1s/user.delete"),
        "take requests": attacker.listen("/queues/userbus.user"),
        "take dead letters": attacker.listen("/queues/userbus.dead"),
        "take the log": attacker.listen("/queues/userbus.events.log"),
    }


def main() -> None:
    attacker = Attacker(*sys.argv[1:4])
    names = sys.argv[4].split(",")
    by_target = [name for name in names if attacker.send(f"{COMMANDS}/{name}") == "taken"]
    by_message = [name for name in names if attacker.send(None, address=f"{COMMANDS}/{name}") == "taken"]
    print(json.dumps({"requests": [by_target, by_message], "ways": try_ways(attacker)}))


if __name__ == "__main__":
    main()
