"""The Authorization header of HTTP Basic. (RFC 7617; 1.0.3 Communication 4.0)"""

import base64
import binascii

from lrs.errors import Unauthorized

# A key and a secret are far shorter; what is longer is not worth decoding.
LONGEST = 4_096


def parse(header: str | None) -> tuple[str, str]:
    """Key and secret; a secret may hold colons, a key none. Unauthorized where there are none to be read."""
    if header is None:
        raise Unauthorized("this needs credentials: send an Authorization header of the form Basic")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "basic" or len(token) > LONGEST:
        raise Unauthorized("the Authorization header must be of the form Basic")
    try:
        key, colon, secret = base64.b64decode(token.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise Unauthorized("the Authorization header must hold key:secret in UTF-8 and Base64") from error
    if not colon:
        raise Unauthorized("the Authorization header must hold key:secret in UTF-8 and Base64")
    return key, secret
