"""Webhooks of about 1.7 kB in the mean, made up in the shapes that well-known senders use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.corpora.maker import Maker
from benchmarks.corpora.webhook import Webhook

Body = dict[str, Any]


def invoice(make: Maker) -> Body:
    """A payment provider's invoice."""
    customer = make.token(14, "cus_")
    return {
        "id": make.token(24, "evt_"),
        "object": "event",
        "api_version": "2025-09-30.clover",
        "created": make.seconds(),
        "data": {
            "object": {
                "id": make.token(24, "in_"),
                "object": "invoice",
                "account_country": make.pick("US", "DE", "JP", "BR"),
                "amount_due": make.number(500, 90_000),
                "amount_paid": make.number(500, 90_000),
                "amount_remaining": 0,
                "attempt_count": make.number(1, 4),
                "attempted": True,
                "auto_advance": False,
                "billing_reason": "subscription_cycle",
                "collection_method": "charge_automatically",
                "currency": make.pick("usd", "eur", "jpy"),
                "customer": customer,
                "customer_email": make.email(),
                "customer_name": make.person(),
                "default_payment_method": None,
                "discounts": [],
                "hosted_invoice_url": f"https://pay.example.com/i/acct_1/{make.token(60)}",
                "lines": {"object": "list", "data": [invoice_line(make) for _ in range(make.number(1, 3))]},
                "livemode": True,
                "metadata": {"plan": make.slug(), "seats": str(make.number(1, 80))},
                "number": f"{make.digest(8).upper()}-{make.number(1, 9999):04d}",
                "paid": True,
                "period_end": make.seconds(),
                "period_start": make.seconds(),
                "status": "paid",
                "subtotal": make.number(500, 90_000),
                "tax": None,
                "total": make.number(500, 90_000),
            },
        },
        "livemode": True,
        "pending_webhooks": make.number(1, 3),
        "request": {"id": None, "idempotency_key": make.uuid()},
        "type": make.pick("invoice.paid", "invoice.finalized", "invoice.payment_failed"),
    }


def invoice_line(make: Maker) -> Body:
    """One position of an invoice."""
    return {
        "id": make.token(24, "il_"),
        "object": "line_item",
        "amount": make.number(100, 40_000),
        "currency": "usd",
        "description": make.sentence(6),
        "period": {"end": make.seconds(), "start": make.seconds()},
        "price": {"id": make.token(24, "price_"), "product": make.token(14, "prod_"), "type": "recurring"},
        "proration": False,
        "quantity": make.number(1, 20),
    }


def order(make: Maker) -> Body:
    """A shop's order."""
    return {
        "id": make.number(10**12, 10**13),
        "admin_graphql_api_id": f"gid://shop/Order/{make.number(10**12, 10**13)}",
        "confirmed": True,
        "created_at": make.time(),
        "currency": "EUR",
        "current_total_price": f"{make.decimal(900):.2f}",
        "customer": {"id": make.number(10**12, 10**13), "email": make.email(), "name": make.person(), "tags": "vip"},
        "email": make.email(),
        "financial_status": make.pick("paid", "pending", "refunded"),
        "fulfillment_status": None,
        "gateway": make.slug(1),
        "line_items": [order_line(make) for _ in range(make.number(1, 6))],
        "name": f"#{make.number(1000, 99_999)}",
        "note": make.sentence(12),
        "shipping_address": {
            "address1": f"{make.slug(1).capitalize()} {make.number(1, 200)}",
            "city": make.slug(1).capitalize(),
            "country_code": make.pick("DE", "FR", "ES"),
            "latitude": make.decimal(60),
            "longitude": make.decimal(20),
            "name": make.person(),
            "zip": f"{make.number(1000, 99_999):05d}",
        },
        "tags": ", ".join(make.slug(1) for _ in range(4)),
        "taxes_included": True,
        "total_weight": make.number(100, 9000),
        "updated_at": make.time(),
    }


def order_line(make: Maker) -> Body:
    """One article of an order."""
    return {
        "id": make.number(10**13, 10**14),
        "fulfillable_quantity": 1,
        "grams": make.number(10, 4000),
        "name": make.sentence(4),
        "price": f"{make.decimal(200):.2f}",
        "product_id": make.number(10**12, 10**13),
        "quantity": make.number(1, 5),
        "requires_shipping": True,
        "sku": make.token(10).upper(),
        "taxable": True,
        "variant_title": make.slug(1),
    }


def push(make: Maker) -> Body:
    """A push to a repository."""
    owner = make.slug(1)
    name = f"{owner}/{make.slug()}"
    return {
        "ref": f"refs/heads/{make.pick('main', 'dev', make.slug())}",
        "before": make.digest(),
        "after": make.digest(),
        "repository": {
            "id": make.number(10**8, 10**9),
            "full_name": name,
            "private": False,
            "owner": {"login": owner, "id": make.number(10**6, 10**8), "type": "Organization"},
            "html_url": f"https://git.example.com/{name}",
            "default_branch": "main",
            "topics": [make.slug(1) for _ in range(3)],
        },
        "pusher": {"name": owner, "email": make.email()},
        "created": False,
        "deleted": False,
        "forced": False,
        "compare": f"https://git.example.com/{name}/compare/{make.digest(12)}...{make.digest(12)}",
        "commits": [commit(make, name) for _ in range(make.number(1, 4))],
    }


