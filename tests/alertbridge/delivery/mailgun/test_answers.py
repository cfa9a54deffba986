import json
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertbridge.delivery.mailer import (
    Accepted,
    Ambiguous,
    MessageRefused,
    NotSent,
    Outcome,
    RecipientRefused,
    TransportPaused,
)
from alertbridge.delivery.mailgun.answers import Answer, outcome_of
from alertbridge.delivery.quoting import quoted

NOW = 1_700_000_000.0
ALMOST_DATES = st.text() | st.from_regex(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d.*")
LIMIT = "Domain mg.example.org is not allowed to send: request limit exceeded"


def meaning(status: int, said: object, headers: dict[str, str] | None = None) -> Outcome:
    body = (
        said.encode()
        if isinstance(said, str)
        else said
        if isinstance(said, bytes)
        else json.dumps(said).encode()
    )
    return outcome_of(Answer(status=status, headers=headers or {}, body=body), now_unix_seconds=NOW)


def until(seconds_from_now: float) -> str:
    return formatdate(NOW + seconds_from_now, usegmt=True)


def test_a_queued_message_with_an_id_is_accepted():
    outcome = meaning(200, {"id": "<1@mg.example.org>", "message": "Queued. Thank you."})

    assert outcome == Accepted(provider_id="<1@mg.example.org>")


@pytest.mark.parametrize(
    "said",
    [
        *["", "OK", "<html>Welcome</html>", "[]", "null", "Queued. Thank you.", b"\xff\xfe", "[" * 60_000],
        *[{"message": "Queued. Thank you."}, {"id": "", "message": "Queued. Thank you."}],
        *[{"id": "<1@b>"}, {"id": "<1@b>", "message": "Thank you."}, {"id": 7, "message": "Queued."}],
        '{"id": "<1@b>", "message": "Queued. Th',
    ],
)
def test_any_other_200_leaves_open_whether_the_mail_was_sent(said):
    assert isinstance(meaning(200, said), Ambiguous)


def test_the_greeting_of_the_api_means_a_wrong_address():
    outcome = meaning(200, "Mailgun Magnificent API")

    assert outcome == TransportPaused(
        reason="Mailgun said 200: Mailgun Magnificent API; check `domain` and `base_url` under `mailgun:`"
    )


@pytest.mark.parametrize(
    ("status", "said", "reason"),
    [
        (
            401,
            "Forbidden",
            "Mailgun said 401: Forbidden; check `api_key_file` under `mailgun:`, and `region`: "
            "a key of the EU site is unknown to the US one",
        ),
        (402, "", "Mailgun said 402: nothing; check the account's plan and payment at Mailgun"),
        (
            403,
            {"message": "Domain mg.example.org is not allowed to send: not allowed to send large batches"},
            "Mailgun said 403: Domain mg.example.org is not allowed to send: "
            "not allowed to send large batches; "
            "check at Mailgun that the account, the domain and this key may send",
        ),
        (
            404,
            {"message": "Domain not found: mg.example.org"},
            "Mailgun said 404: Domain not found: mg.example.org; "
            "check `domain` and `region` under `mailgun:`: a domain of the EU site is unknown to the US one",
        ),
        (405, "", "Mailgun said 405: nothing; check `base_url` under `mailgun:`"),
        (407, "", "Mailgun said 407: nothing; check the proxy's credentials in this service's environment"),
        (301, "", "Mailgun said 301: nothing; check `base_url` under `mailgun:`, which points elsewhere"),
        (
            400,
            {"message": "'from' parameter is not a valid address. please check documentation"},
            "Mailgun said 400: 'from' parameter is not a valid address. please check documentation; "
            "check `from` and `domain` under `mailgun:`",
        ),
        (
            400,
            {"message": "The domain is unverified and requires DNS configuration."},
            "Mailgun said 400: The domain is unverified and requires DNS configuration.; "
            "check `from` and `domain` under `mailgun:`",
        ),
    ],
)
def test_what_no_mail_could_pass_pauses_sending_and_names_the_next_step(status, said, reason):
    assert meaning(status, said) == TransportPaused(reason=reason)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "'to' parameter is not a valid address. please check documentation"),
        (400, "to parameter is not a valid address. please check documentation"),
        (
            403,
            "Domain sandbox1.mailgun.org is not allowed to send: Sandbox subdomains are for test "
            "purposes only. Please add your own domain or add the address to authorized recipients "
            "in Account Settings.",
        ),
    ],
)
def test_a_recipient_that_mailgun_does_not_take_is_refused_alone(status, message):
    assert isinstance(meaning(status, {"message": message}), RecipientRefused)


