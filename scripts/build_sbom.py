"""Writes the bill of materials of what is shipped, as CycloneDX 1.6 JSON: `python -m scripts.build_sbom FILE`."""

import json
import sys
from pathlib import Path
from typing import Any

from scripts.licences import Shipped, iter_shipped

from ragstone import __version__


def main(path: Path) -> None:
    """Write the file. The same locks make the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    bill = bill_of_materials(list(iter_shipped()))
    path.write_text(json.dumps(bill, indent=2, ensure_ascii=False) + "\n", "utf-8")
    print(f"{path}: {len(bill['components'])} components")


def bill_of_materials(packages: list[Shipped]) -> dict[str, Any]:
    """The product and all it needs to run."""
    product = {**component("ragstone", __version__, "Apache-2.0"), "type": "application"}
    components = [component(package.name, package.version, package.licence) for package in packages]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": product},
        "components": components,
        "dependencies": [{"ref": product["bom-ref"], "dependsOn": [one["bom-ref"] for one in components]}],
    }


def component(name: str, version: str, licence: str) -> dict[str, Any]:
    """One package. Its reference is its package URL."""
    url = f"pkg:pypi/{name}@{version}"
    return {
        "type": "library",
        "bom-ref": url,
        "name": name,
        "version": version,
        "purl": url,
        "licenses": [{"expression": licence}] if licence else [],
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
