"""Where the demo listens, and under which names it answers."""

import socket

import pytest

from kerasnlp_tutorial.demo.addresses import Access, Address, free_address
from kerasnlp_tutorial.errors import InputError

LOCAL = Address("127.0.0.1", 7860, is_open=False)
OPEN = Address("0.0.0.0", 7860, is_open=True)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
def test_names_of_every_machine(name):
    assert LOCAL.is_own(name) and OPEN.is_own(name)


@pytest.mark.parametrize(
    "name",
    ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "-"],
)
def test_names_of_others(name):
    assert not LOCAL.is_own(name) and not OPEN.is_own(name)


def test_what_others_reach_answers_under_its_name_and_any_address(monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "Desk.example.org")
    for name in (
        "desk.example.org",
        "desk",
        "desk.local",
        "192.168.0.7",
        "[2001:db8::7]",
    ):
        assert OPEN.is_own(name) and not LOCAL.is_own(name)
    assert Address("Other.Example", 7860, is_open=True).is_own("other.example")


@pytest.mark.parametrize(
    ("host", "is_open"), [("127.0.0.1", False), ("127.0.0.2", False), ("0.0.0.0", True)]
)
def test_a_free_address(host, is_open):
    address = free_address(Access(host, None))
    assert address.host == host and address.is_open == is_open
    assert 7860 <= address.port < 7960


def test_an_ipv6_address():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("needs IPv6")
    for host in ("::1", "[::1]"):
        address = free_address(Access(host, None))
        assert address.server_name == "[::1]" and not address.is_open


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_port_that_is_taken(host):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(
            InputError, match=f"{host}:{port}: the port is taken; choose"
        ):
            free_address(Access(host, port))


def test_ports_that_are_taken_are_passed_over(monkeypatch):
    first = free_address(Access("127.0.0.1", None)).port
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", first))
        taken.listen()
        assert free_address(Access("127.0.0.1", None)).port > first
        monkeypatch.setattr("kerasnlp_tutorial.demo.addresses._PORTS", [first])
        with pytest.raises(InputError, match="127.0.0.1: ports 7860 to 7959 are taken"):
            free_address(Access("127.0.0.1", None))


@pytest.mark.parametrize("name", ["https://a.example", "a.example:80", "", "a b"])
def test_what_is_not_the_name_of_a_host_is_not_allowed(name):
    with pytest.raises(InputError, match="--allow-host expects the name of a host"):
        Access(allowed_hosts=(name,))


def test_who_can_open_the_demo():
    assert not Access().is_open(LOCAL)
    for access in (Access(share=True), Access(allowed_hosts=("a.example",))):
        assert access.is_open(LOCAL)
    assert Access().is_open(OPEN)


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("203.0.113.1", "203.0.113.1: the host is not of this machine; choose another"),
        ("256.0.0.1", "256.0.0.1: the host is unknown"),
        ("http://127.0.0.1", "the host is unknown"),
        ("a" * 70, "the host is unknown"),
        ("", "at an empty --host"),
    ],
)
def test_a_host_that_is_not_of_this_machine(host, reason):
    with pytest.raises(InputError, match=reason):
        free_address(Access(host, None))
