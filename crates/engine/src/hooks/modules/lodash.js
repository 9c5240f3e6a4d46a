// lodash, of which only what is used is loaded: `_.floor` its own modules, a chain those of its steps, `_.mixin`,
// `_.template` and the like the whole. lodash/fp likewise.
(function (module, exports, require, host) {
  'use strict';
  const VERSION = '4.17.23';
  const WHOLE = ['mixin', 'noConflict', 'runInContext', 'template', 'templateSettings', 'prototype'];
  const HOLDERS = ['bind', 'bindKey', 'curry', 'curryRight', 'partial', 'partialRight'];
  // What lodash takes for the global object: it would look for Node's Buffer there.
  const world = Object.create(globalThis, { Buffer: { value: { isBuffer: (value) => value?.constructor?._isBuffer === true } } });

  const made = Object.create(null);
  function part(name) {
    if (made[name]) return made[name];
    const bundle = host.library('lodash:' + name);
    return bundle && bundle(made, lazy, world);
  }
  const lazy = (path) => { const name = path.slice(2); if (!name.startsWith('_')) host.used('lodash/' + name); return part(name); };

  function fresh() {
    const own = { exports: {} };
    host.library('lodash.min')(own, own.exports, undefined, world);
    return own.exports;
  }

  // What is no module of lodash, but needs no more than a chain.
  const STEPS = {
    __proto__: null,
    chain: (begin) => { begin(); return (value) => begin(value).chain(); },
    thru: () => (value, act) => act(value),
    tap: () => (value, act) => { act(value); return value; },
  };

  // The library as an object: `folder` before the names of its modules, `make` for the whole of it.
  function library(folder, make) {
    let full;
    const whole = () => {
      if (full) return full;
      host.used('lodash/' + folder + 'noConflict');
      return full = make();
    };
    const used = Object.create(null);
    function look(name) {
      if (name in used) return used[name];
      if (typeof name !== 'string' || name.includes('/') || name === 'wrapperLodash' || (name.startsWith('_') && name !== '__')) return undefined;
      if (name === 'VERSION') return VERSION;
      let value;
      if (full || (folder && name in STEPS) || WHOLE.includes(name)) value = whole()[name];
      else if (name in STEPS) value = STEPS[name](begin);
      else value = part(folder + name);
      // What is made ready ahead of the next call of the same hook.
      if (value !== undefined) host.used('lodash/' + folder + name);
      if (name === 'mixin') value = value.bind(full);
      if (!folder && HOLDERS.includes(name)) value.placeholder = full || api;
      if (typeof value === 'function') used[name] = value;
      return value;
    }
    let chain;
    const chains = () => { host.used('lodash/chain'); return chain = host.library('chains')(look, api); };
    const begin = (value) => (full || chain || chains())(value);
    const api = new Proxy((...values) => (folder ? whole()(...values) : begin(values[0])), {
      get: (_, name) => look(name),
      set: (_, name, value) => { used[name] = value; return true; },
      has: (_, name) => look(name) !== undefined,
      ownKeys: (target) => [...new Set([...Reflect.ownKeys(target), ...Object.keys(whole()), ...Reflect.ownKeys(used)])],
      getOwnPropertyDescriptor: (target, name) => {
        const value = look(name);
        return value === undefined ? Reflect.getOwnPropertyDescriptor(target, name) : { value, writable: true, enumerable: true, configurable: true };
      },
    });
    return api;
  }

  module.exports = library('', fresh);
  host.lodash = { part, fresh, library };
})
