"""Made-up values of the kinds that webhook bodies consist of, always the same for the same seed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")

WORDS = (  # noqa: SIM905 - one word a line would be longer than everything else here
    "account address amber branch build carbon cedar change charge client copper customer deliver deploy draft "
    "ember engine fabric failed feature garden harbor incident invoice island ledger maple market memo merge "
    "meter notice order orchard parcel payment pebble plan process queue quartz refund release report retry river "
    "sample service settle shelf ship signal silver status stock store summer supply ticket timber total update "
    "usage value velvet wallet webhook window winter"
).split()
FIRST_NAMES = (
    "Ada",
    "Bao",
    "Chidi",
    "Dana",
    "Émile",
    "Farah",
    "Goran",
    "Hana",
    "Iris",
    "Jürgen",
    "Kofi",
    "Lena",
    "Mei",
)
LAST_NAMES = (
    "Abebe",
    "Berg",
    "Costa",
    "Diaz",
    "Eriksen",
    "Fischer",
    "Gupta",
    "Haddad",
    "Ito",
    "Kovač",
    "Lopez",
    "Müller",
)
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class Maker:
    """A source of made-up values."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def number(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`."""
        return self.random.randint(low, high)

    def pick(self, *choices: T) -> T:
        """One of the choices."""
        return self.random.choice(choices)

    def decimal(self, high: float) -> float:
        """A number with up to three decimals."""
        return round(self.random.uniform(0, high), 3)

    def token(self, length: int, prefix: str = "") -> str:
        """An identifier of letters and digits."""
        return prefix + "".join(self.random.choices(ALPHABET, k=length))

    def digest(self, length: int = 40) -> str:
        """Hexadecimal digits."""
        return f"{self.random.getrandbits(4 * length):0{length}x}"

    def uuid(self) -> str:
        """A random UUID."""
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def slug(self, words: int = 2) -> str:
        """Words with dashes."""
        return "-".join(self.random.choices(WORDS, k=words))

    def sentence(self, words: int) -> str:
        """Words with spaces."""
        return " ".join(self.random.choices(WORDS, k=words)).capitalize() + "."

    def person(self) -> str:
        """A first and a last name."""
        return f"{self.pick(*FIRST_NAMES)} {self.pick(*LAST_NAMES)}"

    def email(self) -> str:
        """An address under a domain that nobody has."""
        return f"{self.slug(1)}.{self.slug(1)}@example.com"

    def seconds(self) -> int:
        """A time in Unix seconds."""
        return int(EPOCH.timestamp()) + self.number(0, 20_000_000)

    def time(self) -> str:
        """A time as ISO 8601."""
        return (EPOCH + timedelta(seconds=self.number(0, 20_000_000))).strftime("%Y-%m-%dT%H:%M:%SZ")

    def address(self) -> str:
        """An IPv4 address of a documentation range."""
        return f"203.0.113.{self.number(1, 254)}"
