// One key for each answer, while the focus is in somebody's answers and nowhere else (WCAG 2.1.4).
const groups = [...document.querySelectorAll('fieldset[data-keys]')];
const answers = { a: 'accepted', i: 'in-intake', d: 'declined', u: '' };
const steps = { j: 1, k: -1 };
for (const hint of document.querySelectorAll('[data-keys-hint]')) hint.hidden = false;
document.addEventListener('keydown', (event) => {
  const group = event.target.closest('fieldset[data-keys]');
  // In a list of choices, letters choose.
  if (!group || event.target.tagName === 'SELECT' || event.ctrlKey || event.metaKey || event.altKey) return;
  // With capitals locked the keys are the same.
  const key = event.key.toLowerCase();
  let to;
  if (key in steps) {
    to = groups[groups.indexOf(group) + steps[key]]?.querySelector('input:checked');
  } else if (key in answers) {
    to = [...group.querySelectorAll('input')].find((radio) => radio.value === answers[key]);
    if (to) to.checked = true;
    if (to && key === 'd') to = group.querySelector('select');
  }
  if (!to) return;
  event.preventDefault();
  to.focus();
});
