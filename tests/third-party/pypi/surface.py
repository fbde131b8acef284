"""schemathesis: requests made from /openapi.json, sound ones and others. No 5xx, no answer that is not described."""

import re
import subprocess
import sys
from pathlib import Path

import httpx

from message import CLIENT
from tell import Checks, given, must

BASE = given("PAS_BASE")
EXAMPLES = 25
SEED = 20261122


def token():
    """A token, so that messages come as far as being read."""
    found = httpx.get(f"{BASE}/.well-known/smart-configuration").raise_for_status().json()
    form = {"grant_type": "client_credentials"}
    return httpx.post(found["token_endpoint"], data=form, auth=CLIENT).raise_for_status().json()["access_token"]


def surface():
    described = httpx.get(f"{BASE}/openapi.json").raise_for_status().json()
    must(described["openapi"].startswith("3."), described["openapi"])
    methods = {"get", "put", "post", "delete", "patch", "head", "options"}
    operations = sum(len(methods & set(path)) for path in described["paths"].values())
    asked = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"), "--no-color", "run", f"{BASE}/openapi.json",
            "--url", BASE, "--phases", "examples,coverage,fuzzing", "--mode", "all",
            "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
            "--max-examples", str(EXAMPLES), "--seed", str(SEED), "--workers", "1",
            "--header", f"Authorization: Bearer {token()}", "--suppress-health-check", "all", "--warnings", "off",
        ],
        capture_output=True, text=True, check=False,
    )
    must(asked.returncode == 0, asked.stdout[-6000:] + asked.stderr[-2000:])
    sent = re.search(r"Test cases:\s+(\d+) generated, \1 passed", asked.stdout)
    must(sent and int(sent[1]) > 10 * operations, asked.stdout[-2000:])
    return f"{sent[1]} requests for {operations} operations, seed {SEED}"


checks = Checks()
checks.check("schemathesis", surface)
checks.end()
