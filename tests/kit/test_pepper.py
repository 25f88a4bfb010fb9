from pathlib import Path

from ragstone.kit.pepper import Pepper, find_pepper, load_pepper, rotate_pepper


def test_a_pepper_is_made_once_and_kept_from_everyone_else(tmp_path: Path) -> None:
    first = load_pepper(tmp_path / "secrets")
    assert load_pepper(tmp_path / "secrets") == first
    assert len(first.newest) == 32
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "secrets" / "pepper").stat().st_mode & 0o777 == 0o600


def test_a_change_keeps_what_was_there_as_former(tmp_path: Path) -> None:
    peppers = [load_pepper(tmp_path).newest]
    for _ in range(11):
        peppers.insert(0, rotate_pepper(tmp_path).newest)
    assert len(set(peppers)) == 12
    assert load_pepper(tmp_path).accepted == tuple(peppers)
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in tmp_path.iterdir())


def test_a_pepper_does_not_show() -> None:
    assert "secret" not in repr(Pepper(b"secret", (b"secret",)))


def test_digests_are_those_of_every_accepted_pepper() -> None:
    old, new = Pepper(b"old"), Pepper(b"new", (b"old",))
    assert new.digests("x") == (new.digest("x"), old.digest("x"))
    assert new.digest("x") == Pepper(b"new").digest("x") != old.digest("x")


def test_a_pepper_that_is_not_there_is_not_made_by_looking(tmp_path: Path) -> None:
    assert find_pepper(tmp_path) is None
    assert list(tmp_path.iterdir()) == []
    made = load_pepper(tmp_path)
    assert find_pepper(tmp_path) == made
