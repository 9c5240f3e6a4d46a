// What hooks may use beside the language: loaded when a hook first touches any of it.
//
// The file is one expression: given the host's functions, it answers the helpers.
(function (host) {
  'use strict';
  const { stringify } = JSON;
  const { keys, getOwnPropertyDescriptor } = Object;
  const text = (value) => String(value).toWellFormed();

  function caseless(map) {
    const real = (target, name) => {
      if (typeof name !== 'string' || name in target) return name;
      const wanted = name.toLowerCase();
      for (const key of keys(target)) if (key.toLowerCase() === wanted) return key;
      return name;
    };
    return new Proxy(map, {
      get: (target, name) => target[real(target, name)],
      set: (target, name, value) => { target[real(target, name)] = value; return true; },
      has: (target, name) => real(target, name) in target,
      deleteProperty: (target, name) => delete target[real(target, name)],
      getOwnPropertyDescriptor: (target, name) => getOwnPropertyDescriptor(target, real(target, name)),
    });
  }

  // The legacy engine's maps answered null for what they did not hold.
  const nullish = (map) => new Proxy(map, {
    get: (target, name) => (typeof name === 'symbol' || name in target ? target[name] : null),
  });

  function say(...values) {
    host.log(values.map((value) => {
      if (typeof value === 'string') return value.toWellFormed();
      if (value instanceof Error) return text(value);
      try { return text(stringify(value)); } catch { return text(value); }
    }).join(' '));
  }

  const hmac = (algorithm) => (encoding) => (secret, value) => {
    const code = host.hmac(text(algorithm), text(encoding), text(secret), text(value));
    if (code === undefined) throw new TypeError(`CE.hmac knows no ${algorithm} in ${encoding}`);
    return code;
  };
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
  const randomString = (length = 12) => {
    let out = '';
    for (let i = 0; i < length; i++) out += letters[Math.floor(Math.random() * letters.length)];
    return out;
  };

  let atlas;
  const countries = () => atlas || (atlas = host.library('countries')());

  const provided = {
    CE: {
      b64: (value) => host.b64(text(value)),
      decode64: (value) => host.decode64(text(value)),
      md5: (value) => host.md5(text(value)),
      hmac,
      hmacSha1Hex: hmac('sha1')('hex'), hmacSha1Base64: hmac('sha1')('base64'),
      hmacSha256Hex: hmac('sha256')('hex'), hmacSha256Base64: hmac('sha256')('base64'),
      hmacMd5Hex: hmac('md5')('hex'), hmacMd5Base64: hmac('md5')('base64'),
      randomString, randomEmail: () => `${randomString()}@example.com`,
      currencyCode: (country) => countries().currencyCode(country),
      currencySymbol: (code) => countries().currencySymbol(code),
      iso2CountryCode: (country) => countries().iso2CountryCode(country),
      iso3CountryCode: (country) => countries().iso3CountryCode(country),
    },
    console: { log: say, info: say, warn: say, error: say, debug: say },
    print: say,
    notify: { email: () => say('notify.email is not available') },
    // Helpers of the legacy engine.
    base64Encode: (value) => host.b64(text(value)),
    getArray: () => Object.defineProperty([], 'add', { value(item) { this.push(item); return true; } }),
    getMap: () => Object.defineProperty({}, 'put', { value(key, item) { this[key] = item; } }),
  };

  return { provided, caseless, nullish };
})
