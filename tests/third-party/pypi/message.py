"""Messages as an EMR would send them, and what every client asks of the answers."""

import json
import re
import uuid
from pathlib import Path

from tell import given, must

CLIENT = ("emr-lantern", "lantern-sandbox-secret")
ADD = "add-patient-to-panel"
REMOVE = "remove-patient-from-panel"
QUERY = "get-patient-mrp-status"
OPERATION = "$process-message"
UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def message(event):
    """The example of the fixtures about this event, with every id a new one."""
    text = (Path(given("PAS_ROOT")) / "fixtures/exchanges" / ADD / "1-request.json").read_text()
    known = {}
    text = UUID.sub(lambda found: known.setdefault(found[0], str(uuid.uuid4())), text)
    return json.loads(text.replace(ADD, event))


def resources(bundle, kind):
    """The resources of one type in a message."""
    every = (entry["resource"] for entry in bundle["entry"])
    return [resource for resource in every if resource["resourceType"] == kind]


def answers(answer, sent, status):
    """That this is the answer to that message, that all is well, and that the patient stands there as told."""
    must(answer["resourceType"] == "Bundle" and answer["type"] == "message", answer)
    header = answer["entry"][0]["resource"]
    must(header["resourceType"] == "MessageHeader", header)
    must(header["response"]["identifier"] == sent["entry"][0]["resource"]["id"], "the answer to another message")
    must(header["response"]["code"] == "ok", resources(answer, "OperationOutcome"))
    members = resources(answer, "Group")[0]["member"]
    shown = [member["extension"][0]["valueCoding"]["code"] for member in members]
    must(shown == [status], f"{shown} instead of {status}")


STORY = [(ADD, "confirmed"), (QUERY, "confirmed"), (REMOVE, "removed"), (QUERY, "removed")]
TOLD = "token, metadata, add, query, remove, query"


def story(post):
    """The story that every client tells. `post` sends one message and gives its answer."""
    for event, status in STORY:
        sent = message(event)
        answers(post(sent), sent, status)
    return TOLD


def describes(capability):
    """What every client must find in the metadata."""
    must(capability["resourceType"] == "CapabilityStatement", capability)
    must(capability["fhirVersion"] == "4.0.1", capability["fhirVersion"])
    must(capability["messaging"][0]["endpoint"][0]["address"].endswith(OPERATION), capability["messaging"])
