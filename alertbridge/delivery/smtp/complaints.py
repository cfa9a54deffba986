"""Whom a mail server's refusal is about: us, the recipient's address, or the mail.

Sources: RFC 5321, section 4.2; RFC 3463, RFC 7372 and IANA's registry of enhanced status codes; where these
are silent, the texts of the servers that the table in the tests names. Many servers, Postfix and Exim among
them, refuse a client, its HELO or its sender only at RCPT TO, so the command alone says little there.
"""

import re
from dataclasses import dataclass
from enum import Enum, StrEnum

_LONGEST_TEXT = 4000
_CLOSING = 421
_PERMANENT = 5


class Step(StrEnum):
    """What the server replied to."""

    GREETING = "connect"
    HELLO = "EHLO"
    TLS = "STARTTLS"
    LOGIN = "AUTH"
    SENDER = "MAIL FROM"
    RECIPIENT = "RCPT TO"
    CONTENT = "DATA"
    END = "end of DATA"


class About(Enum):
    """Whom or what a refusal is about, and for what is about us, why."""

    HELLO = "set `hello` under `smtp:` to a name of this host that DNS knows"
    RELAY = "let the server relay mail from this host, or set `user` and `password_file` under `smtp:`"
    TLS = "check `port` and `starttls` under `smtp:`"
    LOGIN = "check `user` and `password_file` under `smtp:`"
    SENDER = "check `from` under `smtp:`, and whether the server lets this host send for that domain"
    CLIENT = "check the reverse DNS of this host, and whether a block list has its address"
    PACE = "let the server take more mails from this host"
    SERVER = "check `host` and `port` under `smtp:`, and the log of the server"
    ADDRESS = "address"
    MESSAGE = "message"
    UNCLEAR = "unclear"

    @property
    def is_us(self) -> bool:
        """Whether it is about us, so that no mail goes through; `value` is the next step then."""
        return self not in (About.ADDRESS, About.MESSAGE, About.UNCLEAR)


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's reply: a number of three digits and some text; -1 where it replied nothing of the sort."""

    code: int
    text: str

    @property
    def is_good(self) -> bool:
        """Whether the server does as asked."""
        return self.code // 100 == 2  # noqa: PLR2004 - RFC 5321: positive completion


def about(step: Step, reply: Reply) -> About:
    """Return whom a *reply* is about that refuses *step*.

    An address is condemned only by words or a code that say so, and none that are about us; a mail only after
    the server could see it, or for its size. What is not understood is unclear.
    """
    said = _Said.of(reply)
    us = _about_us(said)
    if step in _BY_STEP or said.code == _CLOSING:
        return us if us is not About.UNCLEAR else _BY_STEP.get(step, About.SERVER)
    if _ONE_RECIPIENT.search(said.text) or re.fullmatch(r"7\.1\d\d", said.detail):
        return About.UNCLEAR
    if step is Step.END and said.is_permanent and _CONTENT.search(said.text) and not _HOST.search(said.text):
        return About.MESSAGE
    if us is not About.UNCLEAR or not said.is_permanent:
        return us
    if said.speaks_of_address(step):
        return About.ADDRESS
    return About.MESSAGE if said.speaks_of_size_or_form() else About.UNCLEAR


def may_depend_on_recipient(step: Step, reply: Reply) -> bool:
    """Return whether the server may say otherwise to a mail for another recipient."""
    has_heard_it = step in (Step.RECIPIENT, Step.CONTENT, Step.END)
    return has_heard_it and reply.code != _CLOSING and about(step, reply) is not About.PACE


@dataclass(frozen=True, slots=True)
class _Said:
    """A reply taken apart: *detail* is its enhanced status code without the class, such as "7.1"."""

    code: int
    is_permanent: bool
    detail: str
    text: str

    @classmethod
    def of(cls, reply: Reply) -> "_Said":
        text = " ".join(reply.text[:_LONGEST_TEXT].split()).lower()
        enhanced = re.match(rf"#?{_ENHANCED}", text) or re.search(rf"\(#{_ENHANCED}", text)  # as qmail has it
        # An address or a name that the server repeats is not what it says
        own_words = re.sub(r"<[^<>]*>|[^\s@]{1,64}@[^\s@]{1,255}", "<>", text)
        kind, detail = enhanced.groups() if enhanced else ("", "")
        is_permanent = reply.code // 100 == _PERMANENT and kind in ("", str(_PERMANENT))
        return cls(reply.code, is_permanent, detail, own_words)

    def speaks_of_address(self, step: Step) -> bool:
        if step is not Step.RECIPIENT:  # of the header's, perhaps
            return self.detail in _ADDRESS_CODES_LATE
        if self.detail == "4.1":  # Exchange Online, of an address that is not in its directory
            return "recipient address rejected" in self.text
        return (
            self.code == _NO_MAIL_THERE
            or self.detail in _ADDRESS_CODES
            or _ADDRESS.search(self.text) is not None
        )

    def speaks_of_size_or_form(self) -> bool:
        is_known = self.detail in _MESSAGE_CODES or self.detail.startswith("6.")
        return is_known or _SIZE.search(self.text) is not None


def _about_us(said: _Said) -> About:
    for pattern, codes, details, cause in _CAUSES:
        if said.code in codes or said.detail in details or pattern.search(said.text):
            return cause
    return About.UNCLEAR


