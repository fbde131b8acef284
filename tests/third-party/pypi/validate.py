"""pyrofile-validator, of base R4 (with the definitions of HL7's own package) and of the profiles that the server publishes."""

import contextlib
import io
import json
import re
from pathlib import Path

from pyrofile_validator import Validator
from pyrofile_validator.config import ValidatorConfig

from tell import Checks, given, must

ME = "pyrofile"
ROOT = Path(given("PAS_ROOT"))
WORK = Path(given("PAS_WORK"))
HL7 = Path(given("PAS_HL7"))
FOLDER = Path(given("PAS_PUBLISHED"))


def read(path):
    """The JSON of a file."""
    return json.loads(Path(path).read_text())


PUBLISHED = [read(path) for path in sorted(FOLDER.glob("*.json"))]
DEFINITIONS = [resource for resource in PUBLISHED if resource["resourceType"] == "StructureDefinition"]


# Faults that it finds where there are none.
MISTAKES = [
    # Slices by the type of a resource, in a list that is closed.
    r"Bundle\.entry\[\d+\]: Element at .* does not match any defined slice",
    # A choice that is there, in an element that repeats.
    r"(CodeSystem\.concept|Group\.characteristic)\[\d+\].*value\[x\] is required",
    # One value in each of several elements, counted together.
    r"(CodeSystem\.concept\.property|CapabilityStatement\.\w+\.\w+)\..*: Profile allows at most 1 value",
    # A pattern of an optional element that is not there.
    r"(Organization|Patient)\.active: Profile pattern mismatch",
]


def hl7_definitions():
    """A folder of what defines R4, out of HL7's package: structures, value sets, code systems."""
    folder = WORK / "r4-definitions"
    folder.mkdir(parents=True, exist_ok=True)
    for path in HL7.glob("*.json"):
        link = folder / path.name
        if path.name.startswith(("StructureDefinition-", "ValueSet-", "CodeSystem-")) and not link.exists():
            link.symlink_to(path)
    must(len(list(folder.iterdir())) > 3000, "HL7's definitions are not there")
    return folder


def base():
    """A validator that knows R4 and what is published: gives all that is wrong with a resource."""
    made = Validator(ValidatorConfig.load_dict({
        "fhirVersion": "4.0.1",
        "localPackagePaths": [str(hl7_definitions()), str(FOLDER)],
        "terminology": {"mode": "local"},
        "allowUnknownExtensions": True,
    }))

    def faults(resource):
        # It traces invariants to standard output.
        with contextlib.redirect_stdout(io.StringIO()):
            issues = made.validate_resource(resource).issues
        found = sorted(f"{issue.path}: {issue.message}" for issue in issues if issue.severity.value == "error")
        return [fault for fault in found if not any(re.match(mistake, fault) for mistake in MISTAKES)]

    return faults


def claiming(message, way):
    """The message as if it named the profiles that it must fit: its Bundle's, and those that this names for entries."""
    if message["resourceType"] != "Bundle":
        return message
    bundle = next(sd for sd in DEFINITIONS if sd["type"] == "Bundle" and way in sd["id"])
    message["meta"] = {"profile": [bundle["url"]]}
    elements = [e for e in bundle["snapshot"]["element"] if e["path"] == "Bundle.entry.resource"]
    urls = {kind["code"]: kind["profile"] for e in elements for kind in e.get("type", []) if "profile" in kind}
    for entry in message["entry"]:
        if entry.get("resource", {}).get("resourceType") in urls:
            entry["resource"]["meta"] = {"profile": urls[entry["resource"]["resourceType"]]}
    return message


def is_sound(answer):
    """Whether a message was read and is refused, if at all, for nothing that it says amiss."""
    parts = [entry["resource"] for entry in answer.get("entry", [])]
    if parts and parts[0]["response"]["code"] == "ok":
        return True
    outcomes = [part for part in parts if part["resourceType"] == "OperationOutcome"]
    errors = [issue for outcome in outcomes for issue in outcome["issue"] if issue["severity"] == "error"]
    codes = [issue["details"]["coding"][0]["code"] for issue in errors]
    return bool(codes) and all(re.search(ALLOWED["sound_codes"], code) for code in codes)


