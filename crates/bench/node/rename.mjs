// What crates/engine/examples/costs/transformations.rs does, in Node: a line a figure, its name, a tab, microseconds.
import vm from "node:vm";

const contacts = Array.from({ length: 500 }, (_, n) => ({
  id: `003${String(n).padStart(15, "0")}`, firstName: "Ada", lastName: `Lovelace ${n}`, email: `ada.${n}@example.com`,
  phone: "+1 303 555 0100", city: "Denver", country: "US", score: (n * 7) % 100, active: true,
  updatedAt: "2026-11-21T10:00:00.000Z",
}));
const text = JSON.stringify(contacts);
const rename = (of) => ({
  key: of.id, first: of.firstName, last: of.lastName, mail: of.email, call: of.phone, town: of.city, land: of.country,
  rank: of.score, open: of.active, changed: of.updatedAt,
});
const renamed = () => JSON.stringify(JSON.parse(text).map(rename));

// JSON in, JSON out; the script is a function that is called for each record, as ours is.
const wrapped = `(function (given, named) {
  const script = (originalObject, transformedObject, done) => { 'use strict';
    transformedObject.name = originalObject.firstName + ' ' + originalObject.lastName;
    transformedObject.hot = originalObject.score > 50; done(transformedObject); };
  const originals = JSON.parse(given);
  return JSON.stringify(JSON.parse(named).map((record, at) => {
    let made = record;
    script(originals[at], record, (value) => { made = value; });
    return made;
  }));
})`;
const mapped = renamed();
const scripted = () => vm.runInContext(wrapped, vm.createContext({}))(text, mapped);
if (JSON.parse(scripted())[499].name !== "Ada Lovelace 499") throw new Error("the script did not run");

function median(times, one) {
  const took = [];
  for (let i = 0; i < times; i += 1) {
    const began = process.hrtime.bigint();
    one();
    took.push(Number(process.hrtime.bigint() - began) / 1e3);
  }
  took.sort((a, b) => a - b);
  return took[Math.floor(took.length / 2)];
}

for (const [name, times, one] of [
  ["109 KB", 1000, renamed],
  ["script over 500 records", 200, scripted],
]) {
  median(Math.ceil(times / 10), one);
  console.log(`${name}\t${median(times, one).toFixed(2)}`);
}
