#!/usr/bin/env python3
"""Writes base.json: the elements of HL7's R4 definitions that our profiles constrain, as far as a snapshot needs them.

    npm install hl7.fhir.r4.examples@4.0.1
    python3 src/conformance/base.py node_modules/hl7.fhir.r4.examples > src/conformance/base.json

HL7's definitions are in the public domain (CC0). Left out: long definitions, comments, mappings, examples, and the
constraint ele-1, which every element but a resource itself has.
"""

import json
import pathlib
import sys

TYPES = [
    "Bundle", "MessageHeader", "Group", "Patient", "Practitioner", "PractitionerRole", "Organization",
    "OperationOutcome", "Extension", "Identifier", "HumanName", "Address", "Reference", "Coding", "CodeableConcept",
]
# Packages of before 2020 name the files of types with a small letter.
FOLDER = pathlib.Path(sys.argv[1])


def definition(name):
    for spelling in (name, name.lower()):
        path = FOLDER / f"StructureDefinition-{spelling}.json"
        if path.exists():
            return json.loads(path.read_text())
    raise SystemExit(f"{name}: not in {FOLDER}")


def element(own, constraints):
    kept = {"path": own["path"], "min": own["min"], "max": own["max"], "short": own["short"]}
    if own["base"]["path"] != own["path"]:
        kept["base"] = own["base"]["path"]
    if own["base"]["max"] != own["max"] or own["base"]["min"] != own["min"]:
        raise SystemExit(f"{own['path']}: other cardinalities than its base")
    for key in ("type", "contentReference", "isModifier", "isModifierReason", "isSummary"):
        if own.get(key):
            kept[key] = own[key]
    if "binding" in own and "valueSet" in own["binding"]:
        kept["binding"] = {key: own["binding"][key] for key in ("strength", "valueSet")}
    keys = []
    for constraint in own.get("constraint", []):
        if constraint["key"] != "ele-1":
            keys.append(constraint["key"])
            wanted = ("severity", "human", "expression", "xpath", "source")
            constraints[constraint["key"]] = {key: constraint[key] for key in wanted if key in constraint and key != "xpath"}
    if keys:
        kept["constraint"] = keys
    return kept


def inherited(own, shared):
    """An element that another type or resource hands down is told once, and named where it stands."""
    if "base" not in own:
        return own
    rest = {key: own[key] for key in own if key not in ("path", "base")}
    return {"path": own["path"], "base": own["base"]} if shared.setdefault(own["base"], rest) == rest else own


def main():
    constraints, shared, lines = {}, {}, []
    for name in TYPES:
        elements = [element(own, constraints) for own in definition(name)["snapshot"]["element"]]
        elements = [inherited(own, shared) for own in elements]
        rows = ",\n".join("  " + json.dumps(own, ensure_ascii=False) for own in elements)
        lines.append(f'{json.dumps(name)}: [\n{rows}\n ]')
    print('{\n"constraints": ' + json.dumps(constraints, ensure_ascii=False) + ",")
    print('"inherited": ' + json.dumps(shared, ensure_ascii=False) + ",")
    print('"elements": {\n ' + ",\n ".join(lines) + "\n}\n}")


main()
