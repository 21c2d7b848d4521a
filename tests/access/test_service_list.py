"""The list of services: what is granted, what is refused, and the file as people edit it."""

from pathlib import Path

import pytest

from access.service_grants import (
    DEFAULT_MAY,
    OPEN_NOUNS,
    PRIVILEGED,
    PROGRAMS,
    ServiceIdentity,
    ServiceInvalid,
    check_service,
    is_privileged,
)
from access.service_list import add_service, read_services, remove_service
from contracts.catalog import CATALOG


def test_a_service_may_read_what_is_not_privileged_by_default() -> None:
    assert {"user.get", "user.search", "role.check", "health.user"} <= ServiceIdentity("billing").requests
    assert not [name for name in DEFAULT_MAY if CATALOG[name].is_command or is_privileged(name)]


@pytest.mark.parametrize("pattern", ["*", "user.*", "*.delete", "auth.*", "s*"])
def test_no_wildcard_grants_what_is_privileged(pattern: str) -> None:
    assert not [name for name in ServiceIdentity("billing", (pattern,)).requests if is_privileged(name)]


def test_what_is_privileged_is_granted_by_its_name() -> None:
    assert ServiceIdentity("billing", ("user.delete", "auth.sign_in")).requests == {"user.delete", "auth.sign_in"}
    assert {"auth.sign_in", "token.issue", "session.list", "user.delete", "user.import", "user.set_root"} <= {
        name for name in CATALOG if is_privileged(name)
    }
    assert "audit.*" in PRIVILEGED


def test_a_noun_is_privileged_unless_it_is_said_to_be_open() -> None:
    """So that nobody grants a new noun by forgetting it."""
    nouns = {name.partition(".")[0] for name in CATALOG}
    assert nouns >= OPEN_NOUNS
    assert not [name for name in CATALOG if name.partition(".")[0] not in OPEN_NOUNS and not is_privileged(name)]
    assert {name.partition(".")[0] for name in DEFAULT_MAY} <= OPEN_NOUNS
    assert not ServiceIdentity("billing", ("migration.*",)).requests


def test_the_operator_may_send_everything_and_the_bridge_nothing_that_it_does_not_serve() -> None:
    assert PROGRAMS["operator"].requests == CATALOG.keys()
    beyond = CATALOG.keys() - PROGRAMS["bridge"].requests
    assert {"token.issue", "tenant.create", "session.revoke"} <= beyond


def test_a_service_is_added_and_removed_and_the_comments_stay(tmp_path: Path) -> None:
    file = tmp_path / "services.toml"
    file.write_text("# who may what\n\n[crm] # the CRM\nmay = [\n  'user.*',\n]\n\n# below: billing\n")
    billing = ServiceIdentity("billing", ("user.get",), ("user.*", "role.created"), True, True, "hash")
    add_service(file, billing)
    assert read_services(file) == {"crm": ServiceIdentity("crm", ("user.*",)), "billing": billing}
    with pytest.raises(ServiceInvalid, match="already"):
        add_service(file, billing)
    remove_service(file, "billing")
    assert "# who may what" in file.read_text()
    assert list(read_services(file)) == ["crm"]
    with pytest.raises(ServiceInvalid, match="no service billing"):
        remove_service(file, "billing")
    remove_service(file, "crm")
    assert read_services(file) == {}


def test_a_service_with_defaults_takes_one_line(tmp_path: Path) -> None:
    add_service(tmp_path / "services.toml", ServiceIdentity("billing"))
    assert (tmp_path / "services.toml").read_text() == "[billing]\n"


def test_without_a_file_there_are_no_services(tmp_path: Path) -> None:
    assert read_services(tmp_path / "services.toml") == {}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[worker]", "a name has"),
        ("[Billing]", "a name has"),
        ('["a.b"]', "a name has"),
        ("billing = 1", "billing: a service is a table"),
        ("[billing]\nmay = ['user.gte', 'user.got']", "billing: user.gte, user.got names nothing"),
        ("[billing]\nmay = ['token.*']", "billing: .* .audit.., auth.., .* are named one by one"),
        ("[billing]\nevents = ['user.made']", "billing: user.made names nothing"),
        ("[billing]\nevents = ['*.created']", "billing: .*created names nothing"),
        ("[billing]\nplain = true\nmay = ['webhook.create', 'webhook.get']", "billing: .* webhook.create would give"),
        ("[billing]\nplain = true\nmay = ['webhook.update']", "billing: .* webhook.update would give"),
        ("[billing]\nplain = true\nmay = ['webhook.create', 'webhook.update']", "webhook.create, webhook.update would"),
        ("[billing]\nmay = 'user.get'", "billing: may is none of may, events, .*, or of another type"),
        ("[billing]\nmay = [1]", "billing: may is a list of texts"),
        ("[billing]\nmy = ['user.get']", "billing: my is none of may"),
        ("[billing", "services.toml"),
    ],
    ids=lambda text: text.replace("\n", " ")[:30],
)
def test_a_wrong_list_says_what_is_wrong(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "services.toml").write_text(text)
    with pytest.raises(ServiceInvalid, match=reason):
        read_services(tmp_path / "services.toml")


@pytest.mark.parametrize("pattern", ["#", "user.*", "auth.*", "user.created"])
def test_events_are_given_by_name_by_noun_or_all(pattern: str) -> None:
    check_service(ServiceIdentity("billing", events=(pattern,)))


@pytest.mark.parametrize(
    "pattern", ["", "*", "user", "user.", "user.#", "user.creatd", "usr.*", "*.created", "user.created.*", "XX#XX"]
)
def test_patterns_of_events_that_match_nothing_are_refused_by_name(pattern: str) -> None:
    with pytest.raises(ServiceInvalid, match=r"billing: .*names nothing that can be granted") as refusal:
        check_service(ServiceIdentity("billing", events=("user.*", pattern)))
    assert f"billing: {pattern} names nothing that can be granted, out of user.*, {pattern}; " in str(refusal.value)


@pytest.mark.parametrize("name", ["worker", "amq", "Billing", "1billing", "billing.x", "", "b" * 64])
def test_names_that_are_taken_or_malformed_are_refused(name: str) -> None:
    with pytest.raises(ServiceInvalid, match=r"and is none of admin, amq, bridge, guest, operator, userbus, worker"):
        check_service(ServiceIdentity(name))
    check_service(ServiceIdentity("b" * 63))
