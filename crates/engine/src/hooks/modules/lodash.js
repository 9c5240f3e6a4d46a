// lodash, of which only what is used is loaded: `_.floor` its own modules, `_(…)`, `_.chain` and the like the whole.
(function (module, exports, require, host) {
  'use strict';
  const VERSION = '4.17.23';
  const WHOLE = ['chain', 'mixin', 'tap', 'thru', 'noConflict', 'runInContext', 'template', 'templateSettings', 'prototype'];
  const HOLDERS = ['bind', 'bindKey', 'curry', 'curryRight', 'partial', 'partialRight'];
  // What lodash takes for the global object: it would look for Node's Buffer there.
  const world = Object.create(globalThis, { Buffer: { value: { isBuffer: (value) => value?.constructor?._isBuffer === true } } });

  const factories = Object.create(null);
  const made = Object.create(null);
  const define = (name, factory) => { if (!factories[name]) factories[name] = factory; };
  function part(name) {
    if (made[name]) return made[name].exports;
    if (!factories[name]) {
      const bundle = host.library('lodash:' + name);
      if (!bundle) return undefined;
      bundle(define, world);
    }
    const own = made[name] = { exports: {} };
    const near = name.startsWith('fp/') ? (path) => part('fp' + path.slice(1)) : (path) => part(path.slice(2));
    factories[name](own, own.exports, near, near);
    return own.exports;
  }

  let full;
  function fresh() {
    const own = { exports: {} };
    host.library('lodash.min')(own, own.exports, undefined, world);
    return own.exports;
  }
  const whole = () => full || (full = fresh());

  const used = Object.create(null);
  function look(name) {
    if (name in used) return used[name];
    if (typeof name !== 'string' || name.startsWith('_') || name === 'wrapperLodash' || name.includes('/')) return undefined;
    if (name === 'VERSION') return VERSION;
    let value;
    if (full || WHOLE.includes(name)) value = whole()[name];
    else value = part(name);
    if (name === 'mixin') value = value.bind(full);
    if (HOLDERS.includes(name)) value.placeholder = name in (full || {}) ? full : _;
    if (typeof value === 'function') used[name] = value;
    return value;
  }
  const _ = new Proxy((value) => whole()(value), {
    get: (_target, name) => look(name),
    set: (_target, name, value) => { used[name] = value; return true; },
    has: (_target, name) => look(name) !== undefined,
    ownKeys: (target) => [...new Set([...Reflect.ownKeys(target), ...Object.keys(whole()), ...Reflect.ownKeys(used)])],
    getOwnPropertyDescriptor: (_target, name) => {
      const value = look(name);
      return value === undefined ? Reflect.getOwnPropertyDescriptor(_target, name) : { value, writable: true, enumerable: true, configurable: true };
    },
  });

  module.exports = _;
  host.lodash = { part, fresh };
})
