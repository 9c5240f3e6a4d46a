// How a hook is given its variables and hands back its result.
//
// The file is one expression: given the host's functions, it answers `run`. Every runtime loads it, so it holds
// only what every hook needs; the rest is in helpers.js, which is loaded when it is first touched. What is used
// after the hook has had its chance to change the globals is captured here first.
(function (host) {
  'use strict';
  const { stringify } = JSON;
  const { isArray } = Array;
  const { keys, assign, defineProperty } = Object;
  const has = Function.prototype.call.bind(Object.prototype.hasOwnProperty);
  const isMap = (value) => value !== null && typeof value === 'object' && !isArray(value);

  // Thrown by `done` to end the script. One that is caught changes nothing: the result is taken already, and the
  // interrupt handler ends whatever goes on.
  const STOP = { message: 'done' };

  // Maps whose entries are merged into the current ones.
  const merged = { request_vendor_headers: 1, request_vendor_parameters: 1, configuration: 1, response_headers: 1 };

  // The HTTP requests that wait to be sent.
  const queue = host.queue = [];

  let loaded, found;
  const helpers = () => loaded || (loaded = host.library('helpers')(host));
  const modules = () => found || (found = host.library('modules')(host));
  const provide = (name, make) => {
    const set = (value) => defineProperty(globalThis, name, { value, writable: true, configurable: true });
    defineProperty(globalThis, name, { get: () => { const value = make(); set(value); return value; }, set, configurable: true });
  };
  for (const name of ['CE', 'console', 'print', 'notify', 'base64Encode', 'getArray', 'getMap']) provide(name, () => helpers().provided[name]);
  provide('require', () => modules().require);
  provide('Buffer', () => modules().inner('buffer').Buffer);

  // What the script changed in a map that it was given.
  function changed({ live, before }) {
    const out = {};
    for (const key of keys(before)) if (!has(live, key)) out[key] = null;
    for (const key of keys(live)) {
      if (!has(before, key) || live[key] !== before[key]) out[key] = live[key] === undefined ? null : live[key];
    }
    return out;
  }

  function run(hook, names, input, legacy) {
    // What an earlier hook left behind ended with it.
    queue.length = 0;
    const given = {};
    const values = names.map((name) => {
      const map = input[name];
      if (!isMap(map)) return map;
      let seen = map;
      if (name !== 'request_vendor_headers' && name.includes('_headers')) seen = helpers().caseless(seen);
      if (legacy) seen = helpers().nullish(seen);
      if (has(merged, name)) given[name] = { live: map, before: assign({}, map), seen };
      return seen;
    });

    let finished = false;
    function settle(result) {
      if (finished) return;
      const members = {};
      let proceed = true;
      if (isMap(result)) {
        for (const key of keys(result)) {
          const value = result[key];
          if (key === 'continue') proceed = value !== false && value !== 'false';
          else if (isMap(value) || !has(merged, key)) members[key] = value;
        }
      }
      for (const name of keys(given)) {
        const named = has(members, name);
        const changes = changed(given[name]);
        if (named && members[name] !== given[name].seen) assign(changes, members[name]);
        if (named || keys(changes).length > 0) members[name] = changes;
      }
      const json = stringify(members);
      finished = true;
      host.finish(proceed, json);
    }

    function done(result) {
      settle(result);
      throw STOP;
    }

    // A returned object is a result too: the legacy way, also seen in newer hooks.
    let returned = hook.call(globalThis, done, ...values);
    if (returned instanceof Promise) {
      const promise = returned;
      returned = undefined;
      promise.then((value) => { returned = value; });
    }
    // Called whenever nothing is left to run: answers the next request to send, or concludes.
    return () => (queue.length > 0 ? queue.shift() : settle(returned));
  }

  // Loads what a hook of the same text has used before, ahead of the call.
  run.prepare = (names) => { for (const name of names) modules().require(name); };
  run.transform = (...given) => host.library('transform')(host)(...given);
  return run;
})
