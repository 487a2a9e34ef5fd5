"""Which form of an answer a client takes, by its header Accept: the first that is there. (RFC 9110 12.5.1)"""

from collections.abc import Mapping
from typing import TypeVar

from lrs.errors import NotAcceptable

T = TypeVar("T")


def chosen(accept: str, types: Mapping[str, T]) -> T:
    """The form of the first type that is accepted, the first of all where nothing is said or anything will do.

    NotAcceptable names the types that there are. Weights are passed over.
    """
    wanted = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    for each in filter(None, wanted):
        begins = each.removesuffix("*") if each.endswith("/*") else None
        for type_, form in types.items():
            if each in (type_, "*/*") or (begins and type_.startswith(begins)):
                return form
    usual = next(iter(types))
    if not any(wanted) or any(each.endswith("+json") for each in wanted):
        return types[usual]
    raise NotAcceptable(
        f"this is told as {', '.join(types)}, and not as {accept[:80]!r}: ask for one of these by Accept, or leave it"
        f" out for {usual}",
        rule="accept",
    )