def commit(make: Maker, repository: str) -> Body:
    """One commit of a push."""
    person = {"name": make.person(), "email": make.email(), "username": make.slug(1)}
    return {
        "id": (sha := make.digest()),
        "tree_id": make.digest(),
        "distinct": True,
        "message": make.sentence(14),
        "timestamp": make.time(),
        "url": f"https://git.example.com/{repository}/commit/{sha}",
        "author": person,
        "committer": person,
        "added": [],
        "removed": [],
        "modified": [f"{make.slug(1)}/{make.slug(1)}.py" for _ in range(make.number(1, 6))],
    }


def message(make: Maker) -> Body:
    """A chat message with its blocks."""
    text = make.sentence(make.number(10, 90))
    return {
        "token": make.token(24),
        "team_id": make.token(9, "T").upper(),
        "api_app_id": make.token(9, "A").upper(),
        "event": {
            "type": "message",
            "channel": make.token(9, "C").upper(),
            "user": make.token(9, "U").upper(),
            "text": text,
            "ts": f"{make.seconds()}.{make.number(0, 999_999):06d}",
            "blocks": [
                {
                    "type": "rich_text",
                    "block_id": make.token(5),
                    "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}],
                },
            ],
            "channel_type": "channel",
        },
        "type": "event_callback",
        "event_id": make.token(10, "Ev").upper(),
        "event_time": make.seconds(),
        "authorizations": [{"enterprise_id": None, "user_id": make.token(9, "U").upper(), "is_bot": True}],
    }


def incident(make: Maker) -> Body:
    """An incident of an on-call service."""
    return {
        "event": {
            "id": make.token(26).upper(),
            "event_type": make.pick("incident.triggered", "incident.acknowledged", "incident.resolved"),
            "resource_type": "incident",
            "occurred_at": make.time(),
            "agent": {"id": make.token(7, "P").upper(), "summary": make.person(), "type": "user_reference"},
            "data": {
                "id": make.token(14, "Q").upper(),
                "type": "incident",
                "number": make.number(1, 90_000),
                "status": make.pick("triggered", "acknowledged", "resolved"),
                "incident_key": make.digest(32),
                "title": make.sentence(8),
                "service": {"id": make.token(7, "P").upper(), "summary": make.slug(3), "type": "service_reference"},
                "assignees": [
                    {"id": make.token(7, "P").upper(), "summary": make.person(), "type": "user_reference"}
                    for _ in range(make.number(1, 4))
                ],
                "urgency": make.pick("high", "low"),
                "custom_details": {make.slug(): make.sentence(6) for _ in range(make.number(6, 20))},
            },
        },
    }


def readings(make: Maker) -> Body:
    """A device's measurements: decimals, which are shorter as JSON than as CBOR."""
    return {
        "device": make.uuid(),
        "firmware": f"{make.number(1, 9)}.{make.number(0, 30)}.{make.number(0, 9)}",
        "position": {"lat": make.decimal(90), "lon": make.decimal(180), "accuracy": make.decimal(30)},
        "sent_at": make.time(),
        "unit": make.pick("C", "kPa", "lx"),
        "values": [make.decimal(100) for _ in range(make.number(80, 420))],
    }


SHAPES: tuple[Callable[[Maker], Body], ...] = (invoice, order, push, message, incident, readings)


def headers(make: Maker, shape: str, body: Body) -> dict[str, list[str]]:
    """Fifteen headers as a Go server writes them."""
    return {
        "Accept": ["*/*"],
        "Accept-Encoding": ["gzip, deflate, br"],
        "Cache-Control": ["no-cache"],
        "Content-Length": [str(make.number(400, 9000))],
        "Content-Type": ["application/json; charset=utf-8"],
        "Traceparent": [f"00-{make.digest(32)}-{make.digest(16)}-01"],
        "User-Agent": [f"{shape.capitalize()}-Hooks/{make.number(1, 4)}.{make.number(0, 20)}"],
        "Via": ["1.1 edge"],
        "X-Delivery-Attempt": [str(make.number(1, 3))],
        "X-Event": [f"{shape}.{body.get('type', 'created')}"],
        "X-Forwarded-For": [f"{make.address()}, {make.address()}"],
        "X-Forwarded-Proto": ["https"],
        "X-Hub-Signature-256": [f"sha256={make.digest(64)}"],
        "X-Request-Id": [make.uuid()],
        "X-Webhook-Id": [make.token(22, "msg_")],
    }


def small_webhooks(count: int, seed: int = 1) -> Iterator[Webhook]:
    """`count` webhooks, the shapes in turn; `serial` counts them."""
    make = Maker(seed)
    for number in range(count):
        shape = SHAPES[number % len(SHAPES)]
        body = shape(make) | {"serial": number}
        yield Webhook(body, headers(make, shape.__name__, body))
