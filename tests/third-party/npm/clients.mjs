// The three clients of npm, each against the server as a vendor would use it: token, metadata, add, query, remove.

import { Client } from 'fhir-kit-client';
import { MedplumClient } from '@medplum/core';
import smart from 'fhirclient';
import { check, given, must } from './tell.mjs';
import { CLIENT, OPERATION, describes, fetchToken, message, story } from './message.mjs';

const base = given('PAS_BASE');

await check('fhir-kit-client', async () => {
  const client = new Client({ baseUrl: base });
  const found = await client.smartAuthMetadata();
  must(found.tokenUrl, 'no token endpoint was found');
  describes(await client.capabilityStatement());
  const refused = await client.operation({ name: OPERATION, input: message('get-patient-mrp-status') }).catch((e) => e);
  must(refused?.response?.status === 401, 'a message without a token was not refused');
  must(refused.response.data.resourceType === 'OperationOutcome', 'refused without an OperationOutcome');
  client.bearerToken = (await fetchToken(found.tokenUrl)).access_token;
  return story((sent) => client.operation({ name: OPERATION, input: sent }));
});

await check('@medplum/core', async () => {
  const client = new MedplumClient({ baseUrl: base, fhirUrlPath: '/', tokenUrl: `${base}/auth/token`, cacheTime: 0 });
  // It keeps the token and then asks for a profile of Medplum's own, which no other server has.
  await client.startClientLogin(CLIENT.id, CLIENT.secret).catch((error) => {
    must(client.getAccessToken(), error);
  });
  describes(await client.get(client.fhirUrl('metadata')));
  return story((sent) => client.post(client.fhirUrl(OPERATION), sent, 'application/fhir+json'));
});

await check('fhirclient of SMART (npm)', async () => {
  const state = { serverUrl: base };
  const anonymous = new smart.FhirClient(base);
  const { token_endpoint: address } = await anonymous.fhirRequest('.well-known/smart-configuration');
  state.tokenResponse = await fetchToken(address);
  const client = smart({ headers: {}, url: '/' }, {}, {}).client(state);
  describes(await client.request('metadata'));
  return story((sent) =>
    client.request({
      url: OPERATION,
      method: 'POST',
      body: JSON.stringify(sent),
      headers: { 'content-type': 'application/fhir+json' },
    }),
  );
});
