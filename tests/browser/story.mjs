// The four steps of attachment, as its people click them.

import { browse, expect, Visitor } from './browser.mjs';

await browse(async (browser) => {
  const juniper = await Visitor.signIn(browser, 'Juniper Testwell');
  await juniper.seen('provider-home');
  expect(await juniper.page.getByText('Juniper Testwell').count() > 0, 'she is greeted');
});
