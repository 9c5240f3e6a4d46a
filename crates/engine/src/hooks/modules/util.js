// Node's util, as far as scripts use it.
(function (module, exports, require) {
  'use strict';
  const type = (value) => Object.prototype.toString.call(value).slice(8, -1);
  const quoted = (text) => {
    const mark = !text.includes("'") ? "'" : !text.includes('"') ? '"' : !text.includes('`') ? '`' : "'";
    const inner = text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/\t/g, '\\t').replace(/\r/g, '\\r');
    return mark + (mark === "'" ? inner.replace(/'/g, "\\'") : inner) + mark;
  };

  function inspect(value, given) {
    const options = { depth: 2, breakLength: 80, ...(typeof given === 'object' ? given : {}) };
    const depth = options.depth === null ? Infinity : options.depth;
    const seen = [];
    function show(item, level) {
      if (typeof item === 'string') return quoted(item);
      if (typeof item === 'bigint') return `${item}n`;
      if (typeof item === 'symbol') return item.toString();
      if (Object.is(item, -0)) return '-0';
      if (typeof item === 'function') return `[${/^class\b/.test(Function.prototype.toString.call(item)) ? 'class' : 'Function'}${item.name ? (`${/^class\b/.test(Function.prototype.toString.call(item)) ? ' ' : ': '}${item.name}`) : ' (anonymous)'}]`;
      if (item === null || typeof item !== 'object') return String(item);
      const kind = type(item);
      if (kind === 'Date') return Number.isNaN(item.getTime()) ? 'Invalid Date' : item.toISOString();
      if (kind === 'RegExp') return String(item);
      if (item instanceof Error) return item.stack ? `${item}\n${item.stack}`.trimEnd() : `[${item}]`;
      if (seen.includes(item)) return '[Circular *1]';
      const name = item.constructor && item.constructor.name !== 'Object' ? item.constructor.name : '';
      const list = Array.isArray(item);
      if (level > depth && Object.keys(item).length > 0) return list ? '[Array]' : `[${name || 'Object'}]`;
      seen.push(item);
      const entry = (key) => `${/^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key)}: ${show(item[key], level + 1)}`;
      let parts;
      if (list) {
        parts = item.slice(0, 100).map((one) => show(one, level + 1));
        if (item.length > 100) parts.push(`... ${item.length - 100} more item${item.length > 101 ? 's' : ''}`);
      } else if (kind === 'Map') parts = [...item].map(([key, one]) => `${show(key, level + 1)} => ${show(one, level + 1)}`);
      else if (kind === 'Set') parts = [...item].map((one) => show(one, level + 1));
      else if (kind === 'Promise') parts = ['<pending>'];
      else parts = Object.keys(item).map(entry);
      seen.pop();
      const [open, close] = list ? ['[', ']'] : ['{', '}'];
      let before = '';
      if (!list && kind !== 'Object') before = kind === 'Map' || kind === 'Set' ? `${kind}(${item.size}) ` : `${kind} `;
      else if (!list && name) before = `${name} `;
      else if (!list && Object.getPrototypeOf(item) === null) before = '[Object: null prototype] ';
      if (parts.length === 0) return `${before}${open}${close}`;
      const line = `${before}${open} ${parts.join(', ')} ${close}`;
      if (line.length + level * 2 <= 72 && !line.includes('\n')) return line;
      const indent = '  '.repeat(level + 1);
      return `${before}${open}\n${parts.map((part) => indent + part).join(',\n')}\n${'  '.repeat(level)}${close}`;
    }
    return show(value, 0);
  }

  function format(first, ...rest) {
    if (typeof first !== 'string') return [first, ...rest].map((value) => (typeof value === 'string' ? value : inspect(value))).join(' ');
    const out = first.replace(/%[sdifjoOc%]/g, (mark) => {
      if (mark === '%%') return '%';
      if (rest.length === 0) return mark;
      const value = rest.shift();
      if (mark === '%s') return typeof value === 'object' && value !== null ? inspect(value, { depth: 0 }) : String(value);
      if (mark === '%d') return typeof value === 'object' ? 'NaN' : String(Number(value));
      if (mark === '%i') return String(parseInt(value, 10));
      if (mark === '%f') return String(parseFloat(value));
      if (mark === '%j') { try { return JSON.stringify(value); } catch { return '[Circular]'; } }
      return mark === '%c' ? '' : inspect(value);
    });
    return [out, ...rest.map((value) => (typeof value === 'string' ? value : inspect(value)))].join(' ');
  }

  function promisify(call) {
    if (typeof call !== 'function') throw new TypeError('The "original" argument must be of type function');
    return function (...values) {
      return new Promise((resolve, reject) => {
        call.call(this, ...values, (error, value) => (error ? reject(error) : resolve(value)));
      });
    };
  }

  const callbackify = (call) => function (...values) {
    const back = values.pop();
    call.apply(this, values).then((value) => back(null, value), (error) => back(error || new Error('Promise was rejected with a falsy value')));
  };

  Object.assign(exports, {
    inspect, format, promisify, callbackify,
    inherits(child, parent) { child.super_ = parent; Object.setPrototypeOf(child.prototype, parent.prototype); },
    deprecate: (call) => call,
    isDeepStrictEqual: (a, b) => require('lodash').isEqual(a, b),
    isArray: Array.isArray,
    isBoolean: (value) => typeof value === 'boolean',
    isNull: (value) => value === null,
    isNullOrUndefined: (value) => value === null || value === undefined,
    isNumber: (value) => typeof value === 'number',
    isString: (value) => typeof value === 'string',
    isSymbol: (value) => typeof value === 'symbol',
    isUndefined: (value) => value === undefined,
    isRegExp: (value) => type(value) === 'RegExp',
    isObject: (value) => value !== null && typeof value === 'object',
    isDate: (value) => type(value) === 'Date',
    isError: (value) => value instanceof Error,
    isFunction: (value) => typeof value === 'function',
    isPrimitive: (value) => value === null || (typeof value !== 'object' && typeof value !== 'function'),
    types: {
      isDate: (value) => type(value) === 'Date', isRegExp: (value) => type(value) === 'RegExp', isPromise: (value) => type(value) === 'Promise',
      isMap: (value) => type(value) === 'Map', isSet: (value) => type(value) === 'Set', isNativeError: (value) => value instanceof Error,
    },
  });
})
