// The fields of pictures that go by one after the other, and of a sound.

import { el, pictureUrl, t } from '/static/common.js';
import { Fields } from '/static/fields.js';
import { lookUp } from '/static/model.js';

export class Media extends Fields {
  /** Pictures in their order: moved, left out, added at the end. */
  frames(path, owner) {
    const files = lookUp(this.tree, path) ?? [];
    const set = (list) => this.model.edit([{ set: path, to: list.length ? list : null }]);
    const moved = (i, by) => { const list = [...files]; list.splice(i + by, 0, ...list.splice(i, 1)); return list; };
    const button = (i, label, sign, disabled, list) => el('button', { class: 'icon', 'aria-label': t(label, String(i + 1)), title: t(label, String(i + 1)),
      'data-key': `${path} ${label} ${i}`, disabled, onclick: () => set(list()) }, sign);
    const rows = files.map((file, i) => el('li', { class: 'row' },
      el('img', { src: pictureUrl(this.model.id, file), alt: t('Picture %s of %s', String(i + 1), String(files.length)), loading: 'lazy' }),
      el('span', { class: 'words' }, file.split('/').pop()),
      button(i, 'Earlier: picture %s', '↑', i === 0, () => moved(i, -1)), button(i, 'Later: picture %s', '↓', i === files.length - 1, () => moved(i, 1)),
      button(i, 'Leave out: picture %s', '×', false, () => files.filter((_, k) => k !== i))));
    return el('div', { class: 'media' }, el('p', { class: 'label' }, t('Animation: pictures one after the other')),
      rows.length ? el('ol', { class: 'frames' }, rows) : null,
      el('button', { class: 'quiet', 'data-key': `${path} add`, onclick: () => this.tell('frame', { path, owner }) }, t('Add a picture to it')));
  }

  /** Heard here with the page's own player. */
  sound(path, owner) {
    const file = lookUp(this.tree, path);
    return el('div', { class: 'media' }, el('p', { class: 'label' }, t('Sound')),
      file ? el('audio', { controls: true, preload: 'none', src: pictureUrl(this.model.id, file), 'aria-label': t('Sound of %s', owner) }) : null,
      el('div', { class: 'row' }, el('button', { class: 'quiet', 'data-key': `${path} choose`, onclick: () => this.tell('sound', { path, owner }) }, t('Choose a sound')),
        file ? el('button', { class: 'quiet', 'data-key': `${path} none`, onclick: () => this.model.edit([{ set: path, to: null }]) }, t('No sound')) : null));
  }
}
