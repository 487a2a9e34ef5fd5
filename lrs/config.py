"""Settings: each LRS_* variable with its default, its unit and its meaning.

They are read once, at the start. What is wrong or unknown stops it with its name, its value and what was expected.
"""

import dataclasses
import difflib
import functools
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, Literal, TypeVar, get_args, get_origin, get_type_hints

from lrs.xapi import limits, query

PREFIX: Final = "LRS_"

# Kubernetes sets these for a service called `lrs`; they are not ours. So is every value that begins with tcp://.
KUBERNETES: Final = re.compile(r"LRS_(.+_)?(SERVICE_.+|PORT_\d+_(TCP|UDP|SCTP)(_.+)?)")

T = TypeVar("T")


class Wrong(ValueError):
    """A setting that cannot be used: the text has its name, its value and what was expected."""


def setting(default: T, meaning: str, *, least: float = 0, secret: bool = False) -> T:
    """A field of Settings: its default and what it means; numbers have a least value, secrets are never shown."""
    metadata = {"meaning": meaning, "least": least, "secret": secret}
    return dataclasses.field(default=default, metadata=metadata, repr=not secret)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting. The variable of `page_size` is LRS_PAGE_SIZE; lists are separated by commas."""

    # Where
    host: str = setting("127.0.0.1", "address to listen on")
    port: int = setting(8080, "port to listen on; 0 takes a free one")
    workers: int = setting(0, "processes that serve HTTP; 0 takes one for every two processor cores")
    tls: Literal["off", "proxy"] = setting(
        "off", "who ends TLS: `proxy`, or nobody (`off`), which is allowed on a loopback address only"
    )
    data_dir: Path = setting(Path("var"), "folder of the embedded PostgreSQL, pepper and keys")  # noqa: RUF009
    database_url: str = setting("", "PostgreSQL to use in place of the embedded one", secret=True)
    followers: bool = setting(
        True, "whether `serve` runs the followers too, in two processes of lower priority; else `lrs follow` does"
    )
    follow_source: Literal["log", "kafka"] = setting(
        "log", "where facts are followed: the log, by one process, or Kafka, by all processes of a group"
    )

    # Who
    api_key: str = setting("", "key of the first credential; made when there is none of that key")
    api_secret: str = setting("", "its secret", secret=True)
    admin_user: str = setting("", "name of the first administrator; made when there is no user of that name")
    admin_password: str = setting("", "the administrator's password", secret=True)
    pepper: str = setting("", "secret that credentials are hashed with; else the file", secret=True)
    pepper_file: str = setting("", "file of the pepper; else `pepper` in the data directory, made on first start")
    authority_homepage: str = setting(
        "http://localhost:8080", "homePage of the account that is the authority of what a credential sends"
    )
    sign_in_failures: int = setting(
        20, "wrong secrets a minute from one address for one key, then 429; 0 sets no bound"
    )
    rate_limit: float = setting(0.0, "requests a second and credential, over all workers; 0 sets no limit")
    rate_burst: int = setting(100, "requests that one credential may send at once within its rate", least=1)
    cors_origins: tuple[str, ...] = setting((), "origins whose pages may call the LRS, such as https://lms.example.org")
    cors_loopback: bool = setting(False, "whether pages from localhost and 127.0.0.1, at any port, may call the LRS")

    # xAPI
    xapi_assumed_version: Literal["1.0.3", "2.0.0"] = setting(
        "2.0.0", "version that an answer claims when the request has no version header"
    )
    page_size: int = setting(100, "statements on a page at most, and where no limit is asked for", least=1)
    more_seconds: int = setting(query.MORE_SECONDS, "how long a `more` link is good for", least=1)

    # Limits
    limit_json_bytes: int = setting(limits.DEFAULT.json_bytes, "JSON of one request: bytes", least=1)
    limit_batch: int = setting(limits.DEFAULT.batch, "statements in one request", least=1)
    limit_document_bytes: int = setting(limits.DEFAULT.document_bytes, "one document: bytes", least=1)
    limit_attachment_bytes: int = setting(limits.DEFAULT.attachment_bytes, "one attachment: bytes", least=1)
    limit_request_bytes: int = setting(
        limits.DEFAULT.request_bytes, "one whole request, also when decompressed: bytes", least=1
    )
    limit_depth: int = setting(limits.DEFAULT.depth, "nesting of JSON: levels", least=1)
    limit_key_bytes: int = setting(limits.DEFAULT.key_bytes, "key of a JSON object: bytes", least=1)
    limit_iri_bytes: int = setting(limits.DEFAULT.iri_bytes, "one IRI: bytes", least=1)
    limit_parameter_bytes: int = setting(limits.DEFAULT.parameter_bytes, "one query parameter: bytes", least=1)
    limit_keys: int = setting(limits.DEFAULT.keys, "keys of one JSON object", least=1)
    quarantine_bytes: int = setting(100 * 2**20, "refused bodies kept for one credential: bytes")
    quarantine_days: int = setting(30, "how long a refused body is kept: days", least=1)

    # Time, all in seconds
    header_seconds: float = setting(10.0, "from the first byte of a request to the end of its headers", least=0.05)
    body_grace_seconds: float = setting(10.0, "how long a body may come slower than LRS_BODY_RATE", least=0.05)
    body_rate: int = setting(1_000, "bytes a second that a body must come with after the grace", least=1)
    body_seconds: float = setting(300.0, "from the headers to the end of the body", least=0.05)
    answer_seconds: float = setting(30.0, "from the last byte of the body to the answer", least=0.05)
    keepalive_seconds: float = setting(120.0, "how long an idle connection is kept", least=1)
    write_statement_seconds: float = setting(5.0, "one SQL command that writes", least=0.05)
    read_statement_seconds: float = setting(20.0, "one SQL query", least=0.05)
    lock_seconds: float = setting(2.0, "waiting for a lock in the database", least=0.05)
    queue_seconds: float = setting(1.0, "how old the append queue may be before new work is sent away", least=0.05)
    drain_seconds: float = setting(5.0, "at a stop: still served while readiness is already false")
    finish_seconds: float = setting(20.0, "at a stop, after the drain: for requests to finish")

    # Load
    in_flight: int = setting(1_000, "requests that one worker handles at once; more get 503", least=1)
    queue_size: int = setting(20_000, "statements that one worker holds waiting for an append", least=1)
    event_streams: int = setting(
        400, "readers of events who stay (streams, long polls) that one worker takes; more get 503", least=1
    )
    pool_size: int = setting(10, "connections to the database of one worker", least=2)
    projection_bytes: int = setting(
        0, "memory, about, that a process of projections or a rebuild holds: bytes; 0 takes a quarter of what there is"
    )

    # Hooks
    hook_allow: tuple[str, ...] = setting(
        (), "targets of hooks that are allowed though they are not public HTTPS: networks, addresses, host:port"
    )
    hook_ca_file: str = setting("", "file of certificate authorities (PEM) that hooks trust beside the system's")
    hook_failing_days: float = setting(30.0, "a webhook to which nothing was delivered for so long is disabled: days")
    hook_log_days: int = setting(14, "how long the deliveries of hooks are kept: days", least=1)
    reconcile_secret: str = setting("", "secret for the other LRS, for `lrs reconcile` alone", secret=True)

    # Kafka
    kafka_servers: tuple[str, ...] = setting((), "brokers of Apache Kafka, each host:port; none: nothing is relayed")
    kafka_prefix: str = setting("daybook.", "what the name of each store's topic begins with")
    kafka_partitions: int = setting(6, "partitions of a topic that the relay makes", least=1)
    kafka_replication: int = setting(0, "copies of a topic that the relay makes; 0 takes the brokers' default")
    kafka_group: str = setting("daybook", "the group of those who follow from Kafka")
    kafka_max_bytes: int = setting(1_000_000, "one record: bytes; a larger event is parked", least=1_000)
    kafka_compression: Literal["none", "gzip"] = setting("none", "how records are packed")
    kafka_acks: Literal["all"] = setting("all", "who must have a record before it counts as sent; less would lose some")
    kafka_retries: int = setting(1_000_000, "how often a record is sent again; none would lose some", least=1)
    kafka_in_flight: int = setting(5, "requests under way to a broker, 5 at most; more would lose the order", least=1)
    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = setting(
        "PLAINTEXT", "how brokers are spoken to"
    )
    kafka_sasl: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = setting(
        "SCRAM-SHA-512", "how we sign in at brokers, where the security has SASL in its name"
    )
    kafka_user: str = setting("", "our name at the brokers")
    kafka_password: str = setting("", "our password at the brokers", secret=True)
    kafka_ca_file: str = setting("", "certificates (PEM) of who vouches for the brokers; else those of the system")
    kafka_certificate_file: str = setting("", "our certificate (PEM), where brokers ask for one")
    kafka_key_file: str = setting("", "its key (PEM)")

    # What is told
    log_level: Literal["debug", "info", "warning", "error"] = setting("info", "least level of what is logged")
    access_log: bool = setting(False, "whether each request is logged, without its query")

    @functools.cached_property
    def limits(self) -> limits.Limits:
        """What one request may hold."""
        return limits.Limits(**{name: getattr(self, f"limit_{name}") for name in limits.Limits.__struct_fields__})

    def __post_init__(self) -> None:
        if bool(self.api_key) != bool(self.api_secret):
            raise Wrong("LRS_API_KEY and LRS_API_SECRET belong together: set both or neither")
        if bool(self.admin_user) != bool(self.admin_password):
            raise Wrong("LRS_ADMIN_USER and LRS_ADMIN_PASSWORD belong together: set both or neither")
        if self.follow_source == "kafka" and not self.kafka_servers:
            raise Wrong("LRS_FOLLOW_SOURCE=kafka: LRS_KAFKA_SERVERS must name the brokers")
        if self.kafka_in_flight > 5:
            raise Wrong(f"LRS_KAFKA_IN_FLIGHT={self.kafka_in_flight}: expected 1 to 5, for more would lose the order")
        if not re.fullmatch(r"[A-Za-z0-9._-]{0,100}", self.kafka_prefix):
            raise Wrong(f"LRS_KAFKA_PREFIX={self.kafka_prefix}: expected letters, digits and . _ -, at most 100")
        if self.kafka_security.startswith("SASL") and not (self.kafka_user and self.kafka_password):
            raise Wrong("LRS_KAFKA_USER and LRS_KAFKA_PASSWORD are needed where LRS_KAFKA_SECURITY has SASL")
        if bool(self.kafka_certificate_file) != bool(self.kafka_key_file):
            raise Wrong("LRS_KAFKA_CERTIFICATE_FILE and LRS_KAFKA_KEY_FILE belong together: set both or neither")
        if "*" in self.cors_origins:
            raise Wrong("LRS_CORS_ORIGINS=*: expected a list of origins, such as https://lms.example.org")


def read(environment: Mapping[str, str], **given: object) -> Settings:
    """Settings of the `environment`, save for those `given` (by field name; None is as if not given)."""
    known = {variable(field): field for field in dataclasses.fields(Settings)}
    values: dict[str, object] = {}
    for name, text in sorted(_ours(environment)):
        if name not in known:
            raise Wrong(_unknown(name, text, known))
        values[known[name].name] = _value(known[name], text)
    values |= {name: value for name, value in given.items() if value is not None}
    return Settings(**values)  # type: ignore[arg-type]


def variable(field: "dataclasses.Field[object]") -> str:
    """The name of a setting in the environment."""
    return PREFIX + field.name.upper()


def _ours(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, text in environment.items():
        if name.startswith(PREFIX) and not text.startswith("tcp://") and not KUBERNETES.fullmatch(name):
            yield name, text


def _unknown(name: str, text: str, known: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else "see deploy/README.md for those that there are"
    # The value may be a secret under a misspelt name.
    return f"{name}={'…' if text else ''}: there is no such setting; {hint}"


def _value(field: "dataclasses.Field[object]", text: str) -> object:
    kind = get_type_hints(Settings)[field.name]
    try:
        if get_origin(kind) is Literal:
            return _choice(text, get_args(kind))
        return _number(PARSERS[kind](text), field.metadata["least"])
    except ValueError as wrong:
        shown = "…" if field.metadata["secret"] else text
        raise Wrong(f"{variable(field)}={shown}: expected {wrong}; it means: {field.metadata['meaning']}") from None


def _choice(text: str, choices: tuple[str, ...]) -> str:
    if text not in choices:
        raise ValueError("one of " + ", ".join(choices))
    return text


def _number(value: object, least: float) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool) and value < least:
        raise ValueError(f"a number from {least:g}")
    return value


def _int(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,15}", text):
        raise ValueError("a whole number")
    return int(text)


def _float(text: str) -> float:
    if not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,9})?", text):
        raise ValueError("a number such as 2 or 0.5")
    return float(text)


def _bool(text: str) -> bool:
    words = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
    if text.lower() not in words:
        raise ValueError("true or false")
    return words[text.lower()]


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


PARSERS: Final[Mapping[object, Callable[[str], object]]] = {
    str: str,
    int: _int,
    float: _float,
    bool: _bool,
    Path: Path,
    tuple[str, ...]: _list,
}
