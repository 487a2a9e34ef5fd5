"""Where hooks may connect to: public addresses by HTTPS, and what LRS_HOOK_ALLOW names besides.

An URL is checked when a hook is made. When it is used, each address is checked again by the very call that makes the
socket for it: no name server, redirect or other way of writing an address comes between the check and the connection.
"""

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any, Final, TypeAlias

import aiohttp
import msgspec
import yarl
from aiohttp.abc import AbstractResolver, ResolveResult

from lrs.errors import CannotStart, Invalid

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

PORTS: Final = frozenset({443, 8443})
LONGEST: Final = 2_048
RESOLVE_SECONDS: Final = 3.0
INSIDE: Final = ". Who runs the server can allow targets inside by LRS_HOOK_ALLOW"
# Names that mean this machine or this network.
INWARD: Final = ("localhost", "local", "internal", "intranet", "lan", "home.arpa", "localdomain", "arpa")
NUMBER: Final = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")
NAME: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*\.?")
NAT64: Final = IPv6Network("64:ff9b::/96")
GLOBAL: Final = IPv6Network("2000::/3")
# Look-ups that hang keep threads busy, and must not keep those of others.
_LOOKUPS: Final = ThreadPoolExecutor(max_workers=64, thread_name_prefix="lookup")


class Barred(OSError):
    """An address that no hook may connect to."""


class Allow(msgspec.Struct, frozen=True, kw_only=True):
    """What is allowed though it is not public: `networks` with any port and plain HTTP, and names with their ports."""

    networks: tuple[Network, ...] = ()
    names: frozenset[tuple[str, int]] = frozenset()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> "Allow":
        """What LRS_HOOK_ALLOW says; CannotStart names an entry that is neither a network nor host:port."""
        networks: list[Network] = []
        names: set[tuple[str, int]] = set()
        for entry in entries:
            try:
                networks.append(ipaddress.ip_network(entry))
                continue
            except ValueError:
                name, _, port = entry.lower().rpartition(":")
            if not NAME.fullmatch(name) or not port.isdecimal() or not 0 < int(port) < 65536:
                raise CannotStart(
                    f"LRS_HOOK_ALLOW={entry}: expected networks such as 10.1.0.0/16, addresses, or host:port such as"
                    " sink.example.org:8080"
                )
            names.add((name.rstrip("."), int(port)))
        return cls(networks=tuple(networks), names=frozenset(names))

    def has(self, address: Address) -> bool:
        """Whether the address lies in an allowed network."""
        return any(address in network for network in self.networks)


def check(url: str, allow: Allow) -> yarl.URL:
    """The URL, if a hook may be sent there as far as its text tells; else Invalid, with what is wrong."""
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise _wrong(f"it must have at most {LONGEST} printable ASCII characters: write other names in Punycode")
    try:
        parsed = yarl.URL(url)
        host, port = (parsed.host or "").lower(), parsed.port or 0
    except ValueError as error:
        raise _wrong(f"it is not well formed: {error}") from error
    if parsed.scheme not in {"https", "http"} or not host:
        raise _wrong("it must begin with https:// and a host")
    if parsed.user is not None or parsed.password is not None or "@" in parsed.raw_authority:
        raise _wrong("it must hold no user or password: events tell URLs, and secrets have their own place")
    if parsed.fragment or "#" in url:
        raise _wrong("it must have no fragment: that is never sent")
    address = _literal(host)
    is_allowed = allow.has(address) if address is not None else (host.rstrip("."), port) in allow.names
    if is_allowed:
        return parsed
    if address is not None and (why := barred(address)) is not None:
        raise _wrong(f"{address} is {why}", INSIDE)
    if address is None:
        _check_name(host)
    if parsed.scheme != "https":
        raise _wrong("it must begin with https://: what is sent is about persons", INSIDE)
    if port not in PORTS:
        raise _wrong(f"port {port} is none of {', '.join(map(str, sorted(PORTS)))}", INSIDE)
    return parsed


async def verify(url: str, allow: Allow, resolver: AbstractResolver | None = None) -> None:
    """`check`, and that the host's name leads to allowed addresses now; else Invalid."""
    parsed = check(url, allow)
    host, port = (parsed.host or "").lower(), parsed.port or 0
    if _literal(host) is not None:
        return
    gate = Gate(allow, resolver)
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            found = await gate.resolve(host, port)
    except Barred as error:
        raise _wrong(str(error), INSIDE) from error
    except TimeoutError:
        raise _wrong(f"the name {host} could not be looked up in {RESOLVE_SECONDS:.0f} s: try again") from None
    except OSError as error:
        raise _wrong(f"the name {host} leads nowhere ({error.strerror or error}): is it spelt right?") from error
    if not found:
        raise _wrong(f"the name {host} leads nowhere: is it spelt right?")


