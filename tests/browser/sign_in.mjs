// Somebody signs in with an issuer, in a real browser: a policy of ours that a browser holds against the way there and back shows here alone.

import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const { PAS_PROGRAM: program, PAS_DATA: data } = process.env;
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const encoded = (json) => Buffer.from(JSON.stringify(json)).toString('base64url');
const codes = new Map();

function idToken(asked) {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: issuer, aud: 'pas-pages', sub: 'cosmo.matchwright', name: 'Cosmo Matchwright', iat: now, exp: now + 60, nonce: asked.get('nonce') };
  const text = `${encoded({ alg: 'ES256', typ: 'JWT', kid: 'one' })}.${encoded(claims)}`;
  return `${text}.${sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

/// An issuer that sends people on to somebody else, who knows them, and who sends them back at once.
const server = createServer(async (request, response) => {
  const { pathname, searchParams: asked } = new URL(request.url, 'http://127.0.0.1');
  const told = (json) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(json));
  const sent = (to) => response.writeHead(303, { location: to }).end();
  if (pathname === '/.well-known/openid-configuration') return told({ issuer, jwks_uri: `${issuer}/jwks`, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` });
  if (pathname === '/jwks') return told({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig' }] });
  if (pathname === '/authorize') return sent(`http://localhost:${server.address().port}/federation?${asked}`);
  if (pathname === '/federation') {
    const code = randomUUID();
    codes.set(code, asked);
    return sent(`${asked.get('redirect_uri')}?${new URLSearchParams({ code, state: asked.get('state') })}`);
  }
  let body = '';
  for await (const more of request) body += more;
  const form = new URLSearchParams(body);
  const before = codes.get(form.get('code'));
  const verified = before && createHash('sha256').update(form.get('code_verifier')).digest('base64url') === before.get('code_challenge');
  return verified ? told({ id_token: idToken(before) }) : response.writeHead(400).end();
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const issuer = `http://127.0.0.1:${server.address().port}`;

const pas = spawn(program, ['serve', '--bind', '127.0.0.1:0', '--data-dir', data, '--issuer', issuer, '--sign-in-client', 'pas-pages'], { stdio: ['ignore', 'pipe', 'ignore'] });
const ended = new Promise((end) => pas.once('exit', end));
try {
  const found = (async () => {
    for await (const line of createInterface({ input: pas.stdout })) {
      const base = line.match(/^PAS serves (http:\/\/[^/]*)\//);
      if (base) return base[1];
    }
    return undefined;
  })();
  process.env.PAS_BASE = await found;
  if (process.env.PAS_BASE === 'undefined') throw new Error('the server did not start');
  const { browse, expect, Visitor } = await import('./browser.mjs');
  await browse(async (browser) => {
    const context = await browser.newContext({ baseURL: process.env.PAS_BASE, viewport: { width: 1100, height: 800 } });
    const page = await context.newPage();
    const cosmo = new Visitor(page, 'Cosmo Matchwright');
    await page.goto('/my');
    await cosmo.seen('sign-in-elsewhere');
    await page.getByRole('button', { name: 'Sign in' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/my');
    await page.getByRole('link', { name: /Lantern Coast/ }).waitFor();
    expect((await context.cookies()).every((cookie) => cookie.httpOnly && cookie.name === 'pas_session'), 'one cookie, and no script reads it');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('status').waitFor();
    await cosmo.seen('signed-out');
    await page.goto('/sign-in/back?code=a&state=b');
    await cosmo.seen('not-signed-in');
  });
} finally {
  pas.kill('SIGINT');
  await ended;
  server.close();
  server.closeAllConnections();
}
