"""Rules: their words, their paragraphs in both texts, and the Invalid that says which one was broken."""

import msgspec

from lrs.errors import Invalid
from lrs.xapi.versions import Version


class Rule(msgspec.Struct, frozen=True):
    """A rule in one short sentence, with its paragraph in 1.0.3 and in 2.0."""

    words: str
    old: str
    new: str

    def of(self, version: Version) -> str:
        """Its paragraph in that version."""
        return self.old if version is Version.V1_0_3 else self.new

    def broken(self, version: Version, detail: str, pointer: str = "") -> Invalid:
        """What to raise when the rule was broken at `pointer` of the body (RFC 6901; "" is the whole)."""
        return Invalid(detail, pointer=pointer, rule=self.words, paragraph=version.paragraph(self.old, self.new))


JSON = Rule("the body must be JSON in UTF-8, each property once", "Data 2.2; Communication 3.2", "4.1.5; 4.2.1")
LIMIT = Rule("a request must keep to the limits of this server", "Communication 3.2", "4.2.4.1")
TYPES = Rule("each property has the type that its table gives", "Data 2.2", "4.2.1")
IFI = Rule("an Agent has exactly one of mbox, mbox_sha1sum, openid and account", "Data 2.4.2.1", "4.2.2.1")
