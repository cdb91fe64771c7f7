"""What is said when a broker refuses or fails us."""

from __future__ import annotations

import pytest

from mister_webhooks import ConnectionProfile, TopicPartition, refusals

PROFILE = ConnectionProfile("me.reader", "plain", "s3cret", "kafka.example.com:9092")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (refusals.not_authenticated(PROFILE), ["kafka.example.com:9092", "'me.reader'", "fetch the profile anew"]),
        (refusals.no_right_on_topics({"b", "a"}, PROFILE), ["'me.reader'", "'a', 'b'"]),
        (refusals.no_right_on_topics((), PROFILE), ["its subscription"]),
        (refusals.no_right_on_group("g", PROFILE), ["'me.reader'", "'g'"]),
        (refusals.invalid_topic("a b"), ["'a b'", "letters, digits"]),
        (refusals.no_answer(TimeoutError("10 s"), PROFILE), ["kafka.example.com:9092", "10 s"]),
        (refusals.no_common_assignor("g"), ["'g'", "'range'"]),
        (refusals.no_codec(ValueError("Libraries for lz4 compression codec not found")), ["lz4", "[codecs]"]),
        (refusals.no_codec(ValueError("?")), ["this codec", "[codecs]"]),
        (refusals.offset_beyond_end(TopicPartition("t", 1), 9, 3, "g"), ["t:1", "offset 3", "9", "'g'", "reset=True"]),
        (refusals.log_truncated(ValueError("t:1")), ["t:1", "reset=True"]),
        (refusals.unexpected(KeyError("x"), PROFILE), ["kafka.example.com:9092", "KeyError", "x"]),
    ],
)
def test_each_says_what_and_where_and_no_secret(error: Exception, words: list[str]) -> None:
    """The facts that the reader needs stand in the text."""
    text = str(error)

    assert [word for word in words if word not in text] == []
    assert "s3cret" not in text


@pytest.mark.parametrize(
    ("visible", "end"),
    [
        (["incoming.acme.github", "incoming.acme.stripe"], "; did you mean 'incoming.acme.github'?"),
        (["orders", "bills"], "; this consumer may see: orders, bills"),
        ([f"t{number}" for number in range(12)], "t8, t9, …"),
        ([], "; this consumer may see no topic at all"),
    ],
)
def test_a_wrong_topic_is_answered_with_what_there_is(visible: list[str], end: str) -> None:
    """What was meant, or a list that is not too long."""
    assert refusals.near_topics("incoming.acme.gihtub", visible).endswith(end)
