"""examples/stripe.py, through the real `mwh-run --local`."""

from __future__ import annotations

from tests.examples.sending import Example, send


def test_each_event_is_told_in_its_own_type(example: Example) -> None:
    """Stripe's samples over HTTP: three handlers with typed payloads, each for its events only."""
    with example("stripe:app") as program:
        sent = ["invoice.paid", "invoice.payment_failed", "customer.subscription.deleted", "payout.paid"]
        results = [send(program, f"stripe:{name}") for name in sent]

    assert results == ["book ok", "call_them ok", "no handler matched", "note ok"]
    assert program.told == [
        "booked A7F3-0042 of Corner Shop over 49.00 EUR (evt_1Srd5eqep3inkeca6obyqjol)",
        "call Corner Shop: no payment for A7F3-0043 of Corner Shop over 98.00 EUR",
        "payout.paid: 1,204.50 EUR",
    ]


def test_small_debts_are_left_to_stripe(example: Example) -> None:
    """A failed payment below 50.00 goes to no handler."""
    with example("stripe:app") as program:
        assert send(program, "stripe:invoice.payment_failed", {"amount_due": 4999}) == "no handler matched"
        assert send(program, "stripe:invoice.payment_failed", {"amount_due": 5000}) == "call_them ok"


def test_a_body_that_is_no_invoice_fails(example: Example) -> None:
    """The failure names the field that is wrong, and shows no value."""
    with example("stripe:app") as program:
        result = send(program, "stripe:invoice.paid", {"amount_due": "a lot"})

    assert result.startswith("book failed InvalidPayload: ")
    assert "payload.data.object.amount_due: " in result
    assert "a lot" not in result
