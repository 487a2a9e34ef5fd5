"""How large and how deep a request may be. Every limit is a setting and is shown by /about."""

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes, unless said otherwise. `depth` counts nested arrays and objects, `keys` the members of one object."""

    json_bytes: int = 10 * 1024 * 1024
    batch: int = 10_000
    document_bytes: int = 10 * 1024 * 1024
    attachment_bytes: int = 25 * 1024 * 1024
    request_bytes: int = 100 * 1024 * 1024
    depth: int = 64
    key_bytes: int = 1024
    iri_bytes: int = 4096
    parameter_bytes: int = 8192
    keys: int = 1_000


DEFAULT = Limits()
