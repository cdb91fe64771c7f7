r"""What Stripe says of money, in payloads of types of their own.

Run it without Kafka and without an account, and send it a webhook:

    mwh-run stripe:app --app-dir examples --local
    curl http://127.0.0.1:8008/in/incoming.acme.stripe -H 'Stripe-Signature: t=0' \
        -d '{"type": "payout.paid", "data": {"object": {"amount": 4900, "currency": "eur"}}}'
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, AliasPath, BaseModel, Field

from mister_webhooks_router import App

app = App()

Currency = Annotated[str, AfterValidator(str.upper)]


class Invoice(BaseModel):
    """What matters here of an invoice: the event's id, and of the object that Stripe puts at `data.object` the rest."""

    id: str
    number: str = Field(validation_alias=AliasPath("data", "object", "number"))
    customer: str = Field(validation_alias=AliasPath("data", "object", "customer_name"))
    due: int = Field(validation_alias=AliasPath("data", "object", "amount_due"))
    currency: Currency = Field(validation_alias=AliasPath("data", "object", "currency"))

    def __str__(self) -> str:
        return f"{self.number} of {self.customer} over {money(self.due, self.currency)}"


class Payout(BaseModel):
    """What Stripe pays out to us."""

    type: str
    amount: int = Field(validation_alias=AliasPath("data", "object", "amount"))
    currency: Currency = Field(validation_alias=AliasPath("data", "object", "currency"))


def money(cents: int, currency: str) -> str:
    """An amount as people write it."""
    return f"{cents / 100:,.2f} {currency}"


@app.on("stripe:invoice.paid")
def book(payload: Invoice) -> None:
    """Book a paid invoice. By the id of the event a second delivery of it would be known again."""
    print(f"  booked {payload} ({payload.id})")


@app.on("stripe:invoice.payment_failed", where={"data.object.amount_due": {"$gte": 5000}})
def call_them(payload: Invoice) -> None:
    """Call those who owe much; Stripe itself reminds the others."""
    print(f"  call {payload.customer}: no payment for {payload}")


@app.on("stripe:payout.*")
async def note(payload: Payout) -> None:
    """Note what becomes of a payout."""
    print(f"  {payload.type}: {money(payload.amount, payload.currency)}")
