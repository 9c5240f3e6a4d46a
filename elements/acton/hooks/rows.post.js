// What: puts headings and rows together: [{"id":"l-0001:0","Email":"a@b.c"}].
// Why: the vendor answers a table.
// Source: https://developer.act-on.com/reference/lists
'use strict';
if (response_iserror || !response_body) done();
const headers = response_body.headers || [];
const records = (response_body.data || []).map((row) => {
  const record = {};
  headers.forEach((heading, at) => {
    if (heading === '_contact_id_') record.id = row[at];
    record[heading] = row[at];
  });
  return record;
});
const counted = request_parameters && (request_parameters.returnCount === 'true' || request_parameters.returnTotalCount === 'true');
const total = response_body.totalCount;
done({
  response_body: records,
  response_headers: counted && total >= 0 ? { 'elements-total-count': String(total) } : {},
});
