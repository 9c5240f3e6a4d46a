// Digests and keyed digests. Nothing random: see CE.randomString.
(function (module, exports, require, host) {
  'use strict';
  const { Buffer } = require('buffer');
  const { base64 } = host;
  const { digest } = host.native();
  const ALGORITHMS = ['md5', 'sha1', 'sha256', 'sha384', 'sha512'];

  function make(algorithm, key) {
    const name = String(algorithm).toLowerCase().replace(/^(rsa-)?sha-?/, 'sha');
    if (!ALGORITHMS.includes(name)) throw new Error(key === undefined ? 'Digest method not supported' : `Invalid digest: ${algorithm}`);
    const parts = [];
    return {
      update(value, encoding) {
        parts.push(Buffer.from(value, encoding));
        return this;
      },
      digest(encoding) {
        const made = Buffer.from(digest(name, key, base64(Buffer.concat(parts))).buffer);
        return encoding === undefined || encoding === 'buffer' ? made : made.toString(encoding);
      },
    };
  }

  exports.createHash = (algorithm) => make(algorithm, undefined);
  exports.createHmac = (algorithm, key) => make(algorithm, base64(Buffer.from(key)));
  exports.getHashes = () => ALGORITHMS.slice();
  exports.timingSafeEqual = (a, b) => {
    if (a.length !== b.length) throw new RangeError('Input buffers must have the same byte length');
    let differs = 0;
    for (let i = 0; i < a.length; i++) differs |= a[i] ^ b[i];
    return differs === 0;
  };
})
