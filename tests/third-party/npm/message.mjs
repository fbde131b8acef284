// Messages as an EMR would send them, and what every client asks of the answers.

import { readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { given, must } from './tell.mjs';

export const CLIENT = { id: 'emr-lantern', secret: 'lantern-sandbox-secret' };
export const ADD = 'add-patient-to-panel';
export const REMOVE = 'remove-patient-from-panel';
export const QUERY = 'get-patient-mrp-status';
export const OPERATION = '$process-message';

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** The example of the fixtures about this event, with every id a new one. */
export function message(event) {
  const path = `${given('PAS_ROOT')}/fixtures/exchanges/${ADD}/1-request.json`;
  const known = new Map();
  const fresh = (id) => known.set(id, known.get(id) ?? randomUUID()).get(id);
  return JSON.parse(readFileSync(path, 'utf8').replace(UUID, fresh).replace(ADD, event));
}

const resources = (bundle, type) =>
  bundle.entry.map((entry) => entry.resource).filter((resource) => resource.resourceType === type);

/** That this is the answer to that message, that all is well, and that the patient stands there as told. */
export function answers(answer, sent, status) {
  must(answer.resourceType === 'Bundle' && answer.type === 'message', answer);
  const header = answer.entry[0].resource;
  must(header.resourceType === 'MessageHeader', header);
  must(header.response.identifier === sent.entry[0].resource.id, 'the answer to another message');
  must(header.response.code === 'ok', resources(answer, 'OperationOutcome')[0]);
  const [group] = resources(answer, 'Group');
  const shown = group.member.map((member) => member.extension[0].valueCoding.code);
  must(shown.length === 1 && shown[0] === status, `${shown} instead of ${status}`);
}

/** The story that every client tells: add, ask, remove, ask. `post` sends one message and gives its answer. */
export async function story(post) {
  for (const [event, status] of [
    [ADD, 'confirmed'],
    [QUERY, 'confirmed'],
    [REMOVE, 'removed'],
    [QUERY, 'removed'],
  ]) {
    const sent = message(event);
    answers(await post(sent), sent, status);
  }
  return 'token, metadata, add, query, remove, query';
}

/** What every client must find in the metadata. */
export function describes(capability) {
  must(capability.resourceType === 'CapabilityStatement', capability);
  must(capability.fhirVersion === '4.0.1', capability.fhirVersion);
  must(capability.messaging?.[0]?.endpoint?.[0]?.address?.endsWith(OPERATION), capability.messaging);
}

/** The headers of a message, with a token, for those who post by hand. */
export async function headers() {
  const configuration = await fetch(`${given('PAS_BASE')}/.well-known/smart-configuration`);
  const { token_endpoint: address } = await configuration.json();
  const { access_token: token } = await fetchToken(address);
  return { 'content-type': 'application/fhir+json', authorization: `Bearer ${token}` };
}

/** A token by the address that was found. */
export async function fetchToken(address) {
  const body = new URLSearchParams({ grant_type: 'client_credentials' });
  const authorization = `Basic ${Buffer.from(`${CLIENT.id}:${CLIENT.secret}`).toString('base64')}`;
  const answer = await fetch(address, { method: 'POST', body, headers: { authorization } });
  must(answer.status === 200, `${answer.status} from the token endpoint`);
  return answer.json();
}
