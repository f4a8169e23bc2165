// What every page needs: texts, the session, requests, small helpers for the document.

let texts = {};
export let session = {};

/** English words in the reader's language; %s is filled in. */
export function t(words, ...values) {
  let i = 0;
  return (texts[words] ?? words).replace(/%s/g, () => values[i++]);
}

export class ApiError extends Error {
  constructor(status, body) {
    super(body?.error?.text ?? t('The station does not answer.'));
    this.status = status;
    this.id = body?.error?.id ?? '';
    this.remedy = body?.error?.remedy ?? t('Check that it is switched on and reachable.');
    this.body = body;
  }
}

async function answer(response) {
  const body = await response.json().catch(() => null);
  if (response.status === 401) location.assign('/login?to=' + encodeURIComponent(location.pathname));
  if (!response.ok) throw new ApiError(response.status, body);
  return body;
}

export async function get(path) {
  const response = await fetch(path, { cache: 'no-store' }).catch(() => { throw new ApiError(0, null); });
  return answer(response);
}

/** A change: the token shows that it comes from our own page. A Blob goes as it is, anything else as JSON. */
export async function post(path, body) {
  const raw = body instanceof Blob;
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'X-Lichtwijzer-Token': session.token ?? '', 'Content-Type': raw ? body.type : 'application/json' },
    body: raw ? body : JSON.stringify(body ?? {}),
  }).catch(() => { throw new ApiError(0, null); });
  return answer(response);
}

/** Texts and session, in one go. */
export async function begin() {
  [texts, session] = await Promise.all([get('/api/texts'), get('/api/state')]);
  return session;
}

export async function beginTexts() {
  texts = await get('/api/texts');
}

/** An element: el('button', { class: 'x', onclick: f }, 'words', child). */
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name === 'value' || name === 'checked') node[name] = value;
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

export const byId = (id) => document.getElementById(id);

/** The words of a text group in the reader's language, or in any. */
export function wordsOf(group, otherwise = '') {
  if (!group) return otherwise;
  return group[session.language] || Object.values(group).find(Boolean) || otherwise;
}

/** Said to everybody: shown for a while, read out by a screen reader. */
let sayTimer;
export function say(text, kind = 'info') {
  const box = byId('status');
  if (!box) return;
  box.textContent = '';
  box.className = kind;
  box.textContent = text;
  clearTimeout(sayTimer);
  if (kind === 'info') sayTimer = setTimeout(() => { box.textContent = ''; }, 6000);
}

export function sayError(error) {
  say(error instanceof ApiError ? `${error.message} ${error.remedy}` : String(error), 'error');
}

export function pictureUrl(id, file) {
  return `/api/file/${encodeURIComponent(id)}/${file.split('/').map(encodeURIComponent).join('/')}`;
}

// ---- the head of each page ----

const YEAR_S = 365 * 24 * 3600;

/** The reader's own language, kept by the browser for all pages of the station. */
export function languageChoice() {
  const now = document.documentElement.lang;
  const input = el('select', { id: 'language', 'aria-label': 'Taal / Language', onchange: () => {
    document.cookie = `lichtwijzer_language=${input.value}; Path=/; Max-Age=${YEAR_S}; SameSite=Strict${location.protocol === 'https:' ? '; Secure' : ''}`;
    window.dispatchEvent(new Event('lichtwijzer:language'));
    location.reload();
  } }, [['nl', 'Nederlands'], ['en', 'English']].map(([code, name]) => el('option', { value: code, lang: code, selected: code === now }, name)));
  return input;
}

/** Language and log-out. */
export function account(where) {
  where.append(languageChoice());
  if (!session.password) return;
  where.append(el('button', { class: 'quiet', onclick: async () => { await post('/api/logout'); location.assign('/login'); } },
    t('Log out')));
}
