from hypothesis import given
from hypothesis import strategies as st

from ragstone.kit.pepper import Pepper
from ragstone.kit.seal import seal, unseal

PEPPER = Pepper(bytes(range(32)))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_sealed_secret_opens_again_and_is_not_in_the_seal(secret: str) -> None:
    sealed = seal(PEPPER, "purpose", "owner", secret)
    assert unseal(PEPPER, "purpose", "owner", sealed) == secret
    assert len(secret) < 3 or secret.encode() not in sealed


def test_a_sealed_secret_opens_for_nothing_else() -> None:
    sealed = seal(PEPPER, "purpose", "owner", "secret")
    assert seal(PEPPER, "purpose", "owner", "secret") != sealed
    assert unseal(PEPPER, "purpose", "another", sealed) is None
    assert unseal(PEPPER, "another", "owner", sealed) is None
    assert unseal(Pepper(bytes(32)), "purpose", "owner", sealed) is None
    assert unseal(PEPPER, "purpose", "owner", sealed[:-1]) is None
    assert unseal(PEPPER, "purpose", "owner", b"") is None


def test_what_is_under_a_former_pepper_still_opens_and_what_is_sealed_now_is_under_the_newest() -> None:
    sealed = seal(PEPPER, "purpose", "owner", "secret")
    changed = Pepper(bytes(32), former=(bytes([1]) * 32, PEPPER.newest))
    assert unseal(changed, "purpose", "owner", sealed) == "secret"
    assert unseal(Pepper(bytes(32)), "purpose", "owner", seal(changed, "purpose", "owner", "secret")) == "secret"
