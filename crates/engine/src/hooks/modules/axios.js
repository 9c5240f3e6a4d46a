// axios, as far as connectors use it: requests, defaults, interceptors, and its errors.
(function (module, exports, require) {
  'use strict';
  const { send } = require('transport');
  const { Buffer } = require('buffer');
  const BODY = ['post', 'put', 'patch'];

  class AxiosError extends Error {
    constructor(message, code, config, request, response) {
      super(message);
      Object.assign(this, { name: 'AxiosError', code, config, request, response, isAxiosError: true });
      if (response) this.status = response.status;
    }
    toJSON() { return { message: this.message, name: this.name, code: this.code, status: this.status }; }
  }

  const isPlain = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
  const encode = (value) => encodeURIComponent(value)
    .replace(/%3A/gi, ':').replace(/%24/g, '$').replace(/%2C/gi, ',').replace(/%20/g, '+').replace(/%5B/gi, '[').replace(/%5D/gi, ']');

  function pairs(values) {
    const out = [];
    const add = (name, value) => {
      if (value === undefined || value === null) return;
      if (Array.isArray(value)) value.forEach((item) => add(`${name}[]`, item));
      else if (value instanceof Date) out.push([name, value.toISOString()]);
      else if (isPlain(value)) for (const key of Object.keys(value)) add(`${name}[${key}]`, value[key]);
      else out.push([name, String(value)]);
    };
    for (const name of Object.keys(values)) add(name, values[name]);
    return out;
  }
  const form = (values) => pairs(values).map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
  const isSearch = (value) => isPlain(value) && typeof value.append === 'function' && typeof value.getAll === 'function';

  function address(config) {
    let url = config.url || '';
    if (config.baseURL && !/^[a-z][a-z\d+.-]*:\/\//i.test(url)) {
      url = url ? `${config.baseURL.replace(/\/+$/, '')}/${url.replace(/^\/+/, '')}` : config.baseURL;
    }
    url = url.replace(/#.*$/, '');
    if (!config.params) return url;
    const serializer = config.paramsSerializer && (config.paramsSerializer.serialize || config.paramsSerializer);
    let query;
    if (isSearch(config.params)) query = config.params.toString();
    else query = typeof serializer === 'function' ? serializer(config.params) : form(config.params);
    return query ? url + (url.includes('?') ? '&' : '?') + query : url;
  }

  // Later headers win, whatever their case; the defaults' groups (common, post…) come first.
  function headers_of(...groups) {
    const map = new Map();
    for (const group of groups) {
      for (const name of Object.keys(group || {})) {
        const value = group[name];
        if (isPlain(value)) continue;
        if (value === undefined || value === null || value === false) map.delete(name.toLowerCase());
        else map.set(name.toLowerCase(), [name, value]);
      }
    }
    return map;
  }

  function body_of(config, map) {
    const { data } = config;
    const type = (value) => { if (!map.has('content-type')) map.set('content-type', ['Content-Type', value]); };
    const given = String((map.get('content-type') || [])[1] || '');
    if (data === undefined || data === null) {
      map.delete('content-type');
      return Buffer.alloc(0);
    }
    if (data instanceof Uint8Array || data instanceof ArrayBuffer) return Buffer.from(data);
    const isForm = given.includes('application/x-www-form-urlencoded');
    if (isSearch(data) || (isForm && isPlain(data))) {
      type('application/x-www-form-urlencoded;charset=utf-8');
      return Buffer.from(isSearch(data) ? data.toString() : form(data));
    }
    if (typeof data === 'object') {
      type('application/json');
      return Buffer.from(JSON.stringify(data));
    }
    if (BODY.includes(config.method)) type('application/x-www-form-urlencoded');
    return Buffer.from(given.includes('application/json') && typeof data !== 'string' ? JSON.stringify(data) : String(data));
  }

  function data_of(config, body) {
    if (config.responseType === 'arraybuffer') return body;
    const read = body.toString();
    if (config.responseType === 'text') return read;
    try { return JSON.parse(read); } catch { return read; }
  }

  const dispatch = (config) => new Promise((resolve, reject) => {
    const map = headers_of(config.headers.common, config.headers[config.method], config.headers);
    const body = body_of(config, map);
    if (config.auth) map.set('authorization', ['Authorization', `Basic ${Buffer.from(`${config.auth.username || ''}:${config.auth.password || ''}`).toString('base64')}`]);
    send(config.method.toUpperCase(), address(config), [...map.values()], body, (error, answer) => {
      if (error) {
        reject(new AxiosError(error.message, 'ERR_NETWORK', config, {}));
        return;
      }
      const { status, statusText, headers } = answer;
      const response = { data: data_of(config, answer.body), status, statusText, headers, config, request: {} };
      const valid = config.validateStatus === undefined ? (code) => code >= 200 && code < 300 : config.validateStatus;
      if (!valid || valid(status)) resolve(response);
      else reject(new AxiosError(`Request failed with status code ${status}`, status < 500 ? 'ERR_BAD_REQUEST' : 'ERR_BAD_RESPONSE', config, {}, response));
    });
  });

  function create(standard) {
    const chains = { request: [], response: [] };
    const use = (chain) => ({ use: (done, failed) => chain.push([done, failed]) - 1, eject: (index) => { chain[index] = []; }, clear: () => { chain.length = 0; } });
    function axios(first, second) {
      const asked = typeof first === 'string' ? { ...second, url: first } : { ...first };
      const { defaults } = axios;
      const config = { ...defaults, ...asked };
      config.method = String(config.method || 'get').toLowerCase();
      config.headers = { ...defaults.headers, ...asked.headers };
      let promise = Promise.resolve(config);
      for (const [done, failed] of chains.request.slice().reverse()) promise = promise.then(done, failed);
      promise = promise.then(dispatch);
      for (const [done, failed] of chains.response) promise = promise.then(done, failed);
      return promise;
    }
    axios.defaults = { headers: { common: { Accept: 'application/json, text/plain, */*' } }, ...standard };
    axios.interceptors = { request: use(chains.request), response: use(chains.response) };
    axios.request = (config) => axios(config);
    axios.getUri = (config) => address({ ...axios.defaults, ...config });
    for (const method of ['get', 'delete', 'head', 'options']) {
      axios[method] = (url, config) => axios({ ...config, method, url, data: (config || {}).data });
    }
    for (const method of BODY) axios[method] = (url, data, config) => axios({ ...config, method, url, data });
    axios.create = (config) => create({
      ...axios.defaults, ...config, headers: { ...axios.defaults.headers, ...(config || {}).headers },
    });
    return axios;
  }

  const axios = create();
  module.exports = Object.assign(axios, {
    default: axios, AxiosError, VERSION: '1.0.0',
    isAxiosError: (value) => isPlain(value) && value.isAxiosError === true,
    isCancel: () => false,
    all: (promises) => Promise.all(promises),
    spread: (call) => (values) => call(...values),
  });
})
