// Where work goes wrong: by step, by thing and by cause. Counts only.

import { account, begin, byId, el, get, sayError, t, wordsOf } from '/static/common.js';

const REASONS = { missing: 'nothing there', other_item: 'another item', turned: 'turned', mirrored: 'mirrored', too_many: 'too many',
  elsewhere: 'in another place', moved: 'something moved', unknown: 'unknown thing', hand: 'hand in view', dark: 'too dark', glare: 'glare',
  blurred: 'blurred', stale: 'picture too old' };
const TIMES_MIN = 5; // fewer times of a step could be one person's
const percent = (v) => (v === null ? '–' : `${Math.round(v * 100)} %`);

function reasons(errors) {
  return Object.entries(errors).sort((a, b) => b[1] - a[1]).map(([word, n]) => `${t(REASONS[word] ?? 'other reason')} ${n}`).join(', ');
}

/** What people call the workflow, its steps and things; ids where it is gone or was renamed. */
async function namesOf(id) {
  const { tree } = await get(`/api/workflow/${id}`).catch(() => ({ tree: {} }));
  const all = (tree?.sections ?? []).flatMap((s) => s.steps ?? []);
  const words = (list) => new Map((list ?? []).map(([key, group]) => [key, wordsOf(group)]).filter(([, name]) => name && !name.includes('{')));
  return { workflow: wordsOf(tree?.name, id), steps: words(all.map((s) => [s.id ?? s.place, s.text])), items: words((tree?.items ?? []).map((i) => [i.id, i.name])) };
}

async function table(w) {
  const names = await namesOf(w.workflow);
  const rows = w.steps.map((s) => el('tr', {}, el('th', { scope: 'row' }, names.steps.get(s.step) ?? s.step), el('td', {}, names.items.get(s.item) ?? s.item ?? ''), el('td', { class: 'n' }, String(s.done)),
    el('td', { class: 'n' }, percent(s.first_pass_yield)), el('td', { class: 'n' }, String(s.error_count)), el('td', {}, reasons(s.errors)),
    el('td', { class: 'n' }, s.median_s === null || s.done < TIMES_MIN ? '–' : `${s.median_s.toFixed(1)} s`)));
  const heads = ['Step', 'Thing', 'Done', 'Right at once', 'Errors', 'What was seen', 'Usual time'].map((h, i) => el('th', { scope: 'col', class: [2, 3, 4, 6].includes(i) ? 'n' : null }, t(h)));
  return el('section', {}, el('h2', {}, names.workflow),
    el('dl', { class: 'tiles' },
      tile(t('Kits complete'), w.kits.complete), tile(t('Without an error'), percent(w.kits.first_pass_yield)),
      tile(t('Put aside'), w.kits.aside), tile(t('Steps right at once'), percent(w.first_pass_yield))),
    el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': names.workflow }, el('table', {}, el('thead', {}, el('tr', {}, heads)), el('tbody', {}, rows))));
}

function tile(name, value) {
  return el('div', { class: 'tile' }, el('dt', {}, name), el('dd', {}, String(value)));
}

async function main() {
  const [, report] = await Promise.all([begin(), get('/api/report')]);
  account(byId('account'));
  byId('print').onclick = () => window.print();
  byId('report').replaceChildren(...(report.workflows.length ? await Promise.all(report.workflows.map(table)) : [el('p', {}, t('No kit was packed at this station yet.'))]));
}

main().catch(sayError);
