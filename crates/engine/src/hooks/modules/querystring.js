// Node's querystring.
(function (module, exports) {
  'use strict';
  const plain = (value) => {
    if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
    return typeof value === 'string' || typeof value === 'boolean' || typeof value === 'bigint' ? String(value) : '';
  };
  const escape = (value) => encodeURIComponent(String(value).toWellFormed()).replace(/[!'()*]/g, (c) => (c === "'" ? '%27' : c));
  const unescape = (value) => { try { return decodeURIComponent(value); } catch { return value; } };

  function stringify(values, between = '&', equals = '=', options = {}) {
    const encode = options.encodeURIComponent || exports.escape;
    const out = [];
    for (const name of Object.keys(values || {})) {
      const value = values[name];
      for (const one of Array.isArray(value) ? value : [value]) out.push(`${encode(name)}${equals}${encode(plain(one))}`);
    }
    return out.join(between);
  }

  function parse(text, between = '&', equals = '=') {
    const out = Object.create(null);
    for (const piece of String(text || '').split(between)) {
      if (piece === '') continue;
      const at = piece.indexOf(equals);
      const read = (part) => exports.unescape(part.replace(/\+/g, ' '));
      const name = read(at < 0 ? piece : piece.slice(0, at));
      const value = at < 0 ? '' : read(piece.slice(at + equals.length));
      if (!(name in out)) out[name] = value;
      else if (Array.isArray(out[name])) out[name].push(value);
      else out[name] = [out[name], value];
    }
    return out;
  }

  Object.assign(exports, { escape, unescape, stringify, parse, encode: stringify, decode: parse });
})
