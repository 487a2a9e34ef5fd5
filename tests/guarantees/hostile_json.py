"""JSON: what is none, what could be two things, and numbers, strings and nests that others cannot hold."""
# ruff: noqa: E501 - a case is a line

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from tests.factories import body, statement
from tests.guarantees.hostile_inputs import BAD, OK, Input, named, post

GROUP: Final = "json"
WHOLE: Final = body(statement())
TOO_MUCH: Final = frozenset({400, 413})

Bodies = Mapping[str, tuple[Iterable[int], bytes | Callable[[], bytes]]]


def holding(value: bytes) -> bytes:
    """A statement with `value` in its extensions, as it is."""
    return WHOLE[:-1] + b',"result":{"extensions":{"http://x.org/e":' + value + b"}}}"


def keyed(key: bytes) -> bytes:
    """A statement with an object of one member in its extensions."""
    return holding(b'{"' + key + b'":1}')


def instead(old: bytes, new: bytes) -> bytes:
    return WHOLE.replace(old, new, 1)


BODIES: Final[Bodies] = {
    "nothing": (BAD, b""),
    "white space": (BAD, b" \r\n\t"),
    "NUL": (BAD, b"\0"),
    "null": (BAD, b"null"),
    "true": (BAD, b"true"),
    "a number": (BAD, b"1"),
    "a string": (BAD, b'"a"'),
    "an empty object": (BAD, b"{}"),
    "an array of null": (BAD, b"[null]"),
    "an array of numbers": (BAD, b"[1,2]"),
    "an array of arrays": (BAD, b"[" + b"[" + WHOLE + b"]" + b"]"),
    "an empty array": ({200, 400}, b"[]"),
    "cut off": (BAD, WHOLE[:-1]),
    "cut off in a string": (BAD, WHOLE[:30]),
    "text behind": (BAD, WHOLE + b"x"),
    "a second statement behind": (BAD, WHOLE + WHOLE),
    "lines of JSON": (BAD, WHOLE + b"\n" + WHOLE),
    "NUL behind": (BAD, WHOLE + b"\0"),
    "NUL before": (BAD, b"\0" + WHOLE),
    "a byte order mark": (BAD, b"\xef\xbb\xbf" + WHOLE),
    "UTF-16": (BAD, WHOLE.decode().encode("utf-16")),
    "UTF-16 without its mark": (BAD, WHOLE.decode().encode("utf-16-le")),
    "UTF-32": (BAD, WHOLE.decode().encode("utf-32")),
    "Latin-1": (BAD, holding('"é"'.encode("latin-1"))),
    "no-break space around": (BAD, "\u00a0".encode() + WHOLE),
    "form feed around": (BAD, b"\x0c" + WHOLE),
    "a comma behind the last member": (BAD, WHOLE[:-1] + b",}"),
    "a comma behind the last element": (BAD, b"[" + WHOLE + b",]"),
    "two commas": (BAD, instead(b",", b",,")),
    "no comma": (BAD, instead(b', "verb"', b' "verb"')),
    "no colon": (BAD, instead(b'"actor":', b'"actor"')),
    "single quotes": (BAD, WHOLE.replace(b'"', b"'")),
    "keys without quotes": (BAD, instead(b'"actor"', b"actor")),
    "a comment": (BAD, b"/* a */" + WHOLE),
    "a line comment": (BAD, WHOLE + b"// a"),
    "a hash": (BAD, b"#\n" + WHOLE),
    "Python": (BAD, holding(b"None")),
    "JSONP": (BAD, b"f(" + WHOLE + b")"),
    "the prefix against JSONP": (BAD, b")]}',\n" + WHOLE),
    "XML": (BAD, b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"),
    "YAML": (BAD, b"actor: {mbox: 'mailto:a@b.c'}"),
    "BSON": (BAD, b"\x16\x00\x00\x00\x02hello\x00\x06\x00\x00\x00world\x00\x00"),
    "MessagePack": (BAD, b"\x83\xa5actor\x80\xa4verb\x80\xa6object\x80"),
    "a form": (BAD, b"statement=" + WHOLE),
    "a record separator": (BAD, b"\x1e" + WHOLE),
    "white space around": (OK, b" \r\n\t" + WHOLE + b"\r\n "),
    "white space inside": (OK, WHOLE.replace(b": ", b" :\r\n\t ").replace(b", ", b"\n,\r ")),
    "an array of one": (OK, b" [ " + WHOLE + b" ] "),
}
STRINGS: Final[Bodies] = {
    "overlong UTF-8": (BAD, holding(b'"\xc0\xaf"')),
    "a surrogate in UTF-8": (BAD, holding(b'"\xed\xa0\x80"')),
    "half a character": (BAD, holding(b'"\xe2\x82"')),
    "beyond Unicode": (BAD, holding(b'"\xf4\x90\x80\x80"')),
    "0xFF": (BAD, holding(b'"\xff"')),
    "a lone high surrogate": (BAD, holding(b'"\\ud800"')),
    "a lone low surrogate": (BAD, holding(b'"\\udc00"')),
    "surrogates in the wrong order": (BAD, holding(b'"\\udc00\\ud800"')),
    "a lone surrogate in a key": (BAD, keyed(b"\\ud800")),
    "a lone surrogate in a name": (BAD, instead(b'"mbox"', b'"name": "\\udfff", "mbox"')),
    "NUL as it is": (BAD, holding(b'"\0"')),
    "a line end as it is": (BAD, holding(b'"a\nb"')),
    "a tab as it is": (BAD, holding(b'"a\tb"')),
    "an unknown escape": (BAD, holding(b'"\\x41"')),
    "an escape of three digits": (BAD, holding(b'"\\u041"')),
    "an escape of Arabic digits": (BAD, holding('"\\u٠٠٤١"'.encode())),
    "an escape in braces": (BAD, holding(b'"\\u{41}"')),
    "a backslash at the end": (BAD, holding(b'"a\\"')),
    "NUL escaped": (OK, holding(b'"\\u0000"')),
    "NUL escaped in a key": (OK, keyed(b"\\u0000")),
    "NUL escaped in a name": (OK, instead(b'"mbox"', b'"name": "a\\u0000b", "mbox"')),
    "all controls escaped": (OK, holding(b'"' + b"".join(b"\\u%04x" % number for number in range(32)) + b'"')),
    "a surrogate pair": (OK, holding(b'"\\ud83d\\ude00"')),
    "DEL and C1 as they are": (OK, holding('"\x7f\x80\x9f"'.encode())),
    "noncharacters": (OK, holding('"\ufffe\uffff\U0010ffff"'.encode())),
    "line separators": (OK, holding('"\u2028\u2029"'.encode())),
    "right to left": (OK, holding('"\u202e\u2066"'.encode())),
    "1,000 combining marks": (OK, holding(('"a' + "\u0301" * 1_000 + '"').encode())),
    "a byte order mark inside": (OK, holding('"\ufeff"'.encode())),
    "script": (OK, holding(b'"</script><script>alert(1)</script>"')),
    "SQL": (OK, holding(b'"\'; drop schema log cascade; --"')),
    "a format of Python": (OK, holding(b'"%s%n{0.__class__}"')),
    "an escaped slash": (OK, holding(b'"\\/"')),
    "escaped ASCII in a key of the standard": (OK, instead(b'"actor"', b'"\\u0061ctor"')),
    "an escaped contextActivities": (OK, WHOLE[:-1] + b',"context":{"\\u0063ontextActivities":{"parent":{"id":"http://x.org"}}}}'),
    "a string of 1 MB": (OK, lambda: holding(b'"' + b"a" * 1_000_000 + b'"')),
    "a string of 300,000 escapes": (OK, lambda: holding(b'"' + b"\\u0000" * 300_000 + b'"')),
}  # fmt: skip
NUMBERS: Final[Bodies] = {
    "NaN": (BAD, holding(b"NaN")),
    "Infinity": (BAD, holding(b"Infinity")),
    "-Infinity": (BAD, holding(b"-Infinity")),
    "leading zero": (BAD, holding(b"01")),
    "leading plus": (BAD, holding(b"+1")),
    "no digit before the point": (BAD, holding(b".5")),
    "no digit behind the point": (BAD, holding(b"5.")),
    "no digit in the exponent": (BAD, holding(b"1e")),
    "two points": (BAD, holding(b"1.2.3")),
    "two signs": (BAD, holding(b"--1")),
    "hexadecimal": (BAD, holding(b"0x1F")),
    "underscore": (BAD, holding(b"1_000")),
    "Arabic digits": (BAD, holding("١".encode())),
    "a fraction": (BAD, holding(b"1/2")),
    "bigint of JavaScript": (BAD, holding(b"1n")),
    "a minus alone": (BAD, holding(b"-")),
    "1e400": (OK, holding(b"1e400")),
    "-1e400": (OK, holding(b"-1e400")),
    "1e-400": (OK, holding(b"1e-400")),
    "1e131071": (OK, holding(b"1e131071")),
    "100 times 1e131071": (OK, holding(b"[" + b",".join([b"1e131071"] * 100) + b"]")),
    "1e999999999999999999999": (OK, holding(b"1e999999999999999999999")),
    "20,000 times 1e308": (OK, holding(b"[" + b",".join([b"1e308"] * 20_000) + b"]")),
    "2^64": (OK, holding(b"18446744073709551616")),
    "60 digits": (OK, holding(b"123456789012345678901234567890123456789012345678901234567890")),
    "5,000 digits": (OK, holding(b"9" * 5_000)),
    "5,000 digits negative": (OK, holding(b"-" + b"9" * 5_000)),
    "5,000 digits behind the point": (OK, holding(b"0." + b"3" * 5_000)),
    "1,000,000 digits": (OK, lambda: holding(b"7" * 1_000_000)),
    "100 numbers of 5,000 digits": (OK, holding(b"[" + b",".join([b"8" * 5_000] * 100) + b"]")),
    "5,000 digits in a string and outside": (OK, holding(b'["' + b"9" * 5_000 + b'\\"",' + b"9" * 5_000 + b"]")),
    "1.10": (OK, holding(b"1.10")),
    "1E2": (OK, holding(b"1E2")),
    "-0.0": (OK, holding(b"-0.0")),
    "-0": (OK, holding(b"-0")),
    "0e0": (OK, holding(b"0e0")),
    "1E+002": (OK, holding(b"1E+002")),
    "a score of 1e400": (BAD, WHOLE[:-1] + b',"result":{"score":{"raw":1e400}}}'),
    "a score of 1e308": (OK, WHOLE[:-1] + b',"result":{"score":{"raw":1e308,"min":-1e308,"max":1.7e308}}}'),
    "a score of 5,000 digits": (BAD, WHOLE[:-1] + b',"result":{"score":{"raw":' + b"9" * 5_000 + b"}}}"),
    "a scaled score of 1e0": (OK, WHOLE[:-1] + b',"result":{"score":{"scaled":1e0}}}'),
    "a scaled score of 1.0000000000000000000001": ({200, 400}, WHOLE[:-1] + b',"result":{"score":{"scaled":1.0000000000000000000001}}}'),
}  # fmt: skip
SHAPES: Final[Bodies] = {
    "the same key twice": (BAD, WHOLE[:-1] + b"," + WHOLE[1:]),
    "the same key twice, deep": (BAD, holding(b'{"a":1,"a":1}')),
    "the same key twice, once escaped": (BAD, holding(b'{"a":1,"\\u0061":1}')),
    "the same key twice, in an actor": (BAD, instead(b'"mbox":', b'"mbox": "mailto:x@y.z", "mbox":')),
    "the same key twice, empty": (BAD, holding(b'{"":1,"":1}')),
    "a key of __proto__": (OK, keyed(b"__proto__")),
    "a key of constructor": (OK, keyed(b"constructor")),
    "an empty key": (OK, keyed(b"")),
    "a key of $ne": (OK, keyed(b"$ne")),
    "keys that differ by case": (OK, holding(b'{"a":1,"A":1}')),
    "keys that differ by composition": (OK, holding('{"é":1,"e\u0301":1}'.encode())),
    "keys that are JSON Pointers": (OK, keyed(b"~1/~0%2f")),
    "100,000 members": (TOO_MUCH, lambda: holding(b"{" + b",".join(b'"%d":0' % n for n in range(100_000)) + b"}")),
    "1,000 objects of 1,000 members": (TOO_MUCH, lambda: holding(b"[" + b",".join([_members(1_000)] * 250) + b"]")),
    "500,000 zeros": (OK, lambda: holding(b"[" + b",".join([b"0"] * 500_000) + b"]")),
    "100,000 empty arrays": (OK, lambda: holding(b"[" + b",".join([b"[]"] * 100_000) + b"]")),
    "100,000 empty objects": (OK, lambda: holding(b"[" + b",".join([b"{}"] * 100_000) + b"]")),
    "arrays 255 deep": (BAD, holding(b"[" * 255 + b"]" * 255)),
    "arrays 1,024 deep": (BAD, holding(b"[" * 1_024 + b"]" * 1_024)),
    "arrays 100,000 deep": (BAD, holding(b"[" * 100_000 + b"]" * 100_000)),
    "arrays 1,000,000 deep that do not end": (BAD, lambda: holding(b"[" * 1_000_000)),
    "objects 255 deep": (BAD, holding(b'{"a":' * 255 + b"1" + b"}" * 255)),
    "objects 100,000 deep": (BAD, holding(b'{"a":' * 100_000 + b"1" + b"}" * 100_000)),
    "a batch of 100,000 zeros": (TOO_MUCH, lambda: b"[" + b",".join([b"0"] * 100_000) + b"]"),
    "a batch of 100,000 empty objects": (TOO_MUCH, lambda: b"[" + b",".join([b"{}"] * 100_000) + b"]"),
    "a batch 100,000 deep": (BAD, lambda: b"[" * 100_000 + b"]" * 100_000),
}


def _members(count: int) -> bytes:
    return b"{" + b",".join(b'"k%d":0' % number for number in range(count)) + b"}"


def every() -> Iterator[Input]:
    for kind, bodies in (("body", BODIES), ("string", STRINGS), ("number", NUMBERS), ("shape", SHAPES)):
        for name, (expected, content) in bodies.items():
            yield post(GROUP, f"{kind}: {name}", expected, content)
    yield post(GROUP, "string: NUL escaped, 1.0.3", OK, holding(b'"\\u0000"'), version="1.0.3")
    yield post(GROUP, "shape: the same key twice, 1.0.3", BAD, holding(b'{"a":1,"a":1}'), version="1.0.3")


INPUTS: Final = named(GROUP, every())
