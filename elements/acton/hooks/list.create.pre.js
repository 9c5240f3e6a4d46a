// What: builds the multipart upload that makes a list, or merges into one (PATCH), from JSON or from the parts `list` (JSON) and `file` (CSV).
// Why: the vendor takes each setting as a part of its own, `uploadspecs` as JSON text, and always wants a file.
// Source: https://developer.act-on.com/reference/lists
'use strict';
const fail = (message) => done({ continue: false, response_status_code: 400, response_error_message: message });
const read = (text, name) => {
  try {
    return JSON.parse(text);
  } catch (error) {
    fail('The part `' + name + '` is not JSON.');
  }
};
const parts = request_vendor_body ? read(request_vendor_body, 'list') : {};
const given = parts.list === undefined ? request_body_map : parts.list;
const list = typeof given === 'string' ? read(given, 'list') : given;
if (!list || typeof list !== 'object') fail('A list needs JSON such as {"listname":"People","uploadspecs":[{"columnHeading":"Email","columnType":"EMAIL"}]}.');
const name = list.listname || list.name;
const merges = request_method === 'PATCH';
if (!name && !merges) fail('A list needs a `listname`.');
let specs = list.uploadspecs === undefined ? [] : list.uploadspecs;
if (typeof specs === 'string') specs = read(specs, 'uploadspecs');
if (!Array.isArray(specs)) fail('`uploadspecs` must be a list of columns.');
const withFile = typeof parts.body === 'string';
if (!withFile && specs.length === 0) fail('Without a `file` the columns must be given in `uploadspecs`.');

const quote = (text) => '"' + String(text).replace(/"/g, '""') + '"';
const place = (spec, at) => (spec.columnIndex === undefined ? at : Number(spec.columnIndex));
const headings = specs.map((spec, at) => [place(spec, at), spec.columnHeading]).sort((a, b) => a[0] - b[0]);
const csv = withFile ? CE.decode64(parts.body) : headings.map((heading) => quote(heading[1])).join(',') + '\r\n';

const fields = {
  listname: name,
  foldername: list.foldername,
  headings: withFile ? list.headings || 'Y' : 'Y',
  fieldseparator: withFile ? list.fieldseparator || 'COMMA' : 'COMMA',
  quotecharacter: withFile ? list.quotecharacter || 'DOUBLE_QUOTE' : 'DOUBLE_QUOTE',
  uploadspecs: JSON.stringify(specs),
};
if (merges && list.mergespecs !== undefined) fields.mergespecs = typeof list.mergespecs === 'string' ? list.mergespecs : JSON.stringify(list.mergespecs);
if (merges && list.putEmptyValues !== undefined) fields.putEmptyValues = list.putEmptyValues;
const boundary = 'ligand-' + CE.md5(name + csv);
let body = '';
Object.keys(fields).forEach((field) => {
  if (fields[field] === undefined) return;
  body += '--' + boundary + '\r\nContent-Disposition: form-data; name="' + field + '"\r\n\r\n' + fields[field] + '\r\n';
});
body += '--' + boundary + '\r\nContent-Disposition: form-data; name="file"; filename="list.csv"\r\nContent-Type: text/csv\r\n\r\n' + csv + '\r\n';
body += '--' + boundary + '--\r\n';
done({ request_vendor_body: body, request_vendor_headers: { 'Content-Type': 'multipart/form-data; boundary=' + boundary } });
