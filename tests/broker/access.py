"""Rights on the test broker: a user may do what was granted, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    KafkaAdminClient,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)
from kafka.admin import ACLResourcePatternType as PatternType
from kafka.errors import NoError

from tests.broker.waiting import wait_until

ANY_TOPIC = "*"


def grant_reading(admin: KafkaAdminClient, user: str, topics: Iterable[str], groups: Iterable[str]) -> None:
    """Let `user` read these topics and take part in these groups; returns when the broker knows it."""
    wanted = [_rule(user, ResourceType.TOPIC, topic, ACLOperation.READ) for topic in topics]
    wanted += [_rule(user, ResourceType.GROUP, group, ACLOperation.READ) for group in groups]
    _create(admin, user, wanted)


def deny(admin: KafkaAdminClient, user: str, *, topics: Iterable[str] = (), groups: Iterable[str] = ()) -> None:
    """Forbid everything on these topics and groups, whatever was granted; returns when the broker knows it."""
    kinds = [(ResourceType.TOPIC, name) for name in topics] + [(ResourceType.GROUP, name) for name in groups]
    _create(admin, user, [_rule(user, kind, name, ACLOperation.ALL, ACLPermissionType.DENY) for kind, name in kinds])


def clear(admin: KafkaAdminClient, user: str) -> None:
    """Take away all grants and denials of `user`; returns when the broker knows it."""
    for _, _, error in admin.delete_acls([_everything_of(user)]):
        _check(error)
    wait_until(lambda: not _rules_of(admin, user), f"{user} has no rules")


def _create(admin: KafkaAdminClient, user: str, rules: list[ACL]) -> None:
    for error in admin.create_acls(rules)["failed"]:
        raise error
    # The controller answers before its broker has taken the rules over.
    wait_until(lambda: _rules_of(admin, user).issuperset(rules), f"the rules of {user} are in force")


def _rules_of(admin: KafkaAdminClient, user: str) -> set[ACL]:
    rules, error = admin.describe_acls(_everything_of(user))
    _check(error)
    return set(rules)


def _check(error: type[Exception]) -> None:
    if error is not NoError:
        raise error


def _rule(
    user: str,
    kind: ResourceType,
    name: str,
    operation: ACLOperation,
    permission: ACLPermissionType = ACLPermissionType.ALLOW,
) -> ACL:
    return ACL(_principal(user), "*", operation, permission, ResourcePattern(kind, name))


def _everything_of(user: str) -> ACLFilter:
    anything = ResourcePatternFilter(ResourceType.ANY, None, PatternType.ANY)
    return ACLFilter(_principal(user), None, ACLOperation.ANY, ACLPermissionType.ANY, anything)


def _principal(user: str) -> str:
    return f"User:{user}"