@pytest.mark.parametrize("status", [400, 406, 411, 413, 415, 422, 431])
def test_any_other_refusal_concerns_the_message(status):
    assert meaning(status, {"message": "no"}) == MessageRefused(reason=f"Mailgun said {status}: no")


def test_a_request_that_came_too_slowly_was_not_sent():
    assert meaning(408, "") == NotSent(reason="Mailgun said 408: nothing")


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599, 101, 999])
def test_a_failure_at_mailgun_leaves_open_whether_the_mail_was_sent(status):
    assert meaning(status, "<html>Bad") == Ambiguous(reason=f"Mailgun said {status}: <html>Bad")


@pytest.mark.parametrize("status", [429, 420])
@pytest.mark.parametrize(
    ("headers", "message", "for_seconds"),
    [
        ({}, LIMIT, None),
        ({"Retry-After": "30"}, LIMIT, 30.0),
        ({"retry-after": " 30 "}, LIMIT, 30.0),
        ({"Retry-After": until(90)}, LIMIT, 90.0),
        ({"X-RateLimit-Reset": str(int(NOW) + 45)}, LIMIT, 45.0),
        ({}, f"{LIMIT}, try again after {until(120).replace('GMT', 'UTC')}", 120.0),
        ({"Retry-After": "30"}, f"{LIMIT}, try again after {until(120)}", 120.0),
        ({"Retry-After": "0"}, LIMIT, 1.0),
        ({}, f"{LIMIT}, try again after {until(-86_400)}", 1.0),
        ({"Retry-After": until(-5)}, LIMIT, 1.0),
        ({"Retry-After": "86400"}, LIMIT, 3600.0),
        ({"X-RateLimit-Reset": "9" * 15}, LIMIT, 3600.0),
        ({}, f"{LIMIT}, try again after Fri, 31 Dec 9999 23:59:59 UTC", 3600.0),
        ({"Retry-After": "soon", "X-RateLimit-Reset": "-1"}, LIMIT, None),
        ({}, f"{LIMIT}, try again after Mon, 99 Xyz 2021 99:99:99 UTC", None),
        ({"Retry-After": "nan"}, "", None),
    ],
)
def test_a_limit_pauses_sending_for_as_long_as_is_said(status, headers, message, for_seconds):
    outcome = meaning(status, {"message": message}, headers)

    assert isinstance(outcome, TransportPaused)
    assert outcome.for_seconds == for_seconds


@given(
    st.integers(100, 999),
    st.binary() | st.text().map(lambda text: json.dumps({"message": text}).encode()),
    st.dictionaries(st.sampled_from(["Retry-After", "X-RateLimit-Reset"]), ALMOST_DATES),
)
def test_every_answer_means_something_that_fits_on_a_line(status, body, headers):
    outcome = outcome_of(Answer(status=status, headers=headers, body=body), now_unix_seconds=NOW)

    if not isinstance(outcome, Accepted):
        assert outcome.reason.splitlines() == [outcome.reason]
        assert len(outcome.reason) < 400
    if isinstance(outcome, TransportPaused) and outcome.for_seconds is not None:
        assert 1.0 <= outcome.for_seconds <= 3600.0


def test_a_quote_is_one_short_printable_line():
    assert quoted("a\r\n\x1b[31mb\u202ec " + "x" * 300) == "a [31mb c " + "x" * 187 + "..."
