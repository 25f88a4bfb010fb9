"""One decision over the buckets of address, tenant, caller and class."""

import asyncio

import pytest

from ragstone.backends.limits_memory.rate_limiter import MemoryRateLimiter
from ragstone.features.accounts.limits import Asked, Limits, RateLimited, RouteClass, headers, network_of
from ragstone.kit.scope import Scope
from ragstone.ports.rate_limiter import Decision
from ragstone.settings import LimitSettings

HERE = Asked("192.0.2.1", RouteClass.READ)
ELSEWHERE = Asked("192.0.2.2", RouteClass.READ)
KEY = Scope("ten_1", "key_1", frozenset())
OTHER_KEY = Scope("ten_1", "key_2", frozenset())
STRANGER = Scope("ten_2", "key_3", frozenset())
USER = Scope("ten_1", "usr_1", frozenset())


def limits_of(told: list[Decision] | None = None, **settings: object) -> Limits:
    heard: list[Decision] = [] if told is None else told
    return Limits(MemoryRateLimiter(), LimitSettings.model_validate(settings), heard.append)


async def refusal(limits: Limits, scope: Scope, asked: Asked) -> str:
    with pytest.raises(RateLimited) as refused:
        await limits.take(scope, asked)
    return str(refused.value.facts["of"])


async def test_each_of_address_tenant_key_and_user_has_a_limit() -> None:
    limits = limits_of(address="1/3", tenant="1/2", key="1/1")
    await limits.take(KEY, HERE)
    assert await refusal(limits, KEY, ELSEWHERE) == "key"
    await limits.take(OTHER_KEY, HERE)
    assert await refusal(limits, USER, ELSEWHERE) == "tenant"
    await limits.take(STRANGER, HERE)
    assert await refusal(limits, Scope("ten_3", "key_4", frozenset()), HERE) == "address"


async def test_a_user_is_one_caller_in_every_tenant() -> None:
    limits = limits_of(user="1/2")
    await limits.take(USER, HERE)
    await limits.take(Scope("ten_2", "usr_1", frozenset()), HERE)
    assert await refusal(limits, USER, HERE) == "user"


async def test_a_class_may_have_a_limit_of_its_own_and_a_cost() -> None:
    told: list[Decision] = []
    limits = limits_of(told, key="1/10", answer="1/1", answer_cost=3)
    answer = Asked("192.0.2.1", RouteClass.ANSWER)
    await limits.take(KEY, answer)
    assert await refusal(limits, KEY, answer) == "answer"
    shown = [headers(decision) for decision in told]
    assert [(item["RateLimit-Limit"], item["RateLimit-Remaining"]) for item in shown] == [("1", "0")] * 2
    for _ in range(7):  # Three of ten are gone, and what was refused took none.
        await limits.take(KEY, HERE)
    assert await refusal(limits, KEY, HERE) == "key"


async def test_what_costs_more_than_a_bucket_holds_passes_when_it_is_full() -> None:
    limits = limits_of(key="1/10", search_cost=100)
    search = Asked("192.0.2.1", RouteClass.SEARCH)
    await limits.take(KEY, search)
    assert await refusal(limits, KEY, search) == "key"


async def test_64_callers_at_once_get_what_the_limit_says_and_no_more() -> None:
    limits = limits_of(tenant="1/40", key="1/1")
    scopes = [Scope("ten_1", f"key_{number}", frozenset()) for number in range(64)]
    asked = await asyncio.gather(*(limits.take(scope, HERE) for scope in scopes), return_exceptions=True)
    assert sum(not isinstance(answer, RateLimited) for answer in asked) == 40
    refused = [scope for scope, answer in zip(scopes, asked, strict=True) if isinstance(answer, RateLimited)]
    assert {await refusal(limits, scope, HERE) for scope in refused} == {"tenant"}, "a refused key has lost its token"


async def test_64_guesses_at_once_learn_no_more_than_the_limit_says() -> None:
    limits = limits_of(guesses="1/10")
    await asyncio.gather(*(limits.look(HERE) for _ in range(64)))
    told = await asyncio.gather(*(limits.take_guess(HERE) for _ in range(64)), return_exceptions=True)
    assert sum(answer is None for answer in told) == 10
    with pytest.raises(RateLimited):
        await limits.look(HERE)
    await limits.look(ELSEWHERE)


async def test_who_signs_in_is_limited_by_address() -> None:
    limits = limits_of(auth="1/2")
    for _ in range(2):
        await limits.take_unknown(Asked("192.0.2.1", RouteClass.AUTH))
    with pytest.raises(RateLimited):
        await limits.take_unknown(Asked("192.0.2.1", RouteClass.AUTH))
    await limits.take_unknown(Asked("192.0.2.2", RouteClass.AUTH))


async def test_without_limits_nothing_is_counted() -> None:
    limits = limits_of(enabled=False, address="1/1", guesses="1/1", key="1/1")
    for _ in range(3):
        await limits.look(HERE)
        await limits.take_guess(HERE)
        await limits.take_unknown(HERE)
        await limits.take(KEY, HERE)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("/run/socket", "/run/socket"),
        ("", ""),
    ],
)
def test_an_address_of_ipv6_is_its_network(address: str, network: str) -> None:
    assert network_of(address) == network
