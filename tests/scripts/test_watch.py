"""Waiting for one thing after the other, and saying who is stuck."""

import pytest

from scripts.stack.part import Part, PartError, Program
from scripts.stack.watch import Step, followed


def a_part(log, *, said=""):
    log.write_text(said)
    return Part(Program(name="the bridge", argv=(), address="127.0.0.1:1", log=log))


def test_yields_each_step_once_it_is_done(tmp_path):
    answers = iter([False, False, True, True])
    part = a_part(tmp_path / "log")
    steps = tuple(Step(what=what, part=part, done=lambda: next(answers)) for what in ("first", "second"))

    done = [step.what for step in followed(steps)]

    assert done == ["first", "second"]
    assert next(answers, "asked no more") == "asked no more"


def test_names_the_step_and_the_part_that_is_stuck_with_the_end_of_its_log(tmp_path):
    part = a_part(tmp_path / "log", said="cannot write\n")
    step = Step(what="the mail is there", part=part, done=lambda: False)

    with pytest.raises(PartError, match=r'(?s)the bridge is stuck: "the mail is there".*cannot write'):
        list(followed((step,), deadline_seconds=0.2))
