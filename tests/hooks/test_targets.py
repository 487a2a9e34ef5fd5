"""Where hooks may connect to: nowhere inside, however it is written, whatever a name server says. (W-08, W-09, W-11)"""

import asyncio
import datetime as dt
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lrs.errors import CannotStart, Invalid
from lrs.hooks import targets
from lrs.hooks.targets import Allow
from lrs.hooks.webhooks.endpoint import Endpoint
from tests.hooks import sinks
from tests.hooks.sinks import Sink

NOTHING = Allow()
PUBLIC = "93.184.215.14"

# 40 forms of what lies inside. In some the port of a canary stands, which counts its connections.
FORMS = (
    "https://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}/",
    "https://0.0.0.0:{port}/",
    "https://[::1]:{port}/",
    "https://[::]:{port}/",
    "https://[::ffff:127.0.0.1]:{port}/",
    "https://[::ffff:7f00:1]:{port}/",
    "https://[::127.0.0.1]:{port}/",
    "https://2130706433:{port}/",
    "https://0177.0.0.1:{port}/",
    "https://0x7f.0.0.1:{port}/",
    "https://0x7f000001:{port}/",
    "https://127.1:{port}/",
    "https://127.0.1:{port}/",
    "https://127.0.0.1.:{port}/",
    "https://localhost:{port}/",
    "https://localhost.:{port}/",
    "https://LOCALHOST:{port}/",
    "https://canary.localhost:{port}/",
    "https://127.0.0.2:{port}/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[fd00:ec2::254]/latest/meta-data/",
    "https://metadata.google.internal/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://172.31.255.254/",
    "https://192.168.0.1/",
    "https://100.64.0.1/",
    "https://[fe80::1]/",
    "https://[fe80::1%25lo]/",
    "https://[fec0::1]/",
    "https://[64:ff9b::7f00:1]:{port}/",
    "https://[64:ff9b:1::a00:1]/",
    "https://[2002:7f00:1::]:{port}/",
    "https://224.0.0.1/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/",
    "unix:///var/run/docker.sock",
    "https://user:password@example.org/",
    "https://example.org@127.0.0.1:{port}/",
    "https://example.org:22/",
    "https://example.org:5432/",
    "https://example.org:6379/",
    "https://example.org\\@127.0.0.1:{port}/",
    "https://１２７.0.0.1:{port}/",
    "https://example.org/ https://127.0.0.1/",
    "https://255.255.255.255/",
    "//127.0.0.1:{port}/",
)


@pytest.fixture(scope="module")
async def canary() -> AsyncIterator[Sink]:
    """A port that counts whoever comes near."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Say nothing."""

    async with sinks.raw(answer) as sink:
        yield sink


