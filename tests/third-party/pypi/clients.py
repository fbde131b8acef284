"""The three clients of PyPI, each against the server as a vendor would use it: token, metadata, add, query, remove.

What they are sent is parsed by their own models, and what these write again holds the same.
"""

import asyncio
import json
import re
from datetime import datetime

import httpx
from fhir.resources.R4B import get_fhir_model_class
from fhirclient.client import FHIRClient
from fhirclient.models.bundle import Bundle
from fhirpy import AsyncFHIRClient
from fhirpy.base.exceptions import AuthorizationError

from message import CLIENT, OPERATION, QUERY, STORY, TOLD, answers, describes, message, story
from tell import Checks, given, must

BASE = given("PAS_BASE")


def token():
    """A token, by the server's own configuration."""
    found = httpx.get(f"{BASE}/.well-known/smart-configuration").raise_for_status().json()
    form = {"grant_type": "client_credentials"}
    return httpx.post(found["token_endpoint"], data=form, auth=CLIENT).raise_for_status().json()["access_token"]


async def with_fhirpy():
    try:
        await AsyncFHIRClient(BASE).execute(OPERATION, data=message(QUERY))
        raise AssertionError("a message without a token was not refused")
    except AuthorizationError as refused:
        must("OperationOutcome" in str(refused), "refused without an OperationOutcome")
    client = AsyncFHIRClient(BASE, authorization=f"Bearer {token()}")
    describes(await client.execute("metadata", method="get"))
    for event, status in STORY:
        sent = message(event)
        answers(await client.execute(OPERATION, data=sent), sent, status)
    return TOLD


def with_fhirclient():
    # It finds the token endpoint in the metadata (`oauth-uris`) and fetches the token itself.
    client = FHIRClient({
        "app_id": CLIENT[0], "app_secret": CLIENT[1], "api_base": BASE,
        "scope": "system/Group.read system/Group.write",
    })
    client.wants_patient = False
    client.prepare()
    client.authorize()
    must(client.ready, "no token was given")
    describes(client.server.capabilityStatement.as_json())

    def post(sent):
        answer = client.server.post_json(OPERATION, Bundle(sent).as_json()).json()
        must(Bundle(answer).as_json() == answer, "the model gives back something else")
        return answer

    return story(post)


def instants(members):
    """Instants in one spelling: it gives back no fractions of a second where these are nothing."""
    spelled = {}
    for key, value in members.items():
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT.*", value):
            value = datetime.fromisoformat(value).isoformat()
        spelled[key] = value
    return spelled


def through(model, text):
    """A resource as a model of fhir.resources gives it back: all of it, and nothing else."""
    again = json.loads(model.model_validate_json(text).model_dump_json(), object_hook=instants)
    must(again == json.loads(text, object_hook=instants), "the model gives back something else")
    return json.loads(text)


def with_fhir_resources():
    # Its models are of R4B, which differs from R4 in nothing that is used here.
    bundle, capability = get_fhir_model_class("Bundle"), get_fhir_model_class("CapabilityStatement")
    with httpx.Client(base_url=BASE, headers={"authorization": f"Bearer {token()}"}) as client:
        describes(through(capability, client.get("/metadata").raise_for_status().text))

        def post(sent):
            body = json.dumps(through(bundle, json.dumps(sent)))
            headers = {"content-type": "application/fhir+json"}
            answer = client.post(f"/{OPERATION}", content=body, headers=headers)
            return through(bundle, answer.raise_for_status().text)

        return story(post)


checks = Checks()
checks.check("fhirpy", lambda: asyncio.run(with_fhirpy()))
checks.check("fhirclient of SMART (PyPI)", with_fhirclient)
checks.check("fhir.resources", with_fhir_resources)
checks.end()
