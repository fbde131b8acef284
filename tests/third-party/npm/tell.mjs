// One line a check. `run` counts the lines that begin with `ok` and `FAILED`.

import process from 'node:process';

/** Runs one check and says how it went. */
export async function check(name, look) {
  try {
    const note = await look();
    console.log(`ok ${name}${note ? `: ${note}` : ''}`);
  } catch (error) {
    console.log(`FAILED ${name}: ${error?.stack ?? error}`.replace(/\n/g, '\n    '));
    process.exitCode = 1;
  }
}

/** What must hold, in so many words. */
export function must(holds, why) {
  if (!holds) {
    throw new Error(typeof why === 'string' ? why : JSON.stringify(why));
  }
}

/** A setting that `run` hands over. */
export function given(name) {
  const value = process.env[name];
  must(value, `${name} is not set: start this by tests/third-party/run`);
  return value;
}
