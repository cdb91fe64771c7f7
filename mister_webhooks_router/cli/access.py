"""Who reads, and whom to trust: what the options and the environment say of the broker."""

from __future__ import annotations

import ssl
from typing import NamedTuple

from mister_webhooks.connection_profile import ConnectionProfile
from mister_webhooks.ssl_cert import new_ssl_client_context
from mister_webhooks_router.cli.options import PROFILE_VARIABLE, RunOptions


class Access(NamedTuple):
    """All that it takes to connect."""

    profile: ConnectionProfile
    ssl_context: ssl.SSLContext


def read_access(options: RunOptions) -> Access:
    """Read the profile and the CA file. Raises `ProfileError`."""
    if options.profile is not None:
        profile = ConnectionProfile.from_file(options.profile)
    else:
        profile = ConnectionProfile.from_env(options.profile_variable or PROFILE_VARIABLE)
    return Access(profile, new_ssl_client_context(options.ca_file))
