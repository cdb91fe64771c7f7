"""Secrets in the debug log of kafka-python."""

from __future__ import annotations

import logging

import pytest

from mister_webhooks.log_secrets import KAFKA_LOGGERS, keep_out_of_logs


@pytest.mark.parametrize("name", KAFKA_LOGGERS)
def test_a_line_with_a_secret_is_left_out(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """As text, and as it looks in the repr of bytes; other lines stay."""
    logger = logging.getLogger(name)
    keep_out_of_logs("s3'c\\ret")
    token = b"\x00name\x00s3'c\\ret"

    with caplog.at_level(logging.DEBUG, logger=name):
        logger.debug("Send: %s", bytearray(token))
        logger.debug("Sending request 3 SaslAuthenticateRequest(auth_bytes=%r)", token)
        logger.debug("Sending request 4 %s", "MetadataRequest")

    assert [record.getMessage() for record in caplog.records] == ["Sending request 4 MetadataRequest"]
