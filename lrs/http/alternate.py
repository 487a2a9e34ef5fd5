"""The alternate request syntax: a POST whose form carries method, headers, parameters and content of another request.

1.0.3 alone has it (Communication 1.3). The 2.0 text dropped it, and there `method` is a parameter like any unknown one.
"""

from collections.abc import Mapping
from typing import Final

from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from lrs.errors import Invalid
from lrs.http import body, params
from lrs.http.keys import CARRIED, Carried
from lrs.xapi import versions
from lrs.xapi.parameters import Pairs
from lrs.xapi.versions import Version

PARAGRAPH: Final = "1.0.3 Communication 1.3"
FORM: Final = "application/x-www-form-urlencoded"
METHODS: Final = ("GET", "HEAD", "PUT", "POST", "DELETE")
VERSION: Final = "X-Experience-API-Version"
CONTENT: Final = "content"
# These speak of the form and not of what it carries.
OF_THE_FORM: Final = ("Content-Type", "Content-Length", "Content-Encoding", "Transfer-Encoding")
HEADERS: Final = {
    name.lower(): name
    for name in ("Authorization", VERSION, "Content-Type", "Content-Length", "If-Match", "If-None-Match")
}


def is_used(request: web.Request) -> bool:
    """Whether this is a POST with a `method` in its query, in whatever version."""
    return request.method == "POST" and any(name == "method" for name, _ in params.read(request))


async def unfold(request: web.Request) -> web.Request:
    """The request that the form stands for, to be handled in place of `request`; else Invalid."""
    if request.headers.get(VERSION) is not None and _version(request.headers) is not Version.V1_0_3:
        raise Invalid("there is no parameter 'method' in xAPI 2.0", rule="alternate-request-syntax")
    method = _method(params.read(request))
    if request.content_type != FORM:
        raise _refused(f"with a method in the query, the body must be a form ({FORM})")
    form = _once(params.parse(await body.read(request)))
    headers = _headers(request, form)
    if _version(headers) is not Version.V1_0_3:
        raise _refused("only xAPI 1.0.x has this syntax: give an X-Experience-API-Version of 1.0.x")
    try:
        unfolded = request.clone(method=method, headers=headers, rel_url=URL(request.rel_url.raw_path, encoded=True))
    except UnicodeEncodeError as error:
        raise _refused("the headers must be UTF-8") from error
    parameters = tuple((name, value) for name, value in form.items() if not _is_special(name))
    unfolded[CARRIED] = Carried(_content(method, form), parameters)
    return unfolded


def _version(headers: Mapping[str, str]) -> Version | None:
    return versions.choose(headers.get(VERSION))


def _method(query: Pairs) -> str:
    """The intended method, the only parameter of the query."""
    others = [name for name, _ in query if name != "method"]
    if others or len(query) > 1:
        raise _refused("beside one method, parameters belong in the form and not in the query")
    method = query[0][1]
    if method not in METHODS:
        raise _refused(f"the method must be one of {', '.join(METHODS)}")
    return method


def _once(form: Pairs) -> Mapping[str, str]:
    names = [HEADERS.get(name.lower(), name) for name, _ in form]
    if len(set(names)) < len(names):
        raise _refused("a form parameter may be given once")
    return dict(form)


def _headers(request: web.Request, form: Mapping[str, str]) -> CIMultiDict[str]:
    """The headers of the intended request: those of the form in place of those of the POST."""
    headers = CIMultiDict(request.headers)
    for name in OF_THE_FORM:
        headers.pop(name, None)
    headers["Content-Type"] = "application/json"
    for name, value in form.items():
        if name.lower() in HEADERS:
            headers[HEADERS[name.lower()]] = value
    return headers


def _content(method: str, form: Mapping[str, str]) -> bytes:
    """What the intended request sends: PUT and POST something, the others nothing."""
    content = form.get(CONTENT)
    if method in ("PUT", "POST"):
        if content is None:
            raise _refused(f"a {method} needs the form parameter 'content'")
        return content.encode()
    if content is not None:
        raise _refused(f"a {method} has no content")
    return b""


def _is_special(name: str) -> bool:
    return name == CONTENT or name.lower() in HEADERS


def _refused(detail: str) -> Invalid:
    return Invalid(detail, rule="alternate-request-syntax", paragraph=PARAGRAPH)
