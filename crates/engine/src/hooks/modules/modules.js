// `require`. Each module is loaded when it is first asked for, and once a context.
//
// `near` holds the modules that are loaded together with this one, for they are what most ask for.
// Our modules are functions of (module, exports, require, host), where `require` also reaches those that hooks may
// not ask for; those of others get the hook's `require` and no host.
(function (host, near) {
  'use strict';
  const made = Object.create(null);
  const offered = ['lodash', 'lodash/fp', 'util', 'moment', 'axios', 'http', 'https', 'querystring', 'url', 'buffer', 'crypto'];

  function inner(name) {
    if (made[name]) return made[name].exports;
    const module = made[name] = { exports: {} };
    const factory = near[name] || host.library(name);
    if (name === 'moment') factory(module, module.exports, require);
    else factory(module, module.exports, inner, host);
    return module.exports;
  }

  function require(asked) {
    const name = String(asked).replace(/^node:/, '');
    if (offered.includes(name)) {
      const found = name === 'http' || name === 'https' ? inner('transport')[name] : inner(name);
      host.used(name);
      return found;
    }
    // `lodash/get`, `lodash/fp/get`.
    const [, whole, part] = /^(lodash(?:\/fp)?)\/(\w+?)(?:\.js)?$/.exec(name) || [];
    const found = whole && inner(whole)[part];
    if (found) return found;
    const error = new Error(`Cannot find module '${name}'; hooks may require ${offered.join(', ')}`);
    error.code = 'MODULE_NOT_FOUND';
    throw error;
  }

  return { require, inner };
})
