// HL7's own examples, posted: each is read without a fault of ours, and refused for the right reason.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { check, given, must } from './tell.mjs';
import { OPERATION, headers } from './message.mjs';

const base = given('PAS_BASE');
const folder = given('PAS_HL7');

// What each is refused for: the status, and the code of every error. Both messages are about other events, and in shapes of their own.
const SHAPE = 'element-missing element-repeated event-unknown identifier-not-accepted reference-wrong-type';
const MESSAGES = {
  'Bundle-10bb101f-a121-4264-a920-67be9cb82c74.json': [200, SHAPE],
  'Bundle-3a0707d3-549e-4467-b8b8-5a2ab3800efe.json': [200, `${SHAPE} response-as-request`],
};
const LARGE = [413, 'body-too-large'];
const OTHERS = [400, 'not-a-message'];
const LIMIT = 8 << 20;

const sent = await headers();
await check("HL7's own Bundles", async () => {
  const files = readdirSync(folder).filter((file) => file.startsWith('Bundle-'));
  const wrong = [];
  for (const file of files) {
    const body = readFileSync(join(folder, file));
    const answer = await fetch(`${base}/${OPERATION}`, { method: 'POST', body, headers: sent });
    const found = await answer.json();
    const outcome = found.resourceType === 'Bundle' ? found.entry[1].resource : found;
    must(outcome.resourceType === 'OperationOutcome', `${file}: ${found.resourceType}`);
    const errors = outcome.issue.filter((issue) => issue.severity !== 'information' && issue.severity !== 'warning');
    const codes = [...new Set(errors.map((issue) => issue.details.coding[0].code))].sort().join(' ');
    const [status, expected] = MESSAGES[file] ?? (body.length > LIMIT ? LARGE : OTHERS);
    if (answer.status !== status || codes !== expected) wrong.push(`${file}: ${answer.status} '${codes}'`);
  }
  must(wrong.length === 0, wrong.join('\n'));
  must(files.length === 44, `${files.length} Bundles`);
  return `${files.length} of them, ${Object.keys(MESSAGES).length} messages, are refused for what they are`;
});
