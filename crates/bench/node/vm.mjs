// What the hooks of crates/engine/examples/costs/main.rs cost in Node's vm: a line a figure, its name, a tab, microseconds.
import vm from "node:vm";

const source = `request_vendor_body = {items: response_body.map(x => ({id: x.id, n: x.name + '!', d: x.more.a.length}))};
done({request_vendor_body})`;
const items = (count) => JSON.stringify(Array.from({ length: count }, (_, id) => ({ id, name: `name ${id}`, more: { a: [1, 2, 3] } })));

// Same realm, same way in and out as a hook has: JSON in, JSON out.
const wrapped = `(function (given) { let response_body = JSON.parse(given); let request_vendor_body = null; let result;
const done = (value) => { result = JSON.stringify(value); };
${source}; return result; })`;

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

const fresh = (given) => () => vm.runInContext(wrapped, vm.createContext({}))(given);
const context = vm.createContext({});
const script = new vm.Script(wrapped);
const warm = (given) => () => script.runInContext(context)(given);
for (const [name, times, one] of [
  ["fresh, 10 objects", 400, fresh(items(10))],
  ["fresh, 500 objects", 60, fresh(items(500))],
  ["warm, 500 objects", 400, warm(items(500))],
]) {
  console.log(`${name}\t${median(times, one).toFixed(2)}`);
}
