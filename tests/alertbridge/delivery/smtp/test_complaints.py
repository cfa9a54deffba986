"""Whom a mail server's refusal is about: texts of real servers, and anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertbridge.delivery.smtp.complaints import About, Reply, Step, about
from tests.alertbridge.delivery.smtp.refusals import REFUSALS


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_knows_whom_a_refusal_is_about(refusal):
    assert about(refusal.step, Reply(refusal.code, refusal.text)) is refusal.about


@pytest.mark.parametrize("refusal", [one for one in REFUSALS if one.about is About.ADDRESS], ids=str)
def test_an_address_is_not_condemned_by_a_temporary_reply(refusal):
    assert about(refusal.step, Reply(450, refusal.text)) is About.UNCLEAR


@pytest.mark.parametrize("step", [Step.GREETING, Step.HELLO, Step.TLS, Step.LOGIN, Step.SENDER])
@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_what_is_said_before_the_recipient_is_named_is_about_us(refusal, step):
    assert about(step, Reply(refusal.code, refusal.text)).is_us


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize(
    "refusal",
    [one for one in REFUSALS if one.about is not About.ADDRESS and one.step is not Step.END],
    ids=str,
)
def test_what_is_not_said_of_an_address_condemns_none_at_any_step(refusal, step):
    assert about(step, Reply(refusal.code, refusal.text)) is not About.ADDRESS


@given(
    step=st.sampled_from(Step),
    code=st.integers(-1, 999),
    text=st.text() | st.lists(st.sampled_from([one.text for one in REFUSALS])).map("\n".join),
)
def test_any_reply_is_about_something(step, code, text):
    found = about(step, Reply(code, text))

    assert found is not About.ADDRESS or (
        step in (Step.RECIPIENT, Step.CONTENT, Step.END) and code // 100 == 5
    )


@pytest.mark.timeout(10)
@pytest.mark.parametrize("text", ["a" * 65536, "<" * 65536, "a@" * 32768, "sender " * 9000, "no " * 20000])
def test_no_text_holds_it_up(text):
    for step in Step:
        about(step, Reply(550, text))
