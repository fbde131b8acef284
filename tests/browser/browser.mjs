// A browser, somebody who uses it, and what is asked of every page that they see.

import { createRequire } from 'node:module';
import { readFileSync, mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const { PAS_BASE: base, PAS_CHROMIUM: executablePath, PAS_PICTURES: pictures } = process.env;
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

let pages = 0;

export function expect(holds, what) {
  if (!holds) throw new Error(what);
}

/// Starts the browser; ends it whatever happens.
export async function browse(story) {
  // As root there is no sandbox of Chromium's own; the pages are ours.
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    await story(browser);
    console.log(`ok the story: ${pages} pages, each without a finding of axe`);
  } finally {
    await browser.close();
  }
}

/// Somebody of the cast, in a browser of their own.
export class Visitor {
  static async signIn(browser, name, options = {}) {
    const context = await browser.newContext({ baseURL: base, viewport: { width: 1100, height: 800 }, ...options });
    const page = await context.newPage();
    const visitor = new Visitor(page, name);
    page.on('pageerror', (error) => { throw error; });
    await page.goto('/sign-in');
    await visitor.seen('sign-in');
    await page.getByRole('button', { name: new RegExp(`^${name}`) }).click();
    await page.waitForURL('**/my');
    return visitor;
  }

  constructor(page, name) {
    this.page = page;
    this.name = name;
  }

  /// What is asked of every page: a title, one main heading, nothing that axe finds, nothing wider than a phone.
  async seen(picture) {
    pages += 1;
    const { page } = this;
    expect((await page.title()).length > 10, `${picture}: no title`);
    expect(await page.locator('h1').count() === 1, `${picture}: not one main heading`);
    // Content security policy keeps scripts out, and axe is one: it runs in a world of its own.
    const found = await this.asked(`${axe}; axe.run(document, { runOnly: ${JSON.stringify(RULES)} })`);
    const told = found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).join(', ')}`);
    expect(told.length === 0, `${picture}: axe finds ${told.join('; ')}`);
    const size = page.viewportSize();
    await page.setViewportSize({ width: 320, height: 800 });
    const wide = await this.asked('Promise.resolve(document.documentElement.scrollWidth)');
    expect(wide <= 320, `${picture}: ${wide} pixels wide on a phone of 320`);
    await page.setViewportSize(size);
    if (pictures) {
      mkdirSync(pictures, { recursive: true });
      await page.screenshot({ path: `${pictures}/${picture}.png`, fullPage: true });
    }
  }

  /// Evaluates in an isolated world, which the page's policy does not bind.
  async asked(expression) {
    this.session ??= await this.page.context().newCDPSession(this.page);
    const { frameTree } = await this.session.send('Page.getFrameTree');
    const { executionContextId } = await this.session.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id });
    const { result, exceptionDetails } = await this.session.send('Runtime.evaluate', {
      expression, contextId: executionContextId, awaitPromise: true, returnByValue: true,
    });
    expect(!exceptionDetails, exceptionDetails?.exception?.description ?? 'a script failed');
    return result.value;
  }
}
