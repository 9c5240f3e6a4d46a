// Node's url.parse and url.format, and small URL and URLSearchParams.
(function (module, exports, require) {
  'use strict';
  const querystring = require('querystring');
  const PARTS = /^([a-z][a-z\d+.-]*:)?(\/\/)?(?:([^/?#@]*)@)?([^/?#:]*)?(?::(\d*))?([^?#]*)(\?[^#]*)?(#.*)?$/i;

  function split(text) {
    const found = /^([a-z][a-z\d+.-]*:)?\/\//i.test(text) ? PARTS.exec(text) : null;
    if (found) return found.slice(1);
    const [, path, search, hash] = /^([^?#]*)(\?[^#]*)?(#.*)?$/.exec(text);
    return [undefined, undefined, undefined, undefined, undefined, path, search, hash];
  }

  function parse(given, withQuery) {
    const href = String(given).trim();
    const [protocol, slashes, auth, name, port, path, search, hash] = split(href);
    const hostname = name === undefined ? null : name.toLowerCase();
    const pathname = path || (hostname ? '/' : null);
    const query = search ? search.slice(1) : null;
    return {
      protocol: protocol ? protocol.toLowerCase() : null, slashes: slashes ? true : null, auth: auth === undefined ? null : decodeURIComponent(auth),
      host: hostname === null ? null : hostname + (port ? `:${port}` : ''), port: port || null, hostname, hash: hash || null,
      search: search || (withQuery ? '' : null), query: withQuery ? querystring.parse(query || '') : query,
      pathname, path: pathname === null && !search ? null : (pathname || '') + (search || ''), href,
    };
  }

  function format(parts) {
    if (typeof parts === 'string') return parts;
    if (parts instanceof URL) return parts.href;
    const protocol = parts.protocol ? parts.protocol.replace(/:?$/, ':') : '';
    const host = parts.host || (parts.hostname ? parts.hostname + (parts.port ? `:${parts.port}` : '') : '');
    const query = parts.query && typeof parts.query === 'object' ? querystring.stringify(parts.query) : '';
    let search = parts.search || (query ? `?${query}` : '');
    if (search && !search.startsWith('?')) search = `?${search}`;
    let pathname = parts.pathname || '';
    if (host && pathname && !pathname.startsWith('/')) pathname = `/${pathname}`;
    const slashes = parts.slashes || host ? '//' : '';
    return `${protocol}${slashes}${parts.auth ? `${encodeURIComponent(parts.auth).replace(/%3A/i, ':')}@` : ''}${host}${pathname}${search}${parts.hash || ''}`;
  }

  function resolve(from, to) {
    if (/^[a-z][a-z\d+.-]*:/i.test(to)) return to;
    const base = parse(from);
    const root = (/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i.exec(from) || [''])[0];
    if (to.startsWith('//')) return `${base.protocol || ''}${to}`;
    if (to.startsWith('?')) return `${root}${base.pathname || ''}${to}`;
    const [, path, rest] = /^([^?#]*)(.*)$/.exec(to);
    const whole = path.startsWith('/') ? path : (base.pathname || '/').replace(/[^/]*$/, '') + path;
    const out = [];
    for (const piece of whole.split('/')) {
      if (piece === '..') { if (out.length > 1) out.pop(); } else if (piece !== '.') out.push(piece);
    }
    if (/\/\.{1,2}$/.test(whole)) out.push('');
    return (base.host ? root : '') + out.join('/') + rest;
  }

  const form = (value) => encodeURIComponent(String(value).toWellFormed()).replace(/%20/g, '+').replace(/[!'()~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  class URLSearchParams {
    #list = [];
    constructor(given) {
      if (typeof given === 'string') {
        for (const piece of given.replace(/^\?/, '').split('&')) {
          if (piece === '') continue;
          const [name, ...rest] = piece.split('=');
          this.append(...[name, rest.join('=')].map((part) => querystring.unescape(part.replace(/\+/g, ' '))));
        }
      } else if (given && typeof given[Symbol.iterator] === 'function') for (const [name, value] of given) this.append(name, value);
      else if (given) for (const name of Object.keys(given)) this.append(name, given[name]);
    }
    append(name, value) { this.#list.push([String(name), String(value)]); }
    delete(name) { this.#list = this.#list.filter(([known]) => known !== name); }
    get(name) { const found = this.#list.find(([known]) => known === name); return found ? found[1] : null; }
    getAll(name) { return this.#list.filter(([known]) => known === name).map(([, value]) => value); }
    has(name) { return this.#list.some(([known]) => known === name); }
    set(name, value) {
      const at = this.#list.findIndex(([known]) => known === name);
      if (at < 0) { this.append(name, value); return; }
      this.#list = this.#list.filter(([known], index) => known !== name || index === at);
      this.#list[at][1] = String(value);
    }
    sort() { this.#list.sort(([a], [b]) => (a < b ? -1 : Number(a > b))); }
    forEach(call) { for (const [name, value] of this.#list) call(value, name, this); }
    * entries() { for (const [name, value] of this.#list) yield [name, value]; }
    * keys() { for (const [name] of this.#list) yield name; }
    * values() { for (const [, value] of this.#list) yield value; }
    [Symbol.iterator]() { return this.entries(); }
    toString() { return this.#list.map(([name, value]) => `${form(name)}=${form(value)}`).join('&'); }
  }

  const STANDARD = { 'http:': '80', 'https:': '443' };
  class URL {
    constructor(given, base) {
      const whole = base === undefined ? String(given) : resolve(String(base), String(given));
      const parts = parse(whole);
      if (!parts.protocol || !parts.hostname) throw Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL', input: String(given) });
      const [username, ...password] = (parts.auth || '').split(':');
      Object.assign(this, {
        protocol: parts.protocol, username, password: password.join(':'), hostname: parts.hostname,
        port: parts.port === null || parts.port === STANDARD[parts.protocol] ? '' : parts.port,
        pathname: encodeURI(parts.pathname).replace(/%25/g, '%'), hash: parts.hash || '',
      });
      Object.defineProperty(this, 'searchParams', { value: new URLSearchParams(parts.search || ''), enumerable: true });
    }
    get host() { return this.hostname + (this.port ? `:${this.port}` : ''); }
    get origin() { return `${this.protocol}//${this.host}`; }
    get search() { const query = this.searchParams.toString(); return query ? `?${query}` : ''; }
    get href() {
      const auth = this.username ? `${this.username}${this.password ? `:${this.password}` : ''}@` : '';
      return `${this.protocol}//${auth}${this.host}${this.pathname}${this.search}${this.hash}`;
    }
    toString() { return this.href; }
    toJSON() { return this.href; }
  }

  Object.assign(exports, { parse, format, resolve, URL, URLSearchParams });
})
