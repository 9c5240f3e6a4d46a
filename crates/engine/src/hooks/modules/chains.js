// `_(value)` and `_.chain(value)` of lodash: steps over a value, taken when it is asked for.
//
// Given how to find a function of the library, and the library, it answers `_`.
(function (look, api) {
  'use strict';
  // The functions whose result a chain goes on with; those of the others end it.
  const LINKS = (' after ary assign assignIn assignInWith assignWith at before bind bindAll bindKey castArray chunk compact concat cond conforms ' +
    'constant countBy create curry curryRight debounce defaults defaultsDeep defer delay difference differenceBy differenceWith drop dropRight ' +
    'dropRightWhile dropWhile entries entriesIn extend extendWith fill filter flatMap flatMapDeep flatMapDepth flatten flattenDeep flattenDepth ' +
    'flip flow flowRight fromPairs functions functionsIn groupBy initial intersection intersectionBy intersectionWith invert invertBy ' +
    'invokeMap iteratee keyBy keys keysIn map mapKeys mapValues matches matchesProperty memoize merge mergeWith method methodOf negate nthArg ' +
    'omit omitBy once orderBy over overArgs overEvery overSome partial partialRight partition pick pickBy property propertyOf pull pullAll ' +
    'pullAllBy pullAllWith pullAt range rangeRight rearg reject remove rest reverse sampleSize set setWith shuffle slice sortBy sortedUniq ' +
    'sortedUniqBy split spread tail take takeRight takeRightWhile takeWhile throttle toArray toPairs toPairsIn toPath toPlainObject transform unary ' +
    'union unionBy unionWith uniq uniqBy uniqWith unset unzip unzipWith update updateWith values valuesIn without words wrap xor xorBy xorWith zip ' +
    'zipObject zipObjectDeep zipWith ');

  function Chain(wrapped, explicit, steps) {
    this.__wrapped__ = wrapped;
    this.__chain__ = explicit;
    this.__actions__ = steps;
  }
  const step = (chain, act, explicit = chain.__chain__) => new Chain(chain.__wrapped__, explicit, [...chain.__actions__, act]);
  const own = {
    constructor: Chain,
    value() { return this.__actions__.reduce((value, act) => act(value), this.__wrapped__); },
    chain() { return new Chain(this.__wrapped__, true, this.__actions__); },
    commit() { return new Chain(this.value(), this.__chain__, []); },
    plant(value) { return new Chain(value && value.__actions__ ? value.value() : value, this.__chain__, this.__actions__); },
    thru(act) { return step(this, act); },
    tap(act) { return step(this, (value) => { act(value); return value; }); },
    next() {
      if (this.__values__ === undefined) { this.__values__ = look('toArray')(this.value()); this.__index__ = 0; }
      const done = this.__index__ >= this.__values__.length;
      return { done, value: done ? undefined : this.__values__[this.__index__++] };
    },
    at(...paths) { return step(this, (value) => look('at')(value, ...paths)); },
    toString() { return look('toString')(this.value()); },
    [Symbol.iterator]() { return this; },
  };
  own.toJSON = own.valueOf = own.value;
  for (const name of ['push', 'sort', 'unshift', 'splice', 'pop', 'shift']) {
    const of = Array.prototype[name];
    const ends = name === 'pop' || name === 'shift';
    const keeps = name === 'push' || name === 'sort' || name === 'unshift';
    own[name] = function (...given) {
      const act = (value) => { const list = Array.isArray(value) ? value : []; const out = of.apply(list, given); return keeps ? value : out; };
      return ends && !this.__chain__ ? act(this.value()) : step(this, act);
    };
  }
  Object.setPrototypeOf(own, new Proxy(Object.prototype, {
    get: (target, name) => {
      const act = name in target ? undefined : look(name);
      if (typeof act !== 'function') return target[name];
      return function (...given) {
        if (this.__chain__ || LINKS.includes(` ${name} `)) return step(this, (value) => act.call(api, value, ...given));
        return act.call(api, this.value(), ...given);
      };
    },
  }));
  Chain.prototype = own;
  return (value) => (value && value.__actions__ ? value : new Chain(value, false, []));
})
