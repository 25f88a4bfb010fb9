from pathlib import Path

from ragstone.entry.cli.files import Source, find_files, portions


def _tree(folder: Path) -> Path:
    (folder / "sub").mkdir()
    for name in ("b.txt", "a.md", ".hidden.md", "image.png", "rows.ndjson", "sub/c.pdf"):
        (folder / name).write_bytes(b"x")
    return folder


def test_a_folder_gives_its_visible_files_of_known_types(tmp_path: Path) -> None:
    found = find_files([_tree(tmp_path)], recursive=False)
    assert [path.name for path in found.files] == ["a.md", "b.txt"]
    assert {path.name: reason for path, reason in found.skipped} == {
        ".hidden.md": "hidden",
        "image.png": "unsupported",
        "rows.ndjson": "unsupported",
        "sub": "folder",
    }


def test_folders_within_are_taken_when_asked_for(tmp_path: Path) -> None:
    found = find_files([_tree(tmp_path)], recursive=True)
    assert [path.name for path in found.files] == ["a.md", "b.txt", "c.pdf"]


def test_a_link_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    _tree(tmp_path)
    (tmp_path / "sub" / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert len(find_files([tmp_path], recursive=True).files) == 3


def test_what_is_named_is_taken_whatever_it_is_called(tmp_path: Path) -> None:
    _tree(tmp_path)
    found = find_files([tmp_path / "image.png", tmp_path / "rows.ndjson", tmp_path / "image.png"], recursive=False)
    assert [path.name for path in found.files] == ["image.png"]
    assert [path.name for path in found.records] == ["rows.ndjson"]


def test_portions_are_bounded_by_count_and_by_size() -> None:
    small = [Source.of_bytes(f"{number}", b"") for number in range(101)]
    assert [len(portion) for portion in portions(small)] == [50, 50, 1]
    large = [
        Source(name, size_bytes, small[0].open) for name, size_bytes in (("a", 20), ("b", 20 << 20), ("c", 40 << 20))
    ]
    assert [[item.name for item in portion] for portion in portions(large)] == [["a", "b"], ["c"]]
    assert list(portions([])) == []
