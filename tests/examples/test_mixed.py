"""examples/mixed.py, through the real `mwh-run --local`."""

from __future__ import annotations

from tests.examples.sending import Example, send

TOPIC = "incoming.acme.everything"


def test_every_sender_reaches_its_handlers(example: Example) -> None:
    """Samples of four senders on one topic, and of a fifth that its own topic names: each to the right handler only."""
    with example("mixed:app") as program:
        names = ["github:push", "gitlab:push", "stripe:invoice.paid", "standard-webhooks:invoice.paid"]
        results = [send(program, name, topic=TOPIC) for name in names]
        results.append(send(program, "adyen:AUTHORISATION", topic="incoming.acme.pay"))

    assert results == ["pushed ok", "pushed ok", "paid ok", "paid ok", "paid ok"]
    assert program.told == [
        "the board is open for 4 handlers",
        "GitHub: a push to acme-tills/till",
        "GitLab: a push to acme-tills/till",
        "Stripe: somebody paid",
        "Standard Webhooks: somebody paid",
        "Adyen: somebody paid",
        "the board is closed",
    ]


def test_a_tag_is_no_push(example: Example) -> None:
    """The final handler leaves out the one for pushes."""
    with example("mixed:app") as program:
        assert send(program, "github:push", {"ref": "refs/tags/v2.0.0"}, topic=TOPIC) == "release ok"

    assert "v2.0.0 of acme-tills/till is out" in program.told


def test_what_nobody_takes_is_told(example: Example) -> None:
    """Unmatched events go to one handler; handshakes, and what is ignored, do not."""
    with example("mixed:app") as program:
        assert send(program, "github:release.published", topic=TOPIC) == "odd ok"
        quiet = [send(program, name, topic=TOPIC) for name in ("github:ping", "slack:url_verification", "github:star")]
        assert send(program, "adyen:AUTHORISATION", topic=TOPIC) == "odd ok"  # only its own topic says whose it is

    assert [result for result in quiet if " ok" in result or "failed" in result] == []
    assert program.told[1:-1] == [
        "nobody takes this: GitHub-Hookshot/5a1b7f0",
        "nobody takes this: Adyen HttpClient 1.0",
    ]
