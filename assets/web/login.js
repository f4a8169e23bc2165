import { beginTexts, byId, languageChoice, post, sayError } from '/static/common.js';

await beginTexts();
byId('account').append(languageChoice());
byId('form').addEventListener('submit', async (e) => {
  e.preventDefault();
  try {
    await post('/api/login', { role: byId('role').value, password: byId('password').value });
    const to = new URLSearchParams(location.search).get('to') ?? '/';
    location.assign(/^\/[a-z]/.test(to) ? to : byId('role').value === 'supervisor' ? '/report' : '/');
  } catch (error) {
    sayError(error);
    byId('password').select();
  }
});
