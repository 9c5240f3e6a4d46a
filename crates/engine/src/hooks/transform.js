// How a transformation's script is run over the records of a call: once a record, all in one context.
//
// The file is one expression: given the host's functions, it answers `run`. A script hands its record to `done` or,
// in the legacy way, returns it; one that does neither leaves the record as the fields made it. The first `done` of a
// record counts, and what stands after it still runs. Records may wait for HTTP calls of their own side by side.
(function (host) {
  'use strict';
  const { stringify } = JSON;
  const { queue } = host;
  const isObject = (value) => value !== null && typeof value === 'object';

  return function run(script, originals, mapped, fromVendor, isWhere, configuration) {
    // What an earlier script of the call left behind ended with it.
    queue.length = 0;
    const count = mapped.length;
    const settled = new Array(count).fill(false);
    const results = new Array(count);
    const returned = new Array(count);

    function one(at) {
      const done = (value) => {
        if (settled[at]) return;
        settled[at] = true;
        results[at] = value;
      };
      const value = script.call(undefined, originals[at], mapped[at], fromVendor, isWhere, configuration, done);
      if (value instanceof Promise) value.then((late) => { returned[at] = late; });
      else returned[at] = value;
    }

    function finish() {
      for (let at = 0; at < count; at++) {
        const said = settled[at] ? results[at] : returned[at];
        if (said === undefined || said === null) results[at] = mapped[at];
        else if (isObject(said)) results[at] = said;
        else throw new TypeError(`the script must give an object to done(); for record ${at + 1} it gave a ${typeof said}`);
      }
      host.finish(true, stringify(results));
    }

    for (let at = 0; at < count; at++) one(at);
    // Called whenever nothing is left to run: answers the next request to send, or concludes.
    return () => (queue.length > 0 ? queue.shift() : finish());
  };
})
