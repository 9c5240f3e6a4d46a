// What: puts the headings of the list to the cells of the contact that was read before.
// Why: the vendor answers one contact as bare cells.
// Source: https://developer.act-on.com/reference/contacts
'use strict';
if (response_iserror) done();
const variables = request_path_variables || {};
const id = variables.contactId || variables.id;
const cells = request_previous_response;
if (!Array.isArray(cells)) done({ response_body: Object.assign({}, cells, { id: id }) });
const headers = (response_body && response_body.headers) || [];
// The cells come with or without the id column in front.
const from = headers[0] === '_contact_id_' && cells.length < headers.length ? 1 : 0;
const record = { id: id };
headers.slice(from).forEach((heading, at) => {
  record[heading] = cells[at];
});
done({ response_body: record });
