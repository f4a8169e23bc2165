// All workflows of this station.

import { account, begin, byId, el, get, pictureUrl, post, sayError, t, wordsOf } from '/static/common.js';
import { chooseLabel } from '/static/dialogs.js';
import { freeKey } from '/static/create.js';

function card(w, single) {
  const name = wordsOf(w.name, w.id);
  return el('li', {},
    el('a', { class: 'card', href: `/edit/${w.id}` },
      w.picture ? el('img', { src: pictureUrl(w.id, w.picture), alt: '' }) : el('span', { class: 'empty' }),
      el('span', { class: 'name' }, name), el('span', { class: 'folder note' }, w.id),
      el('span', { class: `badge ${w.state}` }, w.state === 'released' ? t('Released') : t('Draft')),
      w.readable ? null : el('span', { class: 'badge error' }, t('Has mistakes'))),
    single ? null : el('button', { class: 'quiet', onclick: () => copy(w, name).catch(sayError) }, t('Copy as new'), el('span', { class: 'hear' }, ` ${name}`)));
}

async function copy(w, name) {
  const id = await chooseLabel(t('Copy %s as a new workflow', name), t('Name of the new folder: letters, digits and -'), `${w.id.replace(/^_/, 'my-')}-2`);
  if (!id) return;
  await post('/api/copy', { from: w.id, id });
  location.assign(`/edit/${id}`);
}

async function beginNew() {
  const name = await chooseLabel(t('A new workflow'), t('Name'));
  if (!name) return;
  const { id } = await post('/api/new', { name, id: freeKey(name, all, 'workflow') });
  location.assign(`/edit/${id}`);
}

let all = [];

async function main() {
  const [me, list] = await Promise.all([begin(), get('/api/workflows')]);
  account(byId('account'));
  all = list.workflows;
  if (me.role === 'coach' && !list.single) byId('new').append(el('button', { class: 'primary', onclick: () => beginNew().catch(sayError) }, t('New workflow')));
  byId('workflows').replaceChildren(...list.workflows.map((w) => card(w, list.single || me.role !== 'coach')));
  byId('bench-state').textContent = me.bench.packing ? t('A kit is being packed at this bench.')
    : me.bench.calibrated ? t('The bench is ready.') : t('The bench is not calibrated yet: places can be edited, but not seen.');
}

main().catch(sayError);
