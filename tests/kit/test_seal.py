from hypothesis import given
from hypothesis import strategies as st

from ragstone.kit.seal import seal, unseal

PEPPER = bytes(range(32))


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
    assert unseal(bytes(32), "purpose", "owner", sealed) is None
    assert unseal(PEPPER, "purpose", "owner", sealed[:-1]) is None
    assert unseal(PEPPER, "purpose", "owner", b"") is None
