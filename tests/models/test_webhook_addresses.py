"""Where webhooks may be sent to: public addresses by https, and the networks that a setting names."""

from ipaddress import ip_network

import pytest

from models.errors.webhooks import AddressRefused
from models.webhook_addresses import AddressRules

PUBLIC = AddressRules()
INSIDE = AddressRules([ip_network("10.1.0.0/16"), ip_network("fd00::/8")])


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.215.14", "2606:4700::1111"])
def test_public_addresses_are_allowed_by_https_alone(address: str) -> None:
    assert PUBLIC.allows(address, "https")
    assert not PUBLIC.allows(address, "http")
    assert not INSIDE.allows(address, "http")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "100.100.100.200", "168.63.129.16", "192.0.0.192", "198.18.0.1", "203.0.113.1", "224.0.0.1", "255.255.255.255",
        "240.0.0.1", "::", "::1", "fe80::1%eth0", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:4136:e378::1", "2001:db8::1", "::127.0.0.1",
    ],
)  # fmt: skip
def test_other_addresses_are_refused(address: str) -> None:
    assert not PUBLIC.allows(address, "https")
    assert not PUBLIC.allows(address, "http")


@pytest.mark.parametrize("url", ["https://münchen.example/", "https://receiver.example/ü", "https://①.①.①.①/"])
def test_a_url_that_is_not_ascii_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused, match="not ASCII"):
        PUBLIC.refuse_url(url)


@pytest.mark.parametrize("address", ["10.1.2.3", "fd12::1", "::ffff:10.1.2.3"])
def test_the_networks_of_the_setting_are_allowed(address: str) -> None:
    assert INSIDE.allows(address, "https")
    assert INSIDE.allows(address, "http")
    assert not INSIDE.allows("10.2.0.1", "https")


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://[::1]:8443/hook", "https://169.254.169.254/latest/meta-data", "http://1.1.1.1/",
        "http://receiver.example/", "https://host:99999/", "https://[::1/", "https://:443/",
    ],
)  # fmt: skip
def test_a_url_that_can_never_be_sent_to_is_refused_at_once(url: str) -> None:
    with pytest.raises(AddressRefused, match=r"USERBUS_WEBHOOK_NETWORKS|no host"):
        PUBLIC.refuse_url(url)


def test_a_name_is_looked_up_only_when_something_is_sent() -> None:
    PUBLIC.refuse_url("https://receiver.example/hook?key=1")
    INSIDE.refuse_url("http://receiver.internal:8080/hook")
    INSIDE.refuse_url("http://10.1.0.1:8080/hook")
    with pytest.raises(AddressRefused):
        INSIDE.refuse_url("http://10.2.0.1:8080/hook")
    PUBLIC.refuse_url("https://1.1.1.1/hook")
    AddressRules(ip_network(each) for each in ["10.2.0.0/16"]).refuse_url("http://10.2.0.1:8080/hook")