_ENHANCED = r"([245])\.(\d{1,3}\.\d{1,3})(?![\d.])"
_BY_STEP = {
    Step.GREETING: About.SERVER,
    Step.HELLO: About.HELLO,
    Step.TLS: About.TLS,
    Step.LOGIN: About.LOGIN,
    Step.SENDER: About.SENDER,
}
_NO_MAIL_THERE = 556  # RFC 7504: of the recipient's domain
# 5.2.2, a full mailbox, is not among them: it may be emptied
_ADDRESS_CODES = ("1.1", "1.2", "1.3", "1.6", "1.10", "2.1")
_ADDRESS_CODES_LATE = ("1.1", "1.10", "2.1")
_MESSAGE_CODES = ("3.4", "2.3")
_SENDER_CODES = ("1.7", "1.8", *(f"7.{number}" for number in (*range(20, 25), 26, 27, 60, 509)))
_CLIENT_CODES = ("7.25", "7.511", *(f"7.{number}" for number in range(600, 800)))
_CAUSES: tuple[tuple[re.Pattern[str], tuple[int, ...], tuple[str, ...], About], ...] = tuple(
    (re.compile("|".join(patterns)), codes, details, cause)
    for patterns, codes, details, cause in (
        ((r"\b(?:helo|ehlo)\b",), (), (), About.HELLO),
        (
            (r"(?<![\w.-])relay(?:ing|ed)?(?![\w-]|\.\w| recipient table)", r"\brcpthosts\b"),
            (),
            ("7.54", "7.64"),
            About.RELAY,
        ),
        (
            (
                r"\bstarttls\b",
                r"\b(?:tls|ssl|encryption|encrypted)\b.{0,40}\b(?:required?|needed|must|first)\b",
                r"\b(?:must|requires?)\b.{0,40}\b(?:tls|ssl|encryption|encrypted)\b",
            ),
            (523,),
            ("7.10", "7.11"),
            About.TLS,
        ),
        (
            (
                r"\bsender\b.{0,40}\b(?:reject|verif|denied|deny|invalid|unknown|not |refus|block|ban)",
                r"\b(?:reject|invalid|verif|unknown|bad)\w*\b.{0,20}\bsender\b",
                r"\b(?:return|reply|from|sending|envelope|originating)[- ](?:path|address|domain)\b",
                r"\bsend as\b|\b(?:spf|dkim|dmarc)\b|\bdomain of sender|\bbadmailfrom\b|\bunauthenticated\b",
            ),
            (),
            _SENDER_CODES,
            About.SENDER,
        ),
        (
            (
                r"\bauth(?:entication|enticate|orization)?\b.{0,40}\b(?:required|needed|first|failed)\b",
                r"\bnot authenticated\b|\blog ?in (?:first|required)\b|\byour account\b",
                r"\b(?:please|must)\b.{0,20}\b(?:authenticate|log ?in)\b",
            ),
            (530, 534, 535, 538),
            ("7.8", "7.9", "7.57"),
            About.LOGIN,
        ),
        (
            (
                r"\bclient host\b|\bblocked using\b|\b(?:black|block|deny)[- ]?list|\b(?:dns|r)bl\b",
                r"\bspam(?:haus|cop)\b|\breverse[- ](?:dns|host|mapping|lookup)|\bptr\b|\brdns\b",
                r"\breputation\b|\bbanned\b|\b(?:your|sending) (?:ip|host|network|server)\b|\bip address\b",
                r"\bfrom this (?:ip|host|network)\b",
            ),
            (),
            _CLIENT_CODES,
            About.CLIENT,
        ),
        (
            (
                r"\btoo (?:many (?!hops|recipients|received)|fast|frequent|much mail)",
                r"\brate[- ]?limit|\bthrottl|\bserver (?:is )?(?:too )?busy\b",
                r"\bexceed(?:ed|s)? .{0,40}\b(?:rate|hour|minute)",
            ),
            (),
            (),
            About.PACE,
        ),
        (
            (
                r"\bbad sequence\b|\badministrative(?:ly)? prohibit",
                r"\bnot accepting (?:any )?(?:e?mail|messages)\b",
            ),
            (503, 521),
            ("3.2", "3.5"),
            About.SERVER,
        ),
    )
)
_ONE_RECIPIENT = re.compile(r"\breceiving (?:e?mail|messages) (?:at|too)\b|\bgr[ea]y-?list")
# Not "invalid recipient": OpenSMTPD says it where it does not relay, too
_ADDRESS = re.compile(
    r"\b(?:unknown|no such|unrouteable|undeliverable|non-?existent)"
    r" (?:local |e-?mail |destination )?(?:user|recipient|address|mailbox|account|alias|person|local-?part)\b"
    r"|\bno mailbox\b|\bbad (?:recipient|destination)\b"
    r"|\b(?:user|recipient|address|mailbox|account|alias|person)(?: <>)?:?(?: is| was)?"
    r" (?:unknown|not (?:found|known|local)|does(?: not|n't) exist|disabled|inactive)\b"
    r"|\bdoes(?: not|n't) have an? (?:e?mail )?account\b"
)
_SIZE = re.compile(
    r"\b(?:message|mail|content|data)\b.{0,40}\b(?:too long|size|exceeds)\b|\btoo (?:large|big)\b"
)
_CONTENT = re.compile(
    r"\b(?:spam(?!haus|cop)|unsolicited|virus|malware|infected|phish|contents?\b|attachment|uribl|surbl|junk)"
    r"|\b(?:message|e?mail)\b.{0,20}\b(?:rejected|refused|blocked|denied|not accepted)\b"
)
_HOST = re.compile(r"\bclient host\b|\bblocked using\b|\b(?:your|sending) ip\b|\bip address\b")
