// The four steps of attachment, as its people click them in fixtures/README.md.

import { browse, expect, Visitor } from './browser.mjs';

/// What a page tells after something was done.
async function told(visitor, words) {
  const status = visitor.page.getByRole('status');
  await status.waitFor();
  expect((await status.innerText()).match(words), `${visitor.name} is told ${await status.innerText()}`);
}

await browse(async (browser) => {
  // Step 1: room.
  const juniper = await Visitor.signIn(browser, 'Juniper Testwell');
  await juniper.seen('provider-home');
  await juniper.page.getByRole('link', { name: 'Notices' }).click();
  await juniper.page.getByLabel('By e-mail').check();
  await juniper.page.getByLabel('E-mail address').fill('juniper@work.example');
  await juniper.page.getByRole('button', { name: 'Save' }).click();
  await told(juniper, /tell you/i);
  await juniper.seen('provider-notices');
  await juniper.page.getByRole('link', { name: 'My desk' }).click();
  await juniper.page.getByRole('link', { name: 'Juniper Testwell' }).click();
  await juniper.page.getByLabel('Yes, we accept new patients').check();
  await juniper.page.getByLabel('New patients, from today on').fill('5');
  await juniper.page.getByLabel('Low', { exact: true }).fill('50');
  await juniper.page.getByLabel('Medium', { exact: true }).fill('30');
  await juniper.page.getByLabel('High', { exact: true }).fill('21');
  await juniper.page.getByRole('button', { name: 'State this capacity' }).click();
  expect(await juniper.page.getByRole('alert').count() === 1, 'a mix of 101 per cent is refused');
  await juniper.seen('provider-capacity-refused');
  await juniper.page.getByLabel('High', { exact: true }).fill('20');
  await juniper.page.getByRole('button', { name: 'State this capacity' }).click();
  await told(juniper, /capacity/i);
  await juniper.seen('provider-panel');

  // She lets somebody of the clinic's staff act for her, and ends it.
  await juniper.page.getByRole('link', { name: 'My desk' }).click();
  await juniper.page.getByRole('link', { name: 'Who may act for me' }).click();
  await juniper.page.getByRole('button', { name: 'Let them act for me' }).click();
  expect(await juniper.page.getByRole('alert').count() === 1, 'nobody was chosen');
  await juniper.page.getByLabel(/staff/).selectOption('rue.clipworth');
  await juniper.page.getByRole('button', { name: 'Let them act for me' }).click();
  await told(juniper, /act for you/);
  await juniper.seen('provider-delegates');
  await juniper.page.getByRole('button', { name: 'End for Rue Clipworth' }).click();
  await told(juniper, /no longer/);
  await juniper.page.getByRole('link', { name: 'My desk' }).click();
  await juniper.page.getByRole('link', { name: 'Juniper Testwell' }).click();

  // Somebody registers; first with a slip of the pen.
  const marigold = await Visitor.signIn(browser, 'Marigold Exampleton', { viewport: { width: 390, height: 844 }, hasTouch: true });
  await marigold.page.getByRole('link', { name: 'My registrations' }).click();
  await marigold.seen('patient-none-yet');
  await marigold.page.getByRole('link', { name: 'Register to find a provider' }).click();
  await marigold.page.getByLabel('E-mail address').fill('marigold@mail.example');
  await marigold.page.getByLabel('E-mail', { exact: true }).check();
  await marigold.page.getByLabel(/^Postal code/).fill('V0X 9Z1');
  await marigold.page.getByLabel('Personal health number').fill('9876500011');
  await marigold.page.getByLabel('Given names').fill('Marigold');
  await marigold.page.getByLabel('Family name').fill('Exampleton');
  await marigold.page.getByLabel('Birth date').fill('1984-04-21');
  await marigold.page.getByLabel('Why they look for a provider').selectOption('provider-retiring');
  await marigold.page.getByLabel('Heart failure').check();
  await marigold.page.getByLabel('Diabetes').check();
  await marigold.page.getByLabel(/We agree/).check();
  await marigold.page.getByRole('button', { name: 'Register', exact: true }).click();
  expect((await marigold.page.getByRole('alert').innerText()).includes('does not match provincial records'), 'a wrong birth date is told as all else');
  expect(await marigold.page.getByLabel('Given names').inputValue() === 'Marigold', 'what was typed is kept');
  expect((await marigold.page.title()).startsWith('Error: '), 'the title tells first that something is wrong');
  await marigold.seen('patient-no-match');
  // A second person, whose first field has the focus, and who is left out after all. Twice: a form that came back is as good as the first.
  for (let times = 0; times < 2; times += 1) {
    await marigold.page.getByRole('button', { name: 'Add another person' }).click();
    await marigold.page.locator('#member-1-phn:focus').waitFor();
    await marigold.page.getByRole('button', { name: 'Leave out person 2' }).click();
    await marigold.page.locator('#member-1-phn').waitFor({ state: 'detached' });
  }
  await marigold.page.getByLabel('Birth date').fill('1984-04-12');
  await marigold.page.getByRole('button', { name: 'Register', exact: true }).click();
  await told(marigold, /register/i);
  await marigold.seen('patient-registered');

  // Step 2: a list.
  const cosmo = await Visitor.signIn(browser, 'Cosmo Matchwright');
  await cosmo.seen('coordinator-home');
  await cosmo.page.getByRole('link', { name: /Lantern Coast/ }).click();
  await cosmo.seen('coordinator-network');
  await cosmo.page.getByRole('link', { name: 'Targets for Juniper Testwell', exact: true }).click();
  await cosmo.page.getByLabel('By which day').fill('2099-12-31');
  await cosmo.page.getByLabel('How many people').fill('a few');
  await cosmo.page.getByRole('button', { name: 'Set this target' }).click();
  expect(await cosmo.page.getByRole('alert').count() === 1, 'a few is no number');
  expect(await cosmo.page.getByLabel('By which day').inputValue() === '2099-12-31', 'the day stays');
  await cosmo.page.getByLabel('How many people').fill('400');
  await cosmo.page.getByRole('button', { name: 'Set this target' }).click();
  await told(cosmo, /target is set/);
  await cosmo.seen('coordinator-targets');
  await cosmo.page.getByRole('link', { name: 'The network' }).click();
  await cosmo.page.getByRole('link', { name: 'Families to call' }).click();
  await cosmo.seen('coordinator-calls');
  await cosmo.page.getByRole('link', { name: /Lantern Coast/ }).click();
  await cosmo.page.getByRole('link', { name: /Candidates for Juniper Testwell/ }).click();
  await cosmo.seen('coordinator-candidates');
  const chosen = cosmo.page.getByRole('checkbox', { checked: true });
  const ticked = await chosen.count();
  expect(ticked >= 3, `${ticked} candidates`);
  // One is left out, for a reason.
  const left = cosmo.page.locator('li.candidate', { has: chosen }).nth(1);
  await left.getByLabel('If left out, why').selectOption({ index: 1 });
  await left.getByRole('checkbox').uncheck();
  // The last of them comes first.
  const last = cosmo.page.locator('li.candidate', { has: chosen }).last();
  await last.getByLabel(/^Place on the list/).fill('first');
  await cosmo.page.getByRole('button', { name: 'Send this list' }).click();
  expect((await cosmo.page.getByRole('alert').innerText()).includes('place on the list'), 'first is no number');
  await cosmo.seen('coordinator-place-refused');
  await last.getByLabel(/^Place on the list/).fill('1');
  await cosmo.page.getByRole('button', { name: 'Send this list' }).click();
  await told(cosmo, /list/i);
  await cosmo.seen('coordinator-list-sent');

  // Step 3: review, by the one at the desk, with the keyboard alone.
  const dahlia = await Visitor.signIn(browser, 'Dahlia Deskworth');
  await dahlia.page.getByRole('link', { name: 'Juniper Testwell' }).click();
  await dahlia.seen('desk-review');
  const people = dahlia.page.getByRole('group', { name: /^Your answer for/ });
  const many = await people.count();
  const families = await dahlia.page.locator('.card', { has: people }).count();
  expect(families === ticked - 1, `${families} families are proposed of ${ticked - 1}`);
  const first = dahlia.page.locator('.card', { has: people }).first();
  for (let place = 0; place < many; place += 1) {
    const group = people.nth(place);
    const accepted = await first.getByRole('group', { name: await group.locator('legend').innerText(), exact: true }).count() === 1;
    // The first by arrow keys from "leave as it is", as without a script; everybody else by one key.
    if (place === 0) {
      await group.getByRole('radio').first().focus();
      const words = await group.getByRole('radio').evaluateAll((radios) => radios.map((radio) => radio.value));
      for (let step = 0; step < words.indexOf('accepted'); step += 1) await dahlia.page.keyboard.press('ArrowDown');
    } else {
      await people.nth(place - 1).getByRole('radio', { checked: true }).focus();
      await dahlia.page.keyboard.press('j');
      await dahlia.page.keyboard.press(accepted ? 'a' : 'd');
      if (!accepted) await dahlia.page.keyboard.press('ArrowDown');
    }
    const chosen = await group.getByRole('radio', { checked: true }).getAttribute('value');
    expect(chosen === (accepted ? 'accepted' : 'declined'), `${await group.locator('legend').innerText()}: ${chosen}`);
  }
  await dahlia.page.getByRole('button', { name: 'Send these answers' }).focus();
  await dahlia.page.keyboard.press('Enter');
  await told(dahlia, /answer/i);
  await dahlia.seen('desk-answered');

  // Step 4: attachment.
  await juniper.page.reload();
  await juniper.page.getByRole('button', { name: /^Confirm / }).first().click();
  await told(juniper, /confirm/i);
  await juniper.page.getByRole('link', { name: /on the panel/ }).click();
  expect(await juniper.page.getByRole('table').locator('tbody tr').count() >= 1, 'somebody is on the panel');
  await juniper.seen('provider-members');

  // Papers: records to bill by, and the EMR's list beside the panel.
  await juniper.page.getByRole('link', { name: /Juniper Testwell at/ }).click();
  await juniper.page.getByRole('link', { name: 'Attachment records' }).click();
  expect(await juniper.page.getByRole('table').locator('tbody tr').count() >= 1, 'somebody is to be billed');
  await juniper.seen('provider-records');
  await juniper.page.getByRole('link', { name: /Juniper Testwell at/ }).click();
  await juniper.page.getByRole('link', { name: 'Clean up the panel' }).click();
  await juniper.page.getByRole('button', { name: 'Compare' }).click();
  expect((await juniper.page.getByRole('alert').innerText()).includes('Choose the EMR'), 'no file is told at the form');
  await juniper.seen('provider-clean-up');
  const emr = 'PHN,Given,Family,Birth date\n9876500029,Basil,Fixturing,1951-09-30\n9876500012,No,Number,1990-01-01\n';
  await juniper.page.getByLabel('The EMR\'s list').setInputFiles({ name: 'list.csv', mimeType: 'text/csv', buffer: Buffer.from(emr) });
  await juniper.page.getByRole('button', { name: 'Compare' }).click();
  await told(juniper, /Nothing is changed yet/);
  await juniper.seen('provider-clean-up-compared');
  await juniper.page.getByLabel(/Basil Fixturing/).check();
  await juniper.page.getByRole('button', { name: 'Change whoever is ticked' }).click();
  await told(juniper, /1 added/);
  await juniper.seen('provider-cleaned-up');

  // The director keeps the clinic's details and its staff.
  const iris = await Visitor.signIn(browser, 'Iris Ledgerly');
  await iris.page.getByRole('link', { name: 'Cedar Lantern Family Practice' }).click();
  await iris.seen('director-clinic');
  await iris.page.getByLabel('Telephone number').fill('call us');
  await iris.page.getByRole('button', { name: 'Keep these details' }).click();
  expect((await iris.page.getByRole('alert').innerText()).includes('telephone number'), 'that is no number');
  await iris.seen('director-clinic-refused');
  await iris.page.getByLabel('Telephone number').fill('250-555-0110');
  await iris.page.getByRole('button', { name: 'Keep these details' }).click();
  await told(iris, /details are kept/);
  await iris.page.getByRole('button', { name: 'Let Dahlia Deskworth go' }).click();
  await told(iris, /no longer/);
  await dahlia.page.goto('/my');
  expect(await dahlia.page.getByRole('link', { name: 'Juniper Testwell' }).count() === 0, 'she acts for nobody now');

  // Whoever was not chosen waits on, and is told so.
  await marigold.page.goto('/my/registrations');
  await marigold.seen('patient-standing');

  // Somebody calls: an agent finds their family with the keyboard alone, and registers whoever calls next.
  const opal = await Visitor.signIn(browser, 'Opal Ringwell');
  await opal.page.getByRole('link', { name: 'Families who call' }).click();
  const type = async (label, text) => {
    await opal.page.getByLabel(label).focus();
    await opal.page.keyboard.type(text);
  };
  await type('Personal health number', '9876500011');
  await opal.page.keyboard.press('Tab');
  await opal.page.keyboard.type('Exampletown');
  await opal.page.getByLabel('Birth date').fill('1984-04-12');
  await opal.page.keyboard.press('Enter');
  expect((await opal.page.getByRole('alert').innerText()).includes('No family is found'), 'that is not her name');
  await opal.seen('agent-not-found');
  await opal.page.getByLabel('Family name').fill('Exampleton');
  await opal.page.getByRole('button', { name: 'Find this family' }).focus();
  await opal.page.keyboard.press('Enter');
  await opal.page.getByRole('heading', { name: 'A family who calls' }).waitFor();
  expect(!/98765/.test(opal.page.url()), 'a number is in the address');
  await opal.seen('agent-family');
  await opal.page.getByRole('link', { name: 'Families who call' }).click();
  await opal.page.getByRole('link', { name: 'Register whoever calls' }).click();
  await opal.page.getByLabel('Telephone number').fill('250-555-0102');
  await opal.page.getByLabel('Telephone call').check();
  await opal.page.getByLabel(/^Postal code/).fill('V0X 9Z1');
  await opal.page.getByLabel('Personal health number').fill('9876500043');
  await opal.page.getByLabel('Given names').fill('Rowan');
  await opal.page.getByLabel('Family name').fill('Placeholt');
  await opal.page.getByLabel('Birth date').fill('1998-07-07');
  await opal.page.getByLabel('Why they look for a provider').selectOption('moved-here');
  await opal.page.getByLabel(/They agreed/).check();
  await opal.seen('agent-register');
  await opal.page.getByRole('button', { name: 'Register', exact: true }).click();
  await told(opal, /They are registered/);
  await opal.page.getByRole('link', { name: 'Change' }).click();
  await opal.seen('agent-change');
  await opal.page.getByRole('button', { name: 'Save' }).click();
  await told(opal, /changed/);
  await opal.page.getByRole('button', { name: 'They are still looking' }).click();
  await told(opal, /still on the registry/);
  await opal.page.getByRole('link', { name: 'They no longer look' }).click();
  await opal.seen('agent-withdraw');
  await opal.page.getByRole('checkbox').check();
  await opal.page.getByRole('button', { name: 'They no longer look' }).click();
  await told(opal, /taken off/);
  await opal.seen('agent-withdrawn');

  const letters = juniper.page;
  for (let tries = 0; tries < 60; tries += 1) {
    await letters.goto('/sandbox/mail');
    if (await letters.getByRole('heading', { name: /still waiting/ }).count() > 0) break;
    await letters.waitForTimeout(1000);
  }
  expect(await letters.getByRole('heading', { name: /still waiting/ }).count() > 0, 'nobody is told that they wait on');
  expect(await letters.getByRole('heading', { name: 'There is a list to answer' }).count() === 1, 'Juniper is told of her list');
  await juniper.seen('letters');
  await letters.goto('/numbers');
  await juniper.seen('numbers');
});
