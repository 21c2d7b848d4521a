"""Who may send what, by the list of services alone."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from contracts.catalog import CATALOG
from worker.delivery.callers import Callers
from worker.delivery.envelope import Envelope

LIST = """
[billing]
may = ["user.get", "user.create"]
plain = true
[gateway]
may = ["user.get"]
trusted = true
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "services.toml").write_text(LIST)
    return tmp_path / "services.toml"


@pytest.fixture
def callers(file: Path) -> Callers:
    return Callers(file, is_required=True)


def sent_by(caller: str | None, name: str = "user.get", reply_to: str | None = None) -> Envelope:
    told: dict[str, Any] = {"actor": "user:1", "client_address": "192.0.2.1", "app_id": "userbus-bridge"}
    return Envelope(name, CATALOG.get(name), b"{}", message_id="m", reply_to=reply_to, caller=caller, **told)


def why(callers: Callers, envelope: Envelope, *also: str) -> str:
    problem = callers.problem(envelope, *also)
    if problem is None:
        return ""
    assert (problem.kind, problem.code) == ("denied", "caller.forbidden")
    return problem.message


def test_a_listed_service_may_send_what_is_in_its_list_and_nothing_else(callers: Callers) -> None:
    assert why(callers, sent_by("billing")) == ""
    assert why(callers, sent_by("billing", "user.create")) == ""
    assert why(callers, sent_by("billing", "user.delete")).startswith("billing may not send user.delete:")
    assert why(callers, sent_by("gateway", "user.create")).startswith("gateway may not send user.create:")


def test_whoever_is_not_listed_may_send_nothing(callers: Callers) -> None:
    assert "stranger is not in the list of services" in why(callers, sent_by("stranger"))
    for nobody in (None, ""):
        assert why(callers, sent_by(nobody)) != ""
    assert "has no user_id" in why(callers, sent_by(None))


def test_further_names_that_a_request_takes_are_needed_too(callers: Callers) -> None:
    refused = why(callers, sent_by("billing", "user.create"), "user.set_root", "user.get")
    assert refused.startswith("billing may not send user.set_root:")
    assert why(callers, sent_by("billing", "user.create"), "user.get") == ""


def test_a_name_of_no_catalogue_is_left_to_who_answers_it_but_not_for_strangers(callers: Callers) -> None:
    assert why(callers, sent_by("billing", "user.gte")) == ""
    assert "not in the list" in why(callers, sent_by("stranger", "user.gte"))
    assert why(callers, sent_by("billing", "user.gte"), "user.delete") != ""


def test_where_callers_are_not_required_everything_is_let_through_as_it_is(file: Path) -> None:
    callers = Callers(file, is_required=False)
    for envelope in (sent_by(None, "user.delete"), sent_by("stranger", "user.delete", "billing.replies")):
        assert callers.problem(envelope) is None
        assert callers.clear_untrusted(envelope) is envelope


def test_only_a_trusted_caller_is_believed_for_whom_it_asks(callers: Callers) -> None:
    cleared = callers.clear_untrusted(sent_by("billing"))
    assert (cleared.actor, cleared.client_address, cleared.app_id) == (None, None, "billing")
    for stranger in ("stranger", None):
        cleared = callers.clear_untrusted(sent_by(stranger))
        assert (cleared.actor, cleared.client_address, cleared.app_id) == (None, None, stranger)
    for trusted in ("gateway", "bridge", "operator"):
        assert callers.clear_untrusted(sent_by(trusted)) == sent_by(trusted)


@pytest.mark.parametrize(
    "address",
    ["billing.replies", "amq.rabbitmq.reply-to.g1h2", "amq.gen-x", f"amq_{'0f' * 16}"],
)
def test_a_caller_is_answered_at_its_own_addresses(callers: Callers, address: str) -> None:
    assert callers.clear_untrusted(sent_by("billing", reply_to=address)).reply_to == address


@pytest.mark.parametrize(
    "address",
    ["gateway.replies", "billing", "billing2.replies", ".replies", f"amq_{'0f' * 16}0", "x.amq.gen-y", "amq_xy"],
)
def test_a_caller_is_answered_at_no_address_of_others(callers: Callers, address: str) -> None:
    for caller in ("billing", None):
        assert callers.clear_untrusted(sent_by(caller, reply_to=address)).reply_to is None
    trusted = callers.clear_untrusted(replace(sent_by("bridge"), reply_to=address))
    assert (trusted.reply_to, trusted.actor) == (None, "user:1")


def test_the_list_is_read_again_when_it_changes_and_a_wrong_one_is_not(callers: Callers, file: Path) -> None:
    assert callers.has_plain_consumers()
    file.write_text('[billing]\nmay = ["user.delete"]\n')
    callers._reload()
    assert not callers.has_plain_consumers()
    assert why(callers, sent_by("billing", "user.delete")) == ""
    assert why(callers, sent_by("billing")) != ""
    assert why(callers, sent_by("gateway")) != ""
    file.write_text("[billing\n")
    callers._reload()
    assert why(callers, sent_by("billing", "user.delete")) == ""
    file.unlink()
    callers._reload()
    assert "not in the list" in why(callers, sent_by("billing", "user.delete"))


def test_what_is_refused_is_logged_with_who_sent_it(callers: Callers, file: Path) -> None:
    with capture_logs() as logs:
        callers.problem(sent_by("billing", "user.delete"))
        callers.clear_untrusted(sent_by("billing", reply_to="gateway.replies"))
        file.write_text("[billing\n")
        callers._reload()
        file.write_text("[billing]\n[crm]\n[gateway]\n")
        callers._reload()
        callers._reload()
    refused, reply, unread, read = logs
    said = {"event": "caller refused", "caller": "billing", "log_level": "warning"}
    assert refused == {**said, "name": "user.delete", "message_id": "m"}
    said["event"] = "reply refused"
    assert reply == {**said, "reply_to": "gateway.replies", "reason": "it is not the caller's"}
    assert (unread["event"], unread["log_level"]) == ("list of services not read", "error")
    assert str(file) in unread["reason"]
    assert read == {"event": "list of services read", "services": ["billing", "crm", "gateway"], "log_level": "info"}


def test_a_refusal_says_what_to_do(callers: Callers) -> None:
    text = "the message has no user_id: set it to the name of your RabbitMQ user: see `userbus service`"
    assert why(callers, sent_by(None)) == text
    text = "billing may not send user.delete, user.set_root: see `userbus service`"
    assert why(callers, sent_by("billing", "user.delete"), "user.set_root") == text


def test_an_envelope_that_is_believed_is_not_copied(callers: Callers) -> None:
    envelope = sent_by("bridge", reply_to="bridge.replies")
    assert callers.clear_untrusted(envelope) is envelope
