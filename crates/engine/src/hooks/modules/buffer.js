// As much of Node's Buffer as scripts use for encodings and for the pieces of an answer.
(function (module, exports, require, host) {
  'use strict';
  const { bytesOf, textOf } = host.native();
  const base64 = Function.prototype.call.bind(Uint8Array.prototype.toBase64);
  const bytes = (value, encoding) => {
    const made = bytesOf(String(value).toWellFormed(), String(encoding || 'utf8').toLowerCase());
    if (made === undefined) throw new TypeError(`Unknown encoding: ${encoding}`);
    return made;
  };

  class Buffer extends Uint8Array {
    constructor(value, encoding, length) {
      if (typeof value === 'string') super(bytes(value, encoding));
      else super(value, encoding, length);
    }

    static from(value, encoding, length) {
      if (typeof value === 'string') return new Buffer(bytes(value, encoding).buffer);
      if (value instanceof ArrayBuffer) return new Buffer(value, encoding, length);
      if (value && value.type === 'Buffer' && Array.isArray(value.data)) return new Buffer(value.data);
      if (value === null || typeof value !== 'object') {
        throw new TypeError('The first argument must be of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object.');
      }
      return new Buffer(value instanceof Uint8Array ? value : Array.from(value));
    }

    static alloc(size, fill, encoding) {
      const made = new Buffer(size);
      return fill === undefined ? made : made.fill(fill, 0, size, encoding);
    }

    static allocUnsafe(size) { return new Buffer(size); }
    static isBuffer(value) { return value instanceof Buffer; }
    static isEncoding(name) { return bytesOf('', String(name).toLowerCase()) !== undefined; }
    static byteLength(value, encoding) { return typeof value === 'string' ? bytes(value, encoding).length : value.byteLength; }

    static concat(list, total) {
      const made = new Buffer(total === undefined ? list.reduce((sum, item) => sum + item.length, 0) : total);
      let at = 0;
      for (const item of list) {
        if (at >= made.length) break;
        made.set(item.subarray(0, made.length - at), at);
        at += item.length;
      }
      return made;
    }

    static compare(a, b) {
      const shorter = Math.min(a.length, b.length);
      for (let i = 0; i < shorter; i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
      return Math.sign(a.length - b.length);
    }

    toString(encoding, start = 0, end = this.length) {
      const text = textOf(base64(this.subarray(start, end)), String(encoding || 'utf8').toLowerCase());
      if (text === undefined) throw new TypeError(`Unknown encoding: ${encoding}`);
      return text;
    }

    toJSON() { return { type: 'Buffer', data: Array.from(this) }; }
    equals(other) { return Buffer.compare(this, other) === 0; }
    // Node's slice shares memory, unlike that of typed arrays.
    slice(start, end) { return this.subarray(start, end); }

    write(text, offset = 0, length, encoding) {
      if (typeof offset === 'string') [encoding, offset, length] = [offset, 0, undefined];
      if (typeof length === 'string') [encoding, length] = [length, undefined];
      const room = Math.min(length === undefined ? Infinity : length, this.length - offset);
      const made = bytes(text, encoding).subarray(0, Math.max(room, 0));
      this.set(made, offset);
      return made.length;
    }

    fill(value, start, end, encoding) {
      if (typeof value !== 'string') return super.fill(value, start, end);
      const made = bytes(value, encoding);
      const to = end === undefined ? this.length : end;
      for (let i = start || 0; i < to; i++) this[i] = made.length ? made[(i - (start || 0)) % made.length] : 0;
      return this;
    }
  }
  Object.defineProperty(Buffer, '_isBuffer', { value: true });

  exports.Buffer = Buffer;
  host.base64 = base64;
})
