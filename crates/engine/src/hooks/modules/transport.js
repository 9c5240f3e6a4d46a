// `http` and `https`, and what axios stands on: requests are queued, and sent when the script has nothing else to do.
(function (module, exports, require, host) {
  'use strict';
  const { Buffer } = require('buffer');
  const { base64 } = host;
  const text = (value) => String(value).toWellFormed();
  const ONCE = ['age', 'authorization', 'content-length', 'content-type', 'etag', 'expires', 'from', 'host', 'last-modified', 'location', 'retry-after', 'server', 'user-agent'];
  const STATUS_CODES = {
    200: 'OK', 201: 'Created', 202: 'Accepted', 204: 'No Content', 301: 'Moved Permanently', 302: 'Found', 303: 'See Other', 304: 'Not Modified',
    307: 'Temporary Redirect', 308: 'Permanent Redirect', 400: 'Bad Request', 401: 'Unauthorized', 402: 'Payment Required', 403: 'Forbidden',
    404: 'Not Found', 405: 'Method Not Allowed', 406: 'Not Acceptable', 409: 'Conflict', 410: 'Gone', 412: 'Precondition Failed',
    413: 'Payload Too Large', 415: 'Unsupported Media Type', 422: 'Unprocessable Entity', 429: 'Too Many Requests',
    500: 'Internal Server Error', 501: 'Not Implemented', 502: 'Bad Gateway', 503: 'Service Unavailable', 504: 'Gateway Timeout',
  };

  // One request; `settled` is given an error, or null and the answer. `headers` are pairs.
  function send(method, url, headers, body, settled) {
    host.queue.push({
      method: text(method), url: text(url), headers: headers.flat().map(text), body: base64(body),
      settle(failure, status, raw, bytes) {
        if (failure !== undefined) {
          const error = new Error(failure);
          error.code = 'ECONNREFUSED';
          settled(error);
          return;
        }
        const collected = {};
        for (let i = 0; i < raw.length; i += 2) {
          const [name, value] = [raw[i].toLowerCase(), raw[i + 1]];
          if (name === 'set-cookie') (collected[name] = collected[name] || []).push(value);
          else if (!(name in collected)) collected[name] = value;
          else if (!ONCE.includes(name)) collected[name] += (name === 'cookie' ? '; ' : ', ') + value;
        }
        settled(null, { status, statusText: STATUS_CODES[status] || '', headers: collected, rawHeaders: raw, body: Buffer.from(bytes.buffer) });
      },
    });
  }

  class EventEmitter {
    #listeners = Object.create(null);
    on(event, listener) {
      (this.#listeners[event] = this.#listeners[event] || []).push(listener);
      return this;
    }
    addListener(event, listener) { return this.on(event, listener); }
    once(event, listener) {
      const only = (...values) => { this.removeListener(event, only); listener.apply(this, values); };
      return this.on(event, only);
    }
    removeListener(event, listener) {
      this.#listeners[event] = (this.#listeners[event] || []).filter((known) => known !== listener);
      return this;
    }
    off(event, listener) { return this.removeListener(event, listener); }
    removeAllListeners(event) { delete this.#listeners[event]; return this; }
    listenerCount(event) { return (this.#listeners[event] || []).length; }
    emit(event, ...values) {
      const listeners = this.#listeners[event] || [];
      if (event === 'error' && listeners.length === 0) throw values[0];
      for (const listener of listeners.slice()) listener.apply(this, values);
      return listeners.length > 0;
    }
  }

  class IncomingMessage extends EventEmitter {
    #body;
    #encoding;
    #flowing = false;
    constructor(answer) {
      super();
      this.statusCode = answer.status;
      this.statusMessage = answer.statusText;
      this.headers = answer.headers;
      this.rawHeaders = answer.rawHeaders;
      this.httpVersion = '1.1';
      this.complete = true;
      this.#body = answer.body;
    }
    on(event, listener) {
      super.on(event, listener);
      if (event === 'data' || event === 'end') this.resume();
      return this;
    }
    setEncoding(encoding) { this.#encoding = encoding; return this; }
    resume() {
      if (this.#flowing) return this;
      this.#flowing = true;
      // After the listeners that the caller is about to add.
      Promise.resolve().then(() => {
        if (this.#body.length > 0) this.emit('data', this.#piece());
        this.emit('end');
        this.emit('close');
      });
      return this;
    }
    pause() { return this; }
    destroy() { return this; }
    #piece() { return this.#encoding ? this.#body.toString(this.#encoding) : this.#body; }
    async *[Symbol.asyncIterator]() { if (this.#body.length > 0) yield this.#piece(); }
  }

  class ClientRequest extends EventEmitter {
    #target;
    #headers = new Map();
    #parts = [];
    #sent = false;
    constructor(target, listener) {
      super();
      this.#target = target;
      [this.method, this.path] = [target.method, target.path];
      for (const name of Object.keys(target.headers || {})) this.setHeader(name, target.headers[name]);
      if (listener) this.once('response', listener);
    }
    setHeader(name, value) {
      // As the corpus does it: a header without a value is not sent.
      if (value !== undefined && value !== null) this.#headers.set(String(name).toLowerCase(), [name, value]);
      return this;
    }
    getHeader(name) { return (this.#headers.get(String(name).toLowerCase()) || [])[1]; }
    removeHeader(name) { this.#headers.delete(String(name).toLowerCase()); }
    setTimeout() { return this; }
    setNoDelay() { return this; }
    flushHeaders() {}
    abort() { this.destroy(); }
    destroy(error) {
      this.destroyed = true;
      if (error) this.emit('error', error);
      return this;
    }
    write(piece, encoding) {
      this.#parts.push(Buffer.from(piece, typeof encoding === 'string' ? encoding : undefined));
      return true;
    }
    end(piece, encoding) {
      if (this.#sent || this.destroyed) return this;
      this.#sent = true;
      if (piece !== undefined && piece !== null && typeof piece !== 'function') this.write(piece, encoding);
      const headers = [];
      for (const [name, value] of this.#headers.values()) {
        for (const one of Array.isArray(value) ? value : [value]) headers.push([name, one]);
      }
      const { method, url, auth } = this.#target;
      if (auth && !this.#headers.has('authorization')) headers.push(['Authorization', `Basic ${Buffer.from(auth).toString('base64')}`]);
      send(method, url, headers, Buffer.concat(this.#parts), (error, answer) => {
        if (this.destroyed) return;
        if (error) this.emit('error', error);
        else this.emit('response', new IncomingMessage(answer));
        this.emit('close');
      });
      return this;
    }
  }

  // What `request` was told: (options), (url) or (url, options), each with or without a listener.
  function target(standard, first, second) {
    const options = { ...(typeof first === 'string' || first.href ? {} : first), ...(typeof second === 'object' ? second : {}) };
    const method = String(options.method || 'GET').toUpperCase();
    let given = typeof first === 'string' ? first : first.href;
    if (given !== undefined && options.path === undefined) {
      const credentials = /^(\w+:\/\/)([^/?#@]*)@/.exec(given);
      if (credentials) {
        given = given.replace(credentials[0], credentials[1]);
        options.auth = options.auth || decodeURIComponent(credentials[2]);
      }
      const url = given.replace(/#.*$/, '');
      return { ...options, method, url, path: url.replace(/^\w+:\/\/[^/?]*/, '') || '/' };
    }
    const protocol = options.protocol || (given ? given.split('//')[0] : standard);
    let name = String(options.hostname || options.host || (given ? given.split('/')[2] : 'localhost'));
    const port = options.port || options.defaultPort;
    if (port && !/:\d+$/.test(name)) name += `:${port}`;
    let path = options.path === undefined ? '/' : String(options.path);
    if (!path.startsWith('/')) path = `/${path}`;
    return { ...options, method, path, url: `${protocol}//${name}${path}` };
  }

  const module_of = (standard) => {
    const request = (first, second, third) => {
      const listener = [second, third].find((value) => typeof value === 'function');
      return new ClientRequest(target(standard, first, second), listener);
    };
    const get = (...values) => request(...values).end();
    class Agent { constructor(options) { this.options = { ...options }; } destroy() {} }
    return { request, get, Agent, globalAgent: new Agent(), STATUS_CODES, METHODS: ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'], ClientRequest, IncomingMessage };
  };

  exports.send = send;
  exports.http = module_of('http:');
  exports.https = module_of('https:');
})
