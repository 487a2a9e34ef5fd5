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
VOIDING = Rule("a voiding statement must refer to the statement that it voids", "Data 2.3.2", "4.2.5")
TIMESTAMP = Rule("a timestamp is a time that exists, its offset not -00:00", "Data 4.5", "4.2.7")
SCORE = Rule("a score's min is less than its max, and raw lies between them", "Data 2.4.5.1", "4.2.2.4")
CONTEXT = Rule("revision and platform are only for a statement whose object is an Activity", "Data 2.4.6", "4.2.2.5")
COMPONENTS = Rule("the ids of the components of one list are distinct", "Data 2.4.4.1", "4.2.2.3")
ONE_EACH = Rule("a batch has each statement id once", "Communication 2.1.2", "4.1.6.1")
SINGLE = Rule("PUT stores a single statement, with the id that the parameter gives", "Communication 2.1.1", "4.1.6.1")
CONTENT_TYPE = Rule("statements come as application/json or multipart/mixed", "Communication 1.5", "4.1.3")
MULTIPART = Rule("multipart/mixed is what RFC 2046 says, statements first", "Communication 1.5.2", "4.1.3")
PART = Rule("each part after the first is the raw data of an attachment, with its hash", "Communication 1.5.2", "4.1.3")
ATTACHMENT = Rule("an attachment has a fileUrl or comes as a part with its sha2", "Communication 1.5", "4.1.3")
SIGNATURE = Rule("a signature is a JWS of the statement, by RS256, RS384 or RS512", "Data 2.6", "4.2.6")
