"""Who reads, and whom to trust: what the options and the environment say of the broker."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import NamedTuple, Protocol

from mister_webhooks.connection_profile import ConnectionProfile
from mister_webhooks.ssl_cert import new_ssl_client_context
from mister_webhooks_router.cli.options import PROFILE_VARIABLE


class Access(NamedTuple):
    """All that it takes to connect."""

    profile: ConnectionProfile
    ssl_context: ssl.SSLContext


class BrokerOptions(Protocol):
    """Where the profile and the certificate authority are to be found."""

    @property
    def profile(self) -> Path | None:
        """The profile's file."""

    @property
    def profile_variable(self) -> str | None:
        """The environment variable that holds the profile, its path or its text, where no file is given."""

    @property
    def ca_file(self) -> Path | None:
        """The certificate authority to trust instead of the service's own."""


def read_access(options: BrokerOptions) -> Access:
    """Read the profile and the CA file. Raises `ProfileError`."""
    if options.profile is not None:
        profile = ConnectionProfile.from_file(options.profile)
    else:
        profile = ConnectionProfile.from_env(options.profile_variable or PROFILE_VARIABLE)
    return Access(profile, new_ssl_client_context(options.ca_file))