def exchanges():
    """Every request and answer of the fixtures that are JSON."""
    for path in sorted((ROOT / "fixtures/exchanges").glob("*/*-response.*.json")):
        answer = read(path)
        number = path.name.split("-")[0]
        yield f"{path.parent.name} {number}", answer, read(path.parent / f"{number}-request.json") if is_sound(answer) else None


def breaks(row):
    """The sound message, broken in this one way."""
    message = read(ROOT / BROKEN["of"])
    *steps, last = row["at"].split("/")[1:]
    parent = message
    for step in steps:
        parent = parent[int(step) if isinstance(parent, list) else step]
    last = int(last) if isinstance(parent, list) else last
    if "put" in row:
        parent[last] = row["put"]
    else:
        del parent[last]
    return message


BROKEN = read(ROOT / "tests/third-party/broken.json")
ALLOWED = read(ROOT / "tests/third-party/allowed.json")
BASE = base()


def as_request(message):
    return BASE(claiming(message, "request"))


def as_response(message):
    return BASE(claiming(message, "response"))


def shortened(answer):
    """The answer with a thousand issues takes it minutes: twenty of them are as good."""
    for entry in answer.get("entry", []):
        if entry["resource"]["resourceType"] == "OperationOutcome":
            del entry["resource"]["issue"][20:]
    return answer


def answers():
    count, wrong = 0, {}
    for name, answer, _ in exchanges():
        found = as_response(shortened(answer))
        if not set(found) <= set(ALLOWED["answers"].get(name, {}).get(ME, [])):
            wrong[name] = found
        count += 1
    must(not wrong, wrong)
    must(count > 80, f"only {count}")
    return f"{count} answers are valid by R4 and our profiles"


def requests():
    count, wrong = 0, {}
    for name, _, request in exchanges():
        if request:
            found = as_request(request)
            if not set(found) <= set(ALLOWED["requests"].get(name, {}).get(ME, [])):
                wrong[name] = found
            count += 1
    must(not wrong, wrong)
    must(count > 60, f"only {count}")
    return f"{count} requests are valid by R4 and our profiles"


def artifacts():
    found = [f"{r['resourceType']}/{r['id']}: {fault}" for r in PUBLISHED for fault in BASE(r)]
    must(not found, found)
    return f"{len(PUBLISHED)} resources are valid R4"


def broken(kind, look):
    caught = [row for row in BROKEN[kind] if look(breaks(row))]
    differ = [row["what"] for row in BROKEN[kind] if (ME in row["caught_by"]) != (row in caught)]
    must(not differ, f"not as broken.json has it: {differ}")
    return f"{len(caught)} of {len(BROKEN[kind])} rejected"


def together():
    """What broken.json says of the three, each of which holds to it: nothing passes all."""
    notes = []
    for kind in ["base", "profiles"]:
        passed = [row["what"] for row in BROKEN[kind] if not row["caught_by"]]
        must(not passed, f"nobody rejects: {passed}")
        for who in ["fhirkit", "medplum", "pyrofile"]:
            count = sum(who in row["caught_by"] for row in BROKEN[kind])
            notes.append(f"{who} {count} of {len(BROKEN[kind])} ({kind})")
    return "every one is rejected by one at least; " + ", ".join(notes)


checks = Checks()
checks.check(f"{ME}: every answer of the fixtures", answers)
checks.check(f"{ME}: every request that was read", requests)
checks.check(f"{ME}: messages broken against base R4", lambda: broken("base", BASE))
checks.check(f"{ME}: what the server publishes", artifacts)
checks.check(f"{ME}: messages broken against our profiles", lambda: broken("profiles", as_request))
checks.check("the three validators together: messages broken in one way each", together)
checks.end()