class Names(AbstractResolver):
    """A name server that says one thing after the other, the last for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in found
        ]

    async def close(self) -> None:
        """There is nothing to close."""


def test_there_are_forty_forms() -> None:
    """W-08."""
    assert len(set(FORMS)) >= 40


@pytest.mark.parametrize("form", FORMS)
async def test_a_target_inside_is_refused_twice(canary: Sink, form: str) -> None:
    """W-08: at registration and again at connect, with no connection at the canary."""
    url = form.format(port=canary.port)
    before = canary.connections
    with pytest.raises(Invalid) as refusal:
        await targets.verify(url, NOTHING, Names([PUBLIC]))
    assert refusal.value.rule == "hook.target"
    endpoint = Endpoint(url, NOTHING, resolver=Names([PUBLIC]))
    answer = await endpoint.post(b"{}", {})
    await endpoint.aclose()
    assert answer.status is None
    assert answer.error
    assert canary.connections == before


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "fd00:ec2::254",
        "64:ff9b::7f00:1",
        "0.0.0.0",
    ],
)
async def test_a_name_that_leads_inside_is_refused(address: str) -> None:
    """W-08: even if another of its addresses is public."""
    with pytest.raises(Invalid, match="this URL is no target"):
        await targets.verify("https://example.org/", NOTHING, Names([PUBLIC, address]))
    endpoint = Endpoint("https://example.org/", NOTHING, resolver=Names([address, PUBLIC]))
    answer = await endpoint.post(b"{}", {})
    await endpoint.aclose()
    assert answer.error is not None
    assert " is " in answer.error


@pytest.mark.parametrize(
    "url",
    [f"https://{PUBLIC}/", "https://example.org/a?b=c", "https://example.org:8443/", "https://[2606:4700::1111]/"],
)
async def test_a_public_target_is_taken(url: str) -> None:
    await targets.verify(url, NOTHING, Names([PUBLIC]))


async def test_a_name_server_that_changes_its_mind_gains_nothing(canary: Sink) -> None:
    """W-09: public when it is checked, inside when it is looked up again: 0 connections in 1,000."""
    before, names = canary.connections, Names([PUBLIC], ["127.0.0.1"])
    url = "https://rebound.example.org:8443/"
    await targets.verify(url, NOTHING, names)
    for _ in range(1_000):
        gate = targets.Gate(NOTHING, names)
        with pytest.raises(targets.Barred):
            await gate.resolve("rebound.example.org", canary.port)
    endpoint = Endpoint(url, NOTHING, resolver=names)
    answers = [await endpoint.post(b"{}", {}) for _ in range(20)]
    await endpoint.aclose()
    assert all("127.0.0.1 is an address of this machine" in str(answer.error) for answer in answers)
    assert canary.connections == before


async def test_the_address_that_is_checked_is_the_one_that_is_connected_to(canary: Sink) -> None:
    """W-09: a resolver that lets everything pass is stopped by the gate of sockets."""

    class Blind(targets.Gate):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
        ) -> list[ResolveResult]:
            return await Names(["127.0.0.1"]).resolve(host, port)

    gate = Blind(NOTHING)
    before = canary.connections
    with pytest.raises(targets.Barred):
        gate.socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", canary.port)))
    assert canary.connections == before


async def test_what_is_allowed_is_reached() -> None:
    async with sinks.sink() as sink:
        for allowed in ("127.0.0.0/8", "127.0.0.1"):
            endpoint = Endpoint(sink.url, Allow.parse([allowed]))
            assert (await endpoint.post(b"{}", {})).is_success
            await endpoint.aclose()
        named = Endpoint(f"http://sink.example.org:{sink.port}/", Allow.parse([f"sink.example.org:{sink.port}"]),
                         resolver=Names(["127.0.0.1"]))  # fmt: skip
        assert (await named.post(b"{}", {})).is_success
        await named.aclose()


async def test_an_allowed_name_allows_no_other_port(canary: Sink) -> None:
    endpoint = Endpoint(
        f"http://sink.example.org:{canary.port}/", Allow.parse(["sink.example.org:1"]), resolver=Names(["127.0.0.1"])
    )
    assert (await endpoint.post(b"{}", {})).status is None
    await endpoint.aclose()


@pytest.mark.parametrize("entry", ["nonsense", "host:", "host:0", "host:99999", "10.0.0.0/33", "https://x.org"])
def test_a_wrong_entry_stops_the_start(entry: str) -> None:
    with pytest.raises(CannotStart, match="LRS_HOOK_ALLOW"):
        Allow.parse([entry])


SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
    key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
)  # fmt: skip


class Authority:
    """One who signs certificates of servers on 127.0.0.1."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
        self.file = folder / "ca.pem"
        made = self._certificate(self.name, self.key, is_authority=True)
        self.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def _certificate(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, *, is_authority: bool = False, expired: bool = False,
        host: str = "127.0.0.1", own: bool = False,
    ) -> x509.Certificate:  # fmt: skip
        signer = key if own else self.key
        now = dt.datetime.now(dt.UTC)
        end = now - dt.timedelta(days=1) if expired else now + dt.timedelta(days=1)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name if own else self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=2))
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False)
            # Since Python 3.13 what RFC 5280 asks for is looked at.
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        )
        if is_authority:
            builder = builder.add_extension(SIGNS_CERTIFICATES, critical=True)
        return builder.sign(signer, hashes.SHA256())

    def server(self, *, expired: bool = False, host: str = "127.0.0.1", own: bool = False) -> ssl.SSLContext:
        """The TLS of a server with a certificate of this kind."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        made = self._certificate(name, key, expired=expired, host=host, own=own)
        file = self.folder / "server.pem"
        file.write_bytes(
            made.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(file)
        return context


async def ask(context: ssl.SSLContext, ca_file: Path) -> tuple[int | None, str | None]:
    """What a hook is answered by a server with this TLS: the status, or the error."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    endpoint = Endpoint(
        f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/", sinks.LOOPBACK, ca_file=str(ca_file)
    )
    answered = await endpoint.post(b"{}", {})
    await endpoint.aclose()
    server.close()
    return answered.status, answered.error


async def test_a_good_certificate_is_taken(tmp_path: Path) -> None:
    """W-11."""
    authority = Authority(tmp_path)
    assert await ask(authority.server(), authority.file) == (204, None)


async def test_bad_certificates_are_refused(tmp_path: Path) -> None:
    """W-11: expired, self-signed, of another host."""
    authority = Authority(tmp_path)
    for context in (authority.server(expired=True), authority.server(own=True), authority.server(host="127.0.0.9")):
        status, error = await ask(context, authority.file)
        assert status is None
        assert "certificate verify failed" in str(error).lower()


async def test_old_tls_is_refused(tmp_path: Path) -> None:
    """W-11: TLS 1.0 and 1.1."""
    authority = Authority(tmp_path)
    assert targets.tls(str(authority.file)).minimum_version == ssl.TLSVersion.TLSv1_2
    context = authority.server()
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLS"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLS"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    status, error = await ask(context, authority.file)
    assert status is None
    assert "TLS" in str(error) or "SSL" in str(error)


def test_a_missing_file_of_authorities_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="LRS_HOOK_CA_FILE"):
        targets.tls(str(tmp_path / "missing.pem"))
