from __future__ import annotations

import pytest

from mister_webhooks_router.local.topics import TopicChoice


@pytest.mark.parametrize("topic", ["incoming.acme.github", "a", "A-b_9", "x" * 249])
def test_every_name_that_kafka_takes_is_taken(topic: str) -> None:
    """Where no topics are named, any legal name will do."""
    assert TopicChoice(None).objection(topic) is None


@pytest.mark.parametrize("topic", ["", ".", "..", "a b", "ä", "a/b", "x" * 250, "a\n"])
def test_other_names_are_refused(topic: str) -> None:
    """What Kafka would not take as a topic is a bad request, whether topics are named or not."""
    for choice in (TopicChoice(None), TopicChoice(["a"])):
        objection = choice.objection(topic)

        assert objection is not None
        assert objection[0] == 400


def test_a_name_that_is_not_read_is_refused_with_the_likely_one() -> None:
    """A typing error is answered with what was probably meant, any other name with all that there are."""
    choice = TopicChoice(["incoming.acme.github", "incoming.acme.stripe"])

    assert choice.objection("incoming.acme.github") is None
    assert choice.objection("incoming.acme.gihtub") == (
        404,
        "topic 'incoming.acme.gihtub' is not read here. Did you mean 'incoming.acme.github'?",
    )
    assert choice.objection("x") == (
        404,
        "topic 'x' is not read here. There are incoming.acme.github, incoming.acme.stripe.",
    )
