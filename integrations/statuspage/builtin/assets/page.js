// Makes the page nicer, never necessary: local times, words that come by themselves, a warning when nothing comes any more.
(() => {
  'use strict';
  const everyMs = 30000, oldMs = 600000;
  const hour = {hour: '2-digit', minute: '2-digit', timeZoneName: 'short'};
  const near = new Intl.DateTimeFormat([], hour);
  const far = new Intl.DateTimeFormat([], {day: 'numeric', month: 'short', ...hour});
  const old = new Intl.DateTimeFormat([], {day: 'numeric', month: 'short', year: 'numeric', ...hour});

  const localise = (root) => {
    const now = new Date();
    const zone = root.querySelector('.zone');
    if (zone) zone.textContent = 'Times are in your time zone.';
    for (const t of root.querySelectorAll('time')) {
      const d = new Date(t.dateTime);
      if (t.title || isNaN(d)) continue;
      t.title = t.textContent;
      const shape = d.toDateString() === now.toDateString() ? near : d.getFullYear() === now.getFullYear() ? far : old;
      t.textContent = shape.format(d);
    }
  };

  const stale = document.getElementById('stale');
  let made = document.body.dataset.generated;
  const warn = () => {
    const words = made && Date.now() - new Date(made) > oldMs
      ? 'This page may be out of date: it was made at ' + far.format(new Date(made)) + ' and nothing newer could be read.' : '';
    if (stale.textContent !== words) stale.textContent = words;
  };

  const take = (page) => {
    made = page.body.dataset.generated;
    const here = document.getElementById('main'), there = page.getElementById('main');
    const footer = page.querySelector('footer');
    localise(footer);
    document.querySelector('footer').replaceWith(footer);
    if (!there || here.dataset.version === there.dataset.version) return;
    const open = [...here.querySelectorAll('details[open]')].map((d) => d.id);
    const focused = document.activeElement && document.activeElement.getAttribute('href');
    localise(there);
    for (const id of open) { const d = there.querySelector('#' + CSS.escape(id)); if (d) d.open = true; }
    here.replaceWith(there);
    if (focused) { const again = there.querySelector('a[href="' + CSS.escape(focused) + '"]'); if (again) again.focus(); }
    document.title = page.title;
    document.querySelector('link[rel=icon]').href = page.querySelector('link[rel=icon]').getAttribute('href');
    const spoken = document.querySelector('.spoken') || document.body.appendChild(document.createElement('p'));
    spoken.className = 'hidden spoken';
    spoken.setAttribute('role', 'status');
    const said = there.querySelector('h1');
    spoken.textContent = 'Updated: ' + (said ? said.textContent : page.title);
  };

  const look = async () => {
    if (!document.hidden) {
      try {
        const answer = await fetch(location.pathname, {cache: 'no-cache'});
        if (answer.ok) take(new DOMParser().parseFromString(await answer.text(), 'text/html'));
      } catch { /* offline or restarting: the warning says so in time */ }
      warn();
    }
    setTimeout(look, everyMs);
  };

  localise(document);
  warn();
  setTimeout(look, everyMs);
})();
