"""What mail servers say when they refuse something, in their own words, and whom it is about.

The texts are those of the servers' sources and manuals, and of reports by their users; names and addresses
are made up. A line break stands between the lines of one reply.
"""

from dataclasses import dataclass

from alertbridge.delivery.smtp.complaints import About, Step


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reply of a *server* to a step."""

    server: str
    step: Step
    code: int
    text: str
    about: About

    def __str__(self) -> str:
        return f"{self.server}-{self.step}-{self.code} {self.text[:40]}"

    @property
    def lines(self) -> str:
        """The reply as it is sent, but for its end."""
        *earlier, last = self.text.split("\n")
        return "\r\n".join([*(f"{self.code}-{line}" for line in earlier), f"{self.code} {last}"])


_R = Refusal
_GREETING, _HELLO, _TLS, _LOGIN, _SENDER = Step.GREETING, Step.HELLO, Step.TLS, Step.LOGIN, Step.SENDER
_RCPT, _DATA, _END = Step.RECIPIENT, Step.CONTENT, Step.END

POSTFIX = [
    _R(
        "Postfix", _RCPT, 504, "5.5.2 <vm>: Helo command rejected: need fully-qualified hostname", About.HELLO
    ),
    _R("Postfix", _RCPT, 450, "4.7.1 <vm.lan>: Helo command rejected: Host not found", About.HELLO),
    _R("Postfix", _RCPT, 501, "5.5.2 <v_m>: Helo command rejected: Invalid name", About.HELLO),
    _R("Postfix", _RCPT, 554, "5.7.1 <ann@example.org>: Relay access denied", About.RELAY),
    _R("Postfix", _RCPT, 454, "4.7.1 <ann@example.org>: Relay access denied", About.RELAY),
    _R(
        "Postfix",
        _RCPT,
        554,
        "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org; "
        "https://www.spamhaus.org/query/ip/192.0.2.1",
        About.CLIENT,
    ),
    _R(
        "Postfix", _RCPT, 554, "5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied", About.CLIENT
    ),
    _R(
        "Postfix",
        _RCPT,
        450,
        "4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]",
        About.CLIENT,
    ),
    _R("Postfix", _RCPT, 450, "4.7.1 Client host rejected: cannot find your reverse hostname", About.CLIENT),
    _R(
        "Postfix",
        _RCPT,
        550,
        "5.1.8 <alerts@mg.example.org>: Sender address rejected: Domain not found",
        About.SENDER,
    ),
    _R(
        "Postfix",
        _RCPT,
        450,
        "4.1.8 <alerts@mg.example.org>: Sender address rejected: Domain not found",
        About.SENDER,
    ),
    _R(
        "Postfix",
        _RCPT,
        553,
        "5.7.1 <a@example.org>: Sender address rejected: not owned by user bridge",
        About.SENDER,
    ),
    _R("Postfix", _SENDER, 530, "5.7.0 Must issue a STARTTLS command first", About.TLS),
    _R("Postfix", _RCPT, 530, "5.7.0 Must issue a STARTTLS command first", About.TLS),
    _R("Postfix", _SENDER, 530, "5.7.0 Authentication required", About.LOGIN),
    _R("Postfix", _LOGIN, 535, "5.7.8 Error: authentication failed: authentication failure", About.LOGIN),
    _R("Postfix", _LOGIN, 454, "4.7.0 Temporary authentication failure: Connection lost", About.LOGIN),
    _R("Postfix", _RCPT, 503, "5.5.1 Error: need MAIL command", About.SERVER),
    _R("Postfix", _HELLO, 502, "5.5.2 Error: command not recognized", About.HELLO),
    _R("Postfix", _TLS, 454, "4.7.0 TLS not available due to local problem", About.TLS),
    _R(
        "Postfix",
        _GREETING,
        421,
        "4.7.0 mx.example.org Error: too many connections from 192.0.2.1",
        About.PACE,
    ),
    _R("Postfix", _RCPT, 450, "4.7.1 Error: too much mail from 192.0.2.1", About.PACE),
    _R("Postfix", _RCPT, 421, "4.7.0 mx.example.org Error: too many errors", About.PACE),
    _R("Postfix", _RCPT, 421, "4.3.2 mx.example.org Service shutting down", About.SERVER),
    _R(
        "Postfix",
        _RCPT,
        450,
        "4.2.0 <ann@example.org>: Recipient address rejected: Greylisted",
        About.UNCLEAR,
    ),
    _R(
        "Postfix",
        _RCPT,
        451,
        "4.3.5 <ann@example.org>: Server configuration error",
        About.SERVER,
    ),
    _R("Postfix", _RCPT, 452, "4.3.1 Insufficient system storage", About.UNCLEAR),
    _R("Postfix", _RCPT, 451, "4.3.0 <ann@example.org>: Temporary lookup failure", About.UNCLEAR),
    _R("Postfix", _RCPT, 452, "4.2.2 <ann@example.org>: Mailbox full", About.UNCLEAR),
    _R(
        "Postfix",
        _RCPT,
        552,
        "5.2.2 <ann@example.org>: Recipient address rejected: Quota exceeded",
        About.UNCLEAR,
    ),
    _R(
        "Postfix",
        _RCPT,
        554,
        "5.7.1 <ann@example.org>: Recipient address rejected: Access denied",
        About.UNCLEAR,
    ),
    _R(
        "Postfix",
        _RCPT,
        450,
        "4.1.1 <ann@example.org>: Recipient address rejected: unverified address",
        About.UNCLEAR,
    ),
    _R(
        "Postfix",
        _RCPT,
        450,
        "4.1.2 <ann@example.org>: Recipient address rejected: Domain not found",
        About.UNCLEAR,
    ),
    _R(
        "Postfix",
        _RCPT,
        550,
        "5.1.1 <ann@example.org>: Recipient address rejected: User unknown in local recipient table",
        About.ADDRESS,
    ),
    _R(
        "Postfix",
        _RCPT,
        550,
        "5.1.1 <ann@example.org>: Recipient address rejected: User unknown in relay recipient table",
        About.ADDRESS,
    ),
    _R("Postfix", _RCPT, 501, "5.1.3 Bad recipient address syntax", About.ADDRESS),
    _R(
        "Postfix",
        _RCPT,
        556,
        "5.1.10 <ann@example.org>: Recipient address rejected: Domain example.org does not accept mail",
        About.ADDRESS,
    ),
    _R(
        "Postfix",
        _DATA,
        554,
        "5.7.1 <DATA>: Data command rejected: Improper use of pipelining",
        About.UNCLEAR,
    ),
    _R("Postfix", _DATA, 554, "5.5.1 Error: no valid recipients", About.UNCLEAR),
    _R("Postfix", _END, 552, "5.3.4 Message size exceeds fixed limit", About.MESSAGE),
    _R("Postfix", _END, 550, "5.7.1 message content rejected", About.MESSAGE),
    _R("Postfix", _END, 451, "4.3.0 Error: queue file write error", About.UNCLEAR),
    _R("Postfix", _END, 554, "5.4.0 Error: too many hops", About.UNCLEAR),
]

EXIM = [
    _R("Exim", _HELLO, 501, "Syntactically invalid HELO argument(s)", About.HELLO),
    _R("Exim", _HELLO, 550, "Access denied - Invalid HELO name (See RFC2821 4.1.1.1)", About.HELLO),
    _R("Exim", _RCPT, 550, "relay not permitted", About.RELAY),
    _R("Exim", _RCPT, 550, "Administrative prohibition", About.SERVER),
    _R("Exim", _SENDER, 501, "<alerts>: sender address must contain a domain", About.SENDER),
    _R("Exim", _RCPT, 550, "Sender verify failed", About.SENDER),
    _R(
        "Exim",
        _RCPT,
        550,
        "Verification failed for <alerts@mg.example.org>\nCalled:   192.0.2.7\n"
        "Sent:     RCPT TO:<alerts@mg.example.org>\nResponse: 550 5.1.1 User unknown\n"
        "Sender verify failed",
        About.SENDER,
    ),
    _R("Exim", _RCPT, 550, "Callout verification failed:\n550 5.7.1 policy", About.UNCLEAR),
    _R("Exim", _RCPT, 550, "Callout verification failed:\n550 No Such User Here", About.ADDRESS),
    _R("Exim", _RCPT, 451, "Could not complete sender verify callout", About.SENDER),
    _R("Exim", _RCPT, 451, "Could not complete recipient verify callout", About.UNCLEAR),
    _R("Exim", _RCPT, 451, "Temporary local problem - please try later", About.UNCLEAR),
    _R("Exim", _RCPT, 550, "Unrouteable address", About.ADDRESS),
    _R("Exim", _RCPT, 550, "Unknown user", About.ADDRESS),
    _R("Exim", _RCPT, 501, "ann@: malformed address", About.UNCLEAR),
    _R("Exim", _RCPT, 503, "sender not yet given", About.SENDER),
    _R("Exim", _DATA, 503, "Valid RCPT command must precede DATA", About.SERVER),
    _R("Exim", _GREETING, 421, "Too many concurrent SMTP connections; please try again later.", About.PACE),
    _R("Exim", _SENDER, 530, "SMTP authentication is required.", About.LOGIN),
    _R("Exim", _RCPT, 550, "192.0.2.1 is listed at zen.spamhaus.org (127.0.0.4)", About.CLIENT),
    _R("Exim", _END, 552, "Message size exceeds maximum permitted", About.MESSAGE),
    _R("Exim", _END, 550, "This message was classified as SPAM and may not be delivered", About.MESSAGE),
    _R("Exim", _END, 550, "Administrative prohibition", About.SERVER),
]

OPENSMTPD = [
    # Of an unknown user, and as well where no rule of smtpd.conf matches (lka_session.c): it does not relay
    _R("OpenSMTPD", _RCPT, 550, "Invalid recipient: <ann@example.org>", About.UNCLEAR),
    _R("OpenSMTPD", _RCPT, 524, "5.2.4 Mailing list expansion problem", About.UNCLEAR),
    _R("OpenSMTPD", _SENDER, 530, "5.7.0 Invalid command: Must issue a STARTTLS command first", About.TLS),
    _R("OpenSMTPD", _SENDER, 530, "5.7.0 Invalid command: Must issue an AUTH command first", About.LOGIN),
    _R("OpenSMTPD", _RCPT, 503, "5.5.1 Invalid command: Command out of sequence", About.SERVER),
    _R("OpenSMTPD", _RCPT, 421, "4.3.0 Temporary Error", About.SERVER),
    _R("OpenSMTPD", _LOGIN, 535, "Authentication failed", About.LOGIN),
    _R("OpenSMTPD", _END, 554, "5.3.4 Message too big", About.MESSAGE),
]

EXCHANGE = [
    _R("Exchange", _RCPT, 550, "5.7.1 Unable to relay", About.RELAY),
    _R("Exchange", _RCPT, 550, "5.7.54 SMTP; Unable to relay recipient in non-accepted domain", About.RELAY),
    _R("Exchange", _RCPT, 550, "5.7.64 TenantAttribution; Relay Access Denied", About.RELAY),
    _R("Exchange", _RCPT, 550, "5.4.1 Relay Access Denied", About.RELAY),
    _R(
        "Exchange",
        _END,
        550,
        "5.7.60 SMTP; Client does not have permissions to send as this sender",
        About.SENDER,
    ),
    _R(
        "Exchange",
        _SENDER,
        530,
        "5.7.57 SMTP; Client was not authenticated to send anonymous mail",
        About.LOGIN,
    ),
    _R("Exchange", _SENDER, 530, "5.7.1 Client was not authenticated", About.LOGIN),
    _R(
        "Exchange",
        _LOGIN,
        535,
        "5.7.139 Authentication unsuccessful, basic authentication is disabled.",
        About.LOGIN,
    ),
    _R("Exchange", _RCPT, 550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", About.ADDRESS),
    _R("Exchange", _END, 550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", About.ADDRESS),
    _R(
        "Exchange",
        _RCPT,
        550,
        "5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; sender not authenticated",
        About.UNCLEAR,
    ),
    _R("Exchange", _RCPT, 452, "4.3.1 Insufficient system resources", About.UNCLEAR),
    _R("Exchange", _SENDER, 421, "4.3.2 Service not active", About.SERVER),
    _R(
        "Exchange",
        _RCPT,
        550,
        "5.3.4 SMTPSEND.OverSize; message size exceeds maximum",
        About.MESSAGE,
    ),
    _R(
        "Exchange Online",
        _RCPT,
        550,
        "5.4.1 Recipient address rejected: Access denied. AS(201806281) [FR1.prod.protection.outlook.com]",
        About.ADDRESS,
    ),
    _R("Exchange Online", _RCPT, 550, "5.7.606 Access denied, banned sending IP [192.0.2.1]", About.CLIENT),
    _R(
        "Exchange Online",
        _RCPT,
        550,
        "5.7.708 Access denied, traffic not accepted from this IP",
        About.CLIENT,
    ),
    _R(
        "Exchange Online",
        _RCPT,
        550,
        "5.7.23 Rejected because of Sender Policy Framework violation",
        About.SENDER,
    ),
    _R(
        "Exchange Online",
        _END,
        550,
        "5.7.509 Access denied, sending domain does not pass DMARC",
        About.SENDER,
    ),
    _R(
        "Exchange Online",
        _RCPT,
        451,
        "4.7.500 Server busy. Please try again later from [192.0.2.1].",
        About.PACE,
    ),
    _R(
        "Exchange Online",
        _RCPT,
        451,
        "4.7.650 The mail server [192.0.2.1] has been temporarily rate limited",
        About.CLIENT,
    ),
    _R(
        "Outlook.com",
        _SENDER,
        550,
        "5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your provider "
        "since part of their network is on our block list (S3140).",
        About.CLIENT,
    ),
    _R("Outlook.com", _RCPT, 550, "5.5.0 Requested action not taken: mailbox unavailable", About.UNCLEAR),
]

OTHERS = [
    _R("Sendmail", _RCPT, 550, "5.7.1 <ann@example.org>... Relaying denied", About.RELAY),
    _R(
        "Sendmail",
        _RCPT,
        550,
        "5.7.1 <ann@example.org>... Relaying denied. Proper authentication required.",
        About.RELAY,
    ),
    _R(
        "Sendmail",
        _SENDER,
        553,
        "5.1.8 <a@mg.example.org>... Domain of sender address does not exist",
        About.SENDER,
    ),
    _R(
        "Sendmail",
        _SENDER,
        553,
        "5.5.4 <alerts>... Domain name required for sender address alerts",
        About.SENDER,
    ),
    _R("Sendmail", _SENDER, 503, "5.0.0 Polite people say HELO first", About.HELLO),
    _R("Sendmail", _RCPT, 550, "5.1.1 <ann@example.org>... User unknown", About.ADDRESS),
    _R("Sendmail", _RCPT, 550, "5.0.0 <ann@example.org>... User unknown", About.ADDRESS),
    _R(
        "Sendmail",
        _RCPT,
        550,
        "5.1.2 <ann@example.org>... Host unknown (Name server: host not found)",
        About.ADDRESS,
    ),
    _R("Sendmail", _RCPT, 551, "5.7.1 User not local; please try <ann@example.net>", About.ADDRESS),
    _R(
        "Sendmail",
        _RCPT,
        550,
        "5.2.1 <ann@example.org>... Mailbox disabled for this recipient",
        About.ADDRESS,
    ),
    _R("Sendmail", _RCPT, 452, "4.4.5 Insufficient disk space; try again later", About.UNCLEAR),
    _R("qmail", _RCPT, 553, "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", About.RELAY),
    _R("qmail", _RCPT, 553, "sorry, your envelope sender is in my badmailfrom list (#5.7.1)", About.SENDER),
    _R("qmail", _RCPT, 550, "sorry, no mailbox here by that name. (#5.1.1)", About.ADDRESS),
    _R("qmail", _RCPT, 550, "Invalid recipient <ann@example.org> (#5.1.1)", About.ADDRESS),
    _R("qmail", _END, 552, "sorry, that message size exceeds my databytes limit (#5.3.4)", About.MESSAGE),
    _R(
        "Gmail",
        _RCPT,
        550,
        "5.1.1 The email account that you tried to reach does not exist. Please try\n"
        "5.1.1 double-checking the recipient's email address for typos or\n5.1.1 unnecessary spaces. - gsmtp",
        About.ADDRESS,
    ),
    _R("Gmail", _RCPT, 550, "5.2.1 The email account that you tried to reach is inactive.", About.ADDRESS),
    _R(
        "Gmail",
        _RCPT,
        550,
        "5.2.1 The user you are trying to contact is receiving mail at a rate that\n"
        "5.2.1 prevents additional messages from being delivered.",
        About.UNCLEAR,
    ),
    _R("Gmail", _RCPT, 452, "4.2.2 The recipient's inbox is out of storage space.", About.UNCLEAR),
    _R(
        "Gmail",
        _RCPT,
        552,
        "5.2.2 The recipient's inbox is out of storage space and inactive.",
        About.UNCLEAR,
    ),
    _R(
        "Gmail",
        _END,
        550,
        "5.7.1 [192.0.2.1      12] Our system has detected that this is\n5.7.1 likely unsolicited mail. "
        "To reduce the amount of spam sent to Gmail,\n5.7.1 this message has been blocked.",
        About.MESSAGE,
    ),
    _R(
        "Gmail",
        _END,
        550,
        "5.7.26 Unauthenticated email from mg.example.org is not accepted due to\n5.7.26 DMARC policy.",
        About.SENDER,
    ),
    _R(
        "Gmail",
        _END,
        550,
        "5.7.25 The IP address sending this message does not have a PTR record setup, or the\n"
        "5.7.25 corresponding forward DNS entry does not point to the sending IP.",
        About.CLIENT,
    ),
    _R(
        "Gmail",
        _END,
        550,
        "5.7.1 Our system has detected an unusual rate of unsolicited mail originating from your IP address.",
        About.CLIENT,
    ),
    _R("Gmail", _SENDER, 530, "5.7.0 Must issue a STARTTLS command first. - gsmtp", About.TLS),
    _R("Gmail", _SENDER, 530, "5.7.0 Authentication Required. For more information, go to", About.LOGIN),
    _R("Gmail", _LOGIN, 534, "5.7.9 Application-specific password required.", About.LOGIN),
    _R(
        "Gmail",
        _END,
        552,
        "5.7.0 This message was blocked because its content presents a potential\n5.7.0 security issue.",
        About.MESSAGE,
    ),
    _R("Amavis", _END, 554, "5.7.0 Reject, id=12345-01 - spam", About.MESSAGE),
    _R("Amavis", _END, 554, "5.7.0 Reject, id=12345-01 - INFECTED: Eicar-Test-Signature", About.MESSAGE),
    _R("Rspamd", _END, 554, "5.7.1 Spam message rejected", About.MESSAGE),
    _R("Rspamd", _END, 451, "4.7.1 Try again later", About.UNCLEAR),
    _R("Rspamd", _END, 451, "4.7.1 Greylisted, please try again later", About.UNCLEAR),
    _R("Rspamd", _END, 451, '4.7.1 Ratelimit "user" exceeded', About.PACE),
    _R("Cisco ESA", _RCPT, 550, "#5.1.0 Address rejected.", About.UNCLEAR),
    _R(
        "Cisco ESA",
        _RCPT,
        550,
        "#5.7.1 Your access to submit messages has been rejected.",
        About.UNCLEAR,
    ),
    _R(
        "Mimecast",
        _RCPT,
        550,
        "Invalid Recipient - https://community.mimecast.com/docs/DOC-1369#550",
        About.UNCLEAR,
    ),
    _R("any", _RCPT, 550, "No such user", About.ADDRESS),
    _R("any", _RCPT, 550, "Return address does not exist", About.SENDER),
    _R("any", _RCPT, 550, "The from address is unknown", About.SENDER),
    _R("any", _RCPT, 550, "No address found for host vm", About.UNCLEAR),
    _R("any", _RCPT, 503, "bad sequence of commands", About.SERVER),
    _R("any", _GREETING, 521, "mx.example.org does not accept mail", About.SERVER),
    _R("any", _GREETING, 554, "5.7.1 Client host [192.0.2.1] blocked using bl.spamcop.net", About.CLIENT),
    _R("any", _GREETING, -1, "", About.SERVER),
    _R("any", _RCPT, 550, "", About.UNCLEAR),
    _R("any", _RCPT, 550, "Rejected", About.UNCLEAR),
    _R("any", _RCPT, 550, "4.1.1 unverified address", About.UNCLEAR),
    _R("any", _RCPT, 550, "Benutzer hat sein Kontingent \u00fcberschritten \u2709", About.UNCLEAR),
    _R(
        "any",
        _RCPT,
        550,
        "5.1.1 \u043f\u043e\u043b\u044c\u0437\u043e\u0432\u0430\u0442\u0435\u043b\u044c",
        About.ADDRESS,
    ),
    _R("any", _RCPT, 299, "5.1.1 what", About.UNCLEAR),
    _R("any", _RCPT, 355, "go on", About.UNCLEAR),
    _R("any", _RCPT, 550, "<relay@helo.example.org>: no", About.UNCLEAR),
    _R("any", _RCPT, 550, "relay1.example.org: 5.1.1 said so", About.UNCLEAR),
    _R("any", _END, 550, "No such user", About.UNCLEAR),
    _R("any", _END, 550, "5.1.1 User unknown", About.ADDRESS),
    _R("any", _END, 550, "5.1.3 Invalid address in header", About.UNCLEAR),
    _R("any", _END, 554, "Transaction failed", About.UNCLEAR),
    _R("any", _END, 554, "5.6.0 Invalid header found", About.MESSAGE),
    _R("any", _END, 452, "4.3.1 Insufficient system storage", About.UNCLEAR),
]

REFUSALS = [*POSTFIX, *EXIM, *OPENSMTPD, *EXCHANGE, *OTHERS]