def connector(
    allow: Allow, *, resolver: AbstractResolver | None = None, ca_file: str = "", limit: int = 0
) -> aiohttp.TCPConnector:
    """What makes connections for one hook, `limit` at once (0: any number), and none that is not allowed.

    TLS is 1.2 or newer, and certificates are verified: by the system's authorities, and those in `ca_file`.
    """
    gate = Gate(allow, resolver)
    return aiohttp.TCPConnector(
        resolver=gate, socket_factory=gate.socket, ssl=tls(ca_file), limit=limit, ttl_dns_cache=10, keepalive_timeout=30
    )


def tls(ca_file: str = "") -> ssl.SSLContext:
    """How the other end proves who it is; CannotStart where `ca_file` cannot be read."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as error:
            raise CannotStart(f"LRS_HOOK_CA_FILE={ca_file}: there are no certificates in it: {error}") from error
    return context


class Gate(AbstractResolver):
    """Looks names up and makes sockets, for allowed addresses alone; else Barred."""

    def __init__(self, allow: Allow, resolver: AbstractResolver | None = None) -> None:
        self._allow = allow
        self._resolver = resolver or Lookup()
        self._named: set[tuple[str, int]] = set()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name; Barred if one of them is not allowed, for then none is to be trusted."""
        found = await self._resolver.resolve(host, port, family)
        if (host.lower().rstrip("."), port) in self._allow.names:
            # As many as a name has, not as many as a name server can make up.
            self._named = {(str(_address(each["host"])), port) for each in found}
            return found
        for each in found:
            self.check(each["host"], port)
        return found

    def check(self, host: str, port: int) -> None:
        """Barred unless a hook may connect to this address and port."""
        address = _address(host)
        if self._allow.has(address) or (str(address), port) in self._named:
            return
        if (why := barred(address)) is not None:
            raise Barred(f"{address} is {why}")
        if port not in PORTS:
            raise Barred(f"port {port} is none of {', '.join(map(str, sorted(PORTS)))}")

    def socket(self, info: tuple[int, int, int, str, tuple[Any, ...]]) -> socket.socket:
        """A socket for the address that is in `info`, and which is connected to next."""
        family, kind, protocol, _, peer = info
        self.check(str(peer[0]), int(peer[1]))
        return socket.socket(family, kind, protocol)

    async def close(self) -> None:
        """There is nothing to close."""
        await self._resolver.close()


class Lookup(AbstractResolver):
    """The system's look-up of names, in threads that nobody else waits for."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name, as the system says."""
        found = await asyncio.get_running_loop().run_in_executor(
            _LOOKUPS, lambda: socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)
        )
        return [
            ResolveResult(
                hostname=host, host=str(peer[0]), port=port, family=kind, proto=protocol, flags=socket.AI_NUMERICHOST
            )
            for kind, _, protocol, _, peer in found
        ]

    async def close(self) -> None:
        """There is nothing to close."""


def barred(address: Address) -> str | None:
    """Why no hook may connect to an address; None for one of the public internet."""
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return "an address of this link"
        if (inner := _within(address)) is not None:
            why = barred(inner)
            return why and f"{why}, {inner}, written another way"
        if address not in GLOBAL and not (address.is_loopback or address.is_unspecified or address.is_link_local):
            return "a private or reserved address"
    if address.is_loopback or address.is_unspecified:
        return "an address of this machine"
    if address.is_link_local:
        return "an address of this link, as those of cloud metadata are"
    if address.is_multicast:
        return "an address of many machines"
    if address.is_private or not address.is_global:
        return "a private or reserved address"
    return None


def _within(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for: mapped, 6to4, Teredo or NAT64."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    return IPv4Address(int(address) & 0xFFFF_FFFF) if address in NAT64 else None


def _literal(host: str) -> Address | None:
    try:
        return _address(host)
    except ValueError:
        return None


def _address(host: str) -> Address:
    return ipaddress.ip_address(host)


def _check_name(host: str) -> None:
    labels = host.rstrip(".").split(".")
    if NUMBER.fullmatch(labels[-1]):
        # What inet_aton takes for an address: 2130706433, 0177.0.0.1, 127.1, 0x7f.1.
        raise _wrong(f"{host} is a number, and no address: write four decimal numbers, or a name")
    if not NAME.fullmatch(host):
        raise _wrong(f"{host[:80]!r} is no name of a host")
    if len(labels) == 1 or any(labels[-len(each.split(".")) :] == each.split(".") for each in INWARD):
        raise _wrong(f"{host} is a name of this machine or network", INSIDE)


def _wrong(why: str, hint: str = "") -> Invalid:
    return Invalid(f"this URL is no target for a hook: {why}{hint}", pointer="/url", rule="hook.target")
