"""Addresses: where the demo listens, and which requests it accepts.

A page of another site can make a visitor's browser send requests to the demo, from its
own origin or with a host name that resolves to this machine (DNS rebinding). The `Host`
of a request must therefore be a name of this machine, and its `Origin`, if it has one,
the demo itself. The name of a proxy in front of the demo must be allowed.
"""

import errno
import ipaddress
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from kerasnlp_tutorial.errors import InputError

_PORTS = range(7860, 7960)
"""Ports to try in turn without `--port`, as Gradio does."""
_HOST = re.compile(r"(\[[0-9a-f:.%]+\]|[^\s\[\]:/?#@]+)(:\d+)?")


@dataclass(frozen=True)
class Access:
    """Where the demo listens, and what its users may do.

    Raises:
        InputError: an allowed host is not the name of a host.
    """

    host: str = "127.0.0.1"
    """Name or IP address of this machine."""
    port: int | None = None
    """Port number; None for the first free port from 7860."""
    share: bool = False
    """Whether to open a public address through Gradio's servers."""
    allowed_hosts: tuple[str, ...] = ()
    """Further names in the URL of the demo, such as that of a proxy."""
    allow_training: bool = False
    """Whether users of other machines may train the models of the chapters."""

    def __post_init__(self):
        for name in self.allowed_hosts:
            match = _HOST.fullmatch(name.lower())
            if not match or match[2]:
                raise InputError(
                    f"--allow-host expects the name of a host, without http:// and "
                    f"port; received {name!r}"
                )

    def is_open(self, address: "Address") -> bool:
        """Return whether users of other machines can reach the demo.

        Args:
            address: the address where the demo listens.
        """
        return self.share or bool(self.allowed_hosts) or address.is_open


@dataclass(frozen=True)
class Address:
    """The address where the demo listens."""

    host: str
    """Name or IP address of this machine."""
    port: int
    """Port number."""
    is_open: bool
    """Whether other machines can reach it."""
    allowed_hosts: tuple[str, ...] = ()
    """Further names in the URL of the demo, in lower case."""

    @property
    def server_name(self) -> str:
        """`host` as in a URL: an IPv6 address has brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host

    def is_own(self, name: str) -> bool:
        """Return whether a name or IP address is one of this machine.

        A demo that other machines can reach accepts every IP address: a router may
        translate it, and DNS rebinding needs a name.

        Args:
            name: host of a URL, in lower case and without the port.
        """
        names = {"127.0.0.1", "localhost", "[::1]", self.server_name.lower()}
        names.update(self.allowed_hosts)
        if not self.is_open:
            return name in names
        machine = socket.gethostname().lower()
        short = machine.partition(".")[0]
        return name in {*names, machine, short, f"{short}.local"} or _is_ip(name)


def free_address(access: Access) -> Address:
    """Return an address that no other program uses.

    Args:
        access: where the demo is to listen.

    Raises:
        InputError: the port is taken, or the host is not this machine.
    """
    host, port = access.host, access.port
    where = f"{host}:{port}" if port else host
    host = host.removeprefix("[").removesuffix("]")
    if not host:
        raise InputError("the demo cannot listen at an empty --host")
    try:
        found = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _cannot_listen(where, f"the host is unknown ({error})") from None
    for candidate in [port] if port else _PORTS:
        try:
            # Gradio tests the port at this address first, whatever the host is.
            _bind(socket.AF_INET, ("127.0.0.1", 0), candidate)
            for family, _, _, _, address in found:
                _bind(family, address, candidate)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                continue
            if error.errno == errno.EADDRNOTAVAIL:
                reason = "the host is not of this machine"
            else:
                reason = error.strerror or str(error)
            raise _cannot_listen(where, reason) from None
        is_open = not all(_is_loopback(str(address[0])) for *_, address in found)
        allowed = tuple(name.lower() for name in access.allowed_hosts)
        return Address(host, candidate, is_open, allowed)
    taken = "the port is taken" if port else "ports 7860 to 7959 are taken"
    raise _cannot_listen(where, taken)


class OwnPageOnly:
    """Middleware that refuses requests from the pages of other sites.

    Args:
        app: the ASGI application behind it.
        address: the address where the demo listens.
        public_url: returns the URL of the demo at Gradio's servers; None if it has
            none.
    """

    def __init__(
        self, app: Callable, address: Address, public_url: Callable[[], str | None]
    ):
        self.app = app
        self.address = address
        self.public_url = public_url

    async def __call__(self, scope: Any, receive: Callable, send: Callable) -> None:
        """Pass a request on, or answer it with 403."""
        from starlette.responses import JSONResponse

        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        reason = self._refusal(scope)
        if reason is None:
            return await self.app(scope, receive, send)
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008})
        return await JSONResponse({"error": reason}, 403)(scope, receive, send)

    def _refusal(self, scope: Any) -> str | None:
        """Return why a request is refused; None if it is accepted."""
        from starlette.datastructures import Headers

        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        url = self.public_url()
        public = urlsplit(url).netloc.lower() if url else None
        match = _HOST.fullmatch(host)
        if not match or not (host == public or self.address.is_own(match[1])):
            return (
                "이 이름으로는 데모를 열 수 없습니다. 데모를 실행한 터미널에 나온 "
                "주소로 들어와 주세요."
            )
        origin = headers.get("origin", f"http://{host}").lower().partition("://")[2]
        # A proxy may have replaced the host by the address of the demo.
        name = _HOST.fullmatch(origin)
        is_allowed = name is not None and name[1] in self.address.allowed_hosts
        if origin not in (host, public) and not is_allowed:
            return "다른 사이트의 페이지에서 보낸 요청은 받지 않습니다."
        return None


def _bind(family: int, address: Any, port: int) -> None:
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        probe.bind((address[0], port, *address[2:]))


def _cannot_listen(where: str, reason: str) -> InputError:
    return InputError(
        f"the demo cannot listen at {where}: {reason}; choose another --port or --host"
    )


def _is_ip(name: str) -> bool:
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address).is_loopback
