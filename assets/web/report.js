// Where work goes wrong: by step, by thing and by cause. Counts only.

import { account, begin, byId, el, get, sayError, t } from '/static/common.js';

const REASONS = { missing: 'nothing there', other_item: 'another item', turned: 'turned', mirrored: 'mirrored', too_many: 'too many',
  elsewhere: 'in another place', moved: 'something moved', unknown: 'unknown thing', hand: 'hand in view', dark: 'too dark', glare: 'glare',
  blurred: 'blurred', stale: 'picture too old' };
const percent = (v) => (v === null ? '–' : `${Math.round(v * 100)} %`);

function reasons(errors) {
  return Object.entries(errors).sort((a, b) => b[1] - a[1]).map(([word, n]) => `${t(REASONS[word] ?? 'other reason')} ${n}`).join(', ');
}

function table(w) {
  const rows = w.steps.map((s) => el('tr', {}, el('th', { scope: 'row' }, s.step), el('td', {}, s.item ?? ''), el('td', { class: 'n' }, String(s.done)),
    el('td', { class: 'n' }, percent(s.first_pass_yield)), el('td', { class: 'n' }, String(s.error_count)), el('td', {}, reasons(s.errors)),
    el('td', { class: 'n' }, s.median_s === null ? '–' : `${s.median_s.toFixed(1)} s`)));
  const heads = ['Step', 'Thing', 'Done', 'Right at once', 'Errors', 'What was seen', 'Usual time'].map((h, i) => el('th', { scope: 'col', class: [2, 3, 4, 6].includes(i) ? 'n' : null }, t(h)));
  return el('section', {}, el('h2', {}, w.workflow),
    el('dl', { class: 'tiles' },
      tile(t('Kits complete'), w.kits.complete), tile(t('Without an error'), percent(w.kits.first_pass_yield)),
      tile(t('Put aside'), w.kits.aside), tile(t('Steps right at once'), percent(w.first_pass_yield))),
    el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': w.workflow }, el('table', {}, el('thead', {}, el('tr', {}, heads)), el('tbody', {}, rows))));
}

function tile(name, value) {
  return el('div', { class: 'tile' }, el('dt', {}, name), el('dd', {}, String(value)));
}

async function main() {
  const [, report] = await Promise.all([begin(), get('/api/report')]);
  account(byId('account'));
  byId('report').replaceChildren(...(report.workflows.length ? report.workflows.map(table) : [el('p', {}, t('No kit was packed at this station yet.'))]));
}

main().catch(sayError);
