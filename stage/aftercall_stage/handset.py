"""A phone in a pocket that gets text messages, and remembers every one."""

import re
from dataclasses import dataclass, field

LINK = re.compile(r"https?://\S+")


@dataclass
class Handset:
    number: str
    texts: list[str] = field(default_factory=list)

    def got(self, text: str) -> None:
        self.texts.append(text)

    @property
    def link(self) -> str:
        """The link in the newest message that has one; "" when none has."""
        return next((found[0].rstrip(".") for text in reversed(self.texts) if (found := LINK.search(text))), "")

    @property
    def code(self) -> str:
        """The four words behind the link's #."""
        return self.link.partition("#")[2]
