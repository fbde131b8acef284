"""Fetches what the server publishes, for the validators, and compares the ways to it."""

import io
import json
import tarfile
from pathlib import Path

import httpx

from tell import Checks, given, must

BASE = given("PAS_BASE")
FOLDER = Path(given("PAS_PUBLISHED"))
KINDS = {"OperationDefinition", "MessageDefinition", "StructureDefinition", "CodeSystem", "ValueSet"}


def get(path, **query):
    """A resource of the server."""
    answer = httpx.get(f"{BASE}/{path}", params=query or None).raise_for_status()
    return answer.json()


def package():
    """The package as FHIR's npm form has it: a manifest, and every resource in `package/`."""
    packed = httpx.get(f"{BASE}/package.tgz").raise_for_status().content
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as tar:
        files = {name: json.load(tar.extractfile(name)) for name in tar.getnames() if name.endswith(".json")}
    manifest = files.pop("package/package.json")
    for key in ["name", "version", "fhirVersions", "dependencies"]:
        must(manifest.get(key), f"the manifest has no {key}")
    must(manifest["fhirVersions"] == ["4.0.1"], manifest["fhirVersions"])
    files.pop("package/.index.json", None)
    must(all(name.startswith("package/") for name in files), sorted(files))
    return {Path(name).name: resource for name, resource in files.items()}


def everything():
    resources = package()
    kinds = {resource["resourceType"] for resource in resources.values()}
    must(kinds >= KINDS, f"of {sorted(KINDS)} only {sorted(kinds)}")
    for resource in resources.values():
        kind, url = resource["resourceType"], resource.get("url")
        if kind not in KINDS:
            continue
        must(get(f"{kind}/{resource['id']}") == resource, f"{kind}/{resource['id']} is another one by its id")
        found = get(kind, url=url)
        must(found["resourceType"] == "Bundle" and found["type"] == "searchset", found)
        must([entry["resource"] for entry in found["entry"]] == [resource], f"{url} is another one by its url")
    resources["metadata.json"] = get("metadata")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, resource in resources.items():
        (FOLDER / name).write_text(json.dumps(resource))
    return f"{len(resources)} resources, the same by id, by url and in the package"


checks = Checks()
checks.check("what the server publishes", everything)
checks.end()
